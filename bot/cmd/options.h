/* SPDX-License-Identifier: MIT
 *
 * options.h - what the commands that work beside the daemon share.
 */
#ifndef HM_CMD_OPTIONS_H
#define HM_CMD_OPTIONS_H

#include "bot/core/config.h"
#include "bot/store/store.h"

// The status of sysexits.h that a fault ends a command with.
int exit_status(enum fault f);
// "hallmonitor COMMAND: why" on stderr; returns exit_status(f).
int complain(const char *command, enum fault f, const struct why *why);
// Opens the store of a configuration beside a daemon that may be running. The caller
// closes both; nothing is open on fault.
MUST_USE enum fault open_beside(const char *config_path, struct config_file **config,
                                struct store **store, struct why *why);
// The value of -c/--config in argv, else $HM_CONFIG, else school.yaml.
const char *config_option(int argc, char **argv);

#endif
