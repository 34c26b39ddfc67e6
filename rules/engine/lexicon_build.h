/* SPDX-License-Identifier: MIT
 *
 * lexicon_build.h - what a lexicon keeps while it is built, for lexicon.c and
 * lexicon_finish.c.
 */
#ifndef HM_RULES_LEXICON_BUILD_H
#define HM_RULES_LEXICON_BUILD_H

#include "rules/engine/lexicon.h"

struct direct {
    uint16_t class;
    uint32_t next; // 0: last
};

struct pair {
    uint32_t a, b;
};

struct build_alias {
    uint32_t words[ALIAS_WORDS_MOST];
    uint8_t count;
};

struct lexicon_build {
    struct table by_name; // slice_hash of a name to class + 1
    struct table by_key;  // token_key to word id
    size_t class_cap, word_cap, key_cap, alias_cap, node_cap, head_cap, parent_cap;
    struct build_alias *aliases; // by word id
    uint32_t *heads;             // by node: into directs
    uint32_t *parents;           // by node
    struct direct *directs;
    size_t direct_count, direct_cap;
    struct pair *includes; // whole, part
    size_t include_count, include_cap;
    struct pair *members; // class, word
    size_t member_count, member_cap;
    size_t listed_cap;
    // Closure of one class after the other.
    uint32_t *stamps;
    uint16_t *stack;
    uint32_t stamp;
};

void lexicon_build_destroy(struct lexicon_build *b); // NULL is fine
// The node after `word`, 0 when no phrase goes on so.
uint32_t lexicon_edge(const struct lexicon *lex, uint32_t node, uint32_t word);

#endif
