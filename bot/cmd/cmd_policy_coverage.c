// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "bot/base/paths.h"
#include "bot/cmd/cmd_policy.h"
#include "bot/cmd/detector_files.h"

static int usage(FILE *out)
{
    fprintf(out,
            "usage: hallmonitor policy coverage [--data FOLDER] FILE|NAME\n\n"
            "Which categories the policy covers, clauses that nothing detects, and "
            "detectors\nthat no clause asks for.\n");
    return out == stdout ? EX_OK : EX_USAGE;
}

struct coverage {
    unsigned rules[CATEGORY_COUNT]; // of the detectors' files
};

static enum fault count_rules(void *ctx, const struct detector_file *file,
                              struct why *why)
{
    struct coverage *c = ctx;
    (void)why;
    for (unsigned i = 0; i < file->count; i++) {
        const char *category = file->rules[i].category;
        enum category k;
        if (category && category_parse(slice_of(category), &k)) {
            c->rules[k]++;
        }
    }
    return FAULT_NONE;
}

static void print_categories(const struct coverage *c, const struct policy *p)
{
    size_t count;
    const struct policy_clause *clauses = policy_clauses(p, &count);
    printf("%-26s %6s  %s\n", "CATEGORY", "RULES", "CLAUSES");
    for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
        printf("%-26s %6u ", category_info(k)->name, c->rules[k]);
        unsigned listed = 0;
        for (size_t i = 0; i < count; i++) {
            if (clauses[i].categories >> k & 1) {
                printf("%s %s", listed++ ? "," : "", clauses[i].id);
            }
        }
        printf("%s\n", listed ? "" : " -");
    }
}

static void print_without_detector(struct policy_bench *bench, const struct coverage *c,
                                   const struct policy *p)
{
    size_t count, found = 0;
    const struct policy_clause *clauses = policy_clauses(p, &count);
    printf("\nClauses without a detector\n");
    for (size_t i = 0; i < count; i++) {
        const struct policy_clause *x = &clauses[i];
        bool fires = false, any = false;
        struct why why;
        for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
            any = any || (x->categories >> k & 1 && c->rules[k]);
        }
        if (x->people_only) {
            continue;
        }
        if (x->trigger && policy_bench_try(bench, p, x, &fires, &why) == FAULT_NONE &&
            !fires) {
            printf("    %s: its own trigger is not found\n", x->id);
            found++;
        } else if (!any && !fires) {
            printf("    %s: no rule finds what it forbids\n", x->id);
            found++;
        }
    }
    printf("%s", found ? "" : "    none\n");
    printf("\nClauses for people only\n");
    for (size_t i = 0; i < count; i++) {
        if (clauses[i].people_only) {
            printf("    %s: %s\n", clauses[i].id, clauses[i].says);
        }
    }
}

static void print_without_clause(const struct coverage *c, const struct policy *p)
{
    size_t count, found = 0;
    const struct policy_clause *clauses = policy_clauses(p, &count);
    uint64_t asked = 0;
    for (size_t i = 0; i < count; i++) {
        asked |= clauses[i].categories;
    }
    printf("\nDetectors without a clause\n");
    for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
        if (c->rules[k] && !(asked >> k & 1)) {
            printf("    %s (%u rules)\n", category_info(k)->name, c->rules[k]);
            found++;
        }
    }
    printf("%s", found ? "" : "    none\n");
}

static int run(int argc, char **argv)
{
    static const struct option known[] = {
        {"data", required_argument, NULL, 'd'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *data = NULL;
    char folder[PATH_BYTES];
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (o != 'd') {
            return usage(o == 'h' ? stdout : stderr);
        }
        data = optarg;
    }
    if (optind + 1 != argc) {
        return usage(stderr);
    }
    struct policy *p = NULL;
    struct policy_bench bench = {0};
    struct coverage c = {0};
    struct why why = {0};
    enum fault f = data ? FAULT_NONE : paths_data(folder, &why);
    f = f ? f : policy_load(&p, argv[optind], data, &why);
    f = f ? f : policy_bench_open(&bench, data, &why);
    f = f ? f : detector_files_visit(data ? data : folder, count_rules, &c, &why);
    if (!f) {
        print_categories(&c, p);
        print_without_detector(&bench, &c, p);
        print_without_clause(&c, p);
    }
    policy_bench_close(&bench);
    policy_unref(p);
    return f ? policy_complain("coverage", f, &why) : EX_OK;
}

const struct command policy_coverage = {
    "coverage", "categories, clauses and detectors side by side", run};
