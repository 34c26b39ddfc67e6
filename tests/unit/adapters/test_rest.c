// SPDX-License-Identifier: MIT
#include "adapters/net/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/text.h"
#include "unit/check.h"

// A server on the same loop that says one thing to whoever asks, and keeps what it read.
struct server {
    uv_tcp_t listener;
    int port;
    const char *says; // NULL: nothing, ever
    bool hangs_up;    // after what it said
    struct text heard;
    unsigned connections;
};

struct guest {
    uv_tcp_t tcp;
    uv_write_t write;
    struct server *server;
    char bytes[65536];
};

struct fixture {
    uv_loop_t loop;
    struct server server;
    struct rest *rest;
    bool stopped;
};

struct said {
    unsigned times;
    enum fault fault;
    long status;
    char body[4096];
    char retry_after[32];
    bool ordered;
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

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    struct guest *g = write->data;
    if (g->server->hangs_up && !uv_is_closing((uv_handle_t *)&g->tcp)) {
        uv_close((uv_handle_t *)&g->tcp, on_guest_closed);
    }
}

static void on_heard(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct guest *g = stream->data;
    if (n < 0) {
        if (!uv_is_closing((uv_handle_t *)stream)) {
            uv_close((uv_handle_t *)stream, on_guest_closed);
        }
        return;
    }
    text_add(&g->server->heard, slice_make(buffer->base, (size_t)n));
    bool whole =
        slice_find(slice_make(buffer->base, (size_t)n), SLICE("\r\n\r\n")) != SIZE_MAX;
    if (whole && g->server->says) {
        uv_buf_t out = uv_buf_init((char *)(uintptr_t)g->server->says,
                                   (unsigned)strlen(g->server->says));
        g->write.data = g;
        uv_write(&g->write, stream, &out, 1, on_written);
    }
}

static void on_guest(uv_stream_t *listener, int status)
{
    struct server *s = listener->data;
    CHECK_INT(status, 0);
    struct guest *g = calloc(1, sizeof(*g));
    g->server = s;
    g->tcp.data = g;
    s->connections++;
    uv_tcp_init(listener->loop, &g->tcp);
    uv_accept(listener, (uv_stream_t *)&g->tcp);
    uv_read_start((uv_stream_t *)&g->tcp, give_room, on_heard);
}

static void open_client(struct fixture *f, size_t answer_bytes, uint32_t timeout_ms)
{
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/api", f->server.port);
    struct rest_settings settings = {.base_url = url,
                                     .user_agent = "tests (1)",
                                     .authorization = "Bearer t0p",
                                     .answer_bytes = answer_bytes,
                                     .timeout_ms = timeout_ms,
                                     .connections = 4};
    struct why why = {0};
    CHECK_INT(rest_open(&f->rest, &f->loop, &settings, &why), FAULT_NONE);
}

static void fixture_start(struct fixture *f, const char *says)
{
    *f = (struct fixture){0};
    uv_loop_init(&f->loop);
    text_init(&f->server.heard, 1 << 20);
    f->server.says = says;
    uv_tcp_init(&f->loop, &f->server.listener);
    f->server.listener.data = &f->server;
    struct sockaddr_in at;
    uv_ip4_addr("127.0.0.1", 0, &at);
    uv_tcp_bind(&f->server.listener, (struct sockaddr *)&at, 0);
    CHECK_INT(uv_listen((uv_stream_t *)&f->server.listener, 16, on_guest), 0);
    int len = sizeof(at);
    uv_tcp_getsockname(&f->server.listener, (struct sockaddr *)&at, &len);
    f->server.port = ntohs(at.sin_port);
}

static void on_stopped(void *ctx)
{
    struct fixture *f = ctx;
    f->stopped = true;
}

static void fixture_end(struct fixture *f)
{
    if (!f->stopped) {
        rest_stop(f->rest, on_stopped, f);
        CHECK(!f->stopped);
    }
    uv_close((uv_handle_t *)&f->server.listener, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    CHECK(f->stopped);
    rest_close(f->rest);
    CHECK_INT(uv_loop_close(&f->loop), 0);
    text_finish(&f->server.heard);
}

static void on_answer(void *ctx, const struct rest_answer *a)
{
    struct said *s = ctx;
    s->times++;
    s->fault = a->fault;
    s->status = a->status;
    s->ordered = a->sent_ns > 0 && a->answered_ns >= a->sent_ns;
    snprintf(s->body, sizeof(s->body), "%.*s", SLICE_ARG(a->body));
    snprintf(s->retry_after, sizeof(s->retry_after), "%.*s",
             SLICE_ARG(rest_header(a, "retry-after")));
}

static void until(struct fixture *f, const struct said *s, unsigned times)
{
    while (s->times < times) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
}

static enum fault ask(struct fixture *f, struct said *s, uint64_t *id)
{
    struct rest_request q = {
        .method = REST_GET, .path = "/x", .done = on_answer, .ctx = s};
    return rest_send(f->rest, &q, id);
}

TEST(rest_send__answer_comes_with_status_body_and_headers)
{
    struct fixture f;
    struct said s = {0};
    fixture_start(&f, "HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: "
                      "2\r\n\r\n{}");
    open_client(&f, 4096, 5000);
    CHECK_INT(ask(&f, &s, NULL), FAULT_NONE);
    CHECK_INT(s.times, 0);
    CHECK_INT(rest_waiting(f.rest), 1);
    until(&f, &s, 1);
    CHECK_INT(s.fault, FAULT_NONE);
    CHECK_INT(s.status, 429);
    CHECK_STR(s.body, "{}");
    CHECK_STR(s.retry_after, "3");
    CHECK(s.ordered);
    CHECK_INT(rest_waiting(f.rest), 0);
    CHECK(slice_starts_with(text_slice(&f.server.heard), SLICE("GET /api/x HTTP/1.1")));
    fixture_end(&f);
}

TEST(rest_send__body_reason_and_token_are_sent_and_anonymous_sends_none)
{
    struct fixture f;
    struct said s = {0};
    fixture_start(&f, "HTTP/1.1 204 None\r\n\r\n");
    open_client(&f, 4096, 5000);
    struct rest_request q = {.method = REST_PUT,
                             .path = "/y",
                             .body = SLICE("{\"a\":1}"),
                             .reason = "clause%204",
                             .done = on_answer,
                             .ctx = &s};
    CHECK_INT(rest_send(f.rest, &q, NULL), FAULT_NONE);
    until(&f, &s, 1);
    const char *heard = text_cstr(&f.server.heard);
    CHECK(strstr(heard, "PUT /api/y HTTP/1.1\r\n"));
    CHECK(strstr(heard, "Authorization: Bearer t0p\r\n"));
    CHECK(strstr(heard, "X-Audit-Log-Reason: clause%204\r\n"));
    CHECK(strstr(heard, "Content-Type: application/json\r\n"));
    CHECK(strstr(heard, "User-Agent: tests (1)\r\n"));
    CHECK(strstr(heard, "\r\n\r\n{\"a\":1}"));
    text_clear(&f.server.heard);
    q.anonymous = true;
    q.method = REST_DELETE;
    q.body = slice_of("");
    CHECK_INT(rest_authorize(f.rest, "Bearer other"), FAULT_NONE);
    CHECK_INT(rest_send(f.rest, &q, NULL), FAULT_NONE);
    until(&f, &s, 2);
    heard = text_cstr(&f.server.heard);
    CHECK(strstr(heard, "DELETE /api/y HTTP/1.1\r\n"));
    CHECK(!strstr(heard, "Authorization"));
    fixture_end(&f);
}

TEST(rest_send__many_at_once_share_connections)
{
    struct fixture f;
    struct said s = {0};
    fixture_start(&f, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");
    open_client(&f, 4096, 5000);
    for (int i = 0; i < 100; i++) {
        CHECK_INT(ask(&f, &s, NULL), FAULT_NONE);
    }
    until(&f, &s, 100);
    CHECK(f.server.connections <= 4);
    CHECK_INT(s.status, 200);
    fixture_end(&f);
}

TEST(rest_send__long_answer_is_limit)
{
    struct fixture f;
    struct said s = {0};
    fixture_start(&f, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789");
    open_client(&f, 8, 5000);
    CHECK_INT(ask(&f, &s, NULL), FAULT_NONE);
    until(&f, &s, 1);
    CHECK_INT(s.fault, FAULT_LIMIT);
    CHECK_STR(s.body, "");
    fixture_end(&f);
}

TEST(rest_send__silence_half_an_answer_and_nobody_there_are_offline)
{
    struct fixture f;
    struct said s = {0};
    fixture_start(&f, NULL);
    open_client(&f, 4096, 50);
    CHECK_INT(ask(&f, &s, NULL), FAULT_NONE);
    until(&f, &s, 1);
    CHECK_INT(s.fault, FAULT_OFFLINE);
    f.server.says = "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhalf";
    f.server.hangs_up = true;
    CHECK_INT(ask(&f, &s, NULL), FAULT_NONE);
    until(&f, &s, 2);
    CHECK_INT(s.fault, FAULT_OFFLINE);
    CHECK_INT(rest_base_url(f.rest, "http://127.0.0.1:1"), FAULT_NONE);
    CHECK_INT(ask(&f, &s, NULL), FAULT_NONE);
    until(&f, &s, 3);
    CHECK_INT(s.fault, FAULT_OFFLINE);
    fixture_end(&f);
}

TEST(rest_send__bad_paths_and_line_ends_are_refused)
{
    struct fixture f;
    struct said s = {0};
    fixture_start(&f, NULL);
    open_client(&f, 4096, 50);
    struct rest_request q = {.path = "x", .done = on_answer, .ctx = &s};
    CHECK_INT(rest_send(f.rest, &q, NULL), FAULT_INPUT);
    q.path = "/x\r\nHost: other";
    CHECK_INT(rest_send(f.rest, &q, NULL), FAULT_INPUT);
    q.path = "/x";
    q.reason = "a\nb";
    CHECK_INT(rest_send(f.rest, &q, NULL), FAULT_INPUT);
    CHECK_INT(rest_waiting(f.rest), 0);
    fixture_end(&f);
    CHECK_INT(s.times, 0);
}

TEST(rest_cancel__is_told_once)
{
    struct fixture f;
    struct said s = {0};
    uint64_t id = 0;
    fixture_start(&f, NULL);
    open_client(&f, 4096, 5000);
    CHECK_INT(ask(&f, &s, &id), FAULT_NONE);
    uv_run(&f.loop, UV_RUN_ONCE);
    rest_cancel(f.rest, id);
    rest_cancel(f.rest, id);
    CHECK_INT(s.times, 1);
    CHECK_INT(s.fault, FAULT_CANCELLED);
    fixture_end(&f);
    CHECK_INT(s.times, 1);
}

TEST(rest_stop__cancels_what_is_open_and_refuses_more)
{
    struct fixture f;
    struct said s = {0};
    fixture_start(&f, NULL);
    open_client(&f, 4096, 5000);
    CHECK_INT(ask(&f, &s, NULL), FAULT_NONE);
    CHECK_INT(ask(&f, &s, NULL), FAULT_NONE);
    for (int i = 0; i < 5; i++) {
        uv_run(&f.loop, UV_RUN_NOWAIT);
    }
    rest_stop(f.rest, on_stopped, &f);
    CHECK_INT(s.times, 2);
    CHECK_INT(s.fault, FAULT_CANCELLED);
    CHECK_INT(ask(&f, &s, NULL), FAULT_CANCELLED);
    while (!f.stopped) {
        uv_run(&f.loop, UV_RUN_ONCE);
    }
    fixture_end(&f);
}

static void stop_now(void *ctx, const struct rest_answer *a)
{
    struct fixture *f = ctx;
    CHECK_INT(a->status, 200);
    rest_stop(f->rest, on_stopped, f);
}

TEST(rest_stop__is_legal_inside_a_callback)
{
    struct fixture f;
    fixture_start(&f, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");
    open_client(&f, 4096, 5000);
    struct rest_request q = {.path = "/x", .done = stop_now, .ctx = &f};
    CHECK_INT(rest_send(f.rest, &q, NULL), FAULT_NONE);
    while (!f.stopped) {
        uv_run(&f.loop, UV_RUN_ONCE);
    }
    fixture_end(&f);
}

TEST(rest_close__is_legal_before_anything_was_sent)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct rest *r = NULL;
    struct rest_settings settings = {.base_url = "http://127.0.0.1:1"};
    CHECK_INT(rest_open(&r, &loop, &settings, NULL), FAULT_NONE);
    rest_close(r);
    rest_close(NULL);
    CHECK_INT(uv_loop_close(&loop), 0);
}

int main(void)
{
    return RUN(UNIT(rest_send__answer_comes_with_status_body_and_headers),
               UNIT(rest_send__body_reason_and_token_are_sent_and_anonymous_sends_none),
               UNIT(rest_send__many_at_once_share_connections),
               UNIT(rest_send__long_answer_is_limit),
               UNIT(rest_send__silence_half_an_answer_and_nobody_there_are_offline),
               UNIT(rest_send__bad_paths_and_line_ends_are_refused),
               UNIT(rest_cancel__is_told_once),
               UNIT(rest_stop__cancels_what_is_open_and_refuses_more),
               UNIT(rest_stop__is_legal_inside_a_callback),
               UNIT(rest_close__is_legal_before_anything_was_sent));
}
