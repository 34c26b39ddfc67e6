// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"
#include "bot/base/log.h"

enum {
    POLL_MS = 30000,
    POLL_GRACE_MS = 15000,
    FULL_MS = 180000, // everything about all rooms
    PATH_MOST = 32 << 10,
    TIMELINE = 100, // events of a room in one answer
};

// Nothing that is neither shown to members nor needed to know the rooms.
static const char filter[] =
    "{\"presence\":{\"not_types\":[\"*\"]},\"account_data\":{\"not_types\":[\"*\"]},"
    "\"room\":{\"ephemeral\":{\"not_types\":[\"*\"]},\"account_data\":{\"not_types\":["
    "\"*\"]},"
    "\"state\":{\"lazy_load_members\":true},"
    "\"timeline\":{\"limit\":%d,\"lazy_load_members\":true}}}";

static void send_sync(struct adapter *a);

static void save_since(struct adapter *a)
{
    if (a->holds == 0 && a->since.len) {
        host_cursor(a->host, SLICE("since"), text_slice(&a->since));
    }
}

void matrix_sync_release(struct adapter *a)
{
    a->holds--;
    if (!a->stopping) {
        save_since(a);
    }
}

static bool is_own(const struct adapter *a, struct slice user)
{
    return slice_is(user, a->user_id);
}

static void take_membership(struct adapter *a, struct room *room,
                            const struct matrix_event *e)
{
    bool joins = slice_is(matrix_text(e->content, "membership"), "join");
    const json_t *was =
        json_object_get(json_object_get(e->json, "unsigned"), "prev_content");
    bool joined = slice_is(matrix_text(was, "membership"), "join");
    if (is_own(a, e->state_key)) {
        room->joined = joins;
    } else if (joins && !joined) {
        host_joined(a->host, slice_of(room->id), e->state_key, e->at_unix_ms, 0);
    }
}

// A room that the settings name keeps that name.
static void inherit(struct adapter *a, struct room *room)
{
    const struct matrix_conf *conf = a->conf;
    if (!matrix_listed(conf->rooms, conf->rooms_count, slice_of(room->id)) &&
        !matrix_is_control(a, room)) {
        rooms_inherit(&a->rooms, room);
    }
}

static void follow_tombstone(struct adapter *a, struct room *room,
                             const struct matrix_event *e)
{
    struct slice next = matrix_text(e->content, "replacement_room");
    struct slice via = slice_of("");
    slice_cut(e->sender, ':', &via);
    if (next.len == 0 || next.len > MATRIX_ID_MOST || next.ptr[0] != '!') {
        return;
    }
    struct room *there = rooms_find(&a->rooms, next);
    if (there) {
        inherit(a, there);
        return;
    }
    matrix_tell(
        a, "tombstone", room,
        "A room was replaced by a new one; hallmonitor follows. Give it a power "
        "level of 50 there, and name the new room in the settings.");
    matrix_join(a, next, via);
}

static void tell_encrypted(struct adapter *a, struct room *room)
{
    if (room->told_encrypted) {
        return;
    }
    room->told_encrypted = true;
    struct text sentence;
    text_init(&sentence, 1024);
    text_add_format(
        &sentence,
        matrix_is_control(a, room)
            ? "The control room %s is encrypted: words in reply to an alert "
              "cannot be read there, only reactions decide, and alerts are "
              "not encrypted. Use a room without encryption."
            : "The room %s is encrypted: its messages cannot be read and "
              "are not judged. Only a new room without encryption can be "
              "moderated.",
        room->alias ? room->alias : room->id);
    matrix_tell(a, "encrypted", room, text_cstr(&sentence));
    text_finish(&sentence);
}

static void take_state(struct adapter *a, struct room *room,
                       const struct matrix_event *e, bool live)
{
    room_take_state(room, e);
    if (slice_is(e->type, "m.room.member")) {
        if (live || is_own(a, e->state_key)) {
            take_membership(a, room, e);
        }
    } else if (slice_is(e->type, "m.room.create")) {
        inherit(a, room);
    } else if (slice_is(e->type, "m.room.encryption")) {
        tell_encrypted(a, room);
    } else if (slice_is(e->type, "m.room.tombstone")) {
        follow_tombstone(a, room, e);
    } else if (live && slice_is(e->type, "m.room.power_levels")) {
        matrix_check_rights(a, room);
    }
}

void matrix_place(struct message *m, const struct room *room,
                  struct slice roles[MATRIX_ROLES])
{
    int64_t power = room_power(room, m->author_id);
    roles[0] = m->author_id;
    roles[1] = SLICE("member");
    if (power >= 50) {
        roles[1] = power >= 100 ? SLICE("admin") : SLICE("moderator");
    }
    m->space = slice_of(room->id);
    m->channel = room_channel(room);
    m->author_name = room_member_name(room, m->author_id);
    m->author_roles = roles;
    m->author_role_count = MATRIX_ROLES;
}

static void hand_over(struct adapter *a, struct room *room,
                      const struct matrix_event *e, bool backfilled,
                      uint64_t frame_at_ns)
{
    struct message m;
    enum fault f = matrix_decode(&m, &a->arena, e);
    if (f == FAULT_NONE) {
        struct slice roles[MATRIX_ROLES];
        matrix_place(&m, room, roles);
        m.thread = m.thread.len ? m.thread : recent_thread(&a->recent, m.id);
        m.frame_at_ns = frame_at_ns;
        m.backfilled = backfilled;
        host_message(a->host, &m);
    } else if (f != FAULT_ABSENT) {
        log_error("matrix: an event could not be read", LOG_FAULT(f));
    }
    arena_drop(&a->arena);
}

void matrix_event(struct adapter *a, struct room *room, const json_t *event,
                  bool backfilled, uint64_t frame_at_ns)
{
    struct matrix_event e;
    if (matrix_event_read(&e, event)) {
        log_debug("matrix: an event without type, id or sender was left out");
        return;
    }
    if (e.is_state && !backfilled) {
        take_state(a, room, &e, true);
    }
    if (is_own(a, e.sender)) {
        return;
    }
    if (backfilled && recent_known(&a->recent, e.id)) {
        return; // came live; judged twice, it would count twice for what adds up
    }
    recent_seen(&a->recent, e.id, matrix_relation(&e, "m.thread"));
    a->health.last_event_unix_ms = e.at_unix_ms;
    if (matrix_is_control(a, room)) {
        matrix_control(a, room, &e);
        return;
    }
    if (slice_is(e.type, "m.room.encrypted")) {
        tell_encrypted(a, room);
        return;
    }
    struct slice original = matrix_relation(&e, "m.replace");
    if (original.len && !e.is_state) {
        recent_edited(&a->recent, original, e.id, e.sender);
        if (slice_equal(hidden_author(&a->hidden, original), e.sender)) {
            matrix_hide_late(a, room, &e);
        }
    }
    hand_over(a, room, &e, backfilled, frame_at_ns);
}

// Finds our own joining: *first is the offset of what came after it.
static bool find_join(const struct adapter *a, const json_t *events, size_t *first)
{
    for (size_t i = json_array_size(events); i > 0; i--) {
        const json_t *event = json_array_get(events, i - 1);
        const json_t *was =
            json_object_get(json_object_get(event, "unsigned"), "prev_content");
        if (slice_is(matrix_text(event, "type"), "m.room.member") &&
            is_own(a, matrix_text(event, "state_key")) &&
            slice_is(matrix_text(json_object_get(event, "content"), "membership"),
                     "join") &&
            !slice_is(matrix_text(was, "membership"), "join")) {
            *first = i;
            return true;
        }
    }
    return false;
}

static void take_room(struct adapter *a, const char *id, const json_t *news,
                      struct slice next_batch, uint64_t frame_at_ns)
{
    struct room *room = rooms_add(&a->rooms, slice_of(id));
    const json_t *timeline = json_object_get(news, "timeline");
    const json_t *events = json_object_get(timeline, "events");
    const json_t *state = json_object_get(json_object_get(news, "state"), "events");
    if (!room) {
        return;
    }
    for (size_t i = 0; i < json_array_size(state); i++) {
        struct matrix_event e;
        if (matrix_event_read(&e, json_array_get(state, i)) == FAULT_NONE) {
            take_state(a, room, &e, false);
        }
    }
    // What was said before we came is not ours to judge.
    size_t first = 0;
    bool entered = find_join(a, events, &first);
    bool judged = entered || !a->never_synced;
    if (judged && !entered && json_is_true(json_object_get(timeline, "limited"))) {
        matrix_backfill_add(a, slice_of(id), text_slice(&a->since), next_batch);
    }
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        if (judged && i >= first) {
            matrix_event(a, room, event, false, frame_at_ns);
        } else {
            struct matrix_event e;
            if (matrix_event_read(&e, event) == FAULT_NONE && e.is_state) {
                take_state(a, room, &e, false);
            }
        }
    }
    room->joined = true;
    matrix_check_rights(a, room);
}

static void take_invitation(struct adapter *a, const char *id, const json_t *news)
{
    const json_t *events =
        json_object_get(json_object_get(news, "invite_state"), "events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *e = json_array_get(events, i);
        struct slice sender = matrix_text(e, "sender");
        if (!slice_is(matrix_text(e, "type"), "m.room.member") ||
            !is_own(a, matrix_text(e, "state_key"))) {
            continue;
        }
        struct slice via = slice_of("");
        slice_cut(sender, ':', &via);
        if (matrix_listed(a->conf->inviters, a->conf->inviters_count, sender)) {
            matrix_join(a, slice_of(id), via);
        } else {
            log_info("matrix: an invitation by somebody not listed was declined");
            matrix_leave(a, slice_of(id));
        }
        return;
    }
}

static void take_sync(struct adapter *a, const json_t *json, struct slice next_batch,
                      uint64_t frame_at_ns)
{
    const json_t *rooms = json_object_get(json, "rooms");
    const char *id;
    json_t *news;
    json_object_foreach(json_object_get(rooms, "join"), id, news)
    {
        take_room(a, id, news, next_batch, frame_at_ns);
    }
    json_object_foreach(json_object_get(rooms, "invite"), id, news)
    {
        take_invitation(a, id, news);
    }
    json_object_foreach(json_object_get(rooms, "leave"), id, news)
    {
        struct room *room = rooms_find(&a->rooms, slice_of(id));
        if (room && room->joined) {
            room->joined = false;
            matrix_tell(a, "left", room,
                        "hallmonitor was removed from a room and no longer reads it. "
                        "Invite it again if that was a mistake.");
        }
    }
}

static void came_up(struct adapter *a)
{
    backoff_up(&a->backoff, matrix_now_ns(a));
    a->progress = true;
    if (a->health.link != LINK_UP) {
        a->health.link = LINK_UP;
        a->health.up_since_unix_ms = matrix_now_ms(a);
        host_link(a->host, LINK_UP, NULL);
    }
    jobs_kick(a);
    matrix_backfill_kick(a);
    matrix_mute_kick(a);
}

static void on_synced(void *ctx, const struct rest_answer *answer)
{
    struct adapter *a = ctx;
    struct why why = {0};
    json_t *json;
    bool token_lost = false;
    uint64_t frame_at_ns = answer->answered_ns;
    a->sync_request = 0;
    if (a->stopping || answer->fault == FAULT_CANCELLED) {
        return;
    }
    enum fault f = matrix_answer(answer, &json, &token_lost, &why);
    struct slice next_batch = matrix_text(json, "next_batch");
    if (!f && next_batch.len == 0) {
        f = fault_say(&why, FAULT_OFFLINE, "a /sync without next_batch");
    }
    if (token_lost) {
        matrix_login_lost(a, json_is_true(json_object_get(json, "soft_logout")));
    } else if (f) {
        // Fewer events a room next time; the rest is read page by page.
        a->answer_too_long = f == FAULT_LIMIT;
        matrix_login_retry(a, &why);
    } else {
        a->answer_too_long = false;
        take_sync(a, json, next_batch, frame_at_ns);
        text_clear(&a->since);
        if (text_add(&a->since, next_batch)) {
            text_clear(&a->since); // a token beyond all sense: begin anew
        }
        a->full_state = false;
        a->never_synced = false;
        save_since(a);
        came_up(a);
        send_sync(a);
    }
    json_decref(json);
}

static void send_sync(struct adapter *a)
{
    struct text path;
    bool whole = a->full_state || a->since.len == 0;
    // After every new start an answer without waiting: what is queued waits for it.
    bool at_once = whole || a->health.link != LINK_UP;
    if (a->phase != PHASE_SYNC || a->stopping) {
        return;
    }
    text_init(&path, PATH_MOST);
    text_add_format(&path, "/_matrix/client/v3/sync?timeout=%d&set_presence=offline",
                    at_once ? 0 : POLL_MS);
    text_add_str(&path, "&filter=");
    char with_limit[sizeof(filter) + 16];
    snprintf(with_limit, sizeof(with_limit), filter, a->answer_too_long ? 1 : TIMELINE);
    matrix_escape(&path, slice_of(with_limit));
    if (a->since.len) {
        text_add_str(&path, "&since=");
        matrix_escape(&path, text_slice(&a->since));
        text_add_str(&path, a->full_state ? "&full_state=true" : "");
    }
    struct rest_request request = {.method = REST_GET,
                                   .path = text_cstr(&path),
                                   .timeout_ms =
                                       whole ? FULL_MS : POLL_MS + POLL_GRACE_MS,
                                   .done = on_synced,
                                   .ctx = a};
    if (rest_send(a->rest, &request, &a->sync_request)) {
        struct why why = {0};
        fault_say(&why, FAULT_MEMORY, "a request could not be sent");
        matrix_login_retry(a, &why);
    }
    text_finish(&path);
}

void matrix_sync_stop(struct adapter *a)
{
    if (a->sync_request) {
        rest_cancel(a->rest, a->sync_request);
    }
}

void matrix_sync_start(struct adapter *a)
{
    matrix_sync_stop(a); // there is never more than one
    if (a->stopping) {
        return;
    }
    a->phase = PHASE_SYNC;
    send_sync(a);
}
