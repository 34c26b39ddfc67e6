// SPDX-License-Identifier: MIT
//
// `rules pieces [--data FOLDER] [--read]`: what the reader would see of each line, for
// rules/train/reader. Not in the usage: nobody but the trainer wants it.
//
// Reads corpus lines from stdin. Writes, in the machine's byte order, for each window:
// line, start, end (bytes of the text), pieces, answers; then the pieces' ids, and, with
// --read, as many floats as answers: the logits of the heads and of the targets.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "bot/base/paths.h"
#include "bot/cmd/messages.h"
#include "bot/cmd/rules_pieces.h"
#include "rules/engine/judge.h"
#include "rules/reader/pieces.h"
#include "rules/reader/reader.h"

struct printer {
    struct ruleset *rs;
    struct judge *judge;
    struct reader *reader;
    struct reader_desk *desk; // NULL: the pieces only
    bool *groups;
};

static bool put_window(const struct printer *p, const struct window *w, uint32_t line)
{
    const struct scan *s = &p->judge->scan;
    struct reader_opinion opinion;
    uint32_t ids[READER_POSITIONS];
    const uint32_t head[] = {
        line, (uint32_t)norm_start(&s->norm, s->tokens.at[w->first].start),
        (uint32_t)norm_end(&s->norm, s->tokens.at[w->last].end), w->count,
        p->desk ? READER_LOGITS : 0};
    for (size_t i = 0; i < w->count; i++) {
        ids[i] = w->ids[i];
    }
    bool fine = fwrite(head, sizeof(head), 1, stdout) == 1 &&
                fwrite(ids, sizeof(*ids), w->count, stdout) == w->count;
    if (fine && p->desk) {
        reader_read(p->reader, p->desk, w->ids, w->count, &opinion);
        fine = fwrite(opinion.logits, sizeof(opinion.logits), 1, stdout) == 1;
    }
    return fine;
}

static enum fault cut(const struct printer *p, const struct judge_message *m,
                      struct windows *out)
{
    struct verdict v;
    enum fault f = judge_message(p->judge, NULL, m, &v);
    if (!f) {
        pieces_read(out, &p->judge->scan, reader_vocabulary(p->reader), p->groups);
    }
    return f;
}

static enum fault put_line(const struct printer *p, struct slice text, uint32_t line,
                           struct why *why)
{
    struct corpus_line parsed = {0};
    struct windows windows = {0};
    struct before before = {0};
    enum fault f = corpus_line_parse(&parsed, text, why);
    const struct judge_message *m = &parsed.message;
    if (!f && m->context_count) {
        const struct judge_message earlier = {.text = m->context[m->context_count - 1]};
        f = cut(p, &earlier, &windows);
        pieces_before(&before, &windows);
    }
    f = f ? f : cut(p, m, &windows);
    pieces_after(&windows, &before);
    for (size_t i = 0; i < windows.count && !f; i++) {
        if (!put_window(p, &windows.at[i], line)) {
            f = fault_say(why, FAULT_STORE, "the output cannot be written");
        }
    }
    corpus_line_finish(&parsed);
    return f;
}

static enum fault open_printer(struct printer *p, const char *data_folder, bool read,
                               struct why *why)
{
    char found[PATH_BYTES];
    enum fault f = data_folder ? FAULT_NONE : paths_data(found, why);
    const struct ruleset_options options = {
        .data_folder = data_folder ? data_folder : found, .rules_only = true};
    f = f ? f : ruleset_load(&p->rs, &options, why);
    f = f ? f : judge_create(&p->judge, p->rs, 0, why);
    f = f ? f : reader_load(&p->reader, options.data_folder, why);
    if (!f && !p->reader) {
        f = fault_say(why, FAULT_ABSENT, "%.100s: there is no model/reader.bin",
                      options.data_folder);
    }
    if (!f && read) {
        f = reader_desk_create(&p->desk, p->reader, why);
    }
    if (!f) {
        p->groups = pieces_groups(p->rs->lex);
        f = p->groups ? FAULT_NONE : FAULT_MEMORY;
    }
    return f;
}

static void close_printer(struct printer *p)
{
    free(p->groups);
    reader_desk_free(p->desk);
    reader_free(p->reader);
    judge_destroy(p->judge);
    ruleset_unref(p->rs);
}

static int run(int argc, char **argv)
{
    static const struct option known[] = {
        {"data", required_argument, NULL, 'd'}, {"read", no_argument, NULL, 'r'}, {0}};
    struct printer p = {0};
    struct why why = {0};
    const char *data_folder = NULL;
    bool read = false;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (o) {
        case 'd':
            data_folder = optarg;
            break;
        case 'r':
            read = true;
            break;
        default:
            return EX_USAGE;
        }
    }
    char *line = NULL;
    size_t cap = 0;
    uint32_t n = 0;
    enum fault f = open_printer(&p, data_folder, read, &why);
    for (ssize_t len; !f && (len = getline(&line, &cap, stdin)) > 0; n++) {
        f = put_line(&p, slice_make(line, (size_t)len), n, &why);
    }
    free(line);
    close_printer(&p);
    if (f) {
        fprintf(stderr, "hallmonitor rules pieces: line %u: %s\n", n,
                why_text(&why, f));
        return EX_DATAERR;
    }
    return EX_OK;
}

const struct command rules_pieces = {"pieces", "print what the reader sees", run};
