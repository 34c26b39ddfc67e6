// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"

enum {
    ANSWER_MOST = 16 << 20,
    TIMEOUT_MS = 20000,
    SENTENCE_MOST = 1024,
    PATH_MOST = 4096,
    ROOMS_SHOWN = 500,
    LIMIT_TRIES = 12, // Synapse lets ten through before it slows down
};

struct doctor {
    const struct doctor_options *options;
    uv_loop_t loop;
    struct rest *rest;
    unsigned wrong;
    char *user_id;
    bool logged_in; // by password: a session to end
    struct rooms rooms;
    // the answer of the request that was asked last
    bool answered;
    enum fault fault;
    struct why why;
    json_t *json;
};

static void say(struct doctor *d, enum doctor_kind kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void say(struct doctor *d, enum doctor_kind kind, const char *format, ...)
{
    char sentence[SENTENCE_MOST];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    d->wrong += kind == DOCTOR_BAD;
    d->options->say(d->options->ctx, kind, sentence);
}

static void on_answer(void *ctx, const struct rest_answer *answer)
{
    struct doctor *d = ctx;
    d->fault = matrix_answer(answer, &d->json, NULL, &d->why);
    d->answered = true;
}

// Waits for the answer, which stays in d->json until the next call.
static enum fault ask(struct doctor *d, enum rest_method method, const char *path,
                      const json_t *body)
{
    char *bytes = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct rest_request request = {.method = method,
                                   .path = path,
                                   .body = slice_of(bytes),
                                   .done = on_answer,
                                   .ctx = d};
    if (!bytes && method != REST_GET) {
        request.body = SLICE("{}");
    }
    json_decref(d->json);
    d->json = NULL;
    d->answered = false;
    d->why = (struct why){0};
    d->fault = rest_send(d->rest, &request, NULL);
    while (!d->fault && !d->answered) {
        uv_run(&d->loop, UV_RUN_ONCE);
    }
    if (bytes) {
        explicit_bzero(bytes, strlen(bytes));
    }
    free(bytes);
    return d->fault;
}

static enum fault ask_room(struct doctor *d, enum rest_method method, struct slice room,
                           const char *rest, const json_t *body)
{
    struct text path;
    text_init(&path, PATH_MOST);
    matrix_room_path(&path, room, rest);
    enum fault f = ask(d, method, text_cstr(&path), body);
    text_finish(&path);
    return f;
}

static void set_base(struct doctor *d, struct slice url, const char *scheme)
{
    struct text base;
    text_init(&base, PATH_MOST);
    while (url.len && url.ptr[url.len - 1] == '/') {
        url.len--;
    }
    text_add_str(&base, scheme);
    text_add(&base, url);
    if (rest_base_url(d->rest, text_cstr(&base))) {
        say(d, DOCTOR_BAD, "The homeserver's address is too long.");
    }
    text_finish(&base);
}

static bool find_server(struct doctor *d)
{
    const char *name = d->options->conf->homeserver;
    bool url = strstr(name, "://") != NULL;
    set_base(d, slice_of(name), url ? "" : "https://");
    if (!url && ask(d, REST_GET, "/.well-known/matrix/client", NULL) == FAULT_NONE) {
        struct slice base =
            matrix_text(json_object_get(d->json, "m.homeserver"), "base_url");
        if (base.len) {
            say(d, DOCTOR_GOOD, "%s says that its homeserver is %.*s.", name,
                SLICE_ARG(base));
            set_base(d, base, "");
        }
    }
    if (ask(d, REST_GET, "/_matrix/client/versions", NULL)) {
        say(d, DOCTOR_BAD,
            "The homeserver %s does not answer (%s). Check the name, that it runs, and "
            "that this machine may reach it.",
            name, d->why.text);
        return false;
    }
    const json_t *versions = json_object_get(d->json, "versions");
    const char *newest = "nothing";
    bool enough = false;
    for (size_t i = 0; i < json_array_size(versions); i++) {
        const char *v = json_string_value(json_array_get(versions, i));
        newest = v ? v : newest;
        enough = enough || (v && strcmp(v, "v1.11") == 0);
    }
    say(d, enough ? DOCTOR_GOOD : DOCTOR_NOTE,
        enough ? "The homeserver answers and speaks version %s."
               : "The homeserver answers, but speaks only version %s; hallmonitor is "
                 "made for v1.11 and later.",
        newest);
    return true;
}

static void use_token(struct doctor *d, const char *token)
{
    struct text header;
    text_init(&header, SECRET_BYTES + 16);
    text_add_str(&header, "Bearer ");
    text_add_str(&header, token);
    if (rest_authorize(d->rest, text_cstr(&header))) {
        say(d, DOCTOR_BAD, "The access token is too long.");
    }
    if (header.ptr) {
        explicit_bzero(header.ptr, header.len);
    }
    text_finish(&header);
}

static bool log_in(struct doctor *d, const struct secret *password)
{
    const struct matrix_conf *conf = d->options->conf;
    // A session of its own: the daemon's goes on.
    json_t *body =
        json_pack("{ss s{ss ss} ss ss}", "type", "m.login.password", "identifier",
                  "type", "m.id.user", "user", conf->user ? conf->user : "", "password",
                  password->bytes, "initial_device_display_name", "hallmonitor doctor");
    enum fault f = ask(d, REST_POST, "/_matrix/client/v3/login", body);
    json_decref(body);
    if (f) {
        say(d, DOCTOR_BAD, "The homeserver refuses the password of %s (%s).",
            conf->user ? conf->user : "(no 'user' in the settings)", d->why.text);
        return false;
    }
    const char *token = json_string_value(json_object_get(d->json, "access_token"));
    d->logged_in = token != NULL;
    use_token(d, token ? token : "");
    return d->logged_in;
}

static bool identify(struct doctor *d)
{
    const struct matrix_conf *conf = d->options->conf;
    struct secret secret = {0};
    struct why why = {0};
    bool by_password =
        !conf->token_file && (conf->password_file || getenv("HM_MATRIX_PASSWORD"));
    enum fault f =
        by_password
            ? secret_load(&secret, conf->password_file, "HM_MATRIX_PASSWORD", &why)
            : secret_load(&secret, conf->token_file, "HM_MATRIX_TOKEN", &why);
    if (f) {
        say(d, DOCTOR_BAD, "%s", why_text(&why, f));
        return false;
    }
    bool in = true;
    if (by_password) {
        in = log_in(d, &secret);
    } else {
        use_token(d, secret.bytes);
    }
    secret_wipe(&secret);
    if (!in) {
        return false;
    }
    if (ask(d, REST_GET, "/_matrix/client/v3/account/whoami", NULL)) {
        say(d, DOCTOR_BAD,
            "The homeserver does not accept the access token (%s). Make a new one.",
            d->why.text);
        return false;
    }
    d->user_id = slice_dup(matrix_text(d->json, "user_id"));
    say(d, DOCTOR_GOOD, "hallmonitor is %s.", d->user_id ? d->user_id : "?");
    return d->user_id != NULL;
}

static void take_state(struct doctor *d, struct room *room)
{
    if (ask_room(d, REST_GET, slice_of(room->id), "/state", NULL)) {
        // An array is no object to matrix_answer(); anything else is a refusal.
        if (!json_is_array(d->json)) {
            say(d, DOCTOR_BAD, "The state of %s cannot be read (%s).", room->id,
                d->why.text);
            return;
        }
    }
    for (size_t i = 0; i < json_array_size(d->json); i++) {
        struct matrix_event e;
        if (matrix_event_read(&e, json_array_get(d->json, i)) == FAULT_NONE) {
            room_take_state(room, &e);
        }
    }
    room->joined = true;
}

static void check_rights(struct doctor *d, struct room *room, const char *name)
{
    const struct adapter as = {.user_id = d->user_id};
    int64_t needs;
    const char *deed = matrix_missing_right(&as, room, &needs);
    if (room->encrypted) {
        say(d, DOCTOR_BAD,
            "%s is encrypted: nothing in it can be judged. Only a new room without "
            "encryption can be moderated.",
            name);
    } else if (deed) {
        say(d, DOCTOR_BAD,
            "In %s hallmonitor cannot %s: it has a power level of %lld and needs %lld.",
            name, deed, (long long)room_power(room, slice_of(d->user_id)),
            (long long)needs);
    } else if (!matrix_may_mute(&as, room, &needs)) {
        say(d, DOCTOR_GOOD, "In %s hallmonitor may hide messages and ban.", name);
        say(d, DOCTOR_NOTE,
            "In %s it cannot mute members: that needs a power level of %lld. It "
            "matters "
            "only for packs with mute_hours.",
            name, (long long)needs);
    } else {
        say(d, DOCTOR_GOOD, "In %s hallmonitor may hide, mute and ban.", name);
    }
}

static void name_rooms(struct doctor *d, const char *name)
{
    struct text path;
    if (!name || name[0] != '#') {
        return;
    }
    text_init(&path, PATH_MOST);
    text_add_str(&path, "/_matrix/client/v3/directory/room/");
    matrix_escape(&path, slice_of(name));
    if (ask(d, REST_GET, text_cstr(&path), NULL) == FAULT_NONE) {
        struct room *room = rooms_find(&d->rooms, matrix_text(d->json, "room_id"));
        if (room && !room->alias) {
            room->alias = strdup(name);
        }
    }
    text_finish(&path);
}

static void check_listed(struct doctor *d, const char *name)
{
    if (!rooms_named(&d->rooms, slice_of(name))) {
        say(d, DOCTOR_BAD,
            "hallmonitor is not in %s. Invite %s, or correct the name in the settings.",
            name, d->user_id);
    }
}

static bool is_control(const struct doctor *d, const struct room *room)
{
    const struct adapter as = {.conf = d->options->conf};
    return matrix_is_control(&as, room);
}

static void check_rooms(struct doctor *d)
{
    const struct matrix_conf *conf = d->options->conf;
    if (ask(d, REST_GET, "/_matrix/client/v3/joined_rooms", NULL)) {
        say(d, DOCTOR_BAD, "The list of rooms cannot be read (%s).", d->why.text);
        return;
    }
    const json_t *joined = json_object_get(d->json, "joined_rooms");
    for (size_t i = 0; i < json_array_size(joined) && i < ROOMS_SHOWN; i++) {
        rooms_add(&d->rooms, slice_of(json_string_value(json_array_get(joined, i))));
    }
    for (unsigned i = 0; i < conf->rooms_count; i++) {
        name_rooms(d, conf->rooms[i]);
        check_listed(d, conf->rooms[i]);
    }
    name_rooms(d, conf->control_room);
    for (size_t i = 0; i < d->rooms.count; i++) {
        struct room *room = d->rooms.list[i];
        if (!is_control(d, room)) {
            take_state(d, room);
            check_rights(d, room, room->alias ? room->alias : room->id);
        }
    }
    if (d->rooms.count == 0) {
        say(d, DOCTOR_BAD, "hallmonitor is in no room yet. Invite %s to one.",
            d->user_id);
    }
}

static void check_control(struct doctor *d)
{
    const struct matrix_conf *conf = d->options->conf;
    if (!conf->control_room) {
        say(d, DOCTOR_NOTE,
            "There is no control_room in the settings: cases are seen on the console "
            "only.");
        return;
    }
    struct room *room = rooms_named(&d->rooms, slice_of(conf->control_room));
    if (!room) {
        check_listed(d, conf->control_room);
        return;
    }
    take_state(d, room);
    int64_t power = room_power(room, slice_of(d->user_id));
    if (power < room_needs_to_send(room, "m.room.message", false)) {
        say(d, DOCTOR_BAD, "hallmonitor may not speak in the control room %s.",
            conf->control_room);
    } else if (room->encrypted) {
        say(d, DOCTOR_BAD,
            "The control room %s is encrypted: alerts in it are not, and only "
            "reactions decide. Use a room without encryption.",
            conf->control_room);
    } else {
        say(d, DOCTOR_GOOD, "Cases are announced in %s.", conf->control_room);
    }
}

static void check_preview_time(struct doctor *d)
{
    if (ask(d, REST_POST, "/numbers", NULL)) {
        return; // an older hallmonitor
    }
    long long asked = json_integer_value(json_object_get(d->json, "asked"));
    long long late = json_integer_value(json_object_get(d->json, "timed_out"));
    long long longest = json_integer_value(json_object_get(d->json, "longest_ms"));
    if (asked == 0) {
        say(d, DOCTOR_NOTE,
            "The homeserver has asked nothing since hallmonitor started. If people "
            "have "
            "written meanwhile, look at 'modules' in homeserver.yaml.");
    } else {
        say(d, late == 0 ? DOCTOR_GOOD : DOCTOR_NOTE,
            "Of %lld questions since it started %lld were let through because there "
            "was "
            "no time to judge (those messages are judged after delivery); the longest "
            "answer took %lld ms.",
            asked, late, longest);
    }
}

static void check_preview(struct doctor *d)
{
    const struct matrix_preview_conf *conf = d->options->conf->preview;
    struct secret token = {0};
    struct why why = {0};
    if (!conf) {
        say(d, DOCTOR_NOTE,
            "Messages are hidden after delivery. With 'preview' in the settings the "
            "homeserver asks first, and nobody sees them at all (docs/matrix.md).");
        return;
    }
    enum fault f =
        secret_load(&token, conf->token_file, "HM_MATRIX_PREVIEW_TOKEN", &why);
    if (f) {
        say(d, DOCTOR_BAD, "%s", why_text(&why, f));
        return;
    }
    char base[300];
    snprintf(base, sizeof(base), "http://%s:%u",
             conf->listen && strcmp(conf->listen, "0.0.0.0") != 0 ? conf->listen
                                                                  : "127.0.0.1",
             conf->port ? conf->port : 8471);
    set_base(d, slice_of(base), "");
    use_token(d, token.bytes);
    secret_wipe(&token);
    if (ask(d, REST_POST, "/ping", NULL)) {
        say(d, DOCTOR_BAD,
            "Nothing answers the homeserver's questions at %s (%s). Is hallmonitor "
            "running with these settings?",
            base, d->why.text);
        return;
    }
    say(d, DOCTOR_GOOD, "The homeserver's questions are answered at %s.", base);
    check_preview_time(d);
}

// In a private room that nobody else sees and that is left at once.
static void check_limits(struct doctor *d)
{
    json_t *body = json_pack("{ss}", "preset", "private_chat");
    enum fault f = ask(d, REST_POST, "/_matrix/client/v3/createRoom", body);
    json_decref(body);
    char *room = f ? NULL : slice_dup(matrix_text(d->json, "room_id"));
    unsigned sent = 0;
    for (; room && !f && sent < LIMIT_TRIES; sent++) {
        char rest[64];
        snprintf(rest, sizeof(rest), "/send/hallmonitor.doctor/%u", sent);
        f = ask_room(d, REST_PUT, slice_of(room), rest, NULL);
    }
    if (f == FAULT_THROTTLED) {
        say(d, DOCTOR_BAD,
            "The homeserver slows hallmonitor down after %u events. Lift its rate "
            "limit: POST /_synapse/admin/v1/users/%s/override_ratelimit with "
            "{\"messages_per_second\": 0, \"burst_count\": 0} (docs/matrix.md).",
            sent ? sent - 1 : 0, d->user_id);
    } else if (f) {
        say(d, DOCTOR_NOTE, "The rate limits could not be tried (%s).", d->why.text);
    } else {
        say(d, DOCTOR_GOOD, "The homeserver does not slow hallmonitor down.");
    }
    if (room && (ask_room(d, REST_POST, slice_of(room), "/leave", NULL) ||
                 ask_room(d, REST_POST, slice_of(room), "/forget", NULL))) {
        say(d, DOCTOR_NOTE, "The room %s, made to try the limits, could not be left.",
            room);
    }
    free(room);
}

static void examine(struct doctor *d)
{
    if (!find_server(d) || !identify(d)) {
        return;
    }
    check_rooms(d);
    check_control(d);
    if (d->options->limits) {
        check_limits(d);
    }
    if (d->logged_in && ask(d, REST_POST, "/_matrix/client/v3/logout", NULL)) {
        say(d, DOCTOR_NOTE, "The doctor's own session could not be ended.");
    }
    check_preview(d);
}

static void on_stopped(void *ctx)
{
    (void)ctx;
}

unsigned matrix_doctor(const struct doctor_options *options)
{
    struct doctor d = {.options = options};
    struct rest_settings settings = {.base_url = "",
                                     .user_agent =
                                         "hallmonitor/" HM_VERSION " (matrix doctor)",
                                     .answer_bytes = ANSWER_MOST,
                                     .timeout_ms = TIMEOUT_MS,
                                     .connections = 4};
    struct why why = {0};
    if (uv_loop_init(&d.loop) || rest_open(&d.rest, &d.loop, &settings, &why)) {
        say(&d, DOCTOR_BAD, "%s", why_text(&why, FAULT_MEMORY));
        return d.wrong;
    }
    examine(&d);
    rest_stop(d.rest, on_stopped, NULL);
    uv_run(&d.loop, UV_RUN_DEFAULT);
    rest_close(d.rest);
    uv_loop_close(&d.loop);
    rooms_finish(&d.rooms);
    json_decref(d.json);
    free(d.user_id);
    return d.wrong;
}
