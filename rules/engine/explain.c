// SPDX-License-Identifier: MIT
#include "rules/engine/explain.h"

#include <string.h>

#include "rules/engine/judge.h"

enum { MISSES_MOST = 40 };

struct ruleset_counts ruleset_count(const struct ruleset *rs)
{
    return (struct ruleset_counts){.rules = rs->rules.rule_count,
                                   .sequences = rs->rules.sequence_count,
                                   .classes = rs->lex->class_count,
                                   .words = rs->lex->word_count,
                                   .nodes = rs->lex->node_count};
}

struct misses {
    struct text said;
    size_t count;
};

static struct slice words_of(const struct scan *s, uint32_t first, uint32_t last)
{
    size_t from = norm_start(&s->norm, s->tokens.at[first].start);
    size_t to = norm_end(&s->norm, s->tokens.at[last].end);
    return slice_sub(s->norm.original, from, to - from);
}

static void note_miss(void *ctx, const struct scan *s, const struct hit *hit,
                      enum near_miss how, const char *what)
{
    struct misses *m = ctx;
    if (m->count++ >= MISSES_MOST) {
        return;
    }
    text_add_format(&m->said, "  %s would match \"%.*s\", but %s%s\n", hit->rule->id,
                    SLICE_ARG(words_of(s, hit->first, hit->last)),
                    how == MISS_GUARD ? "it is excused by: " : "", what);
}

static void add_met(struct text *out, const struct scan *s, const struct met *m,
                    const char **between)
{
    const uint16_t *classes = met_classes(s, m);
    for (uint32_t k = m->from; k < m->to; k++) {
        if (classes[k] >= s->lex->named_limit) {
            continue;
        }
        text_add_format(out, "%s %s", *between, s->lex->classes[classes[k]].name);
        if (m->at.last != m->at.first) {
            text_add_format(out, " (%.*s)",
                            SLICE_ARG(words_of(s, m->at.first, m->at.last)));
        }
        *between = ",";
    }
}

static void add_words(struct text *out, const struct scan *s)
{
    text_add_str(out, "\nWords and their classes:\n");
    for (size_t i = 0; i < s->tokens.count; i++) {
        const struct token *t = &s->tokens.at[i];
        const struct word *w = s->words[i];
        const char *read = w ? s->lex->spelled[w->id] : NULL;
        struct slice written = token_text(&s->norm, t);
        text_add_format(out, "  %.*s", SLICE_ARG(written));
        if (read && !slice_is(written, read)) {
            text_add_format(out, " (read as %s)", read);
        }
        const char *between = ":";
        for (size_t k = 0; k < s->met_count; k++) {
            if (s->met[k].at.first == i) {
                add_met(out, s, &s->met[k], &between);
            }
        }
        text_add_char(out, '\n');
    }
}

static void add_mentions(struct text *out, const struct scan *s)
{
    if (s->mention_count) {
        text_add_str(out, "\nSpeaks of:\n");
    }
    for (size_t i = 0; i < s->mention_count; i++) {
        const struct mention *m = &s->mentions[i];
        text_add_format(out, "  \"%.*s\": %s%s\n",
                        SLICE_ARG(words_of(s, m->first, m->last)),
                        target_name((enum target)m->target),
                        m->is_pronoun && !m->is_you ? " (by what it refers to)" : "");
    }
}

static void add_reader(struct text *out, const struct consult *c)
{
    static const char *const said[] = {"raised what no rule did",
                                       "doubted what a rule says",
                                       "settled whom it is about"};
    if (c->count == 0) {
        return;
    }
    text_add_str(out, "\nThe reader was asked");
    const char *between = ", and it ";
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        if (c->uses >> i & 1) {
            text_add_format(out, "%s%s", between, said[i]);
            between = " and ";
        }
    }
    text_add_str(out, c->before.len ? " (with what was said before).\n" : ".\n");
    for (size_t i = 0; i < c->count; i++) {
        const struct reader_opinion *o = &c->opinions[i];
        text_add_format(out, "  %u pieces:", c->windows.at[i].count);
        text_add_format(out, " any breach %u%%",
                        o->sure[READER_ANY] * 100u / UINT16_MAX);
        for (int k = 0; k < CATEGORY_COUNT; k++) {
            uint16_t sure = o->sure[reader_head_of((enum category)k)];
            if (sure >= UINT16_MAX / 10) {
                text_add_format(out, ", %s %u%%", category_info((enum category)k)->name,
                                sure * 100u / UINT16_MAX);
            }
        }
        text_add_str(out, "; about:");
        for (int t = 0; t < READER_TARGETS; t++) {
            if (o->target[t] >= UINT16_MAX / 10) {
                text_add_format(out, " %s %u%%", target_name((enum target)t),
                                o->target[t] * 100u / UINT16_MAX);
            }
        }
        text_add_char(out, '\n');
    }
}

static void add_findings(struct text *out, const struct verdict *v,
                         struct slice message)
{
    if (v->finding_count == 0) {
        text_add_str(out, "Allowed: no rule speaks.\n");
        return;
    }
    text_add_format(out, "%.*s\n(action %s, target %s)\n\nFindings:\n",
                    SLICE_ARG(v->explanation), action_name(v->action),
                    target_name(v->target));
    for (size_t i = 0; i < v->finding_count; i++) {
        const struct finding *f = &v->findings[i];
        struct slice words = slice_sub(message, f->start, f->end - f->start);
        text_add_format(
            out, "  %s, %s severity, target %s, %u%% sure: \"%.*s\" %.*s (rule %.*s)\n",
            category_info(f->category)->name, severity_name(f->severity),
            target_name(f->target), f->confidence, SLICE_ARG(words),
            SLICE_ARG(f->because), SLICE_ARG(f->rule));
    }
}

enum fault judge_explain(struct judge *j, const struct policy *policy,
                         const struct judge_message *m, struct text *out)
{
    struct misses misses = {0};
    struct verdict v;
    text_init(&misses.said, 1 << 20);
    const struct explainer explainer = {.missed = note_miss, .ctx = &misses};
    j->explainer = &explainer;
    enum fault f = judge_message(j, policy, m, &v);
    j->explainer = NULL;
    if (!f) {
        add_findings(out, &v, m->text);
        if (misses.count) {
            text_add_str(out, "\nNear misses:\n");
            text_add(out, text_slice(&misses.said));
        }
        add_reader(out, &j->consult);
        add_words(out, &j->scan);
        add_mentions(out, &j->scan);
        f = out->fault;
    }
    text_finish(&misses.said);
    return f;
}
