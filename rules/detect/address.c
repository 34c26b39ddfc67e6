// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/detect/checksum.h"
#include "rules/detect/reading.h"

extern const struct detector address_detectors[];

enum { PARTS_MOST = 5, LINE_MOST = 110, TAIL_MOST = 48 };

static bool is_one_of(struct slice word, const char *words)
{
    struct slice rest = slice_of(words);
    while (rest.len) {
        if (slice_equal(slice_cut(rest, '|', &rest), word)) {
            return true;
        }
    }
    return false;
}

static const char strong_kinds[] =
    "street|road|rd|avenue|ave|lane|ln|crescent|cres|terrace|mews|gardens|grove|"
    "boulevard|blvd|strasse|rue|parade|rise|drive|dr|close|cl|way|court|ct|place|pl|"
    "gdns|st|circle|hill|walk|row|square|view|green|park|fold|croft|wynd|vale|gate|"
    "cottages|cottage|house|farm|flats|lodge|villas|mount|bank|end|yard|brow|"
    "meadow|meadows|heights|quay|orchard|orchards|chase|spinney|garth|wharf";

static const char plain_kinds[] = "street|road|rd|avenue|ave|lane|ln|crescent|cres|"
                                  "terrace|mews|gardens|grove|boulevard|blvd|gdns";

static const char live_cues[] =
    "live|lives|living|address|addy|home|house|come round|lived|moved|pop "
    "round|deliver|"
    "parcel|mine|drop|at|staying|stays|flat|from|postcode|his|her|their|him";

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
                if (is_one_of(word, small_words)) {
                    return false;
                }
                words++;
            }
            *capital = *capital && is_capital(c, i);
            *kind = word;
        }
        i = end + 1;
    }
    return words > 0 && is_one_of(*kind, strong_kinds);
}

static bool is_name_byte(char c)
{
    return is_alpha(c) || c == '\'' || c == '-' || c == ' ';
}

// Town, county and postcode behind a street: up to three more parts behind commas, as
// long as they end in a code or look like names.
static size_t tail_end(const struct detect_context *c, size_t end)
{
    const char *t = c->norm->text;
    size_t best = end, i = end;
    for (int part = 0; part < PARTS_MOST && i < c->norm->len && i - end < TAIL_MOST;
         part++) {
        if (t[i] != ',' && t[i] != '\n' && part == 0 && t[i] != ' ') {
            break;
        }
        while (i < c->norm->len && (t[i] == ',' || t[i] == ' ' || t[i] == '\n')) {
            i++;
        }
        size_t start = i;
        bool name = is_capital(c, i);
        while (i < c->norm->len && i - end < TAIL_MOST && (is_name_byte(t[i]))) {
            i++;
        }
        if (is_digit(t[i]) && i < c->norm->len) { // a postcode's or ZIP's digits
            size_t stop = i;
            while (stop < c->norm->len && stop - i < 8 &&
                   (is_digit(t[stop]) || is_alpha(t[stop]) ||
                    (t[stop] == ' ' && is_digit(t[stop + 1])))) {
                stop++;
            }
            return i - start <= 26 && stop - i >= 3 && name ? stop : best;
        }
        if (!name || i == start || t[i] != ',') {
            break;
        }
        best = i;
    }
    return best;
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
    bool live = cue_before(c, hit->start, live_cues, 32);
    bool plain = is_one_of(kind, plain_kinds);
    if (!capital && !plain && !live) {
        return false;
    }
    if (hit->start > 0 &&
        (t[hit->start - 1] == '.' || t[hit->start - 1] == ':' ||
         t[hit->start - 1] == '-') &&
        hit->start > 1 && is_digit(t[hit->start - 2])) {
        return false;
    }
    hit->end = tail_end(c, hit->end);
    return !is_public_text(c, slice_make(t + hit->start, hit->end - hit->start));
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
                 !is_one_of(slice_make(t + word, start - word), strong_kinds))) {
                break;
            }
            if (!number && !is_capital(c, word) &&
                !is_one_of(slice_make(t + word, start - word), strong_kinds)) {
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
        street = street || (words > 1 && is_one_of(last, strong_kinds));
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
    "walk|row|square|view|green|park|fold|croft|wynd|vale|gate|cottages|house|villas|" \
    "mount|quay|orchard|chase|spinney|garth|wharf|meadows?|heights|lodge|circle)"

const struct detector address_detectors[] = {
    {.name = "street and house number",
     .regex =
         "\\b[0-9]{1,5}[a-z]?,? [a-z'\\-]{2,15} (?:[a-z'\\-]{2,15} ){0,2}" KINDS "\\b",
     .class = "pii.address",
     .check = check_street},
    {.name = "postcode",
     .regex = "\\b[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][abd-hjlnp-uw-z]{2}\\b",
     .class = "pii.address",
     .check = check_postcode},
    {0}};
