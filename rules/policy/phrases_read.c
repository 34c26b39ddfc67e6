// SPDX-License-Identifier: MIT
#include "rules/policy/phrase_table.h"

#include <string.h>

struct tokeniser {
    struct reading *r;
    const struct phrases *p;
    bool opens;
};

static void mark_word(struct tokeniser *t, uint64_t *bits, struct slice word)
{
    size_t slot = phrases_slot(t->p, word);
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
    memset(r->any, 0, sizeof(r->any));
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
    for (size_t i = 0; i < r->count; i++) {
        for (size_t k = 0; k < PHRASE_TERMS_MOST / 64; k++) {
            r->any[k] |= r->terms[i][k];
        }
    }
}
