/* SPDX-License-Identifier: MIT
 *
 * pattern.h - all detectors' expressions in one Vectorscan database.
 *
 * Owner   patterns belong to the ruleset, a pattern_scratch to one judge.
 * Faults  INPUT: an expression does not compile; why names its detector.
 */
#ifndef HM_RULES_PATTERN_H
#define HM_RULES_PATTERN_H

#include "rules/detect/detect.h"
#include "rules/engine/lexfile.h"
#include "rules/engine/token.h"

struct patterns;
struct pattern_scratch;

// One confirmed candidate.
struct pattern_hit {
    uint32_t start, end; // of the normalised text
    uint32_t detector;   // index into detect_all()
};

// Compiles, or reads the database that an earlier start left in cache_folder (NULL: none
// is kept). progress may be NULL.
MUST_USE enum fault patterns_load(struct patterns **out,
                                  const struct ruleset_options *options,
                                  struct why *why);
void patterns_free(struct patterns *p); // NULL is fine
MUST_USE enum fault pattern_scratch_create(struct pattern_scratch **out,
                                           const struct patterns *p, struct why *why);
void pattern_scratch_free(struct pattern_scratch *s); // NULL is fine

// What of the detectors a text may meet.
enum pattern_need {
    PATTERN_ALL,
    PATTERN_BARE, // those with cues
    PATTERN_NONE
};

// tokens as written: before anything was undone or written out.
enum pattern_need patterns_need(const struct patterns *p, const struct norm *n,
                                const struct tokens *tokens);

// Confirmed candidates in the order of their starts, in the arena. At most HITS_MOST;
// further ones are left out.
enum { PATTERN_HITS_MOST = 2048 };
MUST_USE enum fault patterns_scan(const struct patterns *p, struct pattern_scratch *s,
                                  enum pattern_need need,
                                  const struct detect_context *c, struct arena *arena,
                                  struct pattern_hit **out, size_t *count);

#endif
