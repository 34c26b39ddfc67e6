/* SPDX-License-Identifier: MIT
 *
 * lines.h - the lines of a document and what each is. Private to document.c.
 */
#ifndef HM_RULES_LINES_H
#define HM_RULES_LINES_H

#include "rules/policy/document.h"

enum line_kind { LINE_TEXT, LINE_BULLET, LINE_NUMBER, LINE_HEADING, LINE_TABLE };

struct line {
    struct slice text; // after its mark, trimmed, Markdown taken off
    struct slice mark; // "3.2", "(a)", "-"; empty: none
    enum line_kind kind;
    unsigned number;
    unsigned indent;  // columns before the mark
    bool after_blank; // a blank line stands before it
    bool marked;      // a heading by its own mark ("##", underline)
    bool strong;      // the whole line is bold
    bool running;     // stands at the top of every page
};

struct lines {
    struct line *all;
    size_t count;
    bool wrapped; // paragraphs run over several lines
};

MUST_USE enum fault lines_split(struct lines *out, struct slice text, struct arena *a,
                                struct why *why);
bool line_ends_with(struct slice s, const char *any_of);
// Words, and whether they are capitals throughout.
size_t line_words(struct slice s, bool *capitals);

#endif
