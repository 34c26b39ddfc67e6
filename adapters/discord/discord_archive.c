// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_archive.h"

#include <stdio.h>
#include <string.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_backfill.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_permission.h"

void discord_archive_path(const struct discord_archive *l, char out[ARCHIVE_PATH_BYTES])
{
    snprintf(out, ARCHIVE_PATH_BYTES,
             "/channels/%llu/threads/archived/%s?limit=100%s%s",
             (unsigned long long)l->channel_id, l->privately ? "private" : "public",
             l->before[0] ? "&before=" : "", l->before);
}

static void take_thread(struct adapter *a, const struct discord_archive *l,
                        const json_t *thread)
{
    struct discord_channel *c = discord_state_channel(&a->state, thread, l->guild_id);
    if (c && discord_watches(a, l->guild_id, c->id, c)) {
        discord_channel_cursor(a, c, true);
        discord_catch_up(a, c, c->last_message_id, 0);
    }
}

static bool may_see_private(const struct adapter *a, const struct discord_archive *l)
{
    const struct discord_channel *c =
        discord_state_find_channel(&a->state, l->channel_id);
    // Discord has none in forums, and answers with an error.
    return c && c->type == CHANNEL_TEXT &&
           (discord_permission_in_channel(&a->state, c) & PERMISSION_MANAGE_THREADS);
}

bool discord_archive_take(struct adapter *a, struct discord_archive *l,
                          const json_t *page)
{
    discord_take_titles(a, json_object_get(page, "threads"), l->guild_id);
    uint64_t oldest = UINT64_MAX;
    size_t i;
    const json_t *thread;
    json_array_foreach(json_object_get(page, "threads"), i, thread)
    {
        uint64_t archived = discord_time_ms(discord_get_text(
            json_object_get(thread, "thread_metadata"), "archive_timestamp"));
        oldest = archived < oldest ? archived : oldest;
        if (archived >= l->since_ms) {
            take_thread(a, l, thread);
        }
    }
    bool more = discord_get_bool(page, "has_more") && oldest != UINT64_MAX &&
                oldest >= l->since_ms;
    if (more) {
        char next[ARCHIVE_TIME_BYTES];
        // Times are finer than our milliseconds: the last of the page comes again.
        discord_time_text(oldest + 1, next);
        // A plus sign in a query would be read as a space.
        char *zone = strchr(next, '+');
        if (zone) {
            strcpy(zone, "Z");
        }
        if (strcmp(next, l->before) != 0) { // else it would be the same page for ever
            memcpy(l->before, next, sizeof(next));
            return true;
        }
    }
    l->before[0] = '\0';
    if (!l->privately && may_see_private(a, l)) {
        l->privately = true;
        return true;
    }
    return false;
}
