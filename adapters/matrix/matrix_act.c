// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"
#include "bot/base/log.h"

enum {
    REDACTED_MOST = 16384,
    PATH_MOST = 4096,
    EDIT_PAGES_MOST = 50,
    REASON_MOST = 500
};

static void add_job(struct deed *d, enum rest_method method, struct text *path,
                    const json_t *body, struct slice event, job_done_fn *done)
{
    struct job_request request = {.method = method,
                                  .path = text_cstr(path),
                                  .body = body,
                                  .event = event,
                                  .done = done};
    enum fault f = text_failed(path) ? FAULT_INPUT : jobs_add(d, &request);
    text_finish(path);
    deed_fail(d, f, NULL);
}

void matrix_redacted(struct adapter *a, struct slice event_id)
{
    char *key = slice_dup(event_id);
    if (json_object_size(a->redacted) >= REDACTED_MOST) {
        json_object_clear(a->redacted); // asking once more gives the same redaction
    }
    if (key) {
        json_object_set_new(a->redacted, key, json_true());
    }
    free(key);
}

bool matrix_is_redacted(const struct adapter *a, const char *event_id)
{
    return json_object_get(a->redacted, event_id) != NULL;
}

// The transaction id is the event's: however often it is asked, there is one redaction.
static void redact(struct deed *d, struct slice event, job_done_fn *done)
{
    struct text path;
    text_init(&path, PATH_MOST);
    matrix_room_path(&path, d->room, "/redact/");
    matrix_escape(&path, event);
    text_add_format(&path, "/hm-r-%016llx", (unsigned long long)slice_hash(event));
    struct slice reason = slice_sub(d->reason, 0, REASON_MOST);
    json_t *body =
        json_pack("{ss%}", "reason", reason.len ? reason.ptr : "", reason.len);
    add_job(d, REST_PUT, &path, body, event, done);
    json_decref(body);
}

static void on_redacted(struct deed *d, enum fault f, const struct why *why,
                        const json_t *json)
{
    (void)json;
    if (f == FAULT_ABSENT) {
        f = FAULT_NONE; // gone already
    }
    deed_fail(d, f, why);
}

// A homeserver lists no edits of what is redacted: so the original goes last, and a retry
// after a crash still finds its edits.
static void redact_original(struct deed *d)
{
    if (d->edits_left == 0 && !d->asking &&
        (d->fault == FAULT_NONE || d->fault == FAULT_DENIED)) {
        redact(d, d->target, on_redacted);
    }
}

static void on_edit_redacted(struct deed *d, enum fault f, const struct why *why,
                             const json_t *json)
{
    d->edits_left--;
    on_redacted(d, f, why, json);
    redact_original(d);
}

static void redact_edit(struct deed *d, struct slice edit)
{
    d->edits_left++;
    redact(d, edit, on_edit_redacted);
}

static void ask_edits(struct deed *d, struct slice from);

// An edit by anybody else is no edit; it is judged as a message of its own.
static void on_edits(struct deed *d, enum fault f, const struct why *why,
                     const json_t *json)
{
    const json_t *chunk = json_object_get(json, "chunk");
    d->asking = false;
    for (size_t i = 0; i < json_array_size(chunk); i++) {
        struct matrix_event e;
        if (matrix_event_read(&e, json_array_get(chunk, i)) == FAULT_NONE &&
            slice_equal(e.sender, d->author) && json_object_size(e.content) > 0) {
            redact_edit(d, e.id);
        }
    }
    struct slice next = matrix_text(json, "next_batch");
    if (next.len && ++d->pages < EDIT_PAGES_MOST) {
        ask_edits(d, next);
    }
    deed_fail(d, f == FAULT_ABSENT ? FAULT_NONE : f, why);
    redact_original(d);
}

static void ask_edits(struct deed *d, struct slice from)
{
    struct text path;
    text_init(&path, PATH_MOST);
    text_add_str(&path, "/_matrix/client/v1/rooms/");
    matrix_escape(&path, d->room);
    text_add_str(&path, "/relations/");
    matrix_escape(&path, d->target);
    text_add_str(&path, "/m.replace?limit=100");
    if (from.len) {
        text_add_str(&path, "&from=");
        matrix_escape(&path, from);
    }
    d->asking = true;
    add_job(d, REST_GET, &path, NULL, slice_of(""), on_edits);
}

static void hide(struct deed *d, const struct action *what)
{
    struct adapter *a = d->adapter;
    const json_t *edits = NULL;
    if (what->revision.len) {
        redact(d, d->target, on_redacted);
        return;
    }
    // From here on edits that arrive go as well.
    hidden_add(&a->hidden, a->host, d->target, d->author);
    if (!recent_find(&a->recent, d->target, &edits)) {
        ask_edits(d, slice_of(""));
        return;
    }
    for (size_t i = 0; i < json_array_size(edits); i++) {
        const json_t *edit = json_array_get(edits, i);
        if (slice_is(d->author, json_string_value(json_array_get(edit, 1)))) {
            redact_edit(d, slice_of(json_string_value(json_array_get(edit, 0))));
        }
    }
    redact_original(d);
}

static void on_sent(struct deed *d, enum fault f, const struct why *why,
                    const json_t *json)
{
    deed_fail(d, f, why);
    text_add(&d->remote_id, matrix_text(json, "event_id"));
}

void matrix_send(struct deed *d, struct slice room, const char *what)
{
    struct text path;
    text_init(&path, PATH_MOST);
    matrix_room_path(&path, room, "/send/m.room.message/hm-");
    text_add_format(&path, "%s-%llu-%016llx", what, (unsigned long long)d->id,
                    (unsigned long long)slice_hash(d->target));
    if (!d->content) {
        deed_fail(d, FAULT_MEMORY, NULL);
    }
    add_job(d, REST_PUT, &path, d->content, slice_of(""), on_sent);
}

static void on_done(struct deed *d, enum fault f, const struct why *why,
                    const json_t *json)
{
    (void)json;
    deed_fail(d, f, why);
}

static void ban(struct deed *d)
{
    struct text path;
    text_init(&path, PATH_MOST);
    matrix_room_path(&path, d->room, "/ban");
    struct slice reason = slice_sub(d->reason, 0, REASON_MOST);
    json_t *body = json_pack("{ss% ss%}", "user_id", d->author.ptr, d->author.len,
                             "reason", reason.len ? reason.ptr : "", reason.len);
    add_job(d, REST_POST, &path, body, slice_of(""), on_done);
    json_decref(body);
}

static void alert(struct deed *d, const struct action *what)
{
    const struct room *room =
        d->adapter->conf->control_room
            ? rooms_named(&d->adapter->rooms, slice_of(d->adapter->conf->control_room))
            : NULL;
    bool update = what->kind == ACT_ALERT_UPDATE;
    if (!room || (update && what->remote_id.len == 0)) {
        return; // nowhere to say it: the console has the case
    }
    d->content = matrix_alert_content(d->adapter, what);
    matrix_send(d, slice_of(room->id), update ? "update" : "alert");
}

enum fault matrix_act(struct adapter *a, const struct action *what, uint64_t ticket)
{
    if (a->stopping) {
        return FAULT_CANCELLED;
    }
    if (a->phase == PHASE_REFUSED) {
        return FAULT_OFFLINE;
    }
    struct deed *d = deed_create(a, what, ticket);
    if (!d) {
        return FAULT_MEMORY;
    }
    switch (what->kind) {
    case ACT_HIDE:
        hide(d, what);
        break;
    case ACT_RESTORE:
        d->content = matrix_restore_content(what);
        matrix_send(d, d->room, "restore");
        break;
    case ACT_MUTE:
    case ACT_UNMUTE:
        matrix_mute(d, what->kind == ACT_UNMUTE);
        break;
    case ACT_BAN:
        ban(d);
        break;
    case ACT_NOTICE:
        matrix_notice(d);
        break;
    case ACT_ALERT:
    case ACT_ALERT_UPDATE:
        alert(d, what);
        break;
    }
    jobs_kick(a);
    deed_release(d);
    return FAULT_NONE;
}

static struct deed *own_deed(struct adapter *a, const struct action *what)
{
    struct deed *d = deed_create(a, what, 0);
    if (d) {
        d->own = true;
    }
    return d;
}

void matrix_hide_late(struct adapter *a, const struct room *room,
                      const struct matrix_event *e)
{
    struct action what = {.space = slice_of(room->id),
                          .message_id = e->id,
                          .author_id = e->sender,
                          .reason = SLICE("an edit of a hidden message")};
    struct deed *d = own_deed(a, &what);
    if (d) {
        d->holds = true;
        a->holds++;
        redact(d, d->target, on_redacted);
        jobs_kick(a);
        deed_release(d);
    }
}

static void on_entered(struct deed *d, enum fault f, const struct why *why,
                       const json_t *json)
{
    (void)json;
    deed_fail(d, f, why);
    if (f && f != FAULT_CANCELLED) {
        log_warn("matrix: a room could not be entered or left", LOG_FAULT(f),
                 LOG_WHY(why));
    }
}

void matrix_join(struct adapter *a, struct slice room, struct slice via)
{
    struct action what = {.space = room};
    struct deed *d = own_deed(a, &what);
    struct text path;
    if (!d) {
        return;
    }
    text_init(&path, PATH_MOST);
    text_add_str(&path, "/_matrix/client/v3/join/");
    matrix_escape(&path, room);
    if (via.len) {
        text_add_str(&path, "?server_name=");
        matrix_escape(&path, via);
        text_add_str(&path, "&via=");
        matrix_escape(&path, via);
    }
    add_job(d, REST_POST, &path, NULL, slice_of(""), on_entered);
    jobs_kick(a);
    deed_release(d);
}

void matrix_leave(struct adapter *a, struct slice room)
{
    struct action what = {.space = room};
    struct deed *d = own_deed(a, &what);
    struct text path;
    if (!d) {
        return;
    }
    text_init(&path, PATH_MOST);
    matrix_room_path(&path, room, "/leave");
    add_job(d, REST_POST, &path, NULL, slice_of(""), on_entered);
    jobs_kick(a);
    deed_release(d);
}
