// SPDX-License-Identifier: MIT
#include "rules/policy/derive_parts.h"

#include <stdio.h>
#include <string.h>

#include "bot/base/utf8.h"

unsigned derive_weigh(struct deriver *d, const char *kind, const char *name)
{
    return phrases_look(d->p, phrases_group(d->p, kind, name), d->reading, 0, SIZE_MAX)
        .weight;
}

static void read_categories(struct deriver *d, struct saying *s)
{
    for (unsigned c = 0; c < CATEGORY_COUNT; c++) {
        unsigned weight = derive_weigh(d, "category", category_info(c)->name);
        if (weight >= SPEAKS_FROM) {
            s->categories |= UINT64_C(1) << c;
            s->best = weight > s->best ? weight : s->best;
        }
    }
}

// Leaves d->reading on the text.
struct saying derive_listen(struct deriver *d, struct slice text)
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
        s.manner |=
            derive_weigh(d, manners[i].kind, manners[i].name) ? manners[i].bit : 0;
    }
    s.prose = derive_weigh(d, "prose", "");
    s.people = derive_weigh(d, "people", "");
    s.topic = phrases_look(d->p, phrases_group(d->p, "set", "online"), d->reading, 0,
                           SIZE_MAX)
                  .weight;
    read_categories(d, &s);
    s.acts = derive_weigh(d, "within", "at once") ||
             derive_weigh(d, "within", "same day") ||
             derive_weigh(d, "within", "24 hours") || derive_weigh(d, "deadline", "");
    return s;
}

const struct saying *derive_stem(struct deriver *d, const struct passage *p)
{
    if (!slice_equal(p->stem, d->last_stem) || p->stem.len == 0) {
        d->last_stem = p->stem;
        d->stem = derive_listen(d, p->stem);
        d->stem.manner |= d->stem.manner & LABELS ? FORBIDS : 0;
    }
    return &d->stem;
}

const struct saying *derive_heading(struct deriver *d, const struct passage *p)
{
    if (!slice_equal(p->heading, d->last_heading) || p->heading.len == 0) {
        d->last_heading = p->heading;
        d->heading = derive_listen(d, p->heading);
        d->heading.manner |= d->heading.manner & LABELS ? FORBIDS : 0;
        if (derive_weigh(d, "heading", "rule")) {
            d->heading.manner |= DEMANDS;
        }
    }
    return &d->heading;
}

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
                     (derive_weigh(d, "continues", "") || d->reading->count < 4);
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
    struct saying own = derive_listen(d, p->text);
    bool statute = derive_weigh(d, "statute", "");
    if (statute && p->stem.len && !(derive_stem(d, p)->manner & FORBIDS)) {
        return true;
    }
    if (own.manner & (FORBIDS | DEMANDS | ASKS | ORDERS)) {
        return false;
    }
    const struct passage *parent = introduced_by(d, p);
    if (parent) {
        return !(derive_listen(d, parent->text).manner & (FORBIDS | LABELS));
    }
    const struct saying *stem = derive_stem(d, p);
    const struct saying *heading = derive_heading(d, p);
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

void derive_units(struct deriver *d, const struct passage *p)
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
