// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "bot/cmd/cmd.h"
#include "bot/cmd/options.h"
#include "bot/console/api.h"

struct settings {
    const char *config;
    bool json, restricted, help;
    struct slice state; // empty: open
    int first;          // index of the first plain argument
};

static const char help_text[] = "usage: hallmonitor cases list [--state "
                                "open|upheld|restored|all] [--restricted] [--json]\n"
                                "       hallmonitor cases show NUMBER [--json]\n"
                                "       hallmonitor cases uphold|restore NUMBER\n\n"
                                "Works on the store beside a running daemon, which "
                                "carries out what follows. Restricted\n"
                                "cases (safeguarding) are listed only on request; who "
                                "may run this command may see them.\n";

static bool parse(int argc, char **argv, struct settings *out)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"state", required_argument, NULL, 's'},
                                            {"restricted", no_argument, NULL, 'r'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    *out = (struct settings){.config = config_option(argc, argv)};
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (c) {
        case 's':
            out->state = slice_of(optarg);
            break;
        case 'r':
            out->restricted = true;
            break;
        case 'j':
            out->json = true;
            break;
        case 'h':
            out->help = true;
            break;
        case 'c':
            break;
        default:
            return false;
        }
    }
    out->first = optind;
    return true;
}

static void print_json(const struct store_case *c, bool whole)
{
    struct text out;
    text_init(&out, 64 << 20);
    api_case_json(&out, c, whole);
    printf("%s\n", text_cstr(&out));
    text_finish(&out);
}

static void print_line(const struct store_case *c)
{
    char at[CLOCK_TEXT_BYTES];
    printf("%-6llu %-8s %-9s %-26s %-7s %-12.*s %s%s\n", (unsigned long long)c->id,
           case_state_name(c->state),
           severity_name(c->severity) ? severity_name(c->severity) : "-",
           c->finding_count ? category_info(c->findings[0].category)->name : "-",
           target_name(c->target), SLICE_ARG(c->channel), clock_text(c->created_ms, at),
           c->hidden ? " hidden" : "");
}

static int list(const struct settings *s, struct store *store)
{
    struct store_request *r = store_request_create(STORE_CASES);
    if (!r) {
        return EX_OSERR;
    }
    r->cases.any_state = slice_is(s->state, "all");
    r->cases.with_restricted = s->restricted;
    if (s->state.len && !r->cases.any_state &&
        !case_state_parse(s->state, &r->cases.state)) {
        fprintf(stderr,
                "hallmonitor cases: --state wants open, upheld, restored or all\n");
        store_request_destroy(r);
        return EX_USAGE;
    }
    store_run(store, r);
    int status = r->fault ? complain("cases list", r->fault, &r->why) : EX_OK;
    for (size_t i = 0; status == EX_OK && i < r->cases.case_count; i++) {
        if (s->json) {
            print_json(&r->cases.cases[i], false);
        } else {
            print_line(&r->cases.cases[i]);
        }
    }
    store_request_destroy(r);
    return status;
}

static void print_case(const struct store_case *c)
{
    print_line(c);
    struct text out;
    text_init(&out, 64 << 20);
    for (size_t i = 0; i < c->finding_count; i++) {
        const struct store_finding *x = &c->findings[i];
        text_add_format(&out,
                        "  %s by %.*s (%u %%), bytes %llu to %llu, clauses %.*s\n",
                        category_info(x->category)->name, SLICE_ARG(x->rule),
                        x->confidence, (unsigned long long)x->start,
                        (unsigned long long)x->end, SLICE_ARG(x->clauses));
    }
    for (size_t i = 0; i < c->task_count; i++) {
        text_add_format(&out, "  %s: %s %.*s\n", act_kind_name(c->tasks[i].kind),
                        task_state_name(c->tasks[i].state),
                        SLICE_ARG(c->tasks[i].fault));
    }
    text_add_format(&out, "  evidence %.*s\n  history %.*s\n", SLICE_ARG(c->evidence),
                    SLICE_ARG(c->history));
    fputs(text_cstr(&out), stdout);
    text_finish(&out);
}

static int show(const struct settings *s, struct store *store, uint64_t id)
{
    struct store_request *r = store_request_create(STORE_CASE);
    if (!r) {
        return EX_OSERR;
    }
    r->one.case_id = id;
    store_run(store, r);
    int status = r->fault ? complain("cases show", r->fault, &r->why) : EX_OK;
    if (status == EX_OK && s->json) {
        print_json(r->one.the_case, true);
    } else if (status == EX_OK) {
        print_case(r->one.the_case);
    }
    store_request_destroy(r);
    return status;
}

static int decide(struct store *store, uint64_t id, enum decision_kind kind)
{
    struct store_request *r = store_request_create(STORE_DECIDE);
    if (!r) {
        return EX_OSERR;
    }
    r->decide.case_id = id;
    r->decide.kind = kind;
    r->decide.moderator = SLICE("command line");
    r->decide.source = SLICE("command line");
    r->decide.task_ids[0] = store_task_id(store);
    r->decide.task_ids[1] = store_task_id(store);
    store_run(store, r);
    int status = r->fault ? complain("cases", r->fault, &r->why) : EX_OK;
    if (status == EX_OK) {
        printf("case %llu: %s\n", (unsigned long long)id,
               case_state_name(r->decide.state));
    }
    store_request_destroy(r);
    return status;
}

static int run(int argc, char **argv)
{
    struct settings s;
    if (!parse(argc, argv, &s)) {
        return EX_USAGE;
    }
    const char *verb = s.first < argc ? argv[s.first] : NULL;
    if (s.help || !verb) {
        fputs(help_text, s.help ? stdout : stderr);
        return s.help ? EX_OK : EX_USAGE;
    }
    uint64_t id = 0;
    bool listing = strcmp(verb, "list") == 0;
    if (!listing &&
        (s.first + 1 >= argc || slice_u64(slice_of(argv[s.first + 1]), &id))) {
        fprintf(stderr, "hallmonitor cases %s: which case? Give its number.\n", verb);
        return EX_USAGE;
    }
    struct config_file *config = NULL;
    struct store *store = NULL;
    struct why why = {0};
    enum fault f = open_beside(s.config, &config, &store, &why);
    if (f) {
        return complain("cases", f, &why);
    }
    int status = EX_USAGE;
    if (listing) {
        status = list(&s, store);
    } else if (strcmp(verb, "show") == 0) {
        status = show(&s, store, id);
    } else if (strcmp(verb, "uphold") == 0) {
        status = decide(store, id, DECIDE_UPHOLD);
    } else if (strcmp(verb, "restore") == 0) {
        status = decide(store, id, DECIDE_RESTORE);
    } else {
        fprintf(stderr, "hallmonitor cases: no such command: %s\n\n%s", verb,
                help_text);
    }
    store_close(store, 0);
    config_close(config);
    return status;
}

const struct command cmd_cases = {"cases", "work with the store without the console",
                                  run};
