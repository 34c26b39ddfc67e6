// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bot/cmd/cmd.h"
#include "bot/cmd/options.h"
#include "bot/core/bot.h"

static int check(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: hallmonitor config check [-c school.yaml]\n\n"
               "Loads the settings, the policy and the rules as 'run' would and says "
               "what is "
               "wrong.\n");
        return EX_OK;
    }
    const char *path = argc == 2 ? argv[1] : config_option(argc, argv);
    struct generation g;
    struct why why = {0};
    enum fault f = generation_load(&g, path, false, &why);
    if (f) {
        return complain("config check", f, &why);
    }
    printf("%s: good\n", path);
    generation_finish(&g);
    return EX_OK;
}

static int run(int argc, char **argv)
{
    static const struct command cmd_check_config = {
        "check", "says what is wrong with a file", check};
    static const struct command *const subs[] = {&cmd_check_config, NULL};
    return command_run_sub("config", subs, argc, argv);
}

const struct command cmd_config = {"config", "settings: check", run};
