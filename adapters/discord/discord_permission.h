/* SPDX-License-Identifier: MIT
 *
 * discord_permission.h - what we may do where, and what is missing, in words.
 *
 * Source  Discord API v10, "Permissions" (discord-api-docs, 2026-08).
 */
#ifndef HM_DISCORD_PERMISSION_H
#define HM_DISCORD_PERMISSION_H

#include "adapters/discord/discord_state.h"
#include "bot/base/text.h"

#define PERMISSION_ADMINISTRATOR    (1ull << 3)
#define PERMISSION_MANAGE_SERVER    (1ull << 5)
#define PERMISSION_VIEW_CHANNEL     (1ull << 10)
#define PERMISSION_SEND_MESSAGES    (1ull << 11)
#define PERMISSION_MANAGE_MESSAGES  (1ull << 13)
#define PERMISSION_EMBED_LINKS      (1ull << 14)
#define PERMISSION_READ_HISTORY     (1ull << 16)
#define PERMISSION_CONNECT          (1ull << 20)
#define PERMISSION_MANAGE_WEBHOOKS  (1ull << 29)
#define PERMISSION_MANAGE_THREADS   (1ull << 34)
#define PERMISSION_MODERATE_MEMBERS (1ull << 40)

// The number of the invitation link in docs/discord.md.
#define PERMISSION_INVITED 1392107449536ull
// What a channel under moderation needs.
#define PERMISSION_WATCH                                                               \
    (PERMISSION_VIEW_CHANNEL | PERMISSION_READ_HISTORY | PERMISSION_MANAGE_MESSAGES)
// What the alert channel needs.
#define PERMISSION_ALERT                                                               \
    (PERMISSION_VIEW_CHANNEL | PERMISSION_SEND_MESSAGES | PERMISSION_EMBED_LINKS)

// Ours in the whole guild.
uint64_t discord_permission_in_guild(const struct discord_state *s,
                                     const struct discord_guild *g);
// Ours in a channel, or in a thread's channel.
uint64_t discord_permission_in_channel(const struct discord_state *s,
                                       const struct discord_channel *c);
// "Manage Messages, Read Message History" for the bits of needed that are not in had.
void discord_permission_missing(uint64_t had, uint64_t needed, struct text *out);

#endif
