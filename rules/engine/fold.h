/* SPDX-License-Identifier: MIT
 *
 * fold.h - what one code point outside ASCII stands for in normalised text.
 *
 * Compatibility forms, case and diacritics fold by ICU (NFKC case fold, then marks
 * dropped); look-alikes of other scripts by UTS 39's confusable skeleton. Each code
 * point is asked for once and kept in a small table, so that steady state allocates
 * nothing.
 */
#ifndef HM_RULES_FOLD_H
#define HM_RULES_FOLD_H

#include "bot/base/slice.h"

enum fold_kind {
    FOLD_DROP,   // stands for nothing: marks, joiners, direction controls
    FOLD_SPACE,  // white space
    FOLD_LETTER, // a letter or digit of any script, in lower case
    FOLD_ALIKE,  // an ASCII letter that it only looks like
    FOLD_MARK,   // punctuation and symbols
    FOLD_EMOJI   // a pictograph; its own UTF-8
};

enum { FOLD_BYTES = 10 };

struct fold {
    uint32_t cp;
    uint8_t kind; // enum fold_kind
    uint8_t len;  // bytes in use
    char bytes[FOLD_BYTES];
};

struct fold_table; // belongs to one judge; not shared by threads

MUST_USE enum fault fold_table_create(struct fold_table **out, struct why *why);
void fold_table_destroy(struct fold_table *t); // NULL is fine
// cp is valid and above U+007F. The result lives until the next call.
const struct fold *fold_find(struct fold_table *t, uint32_t cp);

#endif
