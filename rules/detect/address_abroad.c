// SPDX-License-Identifier: MIT
//
// Streets as other countries write them: the kind first, or at the word's end, the number
// behind.
#include <string.h>

#include "rules/detect/address_tail.h"

extern const struct detector address_abroad_detectors[];

enum { NAME_WORDS = 5, NUMBER_MOST = 4, BACK_MOST = 40 };

static const char home_cues[] =
    "live|lives|living|address|addy|home|house|flat|apartment|moved|deliver|parcel|"
    "send|"
    "post|mine|at|staying|stays|his|her|their|my|our|wohnt|vive|vivo|habite|abita|"
    "mieszka|adresse|adres|woont|direccion|indirizzo|new|place";

// Kinds that English has too, or other things are called.
static const char loose_kinds[] = "via|plaza|place|largo|ronda|plac|corso|al|av|route|"
                                  "avenue|boulevard|cours|quai|camino|str|weg|ring|"
                                  "allee|avenida|cl|os|ufer";

// "12", "12a", "12/5", "12-14": a house's number at i. 0: none.
static size_t house_end(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    size_t k = i;
    while (is_digit(t[k]) && k - i <= NUMBER_MOST) {
        k++;
    }
    if (k == i || k - i > NUMBER_MOST) {
        return 0;
    }
    if ((t[k] == '/' || t[k] == '-') && is_digit(t[k + 1])) {
        size_t m = k + 1;
        while (is_digit(t[m]) && m - k <= NUMBER_MOST) {
            m++;
        }
        k = m;
    }
    if (is_alpha(t[k]) && edge_after(c, k + 1)) {
        k++;
    } else if (t[k] == ' ' && is_alpha(t[k + 1]) && is_capital(c, k + 1) &&
               edge_after(c, k + 2)) {
        k += 2; // 12 B
    }
    return edge_after(c, k) ? k : 0;
}

static bool finish(const struct detect_context *c, struct detect_hit *hit,
                   struct slice kind)
{
    bool coded;
    const char *t = c->norm->text;
    hit->end = address_tail(c, hit->end, &coded);
    bool clear = !address_one_of(kind, loose_kinds) || coded ||
                 cue_before(c, hit->start, home_cues, 32);
    return clear && !cue_after(c, hit->end, "km|kilometres|people|euros|minutes", 10) &&
           !is_public_text(c, slice_make(t + hit->start, hit->end - hit->start));
}

// "Calle de Alcala 214", "ul. Kwiatowa 12/5", "Via Garibaldi, 18".
static bool check_kind_first(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->start;
    while (is_alpha(t[i])) {
        i++;
    }
    struct slice kind = slice_make(t + hit->start, i - hit->start);
    while (i < hit->end && !is_alpha(t[i])) {
        i++;
    }
    size_t name = address_name(c, i, NAME_WORDS);
    if (name == 0 || !edge_before(c, hit->start)) {
        return false;
    }
    size_t k = name;
    while (k < c->norm->len && k - name < 6 && strchr(" ,.no", t[k]) && t[k]) {
        k++; // ", n. 18", " no 4"
    }
    hit->end = house_end(c, k);
    return k > name && hit->end && finish(c, hit, kind);
}

// "22 bis rue des Lilas, 69003 Lyon"
static bool check_number_first(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->end - 1, kind = i - 1;
    while (kind > hit->start && is_alpha(t[kind - 1])) {
        kind--;
    }
    size_t end = address_name(c, i, NAME_WORDS);
    if (end == 0 || !edge_before(c, hit->start)) {
        return false;
    }
    hit->end = end;
    return finish(c, hit, slice_make(t + kind, i - 1 - kind));
}

// "Lindenstrasse 44", "Berliner Str. 15", "Prinsengracht 263": the hit ends in the
// number's first digit.
static bool check_kind_last(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t number = hit->end - 1, start = hit->start;
    while (start > 0 && hit->start - start < BACK_MOST && is_alpha(t[start - 1])) {
        start--;
    }
    bool apart = memchr(t + hit->start, ' ', number - 1 - hit->start) != NULL;
    size_t first = start;
    while (first > 1 && t[first - 1] == ' ' && is_alpha(t[first - 2])) {
        size_t word = first - 1;
        while (word > 0 && (is_alpha(t[word - 1]) || t[word - 1] == '-')) {
            word--;
        }
        if (!apart || !is_capital(c, word) || hit->start - word > BACK_MOST) {
            break;
        }
        first = word;
    }
    size_t end = house_end(c, number);
    if (end == 0 || (!is_capital(c, start) && !cue_before(c, start, home_cues, 24))) {
        return false;
    }
    size_t kind = number - 1;
    while (kind > start && (t[kind - 1] == '.' || t[kind - 1] == ' ')) {
        kind--;
    }
    size_t word = kind;
    while (word > start && is_alpha(t[word - 1])) {
        word--;
    }
    hit->start = first;
    hit->end = end;
    return finish(c, hit, slice_make(t + word, kind - word));
}

// An Irish code stands for one house.
static bool check_eircode(const struct detect_context *c, struct detect_hit *hit)
{
    return edge_before(c, hit->start) && edge_after(c, hit->end) &&
           (cue_before(c, hit->start, "eircode|eir code|live|lives|address", 48) ||
            cue_after(c, hit->end, "eircode|eir code", 24));
}

const struct detector address_abroad_detectors[] = {
    {.name = "street that begins with its kind",
     .regex = "\\b(?:calle|c/|avda\\.?|avenida|av\\.|plaza|plaza|paseo|carrer|camino|"
              "ronda|via|viale|corso|piazza|piazzale|vicolo|largo|rua|travessa|praca|"
              "estrada|ul\\.|ulica|al\\.|aleja|aleje|os\\.|plac|rue|bulevardul|"
              "strada)[ ]?[a-z]",
     .class = "pii.address",
     .check = check_kind_first},
    {.name = "number and street abroad",
     .regex = "\\b[0-9]{1,4}(?: ?(?:bis|ter|quater|[a-d]))?,? (?:rue|avenue|av|"
              "boulevard|bd|place|allee|chemin|impasse|quai|route|cours|rua|calle|via|"
              "viale|avenida|carrer|ulica|strada) [a-z]",
     .class = "pii.address",
     .check = check_number_first},
    {.name = "street that ends with its kind, and a number",
     .regex =
         "[a-z]{2}(?: ?(?:strasse|str\\.|platz|allee|weg|laan)|gasse|damm|ufer|"
         "straat|gracht|plein|kade|dreef|singel|gatan|vagen|veien|vegen|katu| ring|"
         " utca| u\\.| ulice) [0-9]",
     .class = "pii.address",
     .check = check_kind_last},
    {.name = "Eircode",
     .regex = "\\b[ac-fhknprtv-y][0-9][0-9w] ?[ac-fhknprtv-y0-9]{4}\\b",
     .class = "pii.address",
     .check = check_eircode},
    {0}};
