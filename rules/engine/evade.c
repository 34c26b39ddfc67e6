// SPDX-License-Identifier: MIT
#include "rules/engine/evade.h"

#include <string.h>

enum { CHUNK_BYTES = 40, LETTERS_MOST = 48, SPACED_MOST = 14, WILDCARDS_MOST = 64 };

// What a mark or digit may stand for; '\0': nothing, it only parts letters.
static char leet(char c, bool one_is_l)
{
    switch (c) {
    case '0':
        return 'o';
    case '1':
    case '|':
        return one_is_l ? 'l' : 'i';
    case '!':
        return 'i';
    case '3':
        return 'e';
    case '4':
    case '@':
        return 'a';
    case '5':
    case '$':
        return 's';
    case '6':
    case '9':
        return 'g';
    case '7':
    case '+':
        return 't';
    case '8':
        return 'b';
    default:
        return '\0';
    }
}

static bool is_letter(char c)
{
    return (unsigned char)(c - 'a') < 26;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static const struct word *evasive_word(const struct scan *s, const char *w, size_t len)
{
    if (len < 3) {
        return NULL;
    }
    const struct word *found = lexicon_find(s->lex, token_key(w, len));
    return found && found->flags & WORD_EVASIVE ? found : NULL;
}

// Runs of one letter cut to at most `most`; out has room for len + 8.
static size_t squeeze(const char *w, size_t len, size_t most, char *out)
{
    size_t n = 0, run = 0;
    for (size_t i = 0; i < len; i++) {
        run = i && w[i] == w[i - 1] ? run + 1 : 1;
        if (run <= most) {
            out[n++] = w[i];
        }
    }
    memset(out + n, 0, 8);
    return n;
}

// The evasive word that letters spell, as they are or with runs of a letter shortened.
static const struct word *evasive_letters(const struct scan *s, const char *w,
                                          size_t len)
{
    char out[LETTERS_MOST + 8];
    const struct word *found = evasive_word(s, w, len);
    for (size_t most = 2; !found && most > 0; most--) {
        size_t n = squeeze(w, len, most, out);
        if (n < len) {
            found = evasive_word(s, out, n);
        }
    }
    return found;
}

struct chunk {
    size_t start, end;  // in the normalised text, without white space
    size_t first, last; // tokens, both inside
};

// Marks dropped, digits and signs read as letters. False: more of it is marks than
// letters.
static bool chunk_letters(const struct scan *s, const struct chunk *c, bool one_is_l,
                          char out[LETTERS_MOST + 8], size_t *len)
{
    size_t letters = 0, n = 0;
    for (size_t i = c->start; i < c->end; i++) {
        char ch = s->norm.text[i];
        char as = is_letter(ch) ? ch : leet(ch, one_is_l);
        // A sign at the end is punctuation, all but those that look like letters.
        if ((ch == '!' || ch == '+' || ch == '|') && i + 1 == c->end) {
            as = '\0';
        }
        if (as) {
            out[n++] = as;
        }
        letters += is_letter(ch);
    }
    memset(out + n, 0, 8);
    *len = n;
    return letters >= 2 && letters * 2 >= n;
}

static bool known(const struct scan *s, const struct reader_aids *aids, uint64_t key)
{
    return lexicon_find(s->lex, key) ||
           (aids->knows && aids->knows(aids->knows_ctx, key));
}

// "as-shell", "pen.is": every part is a word of two letters or more.
static bool parts_are_words(const struct scan *s, const struct reader_aids *aids,
                            const struct chunk *c)
{
    if (c->first == c->last) {
        return false;
    }
    for (size_t i = c->first; i <= c->last; i++) {
        const struct token *t = &s->tokens.at[i];
        if (t->end - t->start < 2 || t->kind != TOKEN_WORD || !known(s, aids, t->key)) {
            return false;
        }
    }
    return true;
}

// The evasive word that text with wildcards fits: same length, same letters.
static const struct word *fit_wildcards(const struct scan *s, const char *w, size_t len)
{
    for (size_t i = 0; i < s->lex->word_slots; i++) {
        const struct word *candidate = &s->lex->words[i];
        if (!candidate->key || !(candidate->flags & WORD_EVASIVE)) {
            continue;
        }
        const char *spelled = s->lex->spelled[candidate->id];
        size_t k = 0;
        while (k < len && (w[k] == '*' || w[k] == spelled[k]) && spelled[k]) {
            k++;
        }
        if (k == len && spelled[k] == '\0') {
            return candidate;
        }
    }
    return NULL;
}

static const struct word *undo_wildcards(const struct scan *s, const struct chunk *c,
                                         size_t *budget)
{
    char w[LETTERS_MOST + 8];
    size_t n = 0, stars = 0;
    for (size_t i = c->start; i < c->end; i++) {
        char ch = s->norm.text[i];
        bool star = ch == '*' || ch == '#';
        if (!star && !is_letter(ch)) {
            return NULL;
        }
        stars += star;
        w[n++] = star ? '*' : ch;
    }
    if (stars == 0 || n < 4 || stars * 2 > n || w[0] == '*' || *budget == 0) {
        return NULL;
    }
    --*budget;
    return fit_wildcards(s, w, n);
}

static const struct word *undo_chunk(const struct scan *s,
                                     const struct reader_aids *aids, struct chunk c,
                                     size_t *budget)
{
    const char *text = s->norm.text;
    while (c.start < c.end && strchr("\"'([{<-_.,:;/\\~=", text[c.start])) {
        c.start++;
    }
    while (c.end > c.start && strchr("\"')]}>-_.,:;?/\\~=", text[c.end - 1])) {
        c.end--;
    }
    struct slice all = slice_make(text + c.start, c.end - c.start);
    if (all.len < 3 || all.len > CHUNK_BYTES || parts_are_words(s, aids, &c) ||
        slice_find(all, SLICE("://")) != SIZE_MAX ||
        slice_starts_with(all, SLICE("www."))) {
        return NULL;
    }
    char letters[LETTERS_MOST + 8];
    size_t len;
    const struct word *found = NULL;
    for (int l = 0; l < 2 && !found; l++) {
        if (chunk_letters(s, &c, l == 1, letters, &len)) {
            found = evasive_letters(s, letters, len);
        }
    }
    return found ? found : undo_wildcards(s, &c, budget);
}

static void replace(struct scan *s, size_t first, size_t last, size_t start, size_t end,
                    const struct word *by)
{
    struct token *t = &s->tokens.at[first];
    t->key = by->key;
    t->start = (uint32_t)start;
    t->end = (uint32_t)end;
    t->kind = TOKEN_WORD;
    t->flags = (uint16_t)((t->flags | TOKEN_UNDONE) &
                          ~(TOKEN_APOSTROPHE | TOKEN_MIXED | TOKEN_FOLDED));
    for (size_t i = first + 1; i <= last; i++) {
        s->tokens.at[i].end = s->tokens.at[i].start; // to be dropped
        s->tokens.at[i].key = 0;
    }
}

// No swear word is longer.
static size_t spaced_most(size_t left)
{
    return left < SPACED_MOST ? left : SPACED_MOST;
}

// Where one-letter tokens follow each other: f u c k.
static size_t undo_spaced(struct scan *s, size_t first)
{
    size_t count = 0;
    char letters[LETTERS_MOST + 8];
    while (first + count < s->tokens.count && count < LETTERS_MOST) {
        const struct token *t = &s->tokens.at[first + count];
        char c = s->norm.text[t->start];
        char as = is_letter(c) ? c : leet(c, false);
        if (t->end - t->start != 1 || !as) {
            break;
        }
        letters[count++] = as;
    }
    memset(letters + count, 0, 8);
    if (count < 3) {
        return count ? count : 1;
    }
    for (size_t at = 0; at + 3 <= count; at++) {
        for (size_t len = spaced_most(count - at); len >= 3; len--) {
            bool whole = len == count;
            if (len < 4 && !whole) {
                break;
            }
            char part[LETTERS_MOST + 8] = {0};
            memcpy(part, letters + at, len);
            const struct word *found = evasive_letters(s, part, len);
            if (found) {
                size_t last = first + at + len - 1;
                replace(s, first + at, last, s->tokens.at[first + at].start,
                        s->tokens.at[last].end, found);
                return at + len;
            }
        }
    }
    return count;
}

// fuuuck, soooo: any word of the lexicon will do, to stretch one is no disguise.
static void undo_repeats(struct scan *s, struct token *t)
{
    char w[LETTERS_MOST + 8], out[LETTERS_MOST + 8];
    size_t len = t->end - t->start;
    if (len > LETTERS_MOST || lexicon_find(s->lex, t->key)) {
        return;
    }
    memcpy(w, s->norm.text + t->start, len);
    for (size_t most = 2; most > 0; most--) {
        size_t n = squeeze(w, len, most, out);
        uint64_t key = token_key(out, n);
        if (lexicon_find(s->lex, key)) {
            t->key = key;
            t->flags |= TOKEN_UNDONE;
            return;
        }
    }
}

static void drop_replaced(struct tokens *tokens)
{
    size_t out = 0;
    for (size_t i = 0; i < tokens->count; i++) {
        struct token *t = &tokens->at[i];
        if (t->key == 0 && t->start == t->end) {
            tokens->sentences[t->sentence].count--;
            continue;
        }
        tokens->at[out++] = *t;
    }
    tokens->count = out;
    uint32_t first = 0;
    for (size_t i = 0; i < tokens->sentence_count; i++) {
        tokens->sentences[i].first = first;
        first += tokens->sentences[i].count;
    }
}

void evade_undo(struct scan *s, const struct reader_aids *aids)
{
    struct tokens *tokens = &s->tokens;
    const char *text = s->norm.text;
    size_t budget = WILDCARDS_MOST;
    bool changed = false;
    for (size_t i = 0; i < tokens->count;) {
        struct token *t = &tokens->at[i];
        if (t->end - t->start == 1 && t->kind != TOKEN_EMOJI) {
            size_t n = undo_spaced(s, i);
            changed = changed || n > 2;
            if (n > 2) {
                i += n;
                continue;
            }
        }
        struct chunk c = {.start = t->start, .end = t->end, .first = i, .last = i};
        while (c.start > 0 && !is_space(text[c.start - 1]) &&
               t->start - c.start < CHUNK_BYTES && (i == 0 || c.start > t[-1].end)) {
            c.start--;
        }
        while (c.end < s->norm.len && !is_space(text[c.end])) {
            c.end++;
        }
        while (c.last + 1 < tokens->count && tokens->at[c.last + 1].start < c.end) {
            c.last++;
        }
        bool plain = c.first == c.last && c.start == t->start && c.end == t->end &&
                     !(t->flags & (TOKEN_MIXED | TOKEN_REPEATS));
        const struct word *found = plain ? NULL : undo_chunk(s, aids, c, &budget);
        if (found) {
            replace(s, c.first, c.last, tokens->at[c.first].start,
                    tokens->at[c.last].end, found);
            changed = true;
        } else {
            for (size_t k = c.first; k <= c.last; k++) {
                if (tokens->at[k].flags & TOKEN_REPEATS) {
                    undo_repeats(s, &tokens->at[k]);
                }
            }
        }
        i = c.last + 1;
    }
    if (changed) {
        drop_replaced(tokens);
    }
}
