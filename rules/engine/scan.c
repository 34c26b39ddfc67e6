// SPDX-License-Identifier: MIT
#include "rules/engine/scan.h"

#include <string.h>

#include "rules/detect/target.h"
#include "rules/engine/evade.h"
#include "rules/engine/pattern.h"
#include "rules/engine/quiet.h"

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
    return w && (w->class_count || w->quiet_count || w->node || w->alias_count);
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
    if (means_something(found)) {
        return found;
    }
    if (len > 2 && w[len - 1] == 's' && w[len - 2] == '\'') {
        memset(plain + n - 1, 0, 8);
        t->flags |= TOKEN_OWNS;
        t->key = token_key(plain, n - 1);
        const struct word *owner = lexicon_find(s->lex, t->key);
        return owner ? owner : found;
    }
    return found;
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

static const struct word *find_word(const struct scan *s, struct token *t,
                                    const struct reader_aids *aids)
{
    const struct word *w = lexicon_find(s->lex, t->key);
    if (t->flags & TOKEN_APOSTROPHE && !(w && w->alias_count)) {
        w = find_apostrophe(s, t);
    }
    if (!w) {
        w = find_tampered(s, t, aids);
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

/* ---- occurrences ---- */

static bool more_links(struct scan *s)
{
    size_t cap = s->link_cap ? s->link_cap * 2 : 256;
    struct link *grown = arena_alloc(s->arena, cap * sizeof(*grown));
    if (!grown) {
        s->failed = true;
        return false;
    }
    if (s->link_count) {
        memcpy(grown, s->links, s->link_count * sizeof(*grown));
    }
    s->links = grown;
    s->link_cap = cap;
    return true;
}

static bool note_seen(struct scan *s, uint16_t class)
{
    if (s->seen_count == s->seen_cap) {
        size_t cap = s->seen_cap ? s->seen_cap * 2 : 256;
        uint16_t *grown = arena_alloc(s->arena, cap * sizeof(*grown));
        if (!grown) {
            s->failed = true;
            return false;
        }
        if (s->seen_count) {
            memcpy(grown, s->seen, s->seen_count * sizeof(*grown));
        }
        s->seen = grown;
        s->seen_cap = cap;
    }
    s->seen[s->seen_count++] = class;
    s->saw[class >> 6] |= 1ull << (class & 63);
    return true;
}

static void emit(struct scan *s, uint16_t class, size_t first, size_t last)
{
    struct class_state *state = &s->states[class];
    if ((s->link_count == s->link_cap && !more_links(s)) ||
        (state->epoch != s->epoch && !note_seen(s, class))) {
        return;
    }
    uint32_t at = (uint32_t)s->link_count++;
    s->links[at] = (struct link){
        .at = {(uint32_t)first, (uint32_t)last}, .next = UINT32_MAX, .class = class};
    if (state->epoch != s->epoch) {
        *state =
            (struct class_state){.epoch = s->epoch, .count = 1, .head = at, .tail = at};
        return;
    }
    s->links[state->tail].next = at;
    state->tail = at;
    state->count++;
}

static bool more_quiets(struct scan *s)
{
    size_t cap = s->quiet_cap ? s->quiet_cap * 2 : 64;
    struct quiet *grown = arena_alloc(s->arena, cap * sizeof(*grown));
    if (!grown) {
        s->failed = true;
        return false;
    }
    if (s->quiet_count) {
        memcpy(grown, s->quiets, s->quiet_count * sizeof(*grown));
    }
    s->quiets = grown;
    s->quiet_cap = cap;
    return true;
}

// Notes that the quiet classes of a list occur; where, is worked out when asked.
static void note_quiet(struct scan *s, uint32_t list, uint32_t count, size_t first,
                       size_t last)
{
    if (count == 0 || (s->quiet_count == s->quiet_cap && !more_quiets(s))) {
        return;
    }
    const uint16_t *classes = s->lex->lists + list;
    for (uint32_t i = 0; i < count; i++) {
        s->saw[classes[i] >> 6] |= 1ull << (classes[i] & 63);
    }
    s->quiets[s->quiet_count++] =
        (struct quiet){{(uint32_t)first, (uint32_t)last}, list, count};
}

static void emit_list(struct scan *s, uint32_t list, uint32_t count, size_t first,
                      size_t last)
{
    const uint16_t *classes = s->lex->lists + list;
    for (uint32_t i = 0; i < count; i++) {
        emit(s, classes[i], first, last);
        if (classes[i] < BUILTIN_COUNT) {
            target_watch(s, (enum builtin)classes[i], first, last);
        }
    }
}

static void emit_word_list(struct scan *s, uint32_t word, size_t first, size_t last)
{
    const struct word *w = by_id(s, word);
    const uint16_t *classes = s->lex->lists + w->classes;
    for (uint32_t i = 0; i < w->class_count; i++) {
        emit(s, classes[i], first, last);
    }
    note_quiet(s, w->classes + w->class_count, w->quiet_count, first, last);
}

void scan_emit(struct scan *s, enum builtin b, size_t first, size_t last)
{
    emit_word_list(s, s->builtin_words[b], first, last);
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
                          const uint32_t *words)
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
                               .word = words[hits[i].detector]};
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
    for (size_t j = i + 1; j < s->tokens.count; j++) {
        const struct token *t = &s->tokens.at[j];
        if (t->sentence != sentence || t->word == 0 ||
            !(s->lex->nodes[node].children >> (t->word & 63) & 1)) {
            return;
        }
        node = lexicon_step(s->lex, node, t->word);
        if (node == 0) {
            return;
        }
        const struct node *n = &s->lex->nodes[node];
        if (n->class_count) {
            emit_list(s, n->classes, n->class_count, i, j);
        }
        note_quiet(s, n->classes + n->class_count, n->quiet_count, i, j);
        if (!n->children) {
            return;
        }
    }
}

enum fault scan_classes(struct scan *s)
{
    size_t found = 0;
    s->saw = arena_zalloc(s->arena, s->lex->class_count / 64 + 1, sizeof(*s->saw));
    if (!s->saw) {
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < s->tokens.count; i++) {
        const struct word *w = s->words[i];
        const struct token *t = &s->tokens.at[i];
        for (; found < s->found_count && s->found[found].first == i; found++) {
            emit_word_list(s, s->found[found].word, i, s->found[found].last);
        }
        if (w) {
            if (w->node) {
                follow_phrases(s, i, w->node); // longest first for the target detector
            }
            if (w->class_count) {
                emit_list(s, w->classes, w->class_count, i, i);
            }
            note_quiet(s, w->classes + w->class_count, w->quiet_count, i, i);
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
    return s->failed ? FAULT_MEMORY : FAULT_NONE;
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

bool scan_saw(const struct scan *s, uint16_t class)
{
    return s->saw[class >> 6] >> (class & 63) & 1;
}

// Target phrases may be emitted after shorter ones that begin at the same token, never
// before ones that begin earlier; so chains are in order of their first tokens.
const struct occurrence *occurrences_of(struct scan *s, uint16_t class, size_t *count)
{
    struct class_state *state = &s->states[class];
    *count = 0;
    if (!scan_saw(s, class)) {
        return NULL;
    }
    if (state->epoch != s->epoch) {
        quiet_find(s, class);
        if (s->failed) {
            return NULL;
        }
    }
    if (!state->sorted) {
        state->sorted = arena_alloc(s->arena, state->count * sizeof(*state->sorted));
        if (!state->sorted) {
            s->failed = true;
            return NULL;
        }
        size_t n = 0;
        for (uint32_t i = state->head; i != UINT32_MAX; i = s->links[i].next) {
            state->sorted[n++] = s->links[i].at;
        }
    }
    *count = state->count;
    return state->sorted;
}
