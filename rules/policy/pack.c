// SPDX-License-Identifier: MIT
#include "rules/policy/pack.h"

#include <stdlib.h>
#include <string.h>

#include "bot/base/yaml.h"

enum { LINE_MOST = 2000, LIST_MOST = 300 };
#define TEXT(key, type, field)                                                         \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, field, 1, LINE_MOST)
#define MAYBE_TEXT(key, type, field)                                                   \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, field, \
                           0, LINE_MOST)
#define WORDS(key, type, field)                                                        \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, field,   \
                         &word, 0, LIST_MOST)
#define FLAG(key, type, field) CYAML_FIELD_BOOL(key, CYAML_FLAG_OPTIONAL, type, field)

static const cyaml_schema_value_t word = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, LINE_MOST)};
static const cyaml_schema_value_t number = {
    CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, unsigned)};

static const cyaml_schema_field_t role_fields[] = {
    TEXT("id", struct policy_role, id),
    TEXT("title", struct policy_role, title),
    MAYBE_TEXT("otherwise", struct policy_role, otherwise),
    WORDS("holders", struct policy_role, holders),
    WORDS("named", struct policy_role, named),
    CYAML_FIELD_END};
static const cyaml_schema_value_t role_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct policy_role, role_fields)};

static const cyaml_schema_field_t condition_fields[] = {
    WORDS("author", struct policy_condition, author),
    WORDS("target", struct policy_condition, target),
    WORDS("channel", struct policy_condition, channel),
    MAYBE_TEXT("severity_from", struct policy_condition, severity_from),
    CYAML_FIELD_END};

static const cyaml_schema_field_t clause_fields[] = {
    TEXT("id", struct policy_clause, id),
    TEXT("section", struct policy_clause, section),
    TEXT("says", struct policy_clause, says),
    WORDS("applies_to", struct policy_clause, applies_to),
    WORDS("forbids", struct policy_clause, forbids),
    CYAML_FIELD_MAPPING_PTR("when", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            struct policy_clause, when, condition_fields),
    MAYBE_TEXT("action", struct policy_clause, action),
    MAYBE_TEXT("severity", struct policy_clause, severity),
    WORDS("tell", struct policy_clause, tell),
    MAYBE_TEXT("within", struct policy_clause, within),
    WORDS("legal", struct policy_clause, legal),
    WORDS("serves", struct policy_clause, serves),
    MAYBE_TEXT("advice", struct policy_clause, advice),
    MAYBE_TEXT("trigger", struct policy_clause, trigger),
    FLAG("people_only", struct policy_clause, people_only),
    FLAG("never_store", struct policy_clause, never_store),
    FLAG("restricted", struct policy_clause, restricted),
    CYAML_FIELD_UINT("mute_hours", CYAML_FLAG_OPTIONAL, struct policy_clause,
                     mute_hours),
    CYAML_FIELD_END};
static const cyaml_schema_value_t clause_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct policy_clause, clause_fields)};

static const cyaml_schema_field_t retention_fields[] = {
    CYAML_FIELD_UINT("case_days", CYAML_FLAG_DEFAULT, struct pack_retention, case_days),
    CYAML_FIELD_UINT("evidence_days", CYAML_FLAG_OPTIONAL, struct pack_retention,
                     evidence_days),
    CYAML_FIELD_END};

static const cyaml_schema_field_t sentence_fields[] = {
    MAYBE_TEXT("hidden", struct pack_sentences, hidden),
    MAYBE_TEXT("escalated", struct pack_sentences, escalated),
    MAYBE_TEXT("noted", struct pack_sentences, noted),
    MAYBE_TEXT("reply", struct pack_sentences, reply),
    MAYBE_TEXT("complaint", struct pack_sentences, complaint),
    CYAML_FIELD_END};

static const cyaml_schema_field_t pack_fields[] = {
    TEXT("id", struct pack, id),
    TEXT("title", struct pack, title),
    MAYBE_TEXT("date", struct pack, date),
    MAYBE_TEXT("review", struct pack, review),
    MAYBE_TEXT("school", struct pack, school),
    MAYBE_TEXT("extends", struct pack, extends),
    WORDS("without", struct pack, without),
    CYAML_FIELD_SEQUENCE("roles", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct pack,
                         roles, &role_entry, 0, POLICY_ROLES_MOST),
    CYAML_FIELD_SEQUENCE("clauses", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct pack, clauses, &clause_entry, 0, POLICY_CLAUSES_MOST),
    WORDS("official_routes", struct pack, official_routes),
    CYAML_FIELD_SEQUENCE("ages", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct pack,
                         ages, &number, 0, 8),
    CYAML_FIELD_MAPPING("retention", CYAML_FLAG_OPTIONAL, struct pack, retention,
                        retention_fields),
    CYAML_FIELD_MAPPING_PTR("sentences", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            struct pack, sentences, sentence_fields),
    WORDS("monitoring", struct pack, monitoring),
    CYAML_FIELD_END};
static const cyaml_schema_value_t pack_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct pack, pack_fields)};

enum fault pack_load(struct pack **out, const char *path, struct why *why)
{
    void *loaded = NULL;
    enum fault f = yaml_load_file(path, &pack_value, &loaded, NULL, why);
    if (f == FAULT_NONE && !loaded) {
        f = fault_say(why, FAULT_INPUT,
                      "%s:1: the pack is empty; it needs id and title", path);
    }
    *out = loaded;
    return f;
}

void pack_close(struct pack *pack)
{
    yaml_unload(&pack_value, pack, 0);
}

static bool opens_entry(struct slice line, const char *id)
{
    size_t at = slice_find(line, SLICE("id:"));
    bool entry = slice_starts_with(slice_trim(line), SLICE("-")) && at != SIZE_MAX;
    if (!entry || !id) {
        return entry;
    }
    struct slice value = slice_trim(slice_sub(line, at + 3, line.len));
    size_t n = strlen(id);
    bool quoted =
        slice_starts_with(value, SLICE("\"")) || slice_starts_with(value, SLICE("'"));
    value = slice_sub(value, quoted, value.len);
    return slice_starts_with(value, slice_of(id)) &&
           (value.len == n || strchr(" ,\"'}#", value.ptr[n]));
}

unsigned pack_line(const char *path, const char *id, const char *wanted)
{
    char *bytes;
    size_t len;
    struct why ignored;
    if (paths_read(path, YAML_FILE_BYTES, &bytes, &len, &ignored)) {
        return 1;
    }
    unsigned at = 0, found = 1;
    bool inside = id == NULL;
    struct slice rest = slice_make(bytes, len);
    while (rest.len) {
        struct slice line = slice_cut(rest, '\n', &rest);
        at++;
        if (id && inside && opens_entry(line, NULL)) {
            break;
        }
        if (!inside && opens_entry(line, id)) {
            inside = true;
            found = at;
        }
        if (inside && wanted && slice_find(line, slice_of(wanted)) != SIZE_MAX) {
            found = at;
            break;
        }
    }
    free(bytes);
    return found;
}

const struct pack_retention *pack_retention(const struct policy *p)
{
    for (size_t i = 0; i + 1 < p->pack_count; i++) {
        if (p->packs[i]->retention.case_days) {
            return &p->packs[i]->retention;
        }
    }
    return &p->packs[p->pack_count - 1]->retention;
}
