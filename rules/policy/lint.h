/* SPDX-License-Identifier: MIT
 *
 * lint.h - what is questionable about a pack that can be loaded: clauses that nothing
 * tests, conflicts that nobody else takes over, sentences with unknown places.
 *
 * Shape   in: a loaded policy. out: one call of say() for each remark.
 */
#ifndef HM_RULES_LINT_H
#define HM_RULES_LINT_H

#include "rules/policy/policy.h"

// what and remedy are lent for the call.
typedef void policy_remark_fn(void *ctx, const char *path, unsigned line,
                              const char *what, const char *remedy);

// Remarks on the policy's own pack (the first), not on those that it builds on.
void policy_lint(const struct policy *p, policy_remark_fn *say, void *ctx);
// The pack file and line of a clause.
const char *policy_clause_path(const struct policy *p, const struct policy_clause *c);
unsigned policy_clause_line(const struct policy *p, const struct policy_clause *c,
                            const char *word);

#endif
