/* SPDX-License-Identifier: MIT
 *
 * lexicon.h - word classes and the trie that finds their members.
 *
 * Built once (classes, words, phrases, inclusions, spellings), then finished, arranged
 * and only read. What a message costs:
 *
 *   a word     one probe of `tags`, one of `words`: its list, and the node where phrases
 *              go on
 *   a phrase   one bit of `hints` for each word after it; only where that is set, one
 *              probe of `steps`, which holds both the next node and its list
 *   a list     (lists.h) what a word or phrase belongs to, as a row of bits
 *
 * Owner   the ruleset.
 */
#ifndef HM_RULES_LEXICON_H
#define HM_RULES_LEXICON_H

#include "bot/base/text.h"
#include "rules/engine/table.h"

enum { LEXICON_CLASSES_MOST = 60000, PHRASE_WORDS_MOST = 12, ALIAS_WORDS_MOST = 4 };

enum class_flag {
    CLASS_EVASIVE = 1 << 0, // deobfuscation may produce its words
    CLASS_USED = 1 << 1,    // a rule, a guard or the engine asks for it
    CLASS_DEFINED = 1 << 2, // has a section of its own, or belongs to the engine
    CLASS_GROUP = 1 << 3    // its name begins with "group.": who is protected
};

struct word_class {
    char *name;
    uint8_t flags;
    uint32_t weight; // how common its members are; for choosing anchors
};

enum word_flag {
    WORD_EVASIVE = 1 << 0, // may be produced by undoing an evasion
    WORD_ALIAS = 1 << 1    // stands for other words
};

// What one word means; 32 bytes, found by its key.
struct word {
    uint64_t key; // 0: empty slot
    uint32_t id;
    uint32_t list;       // of the word alone; 0: it belongs to no class
    uint32_t node;       // where phrases that begin with it go on; 0: none do
    uint32_t alias;      // into lexicon.aliases: what it stands for
    uint8_t alias_count; //
    uint8_t flags;       // enum word_flag
};

struct node {
    uint32_t list;
    bool goes_on; // some phrase has a word after it
};

// A way from one node to the next, in a table of open addressing.
struct step {
    uint64_t key;  // node and word; 0: empty slot
    uint32_t node; // where it leads; 0: no phrase goes on from there
    uint32_t list; // of the phrase that ends there; 0: none does
};

// What a word or phrase belongs to; list 0 is empty. Those with the same classes share
// one.
struct list {
    uint32_t classes; // into lexicon.members: loud classes, then quiet ones, rising
    uint16_t loud;    // see lists.h
    uint16_t quiet;   //
    uint32_t row;     // into lexicon.rows: bits of its common classes; 0: in the tail
    uint32_t tail;    // into lexicon.tails: its classes that are in no row, rising
    uint16_t tail_count;
    bool engine; // the engine's own classes are among the loud ones
};

struct lexicon {
    struct word_class *classes;
    size_t class_count;
    // Finished:
    struct word *words; // open addressing, word_slots a power of two
    uint32_t *tags;     // by slot: upper half of the key, 0: empty; small enough to
                        // stay in the cache
    size_t word_slots;
    struct node *nodes; // 0 is the root and never ends a phrase
    size_t node_count;
    struct list *lists;
    size_t list_count;
    uint16_t *members;
    size_t member_count;
    uint32_t *aliases;
    // Arranged:
    struct step *steps;
    unsigned step_bits;     // slots are two to that power
    uint64_t *hints;        // a bit for each step, by its key's hash
    uint64_t *rows;         // LIST_ROW words each; row 0 is empty
    uint16_t *tails;        //
    uint16_t named_limit;   // classes below it have names of their own, see lists.h
    struct table edges;     // node and word to node, until arranged
    struct table reversed;  // key of an evasive word backwards, to its word id
    struct table collapsed; // key with runs of a letter made one, to its word id
    uint64_t *keys;         // by word id
    const char **spelled;   // by word id
    size_t word_count;      // ids are 1 .. word_count
    struct lexicon_build *build; // NULL once finished
};

// For the files that build and read the tables of open addressing.
#define LEXICON_TAG(key)       ((uint32_t)((key) >> 32) | 1)
#define LEXICON_STEP_HASH(key) ((key)*0x9E3779B97F4A7C15u)
enum { LEXICON_HINT_BITS = 3 }; // hints are eight times as many as slots of steps

MUST_USE enum fault lexicon_create(struct lexicon **out, struct why *why);
void lexicon_destroy(struct lexicon *lex); // NULL is fine

// Class of that name, made when it is new. LIMIT: too many. Building only.
MUST_USE enum fault lexicon_class(struct lexicon *lex, struct slice name,
                                  uint16_t *out);
bool lexicon_find_class(const struct lexicon *lex, struct slice name, uint16_t *out);
// Every member of `part` is a member of `whole` too.
MUST_USE enum fault lexicon_include(struct lexicon *lex, uint16_t whole, uint16_t part);
// Id of a word as the tokeniser writes it.
MUST_USE enum fault lexicon_word(struct lexicon *lex, struct slice spelled,
                                 uint32_t *out);
// Its id while building, 0 when no word is spelled so yet.
uint32_t lexicon_known(const struct lexicon *lex, struct slice spelled);
MUST_USE enum fault lexicon_phrase(struct lexicon *lex, uint16_t class,
                                   const uint32_t *words, size_t count);
MUST_USE enum fault lexicon_alias(struct lexicon *lex, uint32_t word,
                                  const uint32_t *stands_for, size_t count);
// Words that an alias leads to, while building; count 0: no alias.
size_t lexicon_alias_of(const struct lexicon *lex, uint32_t word,
                        uint32_t out[ALIAS_WORDS_MOST]);
// Turns everything into what is read. Classes without CLASS_USED vanish from lists.
MUST_USE enum fault lexicon_finish(struct lexicon *lex, struct why *why);
// NULL when the word is not in the lexicon.
const struct word *lexicon_find(const struct lexicon *lex, uint64_t key);
// The step from a node by a word, NULL when no phrase goes on so. Arranged lexicons.
const struct step *lexicon_step(const struct lexicon *lex, uint32_t node,
                                uint32_t word);

#endif
