// SPDX-License-Identifier: MIT
#include "rules/policy/derive_parts.h"

#include <stdio.h>
#include <string.h>

#include "bot/base/utf8.h"

unsigned derive_audience_in(struct deriver *d, size_t from, size_t to)
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

unsigned derive_narrowed(unsigned bits)
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
    return derive_audience_in(d, start, end > first + 6 ? first + 6 : end);
}

unsigned derive_audience(struct deriver *d, const struct unit *u, unsigned *looks)
{
    const struct passage *p = u->passage;
    unsigned bits = bound_by(d, u->text);
    if (!bits && p->item && p->stem.len) {
        reading_make(d->reading, d->p, p->stem);
        bits = derive_audience_in(d, 0, SIZE_MAX);
    }
    if (!bits || bits == BINDS_ALL) {
        reading_make(d->reading, d->p, p->heading);
        unsigned heading = derive_audience_in(d, 0, SIZE_MAX) & ~(unsigned)BINDS_ALL;
        bits = heading && !bits ? heading : bits;
    }
    if (bits == BINDS_ALL || bits == 0) {
        *looks |= bits || d->binds ? 0 : LOOK_AUDIENCE;
        bits = d->binds ? d->binds : BINDS_ALL;
    }
    return derive_narrowed(bits);
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
void derive_tell(struct deriver *d, struct proposal_clause *c)
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

void derive_within(struct deriver *d, struct proposal_clause *c)
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
