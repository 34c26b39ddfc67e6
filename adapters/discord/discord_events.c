// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_backfill.h"
#include "adapters/discord/discord_hide.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_permission.h"
#include "bot/base/log.h"

enum {
    LONG_OUTAGE_MS = 30 * 60 * 1000,
    // Clocks, and the time until the loss was noticed: two heartbeats.
    EDITED_SLACK_MS = 120 * 1000,
    SENTENCE_BYTES = 400,
};

// Channels that nobody wrote in for so long are not looked through for edits.
static const uint64_t edited_within_ms = 14ull * 24 * 60 * 60 * 1000;

bool discord_watches(const struct adapter *a, uint64_t guild_id, uint64_t channel_id,
                     const struct discord_channel *c)
{
    if (!guild_id || !discord_conf_guild(a->conf, guild_id)) {
        return false; // direct messages to the bot are read by nobody else
    }
    uint64_t parent = c ? c->parent_id : 0;
    uint64_t category = 0;
    if (c && channel_is_thread(c)) {
        const struct discord_channel *p = discord_state_find_channel(&a->state, parent);
        category = p ? p->parent_id : 0;
    }
    return discord_conf_channel(a->conf, channel_id, parent, category);
}

static bool ours(const struct adapter *a, const struct discord_message *m)
{
    return m->author_id == a->state.me || (m->webhook_id && a->application_id &&
                                           m->application_id == a->application_id);
}

// Whether this revision was handed over lately. Resumes and catching up repeat messages;
// the core knows them again, but the judge's memory of a person's habits must not count
// them twice.
static bool seen(struct adapter *a, const struct message *m)
{
    uint64_t hash = slice_hash(m->id) * 31 + slice_hash(m->revision);
    hash = hash ? hash : 1;
    uint64_t *slot = &a->recent[(hash ^ hash >> 32) % RECENT_SLOTS];
    bool known = *slot == hash;
    *slot = hash;
    return known;
}

// Messages of a thread belong to its channel, with the thread beside it.
static void place(struct adapter *a, struct message *m, const struct discord_channel *c)
{
    if (c && channel_is_thread(c) && c->parent_id) {
        m->thread = m->channel;
        m->channel = arena_format(&a->arena, "%llu", (unsigned long long)c->parent_id);
    }
    if (m->space.len == 0 && c) {
        m->space = arena_format(&a->arena, "%llu", (unsigned long long)c->guild_id);
    }
}

static void hand_over(struct adapter *a, struct discord_message *m,
                      const struct discord_channel *c, uint64_t frame_at_ns)
{
    if (!m->readable || ours(a, m) || seen(a, &m->message)) {
        return;
    }
    place(a, &m->message, c);
    m->message.frame_at_ns = frame_at_ns;
    if (!m->message.at_unix_ms) {
        m->message.at_unix_ms = clock_unix_ms(a->host->clock);
    }
    host_message(a->host, &m->message);
}

static void complain_of(const char *event, const struct why *why)
{
    log_warn("discord: an event could not be read", LOG_STR("event", event),
             LOG_WHY(why));
}

static void take_message(struct adapter *a, const json_t *d, enum discord_source source,
                         uint64_t frame_at_ns)
{
    struct discord_message m;
    struct why why = {0};
    if (discord_decode_message(d, source, &a->arena, &m, &why)) {
        complain_of(source == DISCORD_UPDATED ? "MESSAGE_UPDATE" : "MESSAGE_CREATE",
                    &why);
        return;
    }
    struct discord_channel *c = discord_state_find_channel(&a->state, m.channel_id);
    uint64_t guild = m.guild_id ? m.guild_id : c ? c->guild_id : 0;
    if (discord_watches(a, guild, m.channel_id, c)) {
        hand_over(a, &m, c, frame_at_ns);
        if (c && source == DISCORD_CREATED) {
            discord_reach_live(&c->reach, m.id);
        }
    }
}

void discord_take_history(struct adapter *a, struct discord_channel *channel,
                          const json_t *message)
{
    struct discord_message m;
    struct why why = {0};
    if (discord_decode_message(message, DISCORD_HISTORY, &a->arena, &m, &why)) {
        complain_of("history", &why);
    } else {
        hand_over(a, &m, channel, 0);
    }
    arena_drop(&a->arena);
}

static void on_message_create(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    take_message(a, d, DISCORD_CREATED, at_ns);
}

static void on_message_update(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    take_message(a, d, DISCORD_UPDATED, at_ns);
}

static void on_message_delete(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    discord_hide_gone(a->hide, discord_get_id(d, "channel_id"),
                      discord_get_id(d, "id"));
}

static void on_message_delete_bulk(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    size_t i;
    const json_t *id;
    json_array_foreach(json_object_get(d, "ids"), i, id)
    {
        discord_hide_gone(a->hide, discord_get_id(d, "channel_id"), discord_id(id));
    }
}

static void on_reaction(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    struct discord_message m;
    struct why why = {0};
    enum fault f = discord_decode_reaction(d, &a->arena, &m, &why);
    if (f == FAULT_INPUT) {
        complain_of("MESSAGE_REACTION_ADD", &why);
    }
    if (f) {
        return;
    }
    const struct discord_channel *c =
        discord_state_find_channel(&a->state, m.channel_id);
    if (discord_watches(a, m.guild_id, m.channel_id, c)) {
        hand_over(a, &m, c, at_ns);
    }
}

static void take_name(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    struct discord_message m;
    struct why why = {0};
    enum fault f = discord_decode_name(d, &a->arena, &m, &why);
    if (f == FAULT_INPUT) {
        complain_of("GUILD_MEMBER", &why);
    }
    if (f == FAULT_NONE && discord_conf_guild(a->conf, m.guild_id)) {
        hand_over(a, &m, NULL, at_ns);
    }
}

static void on_member_add(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    const json_t *user = json_object_get(d, "user");
    uint64_t id = discord_get_id(user, "id");
    uint64_t guild = discord_get_id(d, "guild_id");
    discord_state_member(&a->state, guild, d);
    if (id && discord_conf_guild(a->conf, guild) && !discord_get_bool(user, "bot")) {
        uint64_t joined = discord_time_ms(discord_get_text(d, "joined_at"));
        host_joined(
            a->host, discord_get_text(d, "guild_id"), discord_get_text(user, "id"),
            joined ? joined : clock_unix_ms(a->host->clock), discord_id_unix_ms(id));
    }
    take_name(a, d, at_ns);
}

static void on_member_update(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    discord_state_member(&a->state, discord_get_id(d, "guild_id"), d);
    take_name(a, d, at_ns);
}

static void take_title(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    struct discord_message m;
    struct why why = {0};
    enum fault f = discord_decode_title(d, &a->arena, &m, &why);
    if (f == FAULT_INPUT) {
        complain_of("CHANNEL", &why);
    }
    const struct discord_channel *c =
        discord_state_find_channel(&a->state, m.channel_id);
    if (f == FAULT_NONE && discord_watches(a, m.guild_id, m.channel_id, c)) {
        hand_over(a, &m, c, at_ns);
    }
}

static void on_channel(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    struct discord_channel *c =
        discord_state_channel(&a->state, d, discord_get_id(d, "guild_id"));
    if (c && !c->cursor_known) {
        // New before our eyes: everything in it comes live, or after its own id.
        c->cursor_known = true;
        discord_reach_begin(&c->reach, c->id);
    }
    take_title(a, d, at_ns);
}

static void on_channel_delete(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    discord_state_channel_gone(&a->state, discord_get_id(d, "id"));
}

static void on_thread_list(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    size_t i;
    const json_t *thread;
    json_array_foreach(json_object_get(d, "threads"), i, thread)
    {
        struct discord_channel *c =
            discord_state_channel(&a->state, thread, discord_get_id(d, "guild_id"));
        if (c) {
            discord_channel_cursor(a, c, true);
        }
    }
}

static void on_role(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    discord_state_role(&a->state, discord_get_id(d, "guild_id"),
                       json_object_get(d, "role"));
}

static void on_role_delete(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    discord_state_role_gone(&a->state, discord_get_id(d, "guild_id"),
                            discord_get_id(d, "role_id"));
}

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

void discord_report_permissions(struct adapter *a, const struct discord_guild *g)
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
                     look ? a->away_since_ms - EDITED_SLACK_MS : 0);
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
    discord_report_permissions(a, g);
}

static void on_guild_create(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    struct discord_guild *g = discord_state_guild(&a->state, d);
    if (g) {
        log_info("discord: a server is there", LOG_U64("guild", g->id),
                 LOG_U64("channels", a->state.channels.count));
        discord_guild_ready(a, g, true);
    }
}

static void on_guild_update(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    discord_state_guild(&a->state, d);
}

static void on_guild_delete(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    if (!discord_get_bool(d, "unavailable")) { // else an outage: it comes back
        discord_state_guild_gone(&a->state, discord_get_id(d, "id"));
    }
}

static void on_interaction(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    discord_interaction(a, d);
}

static void on_automod(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    struct discord_message m;
    struct why why = {0};
    enum fault f = a->conf->automod ? discord_decode_automod(d, &a->arena, &m, &why)
                                    : FAULT_ABSENT;
    if (f == FAULT_INPUT) {
        complain_of("AUTO_MODERATION_ACTION_EXECUTION", &why);
    }
    if (f == FAULT_NONE && discord_conf_guild(a->conf, m.guild_id)) {
        hand_over(a, &m, discord_state_find_channel(&a->state, m.channel_id), at_ns);
    }
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

static void take_ready(struct adapter *a, uint32_t shard, const json_t *d)
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

static const struct {
    const char *name;
    void (*take)(struct adapter *a, const json_t *d, uint64_t at_ns);
} events[] = {
    {"MESSAGE_CREATE", on_message_create},
    {"MESSAGE_UPDATE", on_message_update},
    {"MESSAGE_DELETE", on_message_delete},
    {"MESSAGE_DELETE_BULK", on_message_delete_bulk},
    {"MESSAGE_REACTION_ADD", on_reaction},
    {"INTERACTION_CREATE", on_interaction},
    {"GUILD_MEMBER_ADD", on_member_add},
    {"GUILD_MEMBER_UPDATE", on_member_update},
    {"THREAD_CREATE", on_channel},
    {"THREAD_UPDATE", on_channel},
    {"THREAD_DELETE", on_channel_delete},
    {"THREAD_LIST_SYNC", on_thread_list},
    {"CHANNEL_CREATE", on_channel},
    {"CHANNEL_UPDATE", on_channel},
    {"CHANNEL_DELETE", on_channel_delete},
    {"GUILD_CREATE", on_guild_create},
    {"GUILD_UPDATE", on_guild_update},
    {"GUILD_DELETE", on_guild_delete},
    {"GUILD_ROLE_CREATE", on_role},
    {"GUILD_ROLE_UPDATE", on_role},
    {"GUILD_ROLE_DELETE", on_role_delete},
    {"AUTO_MODERATION_ACTION_EXECUTION", on_automod},
};

void discord_event(struct adapter *a, uint32_t shard, struct slice event,
                   const json_t *data, uint64_t frame_at_ns)
{
    if (slice_is(event, "READY")) {
        take_ready(a, shard, data);
    }
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (slice_is(event, events[i].name)) {
            events[i].take(a, data, frame_at_ns);
            break;
        }
    }
    arena_drop(&a->arena);
}
