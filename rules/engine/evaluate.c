// SPDX-License-Identifier: MIT
#include "rules/engine/evaluate.h"

#include <string.h>

#include "rules/detect/target.h"

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

/* ---- whom it is about ---- */

static const struct mention *mention_at(const struct scan *s, uint32_t first,
                                        uint32_t last)
{
    const struct mention *found = NULL;
    for (size_t i = 0; i < s->mention_count; i++) {
        const struct mention *m = &s->mentions[i];
        if (m->first <= last && m->last >= first &&
            (!found || (found->is_pronoun && !m->is_pronoun))) {
            found = m;
        }
        if (m->first > last) {
            break;
        }
    }
    return found;
}

static uint32_t distance(const struct mention *m, const struct hit *h)
{
    if (m->last < h->first) {
        return (h->first - m->last) * 2;
    }
    return m->first > h->last ? (m->first - h->last) * 2 + 1 : 0;
}

// The nearest mention of the match's sentence, persons before the speaker.
static const struct mention *nearest(const struct scan *s, const struct hit *h)
{
    const struct mention *best = NULL;
    uint32_t best_at = UINT32_MAX;
    uint32_t low = s->tokens.at[h->first].sentence;
    uint32_t high = s->tokens.at[h->last].sentence;
    for (size_t i = 0; i < s->mention_count; i++) {
        const struct mention *m = &s->mentions[i];
        uint32_t sentence = s->tokens.at[m->first].sentence;
        if (sentence < low || m->target == TARGET_SELF) {
            continue;
        }
        if (sentence > high) {
            break;
        }
        uint32_t at = distance(m, h);
        if (at < best_at) {
            best_at = at;
            best = m;
        }
    }
    return best;
}

// Whom abuse means that names nobody: pupils and staff among themselves mean each other,
// and so does a parent who shuts somebody out.
static enum target meant(const struct evaluation *e, const struct hit *h,
                         const struct mention *m)
{
    enum category c = h->rule->category;
    enum audience a = e->message->audience;
    bool personal = c == CATEGORY_INSULT || c == CATEGORY_BULLYING;
    bool pronoun = (c == CATEGORY_SEXUAL || c == CATEGORY_HATE) && m && m->is_pronoun;
    if (h->target != TARGET_NONE && h->target != TARGET_OTHER) {
        return h->target;
    }
    if (a == AUDIENCE_PUPILS && (personal || pronoun)) {
        return TARGET_PUPIL;
    }
    if (c != CATEGORY_BULLYING || a == AUDIENCE_PUBLIC || a == AUDIENCE_PUPILS) {
        return h->target;
    }
    return a == AUDIENCE_STAFF ? TARGET_STAFF : TARGET_PARENT;
}

static void find_subject(const struct evaluation *e, struct hit *h)
{
    const struct scan *s = e->scan;
    const struct mention *m = h->subject_first != UINT32_MAX
                                  ? mention_at(s, h->subject_first, h->subject_last)
                                  : nearest(s, h);
    if (m) {
        h->target = (enum target)m->target;
        h->subject_first = m->first;
        h->subject_last = m->last;
    }
    h->target = meant(e, h, m);
    if (h->rule->target >= 0) {
        h->target = (enum target)h->rule->target;
    }
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
        if (guard_holds(e->scan, &r->guards[i], h->first, h->last)) {
            if (e->explainer) {
                e->explainer->missed(e->explainer->ctx, e->scan, h, MISS_GUARD,
                                     r->guards[i].name);
            }
            return true;
        }
    }
    return false;
}

static bool required_seen(const struct evaluation *e, const struct sequence *q)
{
    const struct element *elements = e->set->elements + q->elements;
    for (size_t i = 0; i < q->count; i++) {
        if (elements[i].kind == ELEMENT_CLASS && !elements[i].optional &&
            !scan_saw(e->scan, elements[i].class)) {
            return false;
        }
    }
    return true;
}

static bool conditions_hold(struct evaluation *e, const struct rule *r)
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
    if (!required_seen(e, q)) {
        return;
    }
    bool allowed = conditions_hold(e, rule);
    if (!allowed && !e->explainer) {
        return;
    }
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
            find_subject(e, &h);
            if (!add_hit(e, &h)) {
                return;
            }
        }
        a.from = a.last + 1;
    }
}

enum fault evaluate(struct evaluation *e)
{
    const struct scan *s = e->scan;
    for (size_t i = 0; i < s->seen_count; i++) {
        uint16_t class = s->seen[i];
        for (uint32_t k = e->set->anchor_first[class];
             k < e->set->anchor_first[class + 1]; k++) {
            try_sequence(e, &e->set->sequences[e->set->anchored[k]]);
        }
    }
    return s->failed ? FAULT_MEMORY : FAULT_NONE;
}
