// SPDX-License-Identifier: MIT
//
// `rules features`: what the classifier would see of each line, for rules/train. Not in
// the usage: nobody but the trainer wants it.
//
// Reads corpus lines from stdin. Writes, in the machine's byte order, for each stretch:
// line, start, end (bytes of the text), tokens, features, classes of the message; then
// two numbers a token (the gate's key; 1 for a word of a protected group), the features,
// and the classes' hashes.
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "bot/cmd/cmd.h"
#include "bot/cmd/messages.h"
#include "bot/cmd/rules_features.h"
#include "rules/classify/features.h"
#include "rules/engine/judge.h"

static bool put(const uint32_t *numbers, size_t count)
{
    return fwrite(numbers, sizeof(*numbers), count, stdout) == count;
}

static bool put_stretch(const struct scan *s, struct stretch *at, uint32_t line,
                        const struct feature_lists *lists)
{
    static struct features features;
    const struct token *first = &s->tokens.at[at->first];
    const struct token *last = &s->tokens.at[at->last];
    size_t seen_count;
    const uint16_t *seen = scan_seen(s, &seen_count);
    features_of(&features, at, s, lists);
    const uint32_t head[] = {line,
                             (uint32_t)norm_start(&s->norm, first->start),
                             (uint32_t)norm_end(&s->norm, last->end),
                             at->last - at->first + 1,
                             (uint32_t)features.count,
                             (uint32_t)seen_count};
    bool fine = seen && put(head, sizeof(head) / sizeof(head[0]));
    for (uint32_t i = at->first; fine && i <= at->last; i++) {
        const uint32_t gate[] = {(uint32_t)s->tokens.at[i].key,
                                 feature_is_group(lists, s, i)};
        fine = put(gate, 2);
    }
    fine = fine && put(features.at, features.count);
    for (size_t i = 0; fine && i < seen_count; i++) {
        fine = put(&lists->class_hashes[seen[i]], 1);
    }
    return fine;
}

static enum fault put_line(struct judge *j, struct slice text, uint32_t line,
                           const struct feature_lists *lists, struct why *why)
{
    struct corpus_line parsed = {0};
    struct verdict v;
    enum fault f = corpus_line_parse(&parsed, text, why);
    f = f ? f : judge_message(j, NULL, &parsed.message, &v);
    struct stretch at = {0};
    while (!f && stretch_next(&at, &j->scan)) {
        if (!put_stretch(&j->scan, &at, line, lists)) {
            f = fault_say(why, FAULT_STORE, "the output cannot be written");
        }
    }
    corpus_line_finish(&parsed);
    return f;
}

static int run(int argc, char **argv)
{
    const struct ruleset_options options = {.data_folder = argc > 1 ? argv[1] : NULL};
    struct why why = {0};
    struct ruleset *rs = NULL;
    struct judge *j = NULL;
    struct feature_lists *lists = NULL;
    char *line = NULL;
    size_t cap = 0;
    uint32_t n = 0;
    enum fault f = ruleset_load(&rs, &options, &why);
    f = f ? f : judge_create(&j, rs, 0, &why);
    if (!f) {
        lists = feature_lists_create(rs->lex);
        f = lists ? FAULT_NONE : FAULT_MEMORY;
    }
    for (ssize_t len; !f && (len = getline(&line, &cap, stdin)) > 0; n++) {
        f = put_line(j, slice_make(line, (size_t)len), n, lists, &why);
    }
    free(line);
    feature_lists_free(lists);
    judge_destroy(j);
    ruleset_unref(rs);
    if (f) {
        fprintf(stderr, "hallmonitor rules features: line %u: %s\n", n,
                why_text(&why, f));
        return EX_DATAERR;
    }
    return EX_OK;
}

const struct command rules_features = {"features", "print what the classifier sees",
                                       run};
