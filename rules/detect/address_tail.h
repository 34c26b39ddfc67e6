/* SPDX-License-Identifier: MIT
 *
 * address_tail.h - what follows a street: flat, town, county, postal code, country.
 *
 * Units   offsets are bytes of norm->text.
 */
#ifndef HM_RULES_DETECT_ADDRESS_TAIL_H
#define HM_RULES_DETECT_ADDRESS_TAIL_H

#include "rules/detect/reading.h"

// Where an address goes on to whose street ends at end. *coded (may be NULL) says whether
// a postal code was among what follows.
size_t address_tail(const struct detect_context *c, size_t end, bool *coded);
// Words of a name from i on, each with a capital; small words ("de", "upon") between.
// Returns where the last one ends; 0: none stands here.
size_t address_name(const struct detect_context *c, size_t i, size_t most);
bool address_one_of(struct slice word, const char *words);

#endif
