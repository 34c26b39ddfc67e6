/* SPDX-License-Identifier: MIT
 *
 * matrix_rooms.h - what the adapter remembers about the rooms it is in: power levels,
 * names of members, encryption.
 *
 * Owner   the table owns its rooms; a pointer lives until rooms_finish().
 */
#ifndef HM_MATRIX_ROOMS_H
#define HM_MATRIX_ROOMS_H

#include "adapters/matrix/matrix_decode.h"

enum { ROOMS_MOST = 20000, ROOM_NAMES_MOST = 20000 };

struct room {
    char *id;
    char *alias;    // as the settings name it, or its predecessor; NULL: by its id
    char *next;     // the room that replaced it, or NULL
    json_t *power;  // content of m.room.power_levels, or NULL
    json_t *create; // m.room.create, whole, or NULL
    json_t *names;  // user id → display name
    bool joined;
    bool encrypted;
    bool told_encrypted, told_power; // the technician knows
};

struct rooms {
    struct room **list;
    size_t count;
    json_t *index; // room id → position
};

void rooms_finish(struct rooms *rooms); // zeroed storage is fine
struct room *rooms_find(const struct rooms *rooms, struct slice id); // NULL: unknown
// NULL: out of memory, too many rooms, or no identifier.
struct room *rooms_add(struct rooms *rooms, struct slice id);
// The room named so in the settings, or by its id; its replacement once we are there.
struct room *rooms_named(const struct rooms *rooms, struct slice id_or_alias);

// Gives a replacement the name by which the settings know what it replaces.
void rooms_inherit(const struct rooms *rooms, struct room *room);

// A state event of the room, from the timeline or not.
void room_take_state(struct room *room, const struct matrix_event *e);
// Power of a user; creators of rooms of version 12 and later have INT64_MAX.
int64_t room_power(const struct room *room, struct slice user);
// What one needs for "redact", "ban" or "kick".
int64_t room_needs(const struct room *room, const char *deed);
// What one needs to send an event of that type.
int64_t room_needs_to_send(const struct room *room, const char *type, bool is_state);
// Display name of a member, else the user id.
struct slice room_member_name(const struct room *room, struct slice user);
// How messages of this room name their channel.
struct slice room_channel(const struct room *room);

#endif
