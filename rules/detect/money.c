// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/detect/checksum.h"
#include "rules/detect/reading.h"

extern const struct detector money_detectors[];

enum { CARD_LEAST = 13, CARD_MOST = 19, IBAN_MOST = 34 };

static const char bank_cues[] =
    "sort|sortcode|sort code|account|acc|acct|a/c|bank|pay|paid|transfer|bacs|send|"
    "barclays|lloyds|natwest|hsbc|monzo|starling|nationwide|santander|tsb|halifax|"
    "payment|refund|deposit";

// The longest card number from here, at most 19 digits, single separators between.
static size_t card_end(const struct detect_context *c, size_t start)
{
    struct digits d;
    digits_read(c, start, DIGITS_PLAIN, CARD_MOST + 1, &d);
    for (size_t n = d.count < CARD_MOST ? d.count : CARD_MOST; n >= CARD_LEAST; n--) {
        if (digits_end(c, &d, n) && card_ok(d.value, n)) {
            return d.end[n - 1];
        }
    }
    return 0;
}

// Four groups of four behind a word for a card: mistyped, but a card's.
static size_t called_card(const struct detect_context *c, size_t start)
{
    struct digits d;
    digits_read(c, start, DIGITS_PLAIN, 17, &d);
    bool grouped = digits_end(c, &d, 16) && d.gap[4] == 1 && d.gap[8] == 1 &&
                   d.gap[12] == 1 && digits_close(&d, 0, 4) && digits_close(&d, 4, 8) &&
                   digits_close(&d, 8, 12) && digits_close(&d, 12, 16);
    return grouped && strchr("345", d.value[0]) &&
                   cue_before(c, start,
                              "card|visa|mastercard|debit|credit|long number|"
                              "monzo|revolut|amex|barclaycard",
                              40) &&
                   !cue_before(c, start, "example|fake|made up|test|gift card", 40) &&
                   !cue_after(c, d.end[15], "example|fake|was declined|not real|isn't",
                              24)
               ? d.end[15]
               : 0;
}

static bool check_card(const struct detect_context *c, struct detect_hit *hit)
{
    size_t end = edge_before(c, hit->start) ? card_end(c, hit->start) : 0;
    end = end || !edge_before(c, hit->start) ? end : called_card(c, hit->start);
    if (end == 0 || (cue_before(c, hit->start, product_cues, 20) &&
                     !cue_before(c, hit->start, "card|visa|mastercard|debit", 40))) {
        return false;
    }
    hit->end = end;
    return true;
}

static bool has_card_before(const struct detect_context *c, size_t at)
{
    size_t from = at > REACH ? at - REACH : 0;
    for (size_t i = from; i < at; i++) {
        if (is_digit(c->norm->text[i]) && edge_before(c, i) &&
            (card_end(c, i) || called_card(c, i))) {
            return true;
        }
    }
    return false;
}

// 11/27 behind a card.
static bool check_expiry(const struct detect_context *c, struct detect_hit *hit)
{
    return edge_before(c, hit->start) && edge_after(c, hit->end) &&
           has_card_before(c, hit->start);
}

static bool check_security_code(const struct detect_context *c, struct detect_hit *hit)
{
    while (hit->start < hit->end && !is_digit(c->norm->text[hit->start])) {
        hit->start++;
    }
    return edge_after(c, hit->end);
}

// "back says 204": only behind a card.
static bool check_back(const struct detect_context *c, struct detect_hit *hit)
{
    size_t at = hit->start;
    return check_security_code(c, hit) &&
           (has_card_before(c, at) ||
            (c->norm->text[at] != 'c' && cue_before(c, at, "card|visa", REACH)));
}

// "six oh eight three seven one" behind a word for a bank.
static bool check_spoken(const struct detect_context *c, struct detect_hit *hit)
{
    struct digits d;
    if (!edge_before(c, hit->start)) {
        return false;
    }
    digits_read(c, hit->start, DIGITS_SPOKEN, 17, &d);
    if (!d.spoken || (d.count != 6 && d.count != 8 && d.count != 14 && d.count != 16) ||
        !cue_before(c, hit->start, bank_cues, 48)) {
        return false;
    }
    hit->end = d.end[d.count - 1];
    return true;
}

static bool pairs_from(const struct digits *d)
{
    return d->count >= 6 && d->gap[2] && d->gap[4] && digits_close(d, 0, 2) &&
           digits_close(d, 2, 4) && digits_close(d, 4, 6);
}

// Sort code, and the account number behind it where one stands within reach.
static bool check_sort_code(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    struct digits d, account;
    if (!edge_before(c, hit->start)) {
        return false;
    }
    digits_read(c, hit->start, DIGITS_PLAIN, 15, &d);
    bool cue = cue_before(c, hit->start, bank_cues, 40);
    if (d.count >= 6 && memcmp(d.value, "000000", 6) == 0) {
        return false; // how one is written
    }
    if (d.count == 14 && (pairs_from(&d) || cue) && d.gap[6] && digits_end(c, &d, 14)) {
        hit->end = d.end[13];
        return (cue || d.mark[2] == '-') && !strchr("./:", d.mark[2] ? d.mark[2] : ' ');
    }
    bool named = cue_before(c, hit->start, "sort|sortcode|sort code|s/c|sc", 24);
    bool shaped = pairs_from(&d) && d.mark[2] == d.mark[4] &&
                  (d.mark[2] == '-' || d.mark[2] == ' ' || named);
    if (d.count >= 6 && !named && strchr("./", d.mark[2] ? d.mark[2] : ' ')) {
        return false; // a date
    }
    if ((!shaped && !(cue && digits_close(&d, 0, 6))) || !digits_end(c, &d, 6)) {
        return false;
    }
    hit->end = d.end[5];
    for (size_t i = hit->end; i < c->norm->len && i < hit->end + 48; i++) {
        if (is_digit(t[i]) && edge_before(c, i)) {
            digits_read(c, i, DIGITS_PLAIN, 9, &account);
            if ((account.count == 8 || digits_end(c, &account, 8)) &&
                digits_end(c, &account, 8)) {
                hit->end = account.end[7];
                return true;
            }
        }
    }
    return named;
}

// Eight digits; abroad six to twelve, where a word for a number stands too.
static bool check_account(const struct detect_context *c, struct detect_hit *hit)
{
    struct digits d;
    while (hit->start < hit->end && !is_digit(c->norm->text[hit->start])) {
        hit->start++;
    }
    digits_read(c, hit->start, DIGITS_PLAIN, 13, &d);
    size_t n = 0;
    while (n < d.count && (n == 0 || d.gap[n] <= 1) &&
           (!d.gap[n] || strchr(" -.", d.mark[n]))) {
        n++;
    }
    if (n < 6 || n > 12 || !edge_after(c, d.end[n - 1])) {
        return false;
    }
    hit->end = d.end[n - 1];
    return n >= 8 ||
           (cue_before(
                c, hit->start,
                "acct|a/c|acc|number|no|num|routing|bsb|bank|sort|ifsc|swift|bic",
                REACH) &&
            !cue_after(c, hit->end, "followers|views|subs|subscribers|likes|points|xp",
                       14));
}

// The word for a code of a bank, and the code.
static bool check_bank_code(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->end - 1;
    while (is_alnum(t[i - 1])) {
        i--;
    }
    hit->start = i;
    while (is_alnum(t[i]) || (strchr(" -", t[i]) && t[i] && is_digit(t[i + 1]) &&
                              is_digit(t[i - 1]) && i - hit->start < 8)) {
        i++;
    }
    hit->end = i;
    return i - hit->start >= 6 && i - hit->start <= 12 && edge_after(c, i);
}

// 609242 / 31510604: sort code and account, and nothing else.
static bool check_both(const struct detect_context *c, struct detect_hit *hit)
{
    return edge_before(c, hit->start) && edge_after(c, hit->end) &&
           !cue_before(c, hit->start, product_cues, 24);
}

static bool check_iban(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    char iban[IBAN_MOST + 2];
    size_t n = 0, want = iban_length(t[hit->start], t[hit->start + 1]);
    size_t last = hit->start;
    if (want == 0 || !edge_before(c, hit->start)) {
        return false;
    }
    for (size_t i = hit->start; i < c->norm->len && n < want; i++) {
        if (is_digit(t[i]) || is_alpha(t[i])) {
            iban[n++] = t[i];
            last = i + 1;
        } else if (i != last || !strchr(" -.\n\t", t[i])) {
            break;
        }
    }
    hit->end = last;
    bool called =
        cue_before(c, hit->start, "iban|account|bank|pay|send|revolut|transfer", 40) &&
        !cue_before(c, hit->start, "example|fake|made up|test", 40) &&
        is_capital(c, hit->start) && memcmp(iban + 2, "00", 2) != 0;
    return n == want && edge_after(c, last) && (called || iban_ok(iban, n));
}

#define SAID                                                                           \
    "(?:zero|oh|nought|one|two|three|four|five|six|seven|eight|nine|(?:double|triple)" \
    " "                                                                                \
    "[a-z]{2,6})[ ,.\\-]{1,3}"

const struct detector money_detectors[] = {
    {.name = "card number",
     .regex = "[2-6](?:[ .\\-_/]{0,3}[0-9]){12}",
     .class = "pii.card",
     .check = check_card},
    {.name = "expiry date of a card",
     .regex = "\\b(?:0[1-9]|1[0-2]) ?[/\\-] ?(?:20)?[23][0-9]\\b",
     .class = "pii.card_part",
     .check = check_expiry},
    {.name = "security code of a card",
     .regex = "\\b(?:cvv2?|cvc2?|csc|security code)(?:'s| is|:|,)? ?[0-9]{3,4}\\b",
     .class = "pii.card_part",
     .check = check_security_code},
    {.name = "code on the back of a card",
     .regex =
         "\\b(?:on the back|back says|back is|the back|security number|last three|"
         "3 digits|three digits|code|cid|csv|cvn|cv2|on back|on front|on the front|"
         "last 3|sec code|sec|security no)(?: is| are|:|,| on the back)? "
         "?[0-9]{3,4}\\b|"
         "\\b(?:exp|expires|expiry|expiring|expiry date|valid to|valid thru|ends)[:. ]"
         "{1,2}(?:0[1-9]|1[0-2])[23][0-9]\\b",
     .class = "pii.card_part",
     .check = check_back},
    {.name = "bank details in words",
     .regex = "\\b" SAID SAID SAID SAID,
     .class = "pii.account",
     .check = check_spoken,
     .cues = "zero oh nought double triple seven eight nine"},
    {.name = "sort code and account",
     .regex = "\\b[0-9][ \\-]?[0-9][ ./\\-]{0,3}[0-9][ \\-]?[0-9][ ./\\-]{0,3}[0-9][ "
              "\\-]?[0-9]\\b",
     .class = "pii.account",
     .check = check_sort_code},
    {.name = "account number",
     .regex = "\\b(?:acc|acct|accnt|account|a/c)(?: ?(?:no|num|number|nr|#))?[.:=]?"
              "(?: is)? ?[0-9](?:[ \\-.]?[0-9]){5}",
     .class = "pii.account",
     .check = check_account},
    {.name = "code of a bank",
     .regex = "\\b(?:routing|aba|rtn|bsb|ifsc|swift|bic)(?: ?(?:no|num|number|nr|code|"
              "#))?[.:=]?(?: is)? ?(?:[a-z]{4}[a-z0-9]{4}|[0-9])",
     .class = "pii.account",
     .check = check_bank_code},
    {.name = "sort code with its account",
     .regex = "\\b(?:[0-9]{6}|[0-9]{2}-[0-9]{2}-[0-9]{2}) ?[/,|;&+] ?[0-9]{8}\\b",
     .class = "pii.account",
     .check = check_both},
    {.name = "IBAN",
     .regex =
         "\\b[a-z]{2}[0-9]{2}[ \\-.]?[a-z0-9]{4}[ \\-.]?[a-z0-9]{4}[ \\-.]?[a-z0-9]{2}",
     .class = "pii.iban",
     .check = check_iban},
    {0}};
