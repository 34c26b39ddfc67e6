// SPDX-License-Identifier: MIT
// The adapter against a homeserver of a few lines on the same loop.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix.h"
#include "unit/check.h"

struct server {
    uv_tcp_t listener;
    int port;
    struct text heard;   // request lines, one a line
    unsigned throttled;  // so many redactions are asked to wait first
    unsigned bans_later; // so many bans are asked to wait first
};

struct guest {
    uv_tcp_t tcp;
    uv_write_t write;
    struct server *server;
    char bytes[65536];
    char answer[2048];
};

struct fixture {
    uv_loop_t loop;
    struct clock clock;
    uint64_t later_ns; // than it really is
    struct server server;
    struct adapter_host host;
    struct matrix_conf conf;
    struct adapter *adapter;
    char url[64];
    enum link_state link;
    unsigned outcomes;
    enum fault fault;
    bool stopped;
};

static void on_guest_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)wanted;
    struct guest *g = handle->data;
    *out = uv_buf_init(g->bytes, sizeof(g->bytes));
}

static const char *body_for(struct server *s, struct slice line, int *status)
{
    *status = 200;
    if (slice_find(line, SLICE("/versions")) != SIZE_MAX) {
        return "{\"versions\":[\"v1.11\"]}";
    }
    if (slice_find(line, SLICE("/whoami")) != SIZE_MAX) {
        return "{\"user_id\":\"@bot:x\"}";
    }
    if (slice_find(line, SLICE("/sync?timeout=0")) != SIZE_MAX) {
        return "{\"next_batch\":\"s1\",\"rooms\":{}}";
    }
    if (slice_find(line, SLICE("/sync?")) != SIZE_MAX) {
        return NULL; // a long poll
    }
    if (slice_find(line, SLICE("/redact/")) != SIZE_MAX && s->throttled > 0) {
        s->throttled--;
        *status = 429;
        return "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":60}";
    }
    if (slice_find(line, SLICE("/ban ")) != SIZE_MAX && s->bans_later > 0) {
        s->bans_later--;
        *status = 429;
        return "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":60000}";
    }
    if (slice_find(line, SLICE("%21denied")) != SIZE_MAX) {
        *status = 403;
        return "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"no\"}";
    }
    return "{\"event_id\":\"$new\",\"chunk\":[]}";
}

static void on_heard(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct guest *g = stream->data;
    if (n < 0) {
        uv_close((uv_handle_t *)stream, on_guest_closed);
        return;
    }
    struct slice rest;
    struct slice line = slice_cut(slice_make(buffer->base, (size_t)n), '\r', &rest);
    text_add(&g->server->heard, line);
    text_add_char(&g->server->heard, '\n');
    int status;
    const char *body = body_for(g->server, line, &status);
    if (body) {
        snprintf(g->answer, sizeof(g->answer),
                 "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body),
                 body);
        uv_buf_t out = uv_buf_init(g->answer, (unsigned)strlen(g->answer));
        uv_write(&g->write, stream, &out, 1, NULL);
    }
}

static void on_guest(uv_stream_t *listener, int status)
{
    CHECK_INT(status, 0);
    struct guest *g = calloc(1, sizeof(*g));
    g->server = listener->data;
    g->tcp.data = g;
    uv_tcp_init(listener->loop, &g->tcp);
    uv_accept(listener, (uv_stream_t *)&g->tcp);
    uv_read_start((uv_stream_t *)&g->tcp, give_room, on_heard);
}

static struct fixture *of(struct adapter_host *h)
{
    return h->ctx;
}

static void on_link(struct adapter_host *h, enum link_state now, const struct why *why)
{
    (void)why;
    of(h)->link = now;
}

static void on_outcome(struct adapter_host *h, uint64_t ticket, enum fault f,
                       const struct why *why, struct slice remote_id)
{
    (void)why;
    (void)remote_id;
    CHECK_INT(ticket, 7);
    of(h)->outcomes++;
    of(h)->fault = f;
}

static void on_cursor(struct adapter_host *h, struct slice key, struct slice value)
{
    (void)h;
    (void)key;
    (void)value;
}

static enum fault no_cursor(struct adapter_host *h, struct slice key, struct text *out)
{
    (void)h;
    (void)key;
    (void)out;
    return FAULT_ABSENT;
}

static bool not_busy(const struct adapter_host *h)
{
    (void)h;
    return false;
}

static uint64_t later(const void *ctx)
{
    struct clock real = clock_real();
    return clock_monotonic_ns(&real) + ((const struct fixture *)ctx)->later_ns;
}

static void start(struct fixture *f)
{
    *f = (struct fixture){.clock = clock_real()};
    f->clock.monotonic_ns = later;
    f->clock.ctx = f;
    uv_loop_init(&f->loop);
    text_init(&f->server.heard, 1 << 20);
    uv_tcp_init(&f->loop, &f->server.listener);
    f->server.listener.data = &f->server;
    struct sockaddr_in at;
    int len = sizeof(at);
    uv_ip4_addr("127.0.0.1", 0, &at);
    uv_tcp_bind(&f->server.listener, (struct sockaddr *)&at, 0);
    CHECK_INT(uv_listen((uv_stream_t *)&f->server.listener, 16, on_guest), 0);
    uv_tcp_getsockname(&f->server.listener, (struct sockaddr *)&at, &len);
    snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/", ntohs(at.sin_port));
    f->conf.homeserver = f->url;
    f->host = (struct adapter_host){.loop = &f->loop,
                                    .clock = &f->clock,
                                    .ctx = f,
                                    .link = on_link,
                                    .outcome = on_outcome,
                                    .cursor = on_cursor,
                                    .cursor_find = no_cursor,
                                    .busy = not_busy};
    setenv("HM_MATRIX_TOKEN", "t0p", 1);
    struct why why = {0};
    CHECK_INT(matrix_adapter.open(&f->adapter, &f->host, &f->conf, &why), FAULT_NONE);
    CHECK_INT(matrix_adapter.start(f->adapter, &why), FAULT_NONE);
    while (f->link != LINK_UP) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
    text_clear(&f->server.heard);
}

static void on_stopped(void *ctx)
{
    ((struct fixture *)ctx)->stopped = true;
}

static void stop(struct fixture *f)
{
    matrix_adapter.stop(f->adapter, on_stopped, f);
    uv_close((uv_handle_t *)&f->server.listener, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    CHECK(f->stopped);
    matrix_adapter.close(f->adapter);
    CHECK_INT(uv_loop_close(&f->loop), 0);
    text_finish(&f->server.heard);
}

static void act_on(struct fixture *f, enum act_kind kind, const char *room,
                   const char *edit)
{
    struct action what = {.kind = kind,
                          .id = 3,
                          .space = slice_of(room),
                          .message_id = SLICE("$m"),
                          .revision = slice_of(edit),
                          .author_id = SLICE("@p:x"),
                          .reason = SLICE("case 1")};
    CHECK_INT(matrix_adapter.act(f->adapter, &what, 7), FAULT_NONE);
}

static void act(struct fixture *f, enum act_kind kind, const char *room)
{
    act_on(f, kind, room, "$edit");
}

static void until_outcome(struct fixture *f)
{
    while (f->outcomes == 0) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
    CHECK_INT(f->outcomes, 1);
}

static unsigned heard(const struct fixture *f, const char *what)
{
    unsigned count = 0;
    for (const char *at = text_cstr(&f->server.heard); (at = strstr(at, what)); at++) {
        count++;
    }
    return count;
}

TEST(act__ban_is_asked_once)
{
    struct fixture f;
    start(&f);
    act(&f, ACT_BAN, "!r:x");
    until_outcome(&f);
    CHECK_INT(f.fault, FAULT_NONE);
    CHECK_INT(heard(&f, "POST /_matrix/client/v3/rooms/%21r%3Ax/ban "), 1);
    stop(&f);
}

TEST(act__refusal_is_final)
{
    struct fixture f;
    start(&f);
    act(&f, ACT_HIDE, "!denied:x");
    until_outcome(&f);
    CHECK_INT(f.fault, FAULT_DENIED);
    CHECK_INT(heard(&f, "/redact/"), 1);
    stop(&f);
}

TEST(act__slowed_down_hide_waits_and_keeps_its_transaction)
{
    struct fixture f;
    start(&f);
    f.server.throttled = 2;
    act(&f, ACT_HIDE, "!r:x");
    until_outcome(&f);
    CHECK_INT(f.fault, FAULT_NONE);
    CHECK_INT(heard(&f, "/redact/%24edit/hm-r-"), 3);
    const char *first = strstr(text_cstr(&f.server.heard), "/redact/");
    const char *second = strstr(first + 1, "/redact/");
    CHECK(strncmp(first, second, strcspn(first, " ")) == 0);
    struct adapter_health health;
    matrix_adapter.health(f.adapter, &health);
    CHECK_INT(health.throttled, 2);
    // The same event again: done without asking.
    f.outcomes = 0;
    act(&f, ACT_HIDE, "!r:x");
    until_outcome(&f);
    CHECK_INT(heard(&f, "/redact/"), 3);
    stop(&f);
}

// Other things have limits of their own, and long ones.
TEST(act__slowed_down_otherwise_redactions_go_on)
{
    struct fixture f;
    start(&f);
    f.server.bans_later = 1;
    act(&f, ACT_BAN, "!r:x");
    while (heard(&f, "/ban ") == 0 || f.server.bans_later > 0) {
        uv_run(&f.loop, UV_RUN_ONCE);
    }
    act(&f, ACT_HIDE, "!r:x");
    until_outcome(&f);
    CHECK_INT(heard(&f, "/redact/"), 1);
    CHECK_INT(heard(&f, "/ban "), 1); // still waits
    f.later_ns = 61 * (uint64_t)1000000000;
    act_on(&f, ACT_HIDE, "!r:x", "$another");
    while (f.outcomes < 3) {
        uv_run(&f.loop, UV_RUN_ONCE);
    }
    CHECK_INT(heard(&f, "/ban "), 2);
    stop(&f);
}

// What the homeserver lets through while it slows us down is what has to vanish.
TEST(act__slowed_down_nothing_goes_before_the_redactions)
{
    struct fixture f;
    start(&f);
    f.server.throttled = 4;
    act_on(&f, ACT_HIDE, "!r:x", "$one");
    act_on(&f, ACT_HIDE, "!r:x", "$two");
    act_on(&f, ACT_HIDE, "!r:x", "$three");
    act(&f, ACT_BAN, "!r:x");
    while (f.server.throttled > 1) {
        uv_run(&f.loop, UV_RUN_ONCE);
    }
    f.later_ns = 5 * (uint64_t)1000000000; // longer than anything else waits else
    while (f.outcomes < 4) {
        uv_run(&f.loop, UV_RUN_ONCE);
    }
    CHECK_INT(heard(&f, "/redact/"), 3 + 1 + 3);
    const char *ban = strstr(text_cstr(&f.server.heard), "/ban ");
    CHECK(ban);
    CHECK(!strstr(ban, "/redact/"));
    stop(&f);
}

TEST(act__alert_without_a_control_room_is_done)
{
    struct fixture f;
    start(&f);
    act(&f, ACT_ALERT, "!r:x");
    CHECK_INT(f.outcomes, 1);
    CHECK_INT(f.fault, FAULT_NONE);
    stop(&f);
}

TEST(stop__answers_open_tickets)
{
    struct fixture f;
    start(&f);
    f.server.throttled = 1000;
    act(&f, ACT_HIDE, "!r:x");
    for (int i = 0; i < 20; i++) {
        uv_run(&f.loop, UV_RUN_NOWAIT);
    }
    stop(&f);
    CHECK_INT(f.outcomes, 1);
    CHECK_INT(f.fault, FAULT_CANCELLED);
}

int main(void)
{
    return RUN(UNIT(act__ban_is_asked_once), UNIT(act__refusal_is_final),
               UNIT(act__slowed_down_hide_waits_and_keeps_its_transaction),
               UNIT(act__slowed_down_otherwise_redactions_go_on),
               UNIT(act__slowed_down_nothing_goes_before_the_redactions),
               UNIT(act__alert_without_a_control_room_is_done),
               UNIT(stop__answers_open_tickets));
}
