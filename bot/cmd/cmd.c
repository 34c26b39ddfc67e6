// SPDX-License-Identifier: MIT
#include "bot/cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

// A command that another part of the tree provides is weak here, so that the parts can
// be built apart; the list keeps only what is linked in.
#define COMMAND_MAP(X)                                                                 \
    X(run)                                                                             \
    X(check)                                                                           \
    X(config)                                                                          \
    X(policy)                                                                          \
    X(rules)                                                                           \
    X(cases)                                                                           \
    X(audit)                                                                           \
    X(signin)                                                                          \
    X(bench)                                                                           \
    X(discord)                                                                         \
    X(matrix)                                                                          \
    X(version)

#define X(name) extern const struct command cmd_##name __attribute__((weak));
COMMAND_MAP(X)
#undef X

const struct command *const *commands_all(void)
{
    static const struct command *const known[] = {
#define X(name) &cmd_##name,
        COMMAND_MAP(X)
#undef X
    };
    enum { COUNT = sizeof(known) / sizeof(known[0]) };
    static const struct command *linked[COUNT + 1];
    unsigned n = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        if (known[i]) {
            linked[n++] = known[i];
        }
    }
    linked[n] = NULL;
    return linked;
}

static int sub_usage(FILE *out, const char *group, const struct command *const *subs)
{
    fprintf(out, "usage: hallmonitor %s COMMAND [OPTIONS]\n\n", group);
    for (; *subs; subs++) {
        fprintf(out, "  %-10s %s\n", (*subs)->name, (*subs)->help);
    }
    return out == stdout ? EX_OK : EX_USAGE;
}

int command_run_sub(const char *group, const struct command *const *subs, int argc,
                    char **argv)
{
    if (argc < 2) {
        return sub_usage(stderr, group, subs);
    }
    if (strcmp(argv[1], "--help") == 0) {
        return sub_usage(stdout, group, subs);
    }
    for (const struct command *const *c = subs; *c; c++) {
        if (strcmp(argv[1], (*c)->name) == 0) {
            return (*c)->run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "hallmonitor %s: no such command: %s\n\n", group, argv[1]);
    return sub_usage(stderr, group, subs);
}
