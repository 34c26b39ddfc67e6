// SPDX-License-Identifier: MIT
// Before delivery: Synapse's module synapse-http-antispam asks about each event and waits
// for the answer. What cannot be judged in time is let through, and is judged again when
// it comes by /sync.
#include <stdlib.h>

#include "adapters/matrix/matrix_desk.h"
#include "adapters/matrix/matrix_internal.h"
#include "bot/base/log.h"

enum {
    DEFAULT_PORT = 8471,
    TURN_NS = 10 * 1000 * 1000, // then the loop's other work has its turn
    TELL_EACH_MS = 60 * 1000,
};

struct matrix_preview {
    struct adapter *adapter;
    struct desk *desk;
    uv_async_t asked;
    uint64_t told_ms; // when the log was last told of lateness, monotonic
    uint64_t told_of; // how many
};

static bool claim(void *question)
{
    return question_claim(question);
}

static void judge(struct adapter *a, struct question *q, struct preview *out)
{
    const json_t *event = question_event(q);
    struct matrix_event e;
    struct message m;
    struct slice room_id = matrix_text(event, "room_id");
    *out = (struct preview){.claim = claim, .ctx = q};
    if (!question_waits(q) || matrix_event_read(&e, event) || room_id.len == 0 ||
        room_id.len > MATRIX_ID_MOST ||
        (a->user_id && slice_is(e.sender, a->user_id))) {
        return;
    }
    const struct room *room = rooms_find(&a->rooms, room_id);
    if (!room || matrix_is_control(a, room)) {
        return; // a room that we do not guard
    }
    // A membership carries a display name, but joining is not to be refused for it; the
    // name is hidden when it comes by /sync.
    if (!slice_is(e.type, "m.room.member") &&
        matrix_decode(&m, &a->arena, &e) == FAULT_NONE) {
        struct slice roles[MATRIX_ROLES];
        matrix_place(&m, room, roles);
        host_preview(a->host, &m, out);
    }
    arena_drop(&a->arena);
}

static void tell_late(struct matrix_preview *p)
{
    struct desk_numbers n;
    uint64_t now_ms = matrix_now_ns(p->adapter) / 1000000;
    desk_numbers(p->desk, &n);
    if (n.timed_out > p->told_of &&
        (p->told_of == 0 || now_ms - p->told_ms > TELL_EACH_MS)) {
        log_warn("matrix: questions before delivery were let through because there was "
                 "no time to judge; what they were about is judged after delivery",
                 LOG_U64("questions", n.timed_out - p->told_of),
                 LOG_U64("asked", n.asked));
        p->told_of = n.timed_out;
        p->told_ms = now_ms;
    }
}

static void on_asked(uv_async_t *asked)
{
    struct matrix_preview *p = asked->data;
    struct adapter *a = p->adapter;
    uint64_t began_ns = matrix_now_ns(a);
    struct question *q;
    while ((q = desk_take(p->desk))) {
        struct preview verdict;
        judge(a, q, &verdict);
        question_answer(p->desk, q, slice_of(verdict.refuse ? verdict.sentence : ""));
        if (matrix_now_ns(a) - began_ns > TURN_NS) {
            uv_async_send(&p->asked);
            break;
        }
    }
    tell_late(p);
}

// On the desk's thread.
static void wake(void *ctx)
{
    uv_async_send(&((struct matrix_preview *)ctx)->asked);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

enum fault matrix_preview_start(struct adapter *a, struct why *why)
{
    const struct matrix_preview_conf *conf = a->conf->preview;
    struct secret token = {0};
    enum fault f =
        secret_load(&token, conf->token_file, "HM_MATRIX_PREVIEW_TOKEN", why);
    struct matrix_preview *p = f ? NULL : calloc(1, sizeof(*p));
    if (!p) {
        secret_wipe(&token);
        return f ? f : FAULT_MEMORY;
    }
    p->adapter = a;
    p->asked.data = p;
    if (uv_async_init(a->host->loop, &p->asked, on_asked)) {
        secret_wipe(&token);
        free(p);
        return FAULT_MEMORY;
    }
    struct desk_settings settings = {
        .listen = conf->listen ? conf->listen : "127.0.0.1",
        .port = conf->port ? conf->port : DEFAULT_PORT,
        .token = &token,
        .clock = *a->host->clock,
        .wake = wake,
        .ctx = p,
    };
    f = desk_open(&p->desk, &settings, why);
    secret_wipe(&token);
    if (f) {
        uv_close((uv_handle_t *)&p->asked, on_closed);
        return f;
    }
    a->preview = p;
    log_info("matrix: the homeserver may ask before it delivers",
             LOG_STR("listen", settings.listen), LOG_U64("port", settings.port));
    return FAULT_NONE;
}

void matrix_preview_stop(struct adapter *a)
{
    struct matrix_preview *p = a->preview;
    if (!p) {
        return;
    }
    a->preview = NULL;
    desk_close(p->desk); // what is still asked is let through
    uv_close((uv_handle_t *)&p->asked, on_closed);
}

void matrix_preview_health(const struct adapter *a, struct adapter_health *out)
{
    struct desk_numbers n;
    if (a->preview) {
        desk_numbers(a->preview->desk, &n);
        out->previews = n.asked;
        out->previews_timed_out = n.timed_out;
        out->preview_longest_ms = (uint32_t)n.longest_ms;
    }
}
