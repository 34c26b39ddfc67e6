// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_conf.h"

#include "adapters/discord/discord_json.h"

enum { TEXT_MOST = 4096, LIST_MOST = 10000, URL_MOST = 400 };

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t id_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, DISCORD_ID_BYTES)};

static const cyaml_schema_field_t channels_fields[] = {
    CYAML_FIELD_SEQUENCE("except", OPTIONAL, struct discord_channels, except, &id_entry,
                         0, LIST_MOST),
    CYAML_FIELD_SEQUENCE("only", OPTIONAL, struct discord_channels, only, &id_entry, 0,
                         LIST_MOST),
    CYAML_FIELD_SEQUENCE("categories", OPTIONAL, struct discord_channels, categories,
                         &id_entry, 0, LIST_MOST),
    CYAML_FIELD_END};

const cyaml_schema_field_t discord_conf_fields[] = {
    CYAML_FIELD_STRING_PTR("token_file", OPTIONAL, struct discord_conf, token_file, 1,
                           TEXT_MOST),
    CYAML_FIELD_STRING_PTR("rest_url", OPTIONAL, struct discord_conf, rest_url, 1,
                           URL_MOST),
    CYAML_FIELD_STRING_PTR("gateway_url", OPTIONAL, struct discord_conf, gateway_url, 1,
                           URL_MOST),
    CYAML_FIELD_SEQUENCE("guilds", OPTIONAL, struct discord_conf, guilds, &id_entry, 0,
                         LIST_MOST),
    CYAML_FIELD_MAPPING_PTR("channels", OPTIONAL, struct discord_conf, channels,
                            channels_fields),
    CYAML_FIELD_SEQUENCE("moderator_roles", OPTIONAL, struct discord_conf,
                         moderator_roles, &id_entry, 0, LIST_MOST),
    CYAML_FIELD_STRING_PTR("alert_channel", OPTIONAL, struct discord_conf,
                           alert_channel, 1, DISCORD_ID_BYTES),
    CYAML_FIELD_UINT("shards", CYAML_FLAG_OPTIONAL, struct discord_conf, shards),
    CYAML_FIELD_UINT("requests_per_second", CYAML_FLAG_OPTIONAL, struct discord_conf,
                     requests_per_second),
    CYAML_FIELD_BOOL("no_compression", CYAML_FLAG_OPTIONAL, struct discord_conf,
                     no_compression),
    CYAML_FIELD_BOOL("automod", CYAML_FLAG_OPTIONAL, struct discord_conf, automod),
    CYAML_FIELD_END};

const char *discord_conf_rest_url(const struct discord_conf *c)
{
    return c->rest_url ? c->rest_url : "https://discord.com/api/v10";
}

enum fault discord_conf_token(const struct discord_conf *c, struct secret *out,
                              struct why *why)
{
    return secret_load(out, c->token_file, "HM_DISCORD_TOKEN", why);
}

static enum fault check_ids(const char *what, char *const *list, unsigned count,
                            struct why *why)
{
    for (unsigned i = 0; i < count; i++) {
        if (!discord_id_parse(slice_of(list[i]))) {
            return fault_say(why, FAULT_INPUT,
                             "discord.%s: '%s' is not an id; switch on Developer Mode "
                             "in Discord's settings and use Copy ID",
                             what, list[i]);
        }
    }
    return FAULT_NONE;
}

enum fault discord_conf_check(const struct discord_conf *c, struct why *why)
{
    enum fault f = check_ids("guilds", c->guilds, c->guilds_count, why);
    f = f ? f
          : check_ids("moderator_roles", c->moderator_roles, c->moderator_roles_count,
                      why);
    f = f ? f
          : check_ids("alert_channel", &c->alert_channel, c->alert_channel != NULL,
                      why);
    const struct discord_channels *ch = c->channels;
    if (f || !ch) {
        return f;
    }
    f = check_ids("channels.except", ch->except, ch->except_count, why);
    f = f ? f : check_ids("channels.only", ch->only, ch->only_count, why);
    return f ? f
             : check_ids("channels.categories", ch->categories, ch->categories_count,
                         why);
}

bool discord_conf_lists(char *const *list, unsigned count, uint64_t id)
{
    for (unsigned i = 0; id && i < count; i++) {
        if (discord_id_parse(slice_of(list[i])) == id) {
            return true;
        }
    }
    return false;
}

bool discord_conf_guild(const struct discord_conf *c, uint64_t guild_id)
{
    return c->guilds_count == 0 ||
           discord_conf_lists(c->guilds, c->guilds_count, guild_id);
}

static bool lists_any(char *const *list, unsigned count, uint64_t a, uint64_t b,
                      uint64_t c)
{
    return discord_conf_lists(list, count, a) || discord_conf_lists(list, count, b) ||
           discord_conf_lists(list, count, c);
}

bool discord_conf_channel(const struct discord_conf *c, uint64_t id, uint64_t parent,
                          uint64_t category)
{
    const struct discord_channels *ch = c->channels;
    if (!ch) {
        return true;
    }
    if (lists_any(ch->except, ch->except_count, id, parent, category)) {
        return false;
    }
    if (ch->only_count == 0 && ch->categories_count == 0) {
        return true;
    }
    return lists_any(ch->only, ch->only_count, id, parent, 0) ||
           lists_any(ch->categories, ch->categories_count, parent, category, 0);
}
