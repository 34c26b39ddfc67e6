/* SPDX-License-Identifier: MIT
 *
 * classify.h - the classifier's say in a verdict: it raises what no rule foresaw, and
 * lowers what a rule over-calls. It is a quick model over hashed words and, where that
 * one is unsure, a reader (rules/reader) that understands hints.
 *
 * It speaks only above a probability that training chose for hardly ever touching a
 * harmless message, more mildly than a rule does, and only when no rule has. What it
 * doubts are unsure findings in talk that reads as harmless through and through (film,
 * sport, music); personal data, spam and security it leaves alone.
 *
 * Owner   the ruleset; shared by threads, read only.
 */
#ifndef HM_RULES_CLASSIFY_H
#define HM_RULES_CLASSIFY_H

#include "rules/classify/consult.h"
#include "rules/engine/evaluate.h"
#include "rules/verdict.h"

struct classifier;

// *out NULL: the data folder has no model/model.bin, and the rules speak alone. INPUT:
// why names the file. lex is lent until classifier_free().
MUST_USE enum fault classifier_load(struct classifier **out, const char *data_folder,
                                    const struct lexicon *lex, struct why *why);
void classifier_free(struct classifier *c); // NULL is fine
// For judges: NULL when there is no reader. c may be NULL.
const struct reader *classifier_reader(const struct classifier *c);
// Strikes hits that it doubts from e, before they become findings. c may be NULL.
void classify_doubt(const struct classifier *c, struct consult *ask,
                    struct evaluation *e);
// Says whom hits of e are about that name nobody. c may be NULL.
void classify_targets(const struct classifier *c, struct consult *ask,
                      struct evaluation *e);
// Adds findings for what reads as a breach although no finding of v hides or escalates.
// c may be NULL. MEMORY.
MUST_USE enum fault classify_raise(const struct classifier *c, struct consult *ask,
                                   const struct scan *s, struct arena *arena,
                                   struct verdict *v);

// For `rules features` and tests: probabilities of one message's worst stretch, of
// 65535, by enum head (classify/model.h); false: no classifier, or nothing to read.
bool classify_probe(const struct classifier *c, const struct scan *s, uint16_t out[16]);

#endif
