// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_rooms.h"

#include <stdlib.h>
#include <string.h>

enum { REPLACED_MOST = 16 }; // times, one after another

static void free_room(struct room *room)
{
    if (room) {
        free(room->id);
        free(room->alias);
        free(room->next);
        json_decref(room->power);
        json_decref(room->create);
        json_decref(room->names);
        free(room);
    }
}

void rooms_finish(struct rooms *rooms)
{
    for (size_t i = 0; i < rooms->count; i++) {
        free_room(rooms->list[i]);
    }
    free(rooms->list);
    json_decref(rooms->index);
    *rooms = (struct rooms){0};
}

// Identifiers of the platform hold no NUL; such a one is unknown and stays so.
static bool as_key(struct slice id, char out[MATRIX_ID_MOST + 1])
{
    if (id.len == 0 || id.len > MATRIX_ID_MOST || memchr(id.ptr, '\0', id.len)) {
        return false;
    }
    memcpy(out, id.ptr, id.len);
    out[id.len] = '\0';
    return true;
}

struct room *rooms_find(const struct rooms *rooms, struct slice id)
{
    char key[MATRIX_ID_MOST + 1];
    if (!as_key(id, key)) {
        return NULL;
    }
    const json_t *at = json_object_get(rooms->index, key);
    return at ? rooms->list[json_integer_value(at)] : NULL;
}

static struct room *room_create(const char *id)
{
    struct room *room = calloc(1, sizeof(*room));
    if (!room) {
        return NULL;
    }
    room->id = strdup(id);
    room->names = json_object();
    if (!room->id || !room->names) {
        free_room(room);
        return NULL;
    }
    return room;
}

struct room *rooms_add(struct rooms *rooms, struct slice id)
{
    char key[MATRIX_ID_MOST + 1];
    struct room *room = rooms_find(rooms, id);
    if (room || !as_key(id, key) || rooms->count == ROOMS_MOST) {
        return room;
    }
    rooms->index = rooms->index ? rooms->index : json_object();
    struct room **grown =
        realloc(rooms->list, (rooms->count + 1) * sizeof(*rooms->list));
    if (!grown) {
        return NULL;
    }
    rooms->list = grown;
    room = room_create(key);
    if (!room || json_object_set_new(rooms->index, key,
                                     json_integer((json_int_t)rooms->count))) {
        free_room(room);
        return NULL;
    }
    rooms->list[rooms->count++] = room;
    return room;
}

struct room *rooms_named(const struct rooms *rooms, struct slice id_or_alias)
{
    struct room *room = rooms_find(rooms, id_or_alias);
    for (size_t i = 0; !room && i < rooms->count; i++) {
        const char *alias = rooms->list[i]->alias;
        if (alias && slice_is(id_or_alias, alias)) {
            room = rooms->list[i];
        }
    }
    for (int i = 0; i < REPLACED_MOST && room && room->next; i++) {
        struct room *next = rooms_find(rooms, slice_of(room->next));
        if (!next || !next->joined) {
            break;
        }
        room = next;
    }
    return room;
}

void rooms_inherit(const struct rooms *rooms, struct room *room)
{
    // Both have to say so: else the one could take over any other's settings.
    const json_t *content = json_object_get(room->create, "content");
    const json_t *before = json_object_get(content, "predecessor");
    const struct room *old = rooms_find(rooms, matrix_text(before, "room_id"));
    if (!room->alias && old && old != room && old->next &&
        strcmp(old->next, room->id) == 0) {
        room->alias = slice_dup(room_channel(old));
    }
}

static void keep(json_t **at, const json_t *value)
{
    json_decref(*at);
    *at = json_deep_copy(value);
}

static void take_member(struct room *room, const struct matrix_event *e)
{
    char key[MATRIX_ID_MOST + 1];
    struct slice name = matrix_text(e->content, "displayname");
    if (!as_key(e->state_key, key)) {
        return;
    }
    bool there = slice_is(matrix_text(e->content, "membership"), "join");
    if (!there || name.len == 0) {
        json_object_del(room->names, key);
    } else if (json_object_size(room->names) < ROOM_NAMES_MOST) {
        json_object_set_new(room->names, key,
                            json_stringn(name.ptr, name.len < 256 ? name.len : 256));
    }
}

void room_take_state(struct room *room, const struct matrix_event *e)
{
    if (slice_is(e->type, "m.room.member")) {
        take_member(room, e);
    } else if (e->state_key.len) {
        return; // those below have an empty key
    } else if (slice_is(e->type, "m.room.power_levels")) {
        keep(&room->power, e->content);
        room->told_power = false;
    } else if (slice_is(e->type, "m.room.create")) {
        keep(&room->create, e->json);
    } else if (slice_is(e->type, "m.room.encryption")) {
        room->encrypted = true;
    } else if (slice_is(e->type, "m.room.tombstone")) {
        char next[MATRIX_ID_MOST + 1];
        free(room->next);
        room->next = as_key(matrix_text(e->content, "replacement_room"), next)
                         ? strdup(next)
                         : NULL;
    }
}

// Levels of old rooms may be strings.
static bool level_of(const json_t *value, int64_t *out)
{
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
    } else if (json_is_string(value)) {
        *out = strtoll(json_string_value(value), NULL, 10);
    } else {
        return false;
    }
    return true;
}

static bool is_creator(const struct room *room, struct slice user)
{
    if (slice_equal(matrix_text(room->create, "sender"), user)) {
        return true;
    }
    const json_t *more = json_object_get(json_object_get(room->create, "content"),
                                         "additional_creators");
    for (size_t i = 0; i < json_array_size(more); i++) {
        const json_t *one = json_array_get(more, i);
        if (json_is_string(one) &&
            slice_equal(slice_make(json_string_value(one), json_string_length(one)),
                        user)) {
            return true;
        }
    }
    return false;
}

static bool creators_rule(const struct room *room)
{
    struct slice version =
        matrix_text(json_object_get(room->create, "content"), "room_version");
    uint64_t number;
    return slice_u64(version, &number) == FAULT_NONE && number >= 12;
}

int64_t room_power(const struct room *room, struct slice user)
{
    char key[MATRIX_ID_MOST + 1];
    int64_t level = 0;
    if (creators_rule(room) && is_creator(room, user)) {
        return INT64_MAX;
    }
    if (!room->power) {
        return is_creator(room, user) ? 100 : 0;
    }
    const json_t *users = json_object_get(room->power, "users");
    if (as_key(user, key) && level_of(json_object_get(users, key), &level)) {
        return level;
    }
    level_of(json_object_get(room->power, "users_default"), &level);
    return level;
}

int64_t room_needs(const struct room *room, const char *deed)
{
    int64_t level = 50;
    level_of(json_object_get(room->power, deed), &level);
    return level;
}

int64_t room_needs_to_send(const struct room *room, const char *type, bool is_state)
{
    int64_t level = is_state && room->power ? 50 : 0;
    const json_t *events = json_object_get(room->power, "events");
    if (!level_of(json_object_get(events, type), &level)) {
        level_of(
            json_object_get(room->power, is_state ? "state_default" : "events_default"),
            &level);
    }
    return level;
}

struct slice room_member_name(const struct room *room, struct slice user)
{
    char key[MATRIX_ID_MOST + 1];
    struct slice name = as_key(user, key) ? matrix_text(room->names, key) : user;
    return name.len ? name : user;
}

struct slice room_channel(const struct room *room)
{
    return slice_of(room->alias ? room->alias : room->id);
}
