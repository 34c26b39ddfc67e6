// SPDX-License-Identifier: MIT
#include "rules/policy/show.h"

#include <string.h>

#include "rules/policy/pack.h"

enum { COLUMNS = 6, CELL_LINES_MOST = 60, SAYS_WIDTH = 100 };

static const char *action_words(enum action_kind a)
{
    static const char *const words[] = {[ACTION_ALLOW] = "stays",
                                        [ACTION_NOTE] = "noted, stays",
                                        [ACTION_ESCALATE] = "stays, a person is told",
                                        [ACTION_HIDE] = "hidden",
                                        [ACTION_HIDE_ESCALATE] =
                                            "hidden, a person is told"};
    return words[a];
}

const char *policy_action_words(const struct policy_clause *c)
{
    if (c->people_only) {
        return "kept by people";
    }
    if (c->acts) {
        return action_words(c->act);
    }
    enum action_kind most = ACTION_ALLOW;
    bool differ = false;
    for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
        if (c->categories >> k & 1) {
            enum action_kind a = category_default_action(k, TARGET_STAFF);
            differ = differ || (most != ACTION_ALLOW && a != most);
            most = a > most ? a : most;
        }
    }
    return differ ? "depends on what is found" : action_words(most);
}

static void add_list(struct text *out, char *const *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        text_add_str(out, i ? ", " : "");
        text_add_str(out, words[i]);
    }
}

// The forbidden categories as the pack wrote them: families stay families.
static void add_forbids(struct text *out, const struct policy_clause *c)
{
    if (c->people_only) {
        text_add_str(out, "-");
    }
    add_list(out, c->forbids, c->forbids_count);
}

static size_t width_of(struct slice s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    }
    return n;
}

// Takes the next line of at most `width` characters off s, between words if it can.
static struct slice take_line(struct slice *s, size_t width)
{
    struct slice rest = slice_trim(*s);
    size_t end = 0, cut = 0, columns = 0;
    while (end < rest.len && columns < width) {
        columns += ((unsigned char)rest.ptr[end] & 0xc0) != 0x80;
        end++;
        while (end < rest.len && ((unsigned char)rest.ptr[end] & 0xc0) == 0x80) {
            end++;
        }
        if (end == rest.len || rest.ptr[end] == ' ') {
            cut = end;
        }
    }
    cut = cut ? cut : end;
    *s = slice_sub(rest, cut, rest.len);
    return slice_trim(slice_sub(rest, 0, cut));
}

static const size_t widths[COLUMNS] = {20, 22, 26, 15, 15, 8};

static void add_row(struct text *out, const struct slice cells[COLUMNS])
{
    struct slice rest[COLUMNS];
    memcpy(rest, cells, sizeof(rest));
    for (unsigned n = 0; n < CELL_LINES_MOST; n++) {
        bool any = false;
        for (size_t i = 0; i < COLUMNS; i++) {
            any = any || slice_trim(rest[i]).len;
        }
        if (!any) {
            return;
        }
        for (size_t i = 0; i < COLUMNS; i++) {
            struct slice line = take_line(&rest[i], widths[i]);
            text_add(out, line);
            for (size_t k = width_of(line); i + 1 < COLUMNS && k < widths[i] + 1; k++) {
                text_add_char(out, ' ');
            }
        }
        while (out->len && out->ptr[out->len - 1] == ' ') {
            out->ptr[--out->len] = '\0';
        }
        text_add_char(out, '\n');
    }
}

static void add_says(struct text *out, const char *says)
{
    struct slice rest = slice_of(says);
    while (slice_trim(rest).len) {
        text_add_str(out, "    ");
        text_add(out, take_line(&rest, SAYS_WIDTH));
        text_add_char(out, '\n');
    }
}

static void add_clause_row(struct text *out, const struct policy_clause *c)
{
    struct text forbids, tell;
    text_init(&forbids, 4096);
    text_init(&tell, 1024);
    add_forbids(&forbids, c);
    add_list(&tell, c->tell, c->tell_count);
    const struct slice cells[COLUMNS] = {
        slice_of(c->id),      slice_of(c->section),
        text_slice(&forbids), slice_of(policy_action_words(c)),
        text_slice(&tell),    slice_of(c->within)};
    add_row(out, cells);
    add_says(out, c->says);
    text_finish(&forbids);
    text_finish(&tell);
}

static void add_head(struct text *out, const struct policy *p)
{
    const struct policy_doc *d = &p->document;
    text_add_format(out, "%s%s%s\n", d->school ? d->school : "", d->school ? ": " : "",
                    d->title);
    text_add_format(out, "pack %s", d->id);
    text_add_format(out, "%s%s", d->date ? ", of " : "", d->date ? d->date : "");
    text_add_format(out, "%s%s\n", d->review ? ", to be reviewed " : "",
                    d->review ? d->review : "");
    const struct pack_retention *r = pack_retention(p);
    text_add_format(out, "cases are kept %u days, their evidence %u days\n\n",
                    r->case_days, r->evidence_days ? r->evidence_days : r->case_days);
}

static void add_roles(struct text *out, const struct policy *p)
{
    text_add_str(out, "\nWho is told, and who instead when a case is about them\n");
    for (size_t i = 0; i < p->role_count; i++) {
        const struct policy_role *r = p->roles[i];
        text_add_format(out, "    %-22s ", r->id);
        add_list(out, r->holders, r->holders_count);
        text_add_format(out, " -> %s\n", r->otherwise ? r->otherwise : "nobody");
    }
}

static void add_routes(struct text *out, const struct policy *p)
{
    for (size_t i = 0; i < p->pack_count; i++) {
        const struct pack *pack = p->packs[i];
        if (pack->official_routes_count == 0) {
            continue;
        }
        text_add_str(out, "\nWhere complaints go, in this order\n");
        for (unsigned k = 0; k < pack->official_routes_count; k++) {
            text_add_format(out, "    %u. %s\n", k + 1, pack->official_routes[k]);
        }
        return;
    }
}

static void add_clauses(struct text *out, const struct policy *p, bool people_only)
{
    for (size_t i = 0; i < p->clause_count; i++) {
        const struct policy_clause *c = &p->clauses[i];
        if (c->people_only != people_only) {
            continue;
        }
        if (people_only) {
            text_add_format(out, "  %s (%s)\n", c->id, c->section);
            add_says(out, c->says);
        } else {
            add_clause_row(out, c);
        }
    }
}

void policy_add_table(struct text *out, const struct policy *p)
{
    static const struct slice head[COLUMNS] = {{"CLAUSE", 6},  {"SECTION", 7},
                                               {"FORBIDS", 7}, {"WHAT IS DONE", 12},
                                               {"TOLD", 4},    {"HOW FAST", 8}};
    add_head(out, p);
    add_row(out, head);
    add_clauses(out, p, false);
    text_add_str(out, "\nOnly people can keep these\n");
    add_clauses(out, p, true);
    add_roles(out, p);
    add_routes(out, p);
}
