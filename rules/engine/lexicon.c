// SPDX-License-Identifier: MIT
#include "rules/engine/lexicon_build.h"

#include <stdlib.h>
#include <string.h>

#include "rules/engine/token.h"

void lexicon_build_destroy(struct lexicon_build *b)
{
    if (b) {
        table_finish(&b->by_name);
        table_finish(&b->by_key);
        free(b->aliases);
        free(b->heads);
        free(b->parents);
        free(b->directs);
        free(b->includes);
        free(b->members);
        free(b->stamps);
        free(b->stack);
        free(b);
    }
}

enum fault lexicon_create(struct lexicon **out, struct why *why)
{
    struct lexicon *lex = calloc(1, sizeof(*lex));
    struct lexicon_build *b = calloc(1, sizeof(*b));
    if (lex) {
        lex->build = b;
    }
    if (!lex || !b || !ARRAY_GROW(lex->nodes, b->node_cap, 1) ||
        !ARRAY_GROW(b->heads, b->head_cap, 1) ||
        !ARRAY_GROW(b->parents, b->parent_cap, 1) ||
        !ARRAY_GROW(b->directs, b->direct_cap, 1) ||
        !ARRAY_GROW(lex->spelled, b->word_cap, 1) ||
        !ARRAY_GROW(lex->keys, b->key_cap, 1) ||
        !ARRAY_GROW(b->aliases, b->alias_cap, 1)) {
        if (lex) {
            lexicon_destroy(lex);
        } else {
            free(b);
        }
        return fault_say(why, FAULT_MEMORY, "out of memory for the lexicon");
    }
    lex->nodes[0] = (struct node){0};
    lex->node_count = 1;
    b->heads[0] = b->parents[0] = 0;
    b->direct_count = 1;
    lex->spelled[0] = NULL;
    lex->keys[0] = 0;
    b->aliases[0] = (struct build_alias){0};
    *out = lex;
    return FAULT_NONE;
}

void lexicon_destroy(struct lexicon *lex)
{
    if (!lex) {
        return;
    }
    lexicon_build_destroy(lex->build);
    for (size_t i = 0; i < lex->class_count; i++) {
        free(lex->classes[i].name);
    }
    for (size_t i = 1; lex->spelled && i <= lex->word_count; i++) {
        free((void *)(uintptr_t)lex->spelled[i]);
    }
    free(lex->classes);
    free(lex->words);
    free(lex->tags);
    free(lex->nodes);
    free(lex->lists);
    free(lex->members);
    free(lex->steps);
    free(lex->hints);
    free(lex->rows);
    free(lex->tails);
    free(lex->aliases);
    free(lex->keys);
    free((void *)(uintptr_t)lex->spelled);
    table_finish(&lex->edges);
    table_finish(&lex->reversed);
    table_finish(&lex->collapsed);
    free(lex);
}

bool lexicon_find_class(const struct lexicon *lex, struct slice name, uint16_t *out)
{
    uint32_t found = 0;
    if (lex->build) {
        found = table_get(&lex->build->by_name, slice_hash(name) | 1);
    } else {
        for (size_t i = 0; i < lex->class_count && !found; i++) {
            found = slice_is(name, lex->classes[i].name) ? (uint32_t)i + 1 : 0;
        }
    }
    if (found) {
        *out = (uint16_t)(found - 1);
    }
    return found != 0;
}

enum fault lexicon_class(struct lexicon *lex, struct slice name, uint16_t *out)
{
    struct lexicon_build *b = lex->build;
    if (lexicon_find_class(lex, name, out)) {
        return FAULT_NONE;
    }
    if (lex->class_count == LEXICON_CLASSES_MOST) {
        return FAULT_LIMIT;
    }
    char *copy = slice_dup(name);
    if (!copy || !ARRAY_GROW(lex->classes, b->class_cap, lex->class_count + 1) ||
        !table_put(&b->by_name, slice_hash(name) | 1, (uint32_t)lex->class_count + 1)) {
        free(copy);
        return FAULT_MEMORY;
    }
    *out = (uint16_t)lex->class_count;
    bool group = slice_starts_with(name, SLICE("group."));
    lex->classes[lex->class_count++] =
        (struct word_class){.name = copy, .flags = group ? CLASS_GROUP : 0};
    return FAULT_NONE;
}

enum fault lexicon_include(struct lexicon *lex, uint16_t whole, uint16_t part)
{
    struct lexicon_build *b = lex->build;
    if (!ARRAY_GROW(b->includes, b->include_cap, b->include_count + 1)) {
        return FAULT_MEMORY;
    }
    b->includes[b->include_count++] = (struct pair){whole, part};
    return FAULT_NONE;
}

enum fault lexicon_word(struct lexicon *lex, struct slice spelled, uint32_t *out)
{
    struct lexicon_build *b = lex->build;
    uint64_t key = token_key_of(spelled);
    uint32_t id = table_get(&b->by_key, key);
    if (id) {
        *out = id;
        return FAULT_NONE;
    }
    id = (uint32_t)lex->word_count + 1;
    char *copy = slice_dup(spelled);
    if (!copy || !ARRAY_GROW(lex->spelled, b->word_cap, id + 1) ||
        !ARRAY_GROW(lex->keys, b->key_cap, id + 1) ||
        !ARRAY_GROW(b->aliases, b->alias_cap, id + 1) ||
        !table_put(&b->by_key, key, id)) {
        free(copy);
        return FAULT_MEMORY;
    }
    lex->spelled[id] = copy;
    lex->keys[id] = key;
    b->aliases[id] = (struct build_alias){0};
    lex->word_count = id;
    *out = id;
    return FAULT_NONE;
}

uint32_t lexicon_known(const struct lexicon *lex, struct slice spelled)
{
    return table_get(&lex->build->by_key, token_key_of(spelled));
}

uint32_t lexicon_edge(const struct lexicon *lex, uint32_t node, uint32_t word)
{
    return table_get(&lex->edges, (uint64_t)node << 32 | word);
}

static enum fault step_or_make(struct lexicon *lex, uint32_t from, uint32_t word,
                               uint32_t *out)
{
    struct lexicon_build *b = lex->build;
    *out = lexicon_edge(lex, from, word);
    if (*out) {
        return FAULT_NONE;
    }
    uint32_t id = (uint32_t)lex->node_count;
    if (!ARRAY_GROW(lex->nodes, b->node_cap, id + 1) ||
        !ARRAY_GROW(b->heads, b->head_cap, id + 1) ||
        !ARRAY_GROW(b->parents, b->parent_cap, id + 1) ||
        !table_put(&lex->edges, (uint64_t)from << 32 | word, id)) {
        return FAULT_MEMORY;
    }
    lex->nodes[id] = (struct node){0};
    b->heads[id] = 0;
    b->parents[id] = from;
    lex->node_count = id + 1;
    *out = id;
    return FAULT_NONE;
}

enum fault lexicon_phrase(struct lexicon *lex, uint16_t class, const uint32_t *words,
                          size_t count)
{
    struct lexicon_build *b = lex->build;
    uint32_t node = 0;
    for (size_t i = 0; i < count; i++) {
        enum fault f = step_or_make(lex, node, words[i], &node);
        if (f) {
            return f;
        }
        if (!ARRAY_GROW(b->members, b->member_cap, b->member_count + 1)) {
            return FAULT_MEMORY;
        }
        b->members[b->member_count++] = (struct pair){class, words[i]};
    }
    for (uint32_t d = b->heads[node]; d; d = b->directs[d].next) {
        if (b->directs[d].class == class) {
            return FAULT_NONE;
        }
    }
    if (!ARRAY_GROW(b->directs, b->direct_cap, b->direct_count + 1)) {
        return FAULT_MEMORY;
    }
    b->directs[b->direct_count] =
        (struct direct){.class = class, .next = b->heads[node]};
    b->heads[node] = (uint32_t)b->direct_count++;
    return FAULT_NONE;
}

enum fault lexicon_alias(struct lexicon *lex, uint32_t word, const uint32_t *stands_for,
                         size_t count)
{
    if (count == 0 || count > ALIAS_WORDS_MOST) {
        return FAULT_LIMIT;
    }
    struct build_alias *a = &lex->build->aliases[word];
    memcpy(a->words, stands_for, count * sizeof(*stands_for));
    a->count = (uint8_t)count;
    return FAULT_NONE;
}

size_t lexicon_alias_of(const struct lexicon *lex, uint32_t word,
                        uint32_t out[ALIAS_WORDS_MOST])
{
    const struct build_alias *a = &lex->build->aliases[word];
    memcpy(out, a->words, a->count * sizeof(*out));
    return a->count;
}

const struct word *lexicon_find(const struct lexicon *lex, uint64_t key)
{
    size_t i = (size_t)key & (lex->word_slots - 1);
    uint32_t tag = LEXICON_TAG(key);
    while (lex->tags[i]) {
        if (lex->tags[i] == tag && lex->words[i].key == key) {
            return &lex->words[i];
        }
        i = (i + 1) & (lex->word_slots - 1);
    }
    return NULL;
}

const struct step *lexicon_step(const struct lexicon *lex, uint32_t node, uint32_t word)
{
    uint64_t key = (uint64_t)node << 32 | word;
    uint64_t hash = LEXICON_STEP_HASH(key);
    uint64_t hint = hash >> (64 - lex->step_bits - LEXICON_HINT_BITS);
    if (!(lex->hints[hint >> 6] >> (hint & 63) & 1)) {
        return NULL;
    }
    size_t slots = (size_t)1 << lex->step_bits;
    for (size_t i = (size_t)(hash >> (64 - lex->step_bits)); lex->steps[i].key;
         i = (i + 1) & (slots - 1)) {
        if (lex->steps[i].key == key) {
            return &lex->steps[i];
        }
    }
    return NULL;
}
