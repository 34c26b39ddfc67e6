// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "bot/base/utf8.h"
#include "rules/policy/derive.h"
#include "rules/policy/lines.h"

enum {
    NAMES_MOST = 200,
    NAME_WORDS = 7,
    AGE_LEAST = 6,
    AGE_MOST = 21,
    SECOND_AGE_LEAST = 12,
    SECOND_AGE_MOST = 18,
    ROUTE_WORDS = 22,
    YEAR_LEAST = 1990,
    YEAR_MOST = 2099,
};

static const char *const months[] = {"january",   "february", "march",    "april",
                                     "may",       "june",     "july",     "august",
                                     "september", "october",  "november", "december"};

static unsigned month_of(struct slice word)
{
    for (unsigned i = 0; i < 12; i++) {
        struct slice month = slice_of(months[i]);
        if (word.len >= 3 && word.len <= month.len &&
            slice_equal_fold(word, slice_sub(month, 0, word.len))) {
            return i + 1;
        }
    }
    return 0;
}

static bool is_year(uint64_t n)
{
    return n >= YEAR_LEAST && n <= YEAR_MOST;
}

// The words of s that are letters or digits, at most n.
static size_t words_of(struct slice s, struct slice *out, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len && count < n;) {
        size_t from = i;
        while (i < s.len && ((s.ptr[i] | 32) >= 'a' && (s.ptr[i] | 32) <= 'z')) {
            i++;
        }
        if (i == from) {
            while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9') {
                i++;
            }
        }
        if (i > from) {
            out[count++] = slice_sub(s, from, i - from);
        } else {
            i++;
        }
    }
    return count;
}

// "3 March 2021", "March 2021", "03.03.17", "2021-03-03", "Summer Term 2018", "2021".
static struct slice date_in(struct slice s, struct arena *a)
{
    struct slice w[40];
    size_t n = words_of(s, w, 40);
    for (size_t i = 0; i < n; i++) {
        uint64_t v[3] = {0};
        bool numbers[3];
        for (size_t k = 0; k < 3; k++) {
            numbers[k] = i + k < n && slice_u64(w[i + k], &v[k]) == FAULT_NONE;
        }
        unsigned month = month_of(w[i]);
        for (size_t k = 1; month && k < 3; k++) {
            if (numbers[k] && is_year(v[k])) {
                return arena_format(a, "%04u-%02u", (unsigned)v[k], month);
            }
        }
        if (numbers[0] && numbers[1] && numbers[2]) {
            bool iso = is_year(v[0]);
            uint64_t year = iso ? v[0] : v[2] < 100 ? 2000 + v[2] : v[2];
            uint64_t mid = v[1], day = iso ? v[2] : v[0];
            if (mid > 12 && day <= 12) { // month first, as in the United States
                mid = day;
                day = v[1];
            }
            if (is_year(year) && mid >= 1 && mid <= 12 && day >= 1 && day <= 31) {
                return arena_format(a, "%04u-%02u-%02u", (unsigned)year, (unsigned)mid,
                                    (unsigned)day);
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t year;
        if (slice_u64(w[i], &year) == FAULT_NONE && is_year(year)) {
            return arena_format(a, "%04u", (unsigned)year);
        }
    }
    return SLICE("");
}

static bool says(const struct phrases *p, struct reading *r, const char *kind,
                 const char *name, struct slice s)
{
    reading_make(r, p, s);
    return phrases_look(p, phrases_group(p, kind, name), r, 0, SIZE_MAX).weight > 0;
}

static void find_dates(struct proposal *out, const struct document *d,
                       const struct phrases *p, struct reading *r, struct arena *a)
{
    for (size_t i = 0; i < d->line_count; i++) {
        struct slice s = d->lines[i];
        bool short_line = line_words(s, NULL) <= 14;
        if (!short_line) {
            continue;
        }
        struct slice date = date_in(s, a);
        if (!date.len) {
            continue;
        }
        if (says(p, r, "date", "review", s)) {
            out->review = out->review.len ? out->review : date;
        } else if (!out->date.len && (says(p, r, "date", "made", s) ||
                                      (i < 12 && line_words(s, NULL) < 5))) {
            out->date = date;
        }
    }
}

// --- names ---------------------------------------------------------------------------

static bool is_capital(struct slice w)
{
    return w.len && ((w.ptr[0] >= 'A' && w.ptr[0] <= 'Z') || slice_is(w, "of") ||
                     slice_is(w, "and") || slice_is(w, "the") || slice_is(w, "for"));
}

static bool ends_name(struct slice w)
{
    static const char *const ends[] = {
        "School",  "Academy",   "Trust",   "College",     "University", "Club",
        "Society", "District",  "Schools", "Association", "Federation", "Nursery",
        "League",  "Council",   "PTA",     "FC",          "Union",      "Institute",
        "Primary", "Infants",   "Juniors", "Rovers",      "United",     "Network",
        "Group",   "Community", "Project", "Foundation",  "Guild",      "Choir"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (slice_is(w, ends[i])) {
            return true;
        }
    }
    return false;
}

struct name_count {
    struct slice name;
    unsigned times;
};

static void count_name(struct name_count *names, size_t *count, struct slice name)
{
    for (size_t i = 0; i < *count; i++) {
        if (slice_equal(names[i].name, name)) {
            names[i].times++;
            return;
        }
    }
    if (*count < NAMES_MOST) {
        names[(*count)++] = (struct name_count){name, 1};
    }
}

// Whether next stands right after w, as words of one name do.
static bool follows(struct slice w, struct slice next)
{
    const char *end = w.ptr + w.len;
    return next.ptr > end && next.ptr - end <= 2 && strchr(" '-.", *end);
}

// Runs of capitalised words that end like a school's name.
static void count_names(struct name_count *names, size_t *count, struct slice s)
{
    struct slice w[200];
    size_t n = words_of(s, w, 200), from = 0;
    for (size_t i = 0; i < n; i++) {
        bool joined = i > from && follows(w[i - 1], w[i]);
        if (!is_capital(w[i]) || (i > from && !joined)) {
            from = is_capital(w[i]) ? i : i + 1;
        }
        while (from <= i && (slice_is(w[from], "of") || slice_is(w[from], "and") ||
                             slice_is(w[from], "the") || slice_is(w[from], "for") ||
                             slice_is(w[from], "The") || slice_is(w[from], "This"))) {
            from++;
        }
        bool more = i + 1 < n && ends_name(w[i + 1]) && follows(w[i], w[i + 1]);
        if (from < i && i - from < NAME_WORDS && ends_name(w[i]) && !more) {
            count_name(
                names, count,
                slice_make(w[from].ptr, (size_t)(w[i].ptr + w[i].len - w[from].ptr)));
        }
    }
}

static enum fault find_school(struct proposal *out, const struct document *d,
                              struct arena *a)
{
    struct name_count *names = arena_zalloc(a, NAMES_MOST, sizeof(*names));
    size_t count = 0;
    if (!names) {
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < d->line_count; i++) {
        struct slice rest = d->lines[i];
        while (rest.len) {
            count_names(names, &count, slice_cut(rest, '\t', &rest));
        }
    }
    unsigned best = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned weight = names[i].times + (i == 0 ? 2 : 0);
        if (weight > best) {
            best = weight;
            out->school = names[i].name;
        }
    }
    return FAULT_NONE;
}

// --- ages, roles, keeping -------------------------------------------------------------

static void add_age(struct proposal *out, unsigned age)
{
    size_t at = out->age_count;
    for (size_t i = 0; i < out->age_count; i++) {
        if (out->ages[i] == age) {
            return;
        }
    }
    if (at == PROPOSAL_AGES_MOST) {
        return;
    }
    out->age_count++;
    for (; at > 0 && out->ages[at - 1] > age; at--) {
        out->ages[at] = out->ages[at - 1];
    }
    out->ages[at] = age;
}

static void find_ages(struct proposal *out, const struct phrases *p,
                      const struct reading *r)
{
    const struct phrase_group *g = phrases_group(p, "age", "");
    const struct phrase_group *time = phrases_group(p, "age", "not");
    bool any = false;
    for (struct phrase_hit hit = phrases_next(p, g, r, 0); hit.weight;
         hit = phrases_next(p, g, r, hit.first + 1)) {
        any = true;
        for (size_t i = hit.first; i < hit.end; i++) {
            uint32_t v = r->tokens[i].number ? r->tokens[i].value : UINT32_MAX;
            if (v >= AGE_LEAST && v <= AGE_MOST) {
                add_age(out, v);
            }
        }
    }
    // "13 for most services, and 16 for some": the others of the same passage.
    for (size_t i = 0; any && i < r->count; i++) {
        uint32_t v = r->tokens[i].number ? r->tokens[i].value : UINT32_MAX;
        if (v >= SECOND_AGE_LEAST && v <= SECOND_AGE_MOST &&
            phrases_look(p, time, r, i, i + 3).weight == 0) {
            add_age(out, v);
        }
    }
}

static void find_keeping(struct proposal *out, const struct phrases *p,
                         const struct reading *r)
{
    static const struct {
        const char *name;
        unsigned days;
    } units[] = {{"days", 1}, {"weeks", 7}, {"months", 30}, {"years", 365}};
    if (out->keep_days ||
        !phrases_look(p, phrases_group(p, "keep", ""), r, 0, SIZE_MAX).weight) {
        return;
    }
    for (size_t i = 0; i + 1 < r->count; i++) {
        for (size_t k = 0; r->tokens[i].number && k < 4; k++) {
            const struct phrase_group *g = phrases_group(p, "unit", units[k].name);
            struct phrase_hit hit = phrases_look(p, g, r, i + 1, i + 2);
            if (hit.weight && r->tokens[i].value < 400) {
                out->keep_days = r->tokens[i].value * units[k].days;
                return;
            }
        }
    }
}

static void find_roles(struct proposal *out, const struct phrases *p,
                       const struct reading *r)
{
    const struct phrase_group *groups;
    size_t count = phrases_groups(p, &groups);
    for (size_t i = 0; i < count; i++) {
        const struct phrase_group *g = &groups[i];
        bool known = strcmp(g->kind, "role") != 0;
        for (size_t k = 0; k < out->role_count && !known; k++) {
            known = out->roles[k] == g;
        }
        if (!known && out->role_count < POLICY_ROLES_MOST &&
            phrases_look(p, g, r, 0, SIZE_MAX).weight >= 3) {
            out->roles[out->role_count++] = g;
        }
    }
}

// --- official ways --------------------------------------------------------------------

static void add_route(struct proposal *out, struct slice s)
{
    while (s.len && strchr(" .,;:)", s.ptr[s.len - 1])) {
        s.len--;
    }
    for (size_t i = 0; i < out->route_count; i++) {
        if (slice_find(out->routes[i], s) != SIZE_MAX) {
            return;
        }
    }
    if (s.len > 6 && out->route_count < PROPOSAL_ROUTES_MOST) {
        out->routes[out->route_count++] = s;
    }
}

// From "speak" or "use" to the end of its part of the sentence.
static struct slice route_words(const struct reading *r, size_t from, size_t end)
{
    static const char *const stops[] = {
        " rather than", " instead of", " if ",   " when ", " before ",
        " and not ",    " where ",     "; ",     ". ",     ", so ",
        " in order to", " because ",   ", not ", " - "};
    size_t start = r->tokens[from].start;
    size_t stop = r->text.len;
    size_t last = from + ROUTE_WORDS < r->count ? from + ROUTE_WORDS : r->count - 1;
    stop = r->tokens[last].end < stop ? r->tokens[last].end : stop;
    for (size_t i = from + 1; i <= last; i++) {
        if (r->tokens[i].opens) {
            stop = r->tokens[i].start;
            break;
        }
    }
    size_t least = r->tokens[end - 1].end;
    struct slice tail = slice_sub(r->text, least, stop > least ? stop - least : 0);
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        size_t at = slice_find(tail, slice_of(stops[i]));
        tail = at == SIZE_MAX ? tail : slice_sub(tail, 0, at);
    }
    return slice_trim(slice_make(r->text.ptr + start, least + tail.len - start));
}

// "in writing", "by telephone": the small word before belongs to it.
static size_t route_start(const struct phrases *p, const struct reading *r, size_t at)
{
    const struct phrase_group *g = phrases_group(p, "route", "before");
    return at && phrases_look(p, g, r, at - 1, at).weight ? at - 1 : at;
}

static void find_routes(struct proposal *out, const struct phrases *p,
                        struct reading *r, const struct passage *at)
{
    const struct phrase_group *about = phrases_group(p, "route", "about");
    const struct phrase_group *way = phrases_group(p, "route", "way");
    const struct phrase_group *act = phrases_group(p, "route", "do");
    if (at->item && at->stem.len) {
        reading_make(r, p, at->stem);
        bool introduced =
            phrases_look(p, about, r, 0, SIZE_MAX).weight &&
            phrases_look(p, phrases_group(p, "route", "list"), r, 0, SIZE_MAX).weight;
        reading_make(r, p, at->text);
        if (introduced && line_words(at->text, NULL) <= ROUTE_WORDS + 8 &&
            phrases_look(p, way, r, 0, SIZE_MAX).weight) {
            add_route(out, at->text);
            return;
        }
    } else {
        reading_make(r, p, at->text);
    }
    if (!phrases_look(p, phrases_group(p, "route", "complaint"), r, 0, SIZE_MAX)
             .weight) {
        return;
    }
    for (struct phrase_hit hit = phrases_next(p, act, r, 0); hit.weight;
         hit = phrases_next(p, act, r, hit.end)) {
        struct phrase_hit to = phrases_look(p, way, r, hit.end, hit.end + 7);
        bool noun = phrases_look(p, phrases_group(p, "route", "not"), r, hit.first,
                                 hit.first + 3)
                        .weight > 0;
        if (to.weight && !noun) {
            add_route(out, route_words(r, route_start(p, r, hit.first), to.end));
            hit.end = to.end;
        }
    }
}

enum fault derive_facts(struct proposal *out, const struct document *d,
                        const struct phrases *p, struct reading *r, struct arena *a)
{
    out->title = d->title;
    enum fault f = find_school(out, d, a);
    if (f) {
        return f;
    }
    find_dates(out, d, p, r, a);
    for (size_t i = 0; i < d->passage_count; i++) {
        reading_make(r, p, d->passages[i].text);
        find_ages(out, p, r);
        find_keeping(out, p, r);
        find_roles(out, p, r);
        find_routes(out, p, r, &d->passages[i]);
    }
    return FAULT_NONE;
}
