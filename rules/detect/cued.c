// SPDX-License-Identifier: MIT
//
// What words in front of it announce: "phone: 451 5986", "lives at 86036 Rua do Arenque".
// The shapes are too loose to be taken without them.
#include <string.h>

#include "rules/detect/address_tail.h"
#include "rules/detect/checksum.h"
#include "rules/detect/reading.h"

extern const struct detector cued_detectors[];

enum { LINE_MOST = 90, LINE_WORDS = 12 };

// The candidate is the cue and the number's first digit.
static bool check_phone(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t at = hit->end - 1;
    struct digits d;
    digits_read(c, at, DIGITS_PLAIN, 16, &d);
    size_t n = d.count;
    while (n >= 7 && !digits_end(c, &d, n)) {
        n--;
    }
    if (n < 7 || n > 15 || d.mark[1] == '/' || is_public_number(c, d.value)) {
        return false;
    }
    for (size_t i = 1; i < n; i++) {
        if (d.gap[i] > 2 || d.mark[i] == '/' || d.mark[i] == ':' || d.mark[i] == ',') {
            return false;
        }
    }
    hit->start = at;
    while (hit->start > 0 && strchr("+(", t[hit->start - 1])) {
        hit->start--;
    }
    size_t extension = extension_end(c, d.end[n - 1]);
    hit->end = extension ? extension : d.end[n - 1];
    return true;
}

// Before "-fax", "(mobile)".
static bool check_phone_label(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t end = hit->start + 1, digits = 0, i = end;
    while (i > 0 && end - i < 24 &&
           (is_digit(t[i - 1]) || strchr(" .-()+", t[i - 1]))) {
        digits += is_digit(t[i - 1]);
        i--;
    }
    while (i < end && !is_digit(t[i]) && t[i] != '(' && t[i] != '+') {
        i++;
    }
    hit->start = i;
    hit->end = end;
    while (hit->end > i && !is_digit(t[hit->end - 1])) {
        hit->end--;
    }
    bool office = cue_after(c, end, "office", 10);
    bool here = t[hit->start] == '0' || memcmp(t + hit->start, "+44", 3) == 0;
    return digits >= 7 && digits <= 15 && !(office && here);
}

static bool check_card(const struct detect_context *c, struct detect_hit *hit)
{
    size_t at = hit->end - 1;
    struct digits d;
    digits_read(c, at, DIGITS_PLAIN, 20, &d);
    for (size_t n = d.count < 19 ? d.count : 19; n >= 12; n--) {
        if (digits_end(c, &d, n) && luhn_ok(d.value, n)) {
            hit->start = at;
            hit->end = d.end[n - 1];
            return true;
        }
    }
    return false;
}

static bool check_licence(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->end, digits = 0;
    while (i < c->norm->len && i - hit->end < 4 && strchr(" :#'\n", t[i]) != NULL) {
        i++;
    }
    size_t start = i;
    while (i < c->norm->len && i - start < 20 &&
           (is_digit(t[i]) || is_alpha(t[i]) ||
            (t[i] == '-' && i + 1 < c->norm->len && is_digit(t[i + 1])))) {
        digits += is_digit(t[i]);
        i++;
    }
    hit->start = start;
    hit->end = i;
    return digits >= 6 && i - start >= 7 && edge_after(c, i);
}

static bool is_street(struct slice word)
{
    return address_one_of(word, "street|road|lane|avenue|close|crescent|terrace|drive|"
                                "gardens|court|row|mews|grove|hill|rise|way");
}

// "lives at 86036 Rua do Arenque 1634, Goiânia": a number and a word with a capital, to
// the end of the sentence or twelve words.
static bool check_address(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->end;
    while (i < c->norm->len && i - hit->end < 12 && strchr(" :,\n\r", t[i]) != NULL) {
        i++;
    }
    size_t start = i, words = 0, numbers = 0, capitals = 0, lines = 0, end = i;
    bool street = false;
    while (i < c->norm->len && i - start < LINE_MOST && words < LINE_WORDS) {
        size_t word = i;
        while (i < c->norm->len && (is_alnum(t[i]) || strchr("'-/.", t[i]) != NULL)) {
            i++;
        }
        if (i == word) {
            if (!strchr(" ,\n\r", t[i]) || (lines += t[i] == '\n') > 4) {
                break;
            }
            i++;
            continue;
        }
        bool number = is_digit(t[word]);
        bool capital = is_capital(c, word) || !is_alpha(t[word]);
        if (words >= 2 && !number && !capital && capitals > 0) {
            break;
        }
        street = street || (capital && is_street(slice_make(t + word, i - word)));
        numbers += number;
        capitals += capital && !number;
        words++;
        end = i;
        if (t[i - 1] == '.' && i - word > 4) {
            break;
        }
    }
    hit->start = start;
    hit->end = end;
    struct slice found = slice_make(t + start, end - start);
    // A house with a name has no number: its street, and two words more.
    return ((numbers > 0 && (capitals > 0 || numbers > 1) && words >= 2) ||
            (street && capitals >= 4)) &&
           !is_public_text(c, found) &&
           !cue_after(c, start,
                      "am|pm|o'clock|minutes|mins|hours|years|year|days|weeks", 24);
}

#define TO_DIGIT "(?: ?(?:number|no|num|nr|#))?[.:#]?(?: is| was)?[: \\n(+#]{1,4}[0-9]"

const struct detector cued_detectors[] = {
    {.name = "number announced as a phone",
     .regex = "\\b(?:phone|telephone|tel|mobile|mob|cell|cellphone|fax|landline|desk|"
              "whatsapp|digits)" TO_DIGIT
              "|\\b(?:call|ring|text|phone|reach|contact|message|messages|whatsapp)"
              "(?: me| us| him| her| them)? (?:on|at|to)[: (+]{1,3}[0-9]"
              "|\\b(?:answering at|my registered|registered number) [(+]?[0-9]",
     .class = "pii.phone",
     .check = check_phone},
    {.name = "number labelled as a phone",
     .regex = "[0-9] ?[\\-(] ?(?:fax|office|mobile|home|cell|work|mob|tel)\\b|[0-9] "
              "(?:fax|mobile|office)\\b",
     .class = "pii.phone",
     .check = check_phone_label},
    {.name = "number announced as a card",
     .regex = "\\b(?:card|cc|visa|mastercard|maestro|amex|debit)" TO_DIGIT
              "|\\bcard\\? ?[0-9]",
     .class = "pii.card",
     .check = check_card},
    {.name = "number announced as a driving licence",
     .regex = "\\b(?:licen[cs]e|permit) (?:number|no|num)[.:#]?(?: is)?",
     .class = "pii.driver",
     .check = check_licence},
    {.name = "address that is announced",
     .regex = "\\b(?:lives?|living|located|based|staying|moved to|office is|shop is|"
              "house is|home is|delivered|deliver it|send (?:it|one|a new one)) "
              "(?:at|to)\\b|\\b(?:address|addy)(?: of [a-z]{2,15})?(?: is|:|\\n)|"
              "\\b(?:address|addy): ",
     .class = "pii.address",
     .check = check_address,
     .cues = "lives living address addy staying"},
    {0}};
