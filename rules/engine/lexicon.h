/* SPDX-License-Identifier: MIT
 *
 * lexicon.h - word classes and the trie that finds their members.
 *
 * Built once (classes, words, phrases, inclusions, spellings), then finished and only
 * read. A word is one hash probe; phrases share the words' nodes.
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
    CLASS_DEFINED = 1 << 2  // has a section of its own, or belongs to the engine
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
    uint32_t classes;     // into lexicon.lists: the classes of the word alone
    uint32_t node;        // where phrases that begin with it go on; 0: none do
    uint32_t alias;       // into lexicon.aliases: what it stands for
    uint16_t class_count; //
    uint8_t alias_count;  //
    uint8_t flags;        // enum word_flag
    uint32_t quiet_count; // of quiet classes, which follow the others in the list
};

struct node {
    uint64_t children; // bit (word id & 63) of each: most words that do not go on are
                       // told without a probe
    uint32_t classes;  // into lexicon.lists
    uint16_t class_count;
    uint16_t quiet_count; // these follow the others
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
    uint16_t *lists;
    uint32_t *aliases;
    struct table edges;          // node and word to node
    struct table reversed;       // key of an evasive word backwards, to its word id
    struct table collapsed;      // key with runs of a letter made one, to its word id
    uint64_t *keys;              // by word id
    const char **spelled;        // by word id
    size_t word_count;           // ids are 1 .. word_count
    struct lexicon_build *build; // NULL once finished
};

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
// Parts each list: the classes marked in `loud` (by class) first, then the quiet ones in
// rising order, which a scan only notes as seen until somebody asks where.
void lexicon_part(struct lexicon *lex, const bool *loud);

// NULL when the word is not in the lexicon.
const struct word *lexicon_find(const struct lexicon *lex, uint64_t key);
// The node after `word`, 0 when no phrase goes on so.
uint32_t lexicon_step(const struct lexicon *lex, uint32_t node, uint32_t word);

#endif
