/* SPDX-License-Identifier: MIT
 *
 * phrase_table.h - the phrase tables in memory. Private to phrases*.c.
 */
#ifndef HM_RULES_PHRASE_TABLE_H
#define HM_RULES_PHRASE_TABLE_H

#include "bot/base/arena.h"
#include "rules/policy/phrases.h"

enum {
    TABLE_BYTES = 1 << 20,
    PATTERNS_MOST = 4096,
    ELEMENTS_MOST = 16000,
    SETS_MOST = 96,
    GLUE_MOST = 2000,
    AGE_WORD_LEAST = 6, // "one" to "five" are mostly no numbers that matter
    WORD_BYTES = 40,
    GAP_NEAR = 8,
    GAP_FAR = 24,
    WEIGHT_PLAIN = 3,
    SLOTS = 8192, // of the table of whole words; a power of two
};

struct element {
    bool optional,
        negated_start; // negated_start: begins a conjunct that must not stand
    bool opens_conjunct, anchored, number;
    unsigned gap; // tokens that may lie before it
    size_t first_choice, choice_count;
};

struct pattern {
    size_t first, count; // elements
    unsigned weight;
    const char *line;
};

struct choice {
    bool is_set;
    unsigned index; // of a term or a set
    size_t glued;   // further terms, "social+media"; they lie in glue
    size_t first_glue;
};

struct term {
    const char *word;
    size_t len;
};

struct phrases {
    struct arena arena;
    struct phrase_group groups[PHRASE_GROUPS_MOST];
    size_t group_count;
    struct pattern patterns[PATTERNS_MOST];
    size_t pattern_count;
    struct element elements[ELEMENTS_MOST];
    size_t element_count;
    struct choice choices[ELEMENTS_MOST];
    size_t choice_count;
    unsigned glue[GLUE_MOST];
    size_t glue_count;
    struct term terms[PHRASE_TERMS_MOST];
    bool prefix[PHRASE_TERMS_MOST];
    size_t term_count;
    unsigned slots[SLOTS];        // whole words: term + 1
    unsigned by_letter[256][200]; // prefixes by their first byte
    unsigned by_letter_count[256];
    size_t sets[SETS_MOST]; // groups of kind "set"
    size_t set_count;
};

// The slot of a whole word: its own, or the free one where it would go.
size_t phrases_slot(const struct phrases *p, struct slice word);

#endif
