/* SPDX-License-Identifier: MIT
 *
 * explain.h - why a text matches, and why the near misses do not, in words.
 */
#ifndef HM_RULES_EXPLAIN_H
#define HM_RULES_EXPLAIN_H

#include "bot/base/text.h"
#include "rules/rules.h"

struct ruleset_counts {
    size_t rules, sequences, classes, words, nodes;
};

struct ruleset_counts ruleset_count(const struct ruleset *rs);

// Judges m and writes: the verdict's sentence, each finding with its rule and words,
// what the words were read as, whom the message speaks of, and the rules that would
// have matched but for a guard or a condition.
MUST_USE enum fault judge_explain(struct judge *j, const struct policy *policy,
                                  const struct judge_message *m, struct text *out);

#endif
