// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_json.h"
#include "bot/base/log.h"

enum { GUILDS_MOST = 200, PARTS = 4, PATH_ROOM = 128 };

// Asks for each server in turn: its object, channels, active threads, ourselves.
struct load {
    struct adapter *adapter;
    void (*done)(struct adapter *a, enum fault f);
    uint64_t guilds[GUILDS_MOST];
    size_t count, at;
    unsigned part;
    json_t *guild; // put together like a GUILD_CREATE
};

static void end(struct load *l, enum fault f)
{
    struct adapter *a = l->adapter;
    void (*done)(struct adapter *, enum fault) = l->done;
    json_decref(l->guild);
    free(l);
    done(a, f);
}

static void next(struct load *l);

static void take_part(struct load *l, const json_t *json)
{
    json_t *copy = json_deep_copy(json);
    json_t *guild = l->guild;
    switch (l->part) {
    case 0:
        l->guild = copy;
        return;
    case 1:
        json_object_set_new(guild, "channels", copy);
        return;
    case 2:
        json_object_set(guild, "threads", json_object_get(copy, "threads"));
        break;
    default:
        json_object_set_new(guild, "members", json_pack("[O]", copy));
        break;
    }
    json_decref(copy);
}

static void on_part(void *ctx, const struct discord_answer *answer)
{
    struct load *l = ctx;
    enum fault f = answer->fault;
    if (f == FAULT_ABSENT || f == FAULT_DENIED || f == FAULT_INPUT) {
        log_warn("discord: a server's state could not be read",
                 LOG_U64("guild", l->guilds[l->at]), LOG_FAULT(f));
        if (l->part == 0) {
            l->at++; // we are not on it any more
            next(l);
            return;
        }
    } else if (f) {
        end(l, f);
        return;
    } else {
        take_part(l, answer->json);
    }
    if (++l->part == PARTS) {
        struct adapter *a = l->adapter;
        struct discord_guild *g = discord_state_guild(&a->state, l->guild);
        if (g) {
            discord_guild_ready(a, g, a->catch_up_again);
        }
        if (g && a->catch_up_again) {
            discord_take_titles(a, json_object_get(l->guild, "threads"), g->id);
        }
        json_decref(l->guild);
        l->guild = NULL;
        l->part = 0;
        l->at++;
    }
    next(l);
}

static bool get(struct load *l, const char *route, const char *path, uint64_t guild,
                discord_done_fn *done)
{
    char id[DISCORD_ID_BYTES];
    struct discord_request r = {.method = REST_GET,
                                .route = route,
                                .major = discord_id_text(guild, id),
                                .path = path,
                                .priority = PRIORITY_STATE,
                                .done = done,
                                .ctx = l};
    return discord_client_send(l->adapter->client, &r) == FAULT_NONE;
}

static void next(struct load *l)
{
    if (l->at >= l->count) {
        end(l, FAULT_NONE);
        return;
    }
    static const char *const ends[PARTS - 1] = {"", "/channels", "/threads/active"};
    static const char *const routes[PARTS] = {"GET /guilds/*", "GET /guilds/*/channels",
                                              "GET /guilds/*/threads/active",
                                              "GET /guilds/*/members/*"};
    char path[PATH_ROOM];
    uint64_t guild = l->guilds[l->at];
    if (l->part == PARTS - 1) {
        snprintf(path, sizeof(path), "/guilds/%llu/members/%llu",
                 (unsigned long long)guild, (unsigned long long)l->adapter->state.me);
    } else {
        snprintf(path, sizeof(path), "/guilds/%llu%s", (unsigned long long)guild,
                 ends[l->part]);
    }
    if (!get(l, routes[l->part], path, guild, on_part)) {
        end(l, FAULT_MEMORY);
    }
}

static void on_guilds(void *ctx, const struct discord_answer *answer)
{
    struct load *l = ctx;
    if (answer->fault) {
        end(l, answer->fault);
        return;
    }
    size_t i;
    const json_t *guild;
    json_array_foreach(answer->json, i, guild)
    {
        uint64_t id = discord_get_id(guild, "id");
        if (id && l->count < GUILDS_MOST && discord_conf_guild(l->adapter->conf, id)) {
            l->guilds[l->count++] = id;
        }
    }
    next(l);
}

void discord_load(struct adapter *a, void (*done)(struct adapter *a, enum fault f))
{
    struct load *l = calloc(1, sizeof(*l));
    if (!l) {
        done(a, FAULT_MEMORY);
        return;
    }
    l->adapter = a;
    l->done = done;
    if (!get(l, "GET /users/@me/guilds", "/users/@me/guilds", 0, on_guilds)) {
        end(l, FAULT_MEMORY);
    }
}
