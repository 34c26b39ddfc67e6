// SPDX-License-Identifier: MIT
//
// A house's number that needs a word beside it: for home, for a street, for a postcode.
#include "rules/detect/reading.h"

extern const struct detector address_home_detectors[];

// "drop her at ours, 9 Thornfield": a number and one name behind a word for home.
static bool check_at_ours(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    while (hit->start < hit->end && !is_digit(t[hit->start])) {
        hit->start++;
    }
    size_t name = hit->start;
    while (name < hit->end && t[name] != ' ') {
        name++;
    }
    while (hit->end < c->norm->len && is_alpha(t[hit->end])) {
        hit->end++;
    }
    return is_capital(c, name + 1) && edge_after(c, hit->end);
}

// "my postcode is ..., house number 44": the hit begins with the word for it.
static bool check_house_number(const struct detect_context *c, struct detect_hit *hit)
{
    static const char near_cues[] =
        "postcode|post code|street|road|close|avenue|lane|drive|crescent|terrace|addy|"
        "postcode's|code's";
    size_t start = hit->start;
    while (!is_digit(c->norm->text[hit->start])) {
        hit->start++;
    }
    return cue_before(c, start, near_cues, REACH) ||
           cue_after(c, hit->end, near_cues, 40);
}

const struct detector address_home_detectors[] = {
    {.name = "number and name of a house",
     .regex =
         "\\b(?:ours|mine|our house|my house|our place|my place|home|our address is|"
         "we're at|im at|i'm at|we are at)[,:]? (?:at |is |which is )?[0-9]{1,3}[a-z]? "
         "[a-z]{4}",
     .class = "pii.address",
     .check = check_at_ours},
    {.name = "house number beside a postcode or street",
     .regex =
         "\\b(?:house|flat|door) ?(?:number|num|no\\.?)(?:'s| is|:)? ?[0-9]{1,4}[a-z]?"
         "\\b",
     .class = "pii.address",
     .check = check_house_number},
    {0}};
