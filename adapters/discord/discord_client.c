// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_client.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/discord_headers.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_limit.h"
#include "bot/base/log.h"
#include "bot/base/text.h"

enum {
    ANSWER_MOST = 16 << 20,
    TIMEOUT_MS = 20000,
    CONNECTIONS = 20,
    ORDINARY_MOST = 16, // the rest is for answers to buttons
    WAITING_MOST = 50000,
    THROTTLED_MOST = 12, // times one request meets a 429
    REASON_BYTES = 512,
    HIDES_IN_A_ROW = 9, // while something else waits
};

struct queued {
    struct queued *next;
    struct discord_client *client;
    struct discord_limit_route *route;
    struct discord_request is;
    char *path, *body, *reason; // owned copies; reason is encoded
    uint64_t order;
    unsigned throttled;
};

// Requests of one route that wait, in the order in which they will go.
struct lane {
    struct lane *prev, *next;
    struct discord_limit_route *route;
    struct queued *first;
};

struct discord_client {
    struct rest *rest;
    struct discord_limit *limit;
    const struct clock *clock;
    uv_timer_t timer;
    struct lane *lanes; // those in which something waits
    uint64_t last_order;
    uint32_t waiting;
    uint64_t sent;
    unsigned hides_in_a_row;
    bool pumping;
    bool stopping;
    bool warned;
    bool rest_stopped, timer_closed;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

static uint64_t now_ms(const struct discord_client *c)
{
    return clock_monotonic_ns(c->clock) / 1000000;
}

static void free_queued(struct queued *q)
{
    free(q->path);
    free(q->body);
    free(q->reason);
    free(q);
}

static void pump(struct discord_client *c);

static void on_timer(uv_timer_t *timer)
{
    pump(timer->data);
}

enum fault discord_client_open(struct discord_client **out,
                               const struct discord_settings *settings, struct why *why)
{
    struct discord_client *c = calloc(1, sizeof(*c));
    if (!c) {
        return FAULT_MEMORY;
    }
    char authorization[4200];
    snprintf(authorization, sizeof(authorization), "Bot %s", settings->token);
    struct rest_settings rest = {.base_url = settings->base_url,
                                 .user_agent = settings->user_agent,
                                 .authorization = authorization,
                                 .answer_bytes = ANSWER_MOST,
                                 .timeout_ms = TIMEOUT_MS,
                                 .connections = CONNECTIONS};
    enum fault f = rest_open(&c->rest, settings->loop, &rest, why);
    f = f ? f : discord_limit_create(&c->limit, settings->per_second);
    memset(authorization, 0, sizeof(authorization));
    if (f) {
        rest_close(c->rest);
        free(c);
        return f;
    }
    c->clock = settings->clock;
    uv_timer_init(settings->loop, &c->timer);
    c->timer.data = c;
    *out = c;
    return FAULT_NONE;
}

// Discord wants the reason percent-encoded, at most 512 characters.
static char *encode_reason(struct slice reason)
{
    if (reason.len == 0) {
        return NULL;
    }
    struct text out;
    text_init(&out, REASON_BYTES);
    for (size_t i = 0; i < reason.len; i++) {
        unsigned char byte = (unsigned char)reason.ptr[i];
        bool plain = isalnum(byte) || strchr(" -_.,:()", byte);
        if ((plain && byte ? text_add_char(&out, (char)byte)
                           : text_add_format(&out, "%%%02X", byte))) {
            break;
        }
    }
    char *bytes = text_take(&out);
    text_finish(&out);
    return bytes;
}

static bool goes_before(const struct queued *a, const struct queued *b)
{
    return a->is.priority != b->is.priority ? a->is.priority > b->is.priority
                                            : a->order < b->order;
}

static struct lane *lane_of(struct discord_client *c, struct discord_limit_route *route)
{
    void **slot = discord_limit_route_slot(route);
    if (!*slot) {
        struct lane *lane = calloc(1, sizeof(*lane));
        if (!lane) {
            return NULL;
        }
        lane->route = route;
        lane->next = c->lanes;
        if (lane->next) {
            lane->next->prev = lane;
        }
        c->lanes = lane;
        *slot = lane;
    }
    return *slot;
}

static void drop_lane(struct discord_client *c, struct lane *lane)
{
    *(lane->prev ? &lane->prev->next : &c->lanes) = lane->next;
    if (lane->next) {
        lane->next->prev = lane->prev;
    }
    *discord_limit_route_slot(lane->route) = NULL;
    free(lane);
}

static enum fault enqueue(struct discord_client *c, struct queued *q)
{
    struct lane *lane = lane_of(c, q->route);
    if (!lane) {
        return FAULT_MEMORY;
    }
    struct queued **at = &lane->first;
    while (*at && !goes_before(q, *at)) {
        at = &(*at)->next;
    }
    q->next = *at;
    *at = q;
    c->waiting++;
    return FAULT_NONE;
}

enum fault discord_client_send(struct discord_client *c,
                               const struct discord_request *request)
{
    if (c->stopping) {
        return FAULT_CANCELLED;
    }
    if (c->waiting >= WAITING_MOST) {
        return FAULT_LIMIT;
    }
    struct queued *q = calloc(1, sizeof(*q));
    if (!q) {
        return FAULT_MEMORY;
    }
    *q = (struct queued){.client = c, .is = *request, .order = ++c->last_order};
    q->route = discord_limit_route(c->limit, slice_of(request->route), request->major);
    q->path = request->path ? strdup(request->path) : NULL;
    q->body = request->body.len ? slice_dup(request->body) : NULL;
    q->reason = encode_reason(request->reason);
    q->is.path = q->path;
    q->is.body = slice_make(q->body, q->body ? request->body.len : 0);
    q->is.major = slice_of("");
    q->is.reason = slice_of("");
    bool copied =
        q->route && (!request->path || q->path) && (request->body.len == 0 || q->body);
    enum fault f = copied ? enqueue(c, q) : FAULT_MEMORY;
    if (f) {
        free_queued(q);
        return f;
    }
    pump(c);
    return FAULT_NONE;
}

bool discord_client_free(struct discord_client *c, const char *route,
                         struct slice major)
{
    const struct discord_limit_route *r =
        discord_limit_route(c->limit, slice_of(route), major);
    return r && discord_limit_wait_ms(c->limit, r, false, now_ms(c)) == 0;
}

static enum fault fault_of(long status)
{
    switch (status) {
    case 401:
    case 403:
        return FAULT_DENIED;
    case 404:
        return FAULT_ABSENT;
    case 429:
        return FAULT_THROTTLED;
    default:
        break;
    }
    if (status >= 200 && status < 300) {
        return FAULT_NONE;
    }
    return status >= 400 && status < 500 ? FAULT_INPUT : FAULT_OFFLINE;
}

static void finish(struct queued *q, const struct discord_answer *answer)
{
    if (q->is.done) {
        q->is.done(q->is.ctx, answer);
    }
    free_queued(q);
}

static void cancel(struct queued *q)
{
    struct discord_answer answer = {.fault = FAULT_CANCELLED};
    finish(q, &answer);
}

static void warn_refused(struct discord_client *c)
{
    if (!c->warned && discord_limit_cautious(c->limit, now_ms(c))) {
        c->warned = true;
        log_error("discord: very many requests were refused; waiting a minute between "
                  "requests so that Discord does not block this address",
                  LOG_U64("refused", LIMIT_REFUSED_MOST));
    }
}

static void on_answer(void *ctx, const struct rest_answer *a)
{
    struct queued *q = ctx;
    struct discord_client *c = q->client;
    struct discord_answer answer = {.fault = a->fault,
                                    .why = a->why,
                                    .sent_ns = a->sent_ns,
                                    .answered_ns = a->answered_ns};
    if (a->fault) {
        discord_limit_lost(c->limit, q->route, q->is.exempt, now_ms(c));
        finish(q, &answer);
        pump(c);
        return;
    }
    json_t *json = a->body.len ? json_loadb(a->body.ptr, a->body.len,
                                            JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL)
                               : NULL;
    struct discord_limit_answer limits = discord_headers_read(a, json);
    discord_limit_answered(c->limit, q->route, &limits, q->is.exempt, now_ms(c));
    warn_refused(c);
    if (a->status == 429 && q->is.path && ++q->throttled < THROTTLED_MOST &&
        !c->stopping && enqueue(c, q) == FAULT_NONE) {
        json_decref(json);
        pump(c);
        return;
    }
    answer.status = a->status;
    answer.json = json;
    answer.code = discord_get_u64(json, "code", 0);
    answer.fault = fault_of(a->status);
    if (answer.fault) {
        fault_say(&answer.why, answer.fault, "Discord answered %ld (code %llu) to %s",
                  a->status, (unsigned long long)answer.code, q->is.route);
        answer.why.wait_ms =
            answer.fault == FAULT_THROTTLED && limits.retry_after_ms < UINT32_MAX
                ? (uint32_t)limits.retry_after_ms
                : 0;
    }
    finish(q, &answer);
    json_decref(json);
    pump(c);
}

static bool is_hide(const struct queued *q)
{
    return q->is.priority >= PRIORITY_HIDE && q->is.priority < PRIORITY_INTERACTION;
}

// The request that goes next, or NULL with *soonest_ms until one may.
static struct lane *choose(struct discord_client *c, uint64_t *soonest_ms)
{
    uint64_t now = now_ms(c);
    uint32_t out = rest_waiting(c->rest);
    struct lane *best = NULL;
    struct lane *other = NULL; // the best that hides nothing
    *soonest_ms = UINT64_MAX;
    for (struct lane *lane = c->lanes; lane; lane = lane->next) {
        // More would wait inside libcurl, and leave when nobody counts.
        if (out >= (lane->first->is.exempt ? (uint32_t)CONNECTIONS
                                           : (uint32_t)ORDINARY_MOST)) {
            continue; // an answer brings us back
        }
        uint64_t wait =
            discord_limit_wait_ms(c->limit, lane->route, lane->first->is.exempt, now);
        if (!wait && lane->first->is.priority < PRIORITY_HIDE &&
            c->hides_in_a_row < HIDES_IN_A_ROW) {
            // Reading a gap must not use up the second in which something is to be hidden.
            wait = discord_limit_modest_wait_ms(c->limit, now);
        }
        if (wait) {
            *soonest_ms = wait < *soonest_ms ? wait : *soonest_ms;
            continue;
        }
        if (!best || goes_before(lane->first, best->first)) {
            best = lane;
        }
        if (!is_hide(lane->first) &&
            (!other || goes_before(lane->first, other->first))) {
            other = lane;
        }
    }
    // Alerts and notices must get through while offences keep coming.
    return best && other && c->hides_in_a_row >= HIDES_IN_A_ROW && is_hide(best->first)
               ? other
               : best;
}

static void send_queued(struct discord_client *c, struct queued *q)
{
    if (q->is.prepare && !q->is.prepare(q->is.ctx, &q->is)) {
        free_queued(q);
        return;
    }
    if (q->is.reason.len) {
        q->reason = encode_reason(q->is.reason);
        q->is.reason = slice_of("");
    }
    struct rest_request r = {.method = q->is.method,
                             .path = q->is.path,
                             .body = q->is.body,
                             .reason = q->reason,
                             .anonymous = q->is.anonymous,
                             .once = q->is.once,
                             .done = on_answer,
                             .ctx = q};
    c->hides_in_a_row = is_hide(q) ? c->hides_in_a_row + 1 : 0;
    enum fault f = rest_send(c->rest, &r, NULL);
    if (f) {
        struct discord_answer answer = {.fault = f};
        finish(q, &answer);
        return;
    }
    c->sent++;
    discord_limit_sent(c->limit, q->route, q->is.exempt, now_ms(c));
    if (q->is.prepare) {
        // What it filled in was lent; a repeat after a 429 sends the same.
        q->path = strdup(q->is.path);
        q->body = q->is.body.len ? slice_dup(q->is.body) : NULL;
        q->is.path = q->path;
        q->is.body = slice_make(q->body, q->body ? q->is.body.len : 0);
        q->is.prepare = NULL;
    }
}

static void pump(struct discord_client *c)
{
    if (c->pumping || c->stopping) {
        return; // the loop below sees what was added meanwhile
    }
    c->pumping = true;
    uint64_t soonest = UINT64_MAX;
    for (struct lane *lane; !c->stopping && (lane = choose(c, &soonest));) {
        struct queued *q = lane->first;
        lane->first = q->next;
        c->waiting--;
        if (!lane->first) {
            drop_lane(c, lane);
        }
        send_queued(c, q);
    }
    c->pumping = false;
    if (!c->stopping && soonest != UINT64_MAX) {
        uv_timer_start(&c->timer, on_timer, soonest, 0);
    }
}

uint32_t discord_client_waiting(const struct discord_client *c)
{
    return c->waiting + rest_waiting(c->rest);
}

uint64_t discord_client_throttled(const struct discord_client *c)
{
    return discord_limit_throttled(c->limit);
}

uint64_t discord_client_sent(const struct discord_client *c)
{
    return c->sent;
}

uint32_t discord_client_refused(const struct discord_client *c)
{
    return discord_limit_refused(c->limit, now_ms(c));
}

static void maybe_stopped(struct discord_client *c)
{
    if (c->rest_stopped && c->timer_closed && c->stopped) {
        c->stopped(c->stopped_ctx);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct discord_client *c = handle->data;
    c->timer_closed = true;
    maybe_stopped(c);
}

static void on_rest_stopped(void *ctx)
{
    struct discord_client *c = ctx;
    c->rest_stopped = true;
    maybe_stopped(c);
}

void discord_client_stop(struct discord_client *c, void (*stopped)(void *ctx),
                         void *ctx)
{
    c->stopping = true;
    c->stopped = stopped;
    c->stopped_ctx = ctx;
    while (c->lanes) {
        struct lane *lane = c->lanes;
        struct queued *q = lane->first;
        lane->first = q->next;
        c->waiting--;
        if (!lane->first) {
            drop_lane(c, lane);
        }
        cancel(q);
    }
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
    rest_stop(c->rest, on_rest_stopped, c);
}

static void on_unused_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void discord_client_close(struct discord_client *c)
{
    if (!c) {
        return;
    }
    rest_close(c->rest);
    discord_limit_destroy(c->limit);
    if (c->timer_closed) {
        free(c);
    } else {
        uv_close((uv_handle_t *)&c->timer, on_unused_timer_closed);
    }
}
