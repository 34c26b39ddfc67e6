// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_sequence.h"
#include "adapters/net/backoff.h"
#include "adapters/net/inflate.h"
#include "adapters/net/ws.h"
#include "bot/base/log.h"

enum {
    FRAME_MOST = 32 << 20, // of one payload, inflated or not
    CONNECT_MS = 20000,    // until the handshake is done
    HELLO_MS = 20000,      // until hello, then until READY or RESUMED
    COMMAND_MOST = 4096,   // bytes of one command, Discord's limit
    COMMANDS_MINUTE = 110, // Discord allows 120
    HEARTBEAT_LEAST_MS = 1000,
    HEARTBEAT_MOST_MS = 10 * 60 * 1000,
    RESUME_URL_TRIES = 3, // then the general address
    MALFORMED_MOST = 100, // in one connection; then a new one
    CLOSE_RESUMABLE = 4900,
};

enum opcode {
    OP_DISPATCH = 0,
    OP_HEARTBEAT = 1,
    OP_IDENTIFY = 2,
    OP_RESUME = 6,
    OP_RECONNECT = 7,
    OP_INVALID_SESSION = 9,
    OP_HELLO = 10,
    OP_HEARTBEAT_ACK = 11,
};

enum phase {
    PHASE_IDLE,
    PHASE_WAITING,
    PHASE_CONNECTING,
    PHASE_HELLO,
    PHASE_UP,
    PHASE_REFUSED
};

struct discord_gateway {
    struct discord_gateway_settings is;
    struct discord_gateway_session session;
    struct discord_sequence sequence; // session.sequence follows it
    enum phase phase;
    struct ws *ws;
    struct inflate *inflate;
    uv_timer_t heartbeat; // while connected
    uv_timer_t timer;     // the next attempt, or the limit of the present phase
    struct backoff backoff;
    uint32_t interval_ms;
    bool acknowledged;
    bool resuming; // what this connection said
    unsigned failed_connects;
    uint64_t identify_not_before_ms; // monotonic
    uint64_t heartbeat_sent_ns;
    uint64_t window_ns; // commands of the last minute
    unsigned window_commands;
    unsigned malformed_here;
    bool came_up; // this connection, or the last one
    struct discord_gateway_health health;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
    bool stopping;
    unsigned open_handles;
};

static uint64_t now_ns(const struct discord_gateway *g)
{
    return clock_monotonic_ns(g->is.clock);
}

static void tell(struct discord_gateway *g, enum link_state now, const struct why *why)
{
    g->health.link = now;
    g->is.calls.state(g->is.ctx, g, now, why);
}

static void connect_now(struct discord_gateway *g);

static void on_wait_over(uv_timer_t *timer)
{
    connect_now(timer->data);
}

static void wait_ms(struct discord_gateway *g, uint64_t ms)
{
    g->phase = PHASE_WAITING;
    uv_timer_start(&g->timer, on_wait_over, ms, 0);
}

static bool may_command(struct discord_gateway *g)
{
    uint64_t now = now_ns(g);
    if (now - g->window_ns > 60ull * 1000 * 1000 * 1000) {
        g->window_ns = now;
        g->window_commands = 0;
    }
    return ++g->window_commands <= COMMANDS_MINUTE;
}

static void send_command(struct discord_gateway *g, json_t *command)
{
    char *text = json_dumps(command, JSON_COMPACT);
    json_decref(command);
    size_t len = text ? strlen(text) : 0;
    if (!text || len > COMMAND_MOST || !may_command(g) ||
        ws_send(g->ws, slice_make(text, len))) {
        log_warn("discord: a gateway command was not sent", LOG_U64("bytes", len));
    }
    free(text);
}

static void beat(struct discord_gateway *g)
{
    json_t *sequence = g->session.sequence
                           ? json_integer((json_int_t)g->session.sequence)
                           : json_null();
    g->heartbeat_sent_ns = now_ns(g);
    send_command(g, json_pack("{si so}", "op", OP_HEARTBEAT, "d", sequence));
}

static void drop(struct discord_gateway *g, uint16_t code)
{
    uv_timer_stop(&g->heartbeat);
    uv_timer_stop(&g->timer);
    if (g->ws) {
        ws_close(g->ws, code);
    }
}

static void on_heartbeat(uv_timer_t *timer)
{
    struct discord_gateway *g = timer->data;
    if (!g->acknowledged) {
        log_info("discord: no answer to a heartbeat; reconnecting",
                 LOG_U64("shard", g->is.shard));
        drop(g, CLOSE_RESUMABLE);
        return;
    }
    g->acknowledged = false;
    beat(g);
    uv_timer_start(&g->heartbeat, on_heartbeat, g->interval_ms, 0);
}

static void on_phase_limit(uv_timer_t *timer)
{
    struct discord_gateway *g = timer->data;
    log_info("discord: the gateway says nothing; reconnecting",
             LOG_U64("shard", g->is.shard));
    drop(g, CLOSE_RESUMABLE);
}

static void forget_session(struct discord_gateway *g)
{
    g->session = (struct discord_gateway_session){0};
    g->sequence = (struct discord_sequence){0};
}

static void identify(struct discord_gateway *g);

static void on_identify_turn(uv_timer_t *timer)
{
    identify(timer->data);
}

static void identify(struct discord_gateway *g)
{
    uint32_t wait = g->is.calls.identify_wait_ms(g->is.ctx, g);
    if (wait) {
        uv_timer_start(&g->timer, on_identify_turn, wait, 0);
        return;
    }
    forget_session(g);
    g->resuming = false;
    uv_timer_start(&g->timer, on_phase_limit, HELLO_MS, 0);
    send_command(g, json_pack("{si s{ss si s[ii] si s{ss ss ss}}}", "op", OP_IDENTIFY,
                              "d", "token", g->is.token, "intents", GATEWAY_INTENTS,
                              "shard", (int)g->is.shard, (int)g->is.shards,
                              "large_threshold", 50, "properties", "os", "linux",
                              "browser", "hallmonitor", "device", "hallmonitor"));
}

static void resume(struct discord_gateway *g)
{
    g->resuming = true;
    uv_timer_start(&g->timer, on_phase_limit, HELLO_MS, 0);
    send_command(g, json_pack("{si s{ss ss sI}}", "op", OP_RESUME, "d", "token",
                              g->is.token, "session_id", g->session.id, "seq",
                              (json_int_t)g->session.sequence));
}

static void take_hello(struct discord_gateway *g, const json_t *data)
{
    uint64_t interval = discord_get_u64(data, "heartbeat_interval", 0);
    if (g->phase != PHASE_CONNECTING) {
        return;
    }
    if (interval < HEARTBEAT_LEAST_MS || interval > HEARTBEAT_MOST_MS) {
        log_warn("discord: a hello of the gateway makes no sense");
        drop(g, CLOSE_RESUMABLE);
        return;
    }
    g->phase = PHASE_HELLO;
    g->interval_ms = (uint32_t)interval;
    g->acknowledged = true;
    uint64_t first = (uint64_t)((double)interval * backoff_random());
    uv_timer_start(&g->heartbeat, on_heartbeat, first, 0);
    if (g->session.id[0]) {
        resume(g);
    } else {
        identify(g);
    }
}

static void come_up(struct discord_gateway *g)
{
    g->phase = PHASE_UP;
    g->failed_connects = 0;
    uv_timer_stop(&g->timer);
    g->came_up = true;
    backoff_up(&g->backoff, now_ns(g));
    g->health.up_since_unix_ms = clock_unix_ms(g->is.clock);
}

static void take_ready(struct discord_gateway *g, const json_t *data)
{
    struct slice id = discord_get_text(data, "session_id");
    struct slice url = discord_get_text(data, "resume_gateway_url");
    if (id.len == 0 || id.len >= GATEWAY_SESSION_BYTES) {
        log_warn("discord: READY without a session id");
        drop(g, CLOSE_RESUMABLE);
        return;
    }
    snprintf(g->session.id, sizeof(g->session.id), "%.*s", SLICE_ARG(id));
    bool fits = url.len < sizeof(g->session.url);
    snprintf(g->session.url, sizeof(g->session.url), "%.*s",
             SLICE_ARG(fits ? url : slice_of("")));
    come_up(g);
}

static void take_dispatch(struct discord_gateway *g, const json_t *payload,
                          const json_t *data, uint64_t frame_at_ns)
{
    struct slice event = discord_get_text(payload, "t");
    uint64_t sequence = discord_get_u64(payload, "s", 0);
    bool ready = slice_is(event, "READY");
    bool resumed = slice_is(event, "RESUMED");
    if (!discord_sequence_new(&g->sequence, sequence)) {
        return;
    }
    if (ready) {
        take_ready(g, data);
    } else if (resumed && g->phase == PHASE_HELLO) {
        come_up(g);
    }
    g->health.last_event_unix_ms = clock_unix_ms(g->is.clock);
    g->is.calls.dispatch(g->is.ctx, g, event, data, frame_at_ns);
    // Only now: a cursor that is taken meanwhile must not cover this event.
    discord_sequence_note(&g->sequence, sequence);
    g->session.sequence = g->sequence.done;
    if ((ready || resumed) && g->phase == PHASE_UP && g->health.link != LINK_UP) {
        tell(g, LINK_UP, NULL);
    }
}

static void take_invalid_session(struct discord_gateway *g, const json_t *data)
{
    if (!json_is_true(data)) {
        forget_session(g);
        uint64_t pause = 1000 + (uint64_t)(4000 * backoff_random());
        g->identify_not_before_ms = now_ns(g) / 1000000 + pause;
    }
    drop(g, CLOSE_RESUMABLE);
}

static void take_ack(struct discord_gateway *g)
{
    if (!g->acknowledged) {
        g->acknowledged = true;
        g->health.round_trip_ms =
            (uint32_t)((now_ns(g) - g->heartbeat_sent_ns) / 1000000);
    }
}

static void malformed(struct discord_gateway *g, const char *path)
{
    g->health.malformed++;
    log_warn("discord: a gateway payload could not be read", LOG_STR("path", path),
             LOG_U64("shard", g->is.shard));
    if (++g->malformed_here > MALFORMED_MOST) {
        drop(g, CLOSE_RESUMABLE);
    }
}

static void take_payload(struct discord_gateway *g, struct slice text)
{
    uint64_t at_ns = now_ns(g);
    json_t *payload = discord_parse(text);
    const json_t *op = json_object_get(payload, "op");
    if (!payload || !json_is_integer(op)) {
        malformed(g, payload ? "op" : "payload");
        json_decref(payload);
        return;
    }
    const json_t *data = json_object_get(payload, "d");
    switch (json_integer_value(op)) {
    case OP_DISPATCH:
        take_dispatch(g, payload, data, at_ns);
        break;
    case OP_HEARTBEAT:
        beat(g);
        break;
    case OP_RECONNECT:
        drop(g, CLOSE_RESUMABLE);
        break;
    case OP_INVALID_SESSION:
        take_invalid_session(g, data);
        break;
    case OP_HELLO:
        take_hello(g, data);
        break;
    case OP_HEARTBEAT_ACK:
        take_ack(g);
        break;
    default:
        break; // newer than we are
    }
    json_decref(payload);
}

static void on_message(void *ctx, struct slice bytes, bool binary)
{
    struct discord_gateway *g = ctx;
    if (g->stopping) {
        return;
    }
    if (!binary) {
        take_payload(g, bytes);
        return;
    }
    bool whole = false;
    struct slice text = {0};
    enum fault f =
        g->inflate ? inflate_feed(g->inflate, bytes, &text, &whole) : FAULT_INPUT;
    if (f) {
        log_warn("discord: the compressed stream is broken; reconnecting", LOG_FAULT(f),
                 LOG_U64("shard", g->is.shard));
        g->health.malformed++;
        drop(g, CLOSE_RESUMABLE);
    } else if (whole) {
        take_payload(g, text);
    }
}

// A session that came up is no failure to connect: Discord asks for reconnects all the
// time while members go on writing. Only what never came up is tried more and more
// slowly.
static uint64_t pause_ms(struct discord_gateway *g)
{
    if (g->came_up) {
        g->backoff.attempts = 0;
    }
    return backoff_next_ms(&g->backoff, backoff_random());
}

static void after_close(struct discord_gateway *g, const struct ws_end *end)
{
    const char *advice = NULL;
    enum discord_gateway_next next = discord_gateway_close_means(end->code, &advice);
    if (next == GATEWAY_FATAL) {
        struct why why = {0};
        fault_say(&why, FAULT_DENIED, "%s", advice);
        g->phase = PHASE_REFUSED;
        forget_session(g);
        tell(g, LINK_REFUSED, &why);
        return;
    }
    if (next == GATEWAY_IDENTIFY) {
        forget_session(g);
    }
    g->failed_connects = end->was_open ? 0 : g->failed_connects + 1;
    g->health.reconnects++;
    tell(g, LINK_DOWN, end->fault ? &end->why : NULL);
    uint64_t wait = pause_ms(g);
    uint64_t now = now_ns(g) / 1000000;
    if (!g->session.id[0] && g->identify_not_before_ms > now + wait) {
        wait = g->identify_not_before_ms - now;
    }
    wait_ms(g, wait);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct discord_gateway *g = handle->data;
    if (--g->open_handles == 0 && g->stopped) {
        g->stopped(g->stopped_ctx);
    }
}

static void close_handles(struct discord_gateway *g)
{
    uv_close((uv_handle_t *)&g->heartbeat, on_handle_closed);
    uv_close((uv_handle_t *)&g->timer, on_handle_closed);
}

static void on_closed(void *ctx, const struct ws_end *end)
{
    struct discord_gateway *g = ctx;
    g->ws = NULL;
    uv_timer_stop(&g->heartbeat);
    uv_timer_stop(&g->timer);
    backoff_down(&g->backoff, now_ns(g));
    g->health.up_since_unix_ms = 0;
    if (g->stopping) {
        close_handles(g);
        return;
    }
    log_info("discord: the gateway connection ended", LOG_U64("code", end->code),
             LOG_U64("shard", g->is.shard), LOG_WHY(&end->why));
    after_close(g, end);
}

static void on_opened(void *ctx)
{
    struct discord_gateway *g = ctx;
    uv_timer_start(&g->timer, on_phase_limit, HELLO_MS, 0);
}

static enum fault fresh_inflate(struct discord_gateway *g)
{
    inflate_destroy(g->inflate);
    g->inflate = NULL;
    return g->is.compress ? inflate_create(&g->inflate, FRAME_MOST) : FAULT_NONE;
}

static enum fault open_socket(struct discord_gateway *g, const char *base,
                              struct why *why)
{
    char url[GATEWAY_URL_BYTES + 64];
    size_t len = strlen(base);
    bool slash = len && base[len - 1] == '/';
    snprintf(url, sizeof(url), "%s%s?v=10&encoding=json%s", base, slash ? "" : "/",
             g->is.compress ? "&compress=zlib-stream" : "");
    struct ws_settings settings = {.url = url,
                                   .user_agent = g->is.user_agent,
                                   .message_bytes = FRAME_MOST,
                                   .connect_ms = CONNECT_MS,
                                   .calls = {on_opened, on_message, on_closed},
                                   .ctx = g};
    enum fault f = fresh_inflate(g);
    return f ? f : ws_open(&g->ws, g->is.loop, g->is.lws, &settings, why);
}

static void connect_now(struct discord_gateway *g)
{
    bool old_address =
        g->session.id[0] && g->session.url[0] && g->failed_connects < RESUME_URL_TRIES;
    const char *base = old_address ? g->session.url : g->is.calls.url(g->is.ctx);
    if (!base) {
        wait_ms(g, 1000);
        return;
    }
    g->phase = PHASE_CONNECTING;
    g->malformed_here = 0;
    g->came_up = false;
    g->resuming = false;
    tell(g, LINK_CONNECTING, NULL);
    struct why why = {0};
    enum fault f = open_socket(g, base, &why);
    if (f) {
        g->failed_connects++;
        g->health.reconnects++;
        tell(g, LINK_DOWN, &why);
        wait_ms(g, 1000 + backoff_next_ms(&g->backoff, backoff_random()));
    }
}

enum fault discord_gateway_create(struct discord_gateway **out,
                                  const struct discord_gateway_settings *settings)
{
    struct discord_gateway *g = calloc(1, sizeof(*g));
    if (!g) {
        return FAULT_MEMORY;
    }
    g->is = *settings;
    g->health.link = LINK_CONNECTING;
    *out = g;
    return FAULT_NONE;
}

void discord_gateway_start(struct discord_gateway *g,
                           const struct discord_gateway_session *session)
{
    uv_timer_init(g->is.loop, &g->heartbeat);
    uv_timer_init(g->is.loop, &g->timer);
    g->heartbeat.data = g;
    g->timer.data = g;
    g->open_handles = 2;
    if (session) {
        g->session = *session;
        g->sequence.done = session->sequence;
    }
    wait_ms(g, 0);
}

void discord_gateway_stop(struct discord_gateway *g, void (*stopped)(void *ctx),
                          void *ctx)
{
    g->stopping = true;
    g->stopped = stopped;
    g->stopped_ctx = ctx;
    if (g->ws) {
        drop(g, CLOSE_RESUMABLE);
    } else {
        close_handles(g);
    }
}

void discord_gateway_destroy(struct discord_gateway *g)
{
    if (g) {
        inflate_destroy(g->inflate);
        free(g);
    }
}

uint32_t discord_gateway_shard(const struct discord_gateway *g)
{
    return g->is.shard;
}

const struct discord_gateway_session *
discord_gateway_session(const struct discord_gateway *g)
{
    return &g->session;
}

void discord_gateway_health(const struct discord_gateway *g,
                            struct discord_gateway_health *out)
{
    *out = g->health;
}
