// SPDX-License-Identifier: MIT
#include "rules/engine/judge.h"

enum { FINDINGS_MOST = 32 };

static bool overlaps(const struct finding *a, const struct finding *b)
{
    return a->start < b->end && b->start < a->end;
}

static bool stronger(const struct finding *a, const struct finding *b)
{
    if (a->severity != b->severity) {
        return a->severity > b->severity;
    }
    if (a->confidence != b->confidence) {
        return a->confidence > b->confidence;
    }
    return a->end - a->start > b->end - b->start;
}

enum fault verdict_add(struct verdict *v, const struct finding *f, struct arena *arena)
{
    for (size_t i = 0; i < v->finding_count; i++) {
        struct finding *old = &v->findings[i];
        if (old->category == f->category && overlaps(old, f)) {
            // Of personal data nothing is left outside: both findings' words count.
            bool whole = category_info(f->category)->family == FAMILY_PERSONAL_DATA;
            size_t start = f->start < old->start ? f->start : old->start;
            size_t end = f->end > old->end ? f->end : old->end;
            if (stronger(f, old)) {
                *old = *f;
            }
            if (whole) {
                old->start = start;
                old->end = end;
            }
            return FAULT_NONE;
        }
    }
    if (!v->findings) {
        v->findings = arena_zalloc(arena, FINDINGS_MOST, sizeof(*v->findings));
        if (!v->findings) {
            return FAULT_MEMORY;
        }
    }
    if (v->finding_count < FINDINGS_MOST) {
        v->findings[v->finding_count++] = *f;
    }
    return FAULT_NONE;
}

static struct finding finding_of(const struct hit *h, const struct scan *s)
{
    const struct rule *r = h->rule;
    const struct token *first = &s->tokens.at[h->first];
    const struct token *last = &s->tokens.at[h->last];
    if (r->whole_sentence) {
        first = &s->tokens.at[s->tokens.sentences[first->sentence].first];
        const struct sentence *end = &s->tokens.sentences[last->sentence];
        last = &s->tokens.at[end->first + end->count - 1];
    }
    struct finding f = {.category = r->category,
                        .target = h->target,
                        .severity = r->severity,
                        .action = category_default_action(r->category, h->target),
                        .origin = ORIGIN_RULE,
                        .confidence = r->confidence,
                        .groups = r->groups,
                        .start = norm_start(&s->norm, first->start),
                        .end = norm_end(&s->norm, last->end),
                        .rule = slice_of(r->id),
                        .because = slice_of(r->because)};
    for (size_t i = 0; i < s->found_count; i++) {
        const struct found *found = &s->found[i];
        if (found->first == h->first && norm_start(&s->norm, found->start) < f.start) {
            f.start = norm_start(&s->norm, found->start);
        }
        if (found->last == h->last && norm_end(&s->norm, found->end) > f.end) {
            f.end = norm_end(&s->norm, found->end);
        }
    }
    if (h->subject_first != UINT32_MAX) {
        size_t from = norm_start(&s->norm, s->tokens.at[h->subject_first].start);
        size_t to = norm_end(&s->norm, s->tokens.at[h->subject_last].end);
        f.subject = slice_sub(s->norm.original, from, to - from);
    }
    return f;
}

enum fault verdict_fill(struct verdict *out, const struct evaluation *e,
                        struct arena *arena)
{
    enum fault f = FAULT_NONE;
    for (size_t i = 0; i < e->hit_count && !f; i++) {
        struct finding finding = finding_of(&e->hits[i], e->scan);
        f = verdict_add(out, &finding, arena);
    }
    return f;
}

// Whether a comes before b: a total order, so that verdicts are always the same.
static bool outranks(const struct finding *a, const struct finding *b)
{
    if (a->severity != b->severity) {
        return a->severity > b->severity;
    }
    if (a->action != b->action) {
        return a->action > b->action;
    }
    if (a->confidence != b->confidence) {
        return a->confidence > b->confidence;
    }
    return a->start != b->start ? a->start < b->start : a->category < b->category;
}

void verdict_settle(struct verdict *v)
{
    if (v->finding_count == 0) {
        return;
    }
    for (size_t i = 1; i < v->finding_count; i++) {
        struct finding moving = v->findings[i];
        size_t k = i;
        for (; k > 0 && outranks(&moving, &v->findings[k - 1]); k--) {
            v->findings[k] = v->findings[k - 1];
        }
        v->findings[k] = moving;
    }
    v->severity = v->findings[0].severity;
    v->target = v->findings[0].target;
    for (size_t i = 0; i < v->finding_count; i++) {
        const struct finding *f = &v->findings[i];
        v->action = action_union(v->action, f->action);
        v->monitoring |= monitoring_bits(f->category, f->target, f->groups);
    }
}

enum fault verdict_explain(struct verdict *v, struct arena *arena)
{
    static const char *const done[] = {
        [ACTION_ALLOW] = "Allowed although it",
        [ACTION_NOTE] = "Noted because it",
        [ACTION_ESCALATE] = "Passed to a person because it",
        [ACTION_HIDE] = "Hidden because it",
        [ACTION_HIDE_ESCALATE] = "Hidden and passed to a person because it"};
    v->explanation = arena_format(arena, "%s %.*s.", done[v->action],
                                  SLICE_ARG(v->findings[0].because));
    return v->explanation.ptr ? FAULT_NONE : FAULT_MEMORY;
}
