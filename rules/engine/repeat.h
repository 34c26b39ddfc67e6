/* SPDX-License-Identifier: MIT
 *
 * repeat.h - whether one message says the same again and again, or repeats the messages
 * that came with it.
 */
#ifndef HM_RULES_REPEAT_H
#define HM_RULES_REPEAT_H

#include "rules/engine/token.h"
#include "rules/rules.h"

// A word or a phrase of up to four words, over and over. Laughter and short cheers do
// not count.
bool repeats_itself(const struct tokens *tokens);
// Calls many people by "@name", or holds many links.
bool calls_many(struct slice text);
// The same text stands at least twice among m->context, short ones five times.
bool repeats_context(const struct judge_message *m);

#endif
