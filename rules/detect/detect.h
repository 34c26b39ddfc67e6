/* SPDX-License-Identifier: MIT
 *
 * detect.h - what word classes cannot say: numbers, links, handles, codes.
 *
 * A detector is a regular expression for the one Vectorscan database and a check. The
 * expression finds candidates in the normalised text (lower case, look-alikes folded;
 * the original bytes beside it); the check confirms or trims them. What it confirms is
 * an occurrence of its class, over the tokens that it touches, for rules to use.
 *
 * Files of detectors define `const struct detector NAME_detectors[]`, a row with a NULL
 * name last, and stand in detect.c's list.
 */
#ifndef HM_RULES_DETECT_H
#define HM_RULES_DETECT_H

#include "rules/engine/normalise.h"
#include "rules/rules.h"

struct detect_context {
    const struct norm *norm;             // the whole message
    const struct school_profile *school; // NULL: no particular school
};

// A candidate, and what a check may make of it: bytes of norm->text.
struct detect_hit {
    size_t start, end;
};

// Expressions find where a candidate begins and a little more: long repeats make the
// database large and slow; checks go on from there. May move hit's ends. Must not allocate, and be linear in the candidate's length (it
// may look at most 64 bytes to either side).
typedef bool detect_check_fn(const struct detect_context *c, struct detect_hit *hit);

struct detector {
    const char *name;       // for messages to people
    const char *regex;      // Vectorscan's dialect, over lower-case text
    const char *class;      // what a confirmed candidate is: "pii.phone"
    detect_check_fn *check; // NULL: every candidate is one
    // Where no digit, @, / or dot inside a word stands, one of these words or marks does,
    // or the detector confirms nothing; blanks between them. NULL: it never does there.
    const char *cues;
};

// All detectors in a fixed order. *count is set.
const struct detector *const *detect_all(size_t *count);

#endif
