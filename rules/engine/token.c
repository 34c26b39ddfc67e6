// SPDX-License-Identifier: MIT
#include "rules/engine/token.h"

#include <string.h>

enum look { LOOK_MARK, LOOK_LETTER, LOOK_DIGIT, LOOK_SPACE, LOOK_LINE, LOOK_EMOJI };

static const uint8_t looks[128] = {
    ['\t'] = LOOK_SPACE, ['\v'] = LOOK_SPACE, ['\f'] = LOOK_SPACE, ['\r'] = LOOK_SPACE,
    [' '] = LOOK_SPACE,  ['\n'] = LOOK_LINE,  ['0'] = LOOK_DIGIT,  ['1'] = LOOK_DIGIT,
    ['2'] = LOOK_DIGIT,  ['3'] = LOOK_DIGIT,  ['4'] = LOOK_DIGIT,  ['5'] = LOOK_DIGIT,
    ['6'] = LOOK_DIGIT,  ['7'] = LOOK_DIGIT,  ['8'] = LOOK_DIGIT,  ['9'] = LOOK_DIGIT,
    ['a'] = LOOK_LETTER, ['b'] = LOOK_LETTER, ['c'] = LOOK_LETTER, ['d'] = LOOK_LETTER,
    ['e'] = LOOK_LETTER, ['f'] = LOOK_LETTER, ['g'] = LOOK_LETTER, ['h'] = LOOK_LETTER,
    ['i'] = LOOK_LETTER, ['j'] = LOOK_LETTER, ['k'] = LOOK_LETTER, ['l'] = LOOK_LETTER,
    ['m'] = LOOK_LETTER, ['n'] = LOOK_LETTER, ['o'] = LOOK_LETTER, ['p'] = LOOK_LETTER,
    ['q'] = LOOK_LETTER, ['r'] = LOOK_LETTER, ['s'] = LOOK_LETTER, ['t'] = LOOK_LETTER,
    ['u'] = LOOK_LETTER, ['v'] = LOOK_LETTER, ['w'] = LOOK_LETTER, ['x'] = LOOK_LETTER,
    ['y'] = LOOK_LETTER, ['z'] = LOOK_LETTER};

// Multiply-and-fold over eight bytes at a time.
static inline uint64_t mix(uint64_t h, uint64_t eight)
{
    h = (h ^ eight) * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 32);
}

static inline uint64_t key_of(const char *word, size_t len)
{
    uint64_t h = 0x243F6A8885A308D3u ^ len;
    uint64_t eight;
    while (len > 8) {
        memcpy(&eight, word, 8);
        h = mix(h, eight);
        word += 8;
        len -= 8;
    }
    memcpy(&eight, word, 8);
    eight &= len == 0 ? 0 : UINT64_MAX >> (64 - 8 * len);
    return mix(mix(h, eight), 0);
}

uint64_t token_key(const char *word, size_t len)
{
    return key_of(word, len);
}

uint64_t token_key_of(struct slice word)
{
    char padded[256] = {0};
    size_t len = word.len < sizeof(padded) - 8 ? word.len : sizeof(padded) - 8;
    memcpy(padded, word.ptr, len);
    return token_key(padded, len);
}

struct slice token_text(const struct norm *n, const struct token *t)
{
    return slice_make(n->text + t->start, t->end - t->start);
}

struct scanner {
    const struct norm *n;
    struct tokens *out;
    size_t at;
    size_t sentence_room;
    size_t lone; // one-letter words in a row
    bool gap;    // white space since the last token
    bool mark;   // punctuation since the last token
    bool asks;   // since the last token
    bool shouts; //
    bool ends;   // the sentence ended
    bool in_dq, in_sq;
};

static enum look look_at(const struct scanner *s, size_t i)
{
    unsigned char c = (unsigned char)s->n->text[i];
    if (c < 0x80) {
        return (enum look)looks[c];
    }
    switch ((enum fold_kind)s->n->kinds[i]) {
    case FOLD_LETTER:
    case FOLD_ALIKE:
        return LOOK_LETTER;
    case FOLD_EMOJI:
        return LOOK_EMOJI;
    case FOLD_SPACE:
        return LOOK_SPACE;
    case FOLD_DROP:
    case FOLD_MARK:
        break;
    }
    return LOOK_MARK;
}

static bool is_upper(char c)
{
    return (unsigned char)(c - 'A') < 26;
}

static bool is_lower(char c)
{
    return (unsigned char)(c - 'a') < 26;
}

static uint16_t case_flags(const struct norm *n, size_t start, size_t end)
{
    size_t from = norm_start(n, start);
    if (!is_upper(n->original.ptr[from])) {
        return 0;
    }
    size_t to = norm_end(n, end);
    size_t uppers = 1;
    for (size_t i = from + 1; i < to; i++) {
        char c = n->original.ptr[i];
        if (is_lower(c)) {
            return TOKEN_CAPITAL;
        }
        uppers += is_upper(c);
    }
    return uppers > 1 ? TOKEN_CAPITAL | TOKEN_SHOUT : TOKEN_CAPITAL;
}

// "mr", "st" and single letters do not end a sentence with their full stop.
static bool is_abbreviation(struct slice w)
{
    static const char known[][8] = {"mr",  "mrs", "ms",   "dr",     "st", "prof",
                                    "rev", "eg",  "ie",   "vs",     "no", "tel",
                                    "mob", "yr",  "dept", "approx", "etc"};
    if (w.len == 1) {
        return is_lower(w.ptr[0]);
    }
    for (size_t i = 0; w.len < 7 && i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i][0] == w.ptr[0] && slice_is(w, known[i])) {
            return true;
        }
    }
    return false;
}

// The last sentence has all its tokens.
static struct sentence *close_sentence(struct scanner *s)
{
    struct tokens *out = s->out;
    struct sentence *last = &out->sentences[out->sentence_count - 1];
    last->count = (uint32_t)out->count - last->first;
    last->asks = last->asks || s->asks;
    last->shouts = last->shouts || s->shouts;
    return last;
}

// Before the first token after a mark.
static void start_sentence(struct scanner *s)
{
    struct tokens *out = s->out;
    const struct sentence *last = close_sentence(s);
    if (s->ends && last->count > 0 && out->sentence_count < s->sentence_room) {
        out->sentences[out->sentence_count++] =
            (struct sentence){.first = (uint32_t)out->count};
    }
    s->ends = s->asks = s->shouts = false;
}

static inline void add(struct scanner *s, enum token_kind kind, size_t start,
                       size_t end, unsigned flags)
{
    if (s->ends || s->asks || s->shouts) {
        start_sentence(s);
    }
    struct tokens *out = s->out;
    struct token *t = &out->at[out->count++];
    flags |= (s->gap ? 0u : (unsigned)TOKEN_GLUED) |
             (s->mark ? (unsigned)TOKEN_AFTER_MARK : 0u) |
             (s->in_dq || s->in_sq ? (unsigned)TOKEN_QUOTED : 0u);
    *t = (struct token){.key = key_of(s->n->text + start, end - start),
                        .start = (uint32_t)start,
                        .end = (uint32_t)end,
                        .sentence = (uint32_t)(out->sentence_count - 1),
                        .flags = (uint16_t)flags,
                        .kind = (uint8_t)kind};
    s->gap = s->mark = false;
}

static void scan_word(struct scanner *s)
{
    const char *text = s->n->text;
    size_t start = s->at;
    size_t i = start;
    unsigned letters = 0, digits = 0, flags = 0;
    for (;;) {
        enum look look = look_at(s, i);
        if (look == LOOK_LETTER) {
            letters++;
            if (i > start && text[i] == text[i - 1]) {
                flags |= i > start + 1 && text[i] == text[i - 2]
                             ? TOKEN_DOUBLES | TOKEN_REPEATS
                             : TOKEN_DOUBLES;
            }
        } else if (look == LOOK_DIGIT) {
            digits++;
        } else if (text[i] == '\'' && i > start && look_at(s, i + 1) == LOOK_LETTER) {
            flags |= TOKEN_APOSTROPHE;
        } else {
            break;
        }
        i++;
    }
    flags |= letters && digits ? TOKEN_MIXED : 0u;
    if (s->n->kinds && memchr(s->n->kinds + start, FOLD_ALIKE, i - start)) {
        flags |= TOKEN_FOLDED;
    }
    flags |= case_flags(s->n, start, i);
    s->lone = i - start == 1 && letters ? s->lone + 1 : 0;
    if (flags & (TOKEN_MIXED | TOKEN_REPEATS | TOKEN_FOLDED) || s->lone > 2) {
        s->out->odd = true;
    }
    s->at = i;
    add(s, letters ? TOKEN_WORD : TOKEN_NUMBER, start, i, flags);
}

// Digits, with single marks inside: 9.15, 1,000, 3:30.
static void scan_number(struct scanner *s)
{
    const char *text = s->n->text;
    size_t start = s->at;
    size_t i = start;
    while (look_at(s, i) == LOOK_DIGIT ||
           ((text[i] == '.' || text[i] == ',' || text[i] == ':') && i > start &&
            look_at(s, i + 1) == LOOK_DIGIT)) {
        i++;
    }
    if (look_at(s, i) == LOOK_LETTER && !memchr(text + start, ':', i - start) &&
        !memchr(text + start, '.', i - start) &&
        !memchr(text + start, ',', i - start)) {
        scan_word(s); // "5b", "1st"
        return;
    }
    s->lone = 0;
    s->at = i;
    add(s, TOKEN_NUMBER, start, i, 0);
}

static void scan_emoji(struct scanner *s)
{
    size_t start = s->at;
    size_t i = start + 1;
    while (((unsigned char)s->n->text[i] & 0xC0) == 0x80) {
        i++;
    }
    s->lone = 0;
    s->at = i;
    add(s, TOKEN_EMOJI, start, i, 0);
}

static void scan_full_stop(struct scanner *s)
{
    const char *text = s->n->text;
    enum look next = look_at(s, s->at + 1);
    bool run = text[s->at + 1] == '.' || (s->at > 0 && text[s->at - 1] == '.');
    bool at_end = s->at + 1 == s->n->len;
    if (run || !(next == LOOK_SPACE || next == LOOK_LINE || at_end ||
                 text[s->at + 1] == '"')) {
        return;
    }
    size_t count = s->out->count;
    const struct token *last = count ? &s->out->at[count - 1] : NULL;
    if (!last || last->end != s->at || !is_abbreviation(token_text(s->n, last))) {
        s->ends = true;
    }
}

static void scan_quote(struct scanner *s, char c)
{
    bool before = s->at > 0 && look_at(s, s->at - 1) != LOOK_SPACE &&
                  look_at(s, s->at - 1) != LOOK_LINE;
    enum look next = look_at(s, s->at + 1);
    if (c == '"') {
        s->in_dq = !s->in_dq;
    } else if (s->in_sq) {
        s->in_sq = next == LOOK_LETTER || next == LOOK_DIGIT;
    } else if (!before && next == LOOK_LETTER) {
        // Opens only when something closes it: "'em" and "'cause" do not.
        const char *text = s->n->text;
        size_t most = s->n->len - s->at < 200 ? s->n->len : s->at + 200;
        for (size_t i = s->at + 2; i < most && text[i] != '\n' && !s->in_sq; i++) {
            s->in_sq = text[i] == '\'' && look_at(s, i + 1) != LOOK_LETTER &&
                       look_at(s, i - 1) != LOOK_SPACE;
        }
    }
}

// A mark that may stand for a letter or part letters of one word.
static bool may_hide(const struct scanner *s)
{
    const char *text = s->n->text;
    size_t i = s->at;
    enum look next = look_at(s, i + 1);
    bool joins = next == LOOK_LETTER || next == LOOK_DIGIT;
    bool before =
        i > 0 && (look_at(s, i - 1) == LOOK_LETTER || look_at(s, i - 1) == LOOK_DIGIT);
    if (text[i] == '@' || text[i] == '$') {
        return joins || before;
    }
    return before && (joins || (text[i] == '*' || text[i] == '!' || text[i] == '#')) &&
           strchr("!*#|+.-_/~^=()<>[]:;,", text[i]) && (joins || text[i] == '*');
}

static bool stands_free(const struct scanner *s, size_t from, size_t to)
{
    enum look before = from ? look_at(s, from - 1) : LOOK_SPACE;
    enum look after = to < s->n->len ? look_at(s, to) : LOOK_SPACE;
    return (before == LOOK_SPACE || before == LOOK_EMOJI) &&
           (after == LOOK_SPACE || after == LOOK_EMOJI || after == LOOK_LETTER);
}

// "/=", "=/" and "!=" (and the sign that folds to the first) say "is not".
static bool scan_unequal(struct scanner *s, char c)
{
    static const char unequal[8] = "/="; // keys are read eight bytes at a time
    char next = s->n->text[s->at + 1];
    if (!(next == '=' && c != '=') && !(next == '/' && c == '=')) {
        return false;
    }
    if (!stands_free(s, s->at, s->at + 2)) {
        return false;
    }
    add(s, TOKEN_WORD, s->at, s->at + 2, 0);
    s->out->at[s->out->count - 1].key = key_of(unequal, 2);
    s->at += 2;
    return true;
}

static void scan_mark(struct scanner *s)
{
    char c = s->n->text[s->at];
    if ((c == '/' || c == '=' || c == '!') && scan_unequal(s, c)) {
        return;
    }
    switch (c) {
    case '.':
        scan_full_stop(s);
        break;
    case '?':
        s->asks = s->ends = true;
        break;
    case '!':
        if (look_at(s, s->at + 1) != LOOK_LETTER) {
            s->shouts = s->ends = true;
        }
        break;
    case '"':
    case '\'':
        scan_quote(s, c);
        break;
    default:
        break;
    }
    s->mark = s->mark || (c != '-' && c != '\'');
    if (!s->out->odd && may_hide(s)) {
        s->out->odd = true;
    }
    s->at++;
}

static size_t count_sentence_room(const struct norm *n)
{
    size_t room = 2;
    for (size_t i = 0; i < n->len; i++) {
        char c = n->text[i];
        room += c == '.' || c == '!' || c == '?' || c == '\n';
    }
    return room;
}

// Sentences end at marks and line ends.
static size_t count_marks(const struct mask_block *blocks, size_t len)
{
    size_t room = 2;
    for (size_t i = 0; i <= len / 64; i++) {
        room += (size_t)__builtin_popcountll(blocks[i].odd);
    }
    return room;
}

// A word of plain letters that begins at s->at and ends in the same block, read from
// the masks. False: it has something in it that scan_word() must look at.
static inline bool scan_plain(struct scanner *s, const struct mask_block *b,
                              unsigned at)
{
    uint64_t rest = ~(b->word >> at);
    unsigned len = rest ? (unsigned)__builtin_ctzll(rest) : 64;
    size_t start = s->at;
    if (at + len >= 64 || s->n->text[start + len] == '\'') {
        return false;
    }
    uint64_t inside = (UINT64_C(1) << len) - 1;
    if (b->digit >> at & inside) {
        return false;
    }
    uint64_t again = b->again >> at & inside & ~UINT64_C(1);
    uint64_t upper = b->upper >> at & inside;
    unsigned flags = 0;
    if (again) {
        flags = again & again >> 1 ? TOKEN_DOUBLES | TOKEN_REPEATS : TOKEN_DOUBLES;
        s->out->odd = s->out->odd || flags & TOKEN_REPEATS;
    }
    if (upper & 1) {
        flags |=
            len > 1 && upper == inside ? TOKEN_CAPITAL | TOKEN_SHOUT : TOKEN_CAPITAL;
    }
    s->lone = len == 1 ? s->lone + 1 : 0;
    s->out->odd = s->out->odd || s->lone > 2;
    s->at = start + len;
    add(s, TOKEN_WORD, start, s->at, flags);
    return true;
}

static void scan_ascii(struct scanner *s, const struct mask_block *blocks)
{
    while (s->at < s->n->len) {
        const struct mask_block *b = &blocks[s->at / 64];
        unsigned at = s->at % 64;
        uint64_t solid = ~(b->space >> at);
        unsigned spaces = solid ? (unsigned)__builtin_ctzll(solid) : 64;
        if (spaces) {
            s->gap = true;
            s->at += spaces;
            at += spaces;
            if (at >= 64) {
                continue;
            }
        }
        uint64_t here = UINT64_C(1) << at;
        if (b->word & here & ~b->digit) {
            if (!scan_plain(s, b, at)) {
                scan_word(s);
            }
        } else if (b->digit & here) {
            scan_number(s);
        } else if (s->at >= s->n->len) {
            return;
        } else if (s->n->text[s->at] == '\n') {
            s->ends = s->gap = true;
            s->in_dq = s->in_sq = false;
            s->at++;
        } else {
            scan_mark(s);
        }
    }
}

static void scan_any(struct scanner *s)
{
    while (s->at < s->n->len) {
        switch (look_at(s, s->at)) {
        case LOOK_LETTER:
            scan_word(s);
            break;
        case LOOK_DIGIT:
            scan_number(s);
            break;
        case LOOK_EMOJI:
            scan_emoji(s);
            break;
        case LOOK_LINE:
            s->ends = s->gap = true;
            s->in_dq = s->in_sq = false;
            s->at++;
            break;
        case LOOK_SPACE:
            s->gap = true;
            s->at++;
            break;
        case LOOK_MARK:
            scan_mark(s);
            break;
        }
    }
}

enum fault tokenise(struct tokens *out, const struct norm *n, struct arena *arena)
{
    struct scanner s = {.n = n, .out = out, .gap = true};
    const struct mask_block *blocks = n->masks;
    s.sentence_room = blocks ? count_marks(blocks, n->len) : count_sentence_room(n);
    *out = (struct tokens){
        .at = arena_alloc(arena, (n->len + 1) * sizeof(*out->at)),
        .sentences = arena_alloc(arena, s.sentence_room * sizeof(*out->sentences)),
        .sentence_count = 1};
    if (!out->at || !out->sentences) {
        return FAULT_MEMORY;
    }
    out->sentences[0] = (struct sentence){0};
    if (blocks) {
        scan_ascii(&s, blocks);
    } else {
        scan_any(&s);
    }
    close_sentence(&s);
    return FAULT_NONE;
}
