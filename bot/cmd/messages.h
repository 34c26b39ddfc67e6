/* SPDX-License-Identifier: MIT
 *
 * messages.h - corpus lines (one JSON object each) to messages, and verdicts to JSON.
 *
 * Owner   a corpus_line owns what its message points to, until the next parse.
 */
#ifndef HM_CMD_MESSAGES_H
#define HM_CMD_MESSAGES_H

#include "bot/base/text.h"
#include "rules/rules.h"

enum { LINE_SLICES_MOST = 64 };

struct corpus_line {
    void *json; // jansson's
    struct slice id;
    struct judge_message message;
    struct slice attachments[LINE_SLICES_MOST];
    struct slice context[LINE_SLICES_MOST];
};

// INPUT: why says what is wrong with the line.
MUST_USE enum fault corpus_line_parse(struct corpus_line *out, struct slice line,
                                      struct why *why);
void corpus_line_finish(struct corpus_line *l); // zeroed storage is fine

// One line of JSON with its newline.
void verdict_add_json(struct text *out, const struct verdict *v, struct slice id,
                      struct slice message);

// "{author=pupil channel=pupils context=\"how old r u\"} 11 lol", as the examples of
// rules write messages; without braces: author unknown, channel parents. scratch keeps
// unquoted parts. INPUT: the braces cannot be read.
MUST_USE enum fault example_parse(struct corpus_line *out, struct slice example,
                                  struct why *why);

#endif
