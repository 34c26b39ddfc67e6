// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/discord/discord_json.h"
#include "bot/base/utf8.h"

enum { OVERWRITES_MOST = 1100, OWN_ROLES_MOST = 260 };

static void copy_name(char out[DISCORD_NAME_BYTES], struct slice name)
{
    struct slice cut = utf8_prefix(name, DISCORD_NAME_BYTES - 1);
    snprintf(out, DISCORD_NAME_BYTES, "%.*s", SLICE_ARG(cut));
}

static void free_channel(struct discord_channel *c)
{
    if (c) {
        free(c->overwrites);
        free(c);
    }
}

static void free_guild(struct discord_guild *g)
{
    if (!g) {
        return;
    }
    struct discord_role *role;
    for (size_t at = 0; (role = idmap_next(&g->roles, &at));) {
        free(role);
    }
    idmap_finish(&g->roles);
    free(g->own_roles);
    free(g);
}

void discord_state_finish(struct discord_state *s)
{
    struct discord_guild *g;
    for (size_t at = 0; (g = idmap_next(&s->guilds, &at));) {
        free_guild(g);
    }
    struct discord_channel *c;
    for (size_t at = 0; (c = idmap_next(&s->channels, &at));) {
        free_channel(c);
    }
    idmap_finish(&s->guilds);
    idmap_finish(&s->channels);
}

struct discord_channel *discord_state_find_channel(const struct discord_state *s,
                                                   uint64_t id)
{
    return idmap_find(&s->channels, id);
}

struct discord_guild *discord_state_find_guild(const struct discord_state *s,
                                               uint64_t id)
{
    return idmap_find(&s->guilds, id);
}

bool channel_is_thread(const struct discord_channel *c)
{
    return c->type >= CHANNEL_ANNOUNCEMENT_THREAD && c->type <= CHANNEL_PRIVATE_THREAD;
}

bool channel_has_messages(const struct discord_channel *c)
{
    return c->type == CHANNEL_TEXT || c->type == CHANNEL_VOICE ||
           c->type == CHANNEL_ANNOUNCEMENT || c->type == CHANNEL_STAGE ||
           channel_is_thread(c);
}

static void take_overwrites(struct discord_channel *c, const json_t *list)
{
    size_t count = json_array_size(list);
    count = count < OVERWRITES_MOST ? count : OVERWRITES_MOST;
    free(c->overwrites);
    c->overwrite_count = 0;
    c->overwrites = count ? calloc(count, sizeof(*c->overwrites)) : NULL;
    for (size_t i = 0; c->overwrites && i < count; i++) {
        const json_t *o = json_array_get(list, i);
        c->overwrites[c->overwrite_count++] =
            (struct discord_overwrite){.id = discord_get_id(o, "id"),
                                       .allow = discord_get_bits(o, "allow"),
                                       .deny = discord_get_bits(o, "deny"),
                                       .member = discord_get_u64(o, "type", 0) == 1};
    }
}

struct discord_channel *discord_state_channel(struct discord_state *s,
                                              const json_t *channel, uint64_t guild_id)
{
    uint64_t id = discord_get_id(channel, "id");
    uint64_t guild = discord_get_id(channel, "guild_id");
    struct discord_channel *c = discord_state_find_channel(s, id);
    if (!id || (!c && s->channels.count >= DISCORD_CHANNELS_MOST)) {
        return NULL;
    }
    if (!c) {
        c = calloc(1, sizeof(*c));
        if (!c || idmap_put(&s->channels, id, c)) {
            free(c);
            return NULL;
        }
        c->id = id;
    }
    c->told_in = s->guild_objects;
    c->guild_id = guild ? guild : guild_id;
    c->parent_id = discord_get_id(channel, "parent_id");
    c->type = (unsigned)discord_get_u64(channel, "type", c->type) & 0xff;
    uint64_t last = discord_get_id(channel, "last_message_id");
    c->last_message_id = last > c->last_message_id ? last : c->last_message_id;
    c->archived =
        discord_get_bool(json_object_get(channel, "thread_metadata"), "archived");
    copy_name(c->name, discord_get_text(channel, "name"));
    if (json_is_array(json_object_get(channel, "permission_overwrites"))) {
        take_overwrites(c, json_object_get(channel, "permission_overwrites"));
    }
    return c;
}

void discord_state_channel_gone(struct discord_state *s, uint64_t id)
{
    free_channel(idmap_remove(&s->channels, id));
}

void discord_state_role(struct discord_state *s, uint64_t guild_id, const json_t *role)
{
    struct discord_guild *g = discord_state_find_guild(s, guild_id);
    uint64_t id = discord_get_id(role, "id");
    if (!g || !id || g->roles.count > DISCORD_CHANNELS_MOST) {
        return;
    }
    struct discord_role *r = idmap_find(&g->roles, id);
    if (!r) {
        r = calloc(1, sizeof(*r));
        if (!r || idmap_put(&g->roles, id, r)) {
            free(r);
            return;
        }
        r->id = id;
    }
    r->permissions = discord_get_bits(role, "permissions");
}

void discord_state_role_gone(struct discord_state *s, uint64_t guild_id, uint64_t id)
{
    struct discord_guild *g = discord_state_find_guild(s, guild_id);
    if (g) {
        free(idmap_remove(&g->roles, id));
    }
}

void discord_state_member(struct discord_state *s, uint64_t guild_id,
                          const json_t *member)
{
    struct discord_guild *g = discord_state_find_guild(s, guild_id);
    const json_t *roles = json_object_get(member, "roles");
    if (!g || !s->me || !json_is_array(roles) ||
        discord_get_id(json_object_get(member, "user"), "id") != s->me) {
        return;
    }
    size_t count = json_array_size(roles);
    count = count < OWN_ROLES_MOST ? count : OWN_ROLES_MOST;
    uint64_t *list = calloc(count + 1, sizeof(*list));
    if (!list) {
        return;
    }
    free(g->own_roles);
    g->own_roles = list;
    g->own_role_count = count;
    for (size_t i = 0; i < count; i++) {
        list[i] = discord_id(json_array_get(roles, i));
    }
}

static void take_channels(struct discord_state *s, const json_t *list, uint64_t guild)
{
    size_t i;
    const json_t *channel;
    json_array_foreach(list, i, channel)
    {
        discord_state_channel(s, channel, guild);
    }
}

struct discord_guild *discord_state_guild(struct discord_state *s, const json_t *guild)
{
    uint64_t id = discord_get_id(guild, "id");
    if (!id || discord_get_bool(guild, "unavailable")) {
        return NULL;
    }
    struct discord_guild *g = discord_state_find_guild(s, id);
    if (!g) {
        g = calloc(1, sizeof(*g));
        if (!g || idmap_put(&s->guilds, id, g)) {
            free(g);
            return NULL;
        }
        g->id = id;
    }
    s->guild_objects++;
    uint64_t owner = discord_get_id(guild, "owner_id");
    g->owner_id = owner ? owner : g->owner_id;
    copy_name(g->name, discord_get_text(guild, "name"));
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(guild, "roles"), i, item)
    {
        discord_state_role(s, id, item);
    }
    take_channels(s, json_object_get(guild, "channels"), id);
    take_channels(s, json_object_get(guild, "threads"), id);
    json_array_foreach(json_object_get(guild, "members"), i, item)
    {
        discord_state_member(s, id, item);
    }
    return g;
}

void discord_state_guild_gone(struct discord_state *s, uint64_t id)
{
    free_guild(idmap_remove(&s->guilds, id));
    // One at a time, since removal moves what follows.
    for (bool found = true; found;) {
        found = false;
        struct discord_channel *c;
        for (size_t at = 0; (c = idmap_next(&s->channels, &at));) {
            if (c->guild_id == id) {
                discord_state_channel_gone(s, c->id);
                found = true;
                break;
            }
        }
    }
}
