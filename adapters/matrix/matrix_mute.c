// SPDX-License-Identifier: MIT
// A muted member's power level lies below what speaking needs, until the time is over.
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"
#include "bot/base/log.h"

enum { PATH_MOST = 4096, SAVED_MOST = 1 << 20, MUTES_MOST = 5000, TICK_MS = 10000 };

void matrix_mute_load(struct adapter *a)
{
    struct text saved;
    text_init(&saved, SAVED_MOST);
    if (host_cursor_find(a->host, SLICE("mutes"), &saved) == FAULT_NONE) {
        json_t *mutes = json_loadb(text_cstr(&saved), saved.len, 0, NULL);
        if (json_is_array(mutes)) {
            json_decref(a->mutes);
            a->mutes = mutes;
        } else {
            json_decref(mutes);
        }
    }
    text_finish(&saved);
}

static void save(struct adapter *a)
{
    char *json = json_dumps(a->mutes, JSON_COMPACT);
    if (json) {
        host_cursor(a->host, SLICE("mutes"), slice_of(json));
        free(json);
    }
}

// Position of a member's mute, or the count.
static size_t find(const struct adapter *a, struct slice room, struct slice user)
{
    size_t i = 0;
    for (; i < json_array_size(a->mutes); i++) {
        const json_t *m = json_array_get(a->mutes, i);
        if (slice_equal(matrix_text(m, "room"), room) &&
            slice_equal(matrix_text(m, "user"), user)) {
            break;
        }
    }
    return i;
}

static void remember(struct deed *d, const json_t *was)
{
    struct adapter *a = d->adapter;
    size_t at = find(a, d->room, d->author);
    json_t *m = json_array_get(a->mutes, at);
    json_int_t until =
        d->duration_ms ? (json_int_t)(matrix_now_ms(a) + d->duration_ms) : INT64_MAX;
    if (m) { // muted already: what was before stays known
        json_object_set_new(m, "until", json_integer(until));
    } else if (at < MUTES_MOST) {
        m = json_pack("{ss% ss% sI}", "room", d->room.ptr, d->room.len, "user",
                      d->author.ptr, d->author.len, "until", until);
        if (m && json_is_integer(was)) {
            json_object_set_new(m, "was", json_integer(json_integer_value(was)));
        }
        json_array_append_new(a->mutes, m);
    }
    save(a);
}

static void on_lifted(struct deed *d, enum fault f, const struct why *why,
                      const json_t *json)
{
    (void)json;
    struct adapter *a = d->adapter;
    size_t at = find(a, d->room, d->author);
    deed_fail(d, f, why);
    if (f == FAULT_CANCELLED) {
        return;
    }
    if (f && f != FAULT_OFFLINE) {
        log_warn("matrix: a mute could not be lifted", LOG_FAULT(f), LOG_WHY(why));
    }
    if (f != FAULT_OFFLINE && at < json_array_size(a->mutes)) {
        json_array_remove(a->mutes, at);
        save(a);
    }
}

static void on_muted(struct deed *d, enum fault f, const struct why *why,
                     const json_t *json)
{
    (void)json;
    deed_fail(d, f, why);
    if (!f) {
        remember(d, json_object_get(d->content, "was"));
        matrix_mute_kick(d->adapter);
    }
}

static void level_path(struct text *path, struct slice room)
{
    text_init(path, PATH_MOST);
    matrix_room_path(path, room, "/state/m.room.power_levels");
}

static void add(struct deed *d, enum rest_method method, const json_t *body,
                job_done_fn *done)
{
    struct text path;
    level_path(&path, d->room);
    struct job_request request = {
        .method = method, .path = text_cstr(&path), .body = body, .done = done};
    deed_fail(d, jobs_add(d, &request), NULL);
    text_finish(&path);
}

// Below what any message needs, but never raised by it.
static int64_t silent_level(const json_t *levels)
{
    const json_t *events = json_object_get(levels, "events");
    static const char *const spoken[] = {"m.room.message", "m.sticker", "m.reaction"};
    int64_t level = json_integer_value(json_object_get(levels, "events_default"));
    for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++) {
        const json_t *needs = json_object_get(events, spoken[i]);
        if (json_is_integer(needs) && json_integer_value(needs) < level) {
            level = json_integer_value(needs);
        }
    }
    return level - 1;
}

static json_t *changed(const struct deed *d, const json_t *levels, json_t *value)
{
    json_t *copy = json_deep_copy(levels);
    json_t *users = json_object_get(copy, "users");
    char *user = slice_dup(d->author);
    if (!json_is_object(users)) {
        users = json_object();
        json_object_set_new(copy, "users", users);
    }
    if (user && value) {
        json_object_set_new(users, user, value);
    } else if (user) {
        json_object_del(users, user);
    }
    free(user);
    return copy;
}

static void on_levels(struct deed *d, enum fault f, const struct why *why,
                      const json_t *json)
{
    deed_fail(d, f, why);
    if (f) {
        return;
    }
    char *user = slice_dup(d->author);
    const json_t *was =
        user ? json_object_get(json_object_get(json, "users"), user) : NULL;
    free(user);
    json_decref(d->content); // what the member had before
    d->content = json_object();
    if (was) {
        json_object_set(d->content, "was", (json_t *)(uintptr_t)was);
    }
    json_t *levels = changed(d, json, json_integer(silent_level(json)));
    add(d, REST_PUT, levels, on_muted);
    json_decref(levels);
    jobs_kick(d->adapter);
}

static void on_levels_to_lift(struct deed *d, enum fault f, const struct why *why,
                              const json_t *json)
{
    struct adapter *a = d->adapter;
    const json_t *m = json_array_get(a->mutes, find(a, d->room, d->author));
    if (f || !m) {
        on_lifted(d, f, why, NULL);
        return;
    }
    const json_t *was = json_object_get(m, "was");
    json_t *levels =
        changed(d, json, was ? json_integer(json_integer_value(was)) : NULL);
    add(d, REST_PUT, levels, on_lifted);
    json_decref(levels);
    jobs_kick(a);
}

void matrix_mute(struct deed *d, bool lift)
{
    add(d, REST_GET, NULL, lift ? on_levels_to_lift : on_levels);
}

static void on_tick(uv_timer_t *timer)
{
    matrix_mute_kick(timer->data);
}

void matrix_mute_kick(struct adapter *a)
{
    json_int_t now = (json_int_t)matrix_now_ms(a);
    size_t count = json_array_size(a->mutes);
    if (count == 0 || a->stopping) {
        return;
    }
    for (size_t i = 0; i < count && a->phase == PHASE_SYNC; i++) {
        json_t *m = json_array_get(a->mutes, i);
        if (json_integer_value(json_object_get(m, "until")) > now) {
            continue;
        }
        struct action what = {.space = matrix_text(m, "room"),
                              .author_id = matrix_text(m, "user")};
        struct deed *d = deed_create(a, &what, 0);
        if (!d) {
            break;
        }
        d->own = true;
        // Not again while this one is under way.
        json_object_set_new(m, "until", json_integer(now + 60000));
        matrix_mute(d, true);
        jobs_kick(a);
        deed_release(d);
    }
    uv_timer_start(&a->mute_timer, on_tick, TICK_MS, 0);
}
