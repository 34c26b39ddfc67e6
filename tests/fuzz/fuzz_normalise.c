// SPDX-License-Identifier: MIT
// Normaliser and tokeniser: offsets stay inside, maps never run backwards.
#include <stdlib.h>

#include "rules/engine/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_map(const struct norm *n)
{
    for (size_t i = 0; n->map && i < n->len; i++) {
        require(n->map[i] <= n->map[i + 1] && n->map[i] < n->original.len);
    }
    for (size_t i = 0; i < NORM_PADDING; i++) {
        require(n->text[n->len + i] == '\0');
    }
}

static void check_tokens(const struct norm *n, const struct tokens *t)
{
    size_t end = 0, count = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct token *at = &t->at[i];
        require(at->start >= end && at->end > at->start && at->end <= n->len);
        require(at->sentence < t->sentence_count);
        require(norm_start(n, at->start) < norm_end(n, at->end));
        require(norm_end(n, at->end) <= n->original.len);
        end = at->end;
    }
    for (size_t i = 0; i < t->sentence_count; i++) {
        require(t->sentences[i].first == count);
        count += t->sentences[i].count;
    }
    require(count == t->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fold_table *folds;
    struct arena arena;
    struct norm n;
    struct tokens t;
    if (!folds && fold_table_create(&folds, NULL)) {
        abort();
    }
    arena_init(&arena, 1 << 16, 1 << 28);
    struct slice text = slice_make((const char *)data, size);
    if (normalise(&n, text, folds, &arena) == FAULT_NONE &&
        tokenise(&t, &n, &arena) == FAULT_NONE) {
        check_map(&n);
        check_tokens(&n, &t);
    }
    arena_finish(&arena);
    return 0;
}
