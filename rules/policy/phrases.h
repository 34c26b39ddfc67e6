/* SPDX-License-Identifier: MIT
 *
 * phrases.h - the phrase tables by which `policy derive` reads a school's own document:
 * which words speak of which category, role, deadline, audience. The tables are data
 * (policies/phrases.txt, its head says how they are written); this is their matcher.
 *
 * Shape   in: a table file and a text. out: how much of a group stands in the text.
 * Owner   a reading borrows the text it was made from and belongs to its caller.
 * Thread  the tables are read only once loaded; a reading belongs to one thread.
 */
#ifndef HM_RULES_PHRASES_H
#define HM_RULES_PHRASES_H

#include "bot/base/slice.h"

enum {
    READING_TOKENS_MOST = 800, // later words of a passage are not looked at
    PHRASE_GROUPS_MOST = 160,
    PHRASE_TERMS_MOST = 3072,
};

struct phrases;

// One [kind name | title] of the table.
struct phrase_group {
    const char *kind;    // "category", "role", ...
    const char *name;    // "abuse.hate", "headteacher", ...; "" without one
    const char *title;   // "the headteacher"; "" without one
    size_t first, count; // its patterns
};

struct reading_token {
    uint32_t start, end; // bytes in the text
    bool opens;          // begins a sentence
    bool number;         // digits, or a word from "six" on
    uint32_t value;      // below 10000, also of "two"; else UINT32_MAX
};

struct reading {
    struct slice text;
    size_t count;
    struct reading_token tokens[READING_TOKENS_MOST];
    uint64_t terms[READING_TOKENS_MOST][PHRASE_TERMS_MOST / 64];
    uint64_t any[PHRASE_TERMS_MOST / 64]; // of all tokens together
};

struct phrase_hit {
    unsigned weight;   // of all patterns that match, each once
    size_t first, end; // tokens of the earliest match
};

// INPUT: why names file and line.
MUST_USE enum fault phrases_load(struct phrases **out, const char *path,
                                 struct why *why);
void phrases_destroy(struct phrases *p); // NULL is fine
size_t phrases_groups(const struct phrases *p, const struct phrase_group **out);
// NULL when the table has no such group.
const struct phrase_group *phrases_group(const struct phrases *p, const char *kind,
                                         const char *name);
// *r must hold no earlier text's marks only in so far as it was made by this function.
void reading_make(struct reading *r, const struct phrases *p, struct slice text);
// Looks at the tokens [from, to). Weight 0: nothing of the group stands there.
struct phrase_hit phrases_look(const struct phrases *p, const struct phrase_group *g,
                               const struct reading *r, size_t from, size_t to);
// The next match of any pattern of the group at or after token `from`; weight 0: none.
struct phrase_hit phrases_next(const struct phrases *p, const struct phrase_group *g,
                               const struct reading *r, size_t from);
// The words of the n-th pattern as written, for tables that hold texts ([sample]).
const char *phrases_line(const struct phrases *p, const struct phrase_group *g,
                         size_t n);

#endif
