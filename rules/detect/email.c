// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/detect/reading.h"

extern const struct detector email_detectors[];

enum { LOCAL_MOST = 64, DOMAIN_MOST = 120 };

// Mailboxes of an office rather than a person, whoever's they are.
static const char *const office_boxes[] = {"office",
                                           "admin",
                                           "info",
                                           "enquiries",
                                           "enquiry",
                                           "reception",
                                           "absence",
                                           "contact",
                                           "hello",
                                           "help",
                                           "support",
                                           "bookings",
                                           "pta",
                                           "finance",
                                           "complaints",
                                           "noreply",
                                           "no-reply",
                                           "admissions",
                                           "attendance",
                                           "helpdesk",
                                           "sales",
                                           "orders",
                                           "press",
                                           "events",
                                           "team",
                                           "mail",
                                           "post",
                                           "governors",
                                           "safeguarding",
                                           "jobs",
                                           "recruitment",
                                           "tickets",
                                           "library",
                                           "dpo",
                                           "webmaster",
                                           "feedback",
                                           "donotreply",
                                           "schooloffice",
                                           "mainoffice",
                                           "exams",
                                           "reports",
                                           "customerservice",
                                           "customerservices",
                                           "membership",
                                           "uniform",
                                           "catering",
                                           "transport",
                                           "senco",
                                           "sen",
                                           "send",
                                           "head",
                                           "headteacher",
                                           "principal",
                                           "pastoral",
                                           "sixthform",
                                           "secretary",
                                           "chair",
                                           "clerk"};

static bool is_local(char c)
{
    return is_alnum(c) || (c != 0 && strchr("._%+-'", c) != NULL);
}

static bool is_office(struct slice local)
{
    for (size_t i = 0; i < sizeof(office_boxes) / sizeof(office_boxes[0]); i++) {
        if (slice_is(local, office_boxes[i])) {
            return true;
        }
    }
    return false;
}

// "name@example.com": what stands on forms where one's own goes.
static bool is_placeholder(struct slice local, struct slice domain)
{
    static const char *const names[] = {"name",
                                        "yourname",
                                        "your.name",
                                        "user",
                                        "username",
                                        "example",
                                        "someone",
                                        "somebody",
                                        "test",
                                        "me",
                                        "you",
                                        "foo",
                                        "firstname",
                                        "email",
                                        "abc",
                                        "a",
                                        "firstname.lastname",
                                        "first.last",
                                        "youremail",
                                        "student",
                                        "parent",
                                        "pupil",
                                        "anybody",
                                        "xxx"};
    static const char *const domains[] = {
        "example.",    "email.", "domain.",  "company.", "school.",
        "yourschool.", "test.",  "address.", "website.", "somewhere."};
    bool name = false, nowhere = false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        name = name || slice_is(local, names[i]);
    }
    for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
        size_t n = strlen(domains[i]);
        nowhere = nowhere || (domain.len > n && memcmp(domain.ptr, domains[i], n) == 0);
    }
    return name && nowhere;
}

static size_t local_start(const char *t, size_t at)
{
    size_t start = at;
    while (start > 0 && at - start < LOCAL_MOST && is_local(t[start - 1])) {
        start--;
    }
    while (start < at && !is_alnum(t[start])) {
        start++;
    }
    return start;
}

static bool check_address(const struct detect_context *c, struct detect_hit *hit)
{
    const char *t = c->norm->text;
    size_t at = hit->start + 1; // of the @
    size_t start = local_start(t, at);
    size_t end = at + 1, last_dot = 0;
    while (end < c->norm->len && end - at < DOMAIN_MOST &&
           (is_alnum(t[end]) ||
            ((t[end] == '.' || t[end] == '-') && is_alnum(t[end + 1])))) {
        last_dot = t[end] == '.' ? end : last_dot;
        end++;
    }
    if (start == at || last_dot == 0 || end - last_dot < 3 ||
        is_digit(t[last_dot + 1])) {
        return false;
    }
    hit->start = start;
    hit->end = end;
    struct slice local = slice_make(t + start, at - start);
    return !is_office(local) &&
           !is_placeholder(local, slice_make(t + at + 1, end - at - 1)) &&
           !is_public_text(c, slice_make(t + start, end - start));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '(' || c == ')' || c == '[' || c == ']' || c == '{' ||
           c == '}' || c == '*' || c == '<' || c == '>' || c == '_' || c == '-';
}

// The word (letters, digits) before i; skips blanks. Empty: none.
static struct slice word_before(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    size_t end = i;
    while (end > 0 && i - end < 4 && is_blank(t[end - 1])) {
        end--;
    }
    size_t start = end;
    while (start > 0 && end - start < LOCAL_MOST && is_local(t[start - 1])) {
        start--;
    }
    return slice_make(t + start, end - start);
}

static struct slice word_after(const struct detect_context *c, size_t i)
{
    const char *t = c->norm->text;
    size_t start = i;
    while (start < c->norm->len && start - i < 4 && is_blank(t[start])) {
        start++;
    }
    size_t end = start;
    while (end < c->norm->len && end - start < LOCAL_MOST &&
           (is_alnum(t[end]) ||
            ((t[end] == '.' || t[end] == '-') && is_alnum(t[end + 1])))) {
        end++;
    }
    return slice_make(t + start, end - start);
}

static size_t offset_of(const struct detect_context *c, struct slice s)
{
    return (size_t)(s.ptr - c->norm->text);
}

static bool is_dot(struct slice s)
{
    return slice_is(s, "dot") || slice_is(s, "d0t") || slice_is(s, "punkt");
}

// Local part before the "at" that starts at i, over "dot"s and "underscore"s.
static size_t said_local(const struct detect_context *c, size_t i)
{
    struct slice word = word_before(c, i);
    size_t start = word.len ? offset_of(c, word) : i;
    for (int n = 0; n < 4 && word.len; n++) {
        struct slice dot = word_before(c, start);
        if (!is_dot(dot) && !slice_is(dot, "underscore") && !slice_is(dot, "dash")) {
            break;
        }
        word = word_before(c, offset_of(c, dot));
        if (word.len) {
            start = offset_of(c, word);
        }
    }
    return start;
}

// Domain after the "at" that ends at i, with "dot" between its labels. *dots counts
// them, said or written. Returns where it ends.
static size_t said_domain(const struct detect_context *c, size_t i, unsigned *dots)
{
    struct slice word = word_after(c, i);
    *dots = word.len && memchr(word.ptr, '.', word.len) ? 1 : 0;
    size_t end = word.len ? offset_of(c, word) + word.len : i;
    for (int n = 0; n < 4 && word.len; n++) {
        struct slice dot = word_after(c, end);
        if (!is_dot(dot)) {
            break;
        }
        word = word_after(c, offset_of(c, dot) + dot.len);
        if (word.len) {
            end = offset_of(c, word) + word.len;
            (*dots)++;
        }
    }
    return end;
}

// jo dot lowe at mail dot example dot com; jo (at) mail.example; jo at gmail. The hit is
// the word "at" or its sign.
static bool check_said(const struct detect_context *c, struct detect_hit *hit)
{
    size_t at = hit->start, after = hit->end;
    const char *sign = memchr(c->norm->text + at, '@', after - at);
    if (sign) {
        at = (size_t)(sign - c->norm->text);
    }
    while (at < after && !is_alpha(c->norm->text[at]) && c->norm->text[at] != '@') {
        at++;
    }
    size_t sign_end = at + (c->norm->text[at] == '@' ? 1 : 2);
    unsigned dots;
    size_t start = said_local(c, at), end = said_domain(c, sign_end, &dots);
    if (start == at || dots == 0 || end == sign_end) {
        return false;
    }
    struct slice local = slice_make(c->norm->text + start, at - start);
    while (local.len && is_blank(local.ptr[local.len - 1])) {
        local.len--;
    }
    static const char *const ordinary[] = {"look", "is",     "us", "found", "available",
                                           "site", "online", "up", "it",    "that",
                                           "out",  "page",   "me", "and",   "them"};
    for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++) {
        if (slice_is(local, ordinary[i])) {
            return false;
        }
    }
    hit->start = start;
    hit->end = end;
    return !is_office(local);
}

#define PROVIDER                                                                       \
    "(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|btinternet|aol|proton|"          \
    "protonmail|talktalk|ymail|gmx|live|msn)"

const struct detector email_detectors[] = {
    {.name = "e-mail address",
     .regex = "[a-z0-9_\\-]@[a-z0-9]",
     .class = "pii.email",
     .check = check_address},
    {.name = "e-mail address in words",
     .regex = "\\bat [a-z0-9\\-]{2,24}(?: dot |[ (\\[{]{1,2}dot[)\\]}])",
     .class = "pii.email",
     .check = check_said,
     .cues = "dot"},
    {.name = "e-mail address with a bracketed at",
     .regex = "[(\\[{<] ?(?:at|@) ?[)\\]}>] ?[a-z0-9]",
     .class = "pii.email",
     .check = check_said,
     .cues = "( [ { <"},
    {.name = "e-mail address with spaces",
     .regex =
         "[a-z0-9] ?@ [a-z0-9\\-]{2,24} ?(?:\\.|dot) ?[a-z]{2}|[a-z0-9] @[a-z0-9\\-]"
         "{2,24} ?(?:\\.|dot) ?[a-z]{2}",
     .class = "pii.email",
     .check = check_said},
    {.name = "e-mail address at a provider, in words",
     .regex = "\\bat " PROVIDER "\\.(?:com|co|net|me|org)",
     .class = "pii.email",
     .check = check_said},
    {0}};
