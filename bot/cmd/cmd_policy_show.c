// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "bot/cmd/cmd_policy.h"
#include "rules/policy/show.h"

enum { OUTPUT_BYTES = 8 << 20 };

static int usage(FILE *out)
{
    fprintf(out,
            "usage: hallmonitor policy show [--html] [--data FOLDER] FILE|NAME\n\n"
            "Prints a policy as a table, or as a page for a browser and for paper.\n");
    return out == stdout ? EX_OK : EX_USAGE;
}

static int run(int argc, char **argv)
{
    static const struct option known[] = {{"html", no_argument, NULL, 'w'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    bool html = false;
    const char *data = NULL;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (o) {
        case 'w':
            html = true;
            break;
        case 'd':
            data = optarg;
            break;
        default:
            return usage(o == 'h' ? stdout : stderr);
        }
    }
    if (optind + 1 != argc) {
        return usage(stderr);
    }
    struct policy *p;
    struct why why = {0};
    enum fault f = policy_load(&p, argv[optind], data, &why);
    if (f) {
        return policy_complain("show", f, &why);
    }
    struct text out;
    text_init(&out, OUTPUT_BYTES);
    if (html) {
        policy_add_html(&out, p);
    } else {
        policy_add_table(&out, p);
    }
    int status = policy_print("show", &out);
    text_finish(&out);
    policy_unref(p);
    return status;
}

const struct command policy_show = {"show", "print a policy for people", run};
