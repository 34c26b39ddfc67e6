/* SPDX-License-Identifier: MIT
 *
 * rule.h - compiled rules: plain arrays that the evaluator walks.
 *
 * Owner   the ruleset.
 */
#ifndef HM_RULES_RULE_H
#define HM_RULES_RULE_H

#include "rules/engine/lexfile.h"
#include "rules/engine/rulefile.h"
#include "rules/taxonomy.h"

enum { ELEMENTS_MOST = 16, GUARDS_MOST = 24, CONDITIONS_MOST = 8, NO_CLASS = 0xFFFF };

enum element_kind {
    ELEMENT_CLASS, // an occurrence of `class`
    ELEMENT_NOT,   // the next token does not begin one
    ELEMENT_START, // here a sentence begins
    ELEMENT_END    // here a sentence ends
};

struct element {
    uint8_t kind;      // enum element_kind
    bool optional;     //
    bool across;       // the gap before it may cross a sentence boundary
    bool is_target;    // its occurrence says whom the finding is about
    uint16_t class;    //
    uint16_t gap_most; // tokens that may lie between it and the element before
    uint16_t gap_least;
};

struct sequence {
    uint32_t rule;
    uint32_t elements; // into rule_set.elements
    uint8_t count;
    uint16_t anchor; // class that has to be seen before the sequence is tried
};

enum guard_scope {
    GUARD_NEAR,   // an occurrence within `reach` tokens of the match
    GUARD_BEFORE, // an occurrence that begins at most `reach` tokens before it, or in it
    GUARD_SENTENCE, // in a sentence that the match touches
    GUARD_MESSAGE,  // anywhere up to the end of the match's sentence
    GUARD_QUOTED,   // every matched token is quoted
    GUARD_ASKED     // the sentence is a question that begins like an earnest one
};

struct guard {
    uint8_t scope; // enum guard_scope
    uint16_t class;
    uint16_t excepting; // occurrences that overlap one of this class do not count
    uint16_t reach;
    bool joined; // holds only if the next one does too
    const char *name;
};

enum condition_kind {
    WHEN_AUTHOR,
    WHEN_CHANNEL,
    WHEN_ATTACHMENT,
    WHEN_SHORTER,
    WHEN_LONGER,
    WHEN_CONTEXT, // class seen in an earlier message
    WHEN_SEEN,    // class seen in this message
    WHEN_UNSEEN,
    WHEN_ASKING,  // some sentence ends with a question mark
    WHEN_MENTIONS // people addressed
};

struct condition {
    uint8_t kind; // enum condition_kind
    bool negated;
    uint16_t class;
    uint32_t value;    // bits of roles or audiences, or a number
    const char *media; // MIME type's beginning
};

struct rule {
    const char *id;
    const char *because;
    const char *file; // lends the ruleset's file name
    enum category category;
    enum severity severity;
    int target; // enum target, or -1: by the match
    uint8_t confidence;
    uint8_t guard_count;
    uint8_t condition_count;
    bool whole_sentence; // findings span the sentences that the match touches
    uint32_t groups;     // bits of enum group
    struct guard *guards;
    struct condition *conditions;
};

// A sequence that waits for its anchor, and two other classes without which it cannot
// match (the anchor again, where it requires fewer).
struct need {
    uint16_t also[2];
    uint32_t sequence;
};

struct rule_set {
    struct rule *rules;
    size_t rule_count, rule_cap;
    struct sequence *sequences;
    size_t sequence_count, sequence_cap;
    struct element *elements;
    size_t element_count, element_cap;
    // Once indexed:
    struct need *needs;   // by anchor, then as read
    uint32_t *need_first; // by class; class_count + 1
    uint64_t *anchors;    // bit of each class that is one; scan_words()
    size_t
        anchor_ends[2]; // words of `anchors` in use: those before the first, and from
                        // LIST_ROW those before the second
};

struct rule_context {
    struct lexfile_context *words;
    struct arena *strings; // lives as long as the rule set
    const char *file;
    struct rule_set *set;
};

// Adds one rule. INPUT: why says what is wrong with it (without file and line).
MUST_USE enum fault rule_compile(struct rule_context *c, const struct rule_source *s,
                                 struct why *why);
// Picks anchors once all classes have their weights.
void rule_set_pick_anchors(struct rule_set *set, const struct lexicon *lex);
// Once classes have their last numbers (to[old], see lists.h): takes them over, and
// indexes sequences by their anchors. MEMORY.
MUST_USE enum fault rule_set_index(struct rule_set *set, const struct lexicon *lex,
                                   const uint16_t *to);
void rule_set_free(struct rule_set *set);

// Guard of that name ("negated"), or of a class with optional reach.
MUST_USE enum fault guard_parse(struct guard *out, struct rule_context *c,
                                struct slice text, struct why *why);
MUST_USE enum fault condition_parse(struct condition *out, struct rule_context *c,
                                    struct slice text, struct why *why);
// Class that stands for `a.b|"c d"|e.f`; made and marked used.
MUST_USE enum fault element_class(uint16_t *out, struct rule_context *c,
                                  struct slice text, struct why *why);
// Next item of a list "[a, within 6, b]" (brackets already off); false at its end.
bool list_next(struct slice *rest, struct slice *item);
struct slice list_inside(const char *list);

#endif
