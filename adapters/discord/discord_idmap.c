// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_idmap.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

void idmap_finish(struct idmap *t)
{
    free(t->entries);
    *t = (struct idmap){0};
}

static size_t home(const struct idmap *t, uint64_t id)
{
    return (size_t)((id * 0x9e3779b97f4a7c15u) >> 32) & (t->room - 1);
}

// Where id is, or the free place for it.
static struct idmap_entry *place(const struct idmap *t, uint64_t id)
{
    size_t i = home(t, id);
    while (t->entries[i].id && t->entries[i].id != id) {
        i = (i + 1) & (t->room - 1);
    }
    return &t->entries[i];
}

void *idmap_find(const struct idmap *t, uint64_t id)
{
    return t->room && id ? place(t, id)->thing : NULL;
}

static enum fault grow(struct idmap *t)
{
    struct idmap bigger = {.room = t->room ? t->room * 2 : FIRST_ROOM};
    bigger.entries = calloc(bigger.room, sizeof(*bigger.entries));
    if (!bigger.entries) {
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < t->room; i++) {
        if (t->entries[i].id) {
            *place(&bigger, t->entries[i].id) = t->entries[i];
        }
    }
    bigger.count = t->count;
    free(t->entries);
    *t = bigger;
    return FAULT_NONE;
}

enum fault idmap_put(struct idmap *t, uint64_t id, void *thing)
{
    if (id == 0) {
        return FAULT_INPUT;
    }
    if (t->count * 2 >= t->room && grow(t)) {
        return FAULT_MEMORY;
    }
    struct idmap_entry *e = place(t, id);
    t->count += e->id == 0;
    *e = (struct idmap_entry){id, thing};
    return FAULT_NONE;
}

void *idmap_remove(struct idmap *t, uint64_t id)
{
    if (!t->room || !id) {
        return NULL;
    }
    struct idmap_entry *e = place(t, id);
    void *thing = e->thing;
    if (!e->id) {
        return NULL;
    }
    *e = (struct idmap_entry){0};
    t->count--;
    // Those behind it may have been pushed past this place.
    for (size_t i = (size_t)(e - t->entries + 1) & (t->room - 1); t->entries[i].id;
         i = (i + 1) & (t->room - 1)) {
        struct idmap_entry moved = t->entries[i];
        t->entries[i] = (struct idmap_entry){0};
        *place(t, moved.id) = moved;
    }
    return thing;
}

void *idmap_next(const struct idmap *t, size_t *at)
{
    while (*at < t->room) {
        const struct idmap_entry *e = &t->entries[(*at)++];
        if (e->id) {
            return e->thing;
        }
    }
    return NULL;
}
