// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/detect/checksum.h"
#include "rules/detect/reading.h"

extern const struct detector identifier_detectors[];

static bool whole(const struct detect_context *c, const struct detect_hit *hit)
{
    return edge_before(c, hit->start) && edge_after(c, hit->end);
}

static const char made_up[] = "example|sample|fake|made up|dummy|real one|isn't real|"
                              "isnt real|pretend|invented|not real";

// Ten digits that the words before call an NHS number, right or mistyped.
static bool called_nhs(const struct detect_context *c, size_t start,
                       const struct digits *d)
{
    return digits_end(c, d, 10) && d->value[0] != '0' &&
           cue_before(c, start, "nhs|chi number|chi no", 26) &&
           !cue_before(c, start, "phone|ring|call|helpline|line|text|tel", 26) &&
           !cue_before(c, start, made_up, 40) && !cue_after(c, d->end[9], made_up, 48);
}

static bool check_nhs(const struct detect_context *c, struct detect_hit *hit)
{
    struct digits d;
    if (!edge_before(c, hit->start)) {
        return false;
    }
    digits_read(c, hit->start, DIGITS_PLAIN, 11, &d);
    if (called_nhs(c, hit->start, &d)) {
        hit->end = d.end[9];
        return true;
    }
    if (!digits_end(c, &d, 10) || !nhs_ok(d.value) ||
        (d.count > 10 && d.gap[10] == 1 && digits_close(&d, 0, 10))) {
        return false;
    }
    bool shaped = d.gap[3] && d.gap[6] && digits_close(&d, 0, 3) &&
                  digits_close(&d, 3, 6) && digits_close(&d, 6, 10) &&
                  !strchr(".,/(", d.mark[3]) && !strchr(".,/(", d.mark[6]);
    bool cue = cue_before(c, hit->start,
                          "nhs|health|surgery|gp|medical|doctors|hospital", REACH) ||
               cue_after(c, d.end[9], "nhs", 24);
    if ((!shaped && !cue) || cue_before(c, hit->start, product_cues, 20)) {
        return false;
    }
    hit->end = d.end[9];
    return true;
}

static bool check_uln(const struct detect_context *c, struct detect_hit *hit)
{
    struct digits d;
    if (!edge_before(c, hit->start)) {
        return false;
    }
    digits_read(c, hit->start, DIGITS_PLAIN, 11, &d);
    bool called = cue_before(c, hit->start, "uln|ulns", 16) &&
                  !cue_before(c, hit->start, made_up, 40);
    if (!digits_end(c, &d, 10) ||
        !(called ||
          (uln_ok(d.value) && cue_before(c, hit->start, "uln|ulns|learner|lrs", 40)))) {
        return false;
    }
    hit->end = d.end[9];
    return true;
}

static bool check_insurance(const struct detect_context *c, struct detect_hit *hit)
{
    char ni[COMPACT_MOST];
    size_t n;
    hit->end = compact_read(c, hit->start, 9, ni, &n);
    bool called =
        cue_before(c, hit->start,
                   "ni|nino|ni number|national insurance|nat ins|insurance", 32) &&
        !cue_before(c, hit->start, made_up, 48) && !cue_after(c, hit->end, made_up, 40);
    return n == 9 && whole(c, hit) &&
           (called || (national_insurance_ok(ni) &&
                       !cue_before(c, hit->start, product_cues, 20)));
}

static bool check_upn(const struct detect_context *c, struct detect_hit *hit)
{
    char upn[COMPACT_MOST];
    size_t n;
    hit->end = compact_read(c, hit->start, 13, upn, &n);
    return n == 13 && whole(c, hit) &&
           (upn_ok(upn) || cue_before(c, hit->start, "upn|upns|pupil number", 24)) &&
           !cue_before(c, hit->start, made_up, 40) &&
           !cue_before(c, hit->start, product_cues, 20);
}

static bool check_driver(const struct detect_context *c, struct detect_hit *hit)
{
    char number[COMPACT_MOST];
    size_t n;
    hit->end = compact_read(c, hit->start, 16, number, &n);
    if (n == 16 && edge_after(c, hit->end) == false) {
        return false;
    }
    return n == 16 && whole(c, hit) && driver_number_ok(number);
}

// Nine digits, or letters and digits as other countries have them, after "passport".
static bool check_passport(const struct detect_context *c, struct detect_hit *hit)
{
    char number[COMPACT_MOST];
    size_t n, digits = 0;
    if (!cue_before(c, hit->start, "passport|passports|passport's", REACH)) {
        return false;
    }
    struct digits d;
    digits_read(c, hit->start, DIGITS_PLAIN, 10, &d);
    if (is_digit(c->norm->text[hit->start]) && digits_end(c, &d, 9) && d.gap[1] == 0) {
        hit->end = d.end[8];
        return edge_before(c, hit->start);
    }
    hit->end = hit->start;
    while (hit->end < c->norm->len && is_alnum(c->norm->text[hit->end])) {
        hit->end++;
    }
    compact_read(c, hit->start, hit->end - hit->start < 12 ? hit->end - hit->start : 12,
                 number, &n);
    for (size_t i = 0; i < n; i++) {
        digits += is_digit(number[i]);
    }
    return n >= 8 && n <= 9 && digits >= 5 && whole(c, hit);
}

static bool check_social_security(const struct detect_context *c,
                                  struct detect_hit *hit)
{
    struct digits d;
    digits_read(c, hit->start, DIGITS_PLAIN, 10, &d);
    if (!edge_before(c, hit->start) || !digits_end(c, &d, 9) ||
        !social_security_ok(d.value) || !digits_close(&d, 0, 3) ||
        !digits_close(&d, 3, 5) || !digits_close(&d, 5, 9)) {
        return false;
    }
    bool dashes = d.mark[3] == '-' && d.mark[5] == '-';
    hit->end = d.end[8];
    return (dashes && !cue_before(c, hit->start, product_cues, 20)) ||
           cue_before(c, hit->start, "ssn|social security|social", 40);
}

static const char vehicle_cues[] =
    "reg|registration|plate|plates|car|van|parked|driving|driver|drives|drive|keyed|"
    "vehicle|number plate|"
    "astra|golf|audi|bmw|fiesta|corsa|focus|polo|mini|range rover|land rover|tesla|"
    "qashqai|nissan|toyota|ford|vauxhall|vw|mercedes|merc|kia|hyundai|skoda|volvo|"
    "lorry|motorbike|minibus|jeep|suv|people carrier|clio|renault|peugeot|seat|honda|"
    "mazda|taxi|zafira|juke|yaris|transit|passat|leon|ibiza|saab|jaguar|lexus|estate|"
    "hatchback|motor|wheels|campervan|motorhome|bike|white|black|silver|grey|blue|red";

static const char vehicle_never[] =
    "group|set|form|class|room|code|trip|course|unit|"
    "module|postcode|order|ref|item|flight|model|locker";

// AB12 CDE. Two letters and the half-year, three letters; capitals or a cue.
static bool check_vehicle(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t s = hit->start, last = hit->end - 3;
    if (!whole(c, hit) || strchr("iqz", t[s]) || strchr("iq", t[s + 1])) {
        return false;
    }
    bool capitals = is_capital(c, s) && is_capital(c, s + 1);
    for (size_t i = last; i < hit->end; i++) {
        if (t[i] == 'i' || t[i] == 'q') {
            return false;
        }
        capitals = capitals && is_capital(c, i);
    }
    if (cue_before(c, s, vehicle_never, 20)) {
        return false;
    }
    return capitals || cue_before(c, s, vehicle_cues, 40) ||
           cue_after(c, hit->end, vehicle_cues, 24);
}

// "LD 23 OZP", "W 884 KPN": with blanks, only beside a word for a car.
static bool check_spaced_vehicle(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    bool capitals = true;
    for (size_t i = hit->start; i < hit->end; i++) {
        capitals = capitals && (!is_alpha(t[i]) || is_capital(c, i));
    }
    bool called = cue_before(c, hit->start, "reg|registration|plate|plates|reg no", 18);
    return whole(c, hit) && !cue_before(c, hit->start, vehicle_never, 20) &&
           (called || (capitals && (cue_before(c, hit->start, vehicle_cues, 32) ||
                                    cue_after(c, hit->end, vehicle_cues, 24))));
}

// Older and personal plates look like anything: only behind "reg" or "plate".
static bool check_old_vehicle(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    if (!whole(c, hit) || cue_before(c, hit->start, vehicle_never, 20)) {
        return false;
    }
    bool capitals = true, digit_first = is_digit(t[hit->start]);
    size_t letters = 0, digits = 0;
    for (size_t i = hit->start; i < hit->end; i++) {
        capitals = capitals && (!is_alpha(t[i]) || is_capital(c, i));
        letters += is_alpha(t[i]);
        digits += is_digit(t[i]);
    }
    bool plate = capitals && letters >= 4 && digits > 0 && !digit_first;
    return cue_before(c, hit->start,
                      "reg|registration|plate|plates|number plate|plate number|reg "
                      "number|reg no",
                      18) ||
           (plate && (cue_before(c, hit->start, vehicle_cues, 32) ||
                      cue_after(c, hit->end, vehicle_cues, 16)));
}

static bool named_before(const struct detect_context *c, size_t at)
{
    const char *t = c->norm->text;
    size_t word = at > 0 ? at - 1 : 0;
    while (word > 0 && is_alpha(t[word - 1])) {
        word--;
    }
    return at > 2 && t[at - 1] == ' ' && at - 1 - word >= 3 && is_capital(c, word);
}

static bool is_named(const struct detect_context *c, size_t at)
{
    return at + 2 < c->norm->len && is_capital(c, at) &&
           is_alpha(c->norm->text[at + 1]);
}

// Four or five digits: a candidate's number behind "cand"; further ones of the same list
// have a name behind them.
static bool check_candidate(const struct detect_context *c, struct detect_hit *hit)
{
    if (!whole(c, hit)) {
        return false;
    }
    bool near = cue_before(c, hit->start,
                           "cand|candidate|candidates|cand no|candidate no|exam no|"
                           "exam number|candidate number|pupil number|student number|"
                           "admission number|admission no|adno|pupil no|student id|"
                           "pupil id|seat number|index number",
                           26);
    if (cue_after(c, hit->end, "candidate number|candidate no|exam number", 36) &&
        cue_after(c, hit->end, "is", 4)) {
        return true;
    }
    bool listed =
        cue_before(c, hit->start, "cand|candidate|candidates|cands|numbers", REACH);
    return near ||
           (listed && c->norm->text[hit->end] == ' ' && is_named(c, hit->end + 1)) ||
           (listed && (named_before(c, hit->start) ||
                       (hit->start > 4 && is_digit(c->norm->text[hit->end - 4]) &&
                        (memcmp(c->norm->text + hit->start - 2, ", ", 2) == 0 ||
                         memcmp(c->norm->text + hit->start - 4, "and ", 4) == 0) &&
                        cue_before(c, hit->start, "candidate|candidates|cand", 48))));
}

// A date whose year, at its end, is before 1910: of nobody who lives.
static bool is_long_ago(const char *date, size_t len)
{
    const char *year = date + len - 4;
    return len > 6 && is_digit(year[0]) && is_digit(year[1]) && is_digit(year[2]) &&
           is_digit(year[3]) && !is_digit(year[-1]) && memcmp(year, "1910", 4) < 0;
}

// A date behind "dob", or with a year behind "born" and "birthday".
static bool check_birth(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    while (hit->end < c->norm->len && is_digit(t[hit->end])) {
        hit->end++;
    }
    if (!whole(c, hit) || is_long_ago(t + hit->start, hit->end - hit->start)) {
        return false;
    }
    bool behind = (cue_after(c, hit->end, "is|was", 5) || hit->end - hit->start >= 8) &&
                  cue_after(c, hit->end, "dob|date of birth|birthdate|d.o.b", 36);
    return (behind || cue_before(c, hit->start,
                                 "dob|d.o.b|date of birth|birthdate|birth date|born|"
                                 "born on|birthday|bday|b-day|d o b|dobs|births",
                                 44)) &&
           !cue_before(c, hit->start, "party|bash|disco|invite|celebration|sleepover",
                       36) &&
           !cue_before(c, hit->start,
                       "shakespeare|queen|king|author|composer|poet|artist|"
                       "president|invented|scientist",
                       REACH);
}

#define TEN "[0-9](?:[ .\\-]{0,3}[0-9]){9}"
#define MONTH                                                                          \
    "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|"  \
    "april|june|july|august|september|october|november|december)"

const struct detector identifier_detectors[] = {
    {.name = "NHS number", .regex = TEN, .class = "pii.nhs", .check = check_nhs},
    {.name = "unique learner number",
     .regex = TEN,
     .class = "pii.uln",
     .check = check_uln},
    {.name = "National Insurance number",
     .regex = "\\b[a-z] ?[a-z][ .\\-]?(?:[0-9][ .\\-]?){6}[a-d]\\b",
     .class = "pii.insurance",
     .check = check_insurance},
    {.name = "unique pupil number",
     .regex = "\\b[a-z][ \\-]?(?:[0-9][ \\-]?){11}[0-9a-z]\\b",
     .class = "pii.upn",
     .check = check_upn},
    {.name = "driving licence number",
     .regex = "\\b[a-z][a-z9]{4}[ \\-]?[0-9]{6}[ \\-]?[a-z0-9]{2}",
     .class = "pii.driver",
     .check = check_driver},
    {.name = "passport number",
     .regex = "\\b[0-9]{3} ?[0-9]{3} ?[0-9]{3}\\b|\\b[a-z][a-z0-9]{0,2}[0-9]{5,8}\\b",
     .class = "pii.passport",
     .check = check_passport},
    {.name = "social security number",
     .regex = "\\b[0-9]{3}[ \\-][0-9]{2}[ \\-][0-9]{4}\\b",
     .class = "pii.ssn",
     .check = check_social_security},
    {.name = "vehicle registration",
     .regex = "\\b[a-z]{2}[0-9]{2} ?[a-z]{3}\\b",
     .class = "pii.vehicle",
     .check = check_vehicle},
    {.name = "older vehicle registration",
     .regex = "\\b(?:[a-z][0-9]{1,3} ?[a-z]{3}|[a-z]{3} ?[0-9]{1,3}[a-z]|[a-z]{1,3} "
              "?[0-9]{1,4})\\b",
     .class = "pii.vehicle",
     .check = check_old_vehicle},
    {.name = "vehicle registration with blanks",
     .regex = "\\b(?:[a-z]{2}[ \\-][0-9]{2}|[a-z][ \\-][0-9]{1,3})[ \\-][a-z]{3}\\b|"
              "\\b[a-z]{3} [0-9]{1,3} [a-z]\\b|\\b[a-z] ?[a-z] ?[0-9] ?[0-9] [a-z] "
              "?[a-z] "
              "?[a-z]\\b|\\b[0-9]{2,3}-[a-z]{1,2}-[0-9]{1,6}\\b|\\b[a-z]{1,3}-[0-9]{2,"
              "3}-[a-z]{1,2}\\b|\\b[a-z]{1,3}-[a-z]{1,2} ?[0-9]{1,4}\\b",
     .class = "pii.vehicle",
     .check = check_spaced_vehicle},
    {.name = "candidate or pupil number",
     .regex = "\\b[0-9]{4,6}\\b",
     .class = "pii.candidate",
     .check = check_candidate},
    {.name = "date of birth",
     .regex =
         "\\b[0-9]{1,2}[/.\\- ][0-9]{1,2}[/.\\- ](?:[0-9]{2}|[0-9]{4})\\b|"
         "\\b[0-9]{4}-[0-9]{2}-[0-9]{2}\\b|"
         "\\b[0-9]{1,2}(?:st|nd|rd|th)? ?(?:of )?" MONTH ",? ?'?[0-9]{2,4}\\b|\\b" MONTH
         " [0-9]{1,2}(?:st|nd|rd|th)?,? [0-9]{4}\\b",
     .class = "pii.birth",
     .check = check_birth},
    {0}};
