/* SPDX-License-Identifier: MIT
 *
 * matrix_recent.h - messages seen in this run, with the edits seen of each.
 *
 * A homeserver lists no edits of an original that is redacted already, so that they have
 * to be known before. Of a message that is not in here they have to be asked for first.
 */
#ifndef HM_MATRIX_RECENT_H
#define HM_MATRIX_RECENT_H

#include <jansson.h>

#include "bot/base/slice.h"

enum { RECENT_MOST = 8192, RECENT_EDITS_MOST = 256 };

struct recent {
    json_t *index; // event id → {"seen": bool, "thread": id, "edits": [[id, sender]]}
    char *ring[RECENT_MOST]; // in order of arrival
    unsigned next;
};

void recent_finish(struct recent *r); // zeroed storage is fine
void recent_seen(struct recent *r, struct slice id, struct slice thread);
bool recent_known(const struct recent *r, struct slice id); // seen in this run
// Edits do not say it themselves. Empty: in none, or not seen; lives until the next call.
struct slice recent_thread(const struct recent *r, struct slice id);
void recent_edited(struct recent *r, struct slice original, struct slice edit,
                   struct slice sender);
// True when the message was seen and all its edits are known: *edits is an array of
// [id, sender], or NULL for none; borrowed.
bool recent_find(const struct recent *r, struct slice id, const json_t **edits);

#endif
