// SPDX-License-Identifier: MIT
//
// Addresses known by their middle or their end: "Apt. 4", "P.O. Box 12", "Dayton, OH
// 45402". What stands before is walked back to the house's number.
#include <string.h>

#include "rules/detect/address_tail.h"

extern const struct detector address_anchor_detectors[];

enum { BACK_MOST = 80, HOUSE_MOST = 5 };

static const char joining[] =
    "de|la|le|du|des|of|the|del|di|da|do|van|der|den|upon|and|y|e|u|utca|gate|ter";

struct back {
    size_t number; // where the first number begins; the anchor itself: none
    size_t first;  // where the first word does
    unsigned numbers, names;
};

// Numbers and words with capitals before at, on this line and the one above.
static struct back walk_back(const struct detect_context *c, size_t at)
{
    const char *t = c->norm->text;
    struct back b = {.number = at, .first = at};
    size_t i = at;
    unsigned lines = 0;
    while (i > 0 && at - i < BACK_MOST) {
        size_t end = i;
        while (end > 0 && at - end < BACK_MOST && strchr(" ,.\n\r>#", t[end - 1])) {
            lines += t[end - 1] == '\n';
            end--;
        }
        size_t word = end;
        while (word > 0 && (is_alnum(t[word - 1]) || strchr("'-/", t[word - 1]))) {
            word--;
        }
        if (word == end || lines > 2 || at - word > BACK_MOST) {
            break;
        }
        bool number = is_digit(t[word]), small = false;
        if (number) {
            size_t digits = 0;
            while (is_digit(t[word + digits])) {
                digits++;
            }
            if (digits > HOUSE_MOST || end - word > digits + 4 ||
                (word > 0 && strchr(":$", t[word - 1]))) {
                break;
            }
            b.number = word;
            b.numbers++;
        } else if (is_capital(c, word) || original_at(c, word) == 0) {
            b.names++;
        } else {
            small = true;
            if (!address_one_of(slice_make(t + word, end - word), joining)) {
                break;
            }
        }
        b.first = small ? b.first : word;
        i = word;
        if (number && lines > 0 && word > 0 && t[word - 1] == '\n') {
            break; // the line that begins with a number is the street's
        }
    }
    return b;
}

static const char lesson_words[] =
    "course|lesson|book|chapter|module|exam|gcse|btec|topic|hotel|test";

// "28030 Edeby 55\n Apt. 297": what is before it holds a number and a name.
static bool check_unit(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    struct back b = walk_back(c, hit->start);
    if (!edge_before(c, hit->start) || b.numbers == 0 || b.names == 0 ||
        cue_before(c, hit->start, lesson_words, 32)) {
        return false;
    }
    hit->start = b.number;
    hit->end = address_tail(c, hit->end, NULL);
    return !is_public_text(c, slice_make(t + hit->start, hit->end - hit->start));
}

// A box at the post office: somebody's where a town or a code follows, or a word for an
// address comes before.
static bool check_box(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    bool coded;
    size_t end = address_tail(c, hit->end, &coded);
    struct back b = walk_back(c, hit->start);
    if (!edge_before(c, hit->start) ||
        !(coded || end > hit->end || b.numbers ||
          cue_before(c, hit->start,
                     "address|addy|post|send|write|mail|my|his|her|their", 40))) {
        return false;
    }
    hit->start = b.numbers ? b.number : hit->start;
    hit->end = end;
    return !is_public_text(c, slice_make(t + hit->start, hit->end - hit->start));
}

// ", OH 45402", "\n Cyprus 36903": a code at the end; a street with its number before.
static bool check_code(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t code = hit->end;
    while (code > hit->start && is_digit(t[code - 1])) {
        code--;
    }
    size_t state = code - 1;
    while (state > hit->start && is_alpha(t[state - 1])) {
        state--;
    }
    struct back b = walk_back(c, code);
    if (!edge_after(c, hit->end) || !is_capital(c, state) || b.numbers == 0 ||
        b.names < 3 ||
        (hit->end < c->norm->len && !strchr(" .,;!?)\n\r", t[hit->end])) ||
        cue_before(c, b.number, "population|founded|in|of|since", 12)) {
        return false;
    }
    hit->start = b.number;
    return !is_public_text(c, slice_make(t + hit->start, hit->end - hit->start));
}

// "Am Markt 7, 04109 Leipzig": the hit ends in the town's first letters.
static bool check_town(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t number = hit->start + 2, comma = number;
    while (t[comma] != ',' && t[comma] != '\n') {
        comma++;
    }
    struct back b = walk_back(c, number);
    bool coded;
    size_t end = address_tail(c, comma, &coded);
    size_t code = comma + 1;
    while (!is_digit(t[code])) {
        code++;
    }
    bool year = (t[code] == '1' || (t[code] == '2' && t[code + 1] == '0')) &&
                t[code + 4] == ' ';
    if (b.names == 0 || !coded || year || end <= hit->end - 1 ||
        !is_capital(c, hit->end - 1)) {
        return false;
    }
    hit->start = b.numbers && b.number < b.first ? b.number : b.first;
    hit->end = end;
    return !is_public_text(c, slice_make(t + hit->start, hit->end - hit->start));
}

const struct detector address_anchor_detectors[] = {
    {.name = "house number, code and town",
     .regex = "[a-z] [0-9]{1,4}[a-z]?[,\\n] ?(?:[a-z]{1,2}-)?[0-9]{4,5} [a-z]",
     .class = "pii.address",
     .check = check_town},
    {.name = "flat within an address",
     .regex = "\\b(?:apt\\.?|apartment|suite|ste\\.) ?#?[0-9]{1,4}\\b",
     .class = "pii.address",
     .check = check_unit},
    {.name = "box at the post office",
     .regex = "\\b(?:p\\.?o\\.? ?box|postbox|psc [0-9]{1,5},? box|unit [0-9]{1,5},? "
              "box) [0-9]{1,5}\\b",
     .class = "pii.address",
     .check = check_box},
    {.name = "end of an address",
     .regex =
         "[,\\n] {0,2}[a-z]{2} ?[0-9]{5}\\b|[,\\n] {0,2}[a-z ()]{4,24} [0-9]{5}\\b",
     .class = "pii.address",
     .check = check_code},
    {0}};
