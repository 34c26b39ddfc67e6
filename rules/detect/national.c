// SPDX-License-Identifier: MIT
//
// Numbers that other countries give to people. Those with a check digit and a shape that
// nothing else has prove themselves; the others only behind a word for them
// (announced.c).
#include <string.h>

#include "rules/detect/checksum_abroad.h"
#include "rules/detect/reading.h"

extern const struct detector national_detectors[];

typedef bool proof_fn(struct slice s);

// n letters and digits from the hit's start make a number that its check digits prove.
static bool proven(const struct detect_context *c, struct detect_hit *hit, size_t n,
                   proof_fn *proof)
{
    char number[COMPACT_MOST];
    size_t read;
    hit->end = compact_read(c, hit->start, n, number, &read);
    return read == n && edge_before(c, hit->start) && edge_after(c, hit->end) &&
           proof(slice_make(number, read)) &&
           !cue_before(c, hit->start, product_cues, 20);
}

static bool has_capitals(const struct detect_context *c, const struct detect_hit *hit)
{
    for (size_t i = hit->start; i < hit->end; i++) {
        if (is_alpha(c->norm->text[i]) && !is_capital(c, i)) {
            return false;
        }
    }
    return true;
}

static bool check_italian(const struct detect_context *c, struct detect_hit *hit)
{
    return proven(c, hit, 16, codice_fiscale_ok);
}

static bool check_spanish(const struct detect_context *c, struct detect_hit *hit)
{
    return proven(c, hit, 9, spanish_id_ok) &&
           (has_capitals(c, hit) || cue_before(c, hit->start, "dni|nie|nif", 24));
}

static bool check_french(const struct detect_context *c, struct detect_hit *hit)
{
    return proven(c, hit, 15, french_id_ok);
}

static bool check_polish(const struct detect_context *c, struct detect_hit *hit)
{
    return c->norm->text[hit->start] != '0' && proven(c, hit, 11, pesel_ok);
}

// In groups of four, as the card shows it.
static bool check_indian(const struct detect_context *c, struct detect_hit *hit)
{
    return proven(c, hit, 12, aadhaar_ok) &&
           (hit->end >= c->norm->len || c->norm->text[hit->end] != ' ' ||
            !is_digit(c->norm->text[hit->end + 1])) &&
           (hit->start < 2 || !is_digit(c->norm->text[hit->start - 2]));
}

static bool check_pan(const struct detect_context *c, struct detect_hit *hit)
{
    return proven(c, hit, 10, income_tax_pan_ok) && has_capitals(c, hit) &&
           (c->norm->text[hit->start + 3] == 'p' ||
            cue_before(c, hit->start, "pan|tax", 24));
}

static bool check_swedish(const struct detect_context *c, struct detect_hit *hit)
{
    return proven(c, hit, hit->end - hit->start - 1, swedish_id_ok);
}

static bool check_belgian(const struct detect_context *c, struct detect_hit *hit)
{
    return proven(c, hit, 11, belgian_id_ok);
}

static bool check_brazilian(const struct detect_context *c, struct detect_hit *hit)
{
    return proven(c, hit, 11, brazilian_id_ok);
}

// 131052-308t: the mark says the century.
static bool check_finnish(const struct detect_context *c, struct detect_hit *hit)
{
    char number[10];
    memcpy(number, c->norm->text + hit->start, 6);
    memcpy(number + 6, c->norm->text + hit->start + 7, 4);
    return edge_before(c, hit->start) && edge_after(c, hit->end) &&
           finnish_id_ok(slice_make(number, sizeof(number)));
}

const struct detector national_detectors[] = {
    {.name = "Italian tax code",
     .regex = "\\b[a-z]{6} ?[0-9]{2}[a-ehlmprst][0-9]{2} ?[a-z][0-9]{3}[a-z]\\b",
     .class = "pii.number",
     .check = check_italian},
    {.name = "Spanish identity number",
     .regex = "\\b(?:[0-9]{8}|[0-9]{2}\\.[0-9]{3}\\.[0-9]{3}|[xyz][ .\\-]?[0-9]{7})"
              "[ .\\-]?[a-z]\\b",
     .class = "pii.number",
     .check = check_spanish},
    {.name = "French social security number",
     .regex = "\\b[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[ab]) ?[0-9]{3} ?[0-9]{3} "
              "?[0-9]{2}\\b",
     .class = "pii.number",
     .check = check_french},
    {.name = "Polish personal number",
     .regex = "\\b[1-9][0-9]{10}\\b",
     .class = "pii.number",
     .check = check_polish},
    {.name = "Indian identity number",
     .regex = "\\b[2-9][0-9]{3}[ \\-][0-9]{4}[ \\-][0-9]{4}\\b",
     .class = "pii.number",
     .check = check_indian},
    {.name = "Indian tax number",
     .regex = "\\b[a-z]{5}[0-9]{4}[a-z]\\b",
     .class = "pii.number",
     .check = check_pan},
    {.name = "Swedish personal number",
     .regex = "\\b(?:19|20)?[0-9]{6}-[0-9]{4}\\b",
     .class = "pii.number",
     .check = check_swedish},
    {.name = "Belgian national number",
     .regex = "\\b[0-9]{2}\\.[0-9]{2}\\.[0-9]{2}[ \\-][0-9]{3}[.\\-][0-9]{2}\\b",
     .class = "pii.number",
     .check = check_belgian},
    {.name = "Brazilian tax number",
     .regex = "\\b[0-9]{3}\\.[0-9]{3}\\.[0-9]{3}-[0-9]{2}\\b",
     .class = "pii.number",
     .check = check_brazilian},
    {.name = "Finnish personal code",
     .regex = "\\b[0-9]{6}[\\-+a][0-9]{3}[0-9a-y]\\b",
     .class = "pii.number",
     .check = check_finnish},
    {0}};
