/* SPDX-License-Identifier: MIT
 *
 * behaviour.h - what a message is in the light of those before it in its channel:
 * repetition, floods, mass mentions, raids, pile-ons, and grooming signals of one person
 * that add up.
 */
#ifndef HM_RULES_BEHAVIOUR_H
#define HM_RULES_BEHAVIOUR_H

#include "rules/engine/history.h"
#include "rules/engine/judge.h"

// Marks the context classes of the channel's last messages as seen, and says whom they
// spoke of.
void behaviour_recall(struct judge *j, const struct past_channel *c,
                      const struct judge_message *m, uint32_t context_epoch,
                      enum target *carried);
// Adds findings to v, and the message to the channel (c may be NULL).
MUST_USE enum fault behaviour_judge(struct judge *j, struct past_channel *c,
                                    const struct judge_message *m, struct verdict *v);

#endif
