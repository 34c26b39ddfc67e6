// SPDX-License-Identifier: MIT
//
// Numbers as people abroad write them at home, without their country's code: only near a
// word that says what they are.
#include <string.h>

#include "rules/detect/reading.h"

extern const struct detector phone_abroad_detectors[];

enum { LEAST = 7, MOST = 12, CUE = 40 };

static const char phone_cues[] =
    "phone|number|num|numba|mobile|mob|tel|telephone|call|ring|text|txt|whatsapp|wa|"
    "landline|cell|fone|contact|reach|dial|msg|digits|numer|nummer|telefon|telefono|"
    "movil|handy|gsm|rufnummer|portable|cellulare|facetime|viber|signal|sms|numero|bel|"
    "bellen|ruf|anrufen|chiama|llama|llamar|appelle|appelez|appeler|zadzwon|dzwon|"
    "erreichbar|joindre|tlf|tfn";

static const char other_cues[] =
    "nhs|id|account|acc|acct|passport|card|sort|pin|order|meeting|zoom|candidate|iban|"
    "upn|uln|policy|licence|license|insurance|serial|code|password|tax|dob|born|isbn|"
    "company|charity|vat|job|flight|squad|shirt|house|room|route|bus|locker|page|"
    "atomic|prime|lucky|model|ticket|"
    "tracking|receipt|reference|ref|score|steps|views|registration|confirmation";

// Blanks, dots, dashes, brackets between; no list, no date, no sum.
static bool shaped(const struct digits *d, size_t n)
{
    unsigned dots = 0, strokes = 0, groups = 0;
    for (size_t i = 1; i < n; i++) {
        if (!d->gap[i]) {
            continue;
        }
        if (d->gap[i] > 2 || !strchr(" .-()/", d->mark[i])) {
            return false;
        }
        dots += d->mark[i] == '.';
        strokes += d->mark[i] == '/';
        groups++;
    }
    return strokes <= 1 && dots <= 4 && (groups <= 5 || groups + 1 == n);
}

// "02 40 99 12 34": pairs, one of them too large for a minute or a day.
static bool is_in_pairs(const struct digits *d, size_t n)
{
    bool large = false;
    for (size_t i = 1; i < n; i++) {
        if ((d->gap[i] == 1) != (i % 2 == 0) || (d->gap[i] && d->mark[i] != ' ')) {
            return false;
        }
        large = large || (i % 2 && d->value[i - 1] > '5');
    }
    return n == 10 && large;
}

static bool check_abroad(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t at = hit->start;
    struct digits d;
    if (!edge_before(c, at) ||
        (at > 1 && strchr(".,:/-+", t[at - 1]) && is_alnum(t[at - 2])) ||
        (at > 0 && original_at(c, at - 1) == 0)) { // a currency's sign
        return false;
    }
    digits_read(c, at, DIGITS_PLAIN, MOST + 1, &d);
    size_t n = d.count;
    while (n >= LEAST && !(digits_end(c, &d, n) && shaped(&d, n))) {
        n--;
    }
    bool zero = d.value[0] == '0';
    if (n < (zero ? 8U : 9U) || n > MOST || is_public_number(c, d.value) ||
        memcmp(d.value, "123456789", 9) == 0) {
        return false;
    }
    // 0300, 0800 and the like are organisations' here.
    if (zero && strchr("389", d.value[1]) && n >= 10 &&
        (d.gap[4] || digits_close(&d, 0, n))) {
        return false;
    }
    bool behind = cue_after(c, d.end[n - 1], "landline|mobile|mob|cell|whatsapp", 16);
    if (!(behind || cue_before(c, at, phone_cues, CUE) ||
          (zero && n >= 10 &&
           (is_in_pairs(&d, n) || cue_before(c, at, "no|nos|nr", 20) ||
            (!digits_close(&d, 0, n) && cue_before(c, at, "on|try", 4))))) ||
        cue_before(c, at, other_cues, zero ? 16 : 48) ||
        cue_before(c, at, product_cues, zero ? 24 : 48) ||
        cue_after(c, d.end[n - 1], "subs|views|followers|likes|people|steps|words",
                  12)) {
        return false;
    }
    hit->start = at > 0 && t[at - 1] == '(' ? at - 1 : at;
    hit->end = d.end[n - 1];
    return true;
}

const struct detector phone_abroad_detectors[] = {
    {.name = "phone number as another country writes it",
     .regex = "\\b(?:0[1-9]|[1-9][0-9])(?:[ .()\\-/]{0,2}[0-9]){6}",
     .class = "pii.phone",
     .check = check_abroad},
    {0}};
