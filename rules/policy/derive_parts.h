/* SPDX-License-Identifier: MIT
 *
 * derive_parts.h - the steps of derive(): listen to a text, cut a document into what may
 * become a clause, say whom a clause binds and who is told. Private to derive*.c.
 */
#ifndef HM_RULES_DERIVE_PARTS_H
#define HM_RULES_DERIVE_PARTS_H

#include "rules/policy/derive.h"
#include "rules/policy/lines.h"

enum {
    SENTENCES_MOST = 60,
    UNITS_MOST = 4000,
    LONG_ITEM_WORDS = 60,
    SHORT_WORDS = 25,
    STEM_WORDS = 16,
    COMBINED_ITEM_WORDS = 30,
    RULE_FROM = 3,
    SPEAKS_FROM = 3, // the weight from which a group's words count
    INHERIT_STEM_MOST = 6,
    INHERIT_HEADING_MOST = 4,
    MANY_CATEGORIES = 9,
    PARENTS_REACH = 3, // most sentences name parents for other reasons
    TELL_REACH = 16,   // tokens between "report to" and the role
};

enum manner {
    FORBIDS = 1,
    DEMANDS = 2,
    ASKS = 4,
    THREATENS = 8, // names a consequence
    STATES_LAW = 16,
    WILL = 32,
    ORDERS = 64,    // imperative
    PRACTICE = 256, // "are removed", "goes to the manager"
    LABELS = 128,   // "prohibited", "unacceptable": forbids in a heading
};

// What a piece of text says, apart from its surroundings.
struct saying {
    unsigned manner;
    unsigned prose, people;
    uint64_t categories;
    unsigned best; // weight of the surest category
    unsigned topic;
    bool acts; // says who is told, or how fast
};

struct unit {
    struct slice text;
    const struct passage *passage;
    size_t parts; // items that were joined to it
    size_t lead;  // bytes before the first of them
};

struct deriver {
    struct proposal *out;
    const struct document *doc;
    const struct phrases *p;
    struct arena *arena;
    struct reading *reading;
    struct unit *units;
    size_t unit_count;
    unsigned binds; // whom the whole document binds
    struct slice last_stem, last_heading;
    struct saying stem, heading;
    bool fault;
};

// The weight of a group in the text that d->reading holds.
unsigned derive_weigh(struct deriver *d, const char *kind, const char *name);
// What a text says; d->reading holds the text afterwards.
struct saying derive_listen(struct deriver *d, struct slice text);
// What the words that introduce p's list, and its heading, say. Valid until the next call.
const struct saying *derive_stem(struct deriver *d, const struct passage *p);
const struct saying *derive_heading(struct deriver *d, const struct passage *p);
// Adds p to d->units: whole, by sentences, or to the unit that introduces it.
void derive_units(struct deriver *d, const struct passage *p);
// Bits of enum audience_bit that the tokens [from, to) of d->reading name.
unsigned derive_audience_in(struct deriver *d, size_t from, size_t to);
// Staff, pupils and parents together are all.
unsigned derive_narrowed(unsigned bits);
unsigned derive_audience(struct deriver *d, const struct unit *u, unsigned *looks);
// Both look at d->reading.
void derive_tell(struct deriver *d, struct proposal_clause *c);
void derive_within(struct deriver *d, struct proposal_clause *c);

#endif
