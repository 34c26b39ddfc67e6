// SPDX-License-Identifier: MIT
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "adapters/discord/discord.h"
#include "adapters/discord/discord_doctor.h"
#include "bot/cmd/cmd.h"
#include "bot/cmd/cmd_discord.h"
#include "bot/cmd/options.h"

const struct discord_conf *discord_settings_of(const struct config *config,
                                               const char *command)
{
    unsigned index = 0;
    for (const struct adapter_ops *const *ops = platforms_all(); *ops; ops++, index++) {
        if (*ops == &discord_adapter && config->platforms[index]) {
            return config->platforms[index];
        }
    }
    fprintf(stderr,
            "hallmonitor discord %s: the settings have no part 'discord'; see "
            "docs/discord.md\n",
            command);
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
    const struct discord_conf *conf =
        discord_settings_of(config_values(file), "doctor");
    int status = EX_CONFIG;
    if (conf) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        int problems = discord_doctor(conf, stdout);
        status = problems ? EX_CONFIG : EX_OK;
        if (problems) {
            printf("%d to fix\n", problems);
        } else {
            printf("nothing to fix\n");
        }
        curl_global_cleanup();
    }
    config_close(file);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct command cmd_doctor = {
        "doctor", "says what to fix at Discord's side", doctor};
    static const struct command cmd_automod = {
        "automod", "mirrors words into Discord's own AutoMod", discord_automod_command};
    static const struct command *const subs[] = {&cmd_doctor, &cmd_automod, NULL};
    return command_run_sub("discord", subs, argc, argv);
}

const struct command cmd_discord = {"discord", "Discord: doctor, automod", run};
