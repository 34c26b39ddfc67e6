// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_hide.h"
#include "adapters/discord/discord_json.h"
#include "bot/base/log.h"

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

void discord_take_titles(struct adapter *a, const json_t *threads, uint64_t guild_id)
{
    size_t i;
    const json_t *thread;
    json_array_foreach(threads, i, thread)
    {
        uint64_t made_ms = discord_id_unix_ms(discord_get_id(thread, "id"));
        if (!a->away_since_ms || made_ms + AWAY_SLACK_MS < a->away_since_ms) {
            continue; // its title came live
        }
        char id[DISCORD_ID_BYTES];
        struct slice guild = discord_id_text(guild_id, id);
        json_t *whole = json_copy((json_t *)(uintptr_t)thread);
        json_object_set_new(whole, "guild_id", json_stringn(guild.ptr, guild.len));
        take_title(a, whole, 0);
        arena_drop(&a->arena);
        json_decref(whole);
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

static void on_guild_create(struct adapter *a, const json_t *d, uint64_t at_ns)
{
    (void)at_ns;
    struct discord_guild *g = discord_state_guild(&a->state, d);
    if (g) {
        log_info("discord: a server is there", LOG_U64("guild", g->id),
                 LOG_U64("channels", a->state.channels.count));
        discord_guild_ready(a, g, true);
        discord_take_titles(a, json_object_get(d, "threads"), g->id);
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
        discord_session_new(a, shard, data);
    }
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (slice_is(event, events[i].name)) {
            events[i].take(a, data, frame_at_ns);
            break;
        }
    }
    arena_drop(&a->arena);
}
