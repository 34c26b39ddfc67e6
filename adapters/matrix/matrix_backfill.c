// SPDX-License-Identifier: MIT
// Limited timelines, oldest first. Each gap is kept as a cursor until it is filled, so
// that live messages and their cursor need not wait for it.
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"
#include "bot/base/log.h"

enum { PAGE = 100, GAPS_MOST = 20000, SAVED_MOST = 1 << 20, BUSY_MS = 50 };

static const char members[] = "{\"lazy_load_members\":true}";

void matrix_backfill_load(struct adapter *a)
{
    struct text saved;
    text_init(&saved, SAVED_MOST);
    if (host_cursor_find(a->host, SLICE("gaps"), &saved) == FAULT_NONE) {
        json_t *gaps = json_loadb(text_cstr(&saved), saved.len, 0, NULL);
        if (json_is_array(gaps)) {
            json_decref(a->gaps);
            a->gaps = gaps;
        } else {
            json_decref(gaps);
        }
    }
    text_finish(&saved);
}

static void save(struct adapter *a)
{
    char *json = json_dumps(a->gaps, JSON_COMPACT);
    if (json) {
        host_cursor(a->host, SLICE("gaps"), slice_of(json));
        free(json);
    }
}

void matrix_backfill_add(struct adapter *a, struct slice room, struct slice from,
                         struct slice to)
{
    size_t count = json_array_size(a->gaps);
    for (size_t i = 0; i < count; i++) {
        const json_t *g = json_array_get(a->gaps, i);
        if (slice_equal(matrix_text(g, "room"), room) &&
            slice_equal(matrix_text(g, "start"), from)) {
            return; // the same sync, told again after a crash
        }
    }
    json_t *gap = count < GAPS_MOST
                      ? json_pack("{ss% ss% ss% ss%}", "room", room.ptr, room.len,
                                  "start", from.ptr, from.len, "from", from.ptr,
                                  from.len, "to", to.ptr, to.len)
                      : NULL;
    if (!gap || json_array_append_new(a->gaps, gap)) {
        struct gap lost = {.space = room,
                           .channel = room,
                           .reason = SLICE("too many rooms have gaps at once")};
        host_gap(a->host, &lost);
        return;
    }
    log_info("matrix: a room said more than one answer holds; the rest is being read",
             LOG_U64("rooms", count + 1));
    save(a);
}

static void drop_gap(struct adapter *a)
{
    json_array_remove(a->gaps, a->gap);
    save(a);
    if (json_array_size(a->gaps) == 0) {
        log_info("matrix: every gap is filled");
    }
}

static void give_up(struct adapter *a, const json_t *gap, const struct why *why)
{
    struct room *room = rooms_find(&a->rooms, matrix_text(gap, "room"));
    struct gap lost = {.space = matrix_text(gap, "room"),
                       .channel = room ? room_channel(room) : matrix_text(gap, "room"),
                       .to_unix_ms = matrix_now_ms(a),
                       .reason = slice_of(why->text)};
    host_gap(a->host, &lost);
    drop_gap(a);
}

static void take_page(struct adapter *a, json_t *gap, const json_t *page)
{
    const json_t *state = json_object_get(page, "state");
    const json_t *chunk = json_object_get(page, "chunk");
    struct slice end = matrix_text(page, "end");
    struct room *room = rooms_find(&a->rooms, matrix_text(gap, "room"));
    for (size_t i = 0; room && i < json_array_size(state); i++) {
        struct matrix_event e;
        if (matrix_event_read(&e, json_array_get(state, i)) == FAULT_NONE &&
            slice_is(e.type, "m.room.member")) {
            room_take_state(room, &e);
        }
    }
    for (size_t i = 0; room && i < json_array_size(chunk); i++) {
        matrix_event(a, room, json_array_get(chunk, i), true, 0);
    }
    bool over = !room || json_array_size(chunk) == 0 || end.len == 0 ||
                slice_equal(end, matrix_text(gap, "from"));
    if (over) {
        drop_gap(a);
        return;
    }
    json_object_set_new(gap, "from", json_stringn(end.ptr, end.len));
    save(a);
    a->gap++; // the next room has its turn
}

static void on_timer(uv_timer_t *timer)
{
    matrix_backfill_kick(timer->data);
}

static void on_page(void *ctx, const struct rest_answer *answer)
{
    struct adapter *a = ctx;
    struct why why = {0};
    json_t *page;
    bool token_lost = false;
    uint64_t wait = 0;
    enum fault f = matrix_answer(answer, &page, &token_lost, &why);
    json_t *gap = json_array_get(a->gaps, a->gap);
    a->filling = false;
    if (a->stopping || !gap) {
        json_decref(page);
        return;
    }
    if (token_lost) {
        matrix_login_lost(a, json_is_true(json_object_get(page, "soft_logout")));
    } else if (f == FAULT_THROTTLED) {
        a->health.throttled++;
        wait = why.wait_ms;
    } else if (f == FAULT_OFFLINE || f == FAULT_MEMORY || f == FAULT_CANCELLED) {
        wait = backoff_next_ms(&a->fill_backoff, backoff_random()) + 1;
    } else if (f) {
        give_up(a, gap, &why);
    } else {
        a->fill_backoff = (struct backoff){0};
        take_page(a, gap, page);
    }
    json_decref(page);
    uv_timer_start(&a->fill_timer, on_timer, wait, 0);
}

void matrix_backfill_kick(struct adapter *a)
{
    size_t count = json_array_size(a->gaps);
    if (a->filling || count == 0 || a->phase != PHASE_SYNC || a->stopping) {
        return;
    }
    if (host_busy(a->host)) {
        uv_timer_start(&a->fill_timer, on_timer, BUSY_MS, 0);
        return;
    }
    a->gap = a->gap < count ? a->gap : 0;
    const json_t *gap = json_array_get(a->gaps, a->gap);
    struct text path;
    text_init(&path, 64 << 10);
    matrix_room_path(&path, matrix_text(gap, "room"), "/messages?dir=f&limit=");
    text_add_format(&path, "%d&from=", PAGE);
    matrix_escape(&path, matrix_text(gap, "from"));
    text_add_str(&path, "&to=");
    matrix_escape(&path, matrix_text(gap, "to"));
    text_add_str(&path, "&filter=");
    matrix_escape(&path, slice_of(members));
    a->filling = true;
    matrix_get(a, text_cstr(&path), 0, on_page);
    text_finish(&path);
}
