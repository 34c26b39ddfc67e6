/* SPDX-License-Identifier: MIT
 *
 * cmd_discord.h - what the files of `hallmonitor discord` share.
 */
#ifndef HM_CMD_DISCORD_H
#define HM_CMD_DISCORD_H

#include "bot/core/config.h"

struct discord_conf;

// The part 'discord' of the settings; NULL (said on stderr): there is none.
const struct discord_conf *discord_settings_of(const struct config *config,
                                               const char *command);
int discord_automod_command(int argc, char **argv);

#endif
