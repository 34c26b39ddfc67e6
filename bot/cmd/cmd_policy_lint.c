// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "bot/base/paths.h"
#include "bot/cmd/cmd_policy.h"
#include "rules/policy/lint.h"

static int usage(FILE *out)
{
    fprintf(
        out,
        "usage: hallmonitor policy lint [--data FOLDER] [--strict] [FILE|NAME...]\n\n"
        "Reads packs (without a name: every shipped one) and says what is wrong, with "
        "file,\nline and remedy, and what is questionable. Each clause's `trigger` is "
        "tried.\n--strict makes remarks count as errors.\n");
    return out == stdout ? EX_OK : EX_USAGE;
}

struct lint {
    const char *data;
    struct policy_bench bench;
    size_t errors, remarks;
};

static void say_remark(void *ctx, const char *path, unsigned line, const char *what,
                       const char *remedy)
{
    struct lint *l = ctx;
    l->remarks++;
    printf("%s:%u: remark: %s; %s\n", path, line, what, remedy);
}

static void try_triggers(struct lint *l, const struct policy *p)
{
    size_t count;
    const struct policy_clause *clauses = policy_clauses(p, &count);
    for (size_t i = 0; i < count; i++) {
        const struct policy_clause *c = &clauses[i];
        bool fires;
        struct why why = {0};
        if (c->people_only || !c->trigger || !slice_equal(c->policy, policy_id(p))) {
            continue;
        }
        enum fault f = policy_bench_try(&l->bench, p, c, &fires, &why);
        char what[400];
        if (f) {
            snprintf(what, sizeof(what), "clause %s: trigger: %s", c->id,
                     why_text(&why, f));
        } else if (!fires) {
            snprintf(what, sizeof(what),
                     "clause %s: its trigger does not fall under it", c->id);
        } else {
            continue;
        }
        say_remark(l, policy_clause_path(p, c), policy_clause_line(p, c, "trigger"),
                   what, "write a message that does");
    }
}

static void lint_one(struct lint *l, const char *name)
{
    struct policy *p;
    struct why why = {0};
    enum fault f = policy_load(&p, name, l->data, &why);
    if (f) {
        l->errors++;
        printf("%s\n", why_text(&why, f));
        return;
    }
    size_t remarks = l->remarks, count, own = 0, people = 0;
    policy_lint(p, say_remark, l);
    try_triggers(l, p);
    const struct policy_clause *clauses = policy_clauses(p, &count);
    for (size_t i = 0; i < count; i++) {
        bool mine = slice_equal(clauses[i].policy, policy_id(p));
        own += mine;
        people += mine && clauses[i].people_only;
    }
    printf("%s: %zu clauses, %zu for people only, %zu of packs below: ", name, own,
           people, count - own);
    if (l->remarks == remarks) {
        printf("fine\n");
    } else {
        printf("%zu remarks\n", l->remarks - remarks);
    }
    policy_unref(p);
}

static enum fault lint_shipped(struct lint *l, struct why *why)
{
    char data[PATH_BYTES], folder[PATH_BYTES + 16];
    enum fault f = l->data ? FAULT_NONE : paths_data(data, why);
    if (f) {
        return f;
    }
    snprintf(folder, sizeof(folder), "%s/policies", l->data ? l->data : data);
    struct dirent **names = NULL;
    int n = scandir(folder, &names, NULL, alphasort);
    if (n < 0) {
        return fault_say(why, FAULT_ABSENT, "%s: cannot be read", folder);
    }
    for (int i = 0; i < n; i++) {
        if (slice_ends_with(slice_of(names[i]->d_name), SLICE(".yaml"))) {
            char path[PATH_BYTES + 300];
            snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
            lint_one(l, path);
        }
        free(names[i]);
    }
    free(names);
    return FAULT_NONE;
}

static int run(int argc, char **argv)
{
    static const struct option known[] = {{"data", required_argument, NULL, 'd'},
                                          {"strict", no_argument, NULL, 's'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct lint l = {0};
    bool strict = false;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (o) {
        case 'd':
            l.data = optarg;
            break;
        case 's':
            strict = true;
            break;
        default:
            return usage(o == 'h' ? stdout : stderr);
        }
    }
    struct why why = {0};
    enum fault f = policy_bench_open(&l.bench, l.data, &why);
    if (!f && optind == argc) {
        f = lint_shipped(&l, &why);
    }
    for (int i = optind; !f && i < argc; i++) {
        lint_one(&l, argv[i]);
    }
    policy_bench_close(&l.bench);
    if (f) {
        return policy_complain("lint", f, &why);
    }
    return l.errors || (strict && l.remarks) ? EX_DATAERR : EX_OK;
}

const struct command policy_check = {"lint", "say what is wrong with packs", run};
