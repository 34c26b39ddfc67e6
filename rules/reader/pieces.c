// SPDX-License-Identifier: MIT
#include "rules/reader/pieces.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>

#include "bot/base/utf8.h"
#include "rules/classify/features.h"

enum { NAME_BYTES = 128 };

static const char word_start[] = "\xE2\x96\x81"; // U+2581

struct builder {
    const struct scan *s;
    const struct vocabulary *v;
    const bool *groups; // by list
    struct windows *out;
    uint32_t token;    // the one that is read now
    uint32_t met;      // next of what the scan met
    uint32_t group;    // tokens before this one are of a group
    uint32_t cut_at;   // ids of the last window before its last sentence,
    uint32_t cut_from; // and the token at which that begins
    uint32_t cut_in;   // sentence that the last window is in
    uint32_t emoji;    // the last one read, 0 when something else followed
    char mark;         // likewise
    bool spaced;       // white space stands before what comes
    bool full;
    // Letters that are not cut yet.
    char chunk[PIECE_CHUNK_BYTES];
    size_t chunk_len;
    uint32_t chunk_first, chunk_last; // tokens
};

// Rules write several into one ("group.race|gadj.race"); those that none asks for by
// themselves are only known so.
static bool is_group(const struct lexicon *lex, uint16_t class)
{
    struct slice rest = slice_of(lex->classes[class].name);
    bool all = rest.len > 0;
    while (all && rest.len) {
        struct slice name = slice_cut(rest, '|', &rest);
        // "gadj.*": the adjectives among them that also say something else.
        all = slice_starts_with(name, SLICE("group.")) ||
              slice_starts_with(name, SLICE("gadj."));
    }
    return all;
}

bool *pieces_groups(const struct lexicon *lex)
{
    bool *groups = calloc(lex->list_count + 1, sizeof(*groups));
    for (size_t i = 0; groups && i < lex->list_count; i++) {
        const struct list *l = &lex->lists[i];
        size_t count = (size_t)l->loud + l->quiet;
        for (size_t k = 0; k < count && !groups[i]; k++) {
            groups[i] = is_group(lex, lex->members[l->classes + k]);
        }
    }
    return groups;
}

/* ---- windows ---- */

static struct window *open_window(struct builder *b, uint32_t first)
{
    struct windows *out = b->out;
    if (out->count == WINDOWS_MOST) {
        b->full = true;
        return NULL;
    }
    struct window *w = &out->at[out->count++];
    w->first = w->last = first;
    w->count = 0;
    b->cut_at = 0;
    b->cut_in = b->s->tokens.at[first].sentence;
    return w;
}

// Makes room: a new window, which takes the unfinished sentence of the last one along.
static struct window *next_window(struct builder *b, struct window *full,
                                  uint32_t first)
{
    uint32_t at = b->cut_at, from = b->cut_from;
    if (at == 0) {
        return open_window(b, first);
    }
    struct window *w = open_window(b, from);
    if (w) {
        w->count = full->count - at;
        w->last = full->last;
        memcpy(w->ids, full->ids + at, w->count * sizeof(*w->ids));
        full->count = at;
        full->last = from ? from - 1 : 0;
    }
    return w;
}

// Pieces of tokens first..last, which stay together.
static void put(struct builder *b, const uint16_t *ids, size_t count, uint32_t first,
                uint32_t last)
{
    struct windows *out = b->out;
    if (b->full) {
        return;
    }
    struct window *w = out->count ? &out->at[out->count - 1] : open_window(b, first);
    uint32_t sentence = b->s->tokens.at[first].sentence;
    if (w->count && sentence != b->cut_in) {
        b->cut_at = w->count;
        b->cut_from = first;
        b->cut_in = sentence;
    }
    while (w && w->count + count > READER_POSITIONS) {
        w = next_window(b, w, first);
    }
    if (w) {
        memcpy(w->ids + w->count, ids, count * sizeof(*ids));
        w->count += (uint32_t)count;
        w->last = last;
    }
}

/* ---- letters ---- */

static void flush(struct builder *b)
{
    uint16_t ids[PIECE_CHUNK_BYTES];
    size_t count = vocabulary_cut(b->v, slice_make(b->chunk, b->chunk_len), ids);
    if (count) {
        put(b, ids, count, b->chunk_first, b->chunk_last);
    }
    b->chunk_len = 0;
}

// of: the token that they belong to.
static void append(struct builder *b, const char *letters, size_t len, size_t of)
{
    size_t most = b->s->tokens.count - 1;
    if (b->chunk_len + len > sizeof(b->chunk)) {
        flush(b);
    }
    b->chunk_last = (uint32_t)(of < most ? of : most);
    if (b->chunk_len == 0) {
        b->chunk_first = b->chunk_last;
    }
    memcpy(b->chunk + b->chunk_len, letters, len);
    b->chunk_len += len;
}

// Puts white space where it is due.
static void begin(struct builder *b)
{
    if (b->spaced) {
        flush(b);
        append(b, word_start, sizeof(word_start) - 1, b->token);
        b->spaced = false;
    }
}

static void add_letters(struct builder *b, struct slice letters)
{
    begin(b);
    for (size_t i = 0; i < letters.len && !b->full;) {
        uint32_t cp;
        size_t n = utf8_decode(letters, i, &cp);
        if (n == 0) {
            return; // cannot be: normalised text is valid
        }
        append(b, letters.ptr + i, n, b->token);
        i += n;
    }
}

// Between two tokens.
static void add_gap(struct builder *b, size_t from, size_t to)
{
    const char *text = b->s->norm.text;
    for (size_t i = from; i < to && !b->full; i++) {
        if (text[i] == '\0' || !strchr(".,?!'\":;-", text[i])) {
            b->spaced = true;
        } else if (text[i] != b->mark) {
            bool behind = !b->spaced && b->token > 0;
            begin(b);
            append(b, text + i, 1, behind ? b->token - 1 : b->token);
            b->mark = text[i];
            b->emoji = 0;
        }
    }
}

static void add_group(struct builder *b)
{
    const uint16_t group = PIECE_GROUP;
    flush(b);
    put(b, &group, 1, b->token, b->token);
    b->spaced = false;
    b->emoji = 0;
    b->mark = 0;
}

// Children, women, men and the old, of any skin.
static bool is_person(uint32_t cp)
{
    return (cp >= 0x1F466 && cp <= 0x1F469) || (cp >= 0x1F471 && cp <= 0x1F476) ||
           (cp >= 0x1F9D1 && cp <= 0x1F9D5);
}

static void add_emoji(struct builder *b, struct slice emoji)
{
    char name[NAME_BYTES];
    UErrorCode status = U_ZERO_ERROR;
    uint32_t cp = 0;
    if (utf8_decode(emoji, 0, &cp) == 0 || (cp >= 0x1F3FB && cp <= 0x1F3FF) ||
        cp == b->emoji) {
        return; // a skin tone, or the same again
    }
    if (is_person(cp)) {
        add_group(b);
        b->emoji = cp;
        return;
    }
    b->emoji = cp;
    b->mark = 0;
    b->spaced = true;
    int32_t len = u_charName((UChar32)cp, U_UNICODE_CHAR_NAME, name,
                             (int32_t)sizeof(name), &status);
    if (U_FAILURE(status) || len <= 0) {
        const uint16_t unknown = PIECE_UNKNOWN;
        flush(b);
        put(b, &unknown, 1, b->token, b->token);
        return;
    }
    for (int32_t i = 0; i < len && i < NAME_BYTES; i++) {
        char c = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
        if (c == ' ') {
            b->spaced = true;
        } else {
            add_letters(b, slice_make(&c, 1));
        }
    }
    b->spaced = true;
}

/* ---- tokens ---- */

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

// Takes in what begins at the token. True: it is of a group.
static bool in_group(struct builder *b)
{
    const struct scan *s = b->s;
    for (; b->met < s->met_count && s->met[b->met].at.first <= b->token; b->met++) {
        const struct met *m = &s->met[b->met];
        if (b->groups[m->list] && m->at.last >= b->group) {
            b->group = m->at.last + 1;
        }
    }
    return b->token < b->group;
}

// Only white space or a hyphen, as between the words of one phrase.
static bool joins(const struct scan *s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (s->norm.text[i] != ' ' && s->norm.text[i] != '-') {
            return false;
        }
    }
    return true;
}

// "l0ser", not "year7" or "4x4s" of which nothing is hidden at an end.
static bool hides_letters(struct slice word)
{
    size_t from = 0, to = word.len;
    while (from < to && is_digit(word.ptr[from])) {
        from++;
    }
    while (to > from && is_digit(word.ptr[to - 1])) {
        to--;
    }
    for (size_t i = from; i < to; i++) {
        if (is_digit(word.ptr[i])) {
            return from == 0 && to == word.len;
        }
    }
    return false;
}

// A word as the judge reads it: evasions undone, short forms written out.
static struct slice word_of(const struct scan *s, uint32_t i, struct word_reading *r)
{
    const struct token *t = &s->tokens.at[i];
    const struct word *w = s->words[i];
    if (w && w->key == t->key && !(t->flags & TOKEN_OWNS)) {
        return slice_of(s->lex->spelled[w->id]);
    }
    if (!(t->flags & TOKEN_UNDONE) && !hides_letters(token_text(&s->norm, t))) {
        return token_text(&s->norm, t);
    }
    feature_read(r, s, i);
    return r->text;
}

static void add_token(struct builder *b)
{
    const struct token *t = &b->s->tokens.at[b->token];
    struct word_reading r;
    if (t->kind == TOKEN_EMOJI) {
        add_emoji(b, token_text(&b->s->norm, t));
        return;
    }
    add_letters(b, word_of(b->s, b->token, &r));
    b->emoji = 0;
    b->mark = 0;
}

void pieces_read(struct windows *out, const struct scan *s, const struct vocabulary *v,
                 const bool *groups)
{
    struct builder b = {.s = s, .v = v, .groups = groups, .out = out, .spaced = true};
    size_t end = 0;
    bool was_group = false;
    out->count = 0;
    if (s->tokens.count == 0) {
        return;
    }
    for (; b.token < s->tokens.count && !b.full; b.token++) {
        const struct token *t = &s->tokens.at[b.token];
        bool is_group = in_group(&b);
        bool again = is_group && was_group && joins(s, end, t->start);
        was_group = is_group;
        if (!again) {
            if (t->start < end) { // a second word of what a short form stands for
                b.spaced = true;
            } else {
                add_gap(&b, end, t->start);
            }
            if (is_group) {
                add_group(&b);
            } else {
                add_token(&b);
            }
        }
        end = t->end;
    }
    if (!b.full) {
        add_gap(&b, end, s->norm.len);
    }
    flush(&b);
}

void pieces_before(struct before *out, const struct windows *of)
{
    out->count = 0;
    if (of->count == 0) {
        return;
    }
    const struct window *last = &of->at[of->count - 1];
    uint32_t count = last->count < BEFORE_MOST ? last->count : BEFORE_MOST;
    memcpy(out->ids, last->ids + last->count - count, count * sizeof(*out->ids));
    out->ids[count] = PIECE_BEFORE;
    out->count = count + 1;
}

void pieces_after(struct windows *w, const struct before *before)
{
    struct window *first = &w->at[0];
    if (w->count == 0 || first->count + before->count > READER_POSITIONS) {
        return;
    }
    memmove(first->ids + before->count, first->ids, first->count * sizeof(*first->ids));
    memcpy(first->ids, before->ids, before->count * sizeof(*first->ids));
    first->count += before->count;
}
