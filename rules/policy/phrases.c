// SPDX-License-Identifier: MIT
#include "rules/policy/phrases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/arena.h"
#include "bot/base/paths.h"

enum {
    TABLE_BYTES = 1 << 20,
    PATTERNS_MOST = 4096,
    ELEMENTS_MOST = 16000,
    SETS_MOST = 96,
    GLUE_MOST = 2000,
    AGE_WORD_LEAST = 6, // "one" to "five" are mostly no numbers that matter
    WORD_BYTES = 40,
    GAP_NEAR = 8,
    GAP_FAR = 24,
    WEIGHT_PLAIN = 3,
    SLOTS = 8192, // of the table of whole words; a power of two
};

struct element {
    bool optional,
        negated_start; // negated_start: begins a conjunct that must not stand
    bool opens_conjunct, anchored, number;
    unsigned gap; // tokens that may lie before it
    size_t first_choice, choice_count;
};

struct pattern {
    size_t first, count; // elements
    unsigned weight;
    const char *line;
};

struct choice {
    bool is_set;
    unsigned index; // of a term or a set
    size_t glued;   // further terms, "social+media"; they lie in glue
    size_t first_glue;
};

struct term {
    const char *word;
    size_t len;
};

struct phrases {
    struct arena arena;
    struct phrase_group groups[PHRASE_GROUPS_MOST];
    size_t group_count;
    struct pattern patterns[PATTERNS_MOST];
    size_t pattern_count;
    struct element elements[ELEMENTS_MOST];
    size_t element_count;
    struct choice choices[ELEMENTS_MOST];
    size_t choice_count;
    unsigned glue[GLUE_MOST];
    size_t glue_count;
    struct term terms[PHRASE_TERMS_MOST];
    bool prefix[PHRASE_TERMS_MOST];
    size_t term_count;
    unsigned slots[SLOTS];        // whole words: term + 1
    unsigned by_letter[256][200]; // prefixes by their first byte
    unsigned by_letter_count[256];
    size_t sets[SETS_MOST]; // groups of kind "set"
    size_t set_count;
};

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

static size_t slot_of(const struct phrases *p, struct slice word)
{
    size_t at = (size_t)slice_hash(word) & (SLOTS - 1);
    while (p->slots[at] &&
           !(p->terms[p->slots[at] - 1].len == word.len &&
             memcmp(p->terms[p->slots[at] - 1].word, word.ptr, word.len) == 0)) {
        at = (at + 1) & (SLOTS - 1);
    }
    return at;
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
    if (word.len == 0 || word.len >= WORD_BYTES) {
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
        slot = slot_of(p, word);
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

struct matcher {
    const struct phrases *p;
    const struct reading *r;
    size_t to;
};

static bool has_term(const struct reading *r, size_t at, unsigned term)
{
    return r->terms[at][term / 64] >> (term % 64) & 1;
}

static bool joins(const struct matcher *m, size_t at, size_t begin)
{
    return at < m->to && (at == begin || !m->r->tokens[at].opens);
}

static bool has_choice(const struct matcher *m, const struct choice *c, size_t at,
                       size_t begin)
{
    bool has = has_term(m->r, at, c->index);
    for (size_t i = 0; has && i < c->glued; i++) {
        has = joins(m, at + 1 + i, begin) &&
              has_term(m->r, at + 1 + i, m->p->glue[c->first_glue + i]);
    }
    return has;
}

static size_t match_from(const struct matcher *m, const struct element *e, size_t count,
                         size_t at, size_t begin);

// The end of the match of e at exactly `at`, followed by the rest; SIZE_MAX: none.
static size_t match_element(const struct matcher *m, const struct element *e,
                            size_t count, size_t at, size_t begin)
{
    if (!joins(m, at, begin)) {
        return SIZE_MAX;
    }
    if (e->number) {
        return m->r->tokens[at].number ? match_from(m, e + 1, count - 1, at + 1, begin)
                                       : SIZE_MAX;
    }
    for (size_t i = 0; i < e->choice_count; i++) {
        const struct choice *c = &m->p->choices[e->first_choice + i];
        size_t end = SIZE_MAX;
        if (!c->is_set) {
            if (has_choice(m, c, at, begin)) {
                end = match_from(m, e + 1, count - 1, at + 1 + c->glued, begin);
            }
        } else {
            const struct phrase_group *g = &m->p->groups[m->p->sets[c->index]];
            for (size_t k = 0; k < g->count && end == SIZE_MAX; k++) {
                const struct pattern *pt = &m->p->patterns[g->first + k];
                size_t part =
                    match_from(m, &m->p->elements[pt->first], pt->count, at, begin);
                if (part != SIZE_MAX) {
                    end = match_from(m, e + 1, count - 1, part, begin);
                }
            }
        }
        if (end != SIZE_MAX) {
            return end;
        }
    }
    return SIZE_MAX;
}

static size_t match_from(const struct matcher *m, const struct element *e, size_t count,
                         size_t at, size_t begin)
{
    if (count == 0) {
        return at;
    }
    for (size_t skipped = 0; skipped <= e->gap; skipped++) {
        size_t end = match_element(m, e, count, at + skipped, begin);
        if (end != SIZE_MAX) {
            return end;
        }
        if (!joins(m, at + skipped, begin)) {
            break;
        }
    }
    return e->optional ? match_from(m, e + 1, count - 1, at, begin) : SIZE_MAX;
}

struct span {
    size_t first, end;
};

static bool find_conjunct(const struct matcher *m, const struct element *e,
                          size_t count, size_t from, struct span *out)
{
    for (size_t at = from; at < m->to; at++) {
        if (e->anchored && at != from && !m->r->tokens[at].opens) {
            continue;
        }
        size_t end = match_from(m, e, count, at, at);
        if (end != SIZE_MAX && end > at) {
            *out = (struct span){at, end};
            return true;
        }
    }
    return false;
}

static bool find_pattern(const struct matcher *m, const struct pattern *pt, size_t from,
                         struct span *out)
{
    const struct element *e = &m->p->elements[pt->first];
    for (size_t i = 0; i < pt->count;) {
        size_t n = 1;
        while (i + n < pt->count && !e[i + n].opens_conjunct) {
            n++;
        }
        struct span here;
        bool stands = find_conjunct(m, &e[i], n, from, &here);
        if (stands == e[i].negated_start) {
            return false;
        }
        if (i == 0) {
            *out = here;
        }
        i += n;
    }
    return true;
}

struct phrase_hit phrases_look(const struct phrases *p, const struct phrase_group *g,
                               const struct reading *r, size_t from, size_t to)
{
    struct phrase_hit hit = {0, SIZE_MAX, 0};
    struct matcher m = {p, r, to < r->count ? to : r->count};
    for (size_t i = 0; g && i < g->count; i++) {
        struct span s = {0};
        if (find_pattern(&m, &p->patterns[g->first + i], from, &s)) {
            hit.weight += p->patterns[g->first + i].weight;
            if (s.first < hit.first) {
                hit.first = s.first;
                hit.end = s.end;
            }
        }
    }
    return hit;
}

struct phrase_hit phrases_next(const struct phrases *p, const struct phrase_group *g,
                               const struct reading *r, size_t from)
{
    struct phrase_hit hit = {0, SIZE_MAX, 0};
    struct matcher m = {p, r, r->count};
    for (size_t i = 0; g && i < g->count; i++) {
        struct span s = {0};
        if (find_pattern(&m, &p->patterns[g->first + i], from, &s) &&
            (s.first < hit.first || (s.first == hit.first && s.end > hit.end))) {
            hit = (struct phrase_hit){p->patterns[g->first + i].weight, s.first, s.end};
        }
    }
    return hit;
}

struct tokeniser {
    struct reading *r;
    const struct phrases *p;
    bool opens;
};

static void mark_word(struct tokeniser *t, uint64_t *bits, struct slice word)
{
    size_t slot = slot_of(t->p, word);
    if (t->p->slots[slot]) {
        unsigned term = t->p->slots[slot] - 1;
        bits[term / 64] |= UINT64_C(1) << (term % 64);
    }
    unsigned char letter = (unsigned char)word.ptr[0];
    for (unsigned i = 0; i < t->p->by_letter_count[letter]; i++) {
        unsigned term = t->p->by_letter[letter][i];
        const struct term *known = &t->p->terms[term];
        if (word.len >= known->len && memcmp(word.ptr, known->word, known->len) == 0) {
            bits[term / 64] |= UINT64_C(1) << (term % 64);
        }
    }
}

static uint32_t number_word(struct slice word)
{
    static const char *const words[] = {
        "one",      "two",      "three",   "four",    "five",      "six",
        "seven",    "eight",    "nine",    "ten",     "eleven",    "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"};
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (slice_is(word, words[i])) {
            return i + 1;
        }
    }
    return UINT32_MAX;
}

static void add_token(struct tokeniser *t, struct slice word, size_t start, size_t end)
{
    struct reading *r = t->r;
    if (word.len == 0 || r->count == READING_TOKENS_MOST) {
        return;
    }
    uint64_t *bits = r->terms[r->count];
    memset(bits, 0, sizeof(r->terms[0]));
    struct reading_token *out = &r->tokens[r->count++];
    uint64_t value;
    // "under 13s" names the same age as "under 13".
    bool number =
        slice_u64(slice_sub(word, 0, word.len - slice_ends_with(word, SLICE("s"))),
                  &value) == FAULT_NONE;
    *out =
        (struct reading_token){(uint32_t)start, (uint32_t)end, t->opens, number,
                               number && value < 10000 ? (uint32_t)value : UINT32_MAX};
    t->opens = false;
    if (!number) {
        out->value = number_word(word);
        out->number = out->value != UINT32_MAX && out->value >= AGE_WORD_LEAST;
    }
    mark_word(t, bits, word);
    // A plain word of the table also means its plural.
    if (word.len > 3 && word.ptr[word.len - 1] == 's' &&
        word.ptr[word.len - 2] != 's') {
        mark_word(t, bits, slice_sub(word, 0, word.len - 1));
        if (word.ptr[word.len - 2] == 'e') {
            mark_word(t, bits, slice_sub(word, 0, word.len - 2));
        }
    }
}

// "don't" is two words, "school's" is one.
static void add_word(struct tokeniser *t, char *w, size_t n, size_t start, size_t end)
{
    struct slice word = slice_make(w, n);
    if (slice_ends_with(word, SLICE("n't"))) {
        bool cannot = slice_is(word, "can't"), will = slice_is(word, "won't");
        struct slice verb = cannot ? SLICE("can")
                            : will ? SLICE("will")
                                   : slice_sub(word, 0, n - 3);
        add_token(t, verb, start, end);
        add_token(t, SLICE("not"), start, end);
        return;
    }
    if (slice_is(word, "cannot")) {
        add_token(t, SLICE("can"), start, end);
        add_token(t, SLICE("not"), start, end);
        return;
    }
    size_t quote = slice_find(word, SLICE("'"));
    add_token(t, slice_sub(word, 0, quote), start, end);
}

static bool is_apostrophe(struct slice s, size_t i, size_t *bytes)
{
    *bytes = s.ptr[i] == '\'' ? 1 : 3;
    return s.ptr[i] == '\'' ||
           (i + 2 < s.len && memcmp(s.ptr + i, "\xe2\x80\x99", 3) == 0);
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           ((unsigned char)c >= 0xc3 && (unsigned char)c < 0xe0);
}

static size_t read_word(struct slice s, size_t i, char *word, size_t *n)
{
    *n = 0;
    while (i < s.len) {
        size_t bytes = 1;
        if (is_word_byte(s.ptr[i])) {
            char c = s.ptr[i];
            if ((unsigned char)c >= 0xc3 && i + 1 < s.len) {
                word[*n] = c;
                *n += *n < WORD_BYTES - 1;
                c = s.ptr[++i];
            }
            word[*n] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
            *n += *n < WORD_BYTES - 1;
        } else if (*n && is_apostrophe(s, i, &bytes) && i + bytes < s.len &&
                   is_word_byte(s.ptr[i + bytes])) {
            word[*n] = '\'';
            *n += *n < WORD_BYTES - 1;
        } else {
            break;
        }
        i += bytes;
    }
    return i;
}

void reading_make(struct reading *r, const struct phrases *p, struct slice text)
{
    r->text = text;
    r->count = 0;
    struct tokeniser t = {r, p, true};
    for (size_t i = 0; i < text.len;) {
        char c = text.ptr[i];
        if (is_word_byte(c)) {
            char word[WORD_BYTES + 1];
            size_t n;
            size_t end = read_word(text, i, word, &n);
            add_word(&t, word, n, i, end);
            i = end;
            continue;
        }
        bool stop =
            (c == '.' || c == '!' || c == '?') &&
            (i + 1 == text.len ||
             (text.ptr[i + 1] == ' ' &&
              !(i + 2 < text.len && text.ptr[i + 2] >= 'a' && text.ptr[i + 2] <= 'z')));
        t.opens = t.opens || stop;
        i++;
    }
}
