// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bot/base/clock.h"
#include "bot/cmd/cmd.h"
#include "bot/cmd/options.h"
#include "bot/console/session.h"

static int run(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: hallmonitor signin [-c school.yaml]\n\n"
               "Prints a link that signs a browser in to the console, once, within an "
               "hour.\n");
        return EX_OK;
    }
    struct config_file *config = NULL;
    struct why why = {0};
    enum fault f = config_load(&config, config_option(argc, argv), &why);
    if (f) {
        return complain("signin", f, &why);
    }
    struct clock clock = clock_real();
    char token[SESSION_TOKEN_BYTES];
    f = session_invite(config_state_folder(config), clock_unix_ms(&clock), token, &why);
    int status = EX_OK;
    if (f) {
        status = complain("signin", f, &why);
    } else {
        printf("%s/signin?token=%s\n", config_console_url(config), token);
    }
    config_close(config);
    return status;
}

const struct command cmd_signin = {"signin", "a one-time link to the console", run};
