// SPDX-License-Identifier: MIT
// A private word to a member, in a room of two that m.direct remembers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"

enum { PATH_MOST = 4096, SAID_MOST = 20 << 10 };

static void find_room(struct deed *d);

static void add(struct deed *d, enum rest_method method, const char *path,
                const json_t *body, job_done_fn *done)
{
    struct job_request request = {
        .method = method, .path = path, .body = body, .done = done};
    deed_fail(d, jobs_add(d, &request), NULL);
}

static void on_saved(struct deed *d, enum fault f, const struct why *why,
                     const json_t *json)
{
    (void)d;
    (void)f;
    (void)why;
    (void)json; // at worst another room is made another time
}

static void direct_path(struct text *path, const struct adapter *a)
{
    text_init(path, PATH_MOST);
    text_add_str(path, "/_matrix/client/v3/user/");
    matrix_escape(path, slice_of(a->user_id));
    text_add_str(path, "/account_data/m.direct");
}

static void say(struct deed *d, struct slice room)
{
    struct slice said = slice_sub(d->body, 0, SAID_MOST);
    json_decref(d->content);
    d->content = json_pack("{ss ss% s{}}", "msgtype", "m.notice", "body",
                           said.len ? said.ptr : "", said.len, "m.mentions");
    matrix_send(d, room, "notice");
    jobs_kick(d->adapter);
}

static void use_room(struct deed *d, struct slice room)
{
    struct adapter *a = d->adapter;
    char *user = slice_dup(d->author);
    if (room.len && user) {
        struct text path;
        json_object_set_new(a->direct, user, json_pack("[s%]", room.ptr, room.len));
        direct_path(&path, a);
        add(d, REST_PUT, text_cstr(&path), a->direct, on_saved);
        text_finish(&path);
        say(d, room);
    } else {
        deed_fail(d, FAULT_OFFLINE, NULL);
    }
    free(user);
}

static void on_found(struct deed *d, enum fault f, const struct why *why,
                     const json_t *json)
{
    if (f) {
        deed_fail(d, f, why);
    } else {
        use_room(d, matrix_text(json, "room_id"));
    }
}

static uint64_t alias_number(const struct deed *d)
{
    return slice_hash(d->author) ^ slice_hash(slice_of(d->adapter->user_id)) * 31;
}

static void on_created(struct deed *d, enum fault f, const struct why *why,
                       const json_t *json)
{
    struct slice server = slice_of("");
    if (!slice_is(matrix_text(json, "errcode"), "M_ROOM_IN_USE")) {
        on_found(d, f, why, json);
        return;
    }
    // Made before, and the answer was lost.
    struct text path;
    struct text alias;
    text_init(&path, PATH_MOST);
    text_init(&alias, PATH_MOST);
    slice_cut(slice_of(d->adapter->user_id), ':', &server);
    text_add_format(&alias,
                    "#hallmonitor-%016llx:", (unsigned long long)alias_number(d));
    text_add(&alias, server);
    text_add_str(&path, "/_matrix/client/v3/directory/room/");
    matrix_escape(&path, text_slice(&alias));
    add(d, REST_GET, text_cstr(&path), NULL, on_found);
    text_finish(&path);
    text_finish(&alias);
    jobs_kick(d->adapter);
}

// The alias makes it one room however often it is asked for.
static void create_room(struct deed *d)
{
    char alias[40];
    snprintf(alias, sizeof(alias), "hallmonitor-%016llx",
             (unsigned long long)alias_number(d));
    json_t *body =
        json_pack("{sb ss s[s%] ss}", "is_direct", 1, "preset", "trusted_private_chat",
                  "invite", d->author.ptr, d->author.len, "room_alias_name", alias);
    add(d, REST_POST, "/_matrix/client/v3/createRoom", body, on_created);
    json_decref(body);
    jobs_kick(d->adapter);
}

static void on_direct(struct deed *d, enum fault f, const struct why *why,
                      const json_t *json)
{
    struct adapter *a = d->adapter;
    if (f && f != FAULT_ABSENT) {
        deed_fail(d, f, why);
        return;
    }
    if (!a->direct) {
        a->direct = f ? json_object() : json_deep_copy(json);
    }
    find_room(d);
}

static void find_room(struct deed *d)
{
    struct adapter *a = d->adapter;
    char *user = slice_dup(d->author);
    const json_t *rooms = user ? json_object_get(a->direct, user) : NULL;
    const json_t *room = json_array_get(rooms, json_array_size(rooms) - 1);
    free(user);
    if (json_is_string(room)) {
        say(d, slice_make(json_string_value(room), json_string_length(room)));
    } else {
        create_room(d);
    }
}

void matrix_notice(struct deed *d)
{
    struct adapter *a = d->adapter;
    if (a->direct) {
        find_room(d);
        return;
    }
    if (!a->user_id) {
        deed_fail(d, FAULT_OFFLINE, NULL);
        return;
    }
    struct text path;
    direct_path(&path, a);
    add(d, REST_GET, text_cstr(&path), NULL, on_direct);
    text_finish(&path);
}
