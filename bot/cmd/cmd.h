/* SPDX-License-Identifier: MIT
 *
 * cmd.h - the command line: one file a subcommand, cmd_NAME.c.
 *
 * Each file defines `const struct command cmd_NAME`; cmd.c lists them. run() gets argv
 * with the command's own name first and returns an exit status of sysexits.h.
 */
#ifndef HM_CMD_CMD_H
#define HM_CMD_CMD_H

struct command {
    const char *name;
    const char *help; // one line
    int (*run)(int argc, char **argv);
};

// Every command, NULL at the end.
const struct command *const *commands_all(void);

// Commands of the same group share a dispatcher: `hallmonitor rules lint`.
int command_run_sub(const char *group, const struct command *const *subs, int argc,
                    char **argv);

#endif
