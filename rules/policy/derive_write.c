// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/policy/derive.h"

enum { RETENTION_DAYS = 365, COMMENT_BYTES = 140, IDS_WIDTH = 90 };

static const struct {
    enum audience_bit bit;
    const char *name;
} audiences[] = {{BINDS_ALL, "all"},
                 {BINDS_STAFF, "staff"},
                 {BINDS_PUPIL, "pupil"},
                 {BINDS_PARENT, "parent"}};
enum { AUDIENCES = sizeof(audiences) / sizeof(audiences[0]) };

static bool is_outside(const struct phrase_group *g)
{
    return strcmp(g->kind, "outside") == 0;
}

static void add_comma(struct text *out, bool *first)
{
    text_add_str(out, *first ? "" : ",");
    *first = false;
}

static void add_clause_json(struct text *out, const struct proposal_clause *c)
{
    bool first = true;
    text_add_str(out, "{\"id\":");
    text_add_json(out, c->id);
    text_add_str(out, ",\"section\":");
    text_add_json(out, c->section);
    text_add_str(out, ",\"quote\":");
    text_add_json(out, c->quote);
    text_add_str(out, ",\"categories\":[");
    for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
        if (c->categories >> k & 1) {
            add_comma(out, &first);
            text_add_json(out, slice_of(category_info(k)->name));
        }
    }
    text_add_str(out, "],\"applies_to\":[");
    first = true;
    for (size_t i = 0; i < AUDIENCES; i++) {
        if (c->binds & audiences[i].bit) {
            add_comma(out, &first);
            text_add_json(out, slice_of(audiences[i].name));
        }
    }
    text_add_str(out, "],\"tell\":[");
    first = true;
    for (size_t i = 0; i < c->tell_count; i++) {
        add_comma(out, &first);
        text_add_json(out, slice_of(c->tell[i]->name));
    }
    text_add_str(out, "],\"within\":");
    if (c->within.len) {
        text_add_json(out, c->within);
    } else {
        text_add_str(out, "null");
    }
    text_add_format(out, ",\"people_only\":%s,\"confidence\":%.2f}",
                    c->people_only ? "true" : "false", c->confidence);
}

void proposal_add_json(struct text *out, const struct proposal *p)
{
    text_add_str(out, "{\"title\":");
    text_add_json(out, p->title);
    text_add_str(out, ",\"clauses\":[");
    for (size_t i = 0; i < p->clause_count; i++) {
        text_add_str(out, i ? ",\n" : "\n");
        add_clause_json(out, &p->clauses[i]);
    }
    text_add_str(out, "\n],\"roles\":[");
    for (size_t i = 0; i < p->role_count; i++) {
        text_add_str(out, i ? "," : "");
        text_add_json(out, slice_of(p->roles[i]->name));
    }
    text_add_str(out, "],\"official_routes\":[");
    for (size_t i = 0; i < p->route_count; i++) {
        text_add_str(out, i ? "," : "");
        text_add_json(out, p->routes[i]);
    }
    text_add_str(out, "],\"ages\":[");
    for (size_t i = 0; i < p->age_count; i++) {
        text_add_format(out, "%s%u", i ? "," : "", p->ages[i]);
    }
    text_add_str(out, "]}\n");
}

// A YAML double-quoted scalar is a JSON string, but for escaped slashes.
static void add_string(struct text *out, const char *key, struct slice value)
{
    text_add_str(out, key);
    text_add_json(out, value);
    text_add_str(out, "\n");
}

static void add_comment(struct text *out, const char *indent, struct slice s)
{
    struct slice line = slice_sub(s, 0, s.len);
    text_add_format(out, "%s# ", indent);
    for (size_t i = 0; i < line.len && i < COMMENT_BYTES; i++) {
        char c = line.ptr[i];
        bool cuts = (unsigned char)c >= 0xc0 && i + 4 > COMMENT_BYTES;
        if (cuts) {
            break;
        }
        text_add_char(out, (unsigned char)c < 0x20 ? ' ' : c);
    }
    text_add_str(out, line.len > COMMENT_BYTES ? " ...\n" : "\n");
}

static const char *const look_texts[] = {
    "unsure whether this is a rule, or what it forbids",
    "the categories come from the heading or from what introduces the list",
    "many categories: keep those that the clause really means",
    "the document does not say whom this binds",
    "police, local authority or parents are told by a person, never by the software",
    "has an exception that software cannot see"};
enum { LOOKS = sizeof(look_texts) / sizeof(look_texts[0]) };

static void add_looks(struct text *out, const struct proposal_clause *c)
{
    for (unsigned i = 0; i < LOOKS; i++) {
        if (c->looks >> i & 1) {
            text_add_format(out, "    # look: %s\n", look_texts[i]);
        }
    }
}

static bool is_told(const struct proposal *p, const char *role)
{
    for (size_t i = 0; i < p->clause_count; i++) {
        for (size_t k = 0; k < p->clauses[i].tell_count; k++) {
            if (strcmp(p->clauses[i].tell[k]->name, role) == 0) {
                return true;
            }
        }
    }
    return false;
}

// The roles of `default` (headteacher, dsl, ...) hold already; only others are added.
static void add_roles(struct text *out, const struct proposal *p,
                      const struct phrases *phrases)
{
    static const char *const have[] = {"headteacher",          "dsl",
                                       "data_protection_lead", "moderator",
                                       "technician",           "chair"};
    const struct phrase_group *groups;
    size_t count = phrases_groups(phrases, &groups);
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        const struct phrase_group *g = &groups[i];
        bool known = strcmp(g->kind, "role") != 0 || !is_told(p, g->name);
        for (size_t k = 0; k < sizeof(have) / sizeof(have[0]) && !known; k++) {
            known = strcmp(have[k], g->name) == 0;
        }
        if (known) {
            continue;
        }
        text_add_str(out, any ? "" : "roles: # put your people in `holders`\n");
        any = true;
        struct slice title = slice_of(g->title);
        struct slice plain = slice_starts_with(title, SLICE("the "))
                                 ? slice_sub(title, 4, title.len)
                                 : title;
        text_add_format(out, "  - {id: %s, title: \"%s\", otherwise: headteacher, ",
                        g->name, g->title);
        text_add_format(out, "holders: [\"%.*s\"], named: [\"%.*s\"]}\n",
                        SLICE_ARG(plain), SLICE_ARG(plain));
    }
}

static void add_names(struct text *out, const struct proposal_clause *c, bool outside)
{
    bool first = true;
    for (size_t i = 0; i < c->tell_count; i++) {
        if (is_outside(c->tell[i]) == outside) {
            text_add_str(out, first ? "" : ", ");
            text_add_str(out, outside ? c->tell[i]->title : c->tell[i]->name);
            first = false;
        }
    }
}

static unsigned outside_count(const struct proposal_clause *c)
{
    unsigned n = 0;
    for (size_t i = 0; i < c->tell_count; i++) {
        n += is_outside(c->tell[i]);
    }
    return n;
}

static const char *sample_of(const struct phrases *phrases, uint64_t categories)
{
    for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
        const struct phrase_group *g =
            categories >> k & 1
                ? phrases_group(phrases, "sample", category_info(k)->name)
                : NULL;
        if (g && g->count) {
            return phrases_line(phrases, g, 0);
        }
    }
    return "";
}

static void add_forbids(struct text *out, const struct proposal_clause *c)
{
    bool first = true;
    text_add_str(out, "    forbids: [");
    for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
        if (c->categories >> k & 1) {
            text_add_str(out, first ? "" : ", ");
            text_add_str(out, category_info(k)->name);
            first = false;
        }
    }
    text_add_str(out, "]\n");
}

// Whether all of them are: what is mixed stays open to those who handle the rest.
static bool is_safeguarding(uint64_t categories)
{
    for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
        if (categories >> k & 1 && (category_info(k)->family != FAMILY_SAFEGUARDING ||
                                    k == CATEGORY_UNDERAGE)) {
            return false;
        }
    }
    return categories != 0;
}

static void add_clause_yaml(struct text *out, const struct proposal_clause *c,
                            const struct phrases *phrases)
{
    text_add_format(out, "  - id: %.*s # line %u, confidence %.2f\n", SLICE_ARG(c->id),
                    c->line, c->confidence);
    add_looks(out, c);
    add_string(out, "    section: ", c->section);
    add_string(out, "    says: ", c->quote);
    text_add_str(out, "    applies_to: [");
    bool first = true;
    for (size_t i = 0; i < AUDIENCES; i++) {
        if (c->binds & audiences[i].bit) {
            text_add_str(out, first ? "" : ", ");
            text_add_str(out, audiences[i].name);
            first = false;
        }
    }
    text_add_str(out, "]\n");
    if (c->people_only) {
        text_add_str(out, "    people_only: true\n");
    } else {
        add_forbids(out, c);
    }
    if (c->tell_count > outside_count(c)) {
        text_add_str(out, "    tell: [");
        add_names(out, c, false);
        text_add_str(out, "]\n");
    }
    if (c->within.len) {
        add_string(out, "    within: ", c->within);
    }
    if (outside_count(c)) {
        text_add_str(out, "    advice: \"A person decides whether to tell ");
        add_names(out, c, true);
        text_add_str(out, ".\"\n");
    }
    if (is_safeguarding(c->categories)) {
        text_add_str(out, "    restricted: true\n");
    }
    const char *sample = sample_of(phrases, c->categories);
    if (*sample) {
        add_string(out, "    trigger: ", slice_of(sample));
    }
}

static void add_head(struct text *out, const struct proposal *p)
{
    size_t unsure = 0, people = 0;
    for (size_t i = 0; i < p->clause_count; i++) {
        unsure += p->clauses[i].looks != 0;
        people += p->clauses[i].people_only;
    }
    text_add_str(out,
                 "# Proposed by `hallmonitor policy derive` from the school's own "
                 "text. Read it beside\n# the document, then run `hallmonitor policy "
                 "lint` on it.\n");
    text_add_format(
        out,
        "# %zu clauses; %zu carry a note that starts with \"look\"; %zu are "
        "for people only.\n",
        p->clause_count, unsure, people);
    if (p->cut) {
        text_add_str(out,
                     "# The document has more rules than a pack holds; the rest is "
                     "missing here.\n");
    }
    if (!p->keep_days) {
        text_add_format(out,
                        "# The document does not say how long things are kept: %d days "
                        "are put in.\n",
                        RETENTION_DAYS);
    }
}

// The ids of some clauses as comment lines of readable width.
static void add_ids(struct text *out, const struct proposal *p, const char *what,
                    bool people_only)
{
    size_t column = 0;
    for (size_t i = 0; i < p->clause_count; i++) {
        const struct proposal_clause *c = &p->clauses[i];
        if (people_only ? !c->people_only : !c->looks) {
            continue;
        }
        if (column == 0) {
            text_add_format(out, "# %s\n#   ", what);
            column = 4;
        } else if (column + c->id.len > IDS_WIDTH) {
            text_add_str(out, "\n#   ");
            column = 4;
        }
        text_add_format(out, "%.*s ", SLICE_ARG(c->id));
        column += c->id.len + 1;
    }
    text_add_str(out, column ? "\n" : "");
}

static void add_left(struct text *out, const struct proposal *p)
{
    if (p->left_count) {
        text_add_str(out,
                     "# Not taken up, because it did not read like a rule about what "
                     "is written:\n");
    }
    for (size_t i = 0; i < p->left_count; i++) {
        add_comment(out, "", p->left[i]);
    }
}

static struct slice pack_id(const struct proposal *p, char out[64])
{
    struct slice from = p->school.len ? p->school : p->title;
    size_t n = 0;
    for (size_t i = 0; i < from.len && n < 50; i++) {
        char c = from.ptr[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            out[n++] = c;
        } else if (n && out[n - 1] != '-' && (c == ' ' || c == '-')) {
            out[n++] = '-';
        }
    }
    while (n && out[n - 1] == '-') {
        n--;
    }
    return n ? slice_make(out, n) : SLICE("school");
}

void proposal_add_yaml(struct text *out, const struct proposal *p,
                       const struct phrases *phrases)
{
    char id[64];
    add_head(out, p);
    add_string(out, "id: ", pack_id(p, id));
    add_string(out, "title: ", p->title.len ? p->title : SLICE("Policy"));
    if (p->school.len) {
        add_string(out, "school: ", p->school);
    }
    if (p->date.len) {
        add_string(out, "date: ", p->date);
    }
    if (p->review.len) {
        add_string(out, "review: ", p->review);
    }
    text_add_str(out, "extends: default\n");
    add_roles(out, p, phrases);
    text_add_str(out, p->clause_count ? "clauses:\n" : "clauses: []\n");
    for (size_t i = 0; i < p->clause_count; i++) {
        add_clause_yaml(out, &p->clauses[i], phrases);
    }
    if (p->route_count) {
        text_add_str(out, "official_routes:\n");
    }
    for (size_t i = 0; i < p->route_count; i++) {
        add_string(out, "  - ", p->routes[i]);
    }
    if (p->age_count) {
        text_add_str(out, "ages: [");
        for (size_t i = 0; i < p->age_count; i++) {
            text_add_format(out, "%s%u", i ? ", " : "", p->ages[i]);
        }
        text_add_str(out, "]\n");
    }
    text_add_format(out, "retention: {case_days: %u, evidence_days: %u}\n",
                    p->keep_days ? p->keep_days : RETENTION_DAYS,
                    p->keep_days ? p->keep_days : RETENTION_DAYS / 2);
    add_ids(out, p, "Want a person's eye (why is said with each):", false);
    add_ids(out, p, "Can be kept by people only:", true);
    add_left(out, p);
}
