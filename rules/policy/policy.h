/* SPDX-License-Identifier: MIT
 *
 * policy.h - a school's own policy as a pack: which clause forbids what, what is done,
 * who is told and how fast. The YAML is documented in docs/hallmonitor-policy.5.
 *
 * Shape   in: a draft verdict's findings. out: the same with clauses, action, severity
 *         floor, routes, explanation and reply.
 * Owner   what policy_apply() adds lives in the caller's arena or in the policy.
 * Thread  a policy is read only once it is loaded.
 */
#ifndef HM_RULES_POLICY_H
#define HM_RULES_POLICY_H

#include "bot/base/arena.h"
#include "rules/rules.h"

enum {
    POLICY_CLAUSES_MOST = 256,
    POLICY_ROLES_MOST = 32,
    POLICY_EXTENDS_MOST = 8, // packs that build on one another
};

struct policy_role {
    char *id;        // "headteacher"
    char *title;     // "the headteacher", for sentences
    char *otherwise; // role that takes over when a case is about this one; may be NULL
    char **holders;  // titles of the people who hold it, each is told; may be empty
    unsigned holders_count;
    char **named; // words by which messages name this role ("the head")
    unsigned named_count;
};

struct policy_condition {
    char **author; // author roles; empty: any
    unsigned author_count;
    char **target; // targets; empty: any
    unsigned target_count;
    char **channel; // audiences; empty: any
    unsigned channel_count;
    char *severity_from; // least severity; NULL: any
};

struct policy_clause {
    char *id;
    char *section;
    char *says;        // in our own words
    char **applies_to; // staff, pupil, parent, all
    unsigned applies_to_count;
    char **forbids; // categories or families ("abuse.*")
    unsigned forbids_count;
    struct policy_condition *when;
    char *action;   // NULL: the taxonomy's default
    char *severity; // floor; NULL: none
    char **tell;    // role ids
    unsigned tell_count;
    char *within; // "at once", "same day", "24 hours", "3 working days"
    char **legal; // legal headings
    unsigned legal_count;
    char **serves; // requirement ids
    unsigned serves_count;
    char *advice;  // for the moderator
    char *trigger; // a message that falls under the clause
    bool people_only;
    bool never_store;
    bool restricted;
    unsigned mute_hours;

    // Resolved on load.
    uint64_t categories;                  // bits of enum category
    uint32_t authors, targets, audiences; // bits; 0: any
    enum severity from, floor;
    bool acts;
    enum action_kind act;
    bool at_once;
    struct slice policy; // id of the pack that the clause stands in
};

struct policy_doc {
    char *id;
    char *title;
    char *date;
    char *review;
    char *school;
};

const struct policy_clause *policy_clauses(const struct policy *p, size_t *count);
const struct policy_role *policy_roles(const struct policy *p, size_t *count);
const struct policy_doc *policy_document(const struct policy *p);

// Completes a verdict: m says who wrote where; findings are the judge's. Verdicts without
// findings become "allow". MEMORY: *v keeps its findings, the rest is the default.
MUST_USE enum fault policy_apply(const struct policy *p, const struct judge_message *m,
                                 struct arena *a, struct verdict *v);

#endif
