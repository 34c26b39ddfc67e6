// SPDX-License-Identifier: MIT
#include "rules/policy/phrase_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/paths.h"

size_t phrases_slot(const struct phrases *p, struct slice word)
{
    size_t at = (size_t)slice_hash(word) & (SLOTS - 1);
    while (p->slots[at] &&
           !(p->terms[p->slots[at] - 1].len == word.len &&
             memcmp(p->terms[p->slots[at] - 1].word, word.ptr, word.len) == 0)) {
        at = (at + 1) & (SLOTS - 1);
    }
    return at;
}

struct parser {
    struct phrases *p;
    const char *path;
    unsigned line;
    struct why *why;
};

static enum fault refuse(struct parser *s, const char *what, struct slice word)
{
    return fault_say(s->why, FAULT_INPUT, "%s:%u: %s: %.*s", s->path, s->line, what,
                     SLICE_ARG(word));
}

static enum fault find_prefix(struct parser *s, struct slice word, unsigned *out)
{
    struct phrases *p = s->p;
    unsigned char letter = (unsigned char)word.ptr[0];
    for (unsigned i = 0; i < p->by_letter_count[letter]; i++) {
        const struct term *t = &p->terms[p->by_letter[letter][i]];
        if (slice_equal(slice_make(t->word, t->len), word)) {
            *out = p->by_letter[letter][i];
            return FAULT_NONE;
        }
    }
    if (p->by_letter_count[letter] == 200) {
        return refuse(s, "too many prefixes of one letter", word);
    }
    *out = (unsigned)p->term_count;
    p->by_letter[letter][p->by_letter_count[letter]++] = *out;
    return FAULT_ABSENT;
}

static enum fault add_term(struct parser *s, struct slice word, unsigned *out)
{
    struct phrases *p = s->p;
    bool prefix = slice_ends_with(word, SLICE("*"));
    word.len -= prefix;
    if (word.len == 0 || word.len >= WORD_BYTES || word.ptr[0] == '!') {
        return refuse(s, "a word is empty or too long", word);
    }
    if (p->term_count == PHRASE_TERMS_MOST) {
        return refuse(s, "too many words in the table", word);
    }
    size_t slot = SLOTS;
    if (prefix) {
        enum fault f = find_prefix(s, word, out);
        if (f != FAULT_ABSENT) {
            return f;
        }
    } else {
        slot = phrases_slot(p, word);
        if (p->slots[slot]) {
            *out = p->slots[slot] - 1;
            return FAULT_NONE;
        }
    }
    struct slice copy = arena_copy(&p->arena, word);
    if (!copy.ptr) {
        return FAULT_MEMORY;
    }
    *out = (unsigned)p->term_count++;
    p->terms[*out] = (struct term){copy.ptr, copy.len};
    p->prefix[*out] = prefix;
    if (slot < SLOTS) {
        p->slots[slot] = *out + 1;
    }
    return FAULT_NONE;
}

static bool find_set(const struct phrases *p, struct slice name, unsigned *out)
{
    for (size_t i = 0; i < p->set_count; i++) {
        if (slice_is(name, p->groups[p->sets[i]].name)) {
            *out = (unsigned)i;
            return true;
        }
    }
    return false;
}

static enum fault add_choice(struct parser *s, struct element *e, struct slice word)
{
    struct phrases *p = s->p;
    struct choice c = {0};
    if (p->choice_count == ELEMENTS_MOST) {
        return refuse(s, "the table is too long", word);
    }
    if (slice_starts_with(word, SLICE("@"))) {
        c.is_set = true;
        if (!find_set(p, slice_sub(word, 1, word.len), &c.index)) {
            return refuse(s, "no such [set] above this line", word);
        }
    } else {
        enum fault f = add_term(s, slice_cut(word, '+', &word), &c.index);
        c.first_glue = p->glue_count;
        for (; !f && word.len; c.glued++) {
            if (p->glue_count == GLUE_MOST) {
                return refuse(s, "the table is too long", word);
            }
            f = add_term(s, slice_cut(word, '+', &word), &p->glue[p->glue_count++]);
        }
        if (f) {
            return f;
        }
    }
    p->choices[p->choice_count++] = c;
    e->choice_count++;
    return FAULT_NONE;
}

static enum fault add_element(struct parser *s, struct element e, struct slice word)
{
    struct phrases *p = s->p;
    if (p->element_count == ELEMENTS_MOST) {
        return refuse(s, "the table is too long", word);
    }
    e.first_choice = p->choice_count;
    if (slice_is(word, "%n")) {
        e.number = true;
    } else {
        while (word.len) {
            struct slice rest;
            enum fault f = add_choice(s, &e, slice_cut(word, '|', &rest));
            if (f) {
                return f;
            }
            word = rest;
        }
    }
    p->elements[p->element_count++] = e;
    return FAULT_NONE;
}

static enum fault add_elements(struct parser *s, struct pattern *pt, struct slice rest)
{
    struct element next = {.opens_conjunct = true};
    while (rest.len) {
        struct slice word = slice_cut(slice_trim(rest), ' ', &rest);
        if (slice_is(word, "&") || slice_is(word, "&!")) {
            next = (struct element){.opens_conjunct = true,
                                    .negated_start = word.len == 2};
        } else if (slice_is(word, "^")) {
            next.anchored = true;
        } else if (slice_is(word, "..")) {
            next.gap = GAP_NEAR;
        } else if (slice_is(word, "...")) {
            next.gap = GAP_FAR;
        } else if (slice_is(word, "=")) {
            uint64_t weight;
            if (slice_u64(slice_trim(rest), &weight) || weight == 0 || weight > 20) {
                return refuse(s, "a weight wants 1 to 20", rest);
            }
            pt->weight = (unsigned)weight;
            break;
        } else if (word.len) {
            next.optional = word.ptr[0] == '?' && word.len > 1;
            enum fault f =
                add_element(s, next, slice_sub(word, next.optional, word.len));
            if (f) {
                return f;
            }
            next = (struct element){0};
            pt->count++;
        }
    }
    return pt->count ? FAULT_NONE : refuse(s, "says nothing", rest);
}

static enum fault open_group(struct parser *s, struct slice line)
{
    struct phrases *p = s->p;
    struct slice title, name;
    if (p->group_count == PHRASE_GROUPS_MOST || !slice_ends_with(line, SLICE("]"))) {
        return refuse(s, "too many groups, or ']' is missing", line);
    }
    struct slice head = slice_cut(slice_sub(line, 1, line.len - 2), '|', &title);
    struct slice kind = slice_cut(slice_trim(head), ' ', &name);
    struct slice copies[3] = {arena_copy(&p->arena, kind),
                              arena_copy(&p->arena, slice_trim(name)),
                              arena_copy(&p->arena, slice_trim(title))};
    for (size_t i = 0; i < 3; i++) {
        if (!copies[i].ptr) {
            return FAULT_MEMORY;
        }
    }
    if (slice_is(kind, "set")) {
        if (p->set_count == SETS_MOST) {
            return refuse(s, "too many sets", line);
        }
        p->sets[p->set_count++] = p->group_count;
    }
    p->groups[p->group_count++] = (struct phrase_group){
        copies[0].ptr, copies[1].ptr, copies[2].ptr, p->pattern_count, 0};
    return FAULT_NONE;
}

static enum fault add_line(struct parser *s, struct slice line)
{
    struct phrases *p = s->p;
    if (line.ptr[0] == '[') {
        return open_group(s, line);
    }
    if (p->group_count == 0) {
        return refuse(s, "stands before the first [group]", line);
    }
    if (p->pattern_count == PATTERNS_MOST) {
        return refuse(s, "the table is too long", line);
    }
    struct phrase_group *g = &p->groups[p->group_count - 1];
    struct slice copy = arena_copy(&p->arena, line);
    struct pattern pt = {
        .first = p->element_count, .weight = WEIGHT_PLAIN, .line = copy.ptr};
    if (!copy.ptr) {
        return FAULT_MEMORY;
    }
    bool is_text = strcmp(g->kind, "sample") == 0;
    enum fault f = is_text ? FAULT_NONE : add_elements(s, &pt, line);
    if (f == FAULT_NONE) {
        p->patterns[p->pattern_count++] = pt;
        g->count++;
    }
    return f;
}

enum fault phrases_load(struct phrases **out, const char *path, struct why *why)
{
    char *bytes = NULL;
    size_t len = 0;
    enum fault f = paths_read(path, TABLE_BYTES, &bytes, &len, why);
    if (f) {
        return f;
    }
    struct phrases *p = calloc(1, sizeof(*p));
    if (!p) {
        free(bytes);
        return FAULT_MEMORY;
    }
    arena_init(&p->arena, 1 << 16, 8 << 20);
    struct parser s = {.p = p, .path = path, .why = why};
    struct slice rest = slice_make(bytes, len);
    while (rest.len && f == FAULT_NONE) {
        struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
        s.line++;
        if (line.len && line.ptr[0] != '#') {
            f = add_line(&s, line);
        }
    }
    free(bytes);
    if (f) {
        phrases_destroy(p);
        return f;
    }
    *out = p;
    return FAULT_NONE;
}

void phrases_destroy(struct phrases *p)
{
    if (p) {
        arena_finish(&p->arena);
        free(p);
    }
}

size_t phrases_groups(const struct phrases *p, const struct phrase_group **out)
{
    *out = p->groups;
    return p->group_count;
}

const struct phrase_group *phrases_group(const struct phrases *p, const char *kind,
                                         const char *name)
{
    for (size_t i = 0; i < p->group_count; i++) {
        const struct phrase_group *g = &p->groups[i];
        if (strcmp(g->kind, kind) == 0 && strcmp(g->name, name) == 0) {
            return g;
        }
    }
    return NULL;
}

const char *phrases_line(const struct phrases *p, const struct phrase_group *g,
                         size_t n)
{
    return n < g->count ? p->patterns[g->first + n].line : "";
}
