/* SPDX-License-Identifier: MIT
 *
 * discord_decode.h - Discord's objects as messages. Pure: bytes in, values out.
 *
 * Shape   in: the `d` of a dispatch or an object of REST. out: struct message with
 *         everything that members can read.
 * Owner   slices point into the json_t or into the arena; both outlive the message.
 * Faults  INPUT: why names the path of what is missing or wrong, never its content.
 * Source  Discord API v10, "Message Object" and "Gateway Events" (discord-api-docs,
 *         2026-08).
 */
#ifndef HM_DISCORD_DECODE_H
#define HM_DISCORD_DECODE_H

#include <jansson.h>

#include "adapters/adapter.h"
#include "bot/base/arena.h"

enum discord_message_type {
    DISCORD_TYPE_POST = 0,
    DISCORD_TYPE_REPLY = 19,
    DISCORD_TYPE_COMMAND = 20,
    DISCORD_TYPE_MENU_COMMAND = 23,
    DISCORD_TYPE_AUTOMOD = 24,
};

struct discord_message {
    struct message message; // channel is where it was posted, be it a thread or not
    uint64_t id, channel_id, guild_id, author_id;
    uint64_t webhook_id, application_id; // 0: none
    uint64_t type;
    bool has_author; // an update may come without
    bool readable;   // there is something to judge
};

// What came: MESSAGE_CREATE, MESSAGE_UPDATE, or an element of a channel's history.
enum discord_source { DISCORD_CREATED, DISCORD_UPDATED, DISCORD_HISTORY };

MUST_USE enum fault discord_decode_message(const json_t *d, enum discord_source source,
                                           struct arena *arena,
                                           struct discord_message *out,
                                           struct why *why);
// A member's shown name in a guild: MESSAGE_NAME with id "name:USER". ABSENT: none.
MUST_USE enum fault discord_decode_name(const json_t *d, struct arena *arena,
                                        struct discord_message *out, struct why *why);
// A thread's title or a channel's name and topic: MESSAGE_NAME with id "title:CHANNEL".
MUST_USE enum fault discord_decode_title(const json_t *d, struct arena *arena,
                                         struct discord_message *out, struct why *why);
// A reaction whose emoji has a name in letters: MESSAGE_REACTION with id
// "reaction:MESSAGE:NAME:EMOJI_ID". ABSENT: a plain emoji.
MUST_USE enum fault discord_decode_reaction(const json_t *d, struct arena *arena,
                                            struct discord_message *out,
                                            struct why *why);
// AUTO_MODERATION_ACTION_EXECUTION: the text that Discord blocked or flagged. Its id is
// the message's where it was posted, else "automod:…".
MUST_USE enum fault discord_decode_automod(const json_t *d, struct arena *arena,
                                           struct discord_message *out,
                                           struct why *why);

#endif
