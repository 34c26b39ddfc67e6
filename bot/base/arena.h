/* SPDX-License-Identifier: MIT
 *
 * arena.h - memory of one message: many allocations, dropped once.
 *
 * Owner   what arena_alloc returns belongs to the arena and dies with the next
 *         arena_drop() or arena_finish(). Never keep it in something that lives longer.
 * Faults  NULL when memory or the limit is reached. Debug and sanitizer builds poison
 *         dropped bytes so that a stale pointer crashes in tests.
 */
#ifndef HM_BASE_ARENA_H
#define HM_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "bot/base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *first;   // kept over drops
    struct arena_block *current; // where the next allocation comes from
    size_t block_bytes;          // size of a fresh block
    size_t limit;                // bytes handed out at most between two drops
    size_t used;                 // bytes handed out since the last drop
};

// Takes no memory until the first allocation.
void arena_init(struct arena *a, size_t block_bytes, size_t limit);
void arena_finish(struct arena *a); // zeroed storage is fine
// Forgets everything handed out. Keeps the first block; frees the rest.
void arena_drop(struct arena *a);
// Aligned for any type; not zeroed. NULL on fault.
void *arena_alloc(struct arena *a, size_t bytes);
// Zeroed array; NULL also when count * size overflows.
void *arena_zalloc(struct arena *a, size_t count, size_t size);
// Copies, NUL-terminated (the terminator is not counted). An empty slice with a NULL
// ptr on fault.
struct slice arena_copy(struct arena *a, struct slice s);
struct slice arena_format(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
