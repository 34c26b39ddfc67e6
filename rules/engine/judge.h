/* SPDX-License-Identifier: MIT
 *
 * judge.h - the inside of a judge, for the engine's own files.
 */
#ifndef HM_RULES_JUDGE_H
#define HM_RULES_JUDGE_H

#include "rules/classify/consult.h"
#include "rules/engine/evaluate.h"
#include "rules/engine/fold.h"
#include "rules/engine/ruleset.h"

struct history;
struct pattern_scratch;

struct judge {
    struct ruleset *rs;
    struct fold_table *folds;
    struct pattern_scratch *scratch;
    struct arena arena;
    struct class_state *states; // by class
    uint32_t *context_epochs;   // by class
    size_t class_cap;           // members of both
    uint32_t epoch;
    struct history *history;
    struct consult consult;
    struct scan scan; // of the message last judged; `rules explain` looks at it
    const struct explainer *explainer;
};

// Turns hits into a verdict's findings, each with the taxonomy's default action.
MUST_USE enum fault verdict_fill(struct verdict *out, const struct evaluation *e,
                                 struct arena *arena);
// Adds one finding; of two of a category that overlap the stronger stays. MEMORY.
MUST_USE enum fault verdict_add(struct verdict *v, const struct finding *f,
                                struct arena *arena);
// Main finding first; action, severity, target, monitoring as the union over findings.
void verdict_settle(struct verdict *v);
// "Hidden because it ..."; for verdicts that no policy explained.
MUST_USE enum fault verdict_explain(struct verdict *v, struct arena *arena);

#endif
