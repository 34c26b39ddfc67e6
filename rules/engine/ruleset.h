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

struct classifier;
struct roster_index;
struct patterns;

enum { SIGNALS_MOST = 16, CONTEXT_CLASSES_MOST = 64 };

// A class that rules look for in earlier messages, and its name's hash, which outlives
// a generation.
struct context_class {
    uint32_t hash;
    uint16_t class;
};

struct ruleset {
    atomic_uint refs;
    struct lexicon *lex;
    struct rule_set rules;
    struct arena strings; // ids, sentences, names: lives as long as the ruleset
    struct roster_index *roster;
    // While loading, words that nobody can write; then what those belong to.
    uint32_t builtin_lists[BUILTIN_COUNT];
    uint32_t *detector_lists; // by detector
    struct patterns *patterns;
    struct classifier *classifier; // NULL: there is no model
    struct reader_aids aids;
    struct school_profile *school;  // own copy in strings; NULL: none
    uint16_t signals[SIGNALS_MOST]; // classes "groom.*": signs that may add up
    size_t signal_count;
    struct context_class context_classes[CONTEXT_CLASSES_MOST];
    size_t context_class_count;
};

#endif
