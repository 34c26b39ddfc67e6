// SPDX-License-Identifier: MIT
// The dispatcher of Discord's gateway and a page of history: whatever a peer sends, the
// adapter skips or takes it, never more. Input: lines of "EVENT JSON"; history lines say
// "HISTORY". Requests that follow are queued to an address where nobody listens.
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_backfill.h"
#include "adapters/discord/discord_hide.h"
#include "adapters/discord/discord_json.h"
#include "bot/base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t touched; // so that no read of a message is optimised away

static void touch(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        touched += (unsigned char)s.ptr[i];
    }
}

static void on_message(struct adapter_host *h, const struct message *m)
{
    (void)h;
    struct slice all[] = {m->space,       m->channel,  m->thread,
                          m->id,          m->revision, m->author_id,
                          m->author_name, m->text,     m->reply_to};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        touch(all[i]);
    }
    for (size_t i = 0; i < m->part_count; i++) {
        touch(m->parts[i].text);
    }
    for (size_t i = 0; i < m->author_role_count; i++) {
        touch(m->author_roles[i]);
    }
    for (size_t i = 0; i < m->attachment_count; i++) {
        touch(m->attachments[i]);
    }
}

static void on_decision(struct adapter_host *h, const struct decision *d)
{
    (void)h;
    touch(d->moderator_name);
}

static void on_gap(struct adapter_host *h, const struct gap *g)
{
    (void)h;
    touch(g->reason);
}

static void on_link(struct adapter_host *h, enum link_state now, const struct why *why)
{
    (void)h, (void)now, (void)why;
}

static void on_outcome(struct adapter_host *h, uint64_t ticket, enum fault f,
                       const struct why *why, struct slice remote_id)
{
    (void)h, (void)ticket, (void)f, (void)why;
    touch(remote_id);
}

static void on_cursor(struct adapter_host *h, struct slice key, struct slice value)
{
    (void)h;
    touch(key);
    touch(value);
}

static enum fault on_cursor_find(struct adapter_host *h, struct slice key,
                                 struct text *out)
{
    (void)h;
    // Every server is known and every channel lags behind.
    return slice_starts_with(key, SLICE("shard")) ? FAULT_ABSENT
                                                  : text_add(out, SLICE("1000"));
}

static void on_technician(struct adapter_host *h, struct slice key, struct slice said)
{
    (void)h;
    touch(key);
    touch(said);
}

static void on_joined(struct adapter_host *h, struct slice space, struct slice member,
                      uint64_t at_ms, uint64_t created_ms)
{
    (void)h, (void)at_ms, (void)created_ms;
    touch(space);
    touch(member);
}

static bool on_busy(const struct adapter_host *h)
{
    (void)h;
    return false;
}

static void ignore_line(const char *line, void *ctx)
{
    (void)line, (void)ctx;
}

static void one_stopped(void *ctx)
{
    --*(int *)ctx;
}

static void feed(struct adapter *a, struct slice lines)
{
    while (lines.len) {
        struct slice rest, body;
        struct slice line = slice_cut(lines, '\n', &rest);
        struct slice event = slice_cut(line, ' ', &body);
        json_t *json = discord_parse(body);
        if (slice_is(event, "HISTORY")) {
            struct discord_channel *c = discord_state_channel(&a->state, json, 33);
            if (c) {
                discord_take_history(a, c, json);
            }
        } else {
            discord_event(a, 0, event, json, 1);
        }
        json_decref(json);
        lines = rest;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    log_set_sink(ignore_line, NULL);
    static char channel[] = "22";
    static const struct discord_conf conf = {.alert_channel = channel, .automod = true};
    struct clock clock = clock_real();
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct adapter_host host = {.loop = &loop,
                                .clock = &clock,
                                .message = on_message,
                                .decision = on_decision,
                                .gap = on_gap,
                                .link = on_link,
                                .outcome = on_outcome,
                                .cursor = on_cursor,
                                .cursor_find = on_cursor_find,
                                .technician = on_technician,
                                .joined = on_joined,
                                .busy = on_busy};
    struct adapter a = {.host = &host, .conf = &conf, .shard_count = 1};
    a.state.me = 7;
    arena_init(&a.arena, 4096, 1 << 20);
    a.recent = calloc(RECENT_SLOTS, sizeof(*a.recent));
    struct discord_settings settings = {.loop = &loop,
                                        .clock = &clock,
                                        .base_url = "http://127.0.0.1:1",
                                        .token = "token",
                                        .user_agent = discord_user_agent};
    if (!a.recent || discord_client_open(&a.client, &settings, NULL) ||
        discord_hide_create(&a.hide, &host, a.client) ||
        discord_backfill_create(&a.backfill, &a)) {
        abort();
    }
    feed(&a, slice_make((const char *)data, size));
    uv_run(&loop, UV_RUN_NOWAIT);
    int left = 2;
    discord_hide_stop(a.hide);
    discord_backfill_stop(a.backfill, one_stopped, &left);
    discord_client_stop(a.client, one_stopped, &left);
    while (left && uv_run(&loop, UV_RUN_ONCE)) {
    }
    discord_hide_destroy(a.hide);
    discord_backfill_destroy(a.backfill);
    discord_client_close(a.client);
    discord_restore_finish(&a);
    discord_notice_finish(&a);
    discord_state_finish(&a.state);
    arena_finish(&a.arena);
    free(a.recent);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return 0;
}
