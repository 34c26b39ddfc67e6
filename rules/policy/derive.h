/* SPDX-License-Identifier: MIT
 *
 * derive.h - propose a pack from a school's own document: its rules as clauses with the
 * categories that they forbid, whom they bind, who is told and how fast, and what only
 * people can keep. Deterministic and offline; a person looks at it before it is used.
 *
 * Shape   in: plain text. out: a proposal, as JSON or as a pack file.
 * Owner   everything a proposal points to lives in the caller's arena and the phrases.
 */
#ifndef HM_RULES_DERIVE_H
#define HM_RULES_DERIVE_H

#include "bot/base/text.h"
#include "rules/policy/document.h"
#include "rules/policy/policy.h"

enum {
    PROPOSAL_CLAUSES_MOST = 240, // a pack holds POLICY_CLAUSES_MOST
    PROPOSAL_TELL_MOST = 6,
    PROPOSAL_ROUTES_MOST = 8,
    PROPOSAL_AGES_MOST = 8,
    PROPOSAL_LEFT_MOST = 60,
    QUOTE_BYTES = 1500,
};

enum audience_bit { BINDS_STAFF = 1, BINDS_PUPIL = 2, BINDS_PARENT = 4, BINDS_ALL = 8 };

// Why a person should look at a clause.
enum look_bit {
    LOOK_UNSURE = 1,     // low confidence
    LOOK_INHERITED = 2,  // categories come from the heading or the list's first words
    LOOK_MANY = 4,       // so many categories that some may be too much
    LOOK_AUDIENCE = 8,   // whom it binds is not said
    LOOK_OUTSIDE = 16,   // tells police, local authority or parents: a person's step
    LOOK_EXCEPTION = 32, // has an exception that software cannot see
};

struct proposal_clause {
    struct slice id, section, quote;
    unsigned line;
    uint64_t categories;                                 // bits of enum category
    unsigned binds;                                      // bits of enum audience_bit
    const struct phrase_group *tell[PROPOSAL_TELL_MOST]; // roles and outside bodies
    size_t tell_count;
    struct slice within; // "at once", "3 working days"; empty: not said
    bool people_only;
    bool forbids; // a prohibition, not a duty
    unsigned looks;
    double confidence; // 0..1
};

struct proposal {
    struct slice title, school, date, review; // dates as "2021" or "2021-03" or longer
    struct proposal_clause *clauses;
    size_t clause_count;
    const struct phrase_group *roles[POLICY_ROLES_MOST];
    size_t role_count;
    struct slice routes[PROPOSAL_ROUTES_MOST];
    size_t route_count;
    unsigned ages[PROPOSAL_AGES_MOST];
    size_t age_count;
    unsigned keep_days;                    // how long things are kept; 0: not said
    struct slice left[PROPOSAL_LEFT_MOST]; // sentences that may be rules, not taken up
    size_t left_count;
    bool cut; // the document has more rules than a pack holds
};

MUST_USE enum fault derive(struct proposal *out, struct slice text,
                           const struct phrases *p, struct arena *a, struct why *why);
void proposal_add_json(struct text *out, const struct proposal *p);
// A pack file that policy_load() accepts.
void proposal_add_yaml(struct text *out, const struct proposal *p,
                       const struct phrases *phrases);
// Titles, names, dates, ages, routes and retention; part of derive().
MUST_USE enum fault derive_facts(struct proposal *out, const struct document *d,
                                 const struct phrases *p, struct reading *r,
                                 struct arena *a);

#endif
