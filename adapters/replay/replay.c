// SPDX-License-Identifier: MIT
#include "adapters/replay/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/replay/replay_decode.h"
#include "bot/base/log.h"
#include "bot/base/paths.h"

enum {
    FILE_MOST = 512 << 20,
    BATCH = 256,      // messages handed over before the loop gets its turn
    BUSY_WAIT_MS = 5, // while the core's queue is full
    PACE_MOST_MS = 60 * 60 * 1000,
};

static const struct slice cursor_key = {"position", 8};

struct conf {
    char *file; // "-": standard input
    bool pace;  // at the recording's own pace
};

struct adapter {
    struct adapter_host *host;
    const struct conf *conf;
    char *bytes;
    size_t len;
    struct replay_decoder decoder;
    uint64_t position; // messages read so far
    uint64_t skip;     // already handed over before the restart
    uint64_t bad;
    uint64_t last_at_ms;
    uint64_t started_ms;
    uv_timer_t timer;
    bool timer_open;
    enum link_state link;
    adapter_stopped_fn *stopped;
    void *stopped_ctx;
};

static const char *path_of(const struct adapter *a)
{
    return strcmp(a->conf->file, "-") == 0 ? "/dev/stdin" : a->conf->file;
}

static enum fault replay_adapter_open(struct adapter **out, struct adapter_host *host,
                                      const void *conf, struct why *why)
{
    struct adapter *a = calloc(1, sizeof(*a));
    if (!a) {
        return FAULT_MEMORY;
    }
    a->host = host;
    a->conf = conf;
    enum fault f = paths_read(path_of(a), FILE_MOST, &a->bytes, &a->len, why);
    f = f ? f : replay_open(&a->decoder, slice_make(a->bytes, a->len), why);
    if (f) {
        free(a->bytes);
        free(a);
        return f;
    }
    *out = a;
    return FAULT_NONE;
}

static void say_cursor(struct adapter *a)
{
    char value[24];
    int n = snprintf(value, sizeof(value), "%llu", (unsigned long long)a->position);
    host_cursor(a->host, cursor_key, slice_make(value, (size_t)n));
}

static void finish(struct adapter *a)
{
    say_cursor(a);
    a->link = LINK_DOWN;
    log_info("replay: the recording is at its end", LOG_U64("messages", a->position),
             LOG_U64("bad_lines", a->bad));
    host_link(a->host, LINK_DOWN, NULL);
}

// Milliseconds until a message that was posted at at_ms is due.
static uint64_t pace_ms(struct adapter *a, uint64_t at_ms)
{
    uint64_t before = a->last_at_ms;
    a->last_at_ms = at_ms ? at_ms : before;
    if (!a->conf->pace || !before || at_ms <= before) {
        return 0;
    }
    uint64_t wait = at_ms - before;
    return wait < PACE_MOST_MS ? wait : PACE_MOST_MS;
}

static void on_timer(uv_timer_t *timer)
{
    struct adapter *a = timer->data;
    if (host_busy(a->host)) {
        uv_timer_start(timer, on_timer, BUSY_WAIT_MS, 0);
        return;
    }
    uint64_t wait = 0;
    for (unsigned n = 0; n < BATCH && wait == 0; n++) {
        struct message m;
        struct why why = {0};
        enum fault f = replay_next(&a->decoder, &m, &why);
        if (f == FAULT_ABSENT) {
            finish(a);
            return;
        }
        a->position++;
        if (f) {
            a->bad++;
            log_warn("replay: a line could not be read", LOG_WHY(&why));
        } else if (a->position > a->skip) {
            wait = pace_ms(a, m.at_unix_ms);
            m.frame_at_ns = clock_monotonic_ns(a->host->clock);
            host_message(a->host, &m);
        }
    }
    say_cursor(a);
    uv_timer_start(timer, on_timer, wait, 0);
}

static enum fault replay_start(struct adapter *a, struct why *why)
{
    (void)why;
    struct text saved;
    text_init(&saved, 64);
    if (host_cursor_find(a->host, cursor_key, &saved) == FAULT_NONE &&
        slice_u64(text_slice(&saved), &a->skip)) {
        a->skip = 0;
    }
    text_finish(&saved);
    uv_timer_init(a->host->loop, &a->timer);
    a->timer_open = true;
    a->timer.data = a;
    a->started_ms = clock_unix_ms(a->host->clock);
    a->link = LINK_UP;
    host_link(a->host, LINK_UP, NULL);
    uv_timer_start(&a->timer, on_timer, 0, 0);
    return FAULT_NONE;
}

static enum fault replay_act(struct adapter *a, const struct action *what,
                             uint64_t ticket)
{
    // A recording cannot be changed: what would have been done stands in the case.
    host_outcome(a->host, ticket, FAULT_NONE, NULL, what->message_id);
    return FAULT_NONE;
}

static void replay_health(const struct adapter *a, struct adapter_health *out)
{
    *out = (struct adapter_health){.link = a->link, .up_since_unix_ms = a->started_ms};
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct adapter *a = handle->data;
    a->timer_open = false;
    a->stopped(a->stopped_ctx);
}

static void replay_stop(struct adapter *a, adapter_stopped_fn *stopped, void *ctx)
{
    a->stopped = stopped;
    a->stopped_ctx = ctx;
    uv_close((uv_handle_t *)&a->timer, on_timer_closed);
}

static void replay_close(struct adapter *a)
{
    if (a) {
        replay_finish(&a->decoder);
        free(a->bytes);
        free(a);
    }
}

static const cyaml_schema_field_t conf_fields[] = {
    CYAML_FIELD_STRING_PTR("file", CYAML_FLAG_POINTER, struct conf, file, 1, 4096),
    CYAML_FIELD_BOOL("pace", CYAML_FLAG_OPTIONAL, struct conf, pace), CYAML_FIELD_END};

const struct adapter_ops replay_adapter = {
    .name = "replay",
    .can = CAN_HIDE | CAN_RESTORE,
    .conf_fields = conf_fields,
    .conf_bytes = sizeof(struct conf),
    .open = replay_adapter_open,
    .start = replay_start,
    .act = replay_act,
    .health = replay_health,
    .stop = replay_stop,
    .close = replay_close,
};
