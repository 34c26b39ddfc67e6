/* SPDX-License-Identifier: MIT
 *
 * discord_automod.h - mirror words into Discord's own AutoMod, so that a message with
 * one of them never appears at all.
 *
 * Source  Discord API v10, "Auto Moderation": 6 keyword rules a server, 1,000 words a
 *         rule, 60 characters a word (discord-api-docs, 2026-08).
 */
#ifndef HM_DISCORD_AUTOMOD_H
#define HM_DISCORD_AUTOMOD_H

#include <stdio.h>

#include "adapters/discord/discord_conf.h"

enum { AUTOMOD_WORDS_MOST = 1000, AUTOMOD_WORD_CHARACTERS = 60 };

// Whether Discord takes this word: 1 to 60 characters, none of them a wildcard or a
// comma.
bool discord_automod_takes(struct slice word);
// Makes or changes the rule "Hall monitor: words" on every server of the settings; no
// words at all remove it. Writes a line a server. ABSENT: no such server.
MUST_USE enum fault discord_automod_mirror(const struct discord_conf *conf,
                                           const struct slice *words, size_t count,
                                           FILE *out, struct why *why);

#endif
