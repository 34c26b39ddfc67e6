// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "bot/base/utf8.h"
#include "rules/policy/pack.h"

enum {
    CLAUSES_A_FINDING = 12, // a finding names the nearest clauses, not every one
    ROUTES_MOST = 12,
    WORDS_BYTES = 120,
    SUBJECT_BYTES = 200,
    HOUR_MS = 60 * 60 * 1000,
};

static bool any_or(uint32_t bits, unsigned value)
{
    return bits == 0 || (bits & (1u << value));
}

static bool clause_holds(const struct policy_clause *c, const struct finding *x,
                         const struct judge_message *m)
{
    return !c->people_only && (c->categories & (UINT64_C(1) << x->category)) &&
           any_or(c->authors, m->author_role) && any_or(c->targets, x->target) &&
           any_or(c->audiences, m->audience) && x->severity >= c->from;
}

struct outcome {
    const struct policy *policy;
    const struct judge_message *m;
    struct arena *arena;
    struct verdict *v;
    const char *routes[ROUTES_MOST];
    size_t route_count;
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool names(struct slice text, struct slice words)
{
    for (size_t at = 0; at + words.len <= text.len; at++) {
        bool begins = at == 0 || !is_letter(text.ptr[at - 1]);
        size_t end = at + words.len;
        bool ends = end == text.len || !is_letter(text.ptr[end]);
        if (begins && ends && slice_equal_fold(slice_sub(text, at, words.len), words)) {
            return true;
        }
    }
    return false;
}

// Whether any finding names this role as its subject: an allegation about the head does
// not go to the head, nor does what else the message holds.
static bool is_about(const struct outcome *o, const struct policy_role *role)
{
    for (size_t i = 0; i < o->v->finding_count; i++) {
        struct slice subject = slice_sub(o->v->findings[i].subject, 0, SUBJECT_BYTES);
        for (unsigned k = 0; k < role->named_count; k++) {
            struct slice words = slice_of(role->named[k]);
            if (words.len && names(subject, words)) {
                return true;
            }
        }
    }
    return false;
}

static void add_route(struct outcome *o, const char *id)
{
    const struct policy_role *role = policy_find_role(o->policy, id);
    for (unsigned hops = 0; role && hops < POLICY_ROLES_MOST && is_about(o, role);
         hops++) {
        role = role->otherwise ? policy_find_role(o->policy, role->otherwise) : NULL;
    }
    if (!role || is_about(o, role)) {
        return; // add_last_route() finds somebody if nobody else does
    }
    for (size_t i = 0; i < o->route_count; i++) {
        if (strcmp(o->routes[i], role->id) == 0) {
            return;
        }
    }
    if (o->route_count < ROUTES_MOST) {
        o->routes[o->route_count++] = role->id;
    }
}

static unsigned bits_in(uint64_t bits)
{
    unsigned n = 0;
    for (; bits; bits &= bits - 1) {
        n++;
    }
    return n;
}

// How closely a clause fits: one that binds the author, then one with conditions, then
// one that forbids little else. Lower is closer.
static unsigned distance(const struct policy_clause *c, const struct judge_message *m)
{
    static const char *const roles[AUTHOR_ROLE_COUNT] = {[AUTHOR_PARENT] = "parent",
                                                         [AUTHOR_PUPIL] = "pupil",
                                                         [AUTHOR_STAFF] = "staff",
                                                         [AUTHOR_GOVERNOR] = "staff"};
    const char *role = roles[m->author_role];
    bool binds = c->applies_to_count == 0 || !role;
    for (unsigned i = 0; i < c->applies_to_count && !binds; i++) {
        binds =
            strcmp(c->applies_to[i], role) == 0 || strcmp(c->applies_to[i], "all") == 0;
    }
    unsigned conditions = 0;
    conditions += c->authors != 0;
    conditions += c->targets != 0;
    conditions += c->audiences != 0;
    conditions += c->from != SEVERITY_NONE;
    return (binds ? 0 : 1000) + (4 - conditions) * 100 + bits_in(c->categories);
}

// The clauses that x falls under, the school's own first and the closest first of each
// pack.
static size_t find_holding(const struct outcome *o, const struct finding *x,
                           const struct policy_clause *out[POLICY_CLAUSES_MOST])
{
    size_t n = 0;
    for (size_t i = 0; i < o->policy->clause_count; i++) {
        const struct policy_clause *c = &o->policy->clauses[i];
        if (!clause_holds(c, x, o->m)) {
            continue;
        }
        unsigned far = distance(c, o->m);
        size_t k = n++;
        for (; k > 0 && slice_equal(out[k - 1]->policy, c->policy) &&
               distance(out[k - 1], o->m) > far;
             k--) {
            out[k] = out[k - 1];
        }
        out[k] = c;
    }
    return n;
}

static enum fault apply_finding(struct outcome *o, struct finding *x)
{
    struct verdict *v = o->v;
    x->action = category_default_action(x->category, x->target);
    x->clauses = arena_zalloc(o->arena, CLAUSES_A_FINDING, sizeof(*x->clauses));
    if (!x->clauses) {
        return FAULT_MEMORY;
    }
    x->clause_count = 0;
    const struct policy_clause *holding[POLICY_CLAUSES_MOST];
    size_t count = find_holding(o, x, holding);
    bool acted = false;
    for (size_t i = 0; i < count; i++) {
        const struct policy_clause *c = holding[i];
        if (x->clause_count < CLAUSES_A_FINDING) {
            x->clauses[x->clause_count++] =
                (struct clause_ref){c->policy, slice_of(c->id)};
        }
        if (c->acts && !acted) {
            x->action = c->act; // the nearest clause that says what to do
            acted = true;
        }
        x->severity = c->floor > x->severity ? c->floor : x->severity;
        v->at_once = v->at_once || c->at_once;
        v->never_store = v->never_store || c->never_store;
        v->restricted = v->restricted || c->restricted;
        uint64_t mute = (uint64_t)c->mute_hours * HOUR_MS;
        v->mute_ms = mute > v->mute_ms ? mute : v->mute_ms;
        for (unsigned k = 0; k < c->tell_count; k++) {
            add_route(o, c->tell[k]);
        }
    }
    v->action = action_union(v->action, x->action);
    v->monitoring |= monitoring_bits(x->category, x->target, x->groups);
    v->restricted =
        v->restricted || (category_info(x->category)->family == FAMILY_SAFEGUARDING &&
                          x->category != CATEGORY_UNDERAGE);
    return FAULT_NONE;
}

// The most severe first; at the same severity what hides, then the surer one, then the
// earlier one.
static bool before(const struct finding *a, const struct finding *b)
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
    return a->start < b->start;
}

static void sort_findings(struct verdict *v)
{
    for (size_t i = 1; i < v->finding_count; i++) {
        struct finding x = v->findings[i];
        size_t k = i;
        for (; k > 0 && before(&x, &v->findings[k - 1]); k--) {
            v->findings[k] = v->findings[k - 1];
        }
        v->findings[k] = x;
    }
}

static const struct pack_sentences *sentences_of(const struct policy *p)
{
    static const struct pack_sentences none = {0};
    for (size_t i = 0; i < p->pack_count; i++) {
        if (p->packs[i]->sentences) {
            return p->packs[i]->sentences;
        }
    }
    return &none;
}

static const struct policy_clause *clause_of(const struct policy *p,
                                             const struct finding *x)
{
    for (size_t i = 0; x->clause_count && i < p->clause_count; i++) {
        if (slice_is(x->clauses[0].clause, p->clauses[i].id) &&
            slice_equal(x->clauses[0].policy, p->clauses[i].policy)) {
            return &p->clauses[i];
        }
    }
    return NULL;
}

struct filling {
    struct slice what, words, clause, section, policy, routes;
};

static struct slice fill_one(const struct filling *f, struct slice key, bool *known)
{
    const struct {
        const char *key;
        struct slice value;
    } values[] = {{"what", f->what},     {"words", f->words},
                  {"clause", f->clause}, {"section", f->section},
                  {"policy", f->policy}, {"routes", f->routes}};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (slice_is(key, values[i].key)) {
            *known = true;
            return values[i].value;
        }
    }
    *known = false;
    return key;
}

// The template with each {name} replaced; straight into the arena.
static struct slice fill(struct arena *a, const char *template, const struct filling *f)
{
    char out[2000];
    size_t n = 0;
    struct slice rest = slice_of(template);
    while (rest.len && n < sizeof(out)) {
        struct slice part = rest;
        bool known = false;
        size_t close = rest.ptr[0] == '{' ? slice_find(rest, SLICE("}")) : SIZE_MAX;
        if (close != SIZE_MAX) {
            part = fill_one(f, slice_sub(rest, 1, close - 1), &known);
        }
        size_t used = known ? close + 1 : 1;
        if (!known) {
            part = slice_sub(rest, 0, 1);
        }
        part = slice_sub(part, 0, sizeof(out) - n);
        if (part.len) {
            memcpy(out + n, part.ptr, part.len);
        }
        n += part.len;
        rest = slice_sub(rest, used, rest.len);
    }
    return arena_copy(a, slice_make(out, n));
}

static struct slice routes_in_words(struct arena *a, const struct policy *p)
{
    char out[800];
    size_t n = 0;
    for (size_t i = 0; i < p->pack_count; i++) {
        const struct pack *pack = p->packs[i];
        for (unsigned k = 0; k < pack->official_routes_count; k++) {
            int more = snprintf(out + n, sizeof(out) - n, "%s%s", k ? ", then " : "",
                                pack->official_routes[k]);
            n += more > 0 && (size_t)more < sizeof(out) - n ? (size_t)more : 0;
        }
        if (n) {
            break;
        }
    }
    return arena_copy(a, slice_make(out, n));
}

static const char *template_for(const struct policy *p, enum action_kind action)
{
    const struct pack_sentences *s = sentences_of(p);
    if (action_hides(action)) {
        return s->hidden
                   ? s->hidden
                   : "Hidden because it {what}: \"{words}\". {policy}, {section}.";
    }
    if (action == ACTION_ESCALATE) {
        return s->escalated
                   ? s->escalated
                   : "Shown to a person because it {what}: \"{words}\". {policy}, "
                     "{section}.";
    }
    return s->noted ? s->noted
                    : "Noted because it {what}: \"{words}\". {policy}, {section}.";
}

static void speak(struct outcome *o)
{
    struct verdict *v = o->v;
    const struct finding *x = &v->findings[0];
    const struct policy_clause *c = clause_of(o->policy, x);
    const char *phrase = category_info(x->category)->phrase;
    struct slice what =
        x->because.len ? x->because : arena_format(o->arena, "contains %s", phrase);
    struct slice words = slice_sub(o->m->text, x->start, x->end - x->start);
    const struct pack_sentences *s = sentences_of(o->policy);
    struct filling f = {.what = what,
                        .words = utf8_prefix(words, WORDS_BYTES),
                        .clause = c ? slice_of(c->id) : SLICE("general"),
                        .section = c ? slice_of(c->section) : SLICE("general rules"),
                        .policy = slice_of(o->policy->document.title),
                        .routes = routes_in_words(o->arena, o->policy)};
    v->explanation = fill(o->arena, template_for(o->policy, v->action), &f);
    if (action_hides(v->action)) {
        v->reply =
            fill(o->arena,
                 s->reply ? s->reply
                          : "Your message was hidden because it {what}. This school's "
                            "rule: {policy}, {section}. If you think that this is a "
                            "mistake, answer here and a person will look at it.",
                 &f);
    } else if (x->category == CATEGORY_COMPLAINT) {
        v->reply =
            fill(o->arena,
                 s->complaint ? s->complaint
                              : "Thank you for raising this. So that it is dealt with "
                                "properly, please use the official way: {routes}.",
                 &f);
    }
}

// What wants a person never reaches nobody: the first role that it is not about.
static void add_last_route(struct outcome *o)
{
    const struct policy *p = o->policy;
    for (size_t i = 0; o->route_count == 0 && i < p->role_count; i++) {
        add_route(o, p->roles[i]->id);
    }
}

static enum fault set_routes(struct outcome *o)
{
    struct verdict *v = o->v;
    if (action_escalates(v->action)) {
        add_last_route(o);
    }
    v->routes = arena_zalloc(o->arena, o->route_count + 1, sizeof(*v->routes));
    if (!v->routes) {
        return FAULT_MEMORY;
    }
    for (size_t i = 0; i < o->route_count; i++) {
        v->routes[i] = slice_of(o->routes[i]);
    }
    v->route_count = o->route_count;
    for (size_t i = 0; i < o->policy->pack_count && v->signpost_count == 0; i++) {
        const struct pack *pack = o->policy->packs[i];
        if (pack->official_routes_count == 0) {
            continue;
        }
        v->signposts =
            arena_zalloc(o->arena, pack->official_routes_count, sizeof(*v->signposts));
        if (!v->signposts) {
            return FAULT_MEMORY;
        }
        for (unsigned k = 0; k < pack->official_routes_count; k++) {
            v->signposts[v->signpost_count++] = slice_of(pack->official_routes[k]);
        }
    }
    return FAULT_NONE;
}

enum fault policy_apply(const struct policy *p, const struct judge_message *m,
                        struct arena *a, struct verdict *v)
{
    v->action = ACTION_ALLOW;
    v->severity = SEVERITY_NONE;
    v->target = TARGET_NONE;
    if (v->finding_count == 0) {
        return FAULT_NONE;
    }
    struct outcome o = {.policy = p, .m = m, .arena = a, .v = v};
    enum fault f = FAULT_NONE;
    for (size_t i = 0; i < v->finding_count && f == FAULT_NONE; i++) {
        f = apply_finding(&o, &v->findings[i]);
    }
    if (f) {
        return f;
    }
    sort_findings(v);
    v->severity = v->findings[0].severity;
    v->target = v->findings[0].target;
    v->retention_days = pack_retention(p)->case_days;
    f = set_routes(&o);
    if (f == FAULT_NONE) {
        speak(&o);
    }
    return f;
}
