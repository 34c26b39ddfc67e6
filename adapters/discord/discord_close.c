// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_gateway.h"

struct close_code {
    uint16_t code;
    enum discord_gateway_next next;
    const char *advice;
};

static const struct close_code close_codes[] = {
    {4000, GATEWAY_RESUME, NULL},
    {4001, GATEWAY_RESUME, NULL},
    {4002, GATEWAY_RESUME, NULL},
    {4003, GATEWAY_RESUME, NULL},
    {4005, GATEWAY_RESUME, NULL},
    {4008, GATEWAY_RESUME, NULL},
    {4007, GATEWAY_IDENTIFY, NULL},
    {4009, GATEWAY_IDENTIFY, NULL},
    {4004, GATEWAY_FATAL,
     "Discord does not accept the bot token. Reset the token under \"Bot\" in the "
     "developer portal and put the new one into the token file."},
    {4010, GATEWAY_FATAL,
     "Discord refuses the shard number. Remove 'shards' from the settings."},
    {4011, GATEWAY_FATAL,
     "The bot is on too many servers for one connection. Remove 'shards' from the "
     "settings, or set it higher."},
    {4012, GATEWAY_FATAL,
     "Discord no longer speaks this version of its gateway. Update hallmonitor."},
    {4013, GATEWAY_FATAL,
     "Discord does not know an intent that was asked for. Update hallmonitor."},
    {4014, GATEWAY_FATAL,
     "Discord refuses an intent. Switch on Message Content Intent and Server Members "
     "Intent under \"Bot\" in the developer portal."},
};

enum discord_gateway_next discord_gateway_close_means(uint16_t code,
                                                      const char **advice)
{
    for (size_t i = 0; i < sizeof(close_codes) / sizeof(close_codes[0]); i++) {
        if (close_codes[i].code == code) {
            *advice = close_codes[i].advice;
            return close_codes[i].next;
        }
    }
    *advice = NULL;
    return GATEWAY_RESUME;
}
