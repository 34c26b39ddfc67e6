/* SPDX-License-Identifier: MIT
 *
 * consult.h - ask the reader about a message: once, and within a budget.
 *
 * The budget is in pieces a second of the messages' own times, never of the clock, so
 * that judging the same messages again gives the same verdicts. What the reader said is
 * kept for all who ask of the same message.
 *
 * Owner   one judge.
 */
#ifndef HM_RULES_CONSULT_H
#define HM_RULES_CONSULT_H

#include "rules/reader/pieces.h"
#include "rules/reader/reader.h"

// For `rules explain`: what came of it.
enum consult_use {
    CONSULT_RAISED = 1 << 0,
    CONSULT_DOUBTED = 1 << 1,
    CONSULT_TARGET = 1 << 2
};

// Reads a text that was said before into s; false: out of memory.
typedef bool consult_scan_fn(void *ctx, struct slice text, struct scan *s);

struct consult {
    struct reader_desk *desk; // NULL: there is no reader
    uint32_t pieces_per_s;    // as asked for; 0: no bound
    uint32_t pace;            // what this processor keeps up with
    uint64_t spare;           // thousandths of pieces that may be read now
    uint64_t spare_ms;        // time of the message before
    uint64_t read_count;      // messages read so far
    // Of this message:
    uint64_t at_ms;
    struct slice before; // what was said before it; empty: nothing that is known
    consult_scan_fn *scan;
    void *scan_ctx;
    bool asked;
    size_t count; // windows that were read; 0: it says nothing
    struct windows windows;
    struct reader_opinion opinions[WINDOWS_MOST];
    unsigned uses; // bits of enum consult_use
};

// r may be NULL. Without a bound.
MUST_USE enum fault consult_init(struct consult *c, const struct reader *r,
                                 struct why *why);
void consult_finish(struct consult *c); // zeroed storage is fine
// 0: none; else never more than this processor keeps up with.
void consult_bound(struct consult *c, uint32_t pieces_per_s);
// A new message; at_unix_ms 0: unknown.
void consult_begin(struct consult *c, uint64_t at_unix_ms);
// At least half of what may be saved up is there: any message may be read.
bool consult_at_leisure(const struct consult *c);
// text is read together with the message, should the reader be asked; it must last.
void consult_recall(struct consult *c, struct slice text, consult_scan_fn *scan,
                    void *scan_ctx);
// Windows that were read, at most WINDOWS_MOST; 0: nothing to read, or over the budget.
size_t consult_reader(struct consult *c, const struct reader *r, const bool *groups,
                      const struct scan *s);
// Of what was read: the window that tokens first..last begin in; NULL: none.
const struct reader_opinion *consult_of(const struct consult *c, uint32_t first,
                                        uint32_t last);

#endif
