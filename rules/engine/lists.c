// SPDX-License-Identifier: MIT
#include "rules/engine/lists.h"

#include <stdlib.h>
#include <string.h>

enum { ROW_LEAST = 8 }; // common classes from which a list has a row of its own

static bool is_named(const struct word_class *class)
{
    return !strchr(class->name, '|') && !strchr(class->name, '"');
}

/* ---- numbers ---- */

enum group { ENGINE, NAMED, COMMON, RARE, UNUSED };

struct place {
    uint8_t group; // enum group
    bool anchor;
    uint32_t weight;
    uint16_t old;
};

static int by_weight(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }
    return x->old - y->old;
}

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    if (x->anchor != y->anchor) {
        return x->anchor ? -1 : 1;
    }
    return x->old - y->old;
}

static enum group group_of(const struct word_class *class, size_t i, uint16_t engine)
{
    if (i < engine) {
        return ENGINE;
    }
    if (!(class->flags & CLASS_USED)) {
        return UNUSED;
    }
    return is_named(class) ? NAMED : COMMON;
}

static enum fault number(struct lexicon *lex, const struct class_uses *uses,
                         uint16_t *to)
{
    size_t count = lex->class_count;
    struct place *places = calloc(count + 1, sizeof(*places));
    struct word_class *moved = calloc(count + 1, sizeof(*moved));
    if (!places || !moved) {
        free(places);
        free(moved);
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        enum group g = group_of(&lex->classes[i], i, uses->engine);
        places[i] = (struct place){.group = (uint8_t)g,
                                   .anchor = g != ENGINE && uses->anchor[i],
                                   .weight = lex->classes[i].weight,
                                   .old = (uint16_t)i};
    }
    qsort(places, count, sizeof(*places), by_weight);
    for (size_t i = 0; i < count; i++) {
        if (places[i].group <= NAMED) {
            lex->named_limit = (uint16_t)(i + 1);
        } else if (places[i].group == COMMON && i >= LIST_COMMON) {
            places[i].group = RARE;
        }
    }
    qsort(places, count, sizeof(*places), by_place);
    for (size_t i = 0; i < count; i++) {
        to[places[i].old] = (uint16_t)i;
        moved[i] = lex->classes[places[i].old];
    }
    if (count) {
        memcpy(lex->classes, moved, count * sizeof(*moved));
    }
    free(places);
    free(moved);
    return FAULT_NONE;
}

/* ---- lists ---- */

static int by_number(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

// Numbers anew; loud classes first in the order that they have, then the quiet ones.
static void part(struct lexicon *lex, struct list *l, const bool *loud,
                 const uint16_t *to, uint16_t engine)
{
    uint16_t *classes = lex->members + l->classes;
    uint16_t front = 0, count = l->loud;
    for (uint16_t k = 0; k < count; k++) {
        uint16_t old = classes[k], new = to[old];
        bool first = new < lex->named_limit || loud[old];
        l->engine = l->engine || new < engine;
        if (first) {
            memmove(classes + front + 1, classes + front,
                    (size_t)(k - front) * sizeof(*classes));
            classes[front++] = new;
        } else {
            classes[k] = new;
        }
    }
    l->loud = front;
    l->quiet = (uint16_t)(count - front);
    if (l->quiet) {
        qsort(classes + front, l->quiet, sizeof(*classes), by_number);
    }
}

static uint64_t hash_of(const void *bytes, size_t len)
{
    return slice_hash(slice_make(bytes, len)) | 1;
}

static bool same_list(const struct lexicon *lex, const struct list *a,
                      const struct list *b)
{
    return a->loud == b->loud && a->quiet == b->quiet &&
           memcmp(lex->members + a->classes, lex->members + b->classes,
                  (size_t)(a->loud + a->quiet) * sizeof(*lex->members)) == 0;
}

// Lists that are alike become one.
static enum fault share(struct lexicon *lex)
{
    struct table seen = {0};
    uint32_t *now = calloc(lex->list_count, sizeof(*now));
    uint32_t kept = 1;
    bool ok = now != NULL;
    for (uint32_t i = 1; ok && i < lex->list_count; i++) {
        struct list *l = &lex->lists[i];
        size_t bytes = (size_t)(l->loud + l->quiet) * sizeof(*lex->members);
        if (bytes == 0) {
            continue;
        }
        uint64_t key = hash_of(lex->members + l->classes, bytes) ^ (uint64_t)l->loud
                                                                       << 1;
        uint32_t old = table_get(&seen, key);
        if (old && same_list(lex, &lex->lists[old], l)) {
            now[i] = old;
            continue;
        }
        lex->lists[kept] = *l;
        now[i] = kept;
        ok = old || table_put(&seen, key, kept);
        kept++;
    }
    for (size_t i = 0; ok && i < lex->node_count; i++) {
        lex->nodes[i].list = now[lex->nodes[i].list];
    }
    for (size_t i = 0; ok && i < lex->word_slots; i++) {
        lex->words[i].list = now[lex->words[i].list];
    }
    lex->list_count = kept;
    free(now);
    table_finish(&seen);
    return ok ? FAULT_NONE : FAULT_MEMORY;
}

/* ---- rows and tails ---- */

struct rows {
    struct table seen; // hash of a row to where it stands
    size_t count, cap; // words
};

// Where a row like this stands, added when it is new; 0: out of memory.
static uint32_t find_row(struct lexicon *lex, struct rows *rows,
                         const uint64_t row[LIST_ROW])
{
    size_t bytes = LIST_ROW * sizeof(*row);
    uint64_t key = hash_of(row, bytes);
    uint32_t at = table_get(&rows->seen, key);
    if (at && memcmp(lex->rows + at, row, bytes) == 0) {
        return at;
    }
    if (!ARRAY_GROW(lex->rows, rows->cap, rows->count + LIST_ROW) ||
        (!at && !table_put(&rows->seen, key, (uint32_t)rows->count))) {
        return 0;
    }
    at = (uint32_t)rows->count;
    memcpy(lex->rows + at, row, bytes);
    rows->count += LIST_ROW;
    return at;
}

static bool make_row(struct lexicon *lex, struct list *l, struct rows *rows)
{
    const uint16_t *classes = lex->members + l->classes;
    uint64_t row[LIST_ROW] = {0};
    size_t common = 0;
    for (size_t k = 0; k < (size_t)l->loud + l->quiet; k++) {
        if (classes[k] < LIST_COMMON) {
            row[classes[k] / 64] |= UINT64_C(1) << (classes[k] % 64);
            common++;
        }
    }
    if (common >= ROW_LEAST) {
        l->row = find_row(lex, rows, row);
        return l->row != 0;
    }
    return true;
}

static void make_tail(struct lexicon *lex, struct list *l, size_t *used)
{
    const uint16_t *classes = lex->members + l->classes;
    l->tail = (uint32_t)*used;
    for (size_t k = 0; k < (size_t)l->loud + l->quiet; k++) {
        if (!l->row || classes[k] >= LIST_COMMON) {
            lex->tails[(*used)++] = classes[k];
        }
    }
    l->tail_count = (uint16_t)(*used - l->tail);
    if (l->tail_count) {
        qsort(lex->tails + l->tail, l->tail_count, sizeof(*lex->tails), by_number);
    }
}

static enum fault make_rows(struct lexicon *lex)
{
    struct rows rows = {.count = LIST_ROW};
    size_t used = 0;
    lex->tails = calloc(lex->member_count + 1, sizeof(*lex->tails));
    bool ok = lex->tails && ARRAY_GROW(lex->rows, rows.cap, LIST_ROW);
    if (ok) {
        memset(lex->rows, 0, LIST_ROW * sizeof(*lex->rows));
    }
    for (size_t i = 1; ok && i < lex->list_count; i++) {
        ok = make_row(lex, &lex->lists[i], &rows);
        if (ok) {
            make_tail(lex, &lex->lists[i], &used);
        }
    }
    table_finish(&rows.seen);
    return ok ? FAULT_NONE : FAULT_MEMORY;
}

/* ---- steps ---- */

static void add_step(struct lexicon *lex, uint64_t key, const struct node *to,
                     uint32_t node)
{
    uint64_t hash = LEXICON_STEP_HASH(key);
    uint64_t hint = hash >> (64 - lex->step_bits - LEXICON_HINT_BITS);
    size_t i = (size_t)(hash >> (64 - lex->step_bits));
    while (lex->steps[i].key) {
        i = (i + 1) & (((size_t)1 << lex->step_bits) - 1);
    }
    lex->steps[i] =
        (struct step){.key = key, .node = to->goes_on ? node : 0, .list = to->list};
    lex->hints[hint / 64] |= UINT64_C(1) << (hint % 64);
}

// Steps that lead to nothing (classes nobody asks for) are left out, and those from the
// root, which words hold.
static enum fault make_steps(struct lexicon *lex)
{
    const struct table *edges = &lex->edges;
    size_t count = 0;
    for (size_t i = 0; i < edges->slots; i++) {
        const struct node *to = &lex->nodes[edges->values[i]];
        count += edges->keys[i] >> 32 && (to->list || to->goes_on);
    }
    lex->step_bits = 6;
    while (((size_t)1 << lex->step_bits) < count + count / 2) {
        lex->step_bits++;
    }
    lex->steps = calloc((size_t)1 << lex->step_bits, sizeof(*lex->steps));
    lex->hints = calloc(((size_t)1 << (lex->step_bits + LEXICON_HINT_BITS)) / 64,
                        sizeof(*lex->hints));
    if (!lex->steps || !lex->hints) {
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < edges->slots; i++) {
        uint32_t node = edges->values[i];
        const struct node *to = &lex->nodes[node];
        if (edges->keys[i] >> 32 && (to->list || to->goes_on)) {
            add_step(lex, edges->keys[i], to, node);
        }
    }
    table_finish(&lex->edges);
    return FAULT_NONE;
}

enum fault lists_arrange(struct lexicon *lex, const struct class_uses *uses,
                         uint16_t *to)
{
    enum fault f = number(lex, uses, to);
    for (size_t i = 1; !f && i < lex->list_count; i++) {
        part(lex, &lex->lists[i], uses->loud, to, uses->engine);
    }
    f = f ? f : share(lex);
    f = f ? f : make_rows(lex);
    return f ? f : make_steps(lex);
}
