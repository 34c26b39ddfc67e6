/* SPDX-License-Identifier: MIT
 *
 * evaluate.h - which rules a scanned message meets.
 *
 * A sequence is tried only when its anchor (its rarest class) and its other required
 * classes were all seen. Work is bounded: each sequence may take a number of steps
 * linear in the message, then it is given up.
 */
#ifndef HM_RULES_EVALUATE_H
#define HM_RULES_EVALUATE_H

#include "rules/engine/rule.h"
#include "rules/engine/scan.h"
#include "rules/rules.h"

struct hit {
    const struct rule *rule;
    uint32_t first, last;   // tokens
    uint32_t subject_first; // tokens that say whom it is about; UINT32_MAX: none
    uint32_t subject_last;
    enum target target;
    bool target_open; // nobody is named: target is only what is usual
};

enum near_miss { MISS_GUARD, MISS_CONDITION };

// For `rules explain`: told of matches that came to nothing. May be NULL.
struct explainer {
    void (*missed)(void *ctx, const struct scan *s, const struct hit *hit,
                   enum near_miss how, const char *what);
    void *ctx;
};

enum { HITS_PER_RULE = 4 };

struct evaluation {
    struct scan *scan;
    const struct rule_set *set;
    const struct judge_message *message;
    const uint32_t *context_epochs; // by class: seen in an earlier message
    uint32_t context_epoch;
    const struct explainer *explainer;
    struct hit *hits; // in the arena
    size_t hit_count, hit_cap;
};

// Whether what a rule asks of the message as a whole ("when") holds.
bool conditions_hold(const struct evaluation *e, const struct rule *r);
// Fills hits. MEMORY when the arena is spent.
MUST_USE enum fault evaluate(struct evaluation *e);
// Whether a guard holds for tokens first..last.
bool guard_holds(struct scan *s, const struct guard *g, uint32_t first, uint32_t last);

#endif
