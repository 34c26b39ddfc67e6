// SPDX-License-Identifier: MIT
#include "rules/policy/phrase_table.h"

#include <string.h>

struct matcher {
    const struct phrases *p;
    const struct reading *r;
    size_t to;
};

static bool has_term(const struct reading *r, size_t at, unsigned term)
{
    return r->terms[at][term / 64] >> (term % 64) & 1;
}

static bool joins(const struct matcher *m, size_t at, size_t begin)
{
    return at < m->to && (at == begin || !m->r->tokens[at].opens);
}

static bool has_choice(const struct matcher *m, const struct choice *c, size_t at,
                       size_t begin)
{
    bool has = has_term(m->r, at, c->index);
    for (size_t i = 0; has && i < c->glued; i++) {
        has = joins(m, at + 1 + i, begin) &&
              has_term(m->r, at + 1 + i, m->p->glue[c->first_glue + i]);
    }
    return has;
}

static size_t match_from(const struct matcher *m, const struct element *e, size_t count,
                         size_t at, size_t begin);

// The end of the match of e at exactly `at`, followed by the rest; SIZE_MAX: none.
static size_t match_element(const struct matcher *m, const struct element *e,
                            size_t count, size_t at, size_t begin)
{
    if (!joins(m, at, begin)) {
        return SIZE_MAX;
    }
    if (e->number) {
        return m->r->tokens[at].number ? match_from(m, e + 1, count - 1, at + 1, begin)
                                       : SIZE_MAX;
    }
    for (size_t i = 0; i < e->choice_count; i++) {
        const struct choice *c = &m->p->choices[e->first_choice + i];
        size_t end = SIZE_MAX;
        if (!c->is_set) {
            if (has_choice(m, c, at, begin)) {
                end = match_from(m, e + 1, count - 1, at + 1 + c->glued, begin);
            }
        } else {
            const struct phrase_group *g = &m->p->groups[m->p->sets[c->index]];
            for (size_t k = 0; k < g->count && end == SIZE_MAX; k++) {
                const struct pattern *pt = &m->p->patterns[g->first + k];
                size_t part =
                    match_from(m, &m->p->elements[pt->first], pt->count, at, begin);
                if (part != SIZE_MAX) {
                    end = match_from(m, e + 1, count - 1, part, begin);
                }
            }
        }
        if (end != SIZE_MAX) {
            return end;
        }
    }
    return SIZE_MAX;
}

static size_t match_from(const struct matcher *m, const struct element *e, size_t count,
                         size_t at, size_t begin)
{
    if (count == 0) {
        return at;
    }
    for (size_t skipped = 0; skipped <= e->gap; skipped++) {
        size_t end = match_element(m, e, count, at + skipped, begin);
        if (end != SIZE_MAX) {
            return end;
        }
        if (!joins(m, at + skipped, begin)) {
            break;
        }
    }
    return e->optional ? match_from(m, e + 1, count - 1, at, begin) : SIZE_MAX;
}

struct span {
    size_t first, end;
};

static bool find_conjunct(const struct matcher *m, const struct element *e,
                          size_t count, size_t from, struct span *out)
{
    for (size_t at = from; at < m->to; at++) {
        if (e->anchored && at != from && !m->r->tokens[at].opens) {
            continue;
        }
        size_t end = match_from(m, e, count, at, at);
        if (end != SIZE_MAX && end > at) {
            *out = (struct span){at, end};
            return true;
        }
    }
    return false;
}

// Whether some word of the element stands anywhere in the text; sets are not looked into.
static bool may_stand(const struct matcher *m, const struct element *e)
{
    for (size_t i = 0; i < e->choice_count; i++) {
        const struct choice *c = &m->p->choices[e->first_choice + i];
        if (c->is_set || (m->r->any[c->index / 64] >> (c->index % 64) & 1)) {
            return true;
        }
    }
    return e->number || e->optional;
}

// Most patterns fail here, before any place is looked at.
static bool is_hopeless(const struct matcher *m, const struct pattern *pt)
{
    const struct element *e = &m->p->elements[pt->first];
    bool negated = false;
    for (size_t i = 0; i < pt->count; i++) {
        negated = e[i].opens_conjunct ? e[i].negated_start : negated;
        if (!negated && !may_stand(m, &e[i])) {
            return true;
        }
    }
    return false;
}

static bool find_pattern(const struct matcher *m, const struct pattern *pt, size_t from,
                         struct span *out)
{
    const struct element *e = &m->p->elements[pt->first];
    if (is_hopeless(m, pt)) {
        return false;
    }
    for (size_t i = 0; i < pt->count;) {
        size_t n = 1;
        while (i + n < pt->count && !e[i + n].opens_conjunct) {
            n++;
        }
        struct span here;
        bool stands = find_conjunct(m, &e[i], n, from, &here);
        if (stands == e[i].negated_start) {
            return false;
        }
        if (i == 0) {
            *out = here;
        }
        i += n;
    }
    return true;
}

struct phrase_hit phrases_look(const struct phrases *p, const struct phrase_group *g,
                               const struct reading *r, size_t from, size_t to)
{
    struct phrase_hit hit = {0, SIZE_MAX, 0};
    struct matcher m = {p, r, to < r->count ? to : r->count};
    for (size_t i = 0; g && i < g->count; i++) {
        struct span s = {0};
        if (find_pattern(&m, &p->patterns[g->first + i], from, &s)) {
            hit.weight += p->patterns[g->first + i].weight;
            if (s.first < hit.first) {
                hit.first = s.first;
                hit.end = s.end;
            }
        }
    }
    return hit;
}

struct phrase_hit phrases_next(const struct phrases *p, const struct phrase_group *g,
                               const struct reading *r, size_t from)
{
    struct phrase_hit hit = {0, SIZE_MAX, 0};
    struct matcher m = {p, r, r->count};
    for (size_t i = 0; g && i < g->count; i++) {
        struct span s = {0};
        if (find_pattern(&m, &p->patterns[g->first + i], from, &s) &&
            (s.first < hit.first || (s.first == hit.first && s.end > hit.end))) {
            hit = (struct phrase_hit){p->patterns[g->first + i].weight, s.first, s.end};
        }
    }
    return hit;
}
