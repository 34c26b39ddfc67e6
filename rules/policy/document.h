/* SPDX-License-Identifier: MIT
 *
 * document.h - a policy as a school wrote it, taken apart: headings, paragraphs' sentences
 * and the items of lists with the words that introduce them.
 *
 * Shape   in: plain text (also Markdown, or what pandoc and pdftotext make of others).
 *         out: passages in reading order.
 * Owner   everything lives in the caller's arena.
 * Faults  LIMIT: more than the bounds below. Any bytes are accepted.
 */
#ifndef HM_RULES_DOCUMENT_H
#define HM_RULES_DOCUMENT_H

#include "bot/base/arena.h"
#include "rules/policy/phrases.h"

enum {
    DOCUMENT_BYTES = 4 << 20,
    DOCUMENT_LINES_MOST = 10000,
    PASSAGES_MOST = 6000,
    PASSAGE_BYTES = 4000, // a longer one is cut
    NO_PARENT = -1,
};

struct passage {
    struct slice text;    // white space collapsed, marks of lists taken off
    struct slice heading; // the nearest, its number kept; may be empty
    struct slice number;  // "3.2", "(a)"; empty for bullets and paragraphs
    struct slice stem;    // the sentence that introduces the list; may be empty
    unsigned line;        // of the source, from 1
    unsigned ordinal;     // place in its list, from 1; 0 for paragraphs
    unsigned depth;       // of nested lists; 0 for paragraphs and first level
    int parent;           // passage that it is nested in, or NO_PARENT
    bool item;
    bool prose_heading; // under "Introduction", "Scope" and the like
};

struct document {
    struct slice title; // the first line that reads like one; may be empty
    struct passage *passages;
    size_t passage_count;
    struct slice *lines; // trimmed, for dates and names; blank ones are left out
    size_t line_count;
};

MUST_USE enum fault document_read(struct document *out, struct slice text,
                                  const struct phrases *p, struct arena *a,
                                  struct why *why);

#endif
