/* SPDX-License-Identifier: MIT
 *
 * discord_idmap.h - things by snowflake: an open hash table of pointers.
 *
 * Owner   the pointers' things belong to the caller.
 */
#ifndef HM_DISCORD_IDMAP_H
#define HM_DISCORD_IDMAP_H

#include "bot/base/slice.h"

struct idmap {
    struct idmap_entry {
        uint64_t id; // 0: free
        void *thing;
    } * entries;
    size_t room; // a power of two, or 0
    size_t count;
};

void idmap_finish(struct idmap *t); // zeroed storage is fine; frees no things
void *idmap_find(const struct idmap *t, uint64_t id); // NULL: not there
// Replaces; id must not be 0.
MUST_USE enum fault idmap_put(struct idmap *t, uint64_t id, void *thing);
void *idmap_remove(struct idmap *t, uint64_t id); // what was there, or NULL
// Every thing once, in no order: start with *at 0; NULL at the end. Nothing may be put
// or removed meanwhile.
void *idmap_next(const struct idmap *t, size_t *at);

#endif
