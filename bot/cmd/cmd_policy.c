// SPDX-License-Identifier: MIT
#include "bot/cmd/cmd_policy.h"

#include <stdio.h>
#include <sysexits.h>

#include "bot/cmd/options.h"

int policy_complain(const char *command, enum fault f, const struct why *why)
{
    fprintf(stderr, "hallmonitor policy %s: %s\n", command, why_text(why, f));
    return exit_status(f);
}

int policy_print(const char *command, const struct text *t)
{
    if (text_failed(t)) {
        return policy_complain(command, t->fault, NULL);
    }
    bool ok = fwrite(text_cstr(t), 1, t->len, stdout) == t->len && fflush(stdout) == 0;
    return ok ? EX_OK : EX_IOERR;
}

static int run(int argc, char **argv)
{
    static const struct command *const subs[] = {&policy_derive,   &policy_check,
                                                 &policy_show,     &policy_diff,
                                                 &policy_coverage, NULL};
    return command_run_sub("policy", subs, argc, argv);
}

const struct command cmd_policy = {"policy", "derive, check, show and compare policies",
                                   run};
