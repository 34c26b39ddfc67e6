/* SPDX-License-Identifier: MIT
 *
 * rulefile.h - read rules/detectors/NAME.yaml as people wrote it.
 *
 * Lists of elements (match, also, unless, when) are kept as text: their quotes and
 * marks ("by", ?x, !x) mean something to us that YAML would take away.
 *
 * Owner   the caller; rule_sources_free().
 * Faults  INPUT: why names file, line and rule.
 */
#ifndef HM_RULES_RULEFILE_H
#define HM_RULES_RULEFILE_H

#include "bot/base/text.h"

struct rule_source {
    char *id;
    char *category;
    char *match;
    char **also;
    unsigned also_count;
    char *unless; // NULL: nothing
    char *when;   // NULL: always
    char *target; // NULL: by the match
    char *severity;
    unsigned confidence; // percent; 0: not said
    char *because;
    char *span;  // "sentence": findings quote all of it; NULL: the match
    char *group; // protected characteristic, for abuse.hate; NULL: none
    char **yes;
    unsigned yes_count;
    char **no;
    unsigned no_count;
};

MUST_USE enum fault rule_sources_read(const char *name, struct slice bytes,
                                      struct rule_source **out, unsigned *count,
                                      struct why *why);
void rule_sources_free(struct rule_source *sources, unsigned count);
// Line of the rule with that id in the file, 0 when absent.
unsigned rule_source_line(struct slice bytes, const char *id);

// Turns the lists of elements into quoted YAML strings, lines kept. For tests.
MUST_USE enum fault rule_quote_lists(struct text *out, struct slice bytes);

#endif
