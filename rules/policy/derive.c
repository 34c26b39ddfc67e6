// SPDX-License-Identifier: MIT
#include "rules/policy/derive_parts.h"

#include <stdio.h>
#include <string.h>

#include "bot/base/utf8.h"

static unsigned bits_in(uint64_t bits)
{
    unsigned n = 0;
    for (; bits; bits &= bits - 1) {
        n++;
    }
    return n;
}

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
        bool listed = p->item || (heading->manner & (FORBIDS | DEMANDS));
        score = listed || own->acts ? 3 : 2;
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
    score -= p->item ? (int)(stem->prose / 3) : 0; // "the purpose is to ensure that"
    return score;
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
    struct saying own = derive_listen(d, u->text);
    struct proposal_clause told = {0};
    derive_tell(d, &told);
    own.acts = own.acts || told.tell_count > 0;
    if (u->parts) { // what introduces a list says whether people keep it
        struct saying lead = derive_listen(d, slice_sub(u->text, 0, u->lead));
        own.people = lead.people;
        own.best = lead.people > SPEAKS_FROM && !lead.categories ? 0 : own.best;
    }
    struct saying stem = p->item ? *derive_stem(d, p) : (struct saying){0};
    struct saying heading = *derive_heading(d, p);
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
    derive_tell(d, &c);
    derive_within(d, &c);
    bool plain_duty = !(own.manner & (FORBIDS | DEMANDS | ASKS | THREATENS)) &&
                      !(stem.manner & FORBIDS);
    bool no_topic = !own.topic && !stem.topic && !heading.topic &&
                    !((own.manner | stem.manner) & (FORBIDS | THREATENS));
    bool beside_the_point = own.people < 4 ? no_topic || plain_duty
                                           : plain_duty && !own.topic && p->stem.len;
    if (c.people_only && beside_the_point && !c.tell_count && !own.acts) {
        leave_out(d, u->text); // good conduct that no message can break
        return;
    }
    if (derive_weigh(d, "exception", "")) {
        c.looks |= LOOK_EXCEPTION;
    }
    c.binds = derive_audience(d, u, &c.looks);
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
            bits = derive_audience_in(d, hit.end, hit.end + 40);
        }
    }
    reading_make(d->reading, d->p, d->doc->title);
    unsigned title = derive_audience_in(d, 0, SIZE_MAX) & ~(unsigned)BINDS_ALL;
    bits = bits ? bits : title;
    return bits & BINDS_ALL ? BINDS_ALL : derive_narrowed(bits);
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
        derive_units(&d, &doc.passages[i]);
    }
    for (size_t i = 0; i < d.unit_count && !d.fault; i++) {
        consider(&d, &d.units[i]);
    }
    return d.fault ? FAULT_MEMORY : FAULT_NONE;
}
