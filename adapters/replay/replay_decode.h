/* SPDX-License-Identifier: MIT
 *
 * replay_decode.h - recorded forms to messages; pure, no I/O.
 *
 * Owner   the messages' strings live in the decoder until the next call.
 */
#ifndef HM_ADAPTERS_REPLAY_DECODE_H
#define HM_ADAPTERS_REPLAY_DECODE_H

#include <jansson.h>

#include "adapters/adapter.h"

enum { REPLAY_LIST_MOST = 32 };

struct replay_decoder {
    json_t *document; // an export's whole, or NULL for NDJSON
    json_t *messages; // borrowed from document
    json_t *line;     // the current NDJSON line
    size_t next;
    struct slice rest; // NDJSON not read yet
    uint64_t line_number;
    const char *channel; // an export's own
    bool matrix;
    struct slice roles[1], attachments[REPLAY_LIST_MOST], context[REPLAY_LIST_MOST];
    char id[32];
};

// bytes must stay. INPUT: not one of the three forms.
MUST_USE enum fault replay_open(struct replay_decoder *d, struct slice bytes,
                                struct why *why);
void replay_finish(struct replay_decoder *d);
// The next message; ABSENT at the end. INPUT: one bad line, with its number in why; the
// next call goes on behind it.
MUST_USE enum fault replay_next(struct replay_decoder *d, struct message *out,
                                struct why *why);

#endif
