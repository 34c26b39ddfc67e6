/* SPDX-License-Identifier: MIT
 *
 * pieces.h - what the reader sees of a message: pieces of words, a window at a time.
 *
 * Made of the judge's own view, so that evasions are undone and spellings written out:
 * lower case, the marks . , ? ! ' " : ; - (a run of one mark once), emoji by the words
 * of their Unicode names. A word or phrase of a protected group ("muslims", "wheelchair
 * users") is one and the same piece whatever it says: swapping groups moves nothing.
 * Training and judging share this (`hallmonitor rules pieces` prints what it gives).
 *
 * Units   tokens of the scan. A message of at most READER_POSITIONS pieces is one
 *         window; a longer one is cut at sentence ends, and what does not fit into
 *         WINDOWS_MOST is left out.
 */
#ifndef HM_RULES_READER_PIECES_H
#define HM_RULES_READER_PIECES_H

#include "rules/engine/scan.h"
#include "rules/reader/weights.h"

enum {
    WINDOWS_MOST = 4,
    BEFORE_MOST = 28 // pieces of the message before that are read along, its last
};

struct window {
    uint32_t first, last; // tokens, both inside
    uint32_t count;
    uint16_t ids[READER_POSITIONS];
};

struct windows {
    struct window at[WINDOWS_MOST];
    size_t count; // 0: nothing to read
};

// What was said before, as the message's first window begins with it.
struct before {
    uint16_t ids[BEFORE_MOST + 1];
    uint32_t count; // 0: nothing
};

// By list of the lexicon: whether its words name a protected group. From malloc, the
// caller's; NULL: out of memory.
bool *pieces_groups(const struct lexicon *lex);
// groups by list of s->lex. Allocates nothing.
void pieces_read(struct windows *out, const struct scan *s, const struct vocabulary *v,
                 const bool *groups);
// Takes the windows of the message before (pieces_read() of its scan).
void pieces_before(struct before *out, const struct windows *of);
// Puts it before the first window, where there is room.
void pieces_after(struct windows *w, const struct before *before);

#endif
