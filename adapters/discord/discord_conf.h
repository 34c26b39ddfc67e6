/* SPDX-License-Identifier: MIT
 *
 * discord_conf.h - the settings under `discord:` in school.yaml; docs/discord.md tells
 * what each means.
 */
#ifndef HM_DISCORD_CONF_H
#define HM_DISCORD_CONF_H

#include <cyaml/cyaml.h>
#include <stdbool.h>

#include "bot/base/secret.h"

struct discord_channels {
    char **except; // all but these channels and categories
    unsigned except_count;
    char **only; // these channels
    unsigned only_count;
    char **categories; // and the channels of these
    unsigned categories_count;
};

struct discord_conf {
    char *token_file; // else the environment's HM_DISCORD_TOKEN
    char *rest_url;
    char *gateway_url; // else what Discord says
    char **guilds;     // none: all that the bot is on
    unsigned guilds_count;
    struct discord_channels *channels; // NULL: all
    char **moderator_roles;
    unsigned moderator_roles_count;
    char *alert_channel;
    unsigned shards; // 0: as Discord recommends
    unsigned requests_per_second;
    bool no_compression;
    bool automod; // Discord's own findings are taken in as cases
};

extern const cyaml_schema_field_t discord_conf_fields[];

const char *discord_conf_rest_url(const struct discord_conf *c);
MUST_USE enum fault discord_conf_token(const struct discord_conf *c, struct secret *out,
                                       struct why *why);
// INPUT: an id that is none.
MUST_USE enum fault discord_conf_check(const struct discord_conf *c, struct why *why);
// Whether id is in the list.
bool discord_conf_lists(char *const *list, unsigned count, uint64_t id);
bool discord_conf_guild(const struct discord_conf *c, uint64_t guild_id);
// parent is the thread's channel, category that channel's; each may be 0.
bool discord_conf_channel(const struct discord_conf *c, uint64_t id, uint64_t parent,
                          uint64_t category);

#endif
