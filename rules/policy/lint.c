// SPDX-License-Identifier: MIT
#include "rules/policy/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rules/policy/pack.h"

enum { REMARK_BYTES = 400 };

struct linter {
    const struct policy *p;
    const char *path; // of the policy's own pack
    policy_remark_fn *say;
    void *ctx;
};

static void remark(const struct linter *l, unsigned line, const char *remedy,
                   const char *format, ...) PRINTF_LIKE(4, 5);

static void remark(const struct linter *l, unsigned line, const char *remedy,
                   const char *format, ...)
{
    char what[REMARK_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    l->say(l->ctx, l->path, line, what, remedy);
}

const char *policy_clause_path(const struct policy *p, const struct policy_clause *c)
{
    for (size_t i = 0; i < p->pack_count; i++) {
        if (slice_is(c->policy, p->packs[i]->id)) {
            return p->paths[i];
        }
    }
    return p->paths[0];
}

unsigned policy_clause_line(const struct policy *p, const struct policy_clause *c,
                            const char *word)
{
    return pack_line(policy_clause_path(p, c), c->id, word);
}

static uint64_t categories_told(const struct policy *p)
{
    uint64_t told = 0;
    for (size_t i = 0; i < p->clause_count; i++) {
        told |= p->clauses[i].tell_count ? p->clauses[i].categories : 0;
    }
    return told;
}

// Whether somebody should hear of what the clause forbids, and no clause says who.
static bool reaches_nobody(const struct policy_clause *c, uint64_t told)
{
    for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
        enum action_kind act =
            c->acts ? c->act : category_default_action(k, TARGET_STAFF);
        if ((c->categories & ~told) >> k & 1 && action_escalates(act)) {
            return true;
        }
    }
    return false;
}

static void lint_clause(const struct linter *l, const struct policy_clause *c,
                        uint64_t told)
{
    unsigned line = pack_line(l->path, c->id, NULL);
    if (c->people_only && c->categories) {
        remark(l, line, "take out one of the two",
               "clause %s: is for people only and forbids categories", c->id);
    }
    if (!c->people_only && (!c->trigger || !*c->trigger)) {
        remark(l, line, "add `trigger:` with a message that falls under it",
               "clause %s: nothing tests it", c->id);
    }
    if (!c->people_only && reaches_nobody(c, told)) {
        remark(l, line, "add `tell:` with a role",
               "clause %s: wants a person told, and no clause says who", c->id);
    }
    if (c->applies_to_count == 0) {
        remark(l, line, "add `applies_to: [all]` or staff, pupil, parent",
               "clause %s: does not say whom it binds", c->id);
    }
}

static bool is_told(const struct policy *p, const char *role)
{
    for (size_t i = 0; i < p->clause_count; i++) {
        for (unsigned k = 0; k < p->clauses[i].tell_count; k++) {
            if (strcmp(p->clauses[i].tell[k], role) == 0) {
                return true;
            }
        }
    }
    return false;
}

// A case about this role must reach somebody else.
static void lint_role(const struct linter *l, const struct policy_role *r)
{
    unsigned line = pack_line(l->path, r->id, NULL);
    if (!is_told(l->p, r->id)) {
        return;
    }
    if (!r->otherwise) {
        remark(l, line, "add `otherwise:` with another role",
               "role %s: a case about its holder goes to its holder", r->id);
    } else if (strcmp(r->otherwise, r->id) == 0) {
        remark(l, line, "name another role", "role %s: is its own `otherwise`", r->id);
    }
    if (r->named_count == 0) {
        remark(l, line, "add `named:` with the words that messages use",
               "role %s: a message about its holder cannot be told from others", r->id);
    }
}

static void lint_template(const struct linter *l, const char *key, const char *template)
{
    static const char *const places[] = {"{what}",    "{words}",  "{clause}",
                                         "{section}", "{policy}", "{routes}"};
    for (const char *at = template ? strchr(template, '{') : NULL; at;
         at = strchr(at + 1, '{')) {
        bool known = false;
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            known = known || strncmp(at, places[i], strlen(places[i])) == 0;
        }
        if (!known) {
            remark(l, pack_line(l->path, NULL, key),
                   "use {what} {words} {clause} {section} {policy} {routes}",
                   "sentences: %s has a place that nothing fills: %.20s", key, at);
        }
    }
}

static void lint_without(const struct linter *l)
{
    const struct pack *own = l->p->packs[0];
    for (unsigned i = 0; i < own->without_count; i++) {
        bool found = false;
        for (size_t k = 1; k < l->p->pack_count; k++) {
            for (unsigned n = 0; n < l->p->packs[k]->clauses_count; n++) {
                found = found ||
                        strcmp(own->without[i], l->p->packs[k]->clauses[n].id) == 0;
            }
        }
        if (!found) {
            remark(l, pack_line(l->path, NULL, "without"), "take it out",
                   "without: no pack below has a clause %s", own->without[i]);
        }
    }
}

void policy_lint(const struct policy *p, policy_remark_fn *say, void *ctx)
{
    struct linter l = {p, p->paths[0], say, ctx};
    const struct pack *own = p->packs[0];
    uint64_t told = categories_told(p);
    for (size_t i = 0; i < p->clause_count; i++) {
        if (slice_is(p->clauses[i].policy, own->id)) {
            lint_clause(&l, &p->clauses[i], told);
        }
    }
    for (unsigned i = 0; i < own->roles_count; i++) {
        lint_role(&l, &own->roles[i]);
    }
    lint_without(&l);
    if (own->sentences) {
        lint_template(&l, "hidden", own->sentences->hidden);
        lint_template(&l, "escalated", own->sentences->escalated);
        lint_template(&l, "noted", own->sentences->noted);
        lint_template(&l, "reply", own->sentences->reply);
        lint_template(&l, "complaint", own->sentences->complaint);
    }
    if (own->clauses_count == 0) {
        remark(&l, 1, "add clauses, or use the pack that it builds on",
               "the pack has no clauses of its own");
    }
}
