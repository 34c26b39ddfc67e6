// SPDX-License-Identifier: MIT
#include "rules/engine/cues.h"

#include <string.h>

enum { WORD_BYTES = 64 };

void cues_init(struct cues *c)
{
    *c = (struct cues){0};
}

static void add_word(struct cues *c, struct slice word)
{
    uint64_t key = token_key_of(word);
    size_t i = (size_t)key % CUE_SLOTS;
    while (c->keys[i] && c->keys[i] != key) {
        i = (i + 1) % CUE_SLOTS;
    }
    c->keys[i] = key;
    c->filter[key / 64 % CUE_FILTER] |= UINT64_C(1) << (key % 64);
}

void cues_add(struct cues *c, const char *list)
{
    struct slice rest = slice_of(list);
    while (rest.len) {
        struct slice cue = slice_cut(rest, ' ', &rest);
        if (cue.len == 1 && !(cue.ptr[0] >= 'a' && cue.ptr[0] <= 'z')) {
            c->marks[(unsigned char)cue.ptr[0] & 127] = true;
        } else if (cue.len) {
            add_word(c, cue);
        }
    }
}

static bool is_word(const struct cues *c, uint64_t key)
{
    if (!(c->filter[key / 64 % CUE_FILTER] >> (key % 64) & 1)) {
        return false;
    }
    size_t i = (size_t)key % CUE_SLOTS;
    while (c->keys[i] && c->keys[i] != key) {
        i = (i + 1) % CUE_SLOTS;
    }
    return c->keys[i] != 0;
}

// An expression sees "pass's" as two words.
static bool part_is_word(const struct cues *c, struct slice token)
{
    while (token.len) {
        struct slice part = slice_cut(token, '\'', &token);
        if (part.len < WORD_BYTES && is_word(c, token_key_of(part))) {
            return true;
        }
    }
    return false;
}

static bool is_mark(const char *t, size_t i, size_t len)
{
    return (t[i] >= '0' && t[i] <= '9') || t[i] == '@' || t[i] == '/' ||
           (t[i] == '.' && i + 1 < len && t[i + 1] > ' ' && t[i + 1] != '.');
}

bool cues_mark(const struct norm *n)
{
    if (!n->masks) {
        for (size_t i = 0; i < n->len; i++) {
            if (is_mark(n->text, i, n->len)) {
                return true;
            }
        }
        return false;
    }
    for (size_t b = 0; b * 64 < n->len; b++) {
        if (n->masks[b].digit) {
            return true;
        }
        for (uint64_t odd = n->masks[b].odd; odd; odd &= odd - 1) {
            if (is_mark(n->text, b * 64 + (size_t)__builtin_ctzll(odd), n->len)) {
                return true;
            }
        }
    }
    return false;
}

bool cues_met(const struct cues *c, const struct norm *n, const struct tokens *tokens)
{
    if (!n->masks) {
        return true; // folded text has no masks; it is rare
    }
    for (size_t b = 0; b * 64 < n->len; b++) {
        for (uint64_t odd = n->masks[b].odd; odd; odd &= odd - 1) {
            char mark = n->text[b * 64 + (size_t)__builtin_ctzll(odd)];
            if (c->marks[(unsigned char)mark & 127]) {
                return true;
            }
        }
    }
    for (size_t i = 0; i < tokens->count; i++) {
        const struct token *t = &tokens->at[i];
        if (is_word(c, t->key) ||
            (t->flags & TOKEN_APOSTROPHE && part_is_word(c, token_text(n, t)))) {
            return true;
        }
    }
    return false;
}
