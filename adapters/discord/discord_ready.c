// SPDX-License-Identifier: MIT
//
// A new session, and the servers that it speaks of: what was missed, what is not allowed.
#include <stdio.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_backfill.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_permission.h"

enum {
    LONG_OUTAGE_MS = 30 * 60 * 1000,
    SENTENCE_BYTES = 400,
};

// Channels that nobody wrote in for so long are not looked through for edits.
static const uint64_t edited_within_ms = 14ull * 24 * 60 * 60 * 1000;

static void report_missing(struct adapter *a, const struct discord_channel *c,
                           uint64_t needed, const char *what)
{
    struct text missing;
    text_init(&missing, SENTENCE_BYTES);
    discord_permission_missing(discord_permission_in_channel(&a->state, c), needed,
                               &missing);
    if (missing.len) {
        char key[64], sentence[SENTENCE_BYTES * 2];
        snprintf(key, sizeof(key), "permission-%llu", (unsigned long long)c->id);
        snprintf(sentence, sizeof(sentence),
                 "In #%s the bot's role lacks: %s. Without it %s.", c->name,
                 text_cstr(&missing), what);
        host_technician(a->host, slice_of(key), slice_of(sentence));
    }
    text_finish(&missing);
}

static void report_permissions(struct adapter *a, const struct discord_guild *g)
{
    uint64_t alert =
        a->conf->alert_channel ? discord_id_parse(slice_of(a->conf->alert_channel)) : 0;
    if (!g->own_role_count && !idmap_find(&g->roles, g->id)) {
        return; // we know nothing of ourselves: no false alarm
    }
    const struct discord_channel *c;
    for (size_t at = 0; (c = idmap_next(&a->state.channels, &at));) {
        if (c->guild_id != g->id) {
            continue;
        }
        if (c->id == alert) {
            report_missing(a, c, PERMISSION_ALERT, "moderators see no alerts");
        } else if (channel_has_messages(c) && !channel_is_thread(c) &&
                   discord_watches(a, g->id, c->id, c)) {
            report_missing(a, c, PERMISSION_WATCH,
                           "this channel is not fully moderated");
        }
    }
}

void discord_catch_up(struct adapter *a, struct discord_channel *c, uint64_t last_id,
                      uint64_t edits_since_ms)
{
    bool missed = discord_reach_settle(&c->reach, last_id);
    if (edits_since_ms) {
        bool earlier = !c->edits_since_ms || edits_since_ms < c->edits_since_ms;
        c->edits_since_ms = earlier ? edits_since_ms : c->edits_since_ms;
        if (!missed) {
            c->edits_due = true;
            c->edits_before_id = 0;
        }
    }
    discord_backfill_channel(a->backfill, c);
}

static void catch_up_channel(struct adapter *a, struct discord_channel *c, bool known)
{
    if (c->told_in != a->state.guild_objects) {
        // The server no longer has it, or it is a thread that was closed meanwhile:
        // nobody says whether something was written in it before.
        bool closed = channel_is_thread(c) && !c->archived && c->cursor_known;
        c->archived = true;
        discord_catch_up(a, c, closed ? UINT64_MAX : 0, 0);
        return;
    }
    bool seen_before = c->cursor_known && c->reach.top;
    discord_channel_cursor(a, c, known);
    seen_before = seen_before || (known && c->reach.top);
    uint64_t now = clock_unix_ms(a->host->clock);
    // What was judged before may say something else by now.
    bool look = seen_before && a->away_since_ms && c->last_message_id &&
                discord_id_unix_ms(c->last_message_id) + edited_within_ms > now;
    discord_catch_up(a, c, c->last_message_id,
                     look ? a->away_since_ms - AWAY_SLACK_MS : 0);
}

void discord_guild_ready(struct adapter *a, struct discord_guild *g, bool catch_up)
{
    if (!discord_conf_guild(a->conf, g->id)) {
        return;
    }
    bool known = discord_guild_known(a, g->id);
    uint64_t now = clock_unix_ms(a->host->clock);
    // Threads are archived after an hour or more of silence; a short cut hides none.
    bool look_in_archives =
        catch_up && known && a->away_since_ms &&
        (!g->known_since_start || now > a->away_since_ms + LONG_OUTAGE_MS);
    g->known_since_start = g->known_since_start || catch_up;
    struct discord_channel *c;
    for (size_t at = 0; (c = idmap_next(&a->state.channels, &at));) {
        if (c->guild_id != g->id || !discord_watches(a, g->id, c->id, c)) {
            continue;
        }
        if (!catch_up) {
            discord_channel_cursor(a, c, known);
            continue;
        }
        if (channel_has_messages(c)) {
            catch_up_channel(a, c, known);
        }
        if (look_in_archives && !channel_is_thread(c) &&
            (c->type == CHANNEL_TEXT || c->type == CHANNEL_ANNOUNCEMENT ||
             c->type == CHANNEL_FORUM || c->type == CHANNEL_MEDIA)) {
            discord_backfill_archived(a->backfill, c, a->away_since_ms);
        }
    }
    report_permissions(a, g);
}

static bool lists(const json_t *guilds, uint64_t id)
{
    size_t i;
    const json_t *guild;
    json_array_foreach(guilds, i, guild)
    {
        if (discord_get_id(guild, "id") == id) {
            return true;
        }
    }
    return false;
}

static bool of_shard(const struct adapter *a, uint64_t guild_id, uint32_t shard)
{
    return (guild_id >> 22) % a->shard_count == shard;
}

// Servers that we were taken off while nobody told us.
static void forget_guilds(struct adapter *a, uint32_t shard, const json_t *listed)
{
    const struct discord_guild *g;
    for (size_t at = 0; (g = idmap_next(&a->state.guilds, &at));) {
        if (json_is_array(listed) && of_shard(a, g->id, shard) &&
            !lists(listed, g->id)) {
            discord_state_guild_gone(&a->state, g->id);
            at = 0; // what follows was moved
        }
    }
}

void discord_session_new(struct adapter *a, uint32_t shard, const json_t *d)
{
    uint64_t me = discord_get_id(json_object_get(d, "user"), "id");
    uint64_t application = discord_get_id(json_object_get(d, "application"), "id");
    a->state.me = me ? me : a->state.me;
    a->application_id = application ? application : a->application_id;
    a->away_since_ms = a->up_until_ms ? a->up_until_ms : a->alive_before_ms;
    forget_guilds(a, shard, json_object_get(d, "guilds"));
    // A new session tells nothing of what happened since the old one.
    struct discord_channel *c;
    for (size_t at = 0; (c = idmap_next(&a->state.channels, &at));) {
        if (c->cursor_known && channel_has_messages(c) &&
            of_shard(a, c->guild_id, shard) &&
            discord_watches(a, c->guild_id, c->id, c)) {
            discord_reach_lost(&c->reach);
        }
    }
}
