// SPDX-License-Identifier: MIT
#include "rules/classify/classify.h"

#include <stdlib.h>
#include <string.h>

#include "rules/classify/features.h"
#include "rules/classify/model.h"
#include "rules/engine/judge.h"

struct classifier {
    struct model *model;
    uint32_t *class_hashes;
    int8_t *class_gate;
    struct reader *reader; // NULL: there is none
    bool *groups;          // by class; for the reader
    uint16_t advice;       // the class of words that guide and warn; NO_CLASS: no such
};

// What a head's finding is. Severities are below those of rules.
struct speech {
    enum category category;
    enum severity severity;
    int target; // when nobody is named
    const char *rule;
    const char *because;
};

#define READS(what) "reads like " what ", says the classifier (no rule spoke)"

static const struct speech speeches[MODEL_HEADS] = {
    [HEAD_PROFANITY] = {CATEGORY_PROFANITY, SEVERITY_LOW, TARGET_NONE,
                        "classifier.profanity", READS("swearing")},
    [HEAD_INSULT] = {CATEGORY_INSULT, SEVERITY_LOW, TARGET_OTHER, "classifier.insult",
                     READS("an insult")},
    [HEAD_BULLYING] = {CATEGORY_BULLYING, SEVERITY_MEDIUM, TARGET_PUPIL,
                       "classifier.bullying", READS("bullying")},
    [HEAD_HATE] = {CATEGORY_HATE, SEVERITY_MEDIUM, TARGET_OTHER, "classifier.hate",
                   READS("hate against a protected group")},
    [HEAD_SEXUAL] = {CATEGORY_SEXUAL, SEVERITY_MEDIUM, TARGET_NONE, "classifier.sexual",
                     READS("sexual talk")},
    [HEAD_VIOLENCE] = {CATEGORY_VIOLENCE, SEVERITY_HIGH, TARGET_OTHER,
                       "classifier.violence", READS("a threat of violence")},
    [HEAD_INTIMIDATION] = {CATEGORY_INTIMIDATION, SEVERITY_MEDIUM, TARGET_OTHER,
                           "classifier.intimidation", READS("intimidation")},
    [HEAD_SELF_HARM] = {CATEGORY_SELF_HARM, SEVERITY_HIGH, TARGET_SELF,
                        "classifier.self_harm",
                        READS("somebody who may harm themselves")},
    [HEAD_GROOMING] = {CATEGORY_GROOMING, SEVERITY_HIGH, TARGET_PUPIL,
                       "classifier.grooming",
                       READS("seeking private contact with a child")},
    [HEAD_DISCLOSURE] = {CATEGORY_DISCLOSURE, SEVERITY_HIGH, TARGET_PUPIL,
                         "classifier.disclosure",
                         READS("a sign that a child is being harmed")},
    [HEAD_ALLEGATION] = {CATEGORY_ALLEGATION, SEVERITY_MEDIUM, TARGET_STAFF,
                         "classifier.allegation", READS("an allegation")},
    [HEAD_DISPARAGEMENT] = {CATEGORY_DISPARAGEMENT, SEVERITY_LOW, TARGET_SCHOOL,
                            "classifier.disparagement",
                            READS("an attack on somebody's reputation")},
    [HEAD_COMPLAINT] = {CATEGORY_COMPLAINT, SEVERITY_LOW, TARGET_SCHOOL,
                        "classifier.complaint", READS("a complaint")},
    [HEAD_ILLEGAL] = {CATEGORY_CRIMINAL, SEVERITY_MEDIUM, TARGET_NONE,
                      "classifier.illegal", READS("dealing in something illegal")},
    [HEAD_PROMOTION] = {CATEGORY_PROMOTION, SEVERITY_LOW, TARGET_NONE,
                        "classifier.promotion", READS("advertising")},
};

// The head that knows of a category; ANY: only the overall one does, MODEL_HEADS: the
// classifier keeps out of it.
static enum head head_of(enum category c)
{
    for (int h = HEAD_PROFANITY; h < MODEL_HEADS; h++) {
        if (speeches[h].category == c) {
            return (enum head)h;
        }
    }
    switch (category_info(c)->family) {
    case FAMILY_ABUSE:
    case FAMILY_THREAT:
    case FAMILY_SAFEGUARDING:
    case FAMILY_ILLEGAL:
    case FAMILY_DEFAMATION:
        return HEAD_ANY;
    case FAMILY_PERSONAL_DATA:
    case FAMILY_CONDUCT:
    case FAMILY_SECURITY:
    case FAMILY_SPAM:
    case FAMILY_COUNT:
        break;
    }
    return MODEL_HEADS;
}

enum fault classifier_load(struct classifier **out, const char *data_folder,
                           const struct lexicon *lex, struct why *why)
{
    struct classifier *c = calloc(1, sizeof(*c));
    *out = NULL;
    if (!c) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the classifier");
    }
    enum fault f = model_load(&c->model, data_folder, why);
    if (f == FAULT_ABSENT) {
        classifier_free(c);
        return FAULT_NONE;
    }
    if (!f) {
        c->class_hashes = feature_class_hashes(lex);
        c->advice = NO_CLASS;
        for (size_t i = 0; i < lex->class_count; i++) {
            if (strcmp(lex->classes[i].name, "guard.awareness") == 0) {
                c->advice = (uint16_t)i;
            }
        }
        if (c->class_hashes) {
            c->class_gate =
                model_class_gate(c->model, c->class_hashes, lex->class_count);
        }
        f = c->class_gate ? FAULT_NONE : FAULT_MEMORY;
    }
    f = f ? f : reader_load(&c->reader, data_folder, why);
    if (!f && c->reader) {
        c->groups = pieces_groups(lex);
        f = c->groups ? FAULT_NONE : FAULT_MEMORY;
    }
    if (f) {
        classifier_free(c);
        return f;
    }
    *out = c;
    return FAULT_NONE;
}

void classifier_free(struct classifier *c)
{
    if (c) {
        model_free(c->model);
        free(c->class_hashes);
        free(c->class_gate);
        reader_free(c->reader);
        free(c->groups);
        free(c);
    }
}

const struct reader *classifier_reader(const struct classifier *c)
{
    return c ? c->reader : NULL;
}

// What the reader says of the message; 0: nothing, or there is none.
static size_t consult(const struct classifier *c, struct consult *ask,
                      const struct scan *s)
{
    return c->reader ? consult_reader(ask, c->reader, c->groups, s) : 0;
}

static void judge_stretch(const struct classifier *c, const struct scan *s,
                          struct stretch *stretch, uint16_t sure[MODEL_HEADS])
{
    struct features features;
    features_of(&features, stretch, s, c->class_hashes);
    model_judge(c->model, &features, sure);
}

/* ---- doubt ---- */

enum {
    DOUBT_NEVER = 95,  // rules this sure are not doubted,
    DOUBT_HARDLY = 92, // these at a third of the probability,
    DOUBT_FREELY = 80, // these, wide nets, still at three times of it;
    DOUBT_OWN = 0x3333 // and nothing that its own head thinks this likely (of 65535)
};

static bool doubts(const uint16_t doubt_at[MODEL_HEADS], const struct hit *h,
                   const uint16_t sure[MODEL_HEADS])
{
    enum head head = head_of(h->rule->category);
    uint8_t confidence = h->rule->confidence;
    if (head == MODEL_HEADS || confidence >= DOUBT_NEVER) {
        return false;
    }
    uint32_t level = doubt_at[head];
    level = confidence >= DOUBT_HARDLY   ? level / 3
            : confidence <= DOUBT_FREELY ? level * 3
                                         : level;
    return sure[HEAD_ANY] < level && (head == HEAD_ANY || sure[head] < DOUBT_OWN);
}

// The reader's word counts together with the model's, or alone where it is surer; heads
// for which it has no level leave the model's as it is.
static bool both_doubt(const struct classifier *c, struct consult *ask,
                       const struct scan *s, const struct hit *h, bool model_doubts)
{
    enum head head = head_of(h->rule->category);
    if (!c->reader || head == MODEL_HEADS || h->rule->confidence >= DOUBT_NEVER) {
        return model_doubts;
    }
    const struct reader_header *r = reader_head(c->reader);
    bool asks = (model_doubts && r->doubt_at[head]) || r->doubt_alone_at[head];
    if (!asks || consult(c, ask, s) == 0) {
        return model_doubts;
    }
    const struct reader_opinion *o = consult_of(ask, h->first, h->last);
    if (!o) {
        return model_doubts;
    }
    bool alone = doubts(r->doubt_alone_at, h, o->sure);
    ask->uses |= alone ? CONSULT_DOUBTED : 0u;
    return alone ||
           (model_doubts && (!r->doubt_at[head] || doubts(r->doubt_at, h, o->sure)));
}

void classify_doubt(const struct classifier *c, struct consult *ask,
                    struct evaluation *e)
{
    if (!c || e->hit_count == 0) {
        return;
    }
    struct scan *s = e->scan;
    struct stretch stretch = {0};
    bool struck = false;
    while (stretch_next(&stretch, s)) {
        uint16_t sure[MODEL_HEADS];
        bool known = false;
        for (size_t i = 0; i < e->hit_count; i++) {
            struct hit *h = &e->hits[i];
            if (!h->rule || h->first < stretch.first || h->last > stretch.last) {
                continue;
            }
            if (!known) {
                judge_stretch(c, s, &stretch, sure);
                known = true;
            }
            if (both_doubt(c, ask, s, h, doubts(c->model->head.doubt_at, h, sure))) {
                if (e->explainer) {
                    e->explainer->missed(e->explainer->ctx, s, h, MISS_GUARD,
                                         "the classifier, to which it reads harmless");
                }
                h->rule = NULL;
                struck = true;
            }
        }
    }
    size_t kept = 0;
    for (size_t i = 0; struck && i < e->hit_count; i++) {
        if (e->hits[i].rule) {
            e->hits[kept++] = e->hits[i];
        }
    }
    e->hit_count = struck ? kept : e->hit_count;
}

/* ---- raise ---- */

struct candidate {
    uint16_t sure;
    struct stretch at;
};

static const struct mention *named_in(const struct scan *s, const struct stretch *at)
{
    const struct mention *found = NULL;
    for (size_t i = at->mention; i < s->mention_count; i++) {
        const struct mention *m = &s->mentions[i];
        if (m->first > at->last) {
            break;
        }
        if (m->last >= at->first && m->target != TARGET_SELF &&
            m->target != TARGET_NONE &&
            (!found || (found->is_pronoun && !m->is_pronoun))) {
            found = m;
        }
    }
    return found;
}

// Nobody is named, only meant.
static bool is_open(const struct mention *m)
{
    return !m || m->is_you ||
           (m->is_pronoun && (m->target == TARGET_OTHER || m->target == TARGET_NONE));
}

// told: whom the reader says it is about; NULL: it was not asked, or is not sure.
static enum fault speak(const struct scan *s, enum head h, const struct candidate *c,
                        const enum target *told, struct arena *arena, struct verdict *v)
{
    const struct speech *speech = &speeches[h];
    const struct token *first = &s->tokens.at[c->at.first];
    const struct token *last = &s->tokens.at[c->at.last];
    struct finding f = {.category = speech->category,
                        .target = (enum target)speech->target,
                        .severity = speech->severity,
                        .origin = ORIGIN_CLASSIFIER,
                        .confidence = (uint8_t)(c->sure * 100u / 65535u),
                        .start = norm_start(&s->norm, first->start),
                        .end = norm_end(&s->norm, last->end),
                        .rule = slice_of(speech->rule),
                        .because = slice_of(speech->because)};
    const struct mention *m = named_in(s, &c->at);
    bool somebody = speech->target != TARGET_NONE && h != HEAD_SELF_HARM;
    if (somebody && told && is_open(m)) {
        f.target = *told;
    } else if (somebody && m) {
        f.target = (enum target)m->target;
    }
    if (somebody && m) {
        size_t from = norm_start(&s->norm, s->tokens.at[m->first].start);
        size_t to = norm_end(&s->norm, s->tokens.at[m->last].end);
        f.subject = slice_sub(s->norm.original, from, to - from);
    }
    f.action = category_default_action(f.category, f.target);
    return verdict_add(v, &f, arena);
}

static bool is_touched(const struct verdict *v)
{
    for (size_t i = 0; i < v->finding_count; i++) {
        if (v->findings[i].action > ACTION_NOTE) {
            return true;
        }
    }
    return false;
}

// Keeps where each head that speaks is surest.
static void weigh(struct candidate best[MODEL_HEADS],
                  const uint16_t raise_at[MODEL_HEADS],
                  const uint16_t sure[MODEL_HEADS], const struct stretch *at)
{
    bool breach = sure[HEAD_ANY] >= raise_at[HEAD_ANY];
    for (int h = HEAD_PROFANITY; h < MODEL_HEADS; h++) {
        // A complaint is no breach.
        if ((breach || h == HEAD_COMPLAINT) && raise_at[h] && sure[h] >= raise_at[h] &&
            sure[h] > best[h].sure) {
            best[h] = (struct candidate){sure[h], *at};
        }
    }
}

// Looks closer where the gate says so. Returns the largest probability of ANY.
static uint16_t look(const struct classifier *c, const struct scan *s,
                     struct candidate best[MODEL_HEADS])
{
    struct stretch stretch = {0};
    const struct model_header *m = &c->model->head;
    int32_t classes = model_gate_classes(c->class_gate, s);
    int32_t from = m->gate_from;
    uint16_t any = 0;
    if (c->reader && reader_head(c->reader)->gate_from < from) {
        from = reader_head(c->reader)->gate_from;
    }
    while (stretch_next(&stretch, s)) {
        int32_t gate = model_gate(c->model, s, &stretch, classes);
        if (gate >= from) {
            uint16_t sure[MODEL_HEADS];
            judge_stretch(c, s, &stretch, sure);
            any = sure[HEAD_ANY] > any ? sure[HEAD_ANY] : any;
            if (gate >= m->gate_from) {
                weigh(best, m->raise_at, sure, &stretch);
            }
        }
    }
    return any;
}

// Whether the reader is sure enough whom tokens first..last are about.
static bool read_target(const struct classifier *c, const struct consult *ask,
                        uint32_t first, uint32_t last, enum target *out)
{
    const struct reader_opinion *o = consult_of(ask, first, last);
    uint16_t from = reader_head(c->reader)->target_from;
    for (int t = 0; from && o && t < READER_TARGETS; t++) {
        if (o->target[t] >= from && o->target[t] > UINT16_MAX / 2) {
            *out = (enum target)t;
            return true;
        }
    }
    return false;
}

static enum fault raise_read(const struct classifier *c, struct consult *ask,
                             const struct scan *s, struct arena *arena,
                             struct verdict *v)
{
    struct candidate best[MODEL_HEADS] = {0};
    const struct reader_header *r = reader_head(c->reader);
    uint16_t most = 0;
    for (size_t i = 0; i < ask->count; i++) {
        const struct window *w = &ask->windows.at[i];
        const struct stretch at = {.first = w->first, .last = w->last};
        weigh(best, r->raise_at, ask->opinions[i].sure, &at);
    }
    for (int h = HEAD_PROFANITY; h < MODEL_HEADS; h++) {
        most = best[h].sure > most ? best[h].sure : most;
    }
    enum fault f = FAULT_NONE;
    for (int h = HEAD_PROFANITY; h < MODEL_HEADS && !f; h++) {
        if (best[h].sure &&
            (uint32_t)best[h].sure * UINT16_MAX >= (uint32_t)most * r->raise_within) {
            const struct stretch *at = &best[h].at;
            enum target about;
            bool told = read_target(c, ask, at->first, at->last, &about);
            f = speak(s, (enum head)h, &best[h], told ? &about : NULL, arena, v);
            ask->uses |= CONSULT_RAISED;
        }
    }
    return f;
}

static bool calls_for_reader(const struct classifier *c, uint16_t any)
{
    uint16_t from = c->reader ? reader_head(c->reader)->reader_from : UINT16_MAX;
    return from != UINT16_MAX && any >= from;
}

enum fault classify_raise(const struct classifier *c, struct consult *ask,
                          const struct scan *s, struct arena *arena, struct verdict *v)
{
    // Advice speaks of harm as harm does: "if somebody is rude to you, tell a teacher".
    if (!c || is_touched(v) || (c->advice != NO_CLASS && scan_saw(s, c->advice))) {
        return FAULT_NONE;
    }
    struct candidate best[MODEL_HEADS] = {0};
    uint16_t any = look(c, s, best);
    enum fault f = FAULT_NONE;
    for (int h = HEAD_PROFANITY; h < MODEL_HEADS && !f; h++) {
        if (best[h].sure) {
            f = speak(s, (enum head)h, &best[h], NULL, arena, v);
        }
    }
    if (f || !calls_for_reader(c, any) || is_touched(v) || consult(c, ask, s) == 0) {
        return f;
    }
    return raise_read(c, ask, s, arena, v);
}

void classify_targets(const struct classifier *c, struct consult *ask,
                      struct evaluation *e)
{
    if (!c || !c->reader || reader_head(c->reader)->target_from == 0) {
        return;
    }
    for (size_t i = 0; i < e->hit_count; i++) {
        struct hit *h = &e->hits[i];
        enum target about;
        if (h->target_open && consult(c, ask, e->scan) &&
            read_target(c, ask, h->first, h->last, &about)) {
            ask->uses |= CONSULT_TARGET;
            h->target = about;
        }
    }
}

bool classify_probe(const struct classifier *c, const struct scan *s,
                    uint16_t out[MODEL_HEADS])
{
    struct stretch stretch = {0};
    bool any = false;
    while (c && stretch_next(&stretch, s)) {
        uint16_t sure[MODEL_HEADS];
        judge_stretch(c, s, &stretch, sure);
        for (int h = 0; h < MODEL_HEADS; h++) {
            out[h] = !any || sure[h] > out[h] ? sure[h] : out[h];
        }
        any = true;
    }
    return any;
}
