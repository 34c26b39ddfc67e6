// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "adapters/matrix/matrix_doctor.h"
#include "bot/cmd/cmd.h"
#include "bot/cmd/options.h"

static const char help_text[] =
    "usage: hallmonitor matrix doctor [-c school.yaml] [--limits]\n\n"
    "Says what is missing before rooms on the homeserver can be moderated: the "
    "account, "
    "rooms, power\nlevels, encryption, the control room, the question before delivery. "
    "With --limits it also\nsends a dozen events into a room of its own to see whether "
    "the homeserver slows it down.\n";

static void print(void *ctx, enum doctor_kind kind, const char *sentence)
{
    (void)ctx;
    static const char *const marks[] = {"good", "WRONG", "note"};
    printf("%-6s %s\n", marks[kind], sentence);
    fflush(stdout);
}

static const struct matrix_conf *conf_of(const struct config *config)
{
    unsigned index = 0;
    for (const struct adapter_ops *const *ops = platforms_all(); *ops; ops++, index++) {
        if (strcmp((*ops)->name, "matrix") == 0) {
            return config->platforms[index];
        }
    }
    return NULL;
}

static int doctor(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"limits", no_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *path = config_option(argc, argv);
    struct doctor_options asked = {.say = print};
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(help_text, stdout);
            return EX_OK;
        }
        if (c != 'c' && c != 'l') {
            fputs(help_text, stderr);
            return EX_USAGE;
        }
        asked.limits = asked.limits || c == 'l';
    }
    struct config_file *config;
    struct why why = {0};
    enum fault f = config_load(&config, path, &why);
    if (f) {
        return complain("matrix doctor", f, &why);
    }
    asked.conf = conf_of(config_values(config));
    if (!asked.conf) {
        config_close(config);
        fprintf(stderr, "hallmonitor matrix doctor: %s has no part 'matrix'\n", path);
        return EX_CONFIG;
    }
    unsigned wrong = matrix_doctor(&asked);
    config_close(config);
    printf("%u thing%s to put right\n", wrong, wrong == 1 ? "" : "s");
    return wrong ? EX_CONFIG : EX_OK;
}

static int run(int argc, char **argv)
{
    static const struct command cmd_doctor = {
        "doctor", "says what a homeserver still lacks for moderation", doctor};
    static const struct command *const subs[] = {&cmd_doctor, NULL};
    return command_run_sub("matrix", subs, argc, argv);
}

const struct command cmd_matrix = {"matrix", "a Matrix homeserver: doctor", run};
