/* SPDX-License-Identifier: MIT
 *
 * discord_heap.h - things that wait, the smallest key first; of equal ones the first that
 * came.
 */
#ifndef HM_DISCORD_HEAP_H
#define HM_DISCORD_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "bot/base/fault.h"

struct heap_entry {
    uint64_t key, order;
    void *thing;
};

struct heap {
    struct heap_entry *list;
    size_t count, room;
    uint64_t last_order;
};

// Room for so many in all, so that putting cannot fail.
MUST_USE enum fault heap_reserve(struct heap *h, size_t count);
// Room must have been reserved.
void heap_put(struct heap *h, uint64_t key, void *thing);
void *heap_take(struct heap *h); // NULL: empty
void heap_finish(struct heap *h);

#endif
