// SPDX-License-Identifier: MIT
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "adapters/discord/discord.h"
#include "adapters/discord/discord_doctor.h"
#include "bot/cmd/cmd.h"
#include "bot/cmd/options.h"

static const void *settings_of(const struct config *config)
{
    unsigned index = 0;
    for (const struct adapter_ops *const *ops = platforms_all(); *ops; ops++, index++) {
        if (*ops == &discord_adapter) {
            return config->platforms[index];
        }
    }
    return NULL;
}

static int doctor(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: hallmonitor discord doctor [-c school.yaml]\n\n"
               "Looks at the token, the intents, every channel's permissions and the "
               "latency, and says\n"
               "what to fix. Posts nothing; may run beside the daemon.\n");
        return EX_OK;
    }
    struct config_file *file = NULL;
    struct why why = {0};
    enum fault f = config_load(&file, config_option(argc, argv), &why);
    if (f) {
        return complain("discord doctor", f, &why);
    }
    const void *conf = settings_of(config_values(file));
    int status = EX_CONFIG;
    if (conf) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        int problems = discord_doctor(conf, stdout);
        status = problems == 0 ? EX_OK : problems < 0 ? EX_OSERR : EX_CONFIG;
        if (problems) {
            printf("%d to fix\n", problems);
        } else {
            printf("nothing to fix\n");
        }
        curl_global_cleanup();
    } else {
        fprintf(stderr, "hallmonitor discord doctor: the settings have no part "
                        "'discord'; see docs/discord.md\n");
    }
    config_close(file);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct command cmd_doctor = {
        "doctor", "says what to fix at Discord's side", doctor};
    static const struct command *const subs[] = {&cmd_doctor, NULL};
    return command_run_sub("discord", subs, argc, argv);
}

const struct command cmd_discord = {"discord", "Discord: doctor", run};
