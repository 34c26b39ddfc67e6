/* SPDX-License-Identifier: MIT
 *
 * discord_hide.h - delete messages: at once while the limits allow, then the most severe
 * first and many in one request.
 *
 * A channel's deletes wait here, not in the client, so that what goes out is chosen when
 * it may: one message, or up to a hundred that are younger than 14 days.
 */
#ifndef HM_DISCORD_HIDE_H
#define HM_DISCORD_HIDE_H

#include "adapters/adapter.h"
#include "adapters/discord/discord_client.h"

struct discord_hide;

MUST_USE enum fault discord_hide_create(struct discord_hide **out,
                                        struct adapter_host *host,
                                        struct discord_client *client);
// A message to delete; the ticket is answered through host_outcome(). severity: 0 … 4.
MUST_USE enum fault discord_hide_add(struct discord_hide *h, uint64_t channel_id,
                                     uint64_t message_id, unsigned severity,
                                     struct slice reason, uint64_t ticket);
// Somebody else deleted it: nothing is left to do.
void discord_hide_gone(struct discord_hide *h, uint64_t channel_id,
                       uint64_t message_id);
uint32_t discord_hide_waiting(const struct discord_hide *h);
// Those that wait end with CANCELLED; those that are out end with the client's stop.
void discord_hide_stop(struct discord_hide *h);
void discord_hide_destroy(
    struct discord_hide *h); // after the client stopped; NULL is fine

#endif
