/* SPDX-License-Identifier: MIT
 *
 * discord_backfill.h - fetch what was missed, channel by channel, page by page, oldest
 * first, behind everything else; live messages do not wait for it.
 */
#ifndef HM_DISCORD_BACKFILL_H
#define HM_DISCORD_BACKFILL_H

#include "adapters/discord/discord_state.h"
#include "bot/base/fault.h"

struct adapter;
struct discord_backfill;

MUST_USE enum fault discord_backfill_create(struct discord_backfill **out,
                                            struct adapter *a);
// Everything in the channel after after_id; the channel's cursor follows. A second job
// for a channel that is under way is nothing.
void discord_backfill_channel(struct discord_backfill *b, struct discord_channel *c,
                              uint64_t after_id);
// Threads of this channel that were archived after since_ms and may hold new messages.
void discord_backfill_archived(struct discord_backfill *b,
                               const struct discord_channel *c, uint64_t since_ms);
// What was edited after since_ms among the channel's last hundred messages.
void discord_backfill_edits(struct discord_backfill *b, const struct discord_channel *c,
                            uint64_t since_ms);
uint32_t discord_backfill_left(const struct discord_backfill *b); // channels
void discord_backfill_stop(struct discord_backfill *b, void (*stopped)(void *ctx),
                           void *ctx);
void discord_backfill_destroy(struct discord_backfill *b); // NULL is fine

#endif
