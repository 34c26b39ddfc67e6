// SPDX-License-Identifier: MIT
#include "rules/taxonomy.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct category_info categories[CATEGORY_COUNT] = {
#define X(id, fam, name_, act, sev, phrase_)                                           \
    [CATEGORY_##id] = {.name = (name_),                                                \
                       .family = FAMILY_##fam,                                         \
                       .action = ACTION_##act,                                         \
                       .severity = SEVERITY_##sev,                                     \
                       .phrase = (phrase_)},
    CATEGORY_MAP(X)
#undef X
};

static const char *const families[FAMILY_COUNT] = {
#define X(id, name) [FAMILY_##id] = name,
    FAMILY_MAP(X)
#undef X
};
static const char *const targets[TARGET_COUNT] = {
    [TARGET_NONE] = "none",     [TARGET_STAFF] = "staff",   [TARGET_PUPIL] = "pupil",
    [TARGET_PARENT] = "parent", [TARGET_SCHOOL] = "school", [TARGET_SELF] = "self",
    [TARGET_OTHER] = "other"};
static const char *const severities[SEVERITY_COUNT] = {[SEVERITY_LOW] = "low",
                                                       [SEVERITY_MEDIUM] = "medium",
                                                       [SEVERITY_HIGH] = "high",
                                                       [SEVERITY_CRITICAL] =
                                                           "critical"};
static const char *const actions[ACTION_KIND_COUNT] = {[ACTION_ALLOW] = "allow",
                                                       [ACTION_NOTE] = "note",
                                                       [ACTION_ESCALATE] = "escalate",
                                                       [ACTION_HIDE] = "hide",
                                                       [ACTION_HIDE_ESCALATE] =
                                                           "hide+escalate"};
static const char *const roles[AUTHOR_ROLE_COUNT] = {[AUTHOR_UNKNOWN] = "unknown",
                                                     [AUTHOR_PARENT] = "parent",
                                                     [AUTHOR_PUPIL] = "pupil",
                                                     [AUTHOR_STAFF] = "staff",
                                                     [AUTHOR_GOVERNOR] = "governor"};
static const char *const audiences[AUDIENCE_COUNT] = {[AUDIENCE_PARENTS] = "parents",
                                                      [AUDIENCE_PUPILS] = "pupils",
                                                      [AUDIENCE_STAFF] = "staff",
                                                      [AUDIENCE_PUBLIC] = "public"};
static const char *const groups[GROUP_COUNT] = {
#define X(id, name) [GROUP_##id] = name,
    GROUP_MAP(X)
#undef X
};
static const char *const monitorings[MONITORING_COUNT] = {
#define X(id, name) [MONITORING_##id] = name,
    MONITORING_MAP(X)
#undef X
};

static const char *name_in(const char *const *names, size_t count, size_t index)
{
    return index < count ? names[index] : NULL;
}

static bool parse_in(const char *const *names, size_t count, struct slice name,
                     size_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i] && slice_is(name, names[i])) {
            *out = i;
            return true;
        }
    }
    return false;
}

const struct category_info *category_info(enum category c)
{
    return (size_t)c < CATEGORY_COUNT ? &categories[c] : NULL;
}

bool category_parse(struct slice name, enum category *out)
{
    for (size_t i = 0; i < CATEGORY_COUNT; i++) {
        if (slice_is(name, categories[i].name)) {
            *out = (enum category)i;
            return true;
        }
    }
    return false;
}

// One name/parse pair for every plain enumeration.
#define ENUMERATION(type, prefix, table)                                               \
    const char *prefix##_name(enum type value)                                         \
    {                                                                                  \
        return name_in(table, COUNT_OF(table), (size_t)value);                         \
    }                                                                                  \
    bool prefix##_parse(struct slice name, enum type *out)                             \
    {                                                                                  \
        size_t i;                                                                      \
        if (!parse_in(table, COUNT_OF(table), name, &i)) {                             \
            return false;                                                              \
        }                                                                              \
        *out = (enum type)i;                                                           \
        return true;                                                                   \
    }

ENUMERATION(family, family, families)
ENUMERATION(target, target, targets)
ENUMERATION(severity, severity, severities)
ENUMERATION(action_kind, action, actions)
ENUMERATION(author_role, author_role, roles)
ENUMERATION(audience, audience, audiences)
ENUMERATION(group, group, groups)

const char *monitoring_name(enum monitoring m)
{
    return name_in(monitorings, MONITORING_COUNT, (size_t)m);
}

bool action_hides(enum action_kind a)
{
    return a == ACTION_HIDE || a == ACTION_HIDE_ESCALATE;
}

bool action_escalates(enum action_kind a)
{
    return a == ACTION_ESCALATE || a == ACTION_HIDE_ESCALATE;
}

enum action_kind action_union(enum action_kind a, enum action_kind b)
{
    if ((action_hides(a) || action_hides(b)) &&
        (action_escalates(a) || action_escalates(b))) {
        return ACTION_HIDE_ESCALATE;
    }
    return a > b ? a : b;
}

enum action_kind category_default_action(enum category c, enum target t)
{
    if (c == CATEGORY_INSULT && (t == TARGET_OTHER || t == TARGET_NONE)) {
        return ACTION_HIDE;
    }
    return categories[c].action;
}

static uint32_t bit(enum monitoring m)
{
    return 1u << m;
}

uint32_t monitoring_bits(enum category c, enum target t, uint32_t group_bits)
{
    static const uint32_t counted_hate =
        1u << GROUP_RACE | 1u << GROUP_NATIONALITY | 1u << GROUP_RELIGION |
        1u << GROUP_TRAVELLER | 1u << GROUP_ORIENTATION | 1u << GROUP_GENDER_IDENTITY;
    uint32_t bits = 0;
    if (c == CATEGORY_ALLEGATION) {
        bits |= t == TARGET_STAFF ? bit(MONITORING_ALLEGATIONS_STAFF) : 0;
        bits |= t == TARGET_PUPIL ? bit(MONITORING_ALLEGATIONS_PUPILS) : 0;
    }
    if (c == CATEGORY_COMPLAINT) {
        bits |= t == TARGET_SCHOOL ? bit(MONITORING_COMPLAINTS_SCHOOL) : 0;
        bits |= t == TARGET_STAFF ? bit(MONITORING_COMPLAINTS_STAFF) : 0;
    }
    if (c == CATEGORY_ALLEGATION || c == CATEGORY_DISPARAGEMENT) {
        bits |= t == TARGET_SCHOOL ? bit(MONITORING_DEFAMATORY_SCHOOL) : 0;
        bits |= t == TARGET_STAFF ? bit(MONITORING_DEFAMATORY_STAFF) : 0;
    }
    if (c == CATEGORY_INSULT || c == CATEGORY_BULLYING) {
        bits |= t == TARGET_STAFF ? bit(MONITORING_NEGATIVE_STAFF) : 0;
        bits |= t == TARGET_PUPIL ? bit(MONITORING_NEGATIVE_PUPILS) : 0;
    }
    if (c == CATEGORY_HATE && (group_bits & counted_hate)) {
        bits |= bit(MONITORING_RACIST_HOMOPHOBIC);
    }
    bits |= c == CATEGORY_VIOLENCE ? bit(MONITORING_THREATS_VIOLENCE) : 0;
    bits |= c == CATEGORY_IMAGE ? bit(MONITORING_IMAGES_UNAUTHORISED) : 0;
    return bits;
}
