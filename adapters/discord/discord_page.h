/* SPDX-License-Identifier: MIT
 *
 * discord_page.h - one page of a channel's history, put in order.
 *
 * Servers differ in the order of a page and may give fewer messages than there are.
 */
#ifndef HM_DISCORD_PAGE_H
#define HM_DISCORD_PAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bot/base/fault.h"

enum { DISCORD_PAGE_MOST = 100 };

struct discord_paged {
    uint64_t id;
    const json_t *message; // lent by the page
};

struct discord_page {
    json_t *json;
    struct discord_paged *list; // oldest first; NULL: no page
    size_t count;
    size_t at;                // the next to hand over
    uint64_t lowest, highest; // ids of what the server gave; 0: nothing
    bool full;                // as many as were asked for
};

// Keeps a reference. INPUT: not a list of messages.
MUST_USE enum fault discord_page_take(struct discord_page *p, const json_t *messages);
// Leaves those in (after, until], and those before that were edited since then (0: none).
void discord_page_keep(struct discord_page *p, uint64_t after, uint64_t until,
                       uint64_t edited_since_ms);
void discord_page_drop(struct discord_page *p); // zeroed storage is fine

#endif
