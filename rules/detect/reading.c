// SPDX-License-Identifier: MIT
#include "rules/detect/reading.h"

#include <string.h>

enum { GAP_MOST = 3, PUBLIC_DIGITS = 9, EXTENSION_MOST = 7, CONTACT_BYTES = 256 };

const char product_cues[] =
    "order|ref|reference|item|isbn|serial|product|sku|model|invoice|ticket|barcode|"
    "tracking|part|flight|catalogue|batch|parcel|opus|op|spec|specification|example|"
    "fake|made "
    "up|issn|receipt|asset|version|build|urn|cas|stock|catalog|article|upc|ean|"
    "voucher|quote|purchase";

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_alpha(char c)
{
    return c >= 'a' && c <= 'z';
}

bool is_alnum(char c)
{
    return is_digit(c) || is_alpha(c) || (unsigned char)c >= 0x80;
}

static bool is_word(const struct detect_context *c, size_t i)
{
    char at = c->norm->text[i];
    if ((unsigned char)at >= 0x80) { // marks and emoji part words, letters do not
        return c->norm->kinds && c->norm->kinds[i] == FOLD_LETTER;
    }
    return is_alnum(at);
}

bool edge_before(const struct detect_context *c, size_t i)
{
    return i == 0 || !is_word(c, i - 1);
}

bool edge_after(const struct detect_context *c, size_t i)
{
    return i >= c->norm->len || !is_word(c, i);
}

char original_at(const struct detect_context *c, size_t i)
{
    size_t at = norm_start(c->norm, i);
    if (at >= c->norm->original.len) {
        return 0;
    }
    char found = c->norm->original.ptr[at];
    return (unsigned char)found < 0x80 ? found : 0;
}

bool is_capital(const struct detect_context *c, size_t i)
{
    char found = original_at(c, i);
    return found >= 'A' && found <= 'Z';
}

static const struct spoken {
    const char *word;
    char digit;
} spoken_digits[] = {{"zero", '0'}, {"oh", '0'},   {"nought", '0'}, {"nil", '0'},
                     {"one", '1'},  {"two", '2'},  {"three", '3'},  {"four", '4'},
                     {"five", '5'}, {"six", '6'},  {"seven", '7'},  {"eight", '8'},
                     {"nine", '9'}, {"won", '1'},  {"sevn", '7'},   {"o", '0'},
                     {"zer0", '0'}, {"too", '2'},  {"fore", '4'},   {"ate", '8'},
                     {"fife", '5'}, {"sicks", '6'}};

// The length of word, if it stands at i: alone, or with a digit glued behind it.
static size_t word_at(const struct detect_context *c, size_t i, const char *word)
{
    size_t n = strlen(word);
    return i + n <= c->norm->len && memcmp(c->norm->text + i, word, n) == 0 &&
                   (edge_after(c, i + n) || (n > 2 && is_digit(c->norm->text[i + n])))
               ? n
               : 0;
}

static void add(struct digits *d, char digit, size_t start, size_t end, size_t gap,
                char mark)
{
    d->value[d->count] = digit;
    d->start[d->count] = (uint32_t)start;
    d->end[d->count] = (uint32_t)end;
    d->gap[d->count] = (uint8_t)gap;
    d->mark[d->count] = mark;
    d->count++;
}

// How often the digit that is said next counts: "double seven" twice.
static size_t times_said(const struct detect_context *c, size_t *i)
{
    size_t times = 1;
    size_t n = word_at(c, *i, "double");
    if (n) {
        times = 2;
    } else if ((n = word_at(c, *i, "triple")) || (n = word_at(c, *i, "treble"))) {
        times = 3;
    }
    if (n) {
        *i += n;
        while (*i < c->norm->len &&
               (c->norm->text[*i] == ' ' || c->norm->text[*i] == '-')) {
            (*i)++;
        }
    }
    return times;
}

// One digit or the words for it at i. Returns where it ends; 0: none stands here.
static size_t read_one(const struct detect_context *c, size_t i, unsigned how,
                       size_t gap, char mark, size_t most, struct digits *d)
{
    const char *t = c->norm->text;
    if (is_digit(t[i])) {
        add(d, t[i], i, i + 1, gap, mark);
        return i + 1;
    }
    if ((how & DIGITS_LETTER_O) && t[i] == 'o' &&
        (i + 1 >= c->norm->len || t[i + 1] == 'o' || !is_alpha(t[i + 1]))) {
        add(d, '0', i, i + 1, gap, mark);
        return i + 1;
    }
    if ((how & DIGITS_LETTER_O) && (t[i] == 'i' || t[i] == 'l') && i > 0 &&
        is_digit(t[i - 1]) && (i + 1 >= c->norm->len || !is_alpha(t[i + 1]))) {
        add(d, '1', i, i + 1, gap, mark);
        return i + 1;
    }
    if (!(how & DIGITS_SPOKEN) || !(edge_before(c, i) || is_digit(t[i - 1]))) {
        return 0;
    }
    size_t hundred = d->count ? word_at(c, i, "hundred") : 0;
    if (hundred) {
        for (size_t m = 0; m < 2 && d->count < most; m++) {
            add(d, '0', i, i + hundred, m ? 0 : gap, m ? 0 : mark);
        }
        return i + hundred;
    }
    size_t at = i;
    size_t times = times_said(c, &at);
    for (size_t k = 0; k < sizeof(spoken_digits) / sizeof(spoken_digits[0]); k++) {
        size_t n = word_at(c, at, spoken_digits[k].word);
        if (n == 0) {
            continue;
        }
        for (size_t m = 0; m < times && d->count < most; m++) {
            add(d, spoken_digits[k].digit, i, at + n, m ? 0 : gap, m ? 0 : mark);
        }
        d->spoken = true;
        return at + n;
    }
    if (times > 1 && at < c->norm->len && is_digit(t[at])) {
        for (size_t m = 0; m < times && d->count < most; m++) {
            add(d, t[at], i, at + 1, m ? 0 : gap, m ? 0 : mark);
        }
        d->spoken = true;
        return at + 1;
    }
    return 0;
}

static bool is_separator(char at)
{
    return at != 0 && strchr(" .-()/,_*\t\n[]|~:", at) != NULL;
}

void digits_read(const struct detect_context *c, size_t start, unsigned how,
                 size_t most, struct digits *out)
{
    const char *t = c->norm->text;
    out->count = 0;
    out->spoken = false;
    if (most > DIGITS_MOST) {
        most = DIGITS_MOST;
    }
    size_t i = start;
    while (i < c->norm->len && out->count < most) {
        size_t gap = 0;
        char mark = 0;
        while (i + gap < c->norm->len && gap < GAP_MOST && is_separator(t[i + gap])) {
            mark = mark == 0 || mark == ' ' ? t[i + gap] : mark;
            gap++;
        }
        if (i + gap >= c->norm->len || (out->count == 0 && gap)) {
            break;
        }
        size_t end = read_one(c, i + gap, how, gap, mark, most, out);
        if (end == 0) {
            break;
        }
        i = end;
    }
    out->value[out->count] = 0;
}

size_t extension_end(const struct detect_context *c, size_t end)
{
    const char *t = c->norm->text;
    if (end + 1 >= c->norm->len || t[end] != 'x' || !is_digit(t[end + 1])) {
        return 0;
    }
    size_t i = end + 1;
    while (i < c->norm->len && is_digit(t[i])) {
        i++;
    }
    return i - end <= EXTENSION_MOST && edge_after(c, i) ? i : 0;
}

size_t compact_read(const struct detect_context *c, size_t start, size_t most,
                    char out[COMPACT_MOST], size_t *n)
{
    const char *t = c->norm->text;
    size_t end = start;
    *n = 0;
    for (size_t i = start; i < c->norm->len && *n < most; i++) {
        if (is_alpha(t[i]) || is_digit(t[i])) {
            out[(*n)++] = t[i];
            end = i + 1;
        } else if (i != end || (t[i] != ' ' && t[i] != '-' && t[i] != '.')) {
            break;
        }
    }
    out[*n] = 0;
    return end;
}

bool digits_close(const struct digits *d, size_t from, size_t to)
{
    for (size_t i = from + 1; i < to; i++) {
        if (d->gap[i]) {
            return false;
        }
    }
    return true;
}

bool digits_end(const struct detect_context *c, const struct digits *d, size_t n)
{
    if (n == 0 || n > d->count ||
        !(edge_after(c, d->end[n - 1]) || extension_end(c, d->end[n - 1]))) {
        return false;
    }
    return n == d->count || d->gap[n] > 0;
}

static bool find_word(const struct detect_context *c, size_t from, size_t to,
                      const char *words)
{
    struct slice window = {c->norm->text + from, to - from};
    struct slice rest = slice_of(words);
    while (rest.len) {
        struct slice word = slice_cut(rest, '|', &rest);
        for (size_t i = 0; i + word.len <= window.len; i++) {
            const char *at = memchr(window.ptr + i, word.ptr[0], window.len - i);
            if (!at) {
                break;
            }
            i = (size_t)(at - window.ptr);
            if (i + word.len <= window.len && memcmp(at, word.ptr, word.len) == 0 &&
                edge_before(c, from + i) && edge_after(c, from + i + word.len)) {
                return true;
            }
        }
    }
    return false;
}

bool cue_before(const struct detect_context *c, size_t start, const char *words,
                size_t reach)
{
    reach = reach > REACH ? REACH : reach;
    return find_word(c, start > reach ? start - reach : 0, start, words);
}

bool cue_after(const struct detect_context *c, size_t end, const char *words,
               size_t reach)
{
    reach = reach > REACH ? REACH : reach;
    size_t to = end + reach < c->norm->len ? end + reach : c->norm->len;
    return end < to && find_word(c, end, to, words);
}

bool is_public_number(const struct detect_context *c, const char *digits)
{
    size_t n = strlen(digits);
    if (!c->school || n < PUBLIC_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < c->school->public_contact_count; i++) {
        char own[CONTACT_BYTES];
        size_t k = 0;
        for (const char *p = c->school->public_contacts[i]; *p && k < sizeof(own) - 1;
             p++) {
            if (is_digit(*p)) {
                own[k++] = *p;
            }
        }
        if (k >= PUBLIC_DIGITS &&
            memcmp(own + k - PUBLIC_DIGITS, digits + n - PUBLIC_DIGITS,
                   PUBLIC_DIGITS) == 0) {
            return true;
        }
    }
    return false;
}

bool is_public_text(const struct detect_context *c, struct slice found)
{
    if (!c->school) {
        return false;
    }
    for (size_t i = 0; i < c->school->public_contact_count; i++) {
        struct slice own = slice_of(c->school->public_contacts[i]);
        if (own.len < 4) {
            continue;
        }
        if (slice_equal_fold(own, found)) {
            return true;
        }
        // A domain stands for every address below it.
        if (own.len < found.len) {
            char before = found.ptr[found.len - own.len - 1];
            struct slice end = slice_sub(found, found.len - own.len, own.len);
            if ((before == '@' || before == '.') && slice_equal_fold(end, own)) {
                return true;
            }
        }
    }
    return false;
}
