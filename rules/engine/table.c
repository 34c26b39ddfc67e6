// SPDX-License-Identifier: MIT
#include "rules/engine/table.h"

#include <stdlib.h>

bool array_grow(void **array, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap) {
        return true;
    }
    size_t more = *cap < 16 ? 16 : *cap * 2;
    if (more < need) {
        more = need;
    }
    size_t bytes;
    if (__builtin_mul_overflow(more, size, &bytes)) {
        return false;
    }
    void *grown = realloc(*array, bytes);
    if (!grown) {
        return false;
    }
    *array = grown;
    *cap = more;
    return true;
}

void table_finish(struct table *t)
{
    free(t->keys);
    free(t->values);
    *t = (struct table){0};
}

static size_t slot_of(const struct table *t, uint64_t key)
{
    size_t i = (size_t)((key * 0x9E3779B97F4A7C15u) >> 20) & (t->slots - 1);
    while (t->keys[i] && t->keys[i] != key) {
        i = (i + 1) & (t->slots - 1);
    }
    return i;
}

uint32_t table_get(const struct table *t, uint64_t key)
{
    if (t->slots == 0 || key == 0) {
        return 0;
    }
    size_t i = slot_of(t, key);
    return t->keys[i] ? t->values[i] : 0;
}

static bool rehash(struct table *t)
{
    struct table bigger = {.slots = t->slots ? t->slots * 2 : 64};
    bigger.keys = calloc(bigger.slots, sizeof(*bigger.keys));
    bigger.values = calloc(bigger.slots, sizeof(*bigger.values));
    if (!bigger.keys || !bigger.values) {
        table_finish(&bigger);
        return false;
    }
    for (size_t i = 0; i < t->slots; i++) {
        if (t->keys[i]) {
            size_t at = slot_of(&bigger, t->keys[i]);
            bigger.keys[at] = t->keys[i];
            bigger.values[at] = t->values[i];
        }
    }
    bigger.count = t->count;
    table_finish(t);
    *t = bigger;
    return true;
}

bool table_put(struct table *t, uint64_t key, uint32_t value)
{
    if ((t->count + 1) * 2 > t->slots && !rehash(t)) {
        return false;
    }
    size_t i = slot_of(t, key);
    t->count += t->keys[i] == 0;
    t->keys[i] = key;
    t->values[i] = value;
    return true;
}
