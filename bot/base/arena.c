// SPDX-License-Identifier: MIT
#include "bot/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t cap;
    size_t used;
    _Alignas(ALIGN) char bytes[];
};

static void poison(void *ptr, size_t bytes)
{
#if !defined(NDEBUG) || defined(__SANITIZE_ADDRESS__)
    memset(ptr, 0xA5, bytes);
#else
    (void)ptr;
    (void)bytes;
#endif
}

void arena_init(struct arena *a, size_t block_bytes, size_t limit)
{
    *a = (struct arena){.block_bytes = block_bytes, .limit = limit};
}

static void free_chain(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_finish(struct arena *a)
{
    free_chain(a->first);
    *a = (struct arena){.block_bytes = a->block_bytes, .limit = a->limit};
}

void arena_drop(struct arena *a)
{
    if (a->first) {
        free_chain(a->first->next);
        a->first->next = NULL;
        poison(a->first->bytes, a->first->used);
        a->first->used = 0;
    }
    a->current = a->first;
    a->used = 0;
}

static struct arena_block *add_block(struct arena *a, size_t least)
{
    size_t cap = a->block_bytes > least ? a->block_bytes : least;
    struct arena_block *block = malloc(sizeof(*block) + cap);
    if (!block) {
        return NULL;
    }
    *block = (struct arena_block){.cap = cap};
    if (a->current) {
        a->current->next = block;
    } else {
        a->first = block;
    }
    a->current = block;
    return block;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGN) {
        return NULL;
    }
    size_t padded = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (padded > a->limit - a->used) {
        return NULL;
    }
    struct arena_block *block = a->current;
    if (!block || padded > block->cap - block->used) {
        block = add_block(a, padded);
        if (!block) {
            return NULL;
        }
    }
    void *ptr = block->bytes + block->used;
    block->used += padded;
    a->used += padded;
    return ptr;
}

void *arena_zalloc(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    void *ptr = arena_alloc(a, bytes);
    if (ptr) {
        memset(ptr, 0, bytes);
    }
    return ptr;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
    char *copy = s.len == SIZE_MAX ? NULL : arena_alloc(a, s.len + 1);
    if (!copy) {
        return (struct slice){NULL, 0};
    }
    if (s.len) {
        memcpy(copy, s.ptr, s.len);
    }
    copy[s.len] = '\0';
    return (struct slice){copy, s.len};
}

struct slice arena_format(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *out = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (out) {
        vsnprintf(out, (size_t)n + 1, format, again);
    }
    va_end(again);
    return (struct slice){out, out ? (size_t)n : 0};
}
