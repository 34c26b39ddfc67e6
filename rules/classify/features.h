/* SPDX-License-Identifier: MIT
 *
 * features.h - what the classifier sees of a message: hashed features, a stretch of
 * sentences at a time.
 *
 * Training and judging share this extractor (`hallmonitor rules features` prints what
 * it gives), so a model always sees what it was trained on. Words of a protected group
 * ("muslims", "wheelchair users") all read as one and the same word, names as another:
 * swapping them cannot move a probability.
 *
 * Units   tokens of the scan. A stretch is whole sentences up to STRETCH_TOKENS, or a
 *         part of a longer one.
 */
#ifndef HM_RULES_FEATURES_H
#define HM_RULES_FEATURES_H

#include "rules/classify/feature_lists.h"

enum {
    STRETCH_ENOUGH = 24,
    STRETCH_TOKENS = 48,
    FEATURES_MOST = 4096,
    WORD_BYTES = 24 // of longer words the first
};

struct stretch {
    uint32_t first, last;    // tokens, both inside
    uint32_t sentence;       // where the next stretch begins
    uint32_t met, met_limit; // what the scan met in it, once asked for
    uint32_t mention;        // first mention that may lie in it, likewise
};

struct features {
    uint32_t at[FEATURES_MOST]; // hashes; the same feature may stand here twice
    size_t count;
};

// Goes on to the next stretch; a zeroed one stands before the first. False: no more.
bool stretch_next(struct stretch *stretch, const struct scan *s);
// lists: of s->lex.
void features_of(struct features *out, struct stretch *stretch, const struct scan *s,
                 const struct feature_lists *lists);
// A word as the models read it: evasions undone, digits inside it as letters.
struct word_reading {
    struct slice text; // may point into plain
    uint32_t key;
    char plain[WORD_BYTES + 8];
};
void feature_read(struct word_reading *out, const struct scan *s, uint32_t i);
// Whether the word of token i belongs to a protected group by itself.
bool feature_is_group(const struct feature_lists *lists, const struct scan *s,
                      uint32_t i);

#endif
