// SPDX-License-Identifier: MIT
#include "rules/detect/address_tail.h"

#include <string.h>

enum { PARTS_MOST = 7, TAIL_MOST = 110, NAME_WORDS = 4, GAP_MOST = 8 };

static const char joining[] =
    "de|la|le|les|du|des|of|upon|on|under|in|by|the|next|sur|sous|en|am|an|der|den|"
    "del|della|delle|degli|dei|di|da|do|dos|das|e|y|nad|aan|van|von|zu|zum|zur|im|d|l|"
    "el|los|las|san|santa|over|cum|le|na|i";

bool address_one_of(struct slice word, const char *words)
{
    struct slice rest = slice_of(words);
    while (rest.len) {
        if (slice_equal(slice_cut(rest, '|', &rest), word)) {
            return true;
        }
    }
    return false;
}

static bool is_letter(char c)
{
    return is_alpha(c) || (unsigned char)c >= 0x80;
}

static bool is_big(const struct detect_context *c, size_t i)
{
    // Beyond ASCII the message's capitals are not told from small letters.
    return is_capital(c, i) || (unsigned char)c->norm->text[i] >= 0x80 ||
           (is_alpha(c->norm->text[i]) && original_at(c, i) == 0);
}

static size_t word_end(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    while (i < c->norm->len && (is_letter(t[i]) || ((t[i] == '\'' || t[i] == '-') &&
                                                    is_letter(t[i + 1])))) {
        i++;
    }
    return i;
}

size_t address_name(const struct detect_context *c, size_t i, size_t most)
{
    const char *t = c->norm->text;
    size_t end = 0;
    for (size_t n = 0; n < most; n++) {
        size_t stop = word_end(c, i);
        if (stop == i || is_digit(t[stop])) {
            break; // AB1 begins a code
        }
        struct slice word = slice_make(t + i, stop - i);
        if (is_big(c, i) || (word.len > 2 && word.ptr[1] == '\'' && is_big(c, i + 2))) {
            end = stop;
        } else if (!address_one_of(word, joining)) {
            break;
        }
        bool shortened = stop < c->norm->len && t[stop] == '.' && stop - i <= 4;
        i = stop + (shortened ? 1 : 0);
        if (i >= c->norm->len || t[i] != ' ') {
            break;
        }
        i++;
    }
    return end;
}

static size_t digits_at(const struct detect_context *c, size_t i)
{
    size_t n = 0;
    while (i + n < c->norm->len && n < 9 && is_digit(c->norm->text[i + n])) {
        n++;
    }
    return n;
}

// AB1 2CD, A1B 2CD, Eircodes.
static size_t letter_code(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    size_t letters = 0, k = i;
    while (letters < 2 && is_alpha(t[k])) {
        letters++;
        k++;
    }
    if (letters == 0 || !is_digit(t[k])) {
        return 0;
    }
    size_t first = k;
    while (k - first < 3 && is_alnum(t[k]) && (unsigned char)t[k] < 0x80) {
        k++;
    }
    bool blank = t[k] == ' ';
    size_t in = blank ? k + 1 : k;
    if (!blank) { // AB12CD: the last three belong together
        in = k >= i + 5 ? k - 3 : k;
        in = is_digit(t[in]) ? in : k;
    }
    if (is_digit(t[in]) && is_alpha(t[in + 1]) && is_alpha(t[in + 2]) &&
        edge_after(c, in + 3)) {
        return in + 3;
    }
    // D06 X4Y8
    size_t digits = 0;
    for (size_t m = 0; m < 4; m++) {
        if (!is_alnum(t[in + m]) || (unsigned char)t[in + m] >= 0x80) {
            return 0;
        }
        digits += is_digit(t[in + m]);
    }
    return letters == 1 && in - i >= 3 && digits && is_capital(c, i) &&
                   edge_after(c, in + 4)
               ? in + 4
               : 0;
}

// 69003 Lyon, 1016 GV Amsterdam, 00-515 Warszawa, 110 00 Praha.
static size_t number_code(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    size_t n = digits_at(c, i), end = i + n;
    if (n >= 2 && n <= 5 && (t[end] == '-' || (n == 3 && t[end] == ' '))) {
        size_t more = digits_at(c, end + 1);
        if (more >= 2 && more <= 4 && n + more >= 5) {
            end += 1 + more;
            n += more;
        }
    }
    if (n < 4 || n > 9 || (n > 6 && end == i + n) || !edge_after(c, end)) {
        return 0;
    }
    if (t[end] == ' ' && is_capital(c, end + 1) && is_capital(c, end + 2) &&
        edge_after(c, end + 3)) {
        end += 3;
    }
    size_t town = t[end] == ' ' ? address_name(c, end + 1, 3) : 0;
    return town ? town : end;
}

// OH 45402, NSW 2007
static size_t state_code(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    size_t k = i;
    while (k - i < 3 && is_alpha(t[k]) && is_capital(c, k)) {
        k++;
    }
    size_t n = k - i >= 2 && t[k] == ' ' ? digits_at(c, k + 1) : 0;
    return n >= 4 && n <= 5 && edge_after(c, k + 1 + n) ? k + 1 + n : 0;
}

static size_t code_end(const struct detect_context *c, size_t i)
{
    size_t end = letter_code(c, i);
    end = end ? end : state_code(c, i);
    return end ? end : is_digit(c->norm->text[i]) ? number_code(c, i) : 0;
}

// "apt. 595", "flat 2b", "3rd floor", "3º b"
static size_t unit_end(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    size_t end = word_end(c, i);
    if (end > i) {
        if (!address_one_of(slice_make(t + i, end - i),
                            "apt|apartment|suite|unit|flat|floor|room|box|po|piso|"
                            "puerta|escalera|no|number|bldg|building|block|lot|ste|"
                            "appt|etage|wohnung|m|stair|floors")) {
            return 0;
        }
        while (end < c->norm->len && end - i < 14 && strchr(". #", t[end]) && t[end]) {
            end++;
        }
        size_t n = digits_at(c, end);
        if (n == 0 || n > 5) {
            return 0;
        }
        end += n;
        end += is_alpha(t[end]) && edge_after(c, end + 1) ? 1 : 0;
        return edge_after(c, end) ? end : 0;
    }
    size_t n = digits_at(c, i);
    if (n == 0 || n > 2) {
        return 0;
    }
    end = i + n;
    if ((unsigned char)t[end] == 0xc2 || t[end] == 'o' || t[end] == 'a') { // º, ª
        end += (unsigned char)t[end] == 0xc2 ? 2 : 1;
        end += t[end] == ' ' && is_alpha(t[end + 1]) && edge_after(c, end + 2) ? 1 : 0;
        end += is_alpha(t[end]) && edge_after(c, end + 1) ? 1 : 0;
        return edge_after(c, end) ? end : 0;
    }
    size_t floor_ = end + 2;
    return (memcmp(t + end, "st", 2) == 0 || memcmp(t + end, "nd", 2) == 0 ||
            memcmp(t + end, "rd", 2) == 0 || memcmp(t + end, "th", 2) == 0) &&
                   memcmp(t + floor_, " floor", 6) == 0
               ? floor_ + 6
               : 0;
}

// Up to two words in small letters before a code: "otterbury ot6 3qh".
static size_t small_name(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    for (int n = 0; n < 2; n++) {
        size_t end = word_end(c, i);
        if (end == i || t[end] != ' ') {
            return 0;
        }
        i = end + 1;
        if (letter_code(c, i)) {
            return end;
        }
    }
    return 0;
}

size_t address_tail(const struct detect_context *c, size_t end, bool *coded)
{
    const char *t = c->norm->text;
    size_t best = end, i = end;
    bool code = false;
    for (int part = 0; part < PARTS_MOST && i < c->norm->len && i - end < TAIL_MOST;
         part++) {
        size_t j = i;
        bool comma = false;
        while (j < c->norm->len && j - i < GAP_MOST && strchr(" ,\n\r>", t[j]) &&
               t[j]) {
            comma = comma || t[j] != ' ';
            j++;
        }
        if (j == i || j >= c->norm->len) {
            break;
        }
        size_t stop = code_end(c, j);
        if (stop && code && is_digit(t[j])) {
            break; // a phone number on the next line
        }
        if (stop) {
            code = true;
            best = i = stop;
            continue;
        }
        if ((stop = unit_end(c, j)) != 0) {
            best = i = stop;
            continue;
        }
        if (code && !comma) {
            break;
        }
        stop = address_name(c, j, NAME_WORDS);
        if (stop) {
            size_t n = t[stop] == ' ' ? digits_at(c, stop + 1) : 0; // Dublin 6
            if (n && n <= 2 && stop + 1 + n <= c->norm->len &&
                (stop + 1 + n == c->norm->len || strchr(",.\n", t[stop + 1 + n]))) {
                stop += 1 + n;
            }
            bool closed = stop >= c->norm->len || strchr(".,;)\n", t[stop]) != NULL;
            best = comma && closed ? stop : best;
        } else if ((stop = small_name(c, j)) == 0) {
            break;
        }
        i = stop;
    }
    if (coded) {
        *coded = code;
    }
    return best;
}
