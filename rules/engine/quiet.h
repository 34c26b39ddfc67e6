/* SPDX-License-Identifier: MIT
 *
 * quiet.h - where the quiet classes of a message occur (lexicon_part), worked out when
 * somebody asks.
 *
 * Owner   the scan; its arena holds what is found.
 */
#ifndef HM_RULES_QUIET_H
#define HM_RULES_QUIET_H

#include "rules/engine/scan.h"

// Fills the state of a quiet class that was seen. Sets s->failed when memory is out.
// Linear in the message, however many classes are asked for.
void quiet_find(struct scan *s, uint16_t class);

#endif
