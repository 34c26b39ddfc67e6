/* SPDX-License-Identifier: MIT
 *
 * vocabulary.h - pieces of words, and the likeliest way to cut a word into them.
 *
 * Owner   entries and letters are lent; who has them keeps them longer.
 */
#ifndef HM_RULES_READER_VOCABULARY_H
#define HM_RULES_READER_VOCABULARY_H

#include "bot/base/slice.h"

enum {
    PIECE_UNKNOWN = 0,
    PIECE_GROUP = 3,       // any word or phrase of a protected group
    PIECE_BEFORE = 4,      // what stands before it was said before the message
    PIECE_FIRST = 6,       // ids of pieces that letters stand for begin here
    PIECE_LETTERS = 64,    // bytes of the longest
    PIECE_CHUNK_BYTES = 96 // cut at once
};

struct vocabulary_entry {
    uint32_t at; // of its letters
    uint16_t id;
    uint16_t len;  // bytes
    int32_t score; // log probability times 65536
};

struct vocabulary {
    const struct vocabulary_entry *entries; // in the order of their letters' bytes
    const char *letters;
    size_t count;
    uint32_t first[257]; // entries that begin with a byte: first[byte] .. first[byte+1]
};

// Checks the entries (letters inside, valid UTF-8, in order, ids below rows) and sets
// first. False: *wrong says what.
bool vocabulary_init(struct vocabulary *v, size_t letters_len, size_t rows,
                     const char **wrong);
// Cuts at most PIECE_CHUNK_BYTES of valid UTF-8; out holds as many ids. Returns how
// many. What no piece fits is PIECE_UNKNOWN, several in a row one.
size_t vocabulary_cut(const struct vocabulary *v, struct slice chunk, uint16_t *out);

#endif
