// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bot/cmd/cmd.h"
#include "bot/cmd/options.h"

static int verify(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf(
            "usage: hallmonitor audit verify [-c school.yaml]\n\n"
            "Checks that no entry of the audit log was changed, removed or cut off.\n");
        return EX_OK;
    }
    struct config_file *config = NULL;
    struct store *store = NULL;
    struct why why = {0};
    enum fault f = open_beside(config_option(argc, argv), &config, &store, &why);
    if (f) {
        return complain("audit verify", f, &why);
    }
    uint64_t entries = 0;
    uint64_t bad = 0;
    f = store_audit_verify(store, &entries, &bad, &why);
    int status = EX_OK;
    if (f) {
        status = complain("audit verify", f, &why);
    } else {
        printf("%llu entries, whole\n", (unsigned long long)entries);
    }
    store_close(store, 0);
    config_close(config);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct command cmd_verify = {"verify", "checks the chain", verify};
    static const struct command *const subs[] = {&cmd_verify, NULL};
    return command_run_sub("audit", subs, argc, argv);
}

const struct command cmd_audit = {"audit", "the audit log: verify", run};
