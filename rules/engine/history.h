/* SPDX-License-Identifier: MIT
 *
 * history.h - what the judge remembers of earlier messages: features, never texts.
 *
 * A bounded ring for each of a bounded number of channels. When all are taken, the one
 * of its neighbours that was quiet for longest is forgotten.
 *
 * Owner   the judge. No memory is taken after creation.
 */
#ifndef HM_RULES_HISTORY_H
#define HM_RULES_HISTORY_H

#include "bot/base/text.h"

enum { HISTORY_RING = 32, HISTORY_CLASSES = 8 };

struct past {
    uint64_t at_ms;   // the platform's time; 0: unknown
    uint64_t author;  // hash
    uint64_t text;    // hash of its words
    uint32_t bytes;   // of the text
    uint16_t signals; // bits of the ruleset's grooming signals
    uint8_t target;   // enum target that it spoke of last, for pronouns
    uint8_t attacked; // enum target that it insulted or bullied; 0: nobody
    uint32_t subject; // hash of the words for whom it attacked; 0: none
    uint32_t classes[HISTORY_CLASSES]; // hashes of context classes it held; 0: none
};

struct past_channel {
    uint64_t key;   // hash of the channel's id; 0: free
    uint64_t used;  // counts up with each message; for forgetting
    uint32_t count; // in the ring
    uint32_t next;  // where the next one goes
    struct past ring[HISTORY_RING];
};

struct history;

// channels 0: nothing is remembered, *out is NULL.
MUST_USE enum fault history_create(struct history **out, size_t channels,
                                   struct why *why);
void history_destroy(struct history *h); // NULL is fine
// The channel, made when it is new. NULL only for h NULL or an empty id.
struct past_channel *history_channel(struct history *h, struct slice id);
// The n-th last message (0: the last), NULL when there is none.
const struct past *past_back(const struct past_channel *c, size_t n);
void past_add(struct past_channel *c, const struct past *p);

MUST_USE enum fault history_save(const struct history *h, struct text *out);
// INPUT leaves h empty.
MUST_USE enum fault history_load(struct history *h, struct slice saved,
                                 struct why *why);

#endif
