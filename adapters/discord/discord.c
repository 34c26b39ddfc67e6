// SPDX-License-Identifier: MIT
#include "adapters/discord/discord.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_backfill.h"
#include "adapters/discord/discord_hide.h"
#include "adapters/discord/discord_json.h"
#include "bot/base/log.h"

enum {
    TICK_MS = 1000,
    ARENA_BLOCK = 64 << 10,
    ARENA_MOST = 16 << 20,
};

const char discord_user_agent[] =
    "DiscordBot (https://github.com/hallmonitor/hallmonitor, " HM_VERSION ")";

static uint64_t monotonic_ms(const struct adapter *a)
{
    return clock_monotonic_ns(a->host->clock) / 1000000;
}

static void set_link(struct adapter *a, enum link_state now, const struct why *why)
{
    if (a->link == LINK_REFUSED || a->stopping) {
        return; // only a person and a restart change that
    }
    if (a->link == LINK_UP && now != LINK_UP) {
        a->up_until_ms = clock_unix_ms(a->host->clock);
    }
    a->link = now;
    host_link(a->host, now, why);
}

void discord_refuse(struct adapter *a, const char *sentence)
{
    struct why why = {0};
    fault_say(&why, FAULT_DENIED, "%s", sentence);
    set_link(a, LINK_REFUSED, &why);
}

static void begin(struct adapter *a);

static void on_retry(uv_timer_t *timer)
{
    begin(timer->data);
}

static void begin_later(struct adapter *a, const struct why *why)
{
    if (a->stopping) {
        return;
    }
    set_link(a, LINK_DOWN, why);
    uint64_t wait = 1000 + backoff_next_ms(&a->backoff, backoff_random());
    uv_timer_start(&a->retry, on_retry, wait, 0);
}

static bool get(struct adapter *a, const char *path, discord_done_fn *done)
{
    struct discord_request r = {.method = REST_GET,
                                .route = path,
                                .path = path,
                                .priority = PRIORITY_STATE,
                                .done = done,
                                .ctx = a};
    return discord_client_send(a->client, &r) == FAULT_NONE;
}

// All shards up: up. Otherwise the worst that one of them says.
static void on_shard_state(void *ctx, struct discord_gateway *g, enum link_state now,
                           const struct why *why)
{
    struct adapter *a = ctx;
    (void)g;
    if (now == LINK_REFUSED) {
        set_link(a, LINK_REFUSED, why);
        return;
    }
    enum link_state worst = LINK_UP;
    for (uint32_t i = 0; i < a->shard_count; i++) {
        struct discord_gateway_health h;
        discord_gateway_health(a->shards[i], &h);
        if (h.link == LINK_DOWN || (h.link == LINK_CONNECTING && worst == LINK_UP)) {
            worst = h.link;
        }
    }
    if (worst != a->link) {
        set_link(a, worst, why);
    }
}

static void on_dispatch(void *ctx, struct discord_gateway *g, struct slice event,
                        const json_t *data, uint64_t frame_at_ns)
{
    struct adapter *a = ctx;
    if (!a->stopping) {
        discord_event(a, discord_gateway_shard(g), event, data, frame_at_ns);
    }
}

static const char *current_url(void *ctx)
{
    const struct adapter *a = ctx;
    return a->gateway_url[0] ? a->gateway_url : NULL;
}

static bool take_plan(struct adapter *a, const json_t *json)
{
    const json_t *limit = json_object_get(json, "session_start_limit");
    struct slice url = discord_get_text(json, "url");
    if (a->conf->gateway_url) {
        url = slice_of(a->conf->gateway_url);
    }
    if (url.len == 0 || url.len >= GATEWAY_URL_BYTES) {
        return false;
    }
    snprintf(a->gateway_url, sizeof(a->gateway_url), "%.*s", SLICE_ARG(url));
    turns_plan(&a->turns, discord_get_u64(limit, "max_concurrency", 1),
               discord_get_u64(limit, "total", 1000),
               discord_get_u64(limit, "remaining", 1),
               discord_get_u64(limit, "reset_after", 60000), monotonic_ms(a),
               clock_unix_ms(a->host->clock));
    return true;
}

static void on_fresh_plan(void *ctx, const struct discord_answer *answer)
{
    struct adapter *a = ctx;
    if (answer->fault == FAULT_NONE) {
        take_plan(a, answer->json);
    }
}

static uint32_t identify_wait(void *ctx, struct discord_gateway *g)
{
    struct adapter *a = ctx;
    uint64_t now = monotonic_ms(a);
    bool used_up = turns_used_up(&a->turns, now);
    if (used_up) {
        log_warn("discord: no more sessions may be started today; waiting",
                 LOG_U64("seconds", (a->turns.reset_ms - now) / 1000));
    }
    bool last = a->turns.left == 0 && !used_up;
    bool write = false;
    uint32_t wait = turns_wait_ms(&a->turns, discord_gateway_shard(g), now,
                                  clock_unix_ms(a->host->clock), &write);
    if (write) {
        discord_turns_write(a);
        if (last) {
            get(a, "/gateway/bot", on_fresh_plan); // the new day's number
        }
    }
    return wait;
}

static enum fault start_shard(struct adapter *a, uint32_t shard, uint32_t count)
{
    struct discord_gateway_settings settings = {
        .loop = a->host->loop,
        .lws = a->host->lws,
        .clock = a->host->clock,
        .token = a->token.bytes,
        .user_agent = discord_user_agent,
        .shard = shard,
        .shards = count,
        .compress = !a->conf->no_compression,
        .calls = {on_dispatch, on_shard_state, identify_wait, current_url},
        .ctx = a};
    enum fault f = discord_gateway_create(&a->shards[shard], &settings);
    if (f) {
        return f;
    }
    struct discord_gateway_session session;
    bool known = discord_session_read(a, shard, count, &session);
    a->shard_count = shard + 1;
    discord_gateway_start(a->shards[shard], known ? &session : NULL);
    return FAULT_NONE;
}

static void start_shards(struct adapter *a, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (start_shard(a, i, count)) {
            discord_refuse(a, "There is not enough memory for Discord's connections.");
            return;
        }
    }
}

static uint32_t planned_shards(const struct adapter *a, const json_t *plan)
{
    uint64_t count =
        a->conf->shards ? a->conf->shards : discord_get_u64(plan, "shards", 1);
    return count == 0 ? 1 : count > SHARDS_MOST ? SHARDS_MOST : (uint32_t)count;
}

static void on_loaded(struct adapter *a, enum fault f)
{
    if (a->stopping) {
        return;
    }
    if (f == FAULT_OFFLINE || f == FAULT_THROTTLED || f == FAULT_MEMORY) {
        begin_later(a, NULL);
        return;
    }
    start_shards(a, discord_session_shards(a));
}

static void on_plan(void *ctx, const struct discord_answer *answer)
{
    struct adapter *a = ctx;
    if (answer->fault || !take_plan(a, answer->json)) {
        begin_later(a, &answer->why);
        return;
    }
    uint32_t count = planned_shards(a, answer->json);
    if (discord_session_shards(a) == count) {
        // A session that is taken up tells nothing of the servers again.
        discord_load(a, on_loaded);
    } else {
        start_shards(a, count);
    }
}

static void on_me(void *ctx, const struct discord_answer *answer)
{
    struct adapter *a = ctx;
    if (answer->status == 401) {
        discord_refuse(a,
                       "Discord does not accept the bot token. Reset the token under "
                       "\"Bot\" in the developer portal and put the new one into the "
                       "token file.");
        return;
    }
    a->state.me = discord_get_id(answer->json, "id");
    if (answer->fault || !a->state.me || !get(a, "/gateway/bot", on_plan)) {
        begin_later(a, &answer->why);
    }
}

static void begin(struct adapter *a)
{
    set_link(a, LINK_CONNECTING, NULL);
    if (!get(a, "/users/@me", on_me)) {
        begin_later(a, NULL);
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct adapter *a = timer->data;
    a->ticks++;
    discord_cursors_write(a);
}

static enum fault adapter_open(struct adapter **out, struct adapter_host *host,
                               const void *conf, struct why *why)
{
    struct adapter *a = calloc(1, sizeof(*a));
    if (!a) {
        return FAULT_MEMORY;
    }
    a->host = host;
    a->conf = conf;
    arena_init(&a->arena, ARENA_BLOCK, ARENA_MOST);
    a->recent = calloc(RECENT_SLOTS, sizeof(*a->recent));
    enum fault f = a->recent ? FAULT_NONE : FAULT_MEMORY;
    f = f ? f : discord_conf_check(a->conf, why);
    f = f ? f : discord_conf_token(a->conf, &a->token, why);
    if (f) {
        secret_wipe(&a->token);
        free(a->recent);
        free(a);
        return f;
    }
    *out = a;
    return FAULT_NONE;
}

static enum fault adapter_start(struct adapter *a, struct why *why)
{
    struct discord_settings settings = {.loop = a->host->loop,
                                        .clock = a->host->clock,
                                        .base_url = discord_conf_rest_url(a->conf),
                                        .token = a->token.bytes,
                                        .user_agent = discord_user_agent,
                                        .per_second = a->conf->requests_per_second};
    enum fault f = discord_client_open(&a->client, &settings, why);
    f = f ? f : discord_hide_create(&a->hide, a->host, a->client);
    f = f ? f : discord_backfill_create(&a->backfill, a);
    if (f) {
        return f;
    }
    uv_timer_init(a->host->loop, &a->tick);
    uv_timer_init(a->host->loop, &a->retry);
    a->tick.data = a;
    a->retry.data = a;
    a->started = true;
    uv_timer_start(&a->tick, on_tick, TICK_MS, TICK_MS);
    if (!a->conf->alert_channel) {
        host_technician(a->host, SLICE("alert_channel"),
                        SLICE("discord.alert_channel is not set: moderators see cases "
                              "on the console only."));
    }
    discord_alive_read(a);
    discord_turns_read(a);
    begin(a);
    return FAULT_NONE;
}

static void adapter_health(const struct adapter *a, struct adapter_health *out)
{
    *out = (struct adapter_health){.link = a->link};
    if (!a->started) {
        return;
    }
    out->waiting = discord_client_waiting(a->client) + discord_hide_waiting(a->hide);
    out->throttled = discord_client_throttled(a->client);
    out->backlog = discord_backfill_left(a->backfill);
    for (uint32_t i = 0; i < a->shard_count; i++) {
        struct discord_gateway_health h;
        discord_gateway_health(a->shards[i], &h);
        if (i == 0 || h.up_since_unix_ms < out->up_since_unix_ms) {
            out->up_since_unix_ms = h.up_since_unix_ms;
        }
        if (h.last_event_unix_ms > out->last_event_unix_ms) {
            out->last_event_unix_ms = h.last_event_unix_ms;
        }
        if (h.round_trip_ms > out->round_trip_ms) {
            out->round_trip_ms = h.round_trip_ms;
        }
        out->reconnects += h.reconnects;
    }
}

static void one_closed(void *ctx)
{
    struct adapter *a = ctx;
    if (--a->waits == 0) {
        a->stopped(a->stopped_ctx);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    one_closed(handle->data);
}

static void adapter_stop(struct adapter *a, adapter_stopped_fn *stopped, void *ctx)
{
    a->stopped = stopped;
    a->stopped_ctx = ctx;
    a->stopping = true;
    discord_cursors_write(a);
    a->waits = 4 + a->shard_count;
    discord_hide_stop(a->hide);
    discord_backfill_stop(a->backfill, one_closed, a);
    for (uint32_t i = 0; i < a->shard_count; i++) {
        discord_gateway_stop(a->shards[i], one_closed, a);
    }
    uv_close((uv_handle_t *)&a->tick, on_handle_closed);
    uv_close((uv_handle_t *)&a->retry, on_handle_closed);
    discord_client_stop(a->client, one_closed, a);
}

static void adapter_close(struct adapter *a)
{
    if (!a) {
        return;
    }
    for (uint32_t i = 0; i < a->shard_count; i++) {
        discord_gateway_destroy(a->shards[i]);
    }
    discord_hide_destroy(a->hide);
    discord_backfill_destroy(a->backfill);
    discord_client_close(a->client);
    discord_restore_finish(a);
    discord_notice_finish(a);
    discord_state_finish(&a->state);
    arena_finish(&a->arena);
    secret_wipe(&a->token);
    free(a->recent);
    free(a);
}

const struct adapter_ops discord_adapter = {
    .name = "discord",
    .can = CAN_HIDE | CAN_RESTORE | CAN_MUTE | CAN_BAN | CAN_NOTICE | CAN_ALERT,
    .conf_fields = discord_conf_fields,
    .conf_bytes = sizeof(struct discord_conf),
    .open = adapter_open,
    .start = adapter_start,
    .act = discord_act,
    .health = adapter_health,
    .stop = adapter_stop,
    .close = adapter_close,
};
