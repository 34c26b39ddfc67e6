/* SPDX-License-Identifier: MIT
 *
 * discord_read.h - which page of a channel's history to ask for next, and what an answer
 * tells. Pure: no I/O.
 *
 *   plan ─► path ─► (answer) ─► sort ─► handed, for each that is left ─► done ─► plan …
 *
 * While somebody looks for edits, a gap is asked for from its end: if it is less than a
 * page, the same page shows what stands before it. Otherwise from its beginning.
 */
#ifndef HM_DISCORD_READ_H
#define HM_DISCORD_READ_H

#include "adapters/discord/discord_page.h"
#include "adapters/discord/discord_state.h"

enum { READ_PATH_BYTES = 128 };

enum discord_asked {
    READ_AFTER, // a gap from its beginning
    READ_END,   // a gap from its end
    READ_EDITS, // no gap
};

struct discord_read {
    enum discord_asked asked;
    uint64_t gap_from;  // which gap
    uint64_t id;        // AFTER: after this; END: up to this; EDITS: before this
    uint64_t told_last; // the gap's, when the page was asked for
};

// false: nothing is to be read now.
bool discord_read_plan(struct discord_read *r, struct discord_channel *c);
void discord_read_path(const struct discord_read *r, uint64_t channel_id,
                       char out[READ_PATH_BYTES]);
// Leaves in the page what is to be handed over, oldest first.
void discord_read_sort(const struct discord_read *r, struct discord_channel *c,
                       struct discord_page *p);
void discord_read_handed(const struct discord_read *r, struct discord_channel *c,
                         uint64_t id);
void discord_read_done(const struct discord_read *r, struct discord_channel *c,
                       const struct discord_page *p);
// The page did not come; it is planned again.
void discord_read_failed(const struct discord_read *r, struct discord_channel *c);

#endif
