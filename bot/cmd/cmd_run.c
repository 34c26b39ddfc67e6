// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "bot/cmd/cmd.h"
#include "bot/cmd/options.h"
#include "bot/core/bot.h"

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *config = config_option(argc, argv);
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (c == 'h') {
            printf(
                "usage: hallmonitor run [-c school.yaml]\n\n"
                "Runs until SIGTERM; SIGHUP reads settings, rules and policy again.\n");
            return EX_OK;
        }
        if (c == '?') {
            return EX_USAGE;
        }
    }
    struct bot_options bot = {.config_path = config, .create_store = true};
    return bot_run(&bot);
}

const struct command cmd_run = {"run", "the daemon", run};
