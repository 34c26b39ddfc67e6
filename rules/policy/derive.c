// SPDX-License-Identifier: MIT
#include "rules/policy/derive.h"

#include <stdio.h>
#include <string.h>

#include "bot/base/utf8.h"
#include "rules/policy/lines.h"

enum {
    SENTENCES_MOST = 60,
    UNITS_MOST = 4000,
    LONG_ITEM_WORDS = 60,
    SHORT_WORDS = 25,
    STEM_WORDS = 16,
    COMBINED_ITEM_WORDS = 30,
    RULE_FROM = 3,
    SPEAKS_FROM = 3, // the weight from which a group's words count
    INHERIT_STEM_MOST = 6,
    INHERIT_HEADING_MOST = 4,
    MANY_CATEGORIES = 9,
    PARENTS_REACH = 3, // most sentences name parents for other reasons
    TELL_REACH = 16,   // tokens between "report to" and the role
};

enum manner {
    FORBIDS = 1,
    DEMANDS = 2,
    ASKS = 4,
    THREATENS = 8, // names a consequence
    STATES_LAW = 16,
    WILL = 32,
    ORDERS = 64,    // imperative
    PRACTICE = 256, // "are removed", "goes to the manager"
    LABELS = 128,   // "prohibited", "unacceptable": forbids in a heading
};

// What a piece of text says, apart from its surroundings.
struct saying {
    unsigned manner;
    unsigned prose, people;
    uint64_t categories;
    unsigned best; // weight of the surest category
    unsigned topic;
    bool acts; // says who is told, or how fast
};

struct unit {
    struct slice text;
    const struct passage *passage;
    size_t parts; // items that were joined to it
    size_t lead;  // bytes before the first of them
};

struct deriver {
    struct proposal *out;
    const struct document *doc;
    const struct phrases *p;
    struct arena *arena;
    struct reading *reading;
    struct unit *units;
    size_t unit_count;
    unsigned binds; // whom the whole document binds
    struct slice last_stem, last_heading;
    struct saying stem, heading;
    bool fault;
};

static unsigned weigh(struct deriver *d, const char *kind, const char *name)
{
    return phrases_look(d->p, phrases_group(d->p, kind, name), d->reading, 0, SIZE_MAX)
        .weight;
}

static void read_categories(struct deriver *d, struct saying *s)
{
    for (unsigned c = 0; c < CATEGORY_COUNT; c++) {
        unsigned weight = weigh(d, "category", category_info(c)->name);
        if (weight >= SPEAKS_FROM) {
            s->categories |= UINT64_C(1) << c;
            s->best = weight > s->best ? weight : s->best;
        }
    }
}

// Leaves d->reading on the text.
static struct saying listen(struct deriver *d, struct slice text)
{
    static const struct {
        const char *kind, *name;
        unsigned bit;
    } manners[] = {{"rule", "label", LABELS},
                   {"rule", "forbid", FORBIDS},
                   {"rule", "must", DEMANDS},
                   {"rule", "ask", ASKS},
                   {"rule", "consequence", THREATENS},
                   {"rule", "law", STATES_LAW},
                   {"rule", "will", WILL},
                   {"rule", "practice", PRACTICE},
                   {"imperative", "", ORDERS}};
    struct saying s = {0};
    reading_make(d->reading, d->p, text);
    for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
        s.manner |= weigh(d, manners[i].kind, manners[i].name) ? manners[i].bit : 0;
    }
    s.prose = weigh(d, "prose", "");
    s.people = weigh(d, "people", "");
    s.topic = phrases_look(d->p, phrases_group(d->p, "set", "online"), d->reading, 0,
                           SIZE_MAX)
                  .weight;
    read_categories(d, &s);
    s.acts = weigh(d, "within", "at once") || weigh(d, "within", "same day") ||
             weigh(d, "within", "24 hours") || weigh(d, "deadline", "");
    return s;
}

static const struct saying *stem_of(struct deriver *d, const struct passage *p)
{
    if (!slice_equal(p->stem, d->last_stem) || p->stem.len == 0) {
        d->last_stem = p->stem;
        d->stem = listen(d, p->stem);
        d->stem.manner |= d->stem.manner & LABELS ? FORBIDS : 0;
    }
    return &d->stem;
}

static const struct saying *heading_of(struct deriver *d, const struct passage *p)
{
    if (!slice_equal(p->heading, d->last_heading) || p->heading.len == 0) {
        d->last_heading = p->heading;
        d->heading = listen(d, p->heading);
        d->heading.manner |= d->heading.manner & LABELS ? FORBIDS : 0;
        if (weigh(d, "heading", "rule")) {
            d->heading.manner |= DEMANDS;
        }
    }
    return &d->heading;
}

static unsigned bits_in(uint64_t bits)
{
    unsigned n = 0;
    for (; bits; bits &= bits - 1) {
        n++;
    }
    return n;
}

// --- units: what may become a clause -------------------------------------------------

static bool ends_sentence(struct slice s, size_t i)
{
    static const char *const short_forms[] = {"e.g", "i.e", "eg",  "etc",    "Mr",
                                              "Mrs", "Ms",  "Dr",  "St",     "No",
                                              "vs",  "Sec", "Art", "approx", "incl"};
    if (!strchr(".!?", s.ptr[i]) || i + 2 >= s.len || s.ptr[i + 1] != ' ') {
        return false;
    }
    char next = s.ptr[i + 2];
    if (next >= 'a' && next <= 'z') {
        return false;
    }
    struct slice before = slice_sub(s, 0, i);
    for (size_t k = 0; k < sizeof(short_forms) / sizeof(short_forms[0]); k++) {
        struct slice form = slice_of(short_forms[k]);
        if (slice_ends_with(before, form) &&
            (before.len == form.len ||
             strchr(" (", before.ptr[before.len - form.len - 1]))) {
            return false;
        }
    }
    return !(i >= 2 && s.ptr[i - 2] == ' '); // an initial
}

static size_t split_sentences(struct slice s, struct slice out[SENTENCES_MOST])
{
    size_t n = 0, from = 0;
    for (size_t i = 0; i < s.len && n + 1 < SENTENCES_MOST; i++) {
        if (ends_sentence(s, i)) {
            out[n++] = slice_trim(slice_sub(s, from, i + 1 - from));
            from = i + 1;
        }
    }
    struct slice rest = slice_trim(slice_sub(s, from, s.len));
    if (rest.len) {
        out[n++] = rest;
    }
    return n;
}

static void add_unit(struct deriver *d, struct slice text, const struct passage *p)
{
    if (d->unit_count < UNITS_MOST) {
        d->units[d->unit_count++] = (struct unit){.text = text, .passage = p};
    }
}

// Sentences that lean on the one before them stay with it.
static void add_sentences(struct deriver *d, const struct passage *p)
{
    struct slice sentences[SENTENCES_MOST];
    size_t n = split_sentences(p->text, sentences);
    size_t first = d->unit_count;
    for (size_t i = 0; i < n; i++) {
        reading_make(d->reading, d->p, sentences[i]);
        bool leans = d->unit_count > first &&
                     (weigh(d, "continues", "") || d->reading->count < 4);
        struct unit *last = leans ? &d->units[d->unit_count - 1] : NULL;
        if (last) {
            // Both lie in the same passage, so one slice spans them.
            last->text.len =
                (size_t)(sentences[i].ptr + sentences[i].len - last->text.ptr);
        } else {
            add_unit(d, sentences[i], p);
        }
    }
}

// The item, at any level above p, that ends with the colon under which p stands.
static const struct passage *introduced_by(const struct deriver *d,
                                           const struct passage *p)
{
    for (int at = p->parent; at != NO_PARENT; at = d->doc->passages[at].parent) {
        if (line_ends_with(d->doc->passages[at].text, ":")) {
            return &d->doc->passages[at];
        }
    }
    return NULL;
}

// A list after "liability can arise under:" or a nested one is one clause with what
// introduces it; a list after "you must not:" is many.
static bool belongs_to_stem(struct deriver *d, const struct passage *p)
{
    if (!p->item || line_words(p->text, NULL) > COMBINED_ITEM_WORDS) {
        return false;
    }
    struct saying own = listen(d, p->text);
    bool statute = weigh(d, "statute", "");
    if (statute && p->stem.len && !(stem_of(d, p)->manner & FORBIDS)) {
        return true;
    }
    if (own.manner & (FORBIDS | DEMANDS | ASKS)) {
        return false;
    }
    const struct passage *parent = introduced_by(d, p);
    if (parent) {
        return !(listen(d, parent->text).manner & (FORBIDS | LABELS));
    }
    const struct saying *stem = stem_of(d, p);
    const struct saying *heading = heading_of(d, p);
    return p->stem.len && !(stem->manner & ~(unsigned)STATES_LAW) &&
           !(heading->manner & FORBIDS);
}

static struct unit *unit_of_stem(struct deriver *d, const struct passage *p)
{
    const struct passage *parent = introduced_by(d, p);
    for (size_t i = d->unit_count; i > 0 && i + 60 > d->unit_count; i--) {
        struct unit *u = &d->units[i - 1];
        if (parent) {
            if (u->passage == parent) {
                return u;
            }
        } else if (u->passage->text.ptr <= p->stem.ptr &&
                   p->stem.ptr < u->passage->text.ptr + u->passage->text.len) {
            return u;
        }
    }
    return NULL;
}

static void add_units(struct deriver *d, const struct passage *p)
{
    if (belongs_to_stem(d, p)) {
        struct unit *stem = unit_of_stem(d, p);
        if (stem && stem->text.len + p->text.len < QUOTE_BYTES) {
            stem->lead = stem->parts ? stem->lead : stem->text.len;
            stem->text = arena_format(
                d->arena, "%.*s%s %.*s", SLICE_ARG(stem->text),
                stem->parts && !line_ends_with(stem->text, ".;,") ? ";" : "",
                SLICE_ARG(p->text));
            stem->parts++;
            d->fault = d->fault || !stem->text.ptr;
            return;
        }
    }
    if (p->item && line_words(p->text, NULL) <= LONG_ITEM_WORDS) {
        add_unit(d, p->text, p);
    } else {
        add_sentences(d, p);
    }
}

// --- clauses --------------------------------------------------------------------------

// How much speaks for a rule; from RULE_FROM on it is one.
static int rule_score(const struct saying *own, const struct saying *stem,
                      const struct saying *heading, const struct unit *u)
{
    const struct passage *p = u->passage;
    bool short_text = p->item || line_words(u->text, NULL) <= SHORT_WORDS;
    int score = 0;
    if (own->manner & FORBIDS) {
        score = 4;
    } else if (own->manner & (DEMANDS | ASKS | THREATENS)) {
        score = 3;
    } else if ((own->manner & ORDERS) && short_text) {
        score = p->item || (heading->manner & (FORBIDS | DEMANDS)) ? 3 : 2;
    } else if (own->manner & (WILL | PRACTICE)) {
        score = own->acts ? 3 : 2;
    }
    if (own->manner & STATES_LAW) {
        int law = own->categories ? 4 : 1;
        score = law > score ? law : score;
    }
    if (p->item && (stem->manner & (FORBIDS | DEMANDS | ASKS | WILL)) && score < 3) {
        score = 3;
    }
    if ((heading->manner & (FORBIDS | ASKS)) && score < 3 &&
        (p->item || own->categories)) {
        score = 3;
    } else if ((heading->manner & DEMANDS) && p->item && own->categories && score < 3) {
        score = 3;
    }
    if (own->categories) {
        score++;
    }
    score += own->people >= 5;
    score -= p->prose_heading ? 2 : 0;
    score -= (int)(own->prose / 3);
    return score;
}

static unsigned audience_in(struct deriver *d, size_t from, size_t to)
{
    static const struct {
        const char *name;
        unsigned bit;
    } known[] = {{"staff", BINDS_STAFF},
                 {"pupil", BINDS_PUPIL},
                 {"parent", BINDS_PARENT},
                 {"all", BINDS_ALL}};
    unsigned bits = 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const struct phrase_group *g = phrases_group(d->p, "audience", known[i].name);
        bits |= phrases_look(d->p, g, d->reading, from, to).weight ? known[i].bit : 0;
    }
    return bits;
}

static unsigned narrowed(unsigned bits)
{
    unsigned named = bits & (BINDS_STAFF | BINDS_PUPIL | BINDS_PARENT);
    bool everybody = named == (BINDS_STAFF | BINDS_PUPIL | BINDS_PARENT);
    return everybody || !named ? (bits ? BINDS_ALL : 0) : named;
}

// Whom the sentence binds: those named before its "must", "should not", ...
static unsigned bound_by(struct deriver *d, struct slice text)
{
    static const char *const kinds[] = {"forbid", "must", "ask", "will"};
    reading_make(d->reading, d->p, text);
    size_t first = SIZE_MAX, end = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct phrase_hit hit =
            phrases_next(d->p, phrases_group(d->p, "rule", kinds[i]), d->reading, 0);
        if (hit.weight && hit.first < first) {
            first = hit.first;
            end = hit.end;
        }
    }
    if (first == SIZE_MAX) {
        return 0;
    }
    size_t start = first;
    while (start > 0 && !d->reading->tokens[start].opens) {
        start--;
    }
    return audience_in(d, start, end > first + 6 ? first + 6 : end);
}

static unsigned audience_of(struct deriver *d, const struct unit *u, unsigned *looks)
{
    const struct passage *p = u->passage;
    unsigned bits = bound_by(d, u->text);
    if (!bits && p->item && p->stem.len) {
        reading_make(d->reading, d->p, p->stem);
        bits = audience_in(d, 0, SIZE_MAX);
    }
    if (!bits || bits == BINDS_ALL) {
        reading_make(d->reading, d->p, p->heading);
        unsigned heading = audience_in(d, 0, SIZE_MAX) & ~(unsigned)BINDS_ALL;
        bits = heading && !bits ? heading : bits;
    }
    if (bits == BINDS_ALL || bits == 0) {
        *looks |= bits || d->binds ? 0 : LOOK_AUDIENCE;
        bits = d->binds ? d->binds : BINDS_ALL;
    }
    return narrowed(bits);
}

static void add_tell(struct proposal_clause *c, const struct phrase_group *g)
{
    for (size_t i = 0; i < c->tell_count; i++) {
        if (c->tell[i] == g) {
            return;
        }
    }
    if (c->tell_count < PROPOSAL_TELL_MOST) {
        c->tell[c->tell_count++] = g;
    }
}

// Roles in the order in which they are named after "report to".
static void find_tell(struct deriver *d, struct proposal_clause *c)
{
    const struct phrase_group *tell = phrases_group(d->p, "tell", "");
    const struct phrase_group *told = phrases_group(d->p, "told", "");
    const struct phrase_group *groups;
    size_t count = phrases_groups(d->p, &groups);
    const struct phrase_group *found[PHRASE_GROUPS_MOST];
    size_t places[PHRASE_GROUPS_MOST], n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct phrase_group *g = &groups[i];
        bool outside = strcmp(g->kind, "outside") == 0;
        if (!outside && strcmp(g->kind, "role") != 0) {
            continue;
        }
        size_t at = SIZE_MAX;
        for (struct phrase_hit t = phrases_next(d->p, tell, d->reading, 0);
             t.weight && at == SIZE_MAX;
             t = phrases_next(d->p, tell, d->reading, t.end)) {
            size_t reach = strcmp(g->name, "parents") == 0 ? PARENTS_REACH : TELL_REACH;
            struct phrase_hit r =
                phrases_look(d->p, g, d->reading, t.end, t.end + reach);
            at = r.weight ? r.first : SIZE_MAX;
        }
        for (struct phrase_hit t = phrases_next(d->p, told, d->reading, 0);
             t.weight && at == SIZE_MAX;
             t = phrases_next(d->p, told, d->reading, t.end)) {
            size_t from = t.first > 7 ? t.first - 7 : 0;
            struct phrase_hit r = phrases_look(d->p, g, d->reading, from, t.first);
            at = r.weight ? r.first : SIZE_MAX;
        }
        if (at != SIZE_MAX) {
            size_t k = n++;
            for (; k > 0 && places[k - 1] > at; k--) {
                places[k] = places[k - 1];
                found[k] = found[k - 1];
            }
            places[k] = at;
            found[k] = g;
        }
    }
    for (size_t i = 0; i < n; i++) {
        add_tell(c, found[i]);
        c->looks |= strcmp(found[i]->kind, "outside") == 0 ? LOOK_OUTSIDE : 0;
    }
}

static void find_within(struct deriver *d, struct proposal_clause *c)
{
    static const char *const named[] = {"at once", "same day", "24 hours"};
    size_t first = SIZE_MAX;
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        struct phrase_hit hit =
            phrases_next(d->p, phrases_group(d->p, "within", named[i]), d->reading, 0);
        if (hit.weight && hit.first < first) {
            first = hit.first;
            c->within = slice_of(named[i]);
        }
    }
    if (c->within.len) {
        return;
    }
    static const char *const units[] = {"hours", "working days", "days", "weeks"};
    for (size_t i = 0; i < d->reading->count; i++) {
        const struct reading_token *t = &d->reading->tokens[i];
        for (size_t k = 0; t->value < 400 && k < 4; k++) {
            const struct phrase_group *g = phrases_group(d->p, "unit", units[k]);
            struct phrase_hit hit = phrases_look(d->p, g, d->reading, i + 1, i + 3);
            struct phrase_hit keep = phrases_look(d->p, phrases_group(d->p, "keep", ""),
                                                  d->reading, 0, SIZE_MAX);
            if (hit.weight && hit.first == i + 1 && !keep.weight) {
                c->within = arena_format(d->arena, "%u %s", t->value, units[k]);
                return;
            }
        }
    }
}

static struct slice slug(struct deriver *d, struct slice s)
{
    char out[48];
    size_t n = 0;
    for (size_t i = 0; i < s.len && n < 40; i++) {
        char c = s.ptr[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            out[n++] = c;
        } else if (n && out[n - 1] != '-' && c != '\'' && (unsigned char)c < 0x80) {
            out[n++] = '-';
        }
    }
    while (n && out[n - 1] == '-') {
        n--;
    }
    return n ? arena_copy(d->arena, slice_make(out, n)) : SLICE("clause");
}

static void name_clause(struct deriver *d, struct proposal_clause *c,
                        const struct passage *p)
{
    struct slice heading = p->heading.len ? p->heading : d->out->title;
    struct slice number = p->number;
    char ordinal[16];
    if (p->item && !number.len && p->ordinal) {
        snprintf(ordinal, sizeof(ordinal), "%u", p->ordinal);
        number = arena_copy(d->arena, slice_of(ordinal));
    }
    c->section = number.len ? arena_format(d->arena, "%.*s, %.*s", SLICE_ARG(heading),
                                           SLICE_ARG(number))
                            : heading;
    c->section = c->section.len ? utf8_prefix(c->section, 200) : SLICE("general");
    struct slice stem = slug(d, c->section);
    c->id = stem;
    for (unsigned n = 2, again = 1; again; n++) {
        again = 0;
        for (size_t i = 0; i < d->out->clause_count && !again; i++) {
            again = slice_equal(d->out->clauses[i].id, c->id);
        }
        if (again) {
            c->id = arena_format(d->arena, "%.*s-%u", SLICE_ARG(stem), n);
        }
    }
    d->fault = d->fault || !c->id.ptr || !c->section.ptr;
}

static void set_confidence(struct proposal_clause *c, const struct saying *own,
                           int score)
{
    double v = 0.35 + 0.05 * (score > 6 ? 6 : score);
    v += own->manner & (FORBIDS | DEMANDS) ? 0.12 : 0;
    v += 0.02 * (own->best > 12 ? 12 : own->best);
    v -= c->looks & LOOK_INHERITED ? 0.15 : 0;
    v -= c->people_only && own->people < 4 ? 0.1 : 0;
    v -= c->looks & LOOK_AUDIENCE ? 0.05 : 0;
    v -= bits_in(c->categories) >= MANY_CATEGORIES ? 0.05 : 0;
    c->confidence = v < 0.1 ? 0.1 : v > 0.98 ? 0.98 : v;
    c->looks |= c->confidence < 0.6 ? LOOK_UNSURE : 0;
    c->looks |= bits_in(c->categories) >= MANY_CATEGORIES ? LOOK_MANY : 0;
}

static void inherit(struct proposal_clause *c, const struct saying *own,
                    const struct saying *from, unsigned most)
{
    if (!c->categories && from->categories && bits_in(from->categories) <= most &&
        own->people < SPEAKS_FROM) {
        c->categories = from->categories;
        c->looks |= LOOK_INHERITED;
    }
}

static void leave_out(struct deriver *d, struct slice text)
{
    if (d->out->left_count < PROPOSAL_LEFT_MOST && text.len > 20) {
        d->out->left[d->out->left_count++] = text;
    }
}

static void consider(struct deriver *d, const struct unit *u)
{
    const struct passage *p = u->passage;
    if (!u->parts && line_ends_with(u->text, ":") &&
        line_words(u->text, NULL) <= STEM_WORDS) {
        return; // its list speaks for it
    }
    struct saying own = listen(d, u->text);
    if (u->parts) { // what introduces a list says whether people keep it
        struct saying lead = listen(d, slice_sub(u->text, 0, u->lead));
        own.people = lead.people;
        own.best = lead.people > SPEAKS_FROM && !lead.categories ? 0 : own.best;
    }
    struct saying stem = p->item ? *stem_of(d, p) : (struct saying){0};
    struct saying heading = *heading_of(d, p);
    int score = rule_score(&own, &stem, &heading, u);
    if (score < RULE_FROM) {
        if (score == RULE_FROM - 1 && (own.topic || own.categories)) {
            leave_out(d, u->text);
        }
        return;
    }
    struct proposal_clause c = {.quote = utf8_prefix(u->text, QUOTE_BYTES),
                                .line = p->line,
                                .categories = own.categories,
                                .forbids = (own.manner | stem.manner) & FORBIDS};
    if (p->item) {
        inherit(&c, &own, &stem, INHERIT_STEM_MOST);
    }
    inherit(&c, &own, &heading, INHERIT_HEADING_MOST);
    unsigned best = c.forbids ? own.best * 2 : own.best;
    c.people_only = !c.categories || (own.categories && own.people > best);
    c.categories = c.people_only ? 0 : c.categories;
    reading_make(d->reading, d->p, u->text);
    find_tell(d, &c);
    find_within(d, &c);
    bool plain_duty = !(own.manner & (FORBIDS | DEMANDS | ASKS | THREATENS));
    bool no_topic = !own.topic && !stem.topic && !heading.topic &&
                    !(own.manner & (FORBIDS | THREATENS));
    if (c.people_only && own.people < 4 && !c.tell_count && (no_topic || plain_duty)) {
        leave_out(d, u->text); // good conduct that no message can break
        return;
    }
    if (weigh(d, "exception", "")) {
        c.looks |= LOOK_EXCEPTION;
    }
    c.binds = audience_of(d, u, &c.looks);
    set_confidence(&c, &own, score);
    if (d->out->clause_count == PROPOSAL_CLAUSES_MOST) {
        d->out->cut = true;
        return;
    }
    name_clause(d, &c, p);
    d->out->clauses[d->out->clause_count++] = c;
}

// "This policy applies to all staff": whom everything binds that names nobody.
static unsigned document_binds(struct deriver *d)
{
    const struct phrase_group *scope = phrases_group(d->p, "scope", "");
    unsigned bits = 0;
    for (size_t i = 0; i < d->doc->passage_count && !bits; i++) {
        reading_make(d->reading, d->p, d->doc->passages[i].text);
        struct phrase_hit hit = phrases_next(d->p, scope, d->reading, 0);
        if (hit.weight) {
            bits = audience_in(d, hit.end, hit.end + 40);
        }
    }
    reading_make(d->reading, d->p, d->doc->title);
    unsigned title = audience_in(d, 0, SIZE_MAX) & ~(unsigned)BINDS_ALL;
    bits = bits ? bits : title;
    return bits & BINDS_ALL ? BINDS_ALL : narrowed(bits);
}

enum fault derive(struct proposal *out, struct slice text, const struct phrases *p,
                  struct arena *a, struct why *why)
{
    *out = (struct proposal){0};
    struct document doc;
    enum fault f = document_read(&doc, text, p, a, why);
    if (f) {
        return f;
    }
    struct deriver d = {.out = out, .doc = &doc, .p = p, .arena = a};
    d.reading = arena_zalloc(a, 1, sizeof(*d.reading));
    d.units = arena_zalloc(a, UNITS_MOST, sizeof(*d.units));
    out->clauses = arena_zalloc(a, PROPOSAL_CLAUSES_MOST, sizeof(*out->clauses));
    if (!d.reading || !d.units || !out->clauses) {
        return FAULT_MEMORY;
    }
    f = derive_facts(out, &doc, p, d.reading, a);
    if (f) {
        return f;
    }
    d.binds = document_binds(&d);
    for (size_t i = 0; i < doc.passage_count; i++) {
        add_units(&d, &doc.passages[i]);
    }
    for (size_t i = 0; i < d.unit_count && !d.fault; i++) {
        consider(&d, &d.units[i]);
    }
    return d.fault ? FAULT_MEMORY : FAULT_NONE;
}
