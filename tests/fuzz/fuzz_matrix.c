// SPDX-License-Identifier: MIT
// Any bytes as an event of a room: decoded, taken as state, and as formatted text.
#include "adapters/matrix/matrix_html.h"
#include "adapters/matrix/matrix_json.h"
#include "adapters/matrix/matrix_rooms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_event(struct rooms *rooms, const json_t *json)
{
    struct arena arena;
    struct matrix_event e;
    struct message m;
    arena_init(&arena, 4096, 4 << 20);
    if (matrix_event_read(&e, json) == FAULT_NONE) {
        struct room *room = rooms_add(rooms, matrix_text(json, "room_id"));
        if (room) {
            room_take_state(room, &e);
            (void)room_power(room, e.sender);
            (void)room_needs_to_send(room, "m.room.message", false);
            (void)room_member_name(room, e.sender);
        }
        (void)matrix_relation(&e, "m.replace");
        size_t bytes = 0;
        if (matrix_decode(&m, &arena, &e) == FAULT_NONE) {
            for (size_t i = 0; i < m.part_count; i++) {
                bytes += m.parts[i].text.len;
            }
            if (bytes == 0 && m.text.len == 0) {
                __builtin_trap(); // a message without anything to read
            }
        }
    }
    arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_make((const char *)data, size);
    struct text shown;
    text_init(&shown, 64 << 10);
    matrix_html_text(&shown, bytes);
    text_finish(&shown);

    json_t *json = matrix_json(bytes);
    struct rooms rooms = {0};
    if (json_is_array(json)) {
        for (size_t i = 0; i < json_array_size(json); i++) {
            one_event(&rooms, json_array_get(json, i));
        }
    } else {
        one_event(&rooms, json);
    }
    rooms_finish(&rooms);
    json_decref(json);
    return 0;
}
