/* SPDX-License-Identifier: MIT
 *
 * cues.h - which texts the detectors' expressions need not be tried on.
 *
 * Most chat holds no digit, @, / or dot inside a word. There only detectors that name
 * cues (detect.h) can confirm anything, and only where one of their cues stands; so
 * most chat needs no scan. Words are told by their keys: a bit of a filter that fits
 * eight cache lines, then a probe.
 */
#ifndef HM_RULES_CUES_H
#define HM_RULES_CUES_H

#include "rules/engine/token.h"

enum { CUE_FILTER = 64, CUE_SLOTS = 1024 };

struct cues {
    uint64_t filter[CUE_FILTER];
    uint64_t keys[CUE_SLOTS]; // open addressing; 0: empty
    bool marks[128];
};

void cues_init(struct cues *c);
// Words of letters and single marks, blanks between them. At most half of CUE_SLOTS in
// all.
void cues_add(struct cues *c, const char *list);

// Whether the text holds a digit, @, / or a dot with something behind it.
bool cues_mark(const struct norm *n);
// Whether one of the cues may stand in a text without such marks. tokens as written.
bool cues_met(const struct cues *c, const struct norm *n, const struct tokens *tokens);

#endif
