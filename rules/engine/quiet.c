// SPDX-License-Identifier: MIT
#include "rules/engine/quiet.h"

#include <string.h>

enum { FEW = 64 }; // up to so many words, one class at a time is cheaper

static bool lists(const uint16_t *classes, uint32_t count, uint16_t class)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (classes[middle] < class) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && classes[low] == class;
}

static void fill(struct scan *s, uint16_t class, struct occurrence *at, uint32_t count)
{
    s->states[class] = (struct class_state){
        .epoch = s->epoch, .count = count, .head = UINT32_MAX, .sorted = at};
}

static void find_one(struct scan *s, uint16_t class)
{
    struct occurrence found[FEW];
    uint32_t n = 0;
    for (size_t i = 0; i < s->quiet_count; i++) {
        const struct quiet *q = &s->quiets[i];
        if (lists(s->lex->lists + q->list, q->count, class)) {
            found[n++] = q->at;
        }
    }
    struct occurrence *at = arena_alloc(s->arena, (n + 1) * sizeof(*at));
    if (!at) {
        s->failed = true;
        return;
    }
    memcpy(at, found, n * sizeof(*at));
    fill(s, class, at, n);
}

// All classes in two passes: count, then place.
static void find_all(struct scan *s)
{
    size_t classes = s->lex->class_count;
    uint32_t *ends = arena_zalloc(s->arena, classes + 1, sizeof(*ends));
    if (!ends) {
        s->failed = true;
        return;
    }
    for (size_t i = 0; i < s->quiet_count; i++) {
        const uint16_t *list = s->lex->lists + s->quiets[i].list;
        for (uint32_t k = 0; k < s->quiets[i].count; k++) {
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
    for (size_t i = 0; i < s->quiet_count; i++) {
        const uint16_t *list = s->lex->lists + s->quiets[i].list;
        for (uint32_t k = 0; k < s->quiets[i].count; k++) {
            at[ends[list[k]]++] = s->quiets[i].at;
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

void quiet_find(struct scan *s, uint16_t class)
{
    if (s->quiet_count <= FEW) {
        find_one(s, class);
    } else {
        find_all(s);
    }
}
