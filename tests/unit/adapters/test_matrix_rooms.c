// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_rooms.h"

#include <stdlib.h>

#include "adapters/matrix/matrix_recent.h"
#include "unit/check.h"

static void take(struct room *room, const char *type, const char *key,
                 const char *content)
{
    json_t *json =
        json_pack("{ss ss ss ss so}", "type", type, "event_id", "$e", "sender",
                  "@head:x", "state_key", key, "content", json_loads(content, 0, NULL));
    struct matrix_event e;
    CHECK_INT(matrix_event_read(&e, json), FAULT_NONE);
    room_take_state(room, &e);
    json_decref(json);
}

TEST(rooms__are_found_by_id_and_alias)
{
    struct rooms rooms = {0};
    struct room *a = rooms_add(&rooms, SLICE("!a:x"));
    CHECK(rooms_add(&rooms, SLICE("!a:x")) == a);
    CHECK(rooms_add(&rooms, SLICE("!b:x")) != a);
    CHECK(rooms_add(&rooms, SLICE("")) == NULL);
    CHECK(rooms_find(&rooms, SLICE("!c:x")) == NULL);
    a->alias = slice_dup(SLICE("#pupils:x"));
    CHECK(rooms_named(&rooms, SLICE("#pupils:x")) == a);
    CHECK_SLICE(room_channel(a), "#pupils:x");
    rooms_finish(&rooms);
    rooms_finish(&rooms);
}

TEST(rooms__a_replacement_keeps_the_name_of_what_it_replaces)
{
    struct rooms rooms = {0};
    struct room *old = rooms_add(&rooms, SLICE("!old:x"));
    struct room *next = rooms_add(&rooms, SLICE("!next:x"));
    struct room *other = rooms_add(&rooms, SLICE("!other:x"));
    old->alias = slice_dup(SLICE("#pupils:x"));
    take(next, "m.room.create", "", "{\"predecessor\":{\"room_id\":\"!old:x\"}}");
    rooms_inherit(&rooms, next); // says so alone
    CHECK(!next->alias);
    take(old, "m.room.tombstone", "", "{\"replacement_room\":\"!other:x\"}");
    rooms_inherit(&rooms, next);
    rooms_inherit(&rooms, other);
    CHECK(!next->alias && !other->alias);
    take(old, "m.room.tombstone", "", "{\"replacement_room\":\"!next:x\"}");
    rooms_inherit(&rooms, next);
    CHECK_SLICE(room_channel(next), "#pupils:x");
    CHECK(rooms_named(&rooms, SLICE("#pupils:x")) == old); // we are not there yet
    next->joined = true;
    CHECK(rooms_named(&rooms, SLICE("#pupils:x")) == next);
    // In a circle.
    take(next, "m.room.tombstone", "", "{\"replacement_room\":\"!old:x\"}");
    old->joined = true;
    CHECK(rooms_named(&rooms, SLICE("#pupils:x")));
    take(old, "m.room.tombstone", "", "{\"replacement_room\":7}");
    CHECK(!old->next);
    rooms_finish(&rooms);
}

TEST(room_power__defaults_creators_and_odd_values)
{
    struct rooms rooms = {0};
    struct room *room = rooms_add(&rooms, SLICE("!a:x"));
    take(room, "m.room.create", "", "{\"room_version\":\"10\"}");
    CHECK_INT(room_power(room, SLICE("@head:x")), 100);
    CHECK_INT(room_power(room, SLICE("@p:x")), 0);
    CHECK_INT(room_needs(room, "redact"), 50);
    take(room, "m.room.power_levels", "",
         "{\"users\":{\"@m:x\":50,\"@old:x\":\"75\",\"@odd:x\":[]},\"users_default\":"
         "5,\"redact\":60,\"events\":{\"m.room.redaction\":10},\"events_default\":3}");
    CHECK_INT(room_power(room, SLICE("@head:x")), 5);
    CHECK_INT(room_power(room, SLICE("@m:x")), 50);
    CHECK_INT(room_power(room, SLICE("@old:x")), 75);
    CHECK_INT(room_power(room, SLICE("@odd:x")), 5);
    CHECK_INT(room_needs(room, "redact"), 60);
    CHECK_INT(room_needs_to_send(room, "m.room.redaction", false), 10);
    CHECK_INT(room_needs_to_send(room, "m.room.message", false), 3);
    CHECK_INT(room_needs_to_send(room, "m.room.power_levels", true), 50);
    rooms_finish(&rooms);
}

TEST(room_power__creators_of_new_rooms_stand_above_all)
{
    struct rooms rooms = {0};
    struct room *room = rooms_add(&rooms, SLICE("!a"));
    take(room, "m.room.create", "",
         "{\"room_version\":\"12\",\"additional_creators\":[\"@two:x\",7]}");
    take(room, "m.room.power_levels", "", "{\"users\":{}}");
    CHECK(room_power(room, SLICE("@head:x")) == INT64_MAX);
    CHECK(room_power(room, SLICE("@two:x")) == INT64_MAX);
    CHECK_INT(room_power(room, SLICE("@three:x")), 0);
    rooms_finish(&rooms);
}

TEST(room_member_name__is_shown_while_they_are_there)
{
    struct rooms rooms = {0};
    struct room *room = rooms_add(&rooms, SLICE("!a:x"));
    CHECK_SLICE(room_member_name(room, SLICE("@p:x")), "@p:x");
    take(room, "m.room.member", "@p:x",
         "{\"membership\":\"join\",\"displayname\":\"Pat\"}");
    CHECK_SLICE(room_member_name(room, SLICE("@p:x")), "Pat");
    take(room, "m.room.member", "@p:x", "{\"membership\":\"leave\"}");
    CHECK_SLICE(room_member_name(room, SLICE("@p:x")), "@p:x");
    rooms_finish(&rooms);
}

TEST(recent__edits_of_what_was_seen_are_known)
{
    static struct recent r;
    const json_t *edits;
    CHECK(!recent_find(&r, SLICE("$a"), &edits));
    recent_seen(&r, SLICE("$a"), SLICE("$t"));
    CHECK_SLICE(recent_thread(&r, SLICE("$a")), "$t");
    CHECK_SLICE(recent_thread(&r, SLICE("$b")), "");
    CHECK(recent_find(&r, SLICE("$a"), &edits));
    CHECK(!edits);
    CHECK(recent_known(&r, SLICE("$a")));
    recent_edited(&r, SLICE("$a"), SLICE("$1"), SLICE("@s:x"));
    CHECK(recent_find(&r, SLICE("$a"), &edits));
    CHECK_INT(json_array_size(edits), 1);
    recent_edited(&r, SLICE("$b"), SLICE("$2"), SLICE("@s:x")); // its original never
    CHECK(!recent_find(&r, SLICE("$b"), &edits));
    CHECK(!recent_known(&r, SLICE("$b")));
    for (int i = 0; i < RECENT_EDITS_MOST; i++) {
        recent_edited(&r, SLICE("$a"), SLICE("$3"), SLICE("@s:x"));
    }
    CHECK(!recent_find(&r, SLICE("$a"), &edits)); // too many: they are asked for
    for (int i = 0; i < RECENT_MOST; i++) {
        char id[16];
        snprintf(id, sizeof(id), "$n%d", i);
        recent_seen(&r, slice_of(id), slice_of(""));
    }
    CHECK(!recent_find(&r, SLICE("$a"), &edits));
    CHECK(json_object_size(r.index) == RECENT_MOST);
    recent_finish(&r);
}

int main(void)
{
    return RUN(UNIT(rooms__are_found_by_id_and_alias),
               UNIT(rooms__a_replacement_keeps_the_name_of_what_it_replaces),
               UNIT(room_power__defaults_creators_and_odd_values),
               UNIT(room_power__creators_of_new_rooms_stand_above_all),
               UNIT(room_member_name__is_shown_while_they_are_there),
               UNIT(recent__edits_of_what_was_seen_are_known));
}
