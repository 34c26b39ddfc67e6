// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_ask.h"

#include "adapters/discord/discord_adapter.h"

enum { CLOSING_TURNS = 1000 };

enum fault discord_ask_open(struct discord_ask *a, const struct discord_conf *conf,
                            struct why *why)
{
    *a = (struct discord_ask){.clock = clock_real()};
    enum fault f = discord_conf_check(conf, why);
    f = f ? f : discord_conf_token(conf, &a->token, why);
    if (f) {
        return f;
    }
    if (uv_loop_init(&a->loop)) {
        secret_wipe(&a->token);
        return FAULT_MEMORY;
    }
    struct discord_settings settings = {.loop = &a->loop,
                                        .clock = &a->clock,
                                        .base_url = discord_conf_rest_url(conf),
                                        .token = a->token.bytes,
                                        .user_agent = discord_user_agent};
    f = discord_client_open(&a->client, &settings, why);
    if (f) {
        uv_loop_close(&a->loop);
        secret_wipe(&a->token);
    }
    return f;
}

static void on_answer(void *ctx, const struct discord_answer *answer)
{
    struct discord_ask *a = ctx;
    a->waiting = false;
    a->fault = answer->fault;
    a->why = answer->why;
    a->status = answer->status;
    a->took_ms = (answer->answered_ns - answer->sent_ns) / 1000000;
    a->json = answer->json ? json_deep_copy(answer->json) : NULL;
}

bool discord_ask_send(struct discord_ask *a, enum rest_method method, const char *path,
                      struct slice body, const char *reason)
{
    json_decref(a->json);
    a->json = NULL;
    a->waiting = true;
    struct discord_request r = {.method = method,
                                .route = path,
                                .path = path,
                                .body = body,
                                .reason = slice_of(reason),
                                .priority = PRIORITY_STATE,
                                .done = on_answer,
                                .ctx = a};
    a->fault = discord_client_send(a->client, &r);
    while (a->fault == FAULT_NONE && a->waiting && uv_run(&a->loop, UV_RUN_ONCE)) {
    }
    return a->fault == FAULT_NONE;
}

bool discord_ask_get(struct discord_ask *a, const char *path)
{
    return discord_ask_send(a, REST_GET, path, slice_of(""), NULL);
}

static void on_stopped(void *ctx)
{
    ((struct discord_ask *)ctx)->waiting = false;
}

void discord_ask_close(struct discord_ask *a)
{
    a->waiting = true;
    discord_client_stop(a->client, on_stopped, a);
    while (a->waiting && uv_run(&a->loop, UV_RUN_ONCE)) {
    }
    discord_client_close(a->client);
    json_decref(a->json);
    secret_wipe(&a->token);
    for (int i = 0; i < CLOSING_TURNS && uv_run(&a->loop, UV_RUN_NOWAIT); i++) {
    }
    uv_loop_close(&a->loop);
}
