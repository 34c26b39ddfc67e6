// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "bot/cmd/cmd_policy.h"
#include "bot/cmd/messages.h"

enum { LINE_BYTES = 1 << 20, OUTPUT_BYTES = 16 << 20 };

static int usage(FILE *out)
{
    fprintf(
        out,
        "usage: hallmonitor policy diff [--data FOLDER] A B CORPUS|-\n\n"
        "Judges the messages of CORPUS (one JSON object a line) under both policies "
        "and "
        "prints\none line for each message that fares otherwise, then how many did.\n");
    return out == stdout ? EX_OK : EX_USAGE;
}

struct diff {
    struct policy_bench bench;
    struct policy *before, *after;
    struct text out;
    size_t lines, changed, bad, stricter, milder;
};

// What of a verdict a policy decides.
static void add_outcome(struct text *out, const struct verdict *v)
{
    bool first = true;
    text_add_format(out, "{\"action\":\"%s\",\"severity\":", action_name(v->action));
    const char *severity = severity_name(v->severity);
    text_add_format(out, severity ? "\"%s\"" : "%s", severity ? severity : "null");
    text_add_str(out, ",\"clauses\":[");
    for (size_t i = 0; i < v->finding_count; i++) {
        const struct finding *x = &v->findings[i];
        for (size_t k = 0; k < x->clause_count; k++) {
            text_add_str(out, first ? "\"" : ",\"");
            text_add(out, x->clauses[k].policy);
            text_add_str(out, "/");
            text_add(out, x->clauses[k].clause);
            text_add_str(out, "\"");
            first = false;
        }
    }
    text_add_str(out, "],\"told\":[");
    for (size_t i = 0; i < v->route_count; i++) {
        text_add_str(out, i ? ",\"" : "\"");
        text_add(out, v->routes[i]);
        text_add_str(out, "\"");
    }
    text_add_format(out, "],\"at_once\":%s,\"restricted\":%s,\"never_store\":%s}",
                    v->at_once ? "true" : "false", v->restricted ? "true" : "false",
                    v->never_store ? "true" : "false");
}

static enum fault judge_into(struct diff *d, const struct policy *p,
                             const struct judge_message *m, struct text *out,
                             enum action_kind *action)
{
    struct verdict v;
    enum fault f = judge_message(d->bench.judge, p, m, &v);
    if (!f) {
        add_outcome(out, &v);
        *action = v.action;
    }
    return f;
}

static void compare_line(struct diff *d, struct slice line)
{
    struct corpus_line parsed = {0};
    struct why why = {0};
    struct text before, after;
    enum action_kind was = ACTION_ALLOW, is = ACTION_ALLOW;
    text_init(&before, OUTPUT_BYTES);
    text_init(&after, OUTPUT_BYTES);
    enum fault f = corpus_line_parse(&parsed, line, &why);
    f = f ? f : judge_into(d, d->before, &parsed.message, &before, &was);
    f = f ? f : judge_into(d, d->after, &parsed.message, &after, &is);
    if (f) {
        d->bad++;
        fprintf(stderr, "hallmonitor policy diff: line %zu: %s\n", d->lines,
                why_text(&why, f));
    } else if (!slice_equal(text_slice(&before), text_slice(&after))) {
        d->changed++;
        d->stricter += is > was;
        d->milder += is < was;
        text_add_format(&d->out, "{\"line\":%zu,\"id\":", d->lines);
        text_add_json(&d->out, parsed.id);
        text_add_str(&d->out, ",\"text\":");
        text_add_json(&d->out, parsed.message.text);
        text_add_str(&d->out, ",\"before\":");
        text_add(&d->out, text_slice(&before));
        text_add_str(&d->out, ",\"after\":");
        text_add(&d->out, text_slice(&after));
        text_add_str(&d->out, "}\n");
    }
    text_finish(&before);
    text_finish(&after);
    corpus_line_finish(&parsed);
}

static int compare_all(struct diff *d, FILE *in)
{
    char *line = NULL;
    size_t cap = 0;
    int status = EX_OK;
    for (ssize_t n; status == EX_OK && (n = getline(&line, &cap, in)) >= 0;) {
        struct slice row = slice_trim(slice_make(line, (size_t)n));
        d->lines++;
        if (row.len > LINE_BYTES) {
            d->bad++;
            fprintf(stderr, "hallmonitor policy diff: line %zu: is too long\n",
                    d->lines);
        } else if (row.len) {
            compare_line(d, row);
        }
        status = policy_print("diff", &d->out);
        text_clear(&d->out);
    }
    free(line);
    text_add_format(&d->out,
                    "{\"messages\":%zu,\"changed\":%zu,\"stricter\":%zu,\"milder\":%zu,"
                    "\"unreadable\":%zu}\n",
                    d->lines, d->changed, d->stricter, d->milder, d->bad);
    status = status == EX_OK ? policy_print("diff", &d->out) : status;
    return status == EX_OK && d->bad ? EX_DATAERR : status;
}

static int run(int argc, char **argv)
{
    static const struct option known[] = {
        {"data", required_argument, NULL, 'd'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *data = NULL;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (o != 'd') {
            return usage(o == 'h' ? stdout : stderr);
        }
        data = optarg;
    }
    if (optind + 3 != argc) {
        return usage(stderr);
    }
    struct diff d = {0};
    struct why why = {0};
    text_init(&d.out, OUTPUT_BYTES);
    const char *corpus = argv[optind + 2];
    FILE *in = strcmp(corpus, "-") == 0 ? stdin : fopen(corpus, "re");
    enum fault f =
        in ? FAULT_NONE : fault_say(&why, FAULT_ABSENT, "%s: cannot be read", corpus);
    f = f ? f : policy_load(&d.before, argv[optind], data, &why);
    f = f ? f : policy_load(&d.after, argv[optind + 1], data, &why);
    f = f ? f : policy_bench_open(&d.bench, data, &why);
    int status = f ? policy_complain("diff", f, &why) : compare_all(&d, in);
    policy_bench_close(&d.bench);
    policy_unref(d.before);
    policy_unref(d.after);
    text_finish(&d.out);
    if (in && in != stdin) {
        fclose(in);
    }
    return status;
}

const struct command policy_diff = {
    "diff", "what would change on messages from one policy to another", run};
