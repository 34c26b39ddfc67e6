// SPDX-License-Identifier: MIT
#include "rules/engine/lexicon_build.h"

#include <stdlib.h>
#include <string.h>

#include "rules/engine/token.h"

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

// Appends the used classes that hold what `direct` lists to lex->members.
static bool add_closure(struct lexicon *lex, uint32_t direct, struct list *out)
{
    struct lexicon_build *b = lex->build;
    size_t depth = 0;
    size_t start = lex->member_count;
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
            if (!ARRAY_GROW(lex->members, b->listed_cap, lex->member_count + 1)) {
                return false;
            }
            lex->members[lex->member_count++] = class;
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
    out->classes = (uint32_t)start;
    out->loud = (uint16_t)(lex->member_count - start);
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

static void add_weights(struct lexicon *lex, const struct list *list, uint32_t by)
{
    for (uint32_t i = 0; i < list->loud; i++) {
        lex->classes[lex->members[list->classes + i]].weight += by;
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
        uint32_t node = lexicon_edge(lex, 0, id);
        *w = (struct word){.key = lex->keys[id], .id = id};
        lex->tags[w - lex->words] = LEXICON_TAG(lex->keys[id]);
        if (node) {
            w->list = lex->nodes[node].list;
            w->node = lex->nodes[node].goes_on ? node : 0;
            add_weights(lex, &lex->lists[w->list], common_weight(lex->spelled[id]));
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

// One list a node, 0 where it is empty; equal ones become one when they are arranged.
static bool finish_nodes(struct lexicon *lex)
{
    struct lexicon_build *b = lex->build;
    lex->list_count = lex->node_count;
    lex->lists = calloc(lex->list_count, sizeof(*lex->lists));
    // Never NULL, also where no class is used: empty lists point into it.
    bool ok = lex->lists && ARRAY_GROW(lex->members, b->listed_cap, 1);
    for (uint32_t i = 1; ok && i < lex->node_count; i++) {
        ok = add_closure(lex, b->heads[i], &lex->lists[i]);
        if (ok && lex->lists[i].loud) {
            lex->nodes[i].list = i;
            add_weights(lex, &lex->lists[i], 1);
        }
    }
    // Children come after their parents.
    for (size_t i = lex->node_count; ok && i-- > 1;) {
        if (lex->nodes[i].list || lex->nodes[i].goes_on) {
            lex->nodes[b->parents[i]].goes_on = true;
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
    bool ok = finish_nodes(lex) && finish_words(lex) && finish_evasive(lex);
    if (!ok) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the lexicon");
    }
    lexicon_build_destroy(b);
    lex->build = NULL;
    return FAULT_NONE;
}
