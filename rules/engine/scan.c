// SPDX-License-Identifier: MIT
#include "rules/engine/scan.h"

#include <string.h>

#include "bot/base/widest.h"
#include "rules/detect/target.h"
#include "rules/engine/evade.h"
#include "rules/engine/pattern.h"

enum { APOSTROPHE_BYTES = 64 };

const char *builtin_name(enum builtin b)
{
    static const char *const names[] = {
#define X(id, name) name,
        BUILTIN_MAP(X)
#undef X
    };
    return names[b];
}

static bool means_something(const struct word *w)
{
    return w && (w->list || w->node || w->alias_count);
}

// "don't", "teacher's": without the mark, then without the 's.
static const struct word *find_apostrophe(const struct scan *s, struct token *t)
{
    char plain[APOSTROPHE_BYTES + 8];
    size_t len = t->end - t->start, n = 0;
    const char *w = s->norm.text + t->start;
    if (len > APOSTROPHE_BYTES) {
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        if (w[i] != '\'') {
            plain[n++] = w[i];
        }
    }
    memset(plain + n, 0, 8);
    const struct word *found = lexicon_find(s->lex, token_key(plain, n));
    if (len <= 2 || w[len - 1] != 's' || w[len - 2] != '\'') {
        return found;
    }
    memset(plain + n - 1, 0, 8);
    uint64_t key = token_key(plain, n - 1);
    const struct word *owner = lexicon_find(s->lex, key);
    // "Rob's" is Rob's, whatever "robs" means.
    bool named = t->flags & TOKEN_CAPITAL && owner &&
                 (list_holds(s->lex, &s->lex->lists[owner->list], BUILTIN_FIRST_NAME) ||
                  list_holds(s->lex, &s->lex->lists[owner->list], BUILTIN_WORD_NAME));
    if (means_something(found) && !named) {
        return found;
    }
    t->flags |= TOKEN_OWNS;
    t->key = key;
    return owner ? owner : found;
}

static bool all_alike(const struct scan *s, const struct token *t)
{
    return !memchr(s->norm.kinds + t->start, FOLD_LETTER, t->end - t->start);
}

static const struct word *by_id(const struct scan *s, uint32_t id)
{
    return id ? lexicon_find(s->lex, s->lex->keys[id]) : NULL;
}

// Not in the lexicon as written: doubled letters, turned round, a misspelt name.
static const struct word *find_tampered(const struct scan *s, struct token *t,
                                        const struct reader_aids *aids)
{
    size_t len = t->end - t->start;
    if (t->kind != TOKEN_WORD || len < 4 || len > APOSTROPHE_BYTES) {
        return NULL;
    }
    const struct word *found = NULL;
    uint32_t turned = table_get(&s->lex->reversed, t->key);
    bool may = turned || t->flags & TOKEN_DOUBLES;
    if (may && !(aids->knows && aids->knows(aids->knows_ctx, t->key))) {
        found = by_id(s, turned);
        if (!found && t->flags & TOKEN_DOUBLES) {
            char out[APOSTROPHE_BYTES + 8];
            size_t n = 0;
            for (size_t i = t->start; i < t->end; i++) {
                if (i == t->start || s->norm.text[i] != s->norm.text[i - 1]) {
                    out[n++] = s->norm.text[i];
                }
            }
            memset(out + n, 0, 8);
            if (n > 3) {
                found = by_id(s, table_get(&s->lex->collapsed, token_key(out, n)));
            }
        }
        if (found) {
            t->flags |= TOKEN_UNDONE;
            return found;
        }
    }
    if (aids->roster && len > 4 &&
        !(aids->knows && aids->knows(aids->knows_ctx, t->key))) {
        return by_id(s, roster_guess(aids->roster, token_text(&s->norm, t)));
    }
    return NULL;
}

// "jordans dad": a given name's s without its mark, where no list has the word.
static const struct word *find_owner(const struct scan *s, struct token *t)
{
    char plain[APOSTROPHE_BYTES + 8];
    size_t len = t->end - t->start;
    const char *w = s->norm.text + t->start;
    if (t->kind != TOKEN_WORD || len < 5 || len > APOSTROPHE_BYTES ||
        w[len - 1] != 's' || w[len - 2] == 's') {
        return NULL;
    }
    memcpy(plain, w, len - 1);
    memset(plain + len - 1, 0, 8);
    uint64_t key = token_key(plain, len - 1);
    const struct word *owner = lexicon_find(s->lex, key);
    if (!owner ||
        !list_holds(s->lex, &s->lex->lists[owner->list], BUILTIN_FIRST_NAME)) {
        return NULL;
    }
    t->flags |= TOKEN_OWNS;
    t->key = key;
    return owner;
}

static const struct word *find_word(const struct scan *s, struct token *t,
                                    const struct reader_aids *aids)
{
    const struct word *w = lexicon_find(s->lex, t->key);
    if (t->flags & TOKEN_APOSTROPHE && !(w && w->alias_count)) {
        w = find_apostrophe(s, t);
    }
    if (!w) {
        w = find_tampered(s, t, aids);
        w = w ? w : find_owner(s, t);
    }
    // A word all of look-alikes may be honest Greek or Russian.
    if (w && t->flags & TOKEN_FOLDED && !(w->flags & WORD_EVASIVE) && all_alike(s, t)) {
        return NULL;
    }
    return w;
}

// Writes out the spellings: "dont" becomes "do" and "not", both where "dont" stood.
static enum fault expand(struct scan *s, size_t total)
{
    struct tokens *from = &s->tokens;
    struct token *at = arena_alloc(s->arena, (total + 1) * sizeof(*at));
    const struct word **words = arena_alloc(s->arena, (total + 1) * sizeof(*words));
    if (!at || !words) {
        return FAULT_MEMORY;
    }
    size_t n = 0;
    for (size_t i = 0; i < from->sentence_count; i++) {
        struct sentence *sentence = &from->sentences[i];
        size_t first = n;
        for (size_t k = 0; k < sentence->count; k++) {
            const struct token *t = &from->at[sentence->first + k];
            const struct word *w = s->words[sentence->first + k];
            if (!w || w->alias_count == 0) {
                at[n] = *t;
                words[n++] = w;
                continue;
            }
            for (size_t a = 0; a < w->alias_count; a++) {
                const struct word *stands = by_id(s, s->lex->aliases[w->alias + a]);
                at[n] = *t;
                at[n].key = stands->key;
                at[n].word = stands->id;
                words[n++] = stands;
            }
        }
        sentence->first = (uint32_t)first;
        sentence->count = (uint32_t)(n - first);
    }
    from->at = at;
    from->count = n;
    s->words = words;
    return FAULT_NONE;
}

enum fault read_words(struct scan *s, const struct reader_aids *aids)
{
    if (s->tokens.odd) {
        evade_undo(s, aids);
    }
    size_t count = s->tokens.count;
    s->words = arena_alloc(s->arena, (count + 1) * sizeof(*s->words));
    if (!s->words) {
        return FAULT_MEMORY;
    }
    size_t total = count;
    bool aliases = false;
    for (size_t i = 0; i < count; i++) {
        struct token *t = &s->tokens.at[i];
        const struct word *w = find_word(s, t, aids);
        s->words[i] = w;
        if (w) {
            t->word = w->id;
            if (w->alias_count) {
                aliases = true;
                total += w->alias_count - 1u;
            }
        }
    }
    return aliases ? expand(s, total) : FAULT_NONE;
}

/* ---- what is met ---- */

static bool more_met(struct scan *s)
{
    size_t cap = s->met_cap ? s->met_cap * 2 : 128;
    struct met *grown = arena_alloc(s->arena, cap * sizeof(*grown));
    if (!grown) {
        s->failed = true;
        return false;
    }
    if (s->met_count) {
        memcpy(grown, s->met, s->met_count * sizeof(*grown));
    }
    s->met = grown;
    s->met_cap = cap;
    return true;
}

static inline void add_met(struct scan *s, uint32_t list, size_t from, size_t to,
                           size_t first, size_t last)
{
    if (s->met_count < s->met_cap || more_met(s)) {
        s->met[s->met_count++] = (struct met){
            {(uint32_t)first, (uint32_t)last}, list, (uint16_t)from, (uint16_t)to};
    }
}

// Without asking what the engine makes of its own classes.
static inline void meet_plainly(struct scan *s, uint32_t list, size_t first,
                                size_t last)
{
    const struct list *l = &s->lex->lists[list];
    add_met(s, list, 0, (size_t)l->loud + l->quiet, first, last);
}

// In pieces, with what the engine makes of each of its own classes after it.
static void meet_watched(struct scan *s, uint32_t list, size_t first, size_t last)
{
    const struct list *l = &s->lex->lists[list];
    size_t from = 0, count = (size_t)l->loud + l->quiet;
    for (size_t k = 0; k < l->loud; k++) {
        uint16_t class = s->lex->members[l->classes + k];
        if (class < BUILTIN_COUNT) {
            add_met(s, list, from, k + 1, first, last);
            from = k + 1;
            target_watch(s, (enum builtin) class, first, last);
        }
    }
    if (from < count) {
        add_met(s, list, from, count, first, last);
    }
}

static inline void meet(struct scan *s, uint32_t list, size_t first, size_t last)
{
    if (s->lex->lists[list].engine) {
        meet_watched(s, list, first, last);
    } else {
        meet_plainly(s, list, first, last);
    }
}

bool met_holds(const struct scan *s, const struct met *m, uint16_t class)
{
    const struct list *l = &s->lex->lists[m->list];
    const uint16_t *classes = s->lex->members + l->classes;
    if (!list_holds(s->lex, l, class)) {
        return false;
    }
    if (!l->engine) {
        return true;
    }
    // In a piece: it is the quiet ones' when no piece before has the class.
    for (size_t k = 0; k < l->loud && k < m->to; k++) {
        if (classes[k] == class) {
            return k >= m->from;
        }
    }
    return m->to > l->loud;
}

void scan_emit(struct scan *s, enum builtin b, size_t first, size_t last)
{
    meet_plainly(s, s->builtin_lists[b], first, last);
}

// First token that ends after `at`.
static size_t token_from(const struct tokens *tokens, size_t at)
{
    size_t low = 0, high = tokens->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tokens->at[middle].end <= at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

enum fault scan_take_hits(struct scan *s, const struct pattern_hit *hits, size_t count,
                          const uint32_t *lists)
{
    s->found = arena_alloc(s->arena, (count + 1) * sizeof(*s->found));
    if (!s->found) {
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        size_t first = token_from(&s->tokens, hits[i].start);
        size_t last = first;
        while (last + 1 < s->tokens.count &&
               s->tokens.at[last + 1].start < hits[i].end) {
            last++;
        }
        if (first < s->tokens.count && s->tokens.at[first].start < hits[i].end) {
            s->found[s->found_count++] =
                (struct found){.first = (uint32_t)first,
                               .last = (uint32_t)last,
                               .start = hits[i].start,
                               .end = hits[i].end,
                               .list = lists[hits[i].detector]};
        }
    }
    return FAULT_NONE;
}

void scan_mention(struct scan *s, struct mention m)
{
    if (s->mention_count == s->mention_cap) {
        size_t cap = s->mention_cap ? s->mention_cap * 2 : 32;
        struct mention *grown = arena_alloc(s->arena, cap * sizeof(*grown));
        if (!grown) {
            s->failed = true;
            return;
        }
        if (s->mention_count) {
            memcpy(grown, s->mentions, s->mention_count * sizeof(*grown));
        }
        s->mentions = grown;
        s->mention_cap = cap;
    }
    s->mentions[s->mention_count++] = m;
}

// Phrases that begin with token i.
static void follow_phrases(struct scan *s, size_t i, uint32_t node)
{
    uint32_t sentence = s->tokens.at[i].sentence;
    for (size_t j = i + 1; node && j < s->tokens.count; j++) {
        const struct token *t = &s->tokens.at[j];
        if (t->sentence != sentence || t->word == 0) {
            return;
        }
        const struct step *step = lexicon_step(s->lex, node, t->word);
        if (!step) {
            return;
        }
        if (step->list) {
            meet(s, step->list, i, j);
        }
        node = step->node;
    }
}

// Four words at a time, five of these in registers.
typedef uint64_t wide __attribute__((vector_size(32), aligned(8), may_alias));
enum { STEP = 20, ROWS_AT_ONCE = 128 };
_Static_assert(LIST_ROW % STEP == 0, "rows are read in steps");

WIDEST static void or_rows(uint64_t *saw, const uint64_t *const *rows, size_t count)
{
    for (size_t from = 0; from < LIST_ROW; from += STEP) {
        wide *to = (wide *)(saw + from);
        wide a = to[0], b = to[1], c = to[2], d = to[3], e = to[4];
        for (size_t i = 0; i < count; i++) {
            const wide *row = (const wide *)(rows[i] + from);
            a |= row[0];
            b |= row[1];
            c |= row[2];
            d |= row[3];
            e |= row[4];
        }
        to[0] = a, to[1] = b, to[2] = c, to[3] = d, to[4] = e;
    }
}

// The classes of everything met, as bits.
static enum fault find_saw(struct scan *s)
{
    size_t words = scan_words(s->lex);
    const uint64_t *rows[ROWS_AT_ONCE];
    size_t count = 0;
    s->saw = arena_zalloc(s->arena, words, sizeof(*s->saw));
    if (!s->saw) {
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < s->met_count; i++) {
        const struct list *l = &s->lex->lists[s->met[i].list];
        const uint16_t *tail = s->lex->tails + l->tail;
        for (size_t k = 0; k < l->tail_count; k++) {
            s->saw[tail[k] / 64] |= UINT64_C(1) << (tail[k] % 64);
        }
        if (l->row) {
            rows[count++] = s->lex->rows + l->row;
        }
        if (count == ROWS_AT_ONCE) {
            or_rows(s->saw, rows, count);
            count = 0;
        }
    }
    or_rows(s->saw, rows, count);
    return FAULT_NONE;
}

enum fault scan_classes(struct scan *s)
{
    size_t found = 0;
    for (size_t i = 0; i < s->tokens.count; i++) {
        const struct word *w = s->words[i];
        const struct token *t = &s->tokens.at[i];
        for (; found < s->found_count && s->found[found].first == i; found++) {
            meet_plainly(s, s->found[found].list, i, s->found[found].last);
        }
        if (w) {
            if (w->node) {
                follow_phrases(s, i, w->node); // longest first for the target detector
            }
            if (w->list) {
                meet(s, w->list, i, i);
            }
        } else {
            target_watch_name(s, i);
        }
        if (t->kind == TOKEN_NUMBER) {
            scan_emit(s, BUILTIN_NUMBER, i, i);
        } else if (t->kind == TOKEN_EMOJI) {
            scan_emit(s, BUILTIN_EMOJI, i, i);
        } else if (t->flags & TOKEN_SHOUT) {
            scan_emit(s, BUILTIN_SHOUT, i, i);
        }
    }
    return s->failed ? FAULT_MEMORY : find_saw(s);
}

enum target scan_spoken_of(const struct scan *s)
{
    for (size_t i = s->mention_count; i > 0; i--) {
        const struct mention *m = &s->mentions[i - 1];
        if (!m->is_you && (m->target == TARGET_STAFF || m->target == TARGET_PUPIL ||
                           m->target == TARGET_PARENT)) {
            return (enum target)m->target;
        }
    }
    return TARGET_NONE;
}
