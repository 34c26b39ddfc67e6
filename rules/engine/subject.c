// SPDX-License-Identifier: MIT
#include "rules/engine/subject.h"

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

enum target subject_meant(enum category c, enum audience a, enum target said,
                          bool pronoun)
{
    bool personal = c == CATEGORY_INSULT || c == CATEGORY_BULLYING;
    bool threat = c == CATEGORY_VIOLENCE || c == CATEGORY_INTIMIDATION;
    bool remark = (c == CATEGORY_SEXUAL || c == CATEGORY_HATE) && pronoun;
    if (said != TARGET_NONE && said != TARGET_OTHER) {
        return said;
    }
    if (said == TARGET_OTHER && (c == CATEGORY_GROOMING || c == CATEGORY_DISCLOSURE ||
                                 c == CATEGORY_PRIVATE_CONTACT)) {
        return TARGET_PUPIL;
    }
    threat = threat && said == TARGET_OTHER;
    if (a == AUDIENCE_PUPILS && (personal || remark || threat)) {
        return TARGET_PUPIL;
    }
    if ((c != CATEGORY_BULLYING && !threat) || a == AUDIENCE_PUBLIC ||
        a == AUDIENCE_PUPILS) {
        return said;
    }
    return a == AUDIENCE_STAFF ? TARGET_STAFF : TARGET_PARENT;
}

void subject_find(const struct evaluation *e, struct hit *h)
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
    h->target = subject_meant(h->rule->category, e->message->audience,
                              (enum target)h->target, m && m->is_pronoun);
    h->target_open =
        h->rule->target < 0 &&
        (!m || m->is_you ||
         (m->is_pronoun && (m->target == TARGET_OTHER || m->target == TARGET_NONE)));
    if (h->rule->target >= 0) {
        h->target = (enum target)h->rule->target;
    }
}
