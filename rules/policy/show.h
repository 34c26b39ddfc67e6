/* SPDX-License-Identifier: MIT
 *
 * show.h - a policy for people: a table for a terminal, a page for a headteacher.
 */
#ifndef HM_RULES_SHOW_H
#define HM_RULES_SHOW_H

#include "bot/base/text.h"
#include "rules/policy/policy.h"

// Columns of at most 110 characters; ends with the clauses that only people can keep.
void policy_add_table(struct text *out, const struct policy *p);
// One HTML page without scripts or anything from elsewhere; prints well. Everything that
// a pack says is escaped.
void policy_add_html(struct text *out, const struct policy *p);
// What is done when the clause is met, in words: "hidden, and a person is told".
const char *policy_action_words(const struct policy_clause *c);

#endif
