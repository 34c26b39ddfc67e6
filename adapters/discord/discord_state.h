/* SPDX-License-Identifier: MIT
 *
 * discord_state.h - what we know of the servers: channels, threads, roles, ourselves.
 *
 * Fed from GUILD_CREATE and what follows it, or from REST when a session is taken up
 * again after a restart. Objects that make no sense are left out.
 */
#ifndef HM_DISCORD_STATE_H
#define HM_DISCORD_STATE_H

#include <jansson.h>
#include <stdbool.h>

#include "adapters/discord/discord_idmap.h"

enum { DISCORD_NAME_BYTES = 128, DISCORD_CHANNELS_MOST = 100000 };

enum channel_type {
    CHANNEL_TEXT = 0,
    CHANNEL_VOICE = 2,
    CHANNEL_CATEGORY = 4,
    CHANNEL_ANNOUNCEMENT = 5,
    CHANNEL_ANNOUNCEMENT_THREAD = 10,
    CHANNEL_PUBLIC_THREAD = 11,
    CHANNEL_PRIVATE_THREAD = 12,
    CHANNEL_STAGE = 13,
    CHANNEL_DIRECTORY = 14,
    CHANNEL_FORUM = 15,
    CHANNEL_MEDIA = 16,
};

struct discord_overwrite {
    uint64_t id, allow, deny;
    bool member; // else a role
};

struct discord_role {
    uint64_t id, permissions;
};

struct discord_channel {
    uint64_t id, guild_id;
    uint64_t parent_id;       // a category; of a thread its channel; 0: none
    uint64_t last_message_id; // as Discord said
    unsigned type;
    bool archived;
    char name[DISCORD_NAME_BYTES]; // UTF-8, cut
    struct discord_overwrite *overwrites;
    size_t overwrite_count;
    // How far its messages were handed over.
    uint64_t handed_id;     // every message up to here; 0: none yet
    uint64_t live_id;       // the newest that came live
    uint64_t first_live_id; // the first of the newest session; 0: none yet
    bool behind;            // a new session: not known yet whether something was missed
    bool catching_up;       // a backfill is under way: handed_id lags behind live_id
    bool cursor_known;      // handed_id was looked up or set
    bool dirty;             // handed_id is not written down yet
};

struct discord_guild {
    uint64_t id, owner_id;
    char name[DISCORD_NAME_BYTES];
    struct idmap roles; // struct discord_role
    uint64_t *own_roles;
    size_t own_role_count;
    bool known_since_start; // a session of this run was caught up with
};

struct discord_state {
    uint64_t me;           // our user id; 0: not known yet
    struct idmap guilds;   // struct discord_guild
    struct idmap channels; // struct discord_channel, threads too
};

void discord_state_finish(struct discord_state *s);
// A guild object with channels, threads, roles and perhaps members. NULL: unusable.
struct discord_guild *discord_state_guild(struct discord_state *s, const json_t *guild);
void discord_state_guild_gone(struct discord_state *s, uint64_t id);
// A channel or thread object. guild_id serves where the object has none.
struct discord_channel *discord_state_channel(struct discord_state *s,
                                              const json_t *channel, uint64_t guild_id);
void discord_state_channel_gone(struct discord_state *s, uint64_t id);
void discord_state_role(struct discord_state *s, uint64_t guild_id, const json_t *role);
void discord_state_role_gone(struct discord_state *s, uint64_t guild_id, uint64_t id);
// A member object; only our own is kept.
void discord_state_member(struct discord_state *s, uint64_t guild_id,
                          const json_t *member);

struct discord_channel *discord_state_find_channel(const struct discord_state *s,
                                                   uint64_t id);
struct discord_guild *discord_state_find_guild(const struct discord_state *s,
                                               uint64_t id);
bool channel_is_thread(const struct discord_channel *c);
// Members can write messages in it.
bool channel_has_messages(const struct discord_channel *c);

#endif
