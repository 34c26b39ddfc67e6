/* SPDX-License-Identifier: MIT
 *
 * normalise.h - original bytes to the text that the judge reads, with the way back.
 *
 * Shape   in: any bytes. out: lower-case text without marks, joiners and direction
 *         controls, look-alikes folded to the letters they imitate, emoji kept.
 * Units   offsets are bytes; `map` leads from a normalised to an original offset.
 * Owner   the arena. Pure ASCII has no map: offsets are the same.
 * Faults  MEMORY, LIMIT (the arena's).
 */
#ifndef HM_RULES_NORMALISE_H
#define HM_RULES_NORMALISE_H

#include "bot/base/arena.h"
#include "rules/engine/fold.h"
#include "rules/engine/masks.h"

enum { NORM_PADDING = 64 }; // readable zero bytes after the text, for wide loads

struct norm {
    struct slice original;
    const char *text; // len bytes, then NORM_PADDING zero bytes
    size_t len;
    const uint32_t *map;  // len + 1 offsets into original; NULL: identity
    const uint8_t *kinds; // enum fold_kind of each byte (ASCII: FOLD_LETTER or
                          // FOLD_MARK by its own look); NULL: all ASCII
    const struct mask_block *masks; // of pure ASCII; else NULL
};

MUST_USE enum fault normalise(struct norm *out, struct slice original,
                              struct fold_table *folds, struct arena *arena);
// Original range of normalised [start, end).
size_t norm_start(const struct norm *n, size_t start);
size_t norm_end(const struct norm *n, size_t end);

#endif
