// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/detect/address_tail.h"
#include "rules/detect/checksum.h"
#include "rules/detect/reading.h"

extern const struct detector address_detectors[];

enum { PARTS_MOST = 5, LINE_MOST = 110 };

static const char strong_kinds[] =
    "street|road|rd|avenue|ave|lane|ln|crescent|cres|terrace|mews|gardens|grove|"
    "boulevard|blvd|strasse|rue|parade|rise|drive|dr|close|cl|way|court|ct|place|pl|"
    "gdns|st|circle|hill|walk|row|square|view|green|park|fold|croft|wynd|vale|gate|"
    "cottages|cottage|house|farm|flats|lodge|villas|mount|bank|end|yard|brow|"
    "meadow|meadows|heights|quay|orchard|orchards|chase|spinney|garth|wharf|"
    "buildings|mansions|passage|alley|approach|broadway|esplanade|promenade|wood|"
    "woods|crossing|hollow|dene|dale|brae|ridge|common|glebe|leys|drove|strand|"
    "vennel|causeway|tower|towers|point|paddock|paddocks|rigg|field|fields|corner";

static const char plain_kinds[] = "street|road|rd|avenue|ave|lane|ln|crescent|cres|"
                                  "terrace|mews|gardens|grove|boulevard|blvd|gdns";

static const char live_cues[] =
    "live|lives|living|address|addy|home|house|come round|lived|moved|pop "
    "round|deliver|"
    "parcel|mine|drop|at|staying|stays|flat|from|postcode|his|her|their|him";

// In small letters a street of a loose kind needs more than "at" or "his".
static const char dwell_cues[] = "live|lives|living|lived|address|addy|house|moved|"
                                 "deliver|parcel|staying|stays|flat|"
                                 "postcode|come round|pop round|drop|mine";

static const char small_words[] =
    "the|a|an|of|in|on|to|at|is|was|down|up|and|or|for|it|from|by|per|mile|miles|"
    "minute|"
    "minutes|min|mins|hour|hours|day|days|week|weeks|year|years|month|months|people|"
    "kids|"
    "children|boys|girls|cars|car|more|times|pm|am|that|this|my|your|his|her|our|their|"
    "they|we|you|i|he|she|went|goal|goals|point|points|away|out|off|into|near|big|busy|"
    "whole|old|long|nice|new houses|cones|metres|yards|km|left|right|any|no|some|than|"
    "hundred|thousand|million|percent|quid|pounds|laps|lane|lanes|trees|films|movie|"
    "movies|so|as|if|not|its|were|are|be|with|over|across|along|through|first|last|all";

// From a hit's number to the street's kind: every word between is a name.
static bool street_words(const struct detect_context *c, size_t from, size_t to,
                         bool *capital, struct slice *kind)
{
    const char *t = c->norm->text;
    size_t words = 0;
    *capital = true;
    for (size_t i = from; i < to;) {
        size_t end = i;
        while (end < to && (is_alpha(t[end]) || t[end] == '\'')) {
            end++;
        }
        if (end > i) {
            struct slice word = slice_make(t + i, end - i);
            if (end < to) {
                if (address_one_of(word, small_words) &&
                    !(words == 0 && slice_is(word, "the"))) { // 6 The Paddocks
                    return false;
                }
                words++;
            }
            *capital = *capital && is_capital(c, i);
            *kind = word;
        }
        i = end + 1;
    }
    return words > 0 && address_one_of(*kind, strong_kinds);
}

static bool is_name_byte(char c)
{
    return is_alpha(c) || c == '\'' || c == '-' || c == ' ';
}

// "flat 2, ", "apartment 4b " before a house.
static size_t flat_start(const struct detect_context *c, size_t house)
{
    static const char *const flats[] = {"flat", "apartment", "apt", "unit", "room"};
    const char *t = c->norm->text;
    size_t i = house, most = house > 16 ? house - 16 : 0;
    if (house > 1 && t[house - 1] == '/' && is_digit(t[house - 2])) { // 5/28
        while (i > most && (is_digit(t[i - 1]) || t[i - 1] == '/')) {
            i--;
        }
        return i;
    }
    for (; i > most && (is_alnum(t[i - 1]) || strchr(" ,", t[i - 1])); i--) {
        for (size_t k = 0; k < sizeof(flats) / sizeof(flats[0]); k++) {
            size_t n = strlen(flats[k]);
            if (i - 1 + n < house && memcmp(t + i - 1, flats[k], n) == 0 &&
                edge_before(c, i - 1)) {
                return i - 1;
            }
        }
    }
    return house;
}

// Words from start to end that begin with a capital, as far back as they go from end:
// at most `most` of them. Returns where the first begins; end: none.
static size_t capitals_before(const struct detect_context *c, size_t end, size_t most)
{
    const char *t = c->norm->text;
    size_t at = end;
    for (size_t n = 0; n < most; n++) {
        size_t stop = at;
        while (stop > 0 && at < end && t[stop - 1] == ' ') {
            stop--;
        }
        size_t word = stop;
        while (word > 0 && (is_alpha(t[word - 1]) || t[word - 1] == '\'')) {
            word--;
        }
        if (word == stop || !is_capital(c, word)) {
            break;
        }
        at = word;
    }
    return at;
}

// "The Coach House, " before a number belongs to it.
static size_t house_start(const struct detect_context *c, size_t number)
{
    const char *t = c->norm->text;
    if (number < 6 || t[number - 1] != ' ' || t[number - 2] != ',') {
        return number;
    }
    size_t comma = number - 2, kind = comma;
    while (kind > 0 && is_alpha(t[kind - 1])) {
        kind--;
    }
    bool house =
        address_one_of(slice_make(t + kind, comma - kind),
                       "house|cottage|farm|lodge|barn|forge|mill|rectory|vicarage|"
                       "grange|bungalow|court|manor|villa|villas|hall|buildings|"
                       "apartments|tower|point|mansions|heights|stables");
    size_t start = house ? capitals_before(c, comma, 4) : comma;
    return start < comma ? start : number;
}

static bool check_street(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t name = hit->start;
    while (name < hit->end && is_digit(t[name])) {
        name++;
    }
    if (!edge_before(c, hit->start) || name - hit->start > 5) {
        return false;
    }
    if (name < hit->end && is_alpha(t[name])) {
        name++; // 12a
    }
    bool capital;
    struct slice kind = {0};
    if (!street_words(c, name, hit->end, &capital, &kind)) {
        return false;
    }
    // "flat 2, " and "apartment 4b, " before the number belong to it.
    bool live = cue_before(c, hit->start, capital ? live_cues : dwell_cues, 32) ||
                cue_after(c, hit->end, "lives|live|house|home|is his|is her", 40);
    bool plain = address_one_of(kind, plain_kinds);
    if (!capital && !plain && !live) {
        return false;
    }
    if (hit->start > 0 &&
        (t[hit->start - 1] == '.' || t[hit->start - 1] == ':' ||
         t[hit->start - 1] == '-') &&
        hit->start > 1 && is_digit(t[hit->start - 2])) {
        return false;
    }
    hit->end = address_tail(c, hit->end, NULL);
    hit->start = house_start(c, flat_start(c, hit->start));
    return !is_public_text(c, slice_make(t + hit->start, hit->end - hit->start));
}

// "Bramble Cottage, Chapel Hill, Staveley", "The Old Forge, Nether Wickham": a house by
// its name and where it is, all with capitals. The hit ends behind the comma's first
// letter.
static bool check_named_house(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t comma = hit->start;
    while (comma < hit->end && t[comma] != ',') {
        comma++;
    }
    size_t start = capitals_before(c, comma, 4), kind = comma;
    while (kind > start && t[kind - 1] != ' ') {
        kind--;
    }
    if (start >= kind || !is_capital(c, hit->end - 1)) {
        return false;
    }
    size_t end = address_tail(c, comma, NULL), last = end;
    while (last > comma && is_name_byte(t[last - 1]) && t[last - 1] != ' ') {
        last--;
    }
    bool street = end > comma &&
                  (address_one_of(slice_make(t + last, end - last), strong_kinds) ||
                   memchr(t + comma + 1, ',', end - comma - 1));
    hit->start = start;
    hit->end = end > comma ? end : comma;
    return street || cue_before(c, start, live_cues, 32);
}

// "Jubilee Terrace, number 8": the hit ends in the number's first digit.
static bool check_number_behind(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t kind = hit->start, end = hit->end;
    while (kind < hit->end && (is_alpha(t[kind]) || t[kind] == '\'')) {
        kind++; // the word before the street's kind
    }
    kind++;
    while (kind < hit->end && is_alpha(t[kind])) {
        kind++;
    }
    while (end < c->norm->len && is_digit(t[end])) {
        end++;
    }
    size_t start = capitals_before(c, kind, 4);
    if (end < c->norm->len && is_alpha(t[end])) {
        end++; // 8a
    }
    hit->start = start;
    hit->end = end;
    return start < kind && edge_after(c, end);
}

static const char said_numbers[] =
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    "fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|"
    "seventy|eighty|ninety|hundred|and|a|b";

// Words for a number from i on; where the last ends.
static size_t said_end(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    size_t best = i;
    for (int n = 0; n < 5; n++) {
        size_t end = i;
        while (is_alpha(t[end])) {
            end++;
        }
        if (end == i || !address_one_of(slice_make(t + i, end - i), said_numbers)) {
            break;
        }
        best = end;
        if (t[end] != ' ' && t[end] != '-') {
            break;
        }
        i = end + 1;
    }
    return best;
}

// "Quarry Bank, number twenty two": the hit ends in the number's first word.
static bool check_said_behind(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t kind = hit->start, word = hit->end;
    while (is_alpha(t[kind]) || t[kind] == '\'') {
        kind++; // the word before the street's kind
    }
    kind++;
    while (is_alpha(t[kind])) {
        kind++;
    }
    while (word > kind && is_alpha(t[word - 1])) {
        word--;
    }
    size_t start = capitals_before(c, kind, 4), end = said_end(c, word);
    hit->start = start;
    hit->end = end;
    return start < kind && end > word;
}

// "number nine Tanner's Yard": the hit ends with the street's kind.
static bool check_said_before(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t i = hit->start;
    while (t[i] != ' ') {
        i++; // "number"
    }
    size_t end = said_end(c, i + 1);
    bool capital;
    struct slice kind = {0};
    if (end == i + 1 || !street_words(c, end + 1, hit->end, &capital, &kind) ||
        (!capital && !cue_before(c, hit->start, live_cues, 32))) {
        return false;
    }
    hit->end = address_tail(c, hit->end, NULL);
    return true;
}

// "lives on Maple Crescent": a street without a number.
static bool check_lives_on(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t kind = hit->end;
    while (kind > hit->start && t[kind - 1] != ' ') {
        kind--;
    }
    size_t before = kind > hit->start ? kind - 1 : kind;
    size_t start = capitals_before(c, before, 3);
    if (start == before) { // in lower case the word before the street
        while (start > hit->start && t[start - 1] != ' ') {
            start--;
        }
        if (address_one_of(slice_make(t + start, before - start), small_words) ||
            address_one_of(slice_make(t + start, before - start),
                           "high|main|same|next|other|opposite|side|one|two|side|back|"
                           "different|which|what|new|quiet|nice|dead|cul|private")) {
            return false;
        }
    }
    hit->start = start;
    hit->end = address_tail(c, hit->end, NULL);
    return !is_public_text(c, slice_make(t + start, hit->end - start));
}

// Start of the line that a postcode ends: house, street, town before it, each with a
// comma behind it. postcode itself when nothing of the kind stands there.
static size_t line_start(const struct detect_context *c, size_t postcode)
{
    const char *t = c->norm->text;
    size_t best = postcode, i = postcode;
    bool street = false;
    for (unsigned part = 0; part < PARTS_MOST && i > 0 && postcode - i < LINE_MOST;
         part++) {
        size_t end = i;
        while (end > 0 &&
               (t[end - 1] == ' ' || t[end - 1] == ',' || t[end - 1] == '\n')) {
            end--;
        }
        size_t start = end, words = 0;
        struct slice last = {0};
        // Words back to the comma; names begin with capitals, numbers are houses'.
        while (start > 0 && postcode - start < LINE_MOST) {
            size_t word = start;
            while (word > 0 && (is_alnum(t[word - 1]) || t[word - 1] == '\'' ||
                                t[word - 1] == '-')) {
                word--;
            }
            bool number = word < start && is_digit(t[word]);
            if (word == start ||
                (!number && !is_capital(c, word) && part + words > 0 &&
                 !address_one_of(slice_make(t + word, start - word), strong_kinds))) {
                break;
            }
            if (!number && !is_capital(c, word) &&
                !address_one_of(slice_make(t + word, start - word), strong_kinds)) {
                break;
            }
            last = words ? last : slice_make(t + word, start - word);
            best = word;
            words++;
            street = street || number;
            start = word;
            if (word == 0 || t[word - 1] != ' ') {
                break;
            }
            start--;
        }
        street = street || (words > 1 && address_one_of(last, strong_kinds));
        i = best;
        if (words == 0 || best < 2 || (t[best - 1] != ' ' && t[best - 1] != ',') ||
            (t[best - 1] == ' ' && t[best - 2] != ',')) {
            break;
        }
    }
    return street ? best : postcode;
}

static bool postcode_at(const struct detect_context *c, const struct detect_hit *hit)
{
    size_t letters = 0;
    while (letters < 3U && is_alpha(c->norm->text[hit->start + letters])) {
        letters++;
    }
    return edge_before(c, hit->start) && edge_after(c, hit->end) &&
           postcode_area_ok(c->norm->text + hit->start, letters);
}

// Enough of an address: a postcode with a street, a house's number, or "I live at".
static bool check_postcode(const struct detect_context *c, struct detect_hit *hit)
{
    if (!postcode_at(c, hit)) {
        return false;
    }
    struct slice code = slice_make(c->norm->text + hit->start, hit->end - hit->start);
    size_t start = line_start(c, hit->start);
    bool live = cue_before(c, hit->start,
                           "live|lives|living|address|home|house|addy|postcode is|"
                           "postcode's|post code's|postcode|post code|"
                           "number|no|my postcode|his postcode|her postcode|"
                           "their postcode|flat",
                           40);
    if (start == hit->start && !live) {
        return false;
    }
    hit->start = start;
    struct slice found = slice_make(c->norm->text + start, hit->end - start);
    return !is_public_text(c, found) && !is_public_text(c, code);
}

#define KINDS                                                                          \
    "(?:street|road|rd|avenue|ave|lane|ln|crescent|cres|terrace|mews|gardens|grove|"   \
    "boulevard|blvd|parade|rise|drive|dr|close|way|court|ct|place|pl|gdns|st|hill|"    \
    "walk|row|square|view|green|park|fold|croft|wynd|vale|gate|cottages?|house|"       \
    "villas|mount|quay|orchards?|chase|spinney|garth|wharf|meadows?|heights|lodge|"    \
    "circle|bank|brow|end|yard|farm|flats|buildings|mansions|passage|alley|approach|"  \
    "broadway|esplanade|promenade|woods?|crossing|hollow|dene|dale|brae|ridge|common|" \
    "glebe|leys|drove|strand|vennel|causeway|towers?|point|paddocks?|rigg|fields?|"    \
    "corner)"

const struct detector address_detectors[] = {
    {.name = "street and house number",
     .regex =
         "\\b[0-9]{1,5}[a-z]?,? [a-z'\\-]{2,15} (?:[a-z'\\-]{2,15} ){0,2}" KINDS "\\b",
     .class = "pii.address",
     .check = check_street},
    {.name = "house with a name",
     .regex = "[a-z'] (?:cottage|house|farm|lodge|barn|forge|mill|rectory|vicarage|"
              "grange|bungalow|croft|manor|villa|farmhouse|stables|gatehouse), ?[a-z]",
     .class = "pii.address",
     .check = check_named_house,
     .cues = "cottage farm lodge barn forge rectory vicarage grange bungalow manor "
             "farmhouse stables gatehouse"},
    {.name = "house number behind its street",
     .regex =
         "[a-z'] (?:street|road|avenue|lane|crescent|terrace|mews|gardens|grove|"
         "drive|close|court|rise|row|way|place|view),? (?:at )?(?:number|no\\.?|num) "
         "?[0-9]",
     .class = "pii.address",
     .check = check_number_behind},
    {.name = "house number in words behind its street",
     .regex = "[a-z'] " KINDS ",? (?:at )?(?:number|no\\.?|num) (?:one|two|three|four|"
              "five|six|seven|eight|nine|ten|eleven|twelve|[a-z]{3,5}teen|[a-z]{3,5}ty)"
              "\\b",
     .class = "pii.address",
     .check = check_said_behind,
     .cues = "number"},
    {.name = "house number in words",
     .regex = "\\b(?:number|no) (?:one|two|three|four|five|six|seven|eight|nine|ten|"
              "eleven|twelve|[a-z]{3,5}teen|[a-z]{3,5}ty)[ \\-](?:[a-z'\\-]{2,15} "
              "){1,3}" KINDS "\\b",
     .class = "pii.address",
     .check = check_said_before,
     .cues = "number"},
    {.name = "street that somebody lives in",
     .regex =
         "\\b(?:lives?|living|moved|stays|staying|(?:house|home|flat) is|"
         "(?:house|home)'s)(?: (?:on|at|in|down|off|up|to|near|round|over|by|along|"
         "the|end|top|bottom|of|corner|opposite|behind|still|now|just|into)){1,5} "
         "(?:[a-z'\\-]{3,15} ){1,3}(?:street|road|rd|avenue|ave|lane|crescent|"
         "terrace|mews|gardens|grove|drive|close|court|rise|row|way)\\b",
     .class = "pii.street",
     .check = check_lives_on,
     .cues = "lives living moved stays staying"},
    {.name = "street that somebody has a house in",
     .regex =
         "\\b(?:bought|buying|rents?|renting|got|has) (?:a |the )?(?:new )?(?:house|"
         "flat|place|bungalow|cottage) (?:on|in|down|off) (?:[a-z'\\-]{3,15} ){1,2}"
         "(?:street|road|lane|avenue|close|drive|row|terrace|crescent|way)\\b",
     .class = "pii.street",
     .check = check_lives_on,
     .cues = "bought buying renting rents"},
    {.name = "postcode",
     .regex = "\\b[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][abd-hjlnp-uw-z]{2}\\b",
     .class = "pii.address",
     .check = check_postcode},
    {0}};
