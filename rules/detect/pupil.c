// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/detect/reading.h"

extern const struct detector pupil_detectors[];

// "9B", "10R", "2W": a class of a school year, and no quantity. In lower case only what
// no unit, time or ordinal is written like.
static bool check_form(const struct detect_context *c, struct detect_hit *hit)
{
    static const char units[] =
        "|am|pm|th|st|nd|rd|kg|g|mg|km|m|cm|mm|k|p|s|x|d|h|l|ml|ft|in|hz|gb|mb|kb|tb|w|"
        "v|"
        "oz|lb|lbs|hr|hrs|min|sec|mph|yo|yr|yrs|ish|pt|pts|c|f|pc|bn|mil|up|";
    const char *t = c->norm->text;
    size_t i = hit->start;
    while (i < hit->end && is_digit(t[i])) {
        i++;
    }
    size_t letters = hit->end - i;
    if (!edge_before(c, hit->start) || !edge_after(c, hit->end) || letters > 2 ||
        (hit->start > 0 && strchr("£$€.,:/#+-", t[hit->start - 1]) != NULL)) {
        return false;
    }
    bool year = i - hit->start > 1 || t[hit->start] > '5'; // 3D, 4G and 5G are none
    if (is_capital(c, i) && !(letters == 1 && strchr("kx", t[i]) != NULL) &&
        !(letters == 1 && !year && strchr("dg", t[i]) != NULL) &&
        !(letters == 2 && t[i + 1] == 'm')) {
        return true;
    }
    char unit[8] = "|";
    memcpy(unit + 1, t + i, letters);
    unit[1 + letters] = '|';
    return letters == 1 && strstr(units, unit) == NULL;
}

const struct detector pupil_detectors[] = {
    {.name = "class of a school year",
     .regex = "\\b(?:1[0-3]|[1-9])[a-z]{1,2}\\b",
     .class = "pii.form",
     .check = check_form},
    {.name = "share of marks",
     .regex = "\\b(?:100|[1-9]?[0-9]) ?(?:%|percent|per cent)",
     .class = "pii.percent"},
    {.name = "marks out of",
     .regex = "\\b[0-9]{1,3} ?(?:/|out of) ?[0-9]{2,3}\\b",
     .class = "pii.percent"},
    {.name = "time of day",
     .regex = "\\b(?:[01]?[0-9]|2[0-3])(?:[:.][0-5][0-9])? ?(?:am|pm|o'?clock)\\b|"
              "\\b(?:[01]?[0-9]|2[0-3])[:.][0-5][0-9]\\b|\\b(?:half|quarter) "
              "(?:past|to) [a-z0-9]",
     .class = "pii.time",
     .cues = "half quarter"},
    {0}};
