// SPDX-License-Identifier: MIT
#include "rules/policy/pack.h"
#include "rules/policy/show.h"

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 "
    "1em;"
    "color:#1b1b1b;background:#fff}"
    "h1{font-size:1.6em;margin-bottom:0}h2{font-size:1.2em;margin-top:2em}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.5em .6em;border-bottom:1px "
    "solid "
    "#ccc}thead th{border-bottom:2px solid #333}"
    ".small{color:#555;font-size:.85em}.once{font-weight:bold}"
    "@media "
    "print{body{font-size:11px;max-width:none;margin:0}thead{display:table-header-"
    "group}tr{break-inside:avoid}h2{break-after:avoid}}";

static void add_escaped(struct text *out, const char *s)
{
    text_add_html(out, slice_of(s));
}

static void add_element(struct text *out, const char *open, const char *s,
                        const char *close)
{
    text_add_str(out, open);
    add_escaped(out, s);
    text_add_str(out, close);
}

static void add_cell_list(struct text *out, char *const *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        text_add_str(out, i ? ", " : "");
        add_escaped(out, words[i]);
    }
}

static const char *binds_words(const char *word)
{
    static const struct {
        const char *word, *plain;
    } known[] = {{"all", "everybody"},
                 {"staff", "staff"},
                 {"pupil", "pupils"},
                 {"parent", "parents"}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (slice_is(slice_of(word), known[i].word)) {
            return known[i].plain;
        }
    }
    return word;
}

// What the categories are, in plain words: "an insult; bullying".
static void add_categories(struct text *out, const struct policy_clause *c)
{
    bool first = true;
    for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
        if (c->categories >> k & 1) {
            text_add_str(out, first ? "" : "; ");
            add_escaped(out, category_info(k)->phrase);
            first = false;
        }
    }
}

static void add_told(struct text *out, const struct policy *p,
                     const struct policy_clause *c)
{
    for (unsigned i = 0; i < c->tell_count; i++) {
        const struct policy_role *r = policy_find_role(p, c->tell[i]);
        text_add_str(out, i ? ", " : "");
        add_escaped(out, r ? r->title : c->tell[i]);
    }
    if (c->within) {
        add_element(out, c->at_once ? "<br><span class=once>" : "<br><span>", c->within,
                    "</span>");
    }
}

static void add_row(struct text *out, const struct policy *p,
                    const struct policy_clause *c)
{
    add_element(out, "<tr><th scope=row>", c->section, "");
    add_element(out, "<br><span class=small>", c->id, "</span></th><td>");
    add_escaped(out, c->says);
    text_add_str(out, "<br><span class=small>Binds ");
    for (unsigned i = 0; i < c->applies_to_count; i++) {
        text_add_str(out, i ? ", " : "");
        add_escaped(out, binds_words(c->applies_to[i]));
    }
    text_add_str(out, ".");
    if (!c->people_only) {
        text_add_str(out, " Looks for: ");
        add_categories(out, c);
        text_add_str(out, ".");
    }
    if (c->advice) {
        add_element(out, " Then: ", c->advice, "");
    }
    text_add_str(out, "</span></td>");
    if (!c->people_only) {
        add_element(out, "<td>", policy_action_words(c), "");
        text_add_str(
            out, c->restricted ? "<br><span class=small>seen by few only</span>" : "");
        text_add_str(out,
                     c->never_store ? "<br><span class=small>never stored</span>" : "");
        text_add_str(out, "</td><td>");
        add_told(out, p, c);
        text_add_str(out, "</td>");
    }
    text_add_str(out, "</tr>\n");
}

static void add_rows(struct text *out, const struct policy *p, bool people_only,
                     bool own)
{
    for (size_t i = 0; i < p->clause_count; i++) {
        const struct policy_clause *c = &p->clauses[i];
        if (c->people_only == people_only &&
            slice_is(c->policy, p->packs[0]->id) == own) {
            add_row(out, p, c);
        }
    }
}

static bool has_rows(const struct policy *p, bool people_only, bool own)
{
    for (size_t i = 0; i < p->clause_count; i++) {
        const struct policy_clause *c = &p->clauses[i];
        if (c->people_only == people_only &&
            slice_is(c->policy, p->packs[0]->id) == own) {
            return true;
        }
    }
    return false;
}

static void add_table(struct text *out, const struct policy *p, const char *title,
                      bool people_only, bool own)
{
    if (!has_rows(p, people_only, own)) {
        return;
    }
    add_element(out, "<h2>", title,
                "</h2>\n<table><thead><tr><th>Where</th><th>What the "
                "document asks</th>");
    text_add_str(out, people_only ? "" : "<th>What is done</th><th>Who is told</th>");
    text_add_str(out, "</tr></thead><tbody>\n");
    add_rows(out, p, people_only, own);
    text_add_str(out, "</tbody></table>\n");
}

static void add_roles(struct text *out, const struct policy *p)
{
    text_add_str(out,
                 "<h2>Who is told</h2>\n<table><thead><tr><th>Role</th><th>Held "
                 "by</th><th>When a case is about them</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < p->role_count; i++) {
        const struct policy_role *r = p->roles[i];
        const struct policy_role *other =
            r->otherwise ? policy_find_role(p, r->otherwise) : NULL;
        add_element(out, "<tr><th scope=row>", r->title, "</th><td>");
        add_cell_list(out, r->holders, r->holders_count);
        add_element(out, "</td><td>", other ? other->title : "nobody else",
                    "</td></tr>\n");
    }
    text_add_str(out, "</tbody></table>\n");
}

static void add_routes(struct text *out, const struct policy *p)
{
    for (size_t i = 0; i < p->pack_count; i++) {
        const struct pack *pack = p->packs[i];
        if (pack->official_routes_count == 0) {
            continue;
        }
        text_add_str(out, "<h2>Where complaints go</h2>\n<ol>\n");
        for (unsigned k = 0; k < pack->official_routes_count; k++) {
            add_element(out, "<li>", pack->official_routes[k], "</li>\n");
        }
        text_add_str(out, "</ol>\n");
        return;
    }
}

void policy_add_html(struct text *out, const struct policy *p)
{
    const struct policy_doc *d = &p->document;
    const struct pack_retention *r = pack_retention(p);
    text_add_str(out, "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<meta "
                      "name=viewport content=\"width=device-width\">\n");
    add_element(out, "<title>", d->title, "</title>\n<style>");
    text_add_str(out, style);
    add_element(out, "</style>\n<h1>", d->title, "</h1>\n<p>");
    add_escaped(out, d->school);
    if (d->date) {
        add_element(out, " &middot; ", d->date, "");
    }
    if (d->review) {
        add_element(out, " &middot; to be reviewed ", d->review, "");
    }
    text_add_format(
        out,
        "</p>\n<p class=small>Cases are kept %u days, their evidence %u days."
        "</p>\n",
        r->case_days, r->evidence_days ? r->evidence_days : r->case_days);
    add_table(out, p, "What messages are checked for", false, true);
    add_table(out, p, "What only people can keep", true, true);
    add_table(out, p, "General rules that hold as well", false, false);
    add_roles(out, p);
    add_routes(out, p);
    text_add_str(out, "</html>\n");
}
