// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bot/base/paths.h"
#include "bot/cmd/cmd.h"
#include "bot/cmd/detector_files.h"
#include "bot/cmd/messages.h"
#include "bot/cmd/rules_features.h"
#include "bot/cmd/rules_pieces.h"
#include "rules/engine/explain.h"

static int usage(FILE *out)
{
    fprintf(
        out,
        "usage: hallmonitor rules lint [--data FOLDER]\n"
        "       hallmonitor rules test [--data FOLDER] [--only PREFIX] [FILE.yaml...]\n"
        "       hallmonitor rules explain [--data FOLDER] TEXT\n\n"
        "lint     read all lexicons and rules, say what is wrong with them\n"
        "test     judge each rule's own `yes` and `no` examples\n"
        "explain  say why TEXT matches, and which rules it just misses; TEXT may "
        "begin\n"
        "         with {author=pupil channel=pupils context=\"...\"}\n");
    return out == stdout ? EX_OK : EX_USAGE;
}

struct settings {
    struct ruleset_options options;
    const char *only; // rules whose id begins so
};

// Reads the options; returns a status, or -1 to go on.
static int read_options(struct settings *s, int argc, char **argv)
{
    static const struct option known[] = {{"data", required_argument, NULL, 'd'},
                                          {"only", required_argument, NULL, 'o'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (o) {
        case 'd':
            s->options.data_folder = optarg;
            break;
        case 'o':
            s->only = optarg;
            break;
        default:
            return usage(o == 'h' ? stdout : stderr);
        }
    }
    return -1;
}

static int say(const char *command, const struct why *why, enum fault f)
{
    fprintf(stderr, "hallmonitor rules %s: %s\n", command, why_text(why, f));
    return f == FAULT_INPUT ? EX_DATAERR : EX_CONFIG;
}

static int run_lint(int argc, char **argv)
{
    struct settings s = {0};
    struct why why = {0};
    struct ruleset *rs;
    int status = read_options(&s, argc, argv);
    if (status >= 0) {
        return status;
    }
    enum fault f = ruleset_load(&rs, &s.options, &why);
    if (f) {
        return say("lint", &why, f);
    }
    struct ruleset_counts n = ruleset_count(rs);
    printf(
        "%zu rules (%zu sequences), %zu classes, %zu words, %zu phrase nodes: fine\n",
        n.rules, n.sequences, n.classes, n.words, n.nodes);
    ruleset_unref(rs);
    return EX_OK;
}

struct tester {
    struct judge *judge;
    const char *only;
    size_t passed, failed, broken;
};

static bool speaks(const struct verdict *v, const char *rule)
{
    for (size_t i = 0; i < v->finding_count; i++) {
        if (slice_is(v->findings[i].rule, rule)) {
            return true;
        }
    }
    return false;
}

static bool has_category(const struct verdict *v, const char *category)
{
    for (size_t i = 0; i < v->finding_count; i++) {
        if (strcmp(category_info(v->findings[i].category)->name, category) == 0) {
            return true;
        }
    }
    return false;
}

// A `yes` must give the rule's category (a stronger rule of the same may speak for it);
// a `no` must not make this rule speak.
static void test_example(struct tester *t, const struct rule_source *rule,
                         const char *file, unsigned line, const char *example, bool yes)
{
    struct corpus_line parsed;
    struct why why = {0};
    struct verdict v = {0};
    enum fault f = example_parse(&parsed, slice_of(example), &why);
    f = f ? f : judge_message(t->judge, NULL, &parsed.message, &v);
    if (f) {
        printf("%s:%u: %s: %s\n", file, line, rule->id, why_text(&why, f));
        t->broken++;
        return;
    }
    bool right = yes ? has_category(&v, rule->category) : !speaks(&v, rule->id);
    if (right) {
        t->passed++;
        return;
    }
    t->failed++;
    printf("%s:%u: %s: %s: %s\n", file, line, rule->id,
           yes ? "says nothing of" : "wrongly speaks of", example);
}

static enum fault test_file(void *ctx, const struct detector_file *file,
                            struct why *why)
{
    struct tester *t = ctx;
    (void)why;
    for (unsigned i = 0; i < file->count; i++) {
        const struct rule_source *r = &file->rules[i];
        unsigned line = rule_source_line(file->bytes, r->id);
        if (t->only && strncmp(r->id, t->only, strlen(t->only)) != 0) {
            continue;
        }
        if (r->yes_count == 0 || r->no_count == 0) {
            printf("%s:%u: %s: has no `%s` example\n", file->name, line, r->id,
                   r->yes_count ? "no" : "yes");
            t->broken++;
        }
        for (unsigned k = 0; k < r->yes_count; k++) {
            test_example(t, r, file->name, line, r->yes[k], true);
        }
        for (unsigned k = 0; k < r->no_count; k++) {
            test_example(t, r, file->name, line, r->no[k], false);
        }
    }
    return FAULT_NONE;
}

static int run_test(int argc, char **argv)
{
    struct settings s = {0};
    struct why why = {0};
    struct ruleset *rs = NULL;
    struct tester t = {0};
    char data[PATH_BYTES];
    int status = read_options(&s, argc, argv);
    if (status >= 0) {
        return status;
    }
    t.only = s.only;
    s.options.rules_only = true; // what a rule catches must not hang on the model
    enum fault f = s.options.data_folder ? FAULT_NONE : paths_data(data, &why);
    f = f ? f : ruleset_load(&rs, &s.options, &why);
    f = f ? f : judge_create(&t.judge, rs, 0, &why);
    if (!f && optind == argc) {
        f = detector_files_visit(s.options.data_folder ? s.options.data_folder : data,
                                 test_file, &t, &why);
    }
    for (int i = optind; !f && i < argc; i++) {
        f = detector_file_visit(argv[i], test_file, &t, &why);
    }
    judge_destroy(t.judge);
    ruleset_unref(rs);
    if (f) {
        return say("test", &why, f);
    }
    printf("%zu examples right, %zu wrong, %zu cannot be used\n", t.passed, t.failed,
           t.broken);
    return t.failed || t.broken ? EX_DATAERR : EX_OK;
}

static int run_explain(int argc, char **argv)
{
    struct settings s = {0};
    struct why why = {0};
    struct ruleset *rs = NULL;
    struct judge *judge = NULL;
    struct corpus_line parsed = {0};
    struct text out;
    int status = read_options(&s, argc, argv);
    if (status >= 0) {
        return status;
    }
    if (optind + 1 != argc) {
        return usage(stderr);
    }
    text_init(&out, 4 << 20);
    enum fault f = ruleset_load(&rs, &s.options, &why);
    f = f ? f : judge_create(&judge, rs, 0, &why);
    f = f ? f : example_parse(&parsed, slice_of(argv[optind]), &why);
    f = f ? f : judge_explain(judge, NULL, &parsed.message, &out);
    if (!f) {
        fputs(text_cstr(&out), stdout);
    }
    text_finish(&out);
    judge_destroy(judge);
    ruleset_unref(rs);
    return f ? say("explain", &why, f) : EX_OK;
}

static const struct command lint = {"lint", "read everything, say what is wrong",
                                    run_lint};
static const struct command test = {"test", "judge each rule's examples", run_test};
static const struct command explain = {"explain", "say why a text matches",
                                       run_explain};

static int run(int argc, char **argv)
{
    static const struct command *const subs[] = {
        &lint, &test, &explain, &rules_features, &rules_pieces, NULL};
    return command_run_sub("rules", subs, argc, argv);
}

const struct command cmd_rules = {"rules", "validate, test and explain rules", run};
