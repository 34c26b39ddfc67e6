/* SPDX-License-Identifier: MIT
 *
 * token.h - words, numbers and emoji of a normalised text, and its sentences.
 *
 * Punctuation is no token: it ends sentences and leaves flags on the tokens beside it.
 * Hyphens part words; apostrophes belong to them ("don't" is one token here, which the
 * vocabulary then reads as "do not").
 *
 * Units   start and end are bytes of the normalised text.
 * Owner   the arena.
 */
#ifndef HM_RULES_TOKEN_H
#define HM_RULES_TOKEN_H

#include "rules/engine/normalise.h"

enum token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_EMOJI };

enum token_flag {
    TOKEN_CAPITAL = 1 << 0,    // begins with an upper-case letter in the original
    TOKEN_SHOUT = 1 << 1,      // two or more letters, all upper case
    TOKEN_QUOTED = 1 << 2,     // between quotation marks
    TOKEN_APOSTROPHE = 1 << 3, // has one inside
    TOKEN_AFTER_MARK = 1 << 4, // punctuation other than a hyphen stands before it
    TOKEN_GLUED = 1 << 5,      // no white space between it and the token before
    TOKEN_FOLDED = 1 << 6,     // a look-alike of another script is in it
    TOKEN_UNDONE = 1 << 7,     // an evasion was undone to read it
    TOKEN_OWNS = 1 << 8,       // read without its 's
    TOKEN_MIXED = 1 << 9,      // letters and digits
    TOKEN_REPEATS = 1 << 10,   // three of the same letter in a row
    TOKEN_DOUBLES = 1 << 11    // two of the same letter in a row
};

struct token {
    uint64_t key;      // token_key() of its letters; the low 32 bits serve the model
    uint32_t start;    // in the normalised text
    uint32_t end;      //
    uint32_t word;     // vocabulary's id, 0: not in the lexicon
    uint32_t sentence; // index
    uint16_t flags;    // enum token_flag
    uint8_t kind;      // enum token_kind
};

struct sentence {
    uint32_t first; // token
    uint32_t count; // tokens
    bool asks;      // ends with a question mark
    bool shouts;    // ends with an exclamation mark
};

struct tokens {
    struct token *at;
    size_t count;
    struct sentence *sentences;
    size_t sentence_count;
    bool odd; // something in it may be an evasion; see evade.h
};

// The key of a word; bytes beyond len must be readable up to the next multiple of 8.
uint64_t token_key(const char *word, size_t len);
// The key of any bytes; slower.
uint64_t token_key_of(struct slice word);

MUST_USE enum fault tokenise(struct tokens *out, const struct norm *n,
                             struct arena *arena);
struct slice token_text(const struct norm *n, const struct token *t);

#endif
