// SPDX-License-Identifier: MIT
#include "rules/engine/lexicon.h"

#include <stdlib.h>
#include <string.h>

#include "rules/engine/token.h"

struct direct {
    uint16_t class;
    uint32_t next; // 0: last
};

struct pair {
    uint32_t a, b;
};

struct build_alias {
    uint32_t words[ALIAS_WORDS_MOST];
    uint8_t count;
};

struct lexicon_build {
    struct table by_name; // slice_hash of a name to class + 1
    struct table by_key;  // token_key to word id
    size_t class_cap, word_cap, key_cap, alias_cap, node_cap, head_cap;
    struct build_alias *aliases; // by word id
    uint32_t *heads;             // by node: into directs
    struct direct *directs;
    size_t direct_count, direct_cap;
    struct pair *includes; // whole, part
    size_t include_count, include_cap;
    struct pair *members; // class, word
    size_t member_count, member_cap;
    size_t list_count, list_cap;
    // Closure of one class after the other.
    uint32_t *stamps;
    uint16_t *stack;
    uint32_t stamp;
};

static void build_destroy(struct lexicon_build *b)
{
    if (b) {
        table_finish(&b->by_name);
        table_finish(&b->by_key);
        free(b->aliases);
        free(b->heads);
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
    b->heads[0] = 0;
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
    build_destroy(lex->build);
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
    lex->classes[lex->class_count++] = (struct word_class){.name = copy};
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

uint32_t lexicon_step(const struct lexicon *lex, uint32_t node, uint32_t word)
{
    return table_get(&lex->edges, (uint64_t)node << 32 | word);
}

static enum fault step_or_make(struct lexicon *lex, uint32_t from, uint32_t word,
                               uint32_t *out)
{
    struct lexicon_build *b = lex->build;
    *out = lexicon_step(lex, from, word);
    if (*out) {
        return FAULT_NONE;
    }
    uint32_t id = (uint32_t)lex->node_count;
    if (!ARRAY_GROW(lex->nodes, b->node_cap, id + 1) ||
        !ARRAY_GROW(b->heads, b->head_cap, id + 1) ||
        !table_put(&lex->edges, (uint64_t)from << 32 | word, id)) {
        return FAULT_MEMORY;
    }
    lex->nodes[id] = (struct node){0};
    lex->nodes[from].children |= UINT64_C(1) << (word & 63);
    b->heads[id] = 0;
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

static uint32_t tag_of(uint64_t key)
{
    return (uint32_t)(key >> 32) | 1;
}

const struct word *lexicon_find(const struct lexicon *lex, uint64_t key)
{
    size_t i = (size_t)key & (lex->word_slots - 1);
    uint32_t tag = tag_of(key);
    while (lex->tags[i]) {
        if (lex->tags[i] == tag && lex->words[i].key == key) {
            return &lex->words[i];
        }
        i = (i + 1) & (lex->word_slots - 1);
    }
    return NULL;
}

/* ---- finishing ---- */

// The dotted name that `name` lies under: "a.b" for "a.b.c".
static enum fault include_by_name(struct lexicon *lex)
{
    size_t count = lex->class_count;
    for (size_t i = 0; i < count; i++) {
        const char *name = lex->classes[i].name;
        const char *dot = strrchr(name, '.');
        uint16_t whole;
        if (dot && name[0] != '"' && !strpbrk(name, "|\"") &&
            lexicon_find_class(lex, slice_make(name, (size_t)(dot - name)), &whole)) {
            enum fault f = lexicon_include(lex, whole, (uint16_t)i);
            if (f) {
                return f;
            }
        }
    }
    return FAULT_NONE;
}

static int by_part(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return x->b < y->b ? -1 : x->b > y->b;
}

static size_t first_include(const struct lexicon_build *b, uint32_t part)
{
    size_t low = 0, high = b->include_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (b->includes[middle].b < part) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// Appends the used classes that hold what `direct` lists to lex->lists.
static bool add_closure(struct lexicon *lex, uint32_t direct, uint32_t *off,
                        uint16_t *count)
{
    struct lexicon_build *b = lex->build;
    size_t depth = 0;
    size_t start = b->list_count;
    b->stamp++;
    for (uint32_t d = direct; d; d = b->directs[d].next) {
        if (b->stamps[b->directs[d].class] != b->stamp) {
            b->stamps[b->directs[d].class] = b->stamp;
            b->stack[depth++] = b->directs[d].class;
        }
    }
    while (depth) {
        uint16_t class = b->stack[--depth];
        if (lex->classes[class].flags & CLASS_USED) {
            if (!ARRAY_GROW(lex->lists, b->list_cap, b->list_count + 1)) {
                return false;
            }
            lex->lists[b->list_count++] = class;
        }
        for (size_t i = first_include(b, class);
             i < b->include_count && b->includes[i].b == class; i++) {
            uint16_t whole = (uint16_t)b->includes[i].a;
            if (b->stamps[whole] != b->stamp) {
                b->stamps[whole] = b->stamp;
                b->stack[depth++] = whole;
            }
        }
    }
    *off = (uint32_t)start;
    *count = (uint16_t)(b->list_count - start);
    return true;
}

// Words that English uses most, most common first: classes that hold one of them are
// seen in almost every message, and make poor anchors.
static const char *const common[] = {
    "the",  "to",   "i",      "you",    "a",     "and",   "it",      "is",    "of",
    "in",   "that", "do",     "not",    "for",   "my",    "are",     "on",    "have",
    "me",   "be",   "this",   "was",    "he",    "with",  "we",      "so",    "what",
    "but",  "they", "your",   "just",   "she",   "at",    "all",     "like",  "if",
    "no",   "up",   "out",    "get",    "his",   "her",   "or",      "can",   "there",
    "as",   "one",  "about",  "will",   "know",  "who",   "go",      "how",   "from",
    "has",  "when", "am",     "him",    "them",  "their", "an",      "been",  "some",
    "by",   "our",  "would",  "had",    "then",  "now",   "time",    "good",  "see",
    "did",  "were", "us",     "any",    "think", "back",  "more",    "too",   "got",
    "only", "want", "school", "day",    "need",  "say",   "here",    "over",  "going",
    "come", "make", "really", "people", "into",  "off",   "because", "could", "does"};

static uint32_t common_weight(const char *word)
{
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        if (strcmp(common[i], word) == 0) {
            return (uint32_t)(4000 / (i + 2)) + 20;
        }
    }
    return 1;
}

static void add_weights(struct lexicon *lex, uint32_t off, uint16_t count, uint32_t by)
{
    for (uint32_t i = 0; i < count; i++) {
        lex->classes[lex->lists[off + i]].weight += by;
    }
}

static void add_evasive_word(struct lexicon *lex, uint32_t id, bool *ok)
{
    struct slice w = slice_of(lex->spelled[id]);
    char turned[FOLD_BYTES * 8];
    if (w.len < 4 || w.len >= sizeof(turned)) {
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < w.len; i++) {
        turned[i] = w.ptr[w.len - 1 - i];
    }
    struct table *by_key = &lex->build->by_key;
    uint64_t key = token_key_of(slice_make(turned, w.len));
    *ok = *ok && (table_get(by_key, key) || table_put(&lex->reversed, key, id));
    for (size_t i = 0; i < w.len; i++) {
        if (i == 0 || w.ptr[i] != w.ptr[i - 1]) {
            turned[n++] = w.ptr[i];
        }
    }
    key = token_key_of(slice_make(turned, n));
    *ok = *ok && (n < 3 || table_put(&lex->collapsed, key, id));
}

static struct word *slot_for(struct lexicon *lex, uint64_t key)
{
    size_t at = (size_t)key & (lex->word_slots - 1);
    while (lex->words[at].key) {
        at = (at + 1) & (lex->word_slots - 1);
    }
    return &lex->words[at];
}

static bool finish_words(struct lexicon *lex)
{
    struct lexicon_build *b = lex->build;
    size_t alias_total = 0, alias_at = 0;
    for (size_t id = 1; id <= lex->word_count; id++) {
        alias_total += b->aliases[id].count;
    }
    lex->word_slots = 64;
    while (lex->word_slots < lex->word_count * 2) {
        lex->word_slots *= 2;
    }
    lex->words = calloc(lex->word_slots, sizeof(*lex->words));
    lex->aliases = calloc(alias_total + 1, sizeof(*lex->aliases));
    lex->tags = calloc(lex->word_slots, sizeof(*lex->tags));
    if (!lex->words || !lex->tags || !lex->aliases) {
        return false;
    }
    for (uint32_t id = 1; id <= lex->word_count; id++) {
        struct word *w = slot_for(lex, lex->keys[id]);
        uint32_t node = lexicon_step(lex, 0, id);
        *w = (struct word){.key = lex->keys[id], .id = id};
        lex->tags[w - lex->words] = tag_of(lex->keys[id]);
        if (node) {
            w->classes = lex->nodes[node].classes;
            w->class_count = lex->nodes[node].class_count;
            w->node = lex->nodes[node].children ? node : 0;
            add_weights(lex, w->classes, w->class_count,
                        common_weight(lex->spelled[id]));
        }
        w->alias = (uint32_t)alias_at;
        w->alias_count = b->aliases[id].count;
        for (size_t i = 0; i < w->alias_count; i++) {
            lex->aliases[alias_at++] = b->aliases[id].words[i];
        }
        w->flags = w->alias_count ? WORD_ALIAS : 0;
    }
    return true;
}

static bool finish_evasive(struct lexicon *lex)
{
    struct lexicon_build *b = lex->build;
    bool ok = true;
    for (size_t i = 0; i < b->member_count; i++) {
        if (!(lex->classes[b->members[i].a].flags & CLASS_EVASIVE)) {
            continue;
        }
        uint32_t id = b->members[i].b;
        // The slot is there: finish_words() made one for each word.
        struct word *w = (struct word *)(uintptr_t)lexicon_find(lex, lex->keys[id]);
        if (!(w->flags & WORD_EVASIVE) && strlen(lex->spelled[id]) >= 3) {
            w->flags |= WORD_EVASIVE;
            add_evasive_word(lex, id, &ok);
        }
    }
    return ok;
}

enum fault lexicon_finish(struct lexicon *lex, struct why *why)
{
    struct lexicon_build *b = lex->build;
    enum fault f = include_by_name(lex);
    b->stamps = calloc(lex->class_count + 1, sizeof(*b->stamps));
    b->stack = calloc(lex->class_count + 1, sizeof(*b->stack));
    if (f || !b->stamps || !b->stack) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the lexicon");
    }
    if (b->include_count) {
        qsort(b->includes, b->include_count, sizeof(*b->includes), by_part);
    }
    bool ok = true;
    for (size_t i = 1; ok && i < lex->node_count; i++) {
        struct node *n = &lex->nodes[i];
        ok = add_closure(lex, b->heads[i], &n->classes, &n->class_count);
        if (ok) {
            add_weights(lex, n->classes, n->class_count, 1);
        }
    }
    ok = ok && finish_words(lex) && finish_evasive(lex);
    if (!ok) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the lexicon");
    }
    build_destroy(b);
    lex->build = NULL;
    return FAULT_NONE;
}

static int by_number(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

void lexicon_part(struct lexicon *lex, const bool *loud)
{
    for (size_t i = 1; i < lex->node_count; i++) {
        struct node *n = &lex->nodes[i];
        uint16_t *list = lex->lists + n->classes;
        uint16_t front = 0, count = n->class_count;
        for (uint16_t k = 0; k < count; k++) {
            if (loud[list[k]]) {
                uint16_t class = list[k];
                memmove(list + front + 1, list + front,
                        (size_t)(k - front) * sizeof(*list));
                list[front++] = class;
            }
        }
        n->class_count = front;
        n->quiet_count = (uint16_t)(count - front);
        qsort(list + front, n->quiet_count, sizeof(*list), by_number);
    }
    for (size_t i = 0; i < lex->word_slots; i++) {
        struct word *w = &lex->words[i];
        uint32_t node = w->key ? lexicon_step(lex, 0, w->id) : 0;
        if (node) {
            w->class_count = lex->nodes[node].class_count;
            w->quiet_count = lex->nodes[node].quiet_count;
        }
    }
}
