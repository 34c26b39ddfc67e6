/* SPDX-License-Identifier: MIT
 *
 * table.h - growable arrays and a 64-bit key to 32-bit value map, for building rulesets.
 */
#ifndef HM_RULES_TABLE_H
#define HM_RULES_TABLE_H

#include "bot/base/slice.h"

// Makes room for `need` members of `size` bytes in *array; false: out of memory. New
// room is not cleared.
bool array_grow(void **array, size_t *cap, size_t need, size_t size);
#define ARRAY_GROW(array, cap, need)                                                   \
    array_grow((void **)&(array), &(cap), (need), sizeof(*(array)))

struct table {
    uint64_t *keys;   // 0: empty slot
    uint32_t *values; //
    size_t slots;     // a power of two, or 0
    size_t count;
};

void table_finish(struct table *t); // zeroed storage is fine
// Value of key, or 0 when absent. Key 0 is never present.
uint32_t table_get(const struct table *t, uint64_t key);
MUST_USE bool table_put(struct table *t, uint64_t key, uint32_t value);

#endif
