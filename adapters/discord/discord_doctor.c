// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_doctor.h"

#include <libwebsockets.h>
#include <stdarg.h>
#include <string.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_ask.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_permission.h"
#include "adapters/net/ws.h"

enum {
    PATH_ROOM = 160,
    SENTENCE_BYTES = 600,
    HELLO_BYTES = 1 << 20,
    HELLO_MS = 10000,
    SLOW_MS = 1000,
    SESSIONS_FEW = 50,
};

// Flags of an application: an intent for a small bot, or approved for a large one.
enum {
    FLAG_MEMBERS = 1 << 14 | 1 << 15,
    FLAG_CONTENT = 1 << 18 | 1 << 19,
};

struct doctor {
    const struct discord_conf *conf;
    FILE *out;
    struct discord_ask ask; // the last answer, too
    struct discord_state state;
    int problems;
    bool waiting; // for the gateway
    struct why why;
    uint64_t connect_ns;
    uint64_t hello_ms;
    bool hello;
};

static void PRINTF_LIKE(2, 3) good(struct doctor *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("good  ", d->out);
    vfprintf(d->out, format, args);
    fputc('\n', d->out);
    va_end(args);
}

static void PRINTF_LIKE(2, 3) fix(struct doctor *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("FIX   ", d->out);
    vfprintf(d->out, format, args);
    fputc('\n', d->out);
    va_end(args);
    d->problems++;
}

static bool ask(struct doctor *d, const char *path)
{
    return discord_ask_get(&d->ask, path);
}

static const char *said(const struct doctor *d)
{
    return why_text(&d->ask.why, d->ask.fault);
}

static bool check_token(struct doctor *d)
{
    if (ask(d, "/users/@me")) {
        d->state.me = discord_get_id(d->ask.json, "id");
        good(d, "the token is accepted; the bot's user is %llu",
             (unsigned long long)d->state.me);
        if (d->ask.took_ms > SLOW_MS) {
            fix(d, "Discord takes %llu ms to answer; look at this machine's connection",
                (unsigned long long)d->ask.took_ms);
        } else {
            good(d, "Discord answers in %llu ms", (unsigned long long)d->ask.took_ms);
        }
        return d->state.me != 0;
    }
    if (d->ask.status == 401) {
        fix(d,
            "the token is not accepted: press Reset Token under Bot in the developer "
            "portal and put the new token into the token file");
    } else {
        fix(d, "Discord cannot be reached: %s", said(d));
    }
    return false;
}

static void check_intents(struct doctor *d)
{
    if (!ask(d, "/applications/@me")) {
        fix(d, "the application's settings cannot be read: %s", said(d));
        return;
    }
    uint64_t flags = discord_get_u64(d->ask.json, "flags", 0);
    if (flags & FLAG_CONTENT) {
        good(d, "Message Content Intent is on");
    } else {
        fix(d, "switch on Message Content Intent under Bot in the developer portal: "
               "without it no message can be read");
    }
    if (flags & FLAG_MEMBERS) {
        good(d, "Server Members Intent is on");
    } else {
        fix(d, "switch on Server Members Intent under Bot in the developer portal: "
               "without it Discord refuses the connection");
    }
}

static void on_hello(void *ctx, struct slice bytes, bool binary)
{
    struct doctor *d = ctx;
    json_t *json = binary ? NULL : discord_parse(bytes);
    if (discord_get_u64(json, "op", 0) == 10) {
        d->hello = true;
        d->hello_ms = (clock_monotonic_ns(&d->ask.clock) - d->connect_ns) / 1000000;
    }
    json_decref(json);
    d->waiting = false;
}

static void on_closed(void *ctx, const struct ws_end *end)
{
    struct doctor *d = ctx;
    d->why = end->why;
    d->waiting = false;
}

static void on_opened(void *ctx)
{
    (void)ctx;
}

static void meet_gateway(struct doctor *d, const char *base)
{
    void *loops[] = {&d->ask.loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN,
        .foreign_loops = loops};
    lws_set_log_level(0, NULL);
    struct lws_context *lws = lws_create_context(&info);
    char url[GATEWAY_URL_BYTES + 32];
    snprintf(url, sizeof(url), "%s/?v=10&encoding=json", base);
    struct ws_settings settings = {.url = url,
                                   .user_agent = discord_user_agent,
                                   .message_bytes = HELLO_BYTES,
                                   .connect_ms = HELLO_MS,
                                   .calls = {on_opened, on_hello, on_closed},
                                   .ctx = d};
    struct ws *ws = NULL;
    d->connect_ns = clock_monotonic_ns(&d->ask.clock);
    d->waiting = true;
    if (lws && ws_open(&ws, &d->ask.loop, lws, &settings, &d->why) == FAULT_NONE) {
        while (d->waiting && uv_run(&d->ask.loop, UV_RUN_ONCE)) {
        }
        if (d->hello) {
            ws_close(ws, 1000);
            for (d->waiting = true; d->waiting && uv_run(&d->ask.loop, UV_RUN_ONCE);) {
            }
        }
    }
    if (d->hello) {
        good(d, "the gateway says hello after %llu ms",
             (unsigned long long)d->hello_ms);
    } else {
        fix(d, "the gateway cannot be reached: %s", d->why.text);
    }
    if (lws) {
        lws_context_destroy(lws);
    }
}

static void check_gateway(struct doctor *d)
{
    if (!ask(d, "/gateway/bot")) {
        fix(d, "Discord does not say where its gateway is: %s", said(d));
        return;
    }
    const json_t *limit = json_object_get(d->ask.json, "session_start_limit");
    uint64_t left = discord_get_u64(limit, "remaining", 0);
    if (left < SESSIONS_FEW) {
        fix(d,
            "only %llu sessions may still be started today; is another program using "
            "this token?",
            (unsigned long long)left);
    } else {
        good(d, "%llu sessions may be started today; Discord recommends %llu shards",
             (unsigned long long)left,
             (unsigned long long)discord_get_u64(d->ask.json, "shards", 1));
    }
    char base[GATEWAY_URL_BYTES];
    struct slice url = d->conf->gateway_url ? slice_of(d->conf->gateway_url)
                                            : discord_get_text(d->ask.json, "url");
    snprintf(base, sizeof(base), "%.*s",
             SLICE_ARG(slice_sub(url, 0, sizeof(base) - 1)));
    size_t len = strlen(base);
    if (len && base[len - 1] == '/') {
        base[len - 1] = '\0';
    }
    meet_gateway(d, base);
}

static bool watched(const struct doctor *d, const struct discord_channel *c)
{
    return channel_has_messages(c) && !channel_is_thread(c) &&
           discord_conf_channel(d->conf, c->id, c->parent_id, 0);
}

static void say_missing(struct doctor *d, uint64_t had, uint64_t needed,
                        const char *where, const char *what)
{
    struct text missing;
    text_init(&missing, SENTENCE_BYTES);
    discord_permission_missing(had, needed, &missing);
    if (missing.len) {
        fix(d, "%s: give the bot's role %s; without it %s", where, text_cstr(&missing),
            what);
    }
    text_finish(&missing);
}

static void check_channels(struct doctor *d, const struct discord_guild *g)
{
    unsigned whole = 0;
    int before = d->problems;
    uint64_t alert =
        d->conf->alert_channel ? discord_id_parse(slice_of(d->conf->alert_channel)) : 0;
    const struct discord_channel *c;
    for (size_t at = 0; (c = idmap_next(&d->state.channels, &at));) {
        char where[DISCORD_NAME_BYTES + 2];
        snprintf(where, sizeof(where), "#%s", c->name);
        uint64_t had = discord_permission_in_channel(&d->state, c);
        if (c->guild_id != g->id) {
            continue;
        }
        if (c->id == alert) {
            say_missing(d, had, PERMISSION_ALERT, where, "moderators see no alerts");
        } else if (watched(d, c)) {
            say_missing(d, had, PERMISSION_WATCH, where,
                        "the channel is not fully moderated");
            whole++;
        }
    }
    if (d->problems == before) {
        good(d, "%s: %u channels are moderated", g->name, whole);
    }
    say_missing(d, discord_permission_in_guild(&d->state, g),
                PERMISSION_MODERATE_MEMBERS | PERMISSION_MANAGE_WEBHOOKS |
                    PERMISSION_MANAGE_THREADS,
                g->name, "timeouts, reposts or thread titles do not work everywhere");
}

static void check_guild(struct doctor *d, uint64_t id)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "/guilds/%llu", (unsigned long long)id);
    if (!ask(d, path)) {
        fix(d, "server %llu cannot be read: %s", (unsigned long long)id, said(d));
        return;
    }
    json_t *guild = json_incref(d->ask.json);
    snprintf(path, sizeof(path), "/guilds/%llu/channels", (unsigned long long)id);
    if (ask(d, path)) {
        json_object_set(guild, "channels", d->ask.json);
    }
    snprintf(path, sizeof(path), "/guilds/%llu/members/%llu", (unsigned long long)id,
             (unsigned long long)d->state.me);
    if (ask(d, path)) {
        json_object_set_new(guild, "members", json_pack("[O]", d->ask.json));
    }
    const struct discord_guild *g = discord_state_guild(&d->state, guild);
    json_decref(guild);
    if (g) {
        check_channels(d, g);
    }
}

static void check_names(struct doctor *d)
{
    const struct discord_conf *c = d->conf;
    if (!c->alert_channel) {
        fix(d, "discord.alert_channel is not set: moderators see cases on the console "
               "only");
    } else if (!discord_state_find_channel(
                   &d->state, discord_id_parse(slice_of(c->alert_channel)))) {
        fix(d, "discord.alert_channel: the bot sees no channel %s", c->alert_channel);
    }
    for (unsigned i = 0; i < c->moderator_roles_count; i++) {
        bool found = false;
        const struct discord_guild *g;
        for (size_t at = 0; (g = idmap_next(&d->state.guilds, &at));) {
            found =
                found || idmap_find(&g->roles,
                                    discord_id_parse(slice_of(c->moderator_roles[i])));
        }
        if (!found) {
            fix(d, "discord.moderator_roles: no server has a role %s",
                c->moderator_roles[i]);
        }
    }
}

static void check_guilds(struct doctor *d)
{
    if (!ask(d, "/users/@me/guilds")) {
        fix(d, "the list of servers cannot be read: %s", said(d));
        return;
    }
    json_t *list = json_incref(d->ask.json);
    size_t i;
    const json_t *guild;
    unsigned seen = 0;
    json_array_foreach(list, i, guild)
    {
        uint64_t id = discord_get_id(guild, "id");
        if (id && discord_conf_guild(d->conf, id)) {
            seen++;
            check_guild(d, id);
        }
    }
    json_decref(list);
    if (seen == 0) {
        fix(d,
            "the bot is on no server that the settings name; invite it with the link "
            "in docs/discord.md");
    } else {
        check_names(d);
    }
}

int discord_doctor(const struct discord_conf *conf, FILE *out)
{
    struct doctor d = {.conf = conf, .out = out};
    struct why why = {0};
    enum fault f = discord_ask_open(&d.ask, conf, &why);
    if (f) {
        fix(&d, "%s", why_text(&why, f));
        return d.problems;
    }
    if (check_token(&d)) {
        check_intents(&d);
        check_gateway(&d);
        check_guilds(&d);
    }
    discord_state_finish(&d.state);
    discord_ask_close(&d.ask);
    return d.problems;
}
