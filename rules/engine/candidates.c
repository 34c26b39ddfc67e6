// SPDX-License-Identifier: MIT
#include "rules/engine/candidates.h"

#include <string.h>

static bool required_seen(const struct evaluation *e, const struct sequence *q)
{
    const struct element *elements = e->set->elements + q->elements;
    for (size_t i = 0; i < q->count; i++) {
        if (elements[i].kind == ELEMENT_CLASS && !elements[i].optional &&
            !scan_saw(e->scan, elements[i].class)) {
            return false;
        }
    }
    return true;
}

static void add_candidate(const struct evaluation *e, struct candidates *c,
                          uint32_t sequence)
{
    if (c->count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 16;
        struct candidate *grown = arena_alloc(e->scan->arena, cap * sizeof(*grown));
        if (!grown) {
            e->scan->failed = true;
            return;
        }
        if (c->count) {
            memcpy(grown, c->at, c->count * sizeof(*grown));
        }
        c->at = grown;
        c->cap = cap;
    }
    c->at[c->count++] = (struct candidate){.sequence = sequence};
}

static bool has(const uint64_t *bits, uint16_t class)
{
    return bits[class / 64u] >> (class % 64u) & 1;
}

// Its anchor and the two classes of its need were seen: now the rest is asked for.
static void consider(const struct evaluation *e, struct candidates *c,
                     uint32_t sequence)
{
    const struct sequence *q = &e->set->sequences[sequence];
    if (required_seen(e, q) &&
        (e->explainer || conditions_hold(e, &e->set->rules[q->rule]))) {
        add_candidate(e, c, sequence);
    }
}

static void ask_anchors(const struct evaluation *e, struct candidates *c, size_t from,
                        size_t to)
{
    const uint64_t *saw = e->scan->saw, *anchors = e->set->anchors;
    const uint32_t *first = e->set->need_first;
    const struct need *needs = e->set->needs;
    for (size_t w = from; w < to; w++) {
        for (uint64_t bits = saw[w] & anchors[w]; bits; bits &= bits - 1) {
            size_t anchor = w * 64 + (size_t)__builtin_ctzll(bits);
            const struct need *end = needs + first[anchor + 1];
            for (const struct need *n = needs + first[anchor]; n < end; n++) {
                if (has(saw, n->also[0]) && has(saw, n->also[1])) {
                    consider(e, c, n->sequence);
                }
            }
        }
    }
}

// Where the class was first met, and in which place of that list.
static uint64_t order_of(const struct scan *s, uint16_t class)
{
    for (size_t i = 0; i < s->met_count; i++) {
        const struct met *m = &s->met[i];
        if (!met_holds(s, m, class)) {
            continue;
        }
        const uint16_t *list = met_classes(s, m);
        for (uint32_t k = m->from; k < m->to; k++) {
            if (list[k] == class) {
                return (uint64_t)i << 32 | k;
            }
        }
    }
    return UINT64_MAX;
}

// What is met first in the text comes first; of one anchor, the rule that was read
// first. They come anchor by anchor, and are few.
static void put_in_order(const struct evaluation *e, struct candidates *c)
{
    uint64_t order = 0;
    uint16_t asked = NO_CLASS;
    for (size_t i = 0; c->count > 1 && i < c->count; i++) {
        struct candidate moving = c->at[i];
        uint16_t anchor = e->set->sequences[moving.sequence].anchor;
        if (anchor != asked) {
            order = order_of(e->scan, anchor);
            asked = anchor;
        }
        moving.order = order;
        size_t k = i;
        for (; k > 0 && c->at[k - 1].order > moving.order; k--) {
            c->at[k] = c->at[k - 1];
        }
        c->at[k] = moving;
    }
}

enum fault candidates_find(struct candidates *out, const struct evaluation *e)
{
    *out = (struct candidates){0};
    ask_anchors(e, out, 0, e->set->anchor_ends[0]);
    ask_anchors(e, out, LIST_ROW, e->set->anchor_ends[1]);
    put_in_order(e, out);
    return e->scan->failed ? FAULT_MEMORY : FAULT_NONE;
}
