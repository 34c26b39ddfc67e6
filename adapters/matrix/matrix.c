// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"
#include "adapters/matrix/matrix_json.h"
#include "bot/base/log.h"

enum {
    ANSWER_MOST = 64 << 20,
    TIMEOUT_MS = 20000,
    CONNECTIONS = 20, // one for /sync, the rest for jobs
    TEXT_MOST = 4096,
    LIST_MOST = 10000,
    TOKEN_MOST = 8192,
    THROTTLED_MOST_MS = 10 * 60 * 1000,
    THROTTLED_LEAST_MS = 50,
    THROTTLED_UNSAID_MS = 2000,
};

#define OPTIONAL_TEXT (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MOST)};

static const cyaml_schema_field_t preview_fields[] = {
    CYAML_FIELD_STRING_PTR("listen", OPTIONAL_TEXT, struct matrix_preview_conf, listen,
                           1, 256),
    CYAML_FIELD_UINT("port", CYAML_FLAG_OPTIONAL, struct matrix_preview_conf, port),
    CYAML_FIELD_STRING_PTR("token_file", OPTIONAL_TEXT, struct matrix_preview_conf,
                           token_file, 1, TEXT_MOST),
    CYAML_FIELD_END};

static const cyaml_schema_field_t conf_fields[] = {
    CYAML_FIELD_STRING_PTR("homeserver", CYAML_FLAG_POINTER, struct matrix_conf,
                           homeserver, 1, TEXT_MOST),
    CYAML_FIELD_STRING_PTR("user", OPTIONAL_TEXT, struct matrix_conf, user, 1, 256),
    CYAML_FIELD_STRING_PTR("token_file", OPTIONAL_TEXT, struct matrix_conf, token_file,
                           1, TEXT_MOST),
    CYAML_FIELD_STRING_PTR("password_file", OPTIONAL_TEXT, struct matrix_conf,
                           password_file, 1, TEXT_MOST),
    CYAML_FIELD_SEQUENCE("rooms", OPTIONAL_TEXT, struct matrix_conf, rooms, &text_entry,
                         0, LIST_MOST),
    CYAML_FIELD_SEQUENCE("inviters", OPTIONAL_TEXT, struct matrix_conf, inviters,
                         &text_entry, 0, LIST_MOST),
    CYAML_FIELD_STRING_PTR("control_room", OPTIONAL_TEXT, struct matrix_conf,
                           control_room, 1, 256),
    CYAML_FIELD_SEQUENCE("moderators", OPTIONAL_TEXT, struct matrix_conf, moderators,
                         &text_entry, 0, LIST_MOST),
    CYAML_FIELD_UINT("moderator_level", CYAML_FLAG_OPTIONAL, struct matrix_conf,
                     moderator_level),
    CYAML_FIELD_MAPPING_PTR("preview", OPTIONAL_TEXT, struct matrix_conf, preview,
                            preview_fields),
    CYAML_FIELD_END};

uint64_t matrix_now_ms(const struct adapter *a)
{
    return clock_unix_ms(a->host->clock);
}

uint64_t matrix_now_ns(const struct adapter *a)
{
    return clock_monotonic_ns(a->host->clock);
}

void matrix_escape(struct text *path, struct slice s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
                     c == '~';
        if (plain) {
            text_add_char(path, (char)c);
        } else {
            char bytes[3] = {'%', hex[c >> 4], hex[c & 15]};
            text_add(path, slice_make(bytes, 3));
        }
    }
}

void matrix_room_path(struct text *path, struct slice room, const char *rest)
{
    text_add_str(path, "/_matrix/client/v3/rooms/");
    matrix_escape(path, room);
    text_add_str(path, rest);
}

bool matrix_listed(char *const *list, unsigned count, struct slice value)
{
    for (unsigned i = 0; i < count; i++) {
        if (slice_is(value, list[i])) {
            return true;
        }
    }
    return false;
}

bool matrix_is_control(const struct adapter *a, const struct room *room)
{
    const char *name = a->conf->control_room;
    return name && (strcmp(name, room->id) == 0 ||
                    (room->alias && strcmp(name, room->alias) == 0));
}

void matrix_tell(struct adapter *a, const char *what, const struct room *room,
                 const char *sentence)
{
    struct text key;
    text_init(&key, 512);
    text_add_format(&key, "%s/%s", what, room->id);
    host_technician(a->host, text_slice(&key), slice_of(sentence));
    text_finish(&key);
}

void matrix_get(struct adapter *a, const char *path, uint32_t timeout_ms,
                rest_done_fn *done)
{
    struct rest_request request = {.method = REST_GET,
                                   .path = path,
                                   .timeout_ms = timeout_ms,
                                   .done = done,
                                   .ctx = a};
    if (rest_send(a->rest, &request, NULL)) {
        struct why why = {0};
        fault_say(&why, FAULT_MEMORY, "a request could not be sent");
        matrix_login_retry(a, &why);
    }
}

static uint32_t wait_of(const struct rest_answer *r, const json_t *json)
{
    uint64_t ms = THROTTLED_UNSAID_MS;
    uint64_t seconds;
    json_int_t asked = json_integer_value(json_object_get(json, "retry_after_ms"));
    if (slice_u64(rest_header(r, "retry-after"), &seconds) == FAULT_NONE) {
        ms = seconds < THROTTLED_MOST_MS / 1000 ? seconds * 1000 : THROTTLED_MOST_MS;
    }
    if (asked > 0) { // finer than the header's whole seconds
        ms = (uint64_t)asked;
    }
    ms = ms < THROTTLED_LEAST_MS ? THROTTLED_LEAST_MS : ms;
    return (uint32_t)(ms < THROTTLED_MOST_MS ? ms : THROTTLED_MOST_MS);
}

static enum fault refusal(const struct rest_answer *r, const json_t *json,
                          struct why *why)
{
    struct slice code = matrix_text(json, "errcode");
    struct slice said = slice_sub(matrix_text(json, "error"), 0, 120);
    enum fault f = FAULT_INPUT;
    if (r->status == 429 || slice_is(code, "M_LIMIT_EXCEEDED")) {
        f = FAULT_THROTTLED;
    } else if (r->status >= 500 || r->status < 400 || r->status == 408) {
        f = FAULT_OFFLINE;
    } else if (r->status == 401 || r->status == 403) {
        f = FAULT_DENIED;
    } else if (r->status == 404) {
        f = FAULT_ABSENT;
    }
    fault_say(why, f, "the homeserver answered %ld %.*s: %.*s", r->status,
              SLICE_ARG(slice_sub(code, 0, 60)), SLICE_ARG(said));
    if (f == FAULT_THROTTLED && why) {
        why->wait_ms = wait_of(r, json);
    }
    return f;
}

enum fault matrix_answer(const struct rest_answer *r, json_t **json, bool *token_lost,
                         struct why *why)
{
    if (json) {
        *json = NULL;
    }
    if (r->fault) {
        if (why) {
            *why = r->why;
        }
        return r->fault;
    }
    json_t *body = matrix_json(r->body);
    enum fault f = FAULT_NONE;
    if (r->status < 200 || r->status > 299) {
        f = refusal(r, body, why);
        if (token_lost && r->status == 401) {
            *token_lost = slice_is(matrix_text(body, "errcode"), "M_UNKNOWN_TOKEN");
        }
    } else if (!json_is_object(body)) {
        f = fault_say(why, FAULT_OFFLINE, "the homeserver answered without JSON");
    }
    if (json) {
        *json = body;
    } else {
        json_decref(body);
    }
    return f;
}

static void close_adapter(struct adapter *a)
{
    if (!a) {
        return;
    }
    rest_close(a->rest);
    secret_wipe(&a->token);
    secret_wipe(&a->password);
    secret_wipe(&a->refresh);
    free(a->user_id);
    text_finish(&a->since);
    rooms_finish(&a->rooms);
    arena_finish(&a->arena);
    hidden_finish(&a->hidden);
    recent_finish(&a->recent);
    json_decref(a->redacted);
    json_decref(a->gaps);
    json_decref(a->alerts);
    json_decref(a->direct);
    json_decref(a->mutes);
    free(a);
}

static enum fault load_secrets(struct adapter *a, struct why *why)
{
    const struct matrix_conf *conf = a->conf;
    a->by_password = conf->password_file || getenv("HM_MATRIX_PASSWORD");
    if (a->by_password && !conf->token_file) {
        if (!conf->user) {
            return fault_say(why, FAULT_INPUT,
                             "matrix: 'user' is needed to log in with a password");
        }
        return secret_load(&a->password, conf->password_file, "HM_MATRIX_PASSWORD",
                           why);
    }
    a->by_password = false;
    return secret_load(&a->token, conf->token_file, "HM_MATRIX_TOKEN", why);
}

static enum fault matrix_open(struct adapter **out, struct adapter_host *host,
                              const void *conf, struct why *why)
{
    struct adapter *a = calloc(1, sizeof(*a));
    if (!a) {
        return fault_say(why, FAULT_MEMORY, "matrix: out of memory");
    }
    a->host = host;
    a->conf = conf;
    text_init(&a->since, TOKEN_MOST);
    arena_init(&a->arena, 16 << 10, 4 << 20);
    a->gaps = json_array();
    a->alerts = json_object();
    a->mutes = json_array();
    a->redacted = json_object();
    struct rest_settings settings = {
        .base_url = a->conf->homeserver,
        .user_agent = "hallmonitor/" HM_VERSION " (matrix)",
        .answer_bytes = ANSWER_MOST,
        .timeout_ms = TIMEOUT_MS,
        .connections = CONNECTIONS,
    };
    enum fault f = load_secrets(a, why);
    f = f ? f : rest_open(&a->rest, host->loop, &settings, why);
    if (!f && (!a->gaps || !a->alerts || !a->mutes || !a->redacted)) {
        f = FAULT_MEMORY;
    }
    if (f) {
        close_adapter(a);
        return f;
    }
    *out = a;
    return FAULT_NONE;
}

static void all_closed(struct adapter *a)
{
    if (--a->open_handles == 0) {
        a->stopped(a->stopped_ctx);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    all_closed(handle->data);
}

static void on_rest_stopped(void *ctx)
{
    all_closed(ctx);
}

static enum fault matrix_start(struct adapter *a, struct why *why)
{
    uv_timer_t *const timers[] = {&a->retry_timer, &a->jobs_timer, &a->fill_timer,
                                  &a->mute_timer};
    if (a->conf->preview) {
        enum fault f = matrix_preview_start(a, why);
        if (f) {
            return f;
        }
    }
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_timer_init(a->host->loop, timers[i]);
        timers[i]->data = a;
        a->open_handles++;
    }
    a->open_handles++; // the client
    a->never_synced = host_cursor_find(a->host, SLICE("since"), &a->since) != 0;
    hidden_load(&a->hidden, a->host);
    matrix_backfill_load(a);
    matrix_mute_load(a);
    a->full_state = true;
    matrix_login_start(a);
    return FAULT_NONE;
}

static void matrix_stop(struct adapter *a, adapter_stopped_fn *stopped, void *ctx)
{
    uv_timer_t *const timers[] = {&a->retry_timer, &a->jobs_timer, &a->fill_timer,
                                  &a->mute_timer};
    a->stopping = true;
    a->phase = PHASE_STOPPED;
    a->stopped = stopped;
    a->stopped_ctx = ctx;
    matrix_preview_stop(a);
    jobs_cancel(a);
    rest_stop(a->rest, on_rest_stopped, a);
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_close((uv_handle_t *)timers[i], on_timer_closed);
    }
}

static void matrix_health(const struct adapter *a, struct adapter_health *out)
{
    *out = a->health;
    matrix_preview_health(a, out);
    out->waiting = a->jobs.waiting;
    out->backlog = (uint32_t)json_array_size(a->gaps);
    out->link = a->phase == PHASE_REFUSED ? LINK_REFUSED : a->health.link;
}

const struct adapter_ops matrix_adapter = {
    .name = "matrix",
    .can = CAN_HIDE | CAN_RESTORE | CAN_MUTE | CAN_BAN | CAN_NOTICE | CAN_ALERT |
           CAN_PREVIEW,
    .conf_fields = conf_fields,
    .conf_bytes = sizeof(struct matrix_conf),
    .open = matrix_open,
    .start = matrix_start,
    .act = matrix_act,
    .health = matrix_health,
    .stop = matrix_stop,
    .close = close_adapter,
};
