/* SPDX-License-Identifier: MIT
 *
 * discord_repost.h - whether a message was put back already.
 *
 * A webhook takes no nonce. When the answer to a repost was lost, or we ended before it
 * came, only the channel itself can tell whether it stands there: it is looked through
 * before anything is posted.
 */
#ifndef HM_DISCORD_REPOST_H
#define HM_DISCORD_REPOST_H

#include <jansson.h>
#include <stdbool.h>

#include "bot/base/slice.h"

struct adapter;

#define REPOST_NOTE "Put back by the moderators"

struct discord_repost {
    uint64_t action_id;   // the outbox row's
    uint64_t original_id; // of what is put back
    uint64_t where;       // channel or thread
    uint64_t webhook_id;  // 0: posted by ourselves
    struct slice name, text;
};

enum repost_found {
    REPOST_ABSENT,
    REPOST_THERE,   // id is what it is called
    REPOST_UNKNOWN, // Discord did not say; nothing may be posted now
};
typedef void repost_found_fn(void *ctx, enum repost_found found, struct slice id);

// Looks for it, and writes down that it is about to be posted. *r is copied but for name
// and text, which must live until found is called, once, later.
void discord_repost_look(struct adapter *a, const struct discord_repost *r,
                         repost_found_fn *found, void *ctx);
// Whether this message of the channel's history is it.
bool discord_repost_is(const struct discord_repost *r, uint64_t me,
                       const json_t *message);

#endif
