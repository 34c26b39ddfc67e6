// SPDX-License-Identifier: MIT
#include "rules/detect/phonenumber.h"

#include <string.h>

#include "rules/detect/checksum.h"
#include "rules/detect/reading.h"

extern const struct detector phone_detectors[];

enum { PHONE_MOST = 17, CUE = 48 };

static const char phone_cues[] =
    "phone|number|num|nos|no|mobile|mob|tel|telephone|call|ring|text|txt|whatsapp|"
    "landline|cell|hmu|fone|numba|nmbr|contact|reach|fax|dial|msg|message|digits|line|"
    "ringing|calling|texting|bell|buzz|facetime";

// Only blanks, dots, dashes, brackets and the like between digits; a comma only where
// every digit stands alone.
static bool gaps_ok(const struct digits *d, size_t n)
{
    size_t apart = 0;
    bool odd = false;
    for (size_t i = 1; i < n; i++) {
        if (d->gap[i]) {
            apart++;
            odd = odd || d->mark[i] == ',';
            if (d->mark[i] == ':' || d->mark[i] == '\n') {
                return false;
            }
        }
    }
    return !odd || apart >= n - 2;
}

// "/" parts dates; a phone has it at most once, after the area.
static bool is_dates(const struct digits *d, size_t n)
{
    unsigned slashes = 0;
    for (size_t i = 1; i < n; i++) {
        slashes += d->mark[i] == '/';
    }
    return slashes > 1 && !digits_close(d, 0, 4); // 07700/900/123 is none
}

// Groups of two throughout are a list of small numbers, not a British number.
static bool is_pairs(const struct digits *d, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if ((d->gap[i] != 0) != (i % 2 == 0)) {
            return false;
        }
    }
    return true;
}

// The national number without its 0, nine or ten digits.
static bool british_area_ok(const char *national, size_t n)
{
    switch (national[0]) {
    case '7':
        return n == 10 && national[1] != '6';
    case '2':
        return n == 10 && strchr("03489", national[1]) != NULL;
    case '1':
        return (n == 10 || n == 9) && national[1] != '0';
    default:
        return false; // 03, 08 and 09 belong to organisations
    }
}

// How many digits a British number from d's first digit has; 0: it is none.
static size_t british_length(const struct detect_context *c, const struct digits *d)
{
    const char *v = d->value;
    size_t skip = 0;
    if (memcmp(v, "0044", 4) == 0) {
        skip = 4;
    } else if (memcmp(v, "44", 2) == 0) {
        skip = 2;
    } else if (v[0] == '0') {
        skip = 1;
    }
    if (skip == 0) {
        return 0;
    }
    if (skip > 1 && v[skip] == '0') {
        skip++; // +44 (0)7...
    }
    for (size_t n = 10; n >= 9; n--) {
        if (skip + n <= d->count && digits_end(c, d, skip + n) &&
            british_area_ok(v + skip, n)) {
            return skip + n;
        }
    }
    return 0;
}

static bool public_number(const struct detect_context *c, const struct digits *d,
                          size_t n)
{
    char digits[DIGITS_MOST + 1];
    memcpy(digits, d->value, n);
    digits[n] = 0;
    return is_public_number(c, digits);
}

static bool take(const struct detect_context *c, struct detect_hit *hit,
                 const struct digits *d, size_t n)
{
    const char *t = c->norm->text;
    if (n == 0 || public_number(c, d, n)) {
        return false;
    }
    hit->start = d->start[0];
    while (hit->start > 0 && strchr("+(", t[hit->start - 1])) {
        hit->start--;
    }
    size_t extension = extension_end(c, d->end[n - 1]);
    hit->end = extension ? extension : d->end[n - 1];
    return true;
}

// Money and decimals before a number: "£07", "3.0".
static bool is_amount(const struct detect_context *c, size_t start)
{
    if (start == 0) {
        return false;
    }
    char before = c->norm->text[start - 1];
    char at = original_at(c, start - 1);
    return before == '$' || (at == 0 && !is_alnum(before)) ||
           ((before == '.' || before == ',' || before == '/' || before == ':') &&
            start > 1 && is_digit(c->norm->text[start - 2]));
}

static bool check_british(const struct detect_context *c, struct detect_hit *hit)
{
    struct digits d;
    if (!edge_before(c, hit->start) || is_amount(c, hit->start)) {
        return false;
    }
    digits_read(c, hit->start, DIGITS_LETTER_O, PHONE_MOST, &d);
    if (d.count < 10) {
        return false;
    }
    size_t n = british_length(c, &d);
    if (n == 0 || !gaps_ok(&d, n) || is_dates(&d, n)) {
        return false;
    }
    bool cue = cue_before(c, hit->start, phone_cues, CUE);
    if (d.value[1] != '7' && is_pairs(&d, n) && !cue) {
        return false;
    }
    bool short_form = n == 10 && d.value[0] == '0';
    if ((short_form || (d.value[0] == '4' && !digits_close(&d, 0, n))) && !cue &&
        (hit->start == 0 || c->norm->text[hit->start - 1] != '+')) {
        return false;
    }
    if (cue_before(c, hit->start, product_cues, 20) ||
        cue_before(c, hit->start, "isbn|issn", 48)) {
        return false;
    }
    return take(c, hit, &d, n);
}

// 7700 900123: the 0 left out, so only where something says that it is a number.
static bool check_bare_mobile(const struct detect_context *c, struct detect_hit *hit)
{
    struct digits d;
    if (!edge_before(c, hit->start) || c->norm->text[hit->start] != '7' ||
        is_amount(c, hit->start) ||
        (hit->start > 0 && strchr("+)", c->norm->text[hit->start - 1]))) {
        return false;
    }
    digits_read(c, hit->start, DIGITS_LETTER_O, PHONE_MOST, &d);
    if (d.count < 10 || !digits_end(c, &d, 10) || d.value[1] == '6' ||
        d.value[1] == '0' || !gaps_ok(&d, 10) || is_dates(&d, 10) ||
        !cue_before(c, hit->start, phone_cues, CUE) ||
        cue_before(c, hit->start, product_cues, 20)) {
        return false;
    }
    return take(c, hit, &d, 10);
}

static bool check_international(const struct detect_context *c, struct detect_hit *hit)
{
    size_t at = hit->start;
    while (at < hit->end && !is_digit(c->norm->text[at])) {
        at++;
    }
    if (at == hit->end || (hit->start > 0 && is_alnum(c->norm->text[hit->start - 1])) ||
        (c->norm->text[hit->start] == '0' &&
         cue_before(c, hit->start, product_cues, 20))) {
        return false;
    }
    struct digits d;
    digits_read(c, at, DIGITS_PLAIN, PHONE_MOST, &d);
    size_t skip = c->norm->text[hit->start] != '+' ? 2 : 0;
    for (size_t n = d.count; n >= 8 + skip; n--) {
        if (digits_end(c, &d, n) && gaps_ok(&d, n) && !is_dates(&d, n) &&
            phonenumber_possible(d.value + skip, n - skip)) {
            size_t start = hit->start;
            bool taken = take(c, hit, &d, n);
            hit->start = start;
            return taken;
        }
    }
    return false;
}

// North America: 3-3-4 with something between; a leading 1 may stand.
static bool check_american(const struct detect_context *c, struct detect_hit *hit)
{
    struct digits d;
    const char *t = c->norm->text;
    if (!edge_before(c, hit->start) || is_amount(c, hit->start) ||
        (hit->start > 1 && t[hit->start - 1] == '-' && is_digit(t[hit->start - 2]))) {
        return false;
    }
    digits_read(c, hit->start, DIGITS_PLAIN, 12, &d);
    size_t skip = d.value[0] == '1' ? 1 : 0;
    if (d.count < 10 + skip || !digits_end(c, &d, 10 + skip) ||
        !digits_close(&d, skip, skip + 3) || !digits_close(&d, skip + 3, skip + 6) ||
        !digits_close(&d, skip + 6, skip + 10) || !d.gap[skip + 3] ||
        !d.gap[skip + 6] || d.value[skip] < '2' || d.value[skip + 3] < '2' ||
        memcmp(d.value, "1234567890", 10) == 0 || !gaps_ok(&d, 10 + skip) ||
        (skip && !d.gap[1])) {
        return false;
    }
    bool blanks = d.mark[skip + 3] == ' ' && d.mark[skip + 6] == ' ' && !skip;
    bool cue = cue_before(c, hit->start, phone_cues, CUE) &&
               !cue_before(c, hit->start, "nhs|health|surgery|uln", CUE);
    if ((blanks && !cue) || cue_before(c, hit->start, product_cues, 20)) {
        return false;
    }
    return take(c, hit, &d, 10 + skip);
}

// "oh seven seven double zero ...", words and digits mixed.
static bool check_spoken(const struct detect_context *c, struct detect_hit *hit)
{
    struct digits d;
    size_t at = hit->start;
    if (c->norm->text[at] == 'p') { // plus
        at += strlen("plus ");
    }
    if (!edge_before(c, at)) {
        return false;
    }
    digits_read(c, at, DIGITS_LETTER_O | DIGITS_SPOKEN, PHONE_MOST, &d);
    if (!d.spoken || d.count < 10) {
        return false;
    }
    bool bare = d.value[0] == '7' && digits_end(c, &d, 10); // its 0 left out
    return take(c, hit, &d, bare ? 10 : british_length(c, &d));
}

// Eleven digits with at most three bytes between any two of them.
#define NINE "[0-9o](?:[ .()\\-/,_*|~]{0,3}[0-9oil]){8}"
#define SAID                                                                           \
    "(?:zero|zer0|oh|nought|one|two|three|four|five|six|seven|eight|nine|double|"      \
    "triple|treble|o\\b)"

const struct detector phone_detectors[] = {
    {.name = "British phone number",
     .regex = NINE,
     .class = "pii.phone",
     .check = check_british},
    {.name = "British mobile without its 0",
     .regex = "\\b7[1-57-9][0-9]{2}[ .\\-]?[0-9]{3}[ .\\-]?[0-9]{3}",
     .class = "pii.phone",
     .check = check_bare_mobile},
    {.name = "international phone number",
     .regex = "(?:\\+ ?|\\b00)[1-9](?:[ .()\\-/]{0,3}[0-9]){7}",
     .class = "pii.phone",
     .check = check_international},
    {.name = "North American phone number",
     .regex = "\\b(?:1[ .\\-(]{1,2})?[2-9][0-9]{2}[ .\\-)/]{1,2}[2-9][0-9]{2}[ .\\-/]"
              "[0-9]{4}",
     .class = "pii.phone",
     .check = check_american},
    {.name = "phone number in words",
     .regex = "\\b(?:0|zero|zer0|oh|nought|o|plus|plus four)[ ,.\\-]{0,2}(?:[0-9][ "
              ",.\\-]{0,2}){0,9}" SAID "|\\bseven[ ,.\\-]{1,2}" SAID,
     .class = "pii.phone",
     .check = check_spoken,
     .cues = "zero oh nought o plus seven"},
    {0}};
