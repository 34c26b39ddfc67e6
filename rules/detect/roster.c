// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "bot/base/paths.h"
#include "rules/detect/target.h"
#include "rules/engine/inflect.h"
#include "rules/engine/token.h"
#include "rules/rules.h"

enum { ROSTER_BYTES = 4 << 20, NAME_LEAST = 5, NAME_BYTES = 48 };

struct roster_index {
    struct table deletes; // key of a name without one letter, or of itself, to word id
    char (*names)[NAME_BYTES];
    uint32_t *ids;
    size_t count, name_cap, id_cap;
};

void roster_free(struct roster_index *r)
{
    if (r) {
        table_finish(&r->deletes);
        free(r->names);
        free(r->ids);
        free(r);
    }
}

bool roster_is_empty(const struct roster_index *r)
{
    return r->count == 0;
}

// Calls fn for w with each letter left out in turn. Stops when fn returns false.
static bool each_delete(struct slice w, bool (*fn)(uint64_t key, void *ctx), void *ctx)
{
    char out[NAME_BYTES + 8];
    for (size_t skip = 0; skip < w.len; skip++) {
        memcpy(out, w.ptr, skip);
        memcpy(out + skip, w.ptr + skip + 1, w.len - skip - 1);
        memset(out + w.len - 1, 0, 8);
        if (!fn(token_key(out, w.len - 1), ctx)) {
            return false;
        }
    }
    return true;
}

struct adding {
    struct roster_index *r;
    uint32_t value;
};

static bool put_key(uint64_t key, void *ctx)
{
    struct adding *a = ctx;
    return table_get(&a->r->deletes, key) || table_put(&a->r->deletes, key, a->value);
}

static enum fault index_name(struct roster_index *r, struct slice name, uint32_t id)
{
    if (name.len < NAME_LEAST || name.len >= NAME_BYTES) {
        return FAULT_NONE;
    }
    if (!ARRAY_GROW(r->names, r->name_cap, r->count + 1) ||
        !ARRAY_GROW(r->ids, r->id_cap, r->count + 1)) {
        return FAULT_MEMORY;
    }
    memset(r->names[r->count], 0, NAME_BYTES);
    memcpy(r->names[r->count], name.ptr, name.len);
    r->ids[r->count++] = id;
    struct adding a = {r, (uint32_t)r->count}; // one past the index
    if (!put_key(token_key_of(name), &a) || !each_delete(name, put_key, &a)) {
        return FAULT_MEMORY;
    }
    return FAULT_NONE;
}

// At most one letter added, dropped, changed, or two neighbours swapped.
static bool one_slip(struct slice a, struct slice b)
{
    if (a.len > b.len) {
        struct slice swap = a;
        a = b;
        b = swap;
    }
    if (b.len - a.len > 1) {
        return false;
    }
    size_t head = 0, tail = 0;
    while (head < a.len && a.ptr[head] == b.ptr[head]) {
        head++;
    }
    while (tail < a.len - head && a.ptr[a.len - 1 - tail] == b.ptr[b.len - 1 - tail]) {
        tail++;
    }
    size_t left = a.len - head - tail;
    if (a.len < b.len) {
        return left == 0;
    }
    return left <= 1 || (left == 2 && a.ptr[head] == b.ptr[head + 1] &&
                         a.ptr[head + 1] == b.ptr[head]);
}

struct guess {
    const struct roster_index *r;
    struct slice w;
    uint32_t id;
};

static bool try_key(uint64_t key, void *ctx)
{
    struct guess *g = ctx;
    uint32_t at = table_get(&g->r->deletes, key);
    if (at && one_slip(g->w, slice_of(g->r->names[at - 1]))) {
        g->id = g->r->ids[at - 1];
        return false;
    }
    return true;
}

uint32_t roster_guess(const struct roster_index *r, struct slice w)
{
    struct guess g = {.r = r, .w = w};
    if (r->count == 0 || w.len < NAME_LEAST || w.len >= NAME_BYTES) {
        return 0;
    }
    if (try_key(token_key_of(w), &g)) {
        each_delete(w, try_key, &g);
    }
    return g.id;
}

/* ---- loading ---- */

static enum fault add_name(struct roster_index *r, struct lexfile_context *words,
                           enum builtin class, struct slice name, struct why *why)
{
    uint32_t ids[PHRASE_WORDS_MOST];
    size_t n;
    enum fault f = lexfile_words(words, name, ids, PHRASE_WORDS_MOST, &n, why);
    if (!f) {
        f = lexicon_phrase(words->lex, (uint16_t) class, ids, n);
    }
    if (f || class == BUILTIN_SCHOOL) {
        return f;
    }
    struct slice last = slice_of(words->lex->spelled[ids[n - 1]]);
    return index_name(r, last, ids[n - 1]);
}

static bool is_title(struct slice w)
{
    static const char *const titles[] = {"mr", "mrs", "ms", "miss", "dr", "sir"};
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        if (slice_equal_fold(w, slice_of(titles[i]))) {
            return true;
        }
    }
    return false;
}

// The name as written, and for staff the surname by itself.
static enum fault add_person(struct roster_index *r, struct lexfile_context *words,
                             enum builtin class, struct slice name, struct why *why)
{
    enum fault f = add_name(r, words, class, name, why);
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] != ' ') {
        at--;
    }
    struct slice surname = slice_sub(name, at, name.len);
    if (f || at == 0 || surname.len < 4 || class != BUILTIN_STAFF) {
        return f;
    }
    struct slice given;
    struct slice first = slice_cut(name, ' ', &given);
    if (is_title(first) && given.len > surname.len) {
        f = add_name(r, words, class, given, why);
    }
    return f ? f : add_name(r, words, class, surname, why);
}

static struct slice next_field(struct slice *row)
{
    struct slice field = slice_trim(slice_cut(*row, ',', row));
    if (field.len >= 2 && field.ptr[0] == '"' && field.ptr[field.len - 1] == '"') {
        field = slice_trim(slice_sub(field, 1, field.len - 2));
    }
    return field;
}

static enum fault read_row(struct roster_index *r, struct lexfile_context *words,
                           struct slice row, const char *path, unsigned line,
                           struct why *why)
{
    struct slice name = next_field(&row);
    struct slice role = next_field(&row);
    enum builtin class;
    if (line == 1 && slice_equal_fold(name, SLICE("name"))) {
        return FAULT_NONE;
    }
    if (slice_equal_fold(role, SLICE("staff"))) {
        class = BUILTIN_STAFF;
    } else if (slice_equal_fold(role, SLICE("pupil"))) {
        class = BUILTIN_PUPIL;
    } else if (slice_equal_fold(role, SLICE("parent"))) {
        class = BUILTIN_PARENT;
    } else {
        return fault_say(why, FAULT_INPUT,
                         "%s:%u: role is staff, pupil or parent, not '%.*s'", path,
                         line, SLICE_ARG(role));
    }
    enum fault f = name.len ? add_person(r, words, class, name, why) : FAULT_NONE;
    while (!f && row.len) {
        struct slice alias = next_field(&row);
        if (alias.len) {
            f = add_name(r, words, class, alias, why);
        }
    }
    if (f) {
        return fault_say(why, f, "%s:%u: this name cannot be read", path, line);
    }
    return f;
}

static enum fault read_file(struct roster_index *r, const char *path,
                            struct lexfile_context *words, struct why *why)
{
    char *bytes = NULL;
    size_t len;
    enum fault f = paths_read(path, ROSTER_BYTES, &bytes, &len, why);
    struct slice rest = slice_make(bytes, f ? 0 : len);
    unsigned line = 0;
    while (!f && rest.len) {
        struct slice row = slice_trim(slice_cut(rest, '\n', &rest));
        line++;
        if (row.len && row.ptr[0] != '#') {
            f = read_row(r, words, row, path, line, why);
        }
    }
    free(bytes);
    return f;
}

enum fault roster_load(struct roster_index **out, const struct school_profile *profile,
                       struct lexfile_context *words, struct why *why)
{
    struct roster_index *r = calloc(1, sizeof(*r));
    if (!r) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the roster");
    }
    enum fault f = FAULT_NONE;
    if (profile && profile->name && profile->name[0]) {
        f = add_name(r, words, BUILTIN_SCHOOL, slice_of(profile->name), why);
    }
    for (size_t i = 0; !f && profile && i < profile->alias_count; i++) {
        f = add_name(r, words, BUILTIN_SCHOOL, slice_of(profile->aliases[i]), why);
    }
    if (!f && profile && profile->roster_path) {
        f = read_file(r, profile->roster_path, words, why);
    }
    if (f) {
        roster_free(r);
        return f;
    }
    *out = r;
    return FAULT_NONE;
}
