/* SPDX-License-Identifier: MIT
 *
 * lists.h - what words and phrases belong to, arranged so that a message's classes are
 * found by a few wide ORs.
 *
 * A common word stands in hundreds of classes, most of them lists that rules write down
 * ("a|b"), and hardly any is asked for. So each list is bits, and classes are numbered
 * such that the bits lie close together:
 *
 *   0 ..                the engine's own (BUILTIN_COUNT)
 *   .. named_limit      those with names of their own ("insult.mild")
 *   .. LIST_COMMON      other classes, those with the most common words; anchors first
 *   the rest            anchors first
 *
 * A list's classes below LIST_COMMON are one row of bits; rows that are alike are one.
 * Lists with few such classes, and the classes above it, are short sorted tails.
 *
 * Loud classes are those whose first occurrences set the order of things: named ones,
 * anchors, those looked for in earlier messages. They keep the order in which the
 * lexicon lists them; what the classifier sees of a message are the named ones.
 */
#ifndef HM_RULES_LISTS_H
#define HM_RULES_LISTS_H

#include "rules/engine/lexicon.h"

enum { LIST_ROW = 40, LIST_COMMON = LIST_ROW * 64 };

// What is asked of classes, by their numbers before they are arranged.
struct class_uses {
    const bool *loud;   // besides the named ones
    const bool *anchor; // classes that sequences wait for
    uint16_t engine;    // classes below it are the engine's own
};

// Numbers the classes of a finished lexicon, and makes rows, tails, steps and hints.
// to[old number] is the new one, for whoever keeps numbers; class_count members.
MUST_USE enum fault lists_arrange(struct lexicon *lex, const struct class_uses *uses,
                                  uint16_t *to);

static inline bool list_holds(const struct lexicon *lex, const struct list *l,
                              uint16_t class)
{
    if (l->row && class < LIST_COMMON) {
        return lex->rows[l->row + class / 64u] >> (class % 64u) & 1;
    }
    bool holds = false;
    for (uint32_t i = 0; i < l->tail_count; i++) {
        holds |= lex->tails[l->tail + i] == class;
    }
    return holds;
}

#endif
