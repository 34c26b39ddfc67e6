/* SPDX-License-Identifier: MIT
 *
 * pack.h - one pack file as it stands in YAML, and the policy that several make together.
 * Private to rules/policy.
 */
#ifndef HM_RULES_PACK_H
#define HM_RULES_PACK_H

#include <stdatomic.h>

#include "bot/base/paths.h"
#include "rules/policy/policy.h"

struct pack_retention {
    unsigned case_days;     // how long a case may be kept
    unsigned evidence_days; // how long its evidence may be; 0: as long as the case
};

struct pack_sentences {
    char *hidden; // {what} {words} {clause} {section} {policy} stand for themselves
    char *escalated;
    char *noted;
    char *reply; // what the author is told when a message is hidden
    char *
        complaint; // what somebody who complains is told; {routes} stands for the routes
};

struct pack {
    char *id;
    char *title;
    char *date;
    char *review;
    char *school;
    char *extends;
    char **without; // clause ids of the packs below that do not hold here
    unsigned without_count;
    struct policy_role *roles;
    unsigned roles_count;
    struct policy_clause *clauses;
    unsigned clauses_count;
    char **official_routes; // for complaints, in order
    unsigned official_routes_count;
    unsigned *ages; // minimum ages the document names
    unsigned ages_count;
    struct pack_retention retention;
    struct pack_sentences *sentences;
    char **monitoring; // counts the school keeps
    unsigned monitoring_count;
};

struct policy {
    atomic_uint refs;
    struct pack *packs[POLICY_EXTENDS_MOST]; // the school's own first
    char paths[POLICY_EXTENDS_MOST][PATH_BYTES];
    size_t pack_count;
    const struct policy_role *roles[POLICY_ROLES_MOST];
    size_t role_count;
    struct policy_clause clauses[POLICY_CLAUSES_MOST];
    size_t clause_count;
    struct policy_doc document;
};

MUST_USE enum fault pack_load(struct pack **out, const char *path, struct why *why);
void pack_close(struct pack *pack);
// The line of a pack file where `word` stands in the clause or role `id` (NULL: anywhere);
// the line of the id when the word is not found, else 1. For messages to people.
unsigned pack_line(const char *path, const char *id, const char *word);
const struct policy_role *policy_find_role(const struct policy *p, const char *id);
// The nearest pack's that says anything.
const struct pack_retention *pack_retention(const struct policy *p);

#endif
