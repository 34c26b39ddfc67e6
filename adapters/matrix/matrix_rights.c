// SPDX-License-Identifier: MIT
#include <string.h>

#include "adapters/matrix/matrix_internal.h"

const char *matrix_missing_right(const struct adapter *a, const struct room *room,
                                 int64_t *needs)
{
    int64_t power = room_power(room, slice_of(a->user_id));
    *needs = room_needs(room, "redact");
    if (power < *needs) {
        return "hide messages";
    }
    *needs = room_needs_to_send(room, "m.room.redaction", false);
    if (power < *needs) {
        return "hide messages";
    }
    *needs = room_needs(room, "ban");
    if (power < *needs) {
        return "ban members";
    }
    return NULL;
}

bool matrix_may_mute(const struct adapter *a, const struct room *room, int64_t *needs)
{
    *needs = room_needs_to_send(room, "m.room.power_levels", true);
    return room_power(room, slice_of(a->user_id)) >= *needs;
}

void matrix_check_rights(struct adapter *a, struct room *room)
{
    int64_t needs;
    if (room->told_power || !room->joined || !room->power || !room->create ||
        matrix_is_control(a, room)) {
        return;
    }
    const char *deed = matrix_missing_right(a, room, &needs);
    room->told_power = deed != NULL;
    if (!deed) {
        return;
    }
    struct text sentence;
    text_init(&sentence, 1024);
    text_add_format(&sentence,
                    "In the room %s hallmonitor cannot %s: %s has a power level of "
                    "%lld and needs %lld. Raise it in the room's settings.",
                    room->alias ? room->alias : room->id, deed, a->user_id,
                    (long long)room_power(room, slice_of(a->user_id)),
                    (long long)needs);
    matrix_tell(a, "rights", room, text_cstr(&sentence));
    text_finish(&sentence);
}
