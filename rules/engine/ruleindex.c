// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "rules/engine/rule.h"
#include "rules/engine/scan.h"

// The required class with the fewest and least common words, but for those left out.
static uint16_t rarest(const struct rule_set *set, const struct sequence *s,
                       const struct lexicon *lex, uint16_t but, uint16_t nor)
{
    uint16_t best = NO_CLASS;
    for (size_t i = 0; i < s->count; i++) {
        const struct element *e = &set->elements[s->elements + i];
        if (e->kind == ELEMENT_CLASS && !e->optional && e->class != but &&
            e->class != nor &&
            (best == NO_CLASS ||
             lex->classes[e->class].weight < lex->classes[best].weight)) {
            best = e->class;
        }
    }
    return best;
}

void rule_set_pick_anchors(struct rule_set *set, const struct lexicon *lex)
{
    for (size_t i = 0; i < set->sequence_count; i++) {
        struct sequence *s = &set->sequences[i];
        s->anchor = rarest(set, s, lex, NO_CLASS, NO_CLASS);
    }
}

static void renumber(uint16_t *class, const uint16_t *to)
{
    if (*class != NO_CLASS) {
        *class = to[*class];
    }
}

static void renumber_all(struct rule_set *set, const uint16_t *to)
{
    for (size_t i = 0; i < set->element_count; i++) {
        renumber(&set->elements[i].class, to);
    }
    for (size_t i = 0; i < set->sequence_count; i++) {
        renumber(&set->sequences[i].anchor, to);
    }
    for (size_t i = 0; i < set->rule_count; i++) {
        struct rule *r = &set->rules[i];
        for (size_t k = 0; k < r->guard_count; k++) {
            renumber(&r->guards[k].class, to);
            renumber(&r->guards[k].excepting, to);
        }
        for (size_t k = 0; k < r->condition_count; k++) {
            renumber(&r->conditions[k].class, to);
        }
    }
}

static struct need need_of(const struct rule_set *set, uint32_t sequence,
                           const struct lexicon *lex)
{
    const struct sequence *s = &set->sequences[sequence];
    uint16_t second = rarest(set, s, lex, s->anchor, NO_CLASS);
    uint16_t third = rarest(set, s, lex, s->anchor, second);
    return (struct need){.also = {second == NO_CLASS ? s->anchor : second,
                                  third == NO_CLASS ? s->anchor : third},
                         .sequence = sequence};
}

enum fault rule_set_index(struct rule_set *set, const struct lexicon *lex,
                          const uint16_t *to)
{
    renumber_all(set, to);
    set->need_first = calloc(lex->class_count + 2, sizeof(*set->need_first));
    set->needs = calloc(set->sequence_count + 1, sizeof(*set->needs));
    set->anchors = calloc(scan_words(lex), sizeof(*set->anchors));
    if (!set->need_first || !set->needs || !set->anchors) {
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < set->sequence_count; i++) {
        uint16_t anchor = set->sequences[i].anchor;
        set->need_first[anchor + 2]++;
        set->anchors[anchor / 64] |= UINT64_C(1) << (anchor % 64);
    }
    for (size_t i = 2; i < lex->class_count + 2; i++) {
        set->need_first[i] += set->need_first[i - 1];
    }
    // The first entries move on as they fill, and end where the next one begins.
    for (uint32_t i = 0; i < set->sequence_count; i++) {
        uint32_t *at = &set->need_first[set->sequences[i].anchor + 1];
        set->needs[(*at)++] = need_of(set, i, lex);
    }
    for (size_t w = 0; w < scan_words(lex); w++) {
        if (set->anchors[w]) {
            set->anchor_ends[w >= LIST_ROW] = w + 1;
        }
    }
    return FAULT_NONE;
}

void rule_set_free(struct rule_set *set)
{
    free(set->rules);
    free(set->sequences);
    free(set->elements);
    free(set->needs);
    free(set->need_first);
    free(set->anchors);
    *set = (struct rule_set){0};
}
