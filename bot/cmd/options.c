// SPDX-License-Identifier: MIT
#include "bot/cmd/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

int exit_status(enum fault f)
{
    static const int statuses[] = {
        [FAULT_NONE] = EX_OK,
        [FAULT_MEMORY] = EX_OSERR,
        [FAULT_INPUT] = EX_DATAERR,
        [FAULT_LIMIT] = EX_DATAERR,
        [FAULT_ABSENT] = EX_NOINPUT,
        [FAULT_DENIED] = EX_NOPERM,
        [FAULT_THROTTLED] = EX_TEMPFAIL,
        [FAULT_OFFLINE] = EX_UNAVAILABLE,
        [FAULT_STORE] = EX_IOERR,
        [FAULT_CANCELLED] = EX_TEMPFAIL,
    };
    return statuses[f];
}

int complain(const char *command, enum fault f, const struct why *why)
{
    fprintf(stderr, "hallmonitor %s: %s\n", command, why_text(why, f));
    return exit_status(f);
}

enum fault open_beside(const char *config_path, struct config_file **config,
                       struct store **store, struct why *why)
{
    enum fault f = config_load(config, config_path, why);
    if (f) {
        return f;
    }
    struct store_options options = {.path = config_store_path(*config),
                                    .key_path = config_key_path(*config)};
    f = store_open(store, &options, why);
    if (f) {
        config_close(*config);
    }
    return f;
}

const char *config_option(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config") == 0) {
            return argv[i + 1];
        }
    }
    const char *named = getenv("HM_CONFIG");
    return named && *named ? named : "school.yaml";
}
