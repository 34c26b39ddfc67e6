// SPDX-License-Identifier: MIT
#include "rules/classify/classify.h"

#include <stdlib.h>
#include <string.h>

#include "rules/classify/features.h"
#include "rules/classify/model.h"
#include "rules/classify/speech.h"
#include "rules/engine/judge.h"
#include "rules/engine/subject.h"

struct classifier {
    struct model *model;
    struct feature_lists *lists;
    int8_t *class_gate;
    struct reader *reader; // NULL: there is none
    bool *groups;          // by class; for the reader
    // Classes of words that guide and warn, and that speak against abuse; NO_CLASS: none.
    uint16_t advice, counter;
};

// CATEGORY_COUNT: of any.
static const enum category category_of[MODEL_HEADS] = {
    [HEAD_ANY] = CATEGORY_COUNT,
    [HEAD_PROFANITY] = CATEGORY_PROFANITY,
    [HEAD_INSULT] = CATEGORY_INSULT,
    [HEAD_BULLYING] = CATEGORY_BULLYING,
    [HEAD_HATE] = CATEGORY_HATE,
    [HEAD_SEXUAL] = CATEGORY_SEXUAL,
    [HEAD_VIOLENCE] = CATEGORY_VIOLENCE,
    [HEAD_INTIMIDATION] = CATEGORY_INTIMIDATION,
    [HEAD_SELF_HARM] = CATEGORY_SELF_HARM,
    [HEAD_GROOMING] = CATEGORY_GROOMING,
    [HEAD_DISCLOSURE] = CATEGORY_DISCLOSURE,
    [HEAD_ALLEGATION] = CATEGORY_ALLEGATION,
    [HEAD_DISPARAGEMENT] = CATEGORY_DISPARAGEMENT,
    [HEAD_COMPLAINT] = CATEGORY_COMPLAINT,
    [HEAD_ILLEGAL] = CATEGORY_CRIMINAL,
    [HEAD_PROMOTION] = CATEGORY_PROMOTION,
};

// The head that knows of a category; ANY: only the overall one does, MODEL_HEADS: the
// classifier keeps out of it.
static enum head head_of(enum category c)
{
    for (int h = HEAD_PROFANITY; h < MODEL_HEADS; h++) {
        if (category_of[h] == c) {
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
        c->lists = feature_lists_create(lex);
        c->advice = c->counter = NO_CLASS;
        for (size_t i = 0; i < lex->class_count; i++) {
            if (strcmp(lex->classes[i].name, "guard.awareness") == 0) {
                c->advice = (uint16_t)i;
            } else if (strcmp(lex->classes[i].name, "guard.counter") == 0) {
                c->counter = (uint16_t)i;
            }
        }
        if (c->lists) {
            c->class_gate =
                model_class_gate(c->model, c->lists->class_hashes, lex->class_count);
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
        feature_lists_free(c->lists);
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
    features_of(&features, stretch, s, c->lists);
    model_judge(c->model, &features, sure);
}

/* ---- doubt ---- */

enum {
    LEAST_WORDS = 3,    // of fewer that answer nothing there is nothing to read between
    VERY_SURE = 0xCCCC, // of 65535: what the reader says is then as severe as a rule's
    DOUBT_NEVER = 97,   // rules this sure are not doubted,
    DOUBT_SURE = 95,    // these at an eighth of the probability,
    DOUBT_HARDLY = 92,  // these at a third,
    DOUBT_FREELY = 80,  // these, wide nets, still at twice,
    DOUBT_TIMES = 2,    // as what the quick model says;
    DOUBT_OWN = 0x3333  // and nothing that its own head thinks this likely (of 65535)
};

// level: probability of any breach below which a rule of middling sureness is doubted;
// any and own: of any breach, and of the rule's category.
static bool doubts(uint32_t level, const struct hit *h, uint16_t any, uint16_t own)
{
    uint8_t confidence = h->rule->confidence;
    level = confidence >= DOUBT_SURE     ? level / 8
            : confidence >= DOUBT_HARDLY ? level / 3
            : confidence <= DOUBT_FREELY ? level * DOUBT_TIMES
                                         : level;
    return any < level && own < DOUBT_OWN;
}

static bool model_doubts(const struct classifier *c, const struct hit *h,
                         const uint16_t sure[MODEL_HEADS])
{
    enum head head = head_of(h->rule->category);
    return head != MODEL_HEADS &&
           doubts(c->model->head.doubt_at[head], h, sure[HEAD_ANY],
                  head == HEAD_ANY ? 0 : sure[head]);
}

// The reader's word counts together with the model's, or alone where it is surer; of
// categories for which it has no level it leaves the model's as it is.
static bool both_doubt(const struct classifier *c, struct consult *ask,
                       const struct scan *s, const struct hit *h, bool doubted)
{
    if (!c->reader) {
        return doubted;
    }
    const struct reader_header *r = reader_head(c->reader);
    size_t head = reader_head_of(h->rule->category);
    bool asks = (doubted && r->doubt_at[head]) || r->doubt_alone_at[head];
    if (!asks || consult(c, ask, s) == 0) {
        return doubted;
    }
    const struct reader_opinion *o = consult_of(ask, h->first, h->last);
    if (!o) {
        return doubted;
    }
    uint16_t any = o->sure[READER_ANY], own = o->sure[head];
    bool alone = doubts(r->doubt_alone_at[head], h, any, own);
    ask->uses |= alone ? CONSULT_DOUBTED : 0u;
    return alone ||
           (doubted && (!r->doubt_at[head] || doubts(r->doubt_at[head], h, any, own)));
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
            if (!h->rule || h->rule->confidence >= DOUBT_NEVER ||
                h->first < stretch.first || h->last > stretch.last) {
                continue;
            }
            if (!known) {
                judge_stretch(c, s, &stretch, sure);
                known = true;
            }
            if (both_doubt(c, ask, s, h, model_doubts(c, h, sure))) {
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
    uint16_t sure;   // that it is of this category
    uint16_t breach; // that it is a breach at all
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

// What speaks is milder than a rule, unless it is very sure.
static enum severity severity_of(enum category k, uint16_t sure)
{
    enum severity usual = category_info(k)->severity;
    return sure < VERY_SURE && usual > SEVERITY_LOW ? usual - 1 : usual;
}

// told: whom the reader says it is about; NULL: it was not asked, or is not sure.
static enum fault speak(const struct scan *s, enum category k,
                        const struct speech *speech, const struct candidate *c,
                        const enum target *told, struct arena *arena, struct verdict *v)
{
    bool read = speech == speech_of_reader(k);
    uint16_t sure = read && k != CATEGORY_COMPLAINT ? c->breach : c->sure;
    const struct token *first = &s->tokens.at[c->at.first];
    const struct token *last = &s->tokens.at[c->at.last];
    struct finding f = {.category = k,
                        .target = speech_target(k),
                        .severity = severity_of(k, read ? c->sure : 0),
                        .origin = ORIGIN_CLASSIFIER,
                        .confidence = (uint8_t)(sure * 100u / 65535u),
                        .start = norm_start(&s->norm, first->start),
                        .end = norm_end(&s->norm, last->end),
                        .rule = slice_of(speech->rule),
                        .because = slice_of(speech->because)};
    const struct mention *m = named_in(s, &c->at);
    bool about_self = f.target == TARGET_SELF; // or about a friend: names do not tell
    bool somebody = f.target != TARGET_NONE && !about_self;
    if (told && (about_self || (somebody && is_open(m)))) {
        f.target = *told;
    } else if (somebody) {
        f.target = m ? (enum target)m->target : f.target;
        f.target = subject_meant(k, s->audience, f.target, m && m->is_pronoun);
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

// A person is told of it already.
static bool is_told(const struct verdict *v)
{
    for (size_t i = 0; i < v->finding_count; i++) {
        if (v->findings[i].action == ACTION_ESCALATE ||
            v->findings[i].action == ACTION_HIDE_ESCALATE) {
            return true;
        }
    }
    return false;
}

// Keeps where a category is surest.
static void weigh(struct candidate best[CATEGORY_COUNT], enum category k, bool speaks,
                  uint16_t breach, uint16_t sure, const struct stretch *at)
{
    if (speaks && sure > best[k].sure) {
        best[k] = (struct candidate){sure, breach, *at};
    }
}

// Looks closer where the gate says so. Returns the largest probability of ANY.
static uint16_t look(const struct classifier *c, const struct scan *s,
                     struct candidate best[CATEGORY_COUNT])
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
            for (int h = HEAD_PROFANITY; gate >= m->gate_from && h < MODEL_HEADS; h++) {
                bool breach = sure[HEAD_ANY] >= m->raise_at[HEAD_ANY] ||
                              category_of[h] == CATEGORY_COMPLAINT; // which is none
                weigh(best, category_of[h],
                      breach && m->raise_at[h] && sure[h] >= m->raise_at[h],
                      sure[HEAD_ANY], sure[h], &stretch);
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

// only_danger: the message is hidden already; a person must hear of danger all the same.
static enum fault raise_read(const struct classifier *c, struct consult *ask,
                             bool only_danger, const struct scan *s,
                             struct arena *arena, struct verdict *v)
{
    struct candidate best[CATEGORY_COUNT] = {0};
    const struct reader_header *r = reader_head(c->reader);
    // Who speaks against abuse and threats uses their words.
    const bool against = c->counter != NO_CLASS && scan_saw(s, c->counter);
    uint16_t most = 0;
    for (size_t i = 0; i < ask->count; i++) {
        const struct window *w = &ask->windows.at[i];
        const struct reader_opinion *o = &ask->opinions[i];
        const struct stretch at = {.first = w->first, .last = w->last};
        for (int k = 0; k < CATEGORY_COUNT; k++) {
            size_t head = reader_head_of((enum category)k);
            bool danger =
                category_info((enum category)k)->severity == SEVERITY_CRITICAL;
            enum family family = category_info((enum category)k)->family;
            bool abuse = family == FAMILY_ABUSE || family == FAMILY_THREAT;
            uint16_t likely = k == CATEGORY_COMPLAINT ? o->sure[head] : o->both[head];
            bool speaks = r->raise_at[head] && likely >= r->raise_at[head] &&
                          o->sure[head] >= r->own_from;
            if ((danger || !only_danger) && !(abuse && against)) {
                weigh(best, (enum category)k, speaks, o->sure[READER_ANY],
                      o->sure[head], &at);
            }
        }
    }
    for (int k = 0; k < CATEGORY_COUNT; k++) {
        most = best[k].sure > most ? best[k].sure : most;
    }
    enum fault f = FAULT_NONE;
    for (int k = 0; k < CATEGORY_COUNT && !f; k++) {
        if (best[k].sure &&
            (uint32_t)best[k].sure * UINT16_MAX >= (uint32_t)most * r->raise_within) {
            const struct stretch *at = &best[k].at;
            enum target about;
            bool told = read_target(c, ask, at->first, at->last, &about);
            f = speak(s, (enum category)k, speech_of_reader((enum category)k), &best[k],
                      told ? &about : NULL, arena, v);
            ask->uses |= CONSULT_RAISED;
        }
    }
    return f;
}

// The reader, where there is time to ask it, takes it for harmless.
static bool is_denied(const struct classifier *c, struct consult *ask,
                      const struct scan *s, enum category k, const struct stretch *at)
{
    uint32_t level =
        c->reader ? reader_head(c->reader)->doubt_alone_at[reader_head_of(k)] : 0;
    if (level == 0 || consult(c, ask, s) == 0) {
        return false;
    }
    const struct reader_opinion *o = consult_of(ask, at->first, at->last);
    return o && o->sure[READER_ANY] < level * DOUBT_TIMES &&
           o->sure[reader_head_of(k)] < DOUBT_OWN;
}

static enum fault raise_quickly(const struct classifier *c, struct consult *ask,
                                const struct scan *s, struct arena *arena,
                                struct verdict *v, uint16_t *any)
{
    struct candidate best[CATEGORY_COUNT] = {0};
    enum fault f = FAULT_NONE;
    *any = look(c, s, best);
    for (int k = 0; k < CATEGORY_COUNT && !f; k++) {
        if (best[k].sure && !is_denied(c, ask, s, (enum category)k, &best[k].at)) {
            f = speak(s, (enum category)k, speech_of_classifier((enum category)k),
                      &best[k], NULL, arena, v);
        }
    }
    return f;
}

// While there is time, every message is read; else what the quick model suspects.
static bool calls_for_reader(const struct classifier *c, const struct consult *ask,
                             uint16_t any)
{
    uint16_t from = c->reader ? reader_head(c->reader)->reader_from : UINT16_MAX;
    return from != UINT16_MAX && (any >= from || consult_at_leisure(ask));
}

enum fault classify_raise(const struct classifier *c, struct consult *ask,
                          const struct scan *s, struct arena *arena, struct verdict *v)
{
    // Advice speaks of harm as harm does: "if somebody is rude to you, tell a teacher".
    if (!c || (c->advice != NO_CLASS && scan_saw(s, c->advice))) {
        return FAULT_NONE;
    }
    bool touched = is_touched(v);
    uint16_t any = 0; // what is touched already is not suspected beyond that
    enum fault f = touched ? FAULT_NONE : raise_quickly(c, ask, s, arena, v, &any);
    if (f || is_told(v) || (s->tokens.count < LEAST_WORDS && ask->before.len == 0) ||
        !calls_for_reader(c, ask, any) || consult(c, ask, s) == 0) {
        return f;
    }
    return raise_read(c, ask, touched, s, arena, v);
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
