// SPDX-License-Identifier: MIT
#include "rules/engine/judge.h"

#include <stdlib.h>
#include <string.h>

#include "rules/classify/classify.h"
#include "rules/detect/target.h"
#include "rules/engine/behaviour.h"
#include "rules/engine/pattern.h"
#include "rules/policy/policy.h"

enum {
    MESSAGE_BYTES = 1 << 20,  // longer texts are judged up to here
    ARENA_BLOCK = 512 << 10,  // holds any ordinary message
    ARENA_BYTES = 512u << 20, //
    CONTEXTS_MOST = 4         // earlier messages that are looked at
};

static enum fault fit_classes(struct judge *j)
{
    size_t count = j->rs->lex->class_count;
    if (count > j->class_cap) {
        free(j->states);
        free(j->context_epochs);
        j->states = calloc(count, sizeof(*j->states));
        j->context_epochs = calloc(count, sizeof(*j->context_epochs));
        j->class_cap = j->states && j->context_epochs ? count : 0;
    } else if (j->class_cap) {
        memset(j->states, 0, j->class_cap * sizeof(*j->states));
        memset(j->context_epochs, 0, j->class_cap * sizeof(*j->context_epochs));
    }
    j->epoch = 0;
    return count <= j->class_cap ? FAULT_NONE : FAULT_MEMORY;
}

enum fault judge_create(struct judge **out, struct ruleset *rs, size_t history_channels,
                        struct why *why)
{
    struct judge *j = calloc(1, sizeof(*j));
    if (!j) {
        return fault_say(why, FAULT_MEMORY, "out of memory for a judge");
    }
    j->rs = ruleset_ref(rs);
    arena_init(&j->arena, ARENA_BLOCK, ARENA_BYTES);
    enum fault f = fold_table_create(&j->folds, why);
    if (!f) {
        f = history_create(&j->history, history_channels, why);
    }
    if (!f) {
        f = pattern_scratch_create(&j->scratch, rs->patterns, why);
    }
    if (!f) {
        f = consult_init(&j->consult, classifier_reader(rs->classifier), why);
    }
    if (!f && fit_classes(j)) {
        f = fault_say(why, FAULT_MEMORY, "out of memory for a judge");
    }
    if (f) {
        judge_destroy(j);
        return f;
    }
    *out = j;
    return FAULT_NONE;
}

void judge_destroy(struct judge *j)
{
    if (j) {
        ruleset_unref(j->rs);
        fold_table_destroy(j->folds);
        pattern_scratch_free(j->scratch);
        history_destroy(j->history);
        consult_finish(&j->consult);
        arena_finish(&j->arena);
        free(j->states);
        free(j->context_epochs);
        free(j);
    }
}

void judge_set_ruleset(struct judge *j, struct ruleset *rs)
{
    struct pattern_scratch *scratch = NULL;
    struct consult consult = {0};
    if (pattern_scratch_create(&scratch, rs->patterns, NULL)) {
        return; // out of memory: the old generation goes on
    }
    if (consult_init(&consult, classifier_reader(rs->classifier), NULL)) {
        pattern_scratch_free(scratch);
        return;
    }
    struct ruleset *old = j->rs;
    j->rs = ruleset_ref(rs);
    if (fit_classes(j)) {
        ruleset_unref(j->rs);
        j->rs = old;
        pattern_scratch_free(scratch);
        consult_finish(&consult);
        (void)fit_classes(j);
        return;
    }
    consult_bound(&consult, j->consult.pieces_per_s);
    consult_finish(&j->consult);
    j->consult = consult;
    pattern_scratch_free(j->scratch);
    j->scratch = scratch;
    ruleset_unref(old);
}

void judge_bound_reader(struct judge *j, uint32_t pieces_per_s)
{
    consult_bound(&j->consult, pieces_per_s);
}

uint64_t judge_read_count(const struct judge *j)
{
    return j->consult.read_count;
}

static uint32_t next_epoch(struct judge *j)
{
    if (++j->epoch == 0) {
        (void)fit_classes(j);
        j->epoch = 1;
    }
    return j->epoch;
}

static enum fault scan_patterns(struct judge *j, struct scan *s, enum pattern_need need)
{
    struct pattern_hit *hits;
    size_t count;
    const struct detect_context c = {.norm = &s->norm, .school = j->rs->school};
    enum fault f =
        patterns_scan(j->rs->patterns, j->scratch, need, &c, &j->arena, &hits, &count);
    if (f || count == 0) {
        return f;
    }
    return scan_take_hits(s, hits, count, j->rs->detector_lists);
}

static enum fault scan_text(struct judge *j, struct scan *s, struct slice text,
                            enum audience audience, enum target carried)
{
    *s = (struct scan){.lex = j->rs->lex,
                       .builtin_lists = j->rs->builtin_lists,
                       .arena = &j->arena,
                       .states = j->states,
                       .epoch = next_epoch(j),
                       .audience = audience,
                       .carried = carried};
    enum fault f =
        normalise(&s->norm, slice_sub(text, 0, MESSAGE_BYTES), j->folds, &j->arena);
    if (!f) {
        f = tokenise(&s->tokens, &s->norm, &j->arena);
    }
    if (f) {
        return f;
    }
    enum pattern_need need = patterns_need(j->rs->patterns, &s->norm, &s->tokens);
    f = read_words(s, &j->rs->aids);
    if (!f && need != PATTERN_NONE) {
        f = scan_patterns(j, s, need);
    }
    return f ? f : scan_classes(s);
}

// For the reader, in the midst of judging: classes of the message are worked out anew
// where they are asked for again.
static bool scan_earlier(void *ctx, struct slice text, struct scan *s)
{
    struct judge *j = ctx;
    return scan_text(j, s, text, j->scan.audience, TARGET_NONE) == FAULT_NONE;
}

static enum fault scan_context(struct judge *j, const struct judge_message *m,
                               uint32_t context_epoch, enum target *carried)
{
    size_t from =
        m->context_count > CONTEXTS_MOST ? m->context_count - CONTEXTS_MOST : 0;
    for (size_t i = from; i < m->context_count; i++) {
        struct scan s;
        enum fault f = scan_text(j, &s, m->context[i], m->audience, *carried);
        if (f) {
            return f;
        }
        for (size_t k = 0; k < j->rs->context_class_count; k++) {
            uint16_t class = j->rs->context_classes[k].class;
            if (scan_saw(&s, class)) {
                j->context_epochs[class] = context_epoch;
            }
        }
        enum target of = scan_spoken_of(&s);
        *carried = of == TARGET_NONE ? *carried : of;
    }
    return FAULT_NONE;
}

enum fault judge_message(struct judge *j, const struct policy *policy,
                         const struct judge_message *m, struct verdict *out)
{
    *out = (struct verdict){0};
    arena_drop(&j->arena);
    consult_begin(&j->consult, m->at_unix_ms);
    uint32_t context_epoch = next_epoch(j);
    enum target carried = TARGET_NONE;
    struct past_channel *channel = history_channel(j->history, m->channel_id);
    behaviour_recall(j, channel, m, context_epoch, &carried);
    if (m->context_count) {
        consult_recall(&j->consult, m->context[m->context_count - 1], scan_earlier, j);
    }
    enum fault f = scan_context(j, m, context_epoch, &carried);
    if (!f) {
        f = scan_text(j, &j->scan, m->text, m->audience, carried);
    }
    if (f) {
        return f;
    }
    struct evaluation e = {.scan = &j->scan,
                           .set = &j->rs->rules,
                           .message = m,
                           .context_epochs = j->context_epochs,
                           .context_epoch = context_epoch,
                           .explainer = j->explainer};
    f = evaluate(&e);
    if (!f && e.hit_count) {
        classify_doubt(j->rs->classifier, &j->consult, &e);
        classify_targets(j->rs->classifier, &j->consult, &e);
        f = verdict_fill(out, &e, &j->arena);
    }
    if (!f) {
        f = classify_raise(j->rs->classifier, &j->consult, &j->scan, &j->arena, out);
    }
    if (!f) {
        f = behaviour_judge(j, channel, m, out);
    }
    if (f || out->finding_count == 0) {
        return f;
    }
    verdict_settle(out);
    return policy ? policy_apply(policy, m, &j->arena, out)
                  : verdict_explain(out, &j->arena);
}

enum fault judge_history_save(const struct judge *j, struct text *out)
{
    return history_save(j->history, out);
}

enum fault judge_history_load(struct judge *j, struct slice saved, struct why *why)
{
    return history_load(j->history, saved, why);
}
