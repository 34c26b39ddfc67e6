// SPDX-License-Identifier: MIT
// discover ─► versions ─► (password) ─► whoami ─► direct rooms ─► the named rooms ─► sync
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"
#include "bot/base/log.h"

enum { PATH_MOST = 4096, ROOM_WAIT_MS = 60000, AT_ONCE_MS = 250 };

static void ask_versions(struct adapter *a);
static void ask_who(struct adapter *a);
static void find_next_room(struct adapter *a);

static void link_down(struct adapter *a, enum link_state now, const struct why *why)
{
    if (a->health.link == LINK_UP) {
        a->health.reconnects++;
        a->health.up_since_unix_ms = 0;
    }
    a->health.link = now;
    host_link(a->host, now, why);
}

void matrix_refuse(struct adapter *a, const struct why *why)
{
    a->phase = PHASE_REFUSED;
    link_down(a, LINK_REFUSED, why);
}

static void on_retry(uv_timer_t *timer)
{
    struct adapter *a = timer->data;
    if (a->user_id && a->token.len && a->naming == UINT32_MAX) {
        matrix_sync_start(a);
    } else {
        matrix_login_start(a);
    }
}

void matrix_login_retry(struct adapter *a, const struct why *why)
{
    if (a->stopping || a->phase == PHASE_REFUSED || a->phase == PHASE_WAITING) {
        return;
    }
    a->phase = PHASE_WAITING;
    matrix_sync_stop(a);
    backoff_down(&a->backoff, matrix_now_ns(a));
    // A line that was cut while all went well is taken up at once; only failure after
    // failure waits longer and longer.
    uint64_t wait = a->progress ? (uint64_t)(backoff_random() * AT_ONCE_MS)
                                : backoff_next_ms(&a->backoff, backoff_random());
    a->progress = false;
    if (why && why->wait_ms > wait) {
        wait = why->wait_ms;
    }
    link_down(a, LINK_DOWN, why);
    uv_timer_start(&a->retry_timer, on_retry, wait, 0);
}

// The common end of a failed step. True when the caller has nothing more to do.
static bool failed(struct adapter *a, enum fault f, bool token_lost,
                   const struct why *why)
{
    if (!f) {
        return false;
    }
    if (f == FAULT_CANCELLED || a->stopping) {
        return true;
    }
    if (token_lost) {
        matrix_login_lost(a, false);
    } else if (f == FAULT_DENIED) {
        matrix_refuse(a, why);
    } else {
        matrix_login_retry(a, why);
    }
    return true;
}

static enum fault use_token(struct adapter *a, const json_t *json)
{
    struct slice access = matrix_text(json, "access_token");
    struct slice refresh = matrix_text(json, "refresh_token");
    if (access.len == 0 || access.len >= SECRET_BYTES || refresh.len >= SECRET_BYTES) {
        return FAULT_INPUT;
    }
    memcpy(a->token.bytes, access.ptr, access.len);
    a->token.bytes[access.len] = '\0';
    a->token.len = access.len;
    if (refresh.len) {
        memcpy(a->refresh.bytes, refresh.ptr, refresh.len);
        a->refresh.bytes[refresh.len] = '\0';
        a->refresh.len = refresh.len;
    }
    return FAULT_NONE;
}

static void authorize(struct adapter *a)
{
    struct text header;
    text_init(&header, SECRET_BYTES + 16);
    text_add_str(&header, "Bearer ");
    text_add_str(&header, a->token.bytes);
    enum fault f = rest_authorize(a->rest, text_cstr(&header));
    explicit_bzero(header.ptr, header.len);
    text_finish(&header);
    if (f) {
        struct why why = {0};
        fault_say(&why, f, "out of memory");
        matrix_login_retry(a, &why);
    }
}

static void post(struct adapter *a, const char *path, json_t *body, rest_done_fn *done)
{
    char *bytes = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    struct rest_request request = {.method = REST_POST,
                                   .path = path,
                                   .body = slice_of(bytes),
                                   .anonymous = true,
                                   .done = done,
                                   .ctx = a};
    enum fault f = bytes ? rest_send(a->rest, &request, NULL) : FAULT_MEMORY;
    if (bytes) {
        explicit_bzero(bytes, strlen(bytes)); // may hold a password
    }
    free(bytes);
    if (f) {
        struct why why = {0};
        fault_say(&why, f, "a request could not be sent");
        matrix_login_retry(a, &why);
    }
}

static void on_login(void *ctx, const struct rest_answer *answer)
{
    struct adapter *a = ctx;
    struct why why = {0};
    json_t *json;
    enum fault f = matrix_answer(answer, &json, NULL, &why);
    if (f == FAULT_DENIED) {
        char said[120];
        snprintf(said, sizeof(said), "%.100s", why.text);
        fault_say(&why, f,
                  "The homeserver refused the password of %.60s (%s). Set the right "
                  "one and start again.",
                  a->conf->user, said);
    }
    if (!failed(a, f, false, &why)) {
        if (use_token(a, json)) {
            fault_say(&why, FAULT_OFFLINE, "the login's answer holds no token");
            matrix_login_retry(a, &why);
        } else {
            authorize(a);
            ask_who(a);
        }
    }
    json_decref(json);
}

static void log_in(struct adapter *a)
{
    // A device of a fixed name: transaction ids stay ours over new logins.
    post(a, "/_matrix/client/v3/login",
         json_pack("{ss s{ss ss} ss ss ss sb}", "type", "m.login.password",
                   "identifier", "type", "m.id.user", "user", a->conf->user, "password",
                   a->password.bytes, "device_id", "HALLMONITOR",
                   "initial_device_display_name", "hallmonitor", "refresh_token", 1),
         on_login);
}

static void on_refreshed(void *ctx, const struct rest_answer *answer)
{
    struct adapter *a = ctx;
    struct why why = {0};
    json_t *json;
    enum fault f = matrix_answer(answer, &json, NULL, &why);
    if (f == FAULT_DENIED || f == FAULT_INPUT || f == FAULT_ABSENT) {
        secret_wipe(&a->refresh);
        log_in(a);
    } else if (!failed(a, f, false, &why)) {
        if (use_token(a, json)) {
            log_in(a);
        } else {
            authorize(a);
            ask_who(a);
        }
    }
    json_decref(json);
}

static void renew(struct adapter *a)
{
    if (a->refresh.len) {
        post(a, "/_matrix/client/v3/refresh",
             json_pack("{ss}", "refresh_token", a->refresh.bytes), on_refreshed);
    } else {
        log_in(a);
    }
}

void matrix_login_lost(struct adapter *a, bool soft)
{
    if (a->stopping || a->phase == PHASE_LOGIN || a->phase == PHASE_REFUSED) {
        return; // somebody else noticed first
    }
    struct why why = {0};
    matrix_sync_stop(a);
    if (!a->by_password) {
        fault_say(&why, FAULT_DENIED,
                  "The homeserver no longer knows the access token. Make a new one, "
                  "put it where the settings say (token_file), and start again.");
        matrix_refuse(a, &why);
        return;
    }
    if (!soft) {
        secret_wipe(&a->refresh);
    }
    fault_say(&why, FAULT_DENIED, "the access token ended; logging in again");
    link_down(a, LINK_CONNECTING, &why);
    a->phase = PHASE_LOGIN;
    renew(a);
}

static void on_who(void *ctx, const struct rest_answer *answer)
{
    struct adapter *a = ctx;
    struct why why = {0};
    json_t *json;
    bool token_lost = false;
    enum fault f = matrix_answer(answer, &json, &token_lost, &why);
    if (f == FAULT_DENIED && !a->by_password) {
        fault_say(&why, f,
                  "The homeserver does not accept the access token. Make a new one, "
                  "put it where the settings say (token_file), and start again.");
        token_lost = false;
    }
    if (token_lost) {
        a->phase = PHASE_WAITING; // so that the loss is taken up
    }
    if (!failed(a, f, token_lost, &why)) {
        char *id = slice_dup(matrix_text(json, "user_id"));
        if (id && *id) {
            free(a->user_id);
            a->user_id = id;
            a->health.round_trip_ms =
                (uint32_t)((answer->answered_ns - answer->sent_ns) / 1000000) + 1;
            find_next_room(a);
        } else {
            free(id);
            fault_say(&why, FAULT_OFFLINE, "the homeserver names no user");
            matrix_login_retry(a, &why);
        }
    }
    json_decref(json);
}

static void ask_who(struct adapter *a)
{
    matrix_get(a, "/_matrix/client/v3/account/whoami", 0, on_who);
}

static void on_versions(void *ctx, const struct rest_answer *answer)
{
    struct adapter *a = ctx;
    struct why why = {0};
    json_t *json;
    enum fault f = matrix_answer(answer, &json, NULL, &why);
    if (!f && json_array_size(json_object_get(json, "versions")) == 0) {
        f = fault_say(&why, FAULT_OFFLINE, "this is no Matrix homeserver: %.100s",
                      a->conf->homeserver);
    }
    if (f == FAULT_INPUT || f == FAULT_ABSENT || f == FAULT_DENIED) {
        f = FAULT_OFFLINE; // perhaps a proxy before a server that is not up yet
    }
    if (!failed(a, f, false, &why)) {
        if (a->token.len) {
            authorize(a);
            ask_who(a);
        } else {
            renew(a);
        }
    }
    json_decref(json);
}

static void ask_versions(struct adapter *a)
{
    matrix_get(a, "/_matrix/client/versions", 0, on_versions);
}

static void on_discovered(void *ctx, const struct rest_answer *answer)
{
    struct adapter *a = ctx;
    struct why why = {0};
    json_t *json;
    enum fault f = matrix_answer(answer, &json, NULL, &why);
    struct slice url = slice_of("");
    if (!f) {
        url = matrix_text(json_object_get(json, "m.homeserver"), "base_url");
    }
    bool web = slice_starts_with(url, SLICE("https://")) ||
               slice_starts_with(url, SLICE("http://"));
    if (f == FAULT_ABSENT || f == FAULT_DENIED || f == FAULT_INPUT) {
        ask_versions(a); // none: the name itself serves
    } else if (!failed(a, f, false, &why)) {
        struct text base;
        text_init(&base, PATH_MOST);
        while (web && url.len && url.ptr[url.len - 1] == '/') {
            url.len--;
        }
        text_add(&base, url);
        if (web && !text_failed(&base) && !rest_base_url(a->rest, text_cstr(&base))) {
            ask_versions(a);
        } else {
            fault_say(&why, FAULT_OFFLINE,
                      ".well-known/matrix/client names no homeserver");
            matrix_login_retry(a, &why);
        }
        text_finish(&base);
    }
    json_decref(json);
}

void matrix_login_start(struct adapter *a)
{
    struct slice name = slice_of(a->conf->homeserver);
    struct text base;
    a->phase = PHASE_LOGIN;
    host_link(a->host, LINK_CONNECTING, NULL);
    text_init(&base, PATH_MOST);
    bool url = slice_find(name, SLICE("://")) != SIZE_MAX;
    text_add_str(&base, url ? "" : "https://");
    while (name.len && name.ptr[name.len - 1] == '/') {
        name.len--;
    }
    text_add(&base, name);
    enum fault f =
        text_failed(&base) ? FAULT_LIMIT : rest_base_url(a->rest, text_cstr(&base));
    text_finish(&base);
    if (f) {
        struct why why = {0};
        fault_say(&why, f, "the homeserver's name is too long");
        matrix_refuse(a, &why);
    } else if (url) {
        ask_versions(a);
    } else {
        matrix_get(a, "/.well-known/matrix/client", 0, on_discovered);
    }
}

// The rooms of the settings, the control room last.
static const char *named_room(const struct adapter *a, unsigned index)
{
    if (index < a->conf->rooms_count) {
        return a->conf->rooms[index];
    }
    return index == a->conf->rooms_count ? a->conf->control_room : NULL;
}

static void room_refused(struct adapter *a, const char *name, const struct why *why)
{
    struct text key;
    struct text sentence;
    text_init(&key, 512);
    text_init(&sentence, 1024);
    text_add_format(&key, "join/%s", name);
    text_add_format(&sentence,
                    "The room %s cannot be joined (%s). Invite %s to it and give it a "
                    "power level of 50, or correct the name in the settings.",
                    name, why->text, a->user_id);
    host_technician(a->host, text_slice(&key), text_slice(&sentence));
    text_finish(&key);
    text_finish(&sentence);
}

static void on_joined(void *ctx, const struct rest_answer *answer)
{
    struct adapter *a = ctx;
    struct why why = {0};
    json_t *json;
    bool token_lost = false;
    const char *name = named_room(a, a->naming);
    enum fault f = matrix_answer(answer, &json, &token_lost, &why);
    if (!token_lost && (f == FAULT_DENIED || f == FAULT_ABSENT || f == FAULT_INPUT)) {
        room_refused(a, name, &why); // the others shall still be guarded
        f = FAULT_NONE;
    } else if (!f) {
        struct room *room = rooms_add(&a->rooms, matrix_text(json, "room_id"));
        if (room && name[0] == '#') {
            free(room->alias);
            room->alias = strdup(name);
        }
    }
    if (token_lost) {
        a->phase = PHASE_WAITING;
    }
    if (!failed(a, f, token_lost, &why)) {
        a->naming++;
        find_next_room(a);
    }
    json_decref(json);
}

static void find_next_room(struct adapter *a)
{
    if (a->naming == UINT32_MAX) {
        matrix_sync_start(a); // found in an earlier login
        return;
    }
    while (a->naming < a->conf->rooms_count + 1 && !named_room(a, a->naming)) {
        a->naming++;
    }
    const char *name = named_room(a, a->naming);
    if (!name) {
        a->naming = UINT32_MAX; // all are known
        matrix_sync_start(a);
        return;
    }
    struct text path;
    text_init(&path, PATH_MOST);
    text_add_str(&path, "/_matrix/client/v3/join/");
    matrix_escape(&path, slice_of(name));
    struct rest_request request = {.method = REST_POST,
                                   .path = text_cstr(&path),
                                   .body = SLICE("{}"),
                                   .timeout_ms = ROOM_WAIT_MS,
                                   .done = on_joined,
                                   .ctx = a};
    if (rest_send(a->rest, &request, NULL)) {
        struct why why = {0};
        fault_say(&why, FAULT_MEMORY, "a request could not be sent");
        matrix_login_retry(a, &why);
    }
    text_finish(&path);
}
