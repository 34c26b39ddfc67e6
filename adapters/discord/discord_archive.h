/* SPDX-License-Identifier: MIT
 *
 * discord_archive.h - a channel's archived threads, page by page, back to a moment.
 *
 * Threads that were archived while we were away may hold messages that nobody judged.
 */
#ifndef HM_DISCORD_ARCHIVE_H
#define HM_DISCORD_ARCHIVE_H

#include <jansson.h>
#include <stdbool.h>

#include "adapters/discord/discord_state.h"

struct adapter;

enum { ARCHIVE_PATH_BYTES = 200, ARCHIVE_TIME_BYTES = 40 };

// Where the listing stands.
struct discord_archive {
    uint64_t channel_id, guild_id;
    uint64_t since_ms;
    bool privately;                  // private threads, after the public ones
    char before[ARCHIVE_TIME_BYTES]; // the next page ends here; empty: the newest
};

void discord_archive_path(const struct discord_archive *l,
                          char out[ARCHIVE_PATH_BYTES]);
// Takes in a page (NULL: refused); the threads' missed messages are put on the list to
// be read. false: that was the last.
bool discord_archive_take(struct adapter *a, struct discord_archive *l,
                          const json_t *page);

#endif
