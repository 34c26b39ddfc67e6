// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "bot/cmd/cmd.h"
#include "bot/cmd/messages.h"

enum { LINE_BYTES = 16 << 20, OUTPUT_BYTES = 64 << 20 };

struct check {
    struct ruleset *rs;
    struct policy *policy;
    struct judge *judge;
    bool plain;
    bool any_bad;
    struct text out;
};

static int usage(FILE *out)
{
    fprintf(out, "usage: hallmonitor check [--policy PACK] [--plain] [--data FOLDER]\n"
                 "                         [--school NAME] [--roster FILE.csv]\n\n"
                 "Judges messages from standard input, one verdict a line, in order.\n"
                 "Lines are JSON objects (only \"text\" is required); with --plain "
                 "each line is a text.\n");
    return out == stdout ? EX_OK : EX_USAGE;
}

static void say_error(struct check *c, size_t line, const char *why)
{
    c->any_bad = true;
    text_add_format(&c->out, "{\"line\":%zu,\"error\":", line);
    text_add_json(&c->out, slice_of(why));
    text_add_str(&c->out, "}\n");
}

static void judge_line(struct check *c, struct slice line, size_t number)
{
    struct corpus_line parsed = {0};
    struct why why = {0};
    struct verdict verdict;
    enum fault f = FAULT_NONE;
    if (c->plain) {
        parsed.message.text = line;
    } else {
        f = corpus_line_parse(&parsed, line, &why);
    }
    if (!f) {
        f = judge_message(c->judge, c->policy, &parsed.message, &verdict);
    }
    if (f) {
        say_error(c, number, why_text(&why, f));
    } else {
        verdict_add_json(&c->out, &verdict, parsed.id, parsed.message.text);
    }
    corpus_line_finish(&parsed);
}

static bool flush(struct check *c)
{
    bool ok = !text_failed(&c->out) &&
              fwrite(text_cstr(&c->out), 1, c->out.len, stdout) == c->out.len;
    text_clear(&c->out);
    return ok;
}

static int judge_all(struct check *c)
{
    char *line = NULL;
    size_t cap = 0;
    bool ok = true;
    size_t number = 0;
    for (ssize_t n; ok && (n = getline(&line, &cap, stdin)) >= 0;) {
        struct slice row = slice_make(line, (size_t)n);
        number++;
        if (row.len && row.ptr[row.len - 1] == '\n') {
            row.len--;
        }
        if (row.len > LINE_BYTES) {
            say_error(c, number, "the line is too long");
        } else if (c->plain || slice_trim(row).len) {
            judge_line(c, row, number);
        }
        ok = flush(c);
    }
    free(line);
    if (!ok || ferror(stdin) || fflush(stdout) != 0) {
        fprintf(stderr, "hallmonitor check: input or output failed\n");
        return EX_IOERR;
    }
    return c->any_bad ? EX_DATAERR : EX_OK;
}

static enum fault open_all(struct check *c, const struct ruleset_options *options,
                           const char *pack, struct why *why)
{
    enum fault f = ruleset_load(&c->rs, options, why);
    if (!f && pack) {
        f = policy_load(&c->policy, pack, options->data_folder, why);
    }
    return f ? f : judge_create(&c->judge, c->rs, 64, why);
}

static int run(int argc, char **argv)
{
    static const struct option known[] = {{"policy", required_argument, NULL, 'p'},
                                          {"plain", no_argument, NULL, 'l'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"school", required_argument, NULL, 's'},
                                          {"roster", required_argument, NULL, 'r'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct check c = {0};
    struct school_profile school = {0};
    struct ruleset_options options = {.school = &school};
    const char *pack = NULL;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (o) {
        case 'p':
            pack = optarg;
            break;
        case 'l':
            c.plain = true;
            break;
        case 'd':
            options.data_folder = optarg;
            break;
        case 's':
            school.name = optarg;
            break;
        case 'r':
            school.roster_path = optarg;
            break;
        default:
            return usage(o == 'h' ? stdout : stderr);
        }
    }
    if (optind != argc) {
        return usage(stderr);
    }
    struct why why = {0};
    text_init(&c.out, OUTPUT_BYTES);
    enum fault f = open_all(&c, &options, pack, &why);
    int status = EX_CONFIG;
    if (f) {
        fprintf(stderr, "hallmonitor check: %s\n", why_text(&why, f));
    } else {
        status = judge_all(&c);
    }
    text_finish(&c.out);
    judge_destroy(c.judge);
    policy_unref(c.policy);
    ruleset_unref(c.rs);
    return status;
}

const struct command cmd_check = {
    "check", "judge messages from standard input, one verdict a line", run};
