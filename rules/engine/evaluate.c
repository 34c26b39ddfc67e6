// SPDX-License-Identifier: MIT
#include "rules/engine/evaluate.h"

#include <string.h>

#include "rules/engine/candidates.h"
#include "rules/engine/subject.h"

enum { STEPS_FLOOR = 600, STEPS_PER_TOKEN = 8 };

struct attempt {
    struct evaluation *e;
    const struct element *elements;
    size_t count;
    size_t steps; // left
    uint32_t first, last;
    uint32_t subject_first, subject_last;
    size_t from; // the match begins here or later
    bool any;    // something was matched: first and last are set
    bool pinned; // the next element has its place
};

static size_t first_from(const struct occurrence *at, size_t count, size_t token)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (at[middle].first < token) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool occurs_at(struct scan *s, uint16_t class, size_t token)
{
    size_t count;
    const struct occurrence *at = occurrences_of(s, class, &count);
    size_t i = first_from(at, count, token);
    return i < count && at[i].first == token;
}

static bool same_sentence(const struct scan *s, size_t a, size_t b)
{
    return s->tokens.at[a].sentence == s->tokens.at[b].sentence;
}

static bool match_from(struct attempt *a, size_t k, size_t next);

static bool at_start(const struct scan *s, size_t next)
{
    return next < s->tokens.count &&
           s->tokens.sentences[s->tokens.at[next].sentence].first == next;
}

static bool at_end(const struct scan *s, size_t next)
{
    return next == s->tokens.count || at_start(s, next);
}

// Zero-width elements. `next` is the token after what was matched so far.
static bool match_anchor(struct attempt *a, size_t k, size_t next)
{
    const struct element *e = &a->elements[k];
    struct scan *s = a->e->scan;
    for (size_t gap = e->gap_least; gap <= e->gap_most; gap++) {
        size_t at = next + gap;
        if (a->steps == 0 || at > s->tokens.count) {
            return false;
        }
        a->steps--;
        bool holds = e->kind == ELEMENT_START ? at_start(s, at) : at_end(s, at);
        if (e->kind == ELEMENT_NOT) {
            holds = at >= s->tokens.count || !occurs_at(s, e->class, at) ||
                    (a->any && !same_sentence(s, a->last, at));
        }
        if (holds && match_from(a, k + 1, at)) {
            return true;
        }
    }
    return false;
}

static bool match_class(struct attempt *a, size_t k, size_t next)
{
    const struct element *e = &a->elements[k];
    struct scan *s = a->e->scan;
    size_t count;
    const struct occurrence *at = occurrences_of(s, e->class, &count);
    size_t least = a->pinned ? next + e->gap_least : a->from;
    size_t most = a->pinned ? next + e->gap_most : SIZE_MAX;
    struct attempt before = *a;
    for (size_t i = first_from(at, count, least); i < count && at[i].first <= most;
         i++) {
        if (a->steps == 0) {
            return false;
        }
        a->steps--;
        if (a->any && !e->across && !same_sentence(s, a->last, at[i].first)) {
            break;
        }
        if (!a->any) {
            a->first = at[i].first;
            a->any = true;
        }
        a->pinned = true;
        a->last = at[i].last;
        if (e->is_target) {
            a->subject_first = at[i].first;
            a->subject_last = at[i].last;
        }
        if (match_from(a, k + 1, at[i].last + 1)) {
            return true;
        }
        size_t steps = a->steps;
        *a = before;
        a->steps = steps;
    }
    return false;
}

// A sequence that opens with `start`: at each sentence in turn.
static bool match_starts(struct attempt *a)
{
    const struct tokens *tokens = &a->e->scan->tokens;
    for (size_t i = 0; i < tokens->sentence_count && a->steps; i++) {
        a->steps--;
        if (tokens->sentences[i].first >= a->from && tokens->sentences[i].count) {
            a->pinned = true;
            if (match_from(a, 1, tokens->sentences[i].first)) {
                return true;
            }
        }
    }
    return false;
}

// A sequence that opens with a "not": what stands before the match, its gap away, is
// not that.
static bool preceded(struct attempt *a)
{
    struct scan *s = a->e->scan;
    const struct element *then = &a->elements[1];
    for (size_t gap = then->gap_least; gap <= then->gap_most; gap++) {
        if (gap >= a->first || !same_sentence(s, a->first - 1 - gap, a->first)) {
            return false;
        }
        if (occurs_at(s, a->elements[0].class, a->first - 1 - gap)) {
            return true;
        }
    }
    return false;
}

static bool match_unpreceded(struct attempt *a)
{
    while (match_from(a, 1, 0)) {
        if (!preceded(a)) {
            return true;
        }
        a->from = a->first + 1;
        a->any = a->pinned = false;
    }
    return false;
}

static bool match_from(struct attempt *a, size_t k, size_t next)
{
    if (k == a->count) {
        return true;
    }
    const struct element *e = &a->elements[k];
    if (e->kind != ELEMENT_CLASS) {
        if (a->pinned) {
            return match_anchor(a, k, next);
        }
        if (e->kind == ELEMENT_START) {
            return k == 0 && match_starts(a);
        }
        return k == 0 && e->kind == ELEMENT_NOT && match_unpreceded(a);
    }
    // An optional element is taken where it stands, else left out.
    return match_class(a, k, next) || (e->optional && match_from(a, k + 1, next));
}

/* ---- guards and conditions ---- */

static bool overlaps_any(struct scan *s, uint16_t class, struct occurrence o)
{
    size_t count;
    const struct occurrence *at = occurrences_of(s, class, &count);
    // Phrases are short: only those that begin a few tokens before can reach o.
    size_t from = o.first > PHRASE_WORDS_MOST ? o.first - PHRASE_WORDS_MOST : 0;
    for (size_t i = first_from(at, count, from); i < count && at[i].first <= o.last;
         i++) {
        if (at[i].last >= o.first) {
            return true;
        }
    }
    return false;
}

static bool occurs_within(struct scan *s, const struct guard *g, uint32_t low,
                          uint32_t high, uint32_t first, uint32_t last)
{
    size_t count;
    const struct occurrence *at = occurrences_of(s, g->class, &count);
    for (size_t i = first_from(at, count, low); i < count && at[i].first <= high; i++) {
        if ((same_sentence(s, at[i].first, first) ||
             same_sentence(s, at[i].first, last)) &&
            !(g->excepting != NO_CLASS && overlaps_any(s, g->excepting, at[i]))) {
            return true;
        }
    }
    return false;
}

static bool occurs_between(struct scan *s, const struct guard *g, uint32_t low,
                           uint32_t high)
{
    size_t count;
    const struct occurrence *at = occurrences_of(s, g->class, &count);
    for (size_t i = first_from(at, count, low); i < count && at[i].first <= high; i++) {
        if (!(g->excepting != NO_CLASS && overlaps_any(s, g->excepting, at[i]))) {
            return true;
        }
    }
    return false;
}

static bool all_quoted(const struct scan *s, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last; i++) {
        if (!(s->tokens.at[i].flags & TOKEN_QUOTED)) {
            return false;
        }
    }
    return true;
}

bool guard_holds(struct scan *s, const struct guard *g, uint32_t first, uint32_t last)
{
    const struct sentence *from = &s->tokens.sentences[s->tokens.at[first].sentence];
    const struct sentence *to = &s->tokens.sentences[s->tokens.at[last].sentence];
    uint32_t sentence_end = to->first + to->count - 1;
    if (g->class != NO_CLASS && !scan_saw(s, g->class)) {
        return false;
    }
    switch ((enum guard_scope)g->scope) {
    case GUARD_NEAR:
        return occurs_within(s, g, first > g->reach ? first - g->reach : 0,
                             last + g->reach, first, last);
    case GUARD_BEFORE:
        return occurs_within(s, g, first > g->reach ? first - g->reach : 0, last, first,
                             last);
    case GUARD_SENTENCE:
        return occurs_within(s, g, from->first, sentence_end, first, last);
    case GUARD_MESSAGE: // what comes after the match's sentence excuses nothing
        return occurs_between(s, g, 0, sentence_end);
    case GUARD_QUOTED:
        return all_quoted(s, first, last);
    case GUARD_ASKED:
        return (from->asks || to->asks) &&
               occurs_within(s, g, from->first, sentence_end, first, last);
    }
    return false;
}

static bool has_attachment(const struct judge_message *m, const char *media)
{
    for (size_t i = 0; i < m->attachment_count; i++) {
        if (slice_starts_with(m->attachments[i], slice_of(media))) {
            return true;
        }
    }
    return false;
}

static bool any_question(const struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->sentence_count; i++) {
        if (tokens->sentences[i].asks) {
            return true;
        }
    }
    return false;
}

static bool condition_holds(const struct evaluation *e, const struct condition *c)
{
    const struct judge_message *m = e->message;
    bool holds = false;
    switch ((enum condition_kind)c->kind) {
    case WHEN_AUTHOR:
        holds = c->value >> m->author_role & 1;
        break;
    case WHEN_CHANNEL:
        holds = c->value >> m->audience & 1;
        break;
    case WHEN_ATTACHMENT:
        holds = has_attachment(m, c->media);
        break;
    case WHEN_SHORTER:
        holds = e->scan->tokens.count < c->value;
        break;
    case WHEN_LONGER:
        holds = e->scan->tokens.count > c->value;
        break;
    case WHEN_CONTEXT:
        holds = e->context_epochs[c->class] == e->context_epoch;
        break;
    case WHEN_SEEN:
        holds = scan_saw(e->scan, c->class);
        break;
    case WHEN_UNSEEN:
        holds = !scan_saw(e->scan, c->class);
        break;
    case WHEN_ASKING:
        holds = any_question(&e->scan->tokens);
        break;
    case WHEN_MENTIONS:
        holds = m->mention_count >= c->value;
        break;
    }
    return holds != c->negated;
}

/* ---- rules ---- */

static bool add_hit(struct evaluation *e, const struct hit *h)
{
    if (e->hit_count == e->hit_cap) {
        size_t cap = e->hit_cap ? e->hit_cap * 2 : 16;
        struct hit *grown = arena_alloc(e->scan->arena, cap * sizeof(*grown));
        if (!grown) {
            e->scan->failed = true;
            return false;
        }
        if (e->hit_count) {
            memcpy(grown, e->hits, e->hit_count * sizeof(*grown));
        }
        e->hits = grown;
        e->hit_cap = cap;
    }
    e->hits[e->hit_count++] = *h;
    return true;
}

static bool refused(struct evaluation *e, const struct hit *h)
{
    const struct rule *r = h->rule;
    for (size_t i = 0; i < r->guard_count; i++) {
        bool holds = guard_holds(e->scan, &r->guards[i], h->first, h->last);
        while (r->guards[i].joined) {
            i++;
            holds = holds && guard_holds(e->scan, &r->guards[i], h->first, h->last);
        }
        if (holds) {
            if (e->explainer) {
                e->explainer->missed(e->explainer->ctx, e->scan, h, MISS_GUARD,
                                     r->guards[i].name);
            }
            return true;
        }
    }
    return false;
}

bool conditions_hold(const struct evaluation *e, const struct rule *r)
{
    for (size_t i = 0; i < r->condition_count; i++) {
        if (!condition_holds(e, &r->conditions[i])) {
            return false;
        }
    }
    return true;
}

static void try_sequence(struct evaluation *e, const struct sequence *q)
{
    const struct rule *rule = &e->set->rules[q->rule];
    bool allowed = !e->explainer || conditions_hold(e, rule);
    struct attempt a = {.e = e,
                        .elements = e->set->elements + q->elements,
                        .count = q->count,
                        .steps = STEPS_FLOOR + STEPS_PER_TOKEN * e->scan->tokens.count};
    for (int n = 0; n < HITS_PER_RULE; n++) {
        a.any = a.pinned = false;
        a.subject_first = a.subject_last = UINT32_MAX;
        if (!match_from(&a, 0, 0) || !a.any) {
            return;
        }
        struct hit h = {.rule = rule,
                        .first = a.first,
                        .last = a.last,
                        .subject_first = a.subject_first,
                        .subject_last = a.subject_last};
        if (!allowed) {
            e->explainer->missed(e->explainer->ctx, e->scan, &h, MISS_CONDITION,
                                 "its conditions (when) do not hold");
            return;
        }
        if (!refused(e, &h)) {
            subject_find(e, &h);
            if (!add_hit(e, &h)) {
                return;
            }
        }
        a.from = a.last + 1;
    }
}

enum fault evaluate(struct evaluation *e)
{
    struct candidates c;
    enum fault f = candidates_find(&c, e);
    for (size_t i = 0; !f && i < c.count; i++) {
        try_sequence(e, &e->set->sequences[c.at[i].sequence]);
    }
    return f || e->scan->failed ? FAULT_MEMORY : FAULT_NONE;
}
