// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bot/cmd/cmd.h"

static int usage(FILE *out)
{
    fprintf(out, "usage: hallmonitor COMMAND [OPTIONS]\n\n");
    for (const struct command *const *c = commands_all(); *c; c++) {
        fprintf(out, "  %-10s %s\n", (*c)->name, (*c)->help);
    }
    fprintf(out, "\n'hallmonitor COMMAND --help' says more.\n");
    return out == stdout ? EX_OK : EX_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return usage(stderr);
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        return usage(stdout);
    }
    if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    for (const struct command *const *c = commands_all(); *c; c++) {
        if (strcmp(name, (*c)->name) == 0) {
            return (*c)->run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "hallmonitor: no such command: %s\n\n", name);
    return usage(stderr);
}
