/* SPDX-License-Identifier: MIT
 *
 * candidates.h - which sequences a message might match: those all of whose required
 * classes were seen.
 *
 * A sequence waits for its anchor, its rarest class. The message's classes and the
 * anchors are bits: one AND leaves the few that were seen, and each sequence that waits
 * there names two more of its classes (struct need), so that most are put aside by two
 * bits. An ordinary message of ten words has one candidate, or none.
 */
#ifndef HM_RULES_CANDIDATES_H
#define HM_RULES_CANDIDATES_H

#include "rules/engine/evaluate.h"

// A sequence all of whose required classes were seen.
struct candidate {
    uint64_t order; // where its anchor was first met
    uint32_t sequence;
};

struct candidates {
    struct candidate *at;
    size_t count, cap;
};

// In the arena, in the order in which their anchors were met. Those whose conditions do
// not hold are only there for an explainer. MEMORY.
MUST_USE enum fault candidates_find(struct candidates *out, const struct evaluation *e);

#endif
