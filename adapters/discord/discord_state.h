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
#include "adapters/discord/discord_reach.h"

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
    uint64_t told_in; // the state's count of guild objects when it was last spoken of
    char name[DISCORD_NAME_BYTES]; // UTF-8, cut
    struct discord_overwrite *overwrites;
    size_t overwrite_count;
    struct discord_reach reach; // how far its messages were handed over
    uint64_t written_id;        // the cursor as it was last written down
    bool cursor_known;          // the cursor was looked up
    // Of discord_backfill.c.
    bool catching_up;         // a job is under way
    bool edits_due;           // a page is to be looked through for edits alone
    uint64_t edits_before_id; // that page ends before this; 0: the latest
    uint64_t edits_since_ms;  // what counts as new; 0: nobody looks for edits
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
    uint64_t me;            // our user id; 0: not known yet
    struct idmap guilds;    // struct discord_guild
    struct idmap channels;  // struct discord_channel, threads too
    uint64_t guild_objects; // taken in so far
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
