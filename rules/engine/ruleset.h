/* SPDX-License-Identifier: MIT
 *
 * ruleset.h - the inside of a ruleset, for the engine's own files.
 */
#ifndef HM_RULES_RULESET_H
#define HM_RULES_RULESET_H

#include <stdatomic.h>

#include "rules/engine/rule.h"
#include "rules/engine/scan.h"
#include "rules/rules.h"

struct roster_index;
struct patterns;

struct ruleset {
    atomic_uint refs;
    struct lexicon *lex;
    struct rule_set rules;
    struct arena strings; // ids, sentences, names: lives as long as the ruleset
    struct roster_index *roster;
    uint32_t builtin_words[BUILTIN_COUNT]; // word that lists what to emit
    struct patterns *patterns;
    uint32_t *detector_words; // by detector: word that lists what to emit
    struct reader_aids aids;
    struct school_profile *school; // own copy in strings; NULL: none
    size_t lexicon_entries;        // rows read, for `rules lint`
};

#endif
