// SPDX-License-Identifier: MIT
#include "rules/engine/scan.h"

#include <string.h>

enum {
    FEW = 512,      // met, in a short message
    ASKED_MOST = 64 // classes looked for one at a time in a long one
};

static void fill(struct scan *s, uint16_t class, struct occurrence *at, uint32_t count)
{
    s->states[class] =
        (struct class_state){.epoch = s->epoch, .count = count, .at = at};
}

static void find_in_short(struct scan *s, uint16_t class)
{
    uint16_t found[FEW];
    uint32_t n = 0;
    for (size_t i = 0; i < s->met_count; i++) {
        if (met_holds(s, &s->met[i], class)) {
            found[n++] = (uint16_t)i;
        }
    }
    struct occurrence *at = arena_alloc(s->arena, (n + 1) * sizeof(*at));
    if (!at) {
        s->failed = true;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        at[i] = s->met[found[i]].at;
    }
    fill(s, class, at, n);
}

static void find_in_long(struct scan *s, uint16_t class)
{
    uint32_t n = 0;
    for (size_t i = 0; i < s->met_count; i++) {
        n += met_holds(s, &s->met[i], class);
    }
    struct occurrence *at = arena_alloc(s->arena, ((size_t)n + 1) * sizeof(*at));
    if (!at) {
        s->failed = true;
        return;
    }
    fill(s, class, at, n);
    for (size_t i = 0; i < s->met_count; i++) {
        if (met_holds(s, &s->met[i], class)) {
            *at++ = s->met[i].at;
        }
    }
}

// All classes in two passes, count and place: so the work is linear in the message,
// however many are asked for. It takes much memory, and few texts need it.
static void find_all(struct scan *s)
{
    size_t classes = s->lex->class_count;
    uint32_t *ends = arena_zalloc(s->arena, classes + 1, sizeof(*ends));
    if (!ends) {
        s->failed = true;
        return;
    }
    for (size_t i = 0; i < s->met_count; i++) {
        const struct met *m = &s->met[i];
        const uint16_t *list = met_classes(s, m);
        for (uint32_t k = m->from; k < m->to; k++) {
            ends[list[k] + 1]++;
        }
    }
    for (size_t c = 0; c < classes; c++) {
        ends[c + 1] += ends[c];
    }
    struct occurrence *at =
        arena_alloc(s->arena, ((size_t)ends[classes] + 1) * sizeof(*at));
    if (!at) {
        s->failed = true;
        return;
    }
    // ends[c] is where class c begins, and moves on to where it ends.
    for (size_t i = 0; i < s->met_count; i++) {
        const struct met *m = &s->met[i];
        const uint16_t *list = met_classes(s, m);
        for (uint32_t k = m->from; k < m->to; k++) {
            at[ends[list[k]]++] = m->at;
        }
    }
    uint32_t first = 0;
    for (size_t c = 0; c < classes; c++) {
        if (ends[c] > first) {
            fill(s, (uint16_t)c, at + first, ends[c] - first);
        }
        first = ends[c];
    }
}

// Target phrases may be met after shorter ones that begin at the same token, never
// before ones that begin earlier; so they are in the order of their first tokens.
const struct occurrence *occurrences_of(struct scan *s, uint16_t class, size_t *count)
{
    struct class_state *state = &s->states[class];
    *count = 0;
    if (!scan_saw(s, class)) {
        return NULL;
    }
    if (state->epoch != s->epoch) {
        if (s->met_count <= FEW) {
            find_in_short(s, class);
        } else if (s->asked++ < ASKED_MOST) {
            find_in_long(s, class);
        } else {
            find_all(s);
        }
        if (s->failed) {
            return NULL;
        }
    }
    *count = state->count;
    return state->at;
}

uint16_t *scan_seen(const struct scan *s, size_t *count)
{
    size_t words = scan_words(s->lex);
    uint64_t *had = arena_zalloc(s->arena, words, sizeof(*had));
    uint16_t *seen = arena_alloc(s->arena, words * 64 * sizeof(*seen));
    *count = 0;
    if (!had || !seen) {
        return NULL;
    }
    for (size_t i = 0; i < s->met_count; i++) {
        const struct met *m = &s->met[i];
        const uint16_t *list = met_classes(s, m);
        uint16_t loud = s->lex->lists[m->list].loud;
        for (uint32_t k = m->from; k < m->to && k < loud; k++) {
            uint16_t class = list[k];
            uint64_t bit = UINT64_C(1) << (class % 64);
            if (!(had[class / 64] & bit)) {
                had[class / 64] |= bit;
                seen[(*count)++] = class;
            }
        }
    }
    return seen;
}
