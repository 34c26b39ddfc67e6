// SPDX-License-Identifier: MIT
#include "rules/policy/policy.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/paths.h"
#include "bot/base/yaml.h"
#include "rules/policy/pack.h"

static bool has_wildcard(struct slice name, enum category c)
{
    struct slice all = SLICE(".*");
    if (!slice_ends_with(name, all)) {
        return false;
    }
    return slice_is(slice_sub(name, 0, name.len - all.len),
                    family_name(category_info(c)->family));
}

static enum fault resolve_categories(struct policy_clause *c, const char *path,
                                     struct why *why)
{
    for (unsigned i = 0; i < c->forbids_count; i++) {
        struct slice name = slice_of(c->forbids[i]);
        uint64_t before = c->categories;
        enum category one;
        if (category_parse(name, &one)) {
            c->categories |= UINT64_C(1) << one;
            continue;
        }
        for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
            c->categories |= has_wildcard(name, k) ? UINT64_C(1) << k : 0;
        }
        if (c->categories == before) {
            return fault_say(
                why, FAULT_INPUT,
                "%s:%u: clause %s: '%s' is no category; write one of the taxonomy's, "
                "as in defamation.allegation, or a family, as in abuse.*",
                path, pack_line(path, c->id, c->forbids[i]), c->id, c->forbids[i]);
        }
    }
    return FAULT_NONE;
}

#define RESOLVE_WORDS(words, count, type, parse, bits, what)                           \
    for (unsigned i = 0; i < (count); i++) {                                           \
        enum type one;                                                                 \
        if (!parse(slice_of((words)[i]), &one)) {                                      \
            return fault_say(why, FAULT_INPUT, "%s:%u: clause %s: '%s' is no " what,   \
                             path, pack_line(path, c->id, (words)[i]), c->id,          \
                             (words)[i]);                                              \
        }                                                                              \
        (bits) |= 1u << one;                                                           \
    }

static enum fault resolve_condition(struct policy_clause *c, const char *path,
                                    struct why *why)
{
    const struct policy_condition *w = c->when;
    if (!w) {
        return FAULT_NONE;
    }
    RESOLVE_WORDS(w->author, w->author_count, author_role, author_role_parse,
                  c->authors, "author role (parent, pupil, staff, governor, unknown)")
    RESOLVE_WORDS(w->target, w->target_count, target, target_parse, c->targets,
                  "target (staff, pupil, parent, school, self, other, none)")
    RESOLVE_WORDS(w->channel, w->channel_count, audience, audience_parse, c->audiences,
                  "channel (parents, pupils, staff, public)")
    if (w->severity_from && !severity_parse(slice_of(w->severity_from), &c->from)) {
        return fault_say(
            why, FAULT_INPUT,
            "%s:%u: clause %s: severity_from wants low, medium, high or critical", path,
            pack_line(path, c->id, "severity_from"), c->id);
    }
    return FAULT_NONE;
}

static bool is_time(struct slice s)
{
    static const char *const units[] = {"hour",        "hours",        "day",  "days",
                                        "working day", "working days", "week", "weeks"};
    struct slice unit;
    uint64_t n;
    if (slice_is(s, "at once") || slice_is(s, "same day")) {
        return true;
    }
    if (slice_u64(slice_cut(s, ' ', &unit), &n) || n == 0 || n > 1000) {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (slice_is(unit, units[i])) {
            return true;
        }
    }
    return false;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(word, *words) == 0) {
            return true;
        }
    }
    return false;
}

static const char *const binds[] = {"staff", "pupil", "parent", "all", NULL};

static enum fault resolve_clause(struct policy_clause *c, const char *path,
                                 struct why *why)
{
    enum fault f = resolve_categories(c, path, why);
    f = f ? f : resolve_condition(c, path, why);
    if (f) {
        return f;
    }
    if (c->severity && !severity_parse(slice_of(c->severity), &c->floor)) {
        return fault_say(
            why, FAULT_INPUT,
            "%s:%u: clause %s: severity wants low, medium, high or critical", path,
            pack_line(path, c->id, "severity"), c->id);
    }
    if (c->action) {
        if (!action_parse(slice_of(c->action), &c->act)) {
            return fault_say(
                why, FAULT_INPUT,
                "%s:%u: clause %s: action wants allow, note, escalate, hide or "
                "hide+escalate",
                path, pack_line(path, c->id, "action"), c->id);
        }
        c->acts = true;
    }
    if (c->within && !is_time(slice_of(c->within))) {
        return fault_say(
            why, FAULT_INPUT,
            "%s:%u: clause %s: within wants 'at once', 'same day', or a time "
            "as in '24 hours' or '3 working days'",
            path, pack_line(path, c->id, "within"), c->id);
    }
    for (unsigned i = 0; i < c->applies_to_count; i++) {
        if (!is_one_of(c->applies_to[i], binds)) {
            return fault_say(
                why, FAULT_INPUT,
                "%s:%u: clause %s: applies_to wants staff, pupil, parent or "
                "all, not '%s'",
                path, pack_line(path, c->id, "applies_to"), c->id, c->applies_to[i]);
        }
    }
    c->at_once = c->within && strcmp(c->within, "at once") == 0;
    if (!c->people_only && c->categories == 0) {
        return fault_say(
            why, FAULT_INPUT,
            "%s:%u: clause %s: forbids nothing; name categories, or set people_only: "
            "true when only people can keep it",
            path, pack_line(path, c->id, "id:"), c->id);
    }
    return FAULT_NONE;
}

const struct policy_role *policy_find_role(const struct policy *p, const char *id)
{
    for (size_t i = 0; i < p->role_count; i++) {
        if (strcmp(p->roles[i]->id, id) == 0) {
            return p->roles[i];
        }
    }
    return NULL;
}

static const char *path_of(const struct policy *p, struct slice pack)
{
    for (size_t i = 0; i < p->pack_count; i++) {
        if (slice_is(pack, p->packs[i]->id)) {
            return p->paths[i];
        }
    }
    return p->paths[0];
}

static enum fault check_roles(const struct policy *p, const char *path, struct why *why)
{
    for (size_t i = 0; i < p->role_count; i++) {
        const struct policy_role *r = p->roles[i];
        if (r->otherwise && !policy_find_role(p, r->otherwise)) {
            return fault_say(
                why, FAULT_INPUT,
                "%s:%u: role %s: 'otherwise' names %s, a role nobody holds; add it "
                "under roles",
                path, pack_line(path, r->id, "otherwise"), r->id, r->otherwise);
        }
    }
    for (size_t i = 0; i < p->clause_count; i++) {
        const struct policy_clause *c = &p->clauses[i];
        const char *where = path_of(p, c->policy);
        for (unsigned k = 0; k < c->tell_count; k++) {
            const struct policy_role *r = policy_find_role(p, c->tell[k]);
            if (!r || r->holders_count == 0) {
                return fault_say(why, FAULT_INPUT,
                                 "%s:%u: clause %s tells %s, a role nobody holds; add "
                                 "it under roles "
                                 "and name its holders",
                                 where, pack_line(where, c->id, "tell"), c->id,
                                 c->tell[k]);
            }
        }
    }
    return FAULT_NONE;
}

static enum fault check_monitoring(const struct policy *p, struct why *why)
{
    for (size_t i = 0; i < p->pack_count; i++) {
        for (unsigned k = 0; k < p->packs[i]->monitoring_count; k++) {
            const char *word = p->packs[i]->monitoring[k];
            unsigned m = 0;
            while (m < MONITORING_COUNT && strcmp(word, monitoring_name(m)) != 0) {
                m++;
            }
            if (m == MONITORING_COUNT) {
                return fault_say(
                    why, FAULT_INPUT,
                    "%s:%u: monitoring: '%s' is no count; the eleven are in "
                    "the manual page",
                    p->paths[i], pack_line(p->paths[i], NULL, word), word);
            }
        }
    }
    return FAULT_NONE;
}

static enum fault check_ids(const struct policy *p, const char *path, struct why *why)
{
    for (size_t i = 0; i < p->clause_count; i++) {
        for (size_t k = i + 1; k < p->clause_count; k++) {
            if (strcmp(p->clauses[i].id, p->clauses[k].id) == 0 &&
                slice_equal(p->clauses[i].policy, p->clauses[k].policy)) {
                return fault_say(
                    why, FAULT_INPUT,
                    "%s:%u: clause id %s is used twice; give one another id", path,
                    pack_line(path, p->clauses[i].id, NULL), p->clauses[i].id);
            }
        }
    }
    return FAULT_NONE;
}

static enum fault pack_path(char out[PATH_BYTES], const char *name,
                            const char *data_folder, struct why *why)
{
    if (strchr(name, '/') || slice_ends_with(slice_of(name), SLICE(".yaml"))) {
        return snprintf(out, PATH_BYTES, "%s", name) < PATH_BYTES
                   ? FAULT_NONE
                   : fault_say(why, FAULT_LIMIT, "%s: path too long", name);
    }
    char folder[PATH_BYTES];
    if (data_folder) {
        snprintf(folder, sizeof(folder), "%s", data_folder);
    } else {
        enum fault f = paths_data(folder, why);
        if (f) {
            return f;
        }
    }
    return snprintf(out, PATH_BYTES, "%s/policies/%s.yaml", folder, name) < PATH_BYTES
               ? FAULT_NONE
               : fault_say(why, FAULT_LIMIT, "%s: path too long", name);
}

static enum fault add_pack(struct policy *p, const char *name, const char *data_folder,
                           struct why *why)
{
    char path[PATH_BYTES];
    enum fault f = pack_path(path, name, data_folder, why);
    for (size_t i = 0; f == FAULT_NONE && i < p->pack_count; i++) {
        if (strcmp(p->paths[i], path) == 0) {
            return fault_say(
                why, FAULT_INPUT,
                "%s:%u: builds on itself through 'extends'; remove one of them", path,
                pack_line(path, NULL, "extends"));
        }
    }
    if (f == FAULT_NONE && p->pack_count == POLICY_EXTENDS_MOST) {
        return fault_say(why, FAULT_LIMIT,
                         "%s: more than %d packs build on one another", path,
                         POLICY_EXTENDS_MOST);
    }
    struct pack *pack = NULL;
    f = f ? f : pack_load(&pack, path, why);
    if (f == FAULT_ABSENT) {
        return fault_say(why, f, "%s: there is no such policy pack", path);
    }
    if (f) {
        return f;
    }
    snprintf(p->paths[p->pack_count], PATH_BYTES, "%s", path);
    p->packs[p->pack_count++] = pack;
    f = pack->extends ? add_pack(p, pack->extends, data_folder, why) : FAULT_NONE;
    if (f == FAULT_ABSENT) {
        return fault_say(
            why, FAULT_INPUT,
            "%s:%u: extends '%s', and there is no such pack; write `default` "
            "or a pack's name or path",
            path, pack_line(path, NULL, "extends"), pack->extends);
    }
    return f;
}

// Nearer packs first: a pack's own clause or role of the same id hides the one below.
static enum fault gather(struct policy *p, struct why *why)
{
    for (size_t i = 0; i < p->pack_count; i++) {
        struct pack *pack = p->packs[i];
        for (unsigned k = 0; k < pack->roles_count; k++) {
            if (!policy_find_role(p, pack->roles[k].id) &&
                p->role_count < POLICY_ROLES_MOST) {
                p->roles[p->role_count++] = &pack->roles[k];
            }
        }
        for (unsigned k = 0; k < pack->clauses_count; k++) {
            bool hidden = false;
            for (unsigned d = 0; i > 0 && d < p->packs[0]->without_count; d++) {
                hidden =
                    hidden || strcmp(p->packs[0]->without[d], pack->clauses[k].id) == 0;
            }
            if (hidden) {
                continue;
            }
            if (p->clause_count == POLICY_CLAUSES_MOST) {
                return fault_say(why, FAULT_LIMIT, "%s: more than %d clauses",
                                 p->paths[i], POLICY_CLAUSES_MOST);
            }
            struct policy_clause *c = &p->clauses[p->clause_count++];
            *c = pack->clauses[k];
            c->policy = slice_of(pack->id);
            enum fault f = resolve_clause(c, p->paths[i], why);
            if (f) {
                return f;
            }
        }
    }
    return FAULT_NONE;
}

static enum fault check_whole(const struct policy *p, struct why *why)
{
    const char *path = p->paths[0];
    enum fault f = check_roles(p, path, why);
    f = f ? f : check_monitoring(p, why);
    f = f ? f : check_ids(p, path, why);
    if (f == FAULT_NONE && pack_retention(p)->case_days == 0) {
        f = fault_say(
            why, FAULT_INPUT,
            "%s:1: retention is missing; add a line 'retention: {case_days: 365}'",
            path);
    }
    return f;
}

enum fault policy_load(struct policy **out, const char *name, const char *data_folder,
                       struct why *why)
{
    struct policy *p = calloc(1, sizeof(*p));
    if (!p) {
        return FAULT_MEMORY;
    }
    atomic_init(&p->refs, 1);
    enum fault f = add_pack(p, name, data_folder, why);
    f = f ? f : gather(p, why);
    f = f ? f : check_whole(p, why);
    if (f) {
        policy_unref(p);
        return f;
    }
    p->document = (struct policy_doc){.id = p->packs[0]->id,
                                      .title = p->packs[0]->title,
                                      .date = p->packs[0]->date,
                                      .review = p->packs[0]->review,
                                      .school = p->packs[0]->school};
    *out = p;
    return FAULT_NONE;
}

struct policy *policy_ref(struct policy *p)
{
    atomic_fetch_add(&p->refs, 1);
    return p;
}

void policy_unref(struct policy *p)
{
    if (!p || atomic_fetch_sub(&p->refs, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < p->pack_count; i++) {
        pack_close(p->packs[i]);
    }
    free(p);
}

struct slice policy_id(const struct policy *p)
{
    return slice_of(p->document.id);
}

const struct policy_clause *policy_clauses(const struct policy *p, size_t *count)
{
    *count = p->clause_count;
    return p->clauses;
}

const struct policy_role *policy_roles(const struct policy *p, size_t *count)
{
    *count = p->packs[0]->roles_count;
    return p->packs[0]->roles;
}

const struct policy_doc *policy_document(const struct policy *p)
{
    return &p->document;
}
