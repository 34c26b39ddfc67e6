/* SPDX-License-Identifier: MIT
 *
 * measure.h - Vectorscan alone, for comparison with the judge.
 */
#ifndef HM_RULES_MEASURE_H
#define HM_RULES_MEASURE_H

#include "rules/rules.h"

struct word_scanner;

// Only the detectors' expressions of rs, or (words) all single words of its lexicon as
// one literal database.
MUST_USE enum fault word_scanner_create(struct word_scanner **out,
                                        const struct ruleset *rs, bool words,
                                        struct why *why);
void word_scanner_free(struct word_scanner *w); // NULL is fine
size_t word_scanner_count(const struct word_scanner *w);
// Number of matches in text (lower case).
size_t word_scanner_scan(struct word_scanner *w, struct slice text);

#endif
