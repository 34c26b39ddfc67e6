/* SPDX-License-Identifier: MIT
 *
 * reading.h - what the detectors' checks share: edges, cues, runs of digits.
 *
 * Units   offsets are bytes of norm->text.
 * Thread  any; nothing is kept, nothing is allocated.
 */
#ifndef HM_RULES_DETECT_READING_H
#define HM_RULES_DETECT_READING_H

#include "rules/detect/detect.h"

enum { DIGITS_MOST = 24, REACH = 64, COMPACT_MOST = 40 };

// A run of digits, however it is spaced: "07700 900 123", "o77oo", "double seven".
struct digits {
    char value[DIGITS_MOST + 1]; // '0'..'9', NUL behind the last
    uint32_t start[DIGITS_MOST]; // of the digit, or of the word that says it
    uint32_t end[DIGITS_MOST];   //
    uint8_t gap[DIGITS_MOST];    // bytes between it and the one before
    char mark[DIGITS_MOST];      // strongest separator in that gap; 0: none
    size_t count;
    bool spoken; // some were words
};

enum digits_how {
    DIGITS_PLAIN = 0,
    DIGITS_LETTER_O = 1, // o among digits is zero
    DIGITS_SPOKEN = 2    // zero, oh, double seven
};

bool is_digit(char c);
bool is_alpha(char c); // a..z
bool is_alnum(char c); // a..z, 0..9 and every byte above ASCII
// Nothing that belongs to the same word stands before (or behind) i.
bool edge_before(const struct detect_context *c, size_t i);
bool edge_after(const struct detect_context *c, size_t i);
// The byte of the message as it came in that text[i] stands for; 0 outside ASCII.
char original_at(const struct detect_context *c, size_t i);
bool is_capital(const struct detect_context *c, size_t i);

// Reads from start, at most `most` digits; up to three separators may lie between two.
void digits_read(const struct detect_context *c, size_t start, unsigned how,
                 size_t most, struct digits *out);
// Letters and digits from start without single blanks, dots and dashes between them.
// Returns the end of the last one; *n is how many were read, at most `most`.
size_t compact_read(const struct detect_context *c, size_t start, size_t most,
                    char out[COMPACT_MOST], size_t *n);
// The digits [from, to) stand without any separator.
bool digits_close(const struct digits *d, size_t from, size_t to);
// Where "x0135" behind a phone number at end stops; 0: none stands there.
size_t extension_end(const struct detect_context *c, size_t end);
// Digit n - 1 ends a group: what follows is no digit or letter.
bool digits_end(const struct detect_context *c, const struct digits *d, size_t n);

// One of the words ("|" between them, whole words) stands in the `reach` bytes before
// start; reach is at most REACH.
bool cue_before(const struct detect_context *c, size_t start, const char *words,
                size_t reach);
bool cue_after(const struct detect_context *c, size_t end, const char *words,
               size_t reach);
// Words that say a number is a thing's, not a person's.
extern const char product_cues[];

// A contact of the school itself, as its configuration lists them: a number (compared by
// its last nine digits), or an address or a domain (compared as text).
bool is_public_number(const struct detect_context *c, const char *digits);
bool is_public_text(const struct detect_context *c, struct slice found);

#endif
