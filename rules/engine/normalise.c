// SPDX-License-Identifier: MIT
#include "rules/engine/normalise.h"

#include <string.h>

#include "bot/base/utf8.h"

static char lower(char c)
{
    return (char)(c + ((unsigned char)(c - 'A') < 26 ? 32 : 0));
}

// *ascii is set when that is all there was to do.
static enum fault normalise_ascii(struct norm *out, struct slice s, struct arena *arena,
                                  bool *ascii)
{
    char *text = arena_alloc(arena, s.len + NORM_PADDING);
    struct mask_block *masks = arena_alloc(arena, (s.len / 64 + 2) * sizeof(*masks));
    if (!text || !masks) {
        return FAULT_MEMORY;
    }
    if (s.len) {
        memcpy(text, s.ptr, s.len);
    }
    *ascii = masks_make(masks, text, s.len);
    *out = (struct norm){.original = s, .text = text, .len = s.len, .masks = masks};
    return FAULT_NONE;
}

struct writer {
    char *text;
    uint32_t *map;
    uint8_t *kinds;
    size_t len;
};

static void put(struct writer *w, char c, enum fold_kind kind, size_t from)
{
    w->text[w->len] = c;
    w->map[w->len] = (uint32_t)from;
    w->kinds[w->len] = (uint8_t)kind;
    w->len++;
}

static void put_folded(struct writer *w, const struct fold *f, size_t from)
{
    for (size_t i = 0; i < f->len; i++) {
        put(w, f->bytes[i], (enum fold_kind)f->kind, from);
    }
}

// A folded code point takes at most FOLD_BYTES and at least two bytes of the original.
static bool make_room(struct writer *w, struct slice s, struct arena *arena)
{
    size_t most = s.len;
    for (size_t i = 0; i < s.len; i++) {
        most += ((unsigned char)s.ptr[i] & 0xC0) == 0xC0 ? FOLD_BYTES : 0;
    }
    w->text = arena_alloc(arena, most + NORM_PADDING);
    w->map = arena_alloc(arena, (most + 1) * sizeof(*w->map));
    w->kinds = arena_alloc(arena, most + 1);
    return w->text && w->map && w->kinds;
}

enum fault normalise(struct norm *out, struct slice s, struct fold_table *folds,
                     struct arena *arena)
{
    if (s.len > UINT32_MAX / 2) {
        return FAULT_LIMIT;
    }
    bool ascii = false;
    enum fault f = normalise_ascii(out, s, arena, &ascii);
    if (f || ascii) {
        return f;
    }
    struct writer w = {0};
    if (!make_room(&w, s, arena)) {
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < s.len;) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x80) {
            put(&w, lower((char)c), FOLD_LETTER, i);
            i++;
            continue;
        }
        uint32_t cp;
        size_t n = utf8_decode(s, i, &cp);
        if (n == 0) { // malformed: stands for nothing, as a joiner would
            i++;
            continue;
        }
        put_folded(&w, fold_find(folds, cp), i);
        i += n;
    }
    w.map[w.len] = (uint32_t)s.len;
    w.kinds[w.len] = FOLD_MARK;
    memset(w.text + w.len, 0, NORM_PADDING);
    *out = (struct norm){
        .original = s, .text = w.text, .len = w.len, .map = w.map, .kinds = w.kinds};
    return FAULT_NONE;
}

size_t norm_start(const struct norm *n, size_t start)
{
    return n->map ? n->map[start] : start;
}

// Where the next kept code point begins; what was dropped in between belongs to the
// word before it, all but white space at the end.
size_t norm_end(const struct norm *n, size_t end)
{
    if (!n->map || end == 0) {
        return end;
    }
    // Code points that folded to several bytes share one origin.
    size_t last = n->map[end - 1];
    while (end < n->len && n->map[end] == last) {
        end++;
    }
    return n->map[end];
}
