/* SPDX-License-Identifier: MIT
 *
 * discord_backfill.h - fetch what was missed, page by page, the oldest gap of all
 * channels first, behind everything else; live messages do not wait for it.
 */
#ifndef HM_DISCORD_BACKFILL_H
#define HM_DISCORD_BACKFILL_H

#include "adapters/discord/discord_state.h"
#include "bot/base/fault.h"

struct adapter;
struct discord_backfill;

MUST_USE enum fault discord_backfill_create(struct discord_backfill **out,
                                            struct adapter *a);
// Reads the channel's gaps, and looks for edits where they are due.
void discord_backfill_channel(struct discord_backfill *b, struct discord_channel *c);
// Threads of this channel that were archived after since_ms and may hold new messages.
void discord_backfill_archived(struct discord_backfill *b,
                               const struct discord_channel *c, uint64_t since_ms);
// Channels that are not read to their end, and listings of threads.
uint32_t discord_backfill_left(const struct discord_backfill *b);
void discord_backfill_stop(struct discord_backfill *b, void (*stopped)(void *ctx),
                           void *ctx);
void discord_backfill_destroy(struct discord_backfill *b); // NULL is fine

#endif
