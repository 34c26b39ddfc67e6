/* SPDX-License-Identifier: MIT
 *
 * cmd_policy.h - the subcommands of `hallmonitor policy`, one file each, and what they
 * share.
 */
#ifndef HM_CMD_POLICY_H
#define HM_CMD_POLICY_H

#include "bot/base/text.h"
#include "bot/cmd/cmd.h"
#include "rules/policy/policy.h"

extern const struct command policy_derive, policy_check, policy_show, policy_diff,
    policy_coverage;

// "hallmonitor policy COMMAND: why" on stderr; returns the exit status.
int policy_complain(const char *command, enum fault f, const struct why *why);
// Reads FILE, or standard input for "-", as plain text; .docx, .odt, .rtf, .html and
// .pdf go through pandoc or pdftotext. ABSENT: the converter is not installed.
MUST_USE enum fault policy_source_read(struct text *out, const char *path,
                                       struct why *why);
// Writes text to standard output; returns the exit status.
int policy_print(const char *command, const struct text *t);

// A judge over the shipped rules, for commands that try messages.
struct policy_bench {
    struct ruleset *rs;
    struct judge *judge;
};
MUST_USE enum fault policy_bench_open(struct policy_bench *b, const char *data,
                                      struct why *why);
void policy_bench_close(struct policy_bench *b); // zeroed storage is fine
// Whether the clause's own `trigger` falls under the clause. INPUT: it cannot be read.
MUST_USE enum fault policy_bench_try(struct policy_bench *b, const struct policy *p,
                                     const struct policy_clause *c, bool *fires,
                                     struct why *why);

#endif
