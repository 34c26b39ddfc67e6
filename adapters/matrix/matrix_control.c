// SPDX-License-Identifier: MIT
// The control room: a reaction to an alert, or a word in reply to it, decides the case.
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"
#include "bot/base/log.h"

enum { PATH_MOST = 4096, LEVEL = 50, ALERTS_KEPT = 4096, WAITING_MOST = 256 };

// The case of an alert that we sent in an earlier run has to be asked for.
struct asked {
    struct adapter *adapter;
    enum decision_kind kind;
    char *moderator; // user id
    char *name;
    char *alert;
};

static const struct {
    const char *said;
    enum decision_kind kind;
} words[] = {
    {"\u2705", DECIDE_UPHOLD},       {"uphold", DECIDE_UPHOLD},
    {"\u21a9", DECIDE_RESTORE},      {"restore", DECIDE_RESTORE},
    {"\U0001f6a8", DECIDE_ESCALATE}, {"escalate", DECIDE_ESCALATE},
    {"\U0001f440", DECIDE_CLAIM},    {"claim", DECIDE_CLAIM},
};

static bool decision_of(struct slice said, enum decision_kind *out)
{
    said = slice_trim(said);
    if (slice_starts_with(said, SLICE("!"))) {
        said = slice_sub(said, 1, said.len);
    }
    if (slice_ends_with(said, SLICE("\ufe0f"))) { // the emoji's way of being drawn
        said = slice_sub(said, 0, said.len - 3);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (slice_equal_fold(said, slice_of(words[i].said))) {
            *out = words[i].kind;
            return true;
        }
    }
    return false;
}

static bool may_decide(const struct adapter *a, const struct room *room,
                       struct slice user)
{
    const struct matrix_conf *conf = a->conf;
    int64_t level = conf->moderator_level ? conf->moderator_level : LEVEL;
    return matrix_listed(conf->moderators, conf->moderators_count, user) ||
           room_power(room, user) >= level;
}

static void decide(struct adapter *a, uint64_t case_id, enum decision_kind kind,
                   struct slice moderator, struct slice name)
{
    struct decision d = {.kind = kind,
                         .case_id = case_id,
                         .moderator_id = moderator,
                         .moderator_name = name};
    host_decision(a->host, &d);
}

// Only what we said ourselves names a case.
static bool case_of(const struct adapter *a, const json_t *event, uint64_t *out)
{
    const json_t *number =
        json_object_get(json_object_get(event, "content"), "hallmonitor.case");
    if (!slice_is(matrix_text(event, "sender"), a->user_id) ||
        !json_is_integer(number) || json_integer_value(number) <= 0) {
        return false;
    }
    *out = (uint64_t)json_integer_value(number);
    return true;
}

static void free_asked(struct asked *q)
{
    free(q->moderator);
    free(q->name);
    free(q->alert);
    free(q);
}

static void on_alert(void *ctx, const struct rest_answer *answer)
{
    struct asked *q = ctx;
    struct adapter *a = q->adapter;
    json_t *event;
    uint64_t number;
    struct why why = {0};
    enum fault f = matrix_answer(answer, &event, NULL, &why);
    if (f == FAULT_NONE && case_of(a, event, &number)) {
        if (json_object_size(a->alerts) >= ALERTS_KEPT) {
            json_object_clear(a->alerts);
        }
        json_object_set_new(a->alerts, q->alert, json_integer((json_int_t)number));
        decide(a, number, q->kind, slice_of(q->moderator), slice_of(q->name));
    } else if (f && f != FAULT_CANCELLED && f != FAULT_ABSENT) {
        log_warn("matrix: a moderator's decision could not be taken; they must decide "
                 "again",
                 LOG_FAULT(f), LOG_WHY(&why));
    }
    json_decref(event);
    free_asked(q);
}

static void ask_case(struct adapter *a, const struct room *room,
                     const struct matrix_event *e, struct slice alert,
                     enum decision_kind kind)
{
    struct asked *q = calloc(1, sizeof(*q));
    struct text path;
    if (!q) {
        return;
    }
    q->adapter = a;
    q->kind = kind;
    q->moderator = slice_dup(e->sender);
    q->name = slice_dup(room_member_name(room, e->sender));
    q->alert = slice_dup(alert);
    text_init(&path, PATH_MOST);
    matrix_room_path(&path, slice_of(room->id), "/event/");
    matrix_escape(&path, alert);
    struct rest_request request = {
        .method = REST_GET, .path = text_cstr(&path), .done = on_alert, .ctx = q};
    if (!q->moderator || !q->name || !q->alert || text_failed(&path) ||
        rest_waiting(a->rest) > WAITING_MOST || rest_send(a->rest, &request, NULL)) {
        free_asked(q);
    }
    text_finish(&path);
}

void matrix_control(struct adapter *a, struct room *room, const struct matrix_event *e)
{
    struct slice alert = slice_of("");
    struct slice said = slice_of("");
    enum decision_kind kind;
    const json_t *relates = json_object_get(e->content, "m.relates_to");
    if (slice_is(e->type, "m.reaction")) {
        alert = matrix_relation(e, "m.annotation");
        said = matrix_text(relates, "key");
    } else if (slice_is(e->type, "m.room.message")) {
        alert = matrix_relation(e, "m.thread"); // begun at the alert
        if (alert.len == 0) {
            alert = matrix_text(json_object_get(relates, "m.in_reply_to"), "event_id");
        }
        said = matrix_text(e->content, "body");
        while (slice_starts_with(said, SLICE(">"))) { // the quote before a reply
            slice_cut(said, '\n', &said);
            said = slice_trim(said);
        }
    }
    if (alert.len == 0 || alert.len > MATRIX_ID_MOST ||
        memchr(alert.ptr, '\0', alert.len) || !decision_of(said, &kind)) {
        return;
    }
    if (!may_decide(a, room, e->sender)) {
        log_info("matrix: a decision by somebody who is no moderator was left out");
        return;
    }
    char *key = slice_dup(alert);
    const json_t *number = key ? json_object_get(a->alerts, key) : NULL;
    if (number) {
        decide(a, (uint64_t)json_integer_value(number), kind, e->sender,
               room_member_name(room, e->sender));
    } else {
        ask_case(a, room, e, alert, kind);
    }
    free(key);
}
