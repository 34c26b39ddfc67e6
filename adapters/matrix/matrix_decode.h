/* SPDX-License-Identifier: MIT
 *
 * matrix_decode.h - one room event to one message. Pure: no I/O, no state.
 *
 * Shape   in: one event object as /sync, /messages or a spam check gives it; any JSON.
 *         out: struct message with everything in it that members can read.
 * Owner   slices of an event point into its JSON; a message's also into the arena.
 * Source  client-server API v1.11, "Room events", "Instant messaging", "Event
 *         replacements", "Rich replies", "Threading", "Reactions"; MSC3381 (polls).
 */
#ifndef HM_MATRIX_DECODE_H
#define HM_MATRIX_DECODE_H

#include <jansson.h>

#include "adapters/adapter.h"
#include "bot/base/arena.h"

enum { MATRIX_ID_MOST = 255 }; // bytes of any identifier

struct matrix_event {
    const json_t *json, *content; // content is an object, perhaps an empty one
    struct slice type, id, sender;
    struct slice state_key;
    bool is_state;
    uint64_t at_unix_ms;
};

// A string member, or the empty slice.
struct slice matrix_text(const json_t *object, const char *key);
// INPUT: not an event (no type, id or sender; identifiers too long).
MUST_USE enum fault matrix_event_read(struct matrix_event *out, const json_t *json);
// What a relation points at; empty without one of that kind.
struct slice matrix_relation(const struct matrix_event *e, const char *rel_type);
// ABSENT: nothing in it to read. MEMORY. author_name and frame_at_ns are the caller's.
MUST_USE enum fault matrix_decode(struct message *out, struct arena *arena,
                                  const struct matrix_event *e);

#endif
