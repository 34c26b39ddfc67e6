// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_permission.h"

static const struct {
    uint64_t bit;
    const char *name; // as the Discord app shows it
} names[] = {
    {PERMISSION_VIEW_CHANNEL, "View Channel"},
    {PERMISSION_READ_HISTORY, "Read Message History"},
    {PERMISSION_MANAGE_MESSAGES, "Manage Messages"},
    {PERMISSION_SEND_MESSAGES, "Send Messages"},
    {PERMISSION_EMBED_LINKS, "Embed Links"},
    {PERMISSION_CONNECT, "Connect"},
    {PERMISSION_MANAGE_WEBHOOKS, "Manage Webhooks"},
    {PERMISSION_MANAGE_THREADS, "Manage Threads and Posts"},
    {PERMISSION_MODERATE_MEMBERS, "Timeout Members"},
    {PERMISSION_MANAGE_SERVER, "Manage Server"},
};

uint64_t discord_permission_in_guild(const struct discord_state *s,
                                     const struct discord_guild *g)
{
    if (g->owner_id == s->me) {
        return UINT64_MAX;
    }
    // The role of everyone has the guild's own id.
    const struct discord_role *everyone = idmap_find(&g->roles, g->id);
    uint64_t bits = everyone ? everyone->permissions : 0;
    for (size_t i = 0; i < g->own_role_count; i++) {
        const struct discord_role *role = idmap_find(&g->roles, g->own_roles[i]);
        bits |= role ? role->permissions : 0;
    }
    return bits & PERMISSION_ADMINISTRATOR ? UINT64_MAX : bits;
}

static bool own_role(const struct discord_guild *g, uint64_t id)
{
    for (size_t i = 0; i < g->own_role_count; i++) {
        if (g->own_roles[i] == id) {
            return true;
        }
    }
    return false;
}

uint64_t discord_permission_in_channel(const struct discord_state *s,
                                       const struct discord_channel *c)
{
    const struct discord_guild *g = discord_state_find_guild(s, c->guild_id);
    const struct discord_channel *where =
        channel_is_thread(c) ? discord_state_find_channel(s, c->parent_id) : c;
    if (!g) {
        return 0;
    }
    uint64_t bits = discord_permission_in_guild(s, g);
    if (bits == UINT64_MAX || !where) {
        return bits;
    }
    uint64_t allow = 0, deny = 0;
    uint64_t own_allow = 0, own_deny = 0;
    for (size_t i = 0; i < where->overwrite_count; i++) {
        const struct discord_overwrite *o = &where->overwrites[i];
        if (o->member && o->id == s->me) {
            own_allow |= o->allow;
            own_deny |= o->deny;
        } else if (!o->member && o->id == g->id) {
            bits = (bits & ~o->deny) | o->allow;
        }
    }
    for (size_t i = 0; i < where->overwrite_count; i++) {
        const struct discord_overwrite *o = &where->overwrites[i];
        if (!o->member && o->id != g->id && own_role(g, o->id)) {
            allow |= o->allow;
            deny |= o->deny;
        }
    }
    bits = (bits & ~deny) | allow;
    bits = (bits & ~own_deny) | own_allow;
    return bits & PERMISSION_VIEW_CHANNEL ? bits : 0; // nothing without seeing it
}

void discord_permission_missing(uint64_t had, uint64_t needed, struct text *out)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((needed & names[i].bit) && !(had & names[i].bit)) {
            text_add_str(out, out->len ? ", " : "");
            text_add_str(out, names[i].name);
        }
    }
}
