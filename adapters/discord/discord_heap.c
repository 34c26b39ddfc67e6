// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_heap.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

enum fault heap_reserve(struct heap *h, size_t count)
{
    if (count <= h->room) {
        return FAULT_NONE;
    }
    size_t room = h->room ? h->room : 64;
    while (room < count) {
        room *= 2;
    }
    struct heap_entry *list = realloc(h->list, room * sizeof(*list));
    if (!list) {
        return FAULT_MEMORY;
    }
    h->list = list;
    h->room = room;
    return FAULT_NONE;
}

static bool before(const struct heap_entry *a, const struct heap_entry *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void swap(struct heap_entry *a, struct heap_entry *b)
{
    struct heap_entry kept = *a;
    *a = *b;
    *b = kept;
}

void heap_put(struct heap *h, uint64_t key, void *thing)
{
    assert(h->count < h->room);
    size_t at = h->count++;
    h->list[at] = (struct heap_entry){key, ++h->last_order, thing};
    while (at && before(&h->list[at], &h->list[(at - 1) / 2])) {
        swap(&h->list[at], &h->list[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

void *heap_take(struct heap *h)
{
    if (!h->count) {
        return NULL;
    }
    void *thing = h->list[0].thing;
    h->list[0] = h->list[--h->count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = at * 2 + 1; child <= at * 2 + 2; child++) {
            if (child < h->count && before(&h->list[child], &h->list[least])) {
                least = child;
            }
        }
        if (least == at) {
            return thing;
        }
        swap(&h->list[at], &h->list[least]);
        at = least;
    }
}

void heap_finish(struct heap *h)
{
    free(h->list);
    *h = (struct heap){0};
}
