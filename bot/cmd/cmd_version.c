// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <sysexits.h>

#include "bot/cmd/cmd.h"

static int run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("hallmonitor %s\n", HM_VERSION);
    return EX_OK;
}

const struct command cmd_version = {"version", "prints the version", run};
