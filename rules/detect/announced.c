// SPDX-License-Identifier: MIT
//
// Numbers of documents and files that have no check digit to know them by: "DBS
// certificate number 001773348812", "his hospital number is K118204". The document's name
// announces them.
#include <string.h>

#include "rules/detect/reading.h"

extern const struct detector announced_detectors[];

enum {
    WAY_MOST = 40,
    WORDS_MOST = 5,
    CODE_LONGEST = 30,
    DIGITS_LEAST = 4,
    REGISTER_LEAST = 6,
    CODE_WHOLE = 8
};

static const char not_code[] = "example|sample|fake|made up|dummy|pretend|not real|"
                               "isn't real|isnt a real|real one|people|pupils|pounds|"
                               "words|marks|minutes|invented";

struct run {
    size_t start, end;
    size_t digits, letters;
};

// Letters and digits in one piece at i.
static struct run run_at(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    struct run r = {.start = i, .end = i};
    while (r.end < c->norm->len && r.end - i < CODE_LONGEST && is_alnum(t[r.end])) {
        r.digits += is_digit(t[r.end]);
        r.letters += !is_digit(t[r.end]);
        r.end++;
    }
    return r;
}

// The one behind the blanks and marks at i.
static struct run next_run(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    while (i < c->norm->len && t[i] != 0 && strchr(" :#=,'(\n-/.", t[i])) {
        i++;
    }
    return run_at(c, i);
}

// The code goes on behind single blanks, dashes and strokes as long as digits come.
static struct run whole_code(const struct detect_context *c, struct run r)
{
    const char *t = c->norm->text;
    while (r.end + 1 < c->norm->len && strchr(" -/.", t[r.end]) != NULL) {
        struct run next = run_at(c, r.end + 1);
        bool tail = next.letters == 1 && next.digits == 0 && t[r.end] == ' ' &&
                    is_capital(c, next.start) && edge_after(c, next.end);
        if ((next.digits == 0 && !tail) || next.letters > 3 ||
            next.end - r.start > CODE_LONGEST) {
            break;
        }
        r.digits += next.digits;
        r.letters += next.letters;
        r.end = next.end;
    }
    return r;
}

static bool check_announced(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->end, from = hit->start;
    if (cue_before(c, from, not_code, 32)) {
        return false;
    }
    struct run last = {0};
    for (unsigned words = 0; words < WORDS_MOST && i - hit->end < WAY_MOST; words++) {
        struct run r = next_run(c, i);
        if (r.end == r.start) {
            return false;
        }
        i = r.start;
        if (r.digits == 0) { // a word, or the letters that a code begins with
            last = r;
            i = r.end;
            continue;
        }
        r = whole_code(c, r);
        bool prefixed = last.end > last.start && last.letters <= 4 &&
                        r.start - last.end == 1 && is_capital(c, last.start) &&
                        is_capital(c, last.end - 1);
        hit->start = prefixed ? last.start : r.start;
        hit->end = r.end;
        bool year = r.digits == 4 && r.letters == 0 && t[r.start] <= '2' && !prefixed;
        return r.digits >= DIGITS_LEAST && !year && r.letters <= 8 &&
               !cue_after(c, r.end, not_code, 40) &&
               (r.end >= c->norm->len || (t[r.end] != '%'));
    }
    return false;
}

// The registers of other countries: what they are called is enough, and a code that has
// more letters than digits may follow, in capitals.
static bool check_register(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    struct detect_hit plain = *hit;
    if (check_announced(c, &plain)) {
        size_t digits = 0;
        for (size_t i = plain.start; i < plain.end; i++) {
            digits += is_digit(t[i]);
        }
        if (digits < REGISTER_LEAST) {
            return false;
        }
        *hit = plain;
        return true;
    }
    size_t i = hit->end;
    for (unsigned words = 0; words < WORDS_MOST && i - hit->end < WAY_MOST; words++) {
        struct run r = next_run(c, i);
        if (r.end == r.start) {
            return false;
        }
        i = r.start;
        if (r.digits >= 2 && r.digits + r.letters >= CODE_WHOLE && is_capital(c, i)) {
            hit->start = r.start;
            hit->end = r.end;
            return !cue_before(c, hit->start, not_code, 40);
        }
        i = r.end;
    }
    return false;
}

const struct detector announced_detectors[] = {
    {.name = "number of a document",
     .regex = "\\b(?:dbs(?: certificate)?|chi|uci|ehic|ghic|brp|trn|crn|utr|"
              "residence permit|id card|identity card|share code|birth certificate|"
              "birth cert|travel document|national id|bus pass|railcard)"
              "(?:'s)?(?: ?(?:numbers?|no|num|nr|id|ref|reference|code))?\\b",
     .class = "pii.number",
     .check = check_announced},
    {.name = "number of a person's file",
     .regex =
         "\\b(?:hospital|patient|student|pupil|learner|admissions?|candidate|cand|"
         "exam|medical|medical card|library card|payroll|staff|employee|"
         "teacher(?: ref(?:erence)?)?|union|membership|health card|visa|case file|"
         "nhs|hc2|blue badge|oyster(?: card)?|uln|upn|benefit|driver|driving "
         "licen[cs]e|licen[cs]e|permit|passport|prisoner|unique pupil|roll)(?:'s)? "
         "?(?:number|no|num|nr|id)\\b",
     .class = "pii.number",
     .check = check_announced},
    {.name = "number of a register abroad",
     .regex =
         "\\b(?:pesel|aadh?aa?r|pan card|pan (?:no|number)|ppsn?|pps(?:n| no| number)|"
         "dni|nie|nif|bsn|sofi|burgerservicenummer|steuer-?id(?:nr)?|idnr|id-nr|"
         "steueridentifikationsnummer|steuernummer|"
         "personalausweis(?:nummer)?|ausweis(?:nummer|nr)?|reisepass(?:nummer)?|"
         "carte (?:d'identite|vitale|nationale)|securite sociale|num(?:ero|.ro)? de "
         "s.cu|secu|insee|tfn|tax file|tax (?:id|no|number|reference)|taxpayer|"
         "medicare|medicaid|mrn|medical record|personnummer|fodselsnummer|cpr "
         "(?:nr|number|no)|hetu|codice fiscale|codice|tessera sanitaria|carta "
         "d'identita|curp|cpf|rut|cedula|itin|social insurance|sin (?:no|number)|"
         "voter id|ration card|abha|emirates id|civil id|iqama|nric|hkid|green card|"
         "alien (?:no|number)|imei|meid|insurance policy|policy (?:no|number)|"
         "driver'?s (?:licen[cs]e|permit)|fuhrerschein|permis de conduire|"
         "id (?:no|number|nr)|identity (?:no|number)|social security|ssn|"
         "health (?:id|insurance|card)|krankenkasse|dowod(?: osobisty)?|paszport|"
         "pasaporte|passeport|passaporto|paspoort)"
         "(?: ?(?:card|number|numbers|no|num|nr|id|ref|code))?\\b",
     .class = "pii.number",
     .check = check_register},
    {0}};
