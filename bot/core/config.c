// SPDX-License-Identifier: MIT
#include "bot/core/config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/paths.h"
#include "bot/base/yaml.h"

enum {
    DEFAULT_PORT = 8470,
    DEFAULT_CASE_DAYS = 365,
    DEFAULT_SEEN_DAYS = 30,
    TEXT_MOST = 4096,
    LIST_MOST = 10000,
};

#define OPTIONAL_TEXT (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_strval_t audience_words[] = {{"parents", AUDIENCE_PARENTS},
                                                {"pupils", AUDIENCE_PUPILS},
                                                {"staff", AUDIENCE_STAFF},
                                                {"public", AUDIENCE_PUBLIC}};
static const cyaml_strval_t role_words[] = {{"unknown", AUTHOR_UNKNOWN},
                                            {"parent", AUTHOR_PARENT},
                                            {"pupil", AUTHOR_PUPIL},
                                            {"staff", AUTHOR_STAFF},
                                            {"governor", AUTHOR_GOVERNOR}};
static const cyaml_strval_t level_words[] = {{"debug", LOG_LEVEL_DEBUG},
                                             {"info", LOG_LEVEL_INFO},
                                             {"warn", LOG_LEVEL_WARN},
                                             {"error", LOG_LEVEL_ERROR}};
static const cyaml_strval_t format_words[] = {{"logfmt", LOG_FORMAT_LOGFMT},
                                              {"json", LOG_FORMAT_JSON}};

static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MOST)};

static const cyaml_schema_field_t school_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct config_school, name, 1,
                           TEXT_MOST),
    CYAML_FIELD_SEQUENCE("aliases", OPTIONAL_TEXT, struct config_school, aliases,
                         &text_entry, 0, LIST_MOST),
    CYAML_FIELD_STRING_PTR("roster", OPTIONAL_TEXT, struct config_school, roster, 1,
                           TEXT_MOST),
    CYAML_FIELD_SEQUENCE("public_contacts", OPTIONAL_TEXT, struct config_school,
                         public_contacts, &text_entry, 0, LIST_MOST),
    CYAML_FIELD_UINT("minimum_age", CYAML_FLAG_OPTIONAL, struct config_school,
                     minimum_age),
    CYAML_FIELD_END};

static const cyaml_schema_field_t store_fields[] = {
    CYAML_FIELD_STRING_PTR("path", OPTIONAL_TEXT, struct config_store, path, 1,
                           TEXT_MOST),
    CYAML_FIELD_STRING_PTR("key", OPTIONAL_TEXT, struct config_store, key, 1,
                           TEXT_MOST),
    CYAML_FIELD_UINT("case_days", CYAML_FLAG_OPTIONAL, struct config_store, case_days),
    CYAML_FIELD_UINT("seen_days", CYAML_FLAG_OPTIONAL, struct config_store, seen_days),
    CYAML_FIELD_END};

static const cyaml_schema_field_t console_fields[] = {
    CYAML_FIELD_STRING_PTR("listen", OPTIONAL_TEXT, struct config_console, listen, 1,
                           256),
    CYAML_FIELD_UINT("port", CYAML_FLAG_OPTIONAL, struct config_console, port),
    CYAML_FIELD_STRING_PTR("url", OPTIONAL_TEXT, struct config_console, url, 1, 1024),
    CYAML_FIELD_END};

static const cyaml_schema_field_t log_fields[] = {
    CYAML_FIELD_ENUM("level", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                     struct config_log, level, level_words,
                     CYAML_ARRAY_LEN(level_words)),
    CYAML_FIELD_ENUM("format", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                     struct config_log, format, format_words,
                     CYAML_ARRAY_LEN(format_words)),
    CYAML_FIELD_END};

static const cyaml_schema_field_t channel_fields[] = {
    CYAML_FIELD_STRING_PTR("adapter", CYAML_FLAG_POINTER, struct config_channel,
                           adapter, 1, 64),
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct config_channel, id, 1, 512),
    CYAML_FIELD_ENUM("audience", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                     struct config_channel, audience, audience_words,
                     CYAML_ARRAY_LEN(audience_words)),
    CYAML_FIELD_STRING_PTR("policy", OPTIONAL_TEXT, struct config_channel, policy, 1,
                           TEXT_MOST),
    CYAML_FIELD_BOOL("ignore", CYAML_FLAG_OPTIONAL, struct config_channel, ignore),
    CYAML_FIELD_END};
static const cyaml_schema_value_t channel_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_channel, channel_fields)};

static const cyaml_schema_field_t role_fields[] = {
    CYAML_FIELD_STRING_PTR("adapter", CYAML_FLAG_POINTER, struct config_role, adapter,
                           1, 64),
    CYAML_FIELD_STRING_PTR("role", CYAML_FLAG_POINTER, struct config_role, role, 1,
                           512),
    CYAML_FIELD_ENUM("is", CYAML_FLAG_STRICT, struct config_role, is, role_words,
                     CYAML_ARRAY_LEN(role_words)),
    CYAML_FIELD_END};
static const cyaml_schema_value_t role_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_role, role_fields)};

static const cyaml_schema_field_t own_fields[] = {
    CYAML_FIELD_MAPPING_PTR("school", OPTIONAL_TEXT, struct config, school,
                            school_fields),
    CYAML_FIELD_STRING_PTR("policy", OPTIONAL_TEXT, struct config, policy, 1,
                           TEXT_MOST),
    CYAML_FIELD_STRING_PTR("state", OPTIONAL_TEXT, struct config, state, 1, TEXT_MOST),
    CYAML_FIELD_MAPPING_PTR("store", OPTIONAL_TEXT, struct config, store, store_fields),
    CYAML_FIELD_MAPPING_PTR("console", OPTIONAL_TEXT, struct config, console,
                            console_fields),
    CYAML_FIELD_MAPPING_PTR("log", OPTIONAL_TEXT, struct config, log, log_fields),
    CYAML_FIELD_SEQUENCE("channels", OPTIONAL_TEXT, struct config, channels,
                         &channel_entry, 0, LIST_MOST),
    CYAML_FIELD_SEQUENCE("roles", OPTIONAL_TEXT, struct config, roles, &role_entry, 0,
                         LIST_MOST),
};
enum { OWN_FIELDS = sizeof(own_fields) / sizeof(own_fields[0]) };

struct config_file {
    struct config *values;
    cyaml_schema_field_t fields[OWN_FIELDS + PLATFORMS_MOST + 1];
    cyaml_schema_value_t schema;
    char folder[PATH_BYTES]; // of the file
    char state[PATH_BYTES];
    char store[PATH_BYTES];
    char key[PATH_BYTES];
    char roster[PATH_BYTES];
    char url[1200];
};

// The program's settings and each platform's, as one mapping.
static void build_schema(struct config_file *file)
{
    memcpy(file->fields, own_fields, sizeof(own_fields));
    unsigned n = OWN_FIELDS;
    unsigned index = 0;
    for (const struct adapter_ops *const *ops = platforms_all(); *ops; ops++, index++) {
        file->fields[n++] = (cyaml_schema_field_t){
            .key = (*ops)->name,
            .data_offset =
                (uint32_t)(offsetof(struct config, platforms) + index * sizeof(void *)),
            .value = {.type = CYAML_MAPPING,
                      .flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                      .data_size = (uint32_t)(*ops)->conf_bytes,
                      .mapping = {.fields = (*ops)->conf_fields}}};
    }
    file->fields[n] = (cyaml_schema_field_t)CYAML_FIELD_END;
    file->schema = (cyaml_schema_value_t){.type = CYAML_MAPPING,
                                          .flags = CYAML_FLAG_POINTER,
                                          .data_size = sizeof(struct config),
                                          .mapping = {.fields = file->fields}};
}

static enum fault resolve(char out[PATH_BYTES], const char *folder, const char *path,
                          struct why *why)
{
    int n = path[0] == '/' ? snprintf(out, PATH_BYTES, "%s", path)
                           : snprintf(out, PATH_BYTES, "%s/%s", folder, path);
    return n < PATH_BYTES ? FAULT_NONE
                          : fault_say(why, FAULT_LIMIT, "%s: path too long", path);
}

static void folder_of(const char *path, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%s", path);
    char *slash = strrchr(out, '/');
    if (slash && slash != out) {
        *slash = '\0';
    } else {
        snprintf(out, PATH_BYTES, "%s", slash ? "/" : ".");
    }
}

static enum fault resolve_all(struct config_file *file, struct why *why)
{
    const struct config *c = file->values;
    const struct config_store *store = c->store;
    enum fault f =
        resolve(file->state, file->folder, c->state ? c->state : "state", why);
    f = f ? f
          : resolve(file->store, store && store->path ? file->folder : file->state,
                    store && store->path ? store->path : "store.db", why);
    f = f ? f
          : resolve(file->key, store && store->key ? file->folder : file->state,
                    store && store->key ? store->key : "evidence.key", why);
    if (f == FAULT_NONE && c->school && c->school->roster) {
        f = resolve(file->roster, file->folder, c->school->roster, why);
    }
    if (c->console && c->console->url) {
        snprintf(file->url, sizeof(file->url), "%s", c->console->url);
    } else {
        snprintf(file->url, sizeof(file->url), "http://%s:%u", config_listen(file),
                 config_port(file));
    }
    return f;
}

static bool platform_known(const char *name)
{
    for (const struct adapter_ops *const *ops = platforms_all(); *ops; ops++) {
        if (strcmp((*ops)->name, name) == 0) {
            return true;
        }
    }
    return false;
}

// What a schema cannot say: names that must exist.
static enum fault check_names(const struct config *c, const char *path, struct why *why)
{
    for (unsigned i = 0; i < c->channels_count; i++) {
        if (!platform_known(c->channels[i].adapter)) {
            return fault_say(why, FAULT_INPUT,
                             "%s: channels[%u].adapter: no such adapter: %s", path,
                             i + 1, c->channels[i].adapter);
        }
    }
    for (unsigned i = 0; i < c->roles_count; i++) {
        if (!platform_known(c->roles[i].adapter)) {
            return fault_say(why, FAULT_INPUT,
                             "%s: roles[%u].adapter: no such adapter: %s", path, i + 1,
                             c->roles[i].adapter);
        }
    }
    return FAULT_NONE;
}

enum fault config_load(struct config_file **out, const char *path, struct why *why)
{
    struct config_file *file = calloc(1, sizeof(*file));
    if (!file) {
        return FAULT_MEMORY;
    }
    build_schema(file);
    folder_of(path, file->folder);
    void *values = NULL;
    enum fault f = yaml_load_file(path, &file->schema, &values, NULL, why);
    if (f == FAULT_NONE && !values) {
        values = calloc(1, sizeof(struct config)); // an empty file: all defaults
        f = values ? FAULT_NONE : FAULT_MEMORY;
    }
    file->values = values;
    f = f ? f : check_names(file->values, path, why);
    f = f ? f : resolve_all(file, why);
    if (f) {
        config_close(file);
        return f;
    }
    *out = file;
    return FAULT_NONE;
}

void config_close(struct config_file *file)
{
    if (file) {
        yaml_unload(&file->schema, file->values, 0);
        free(file);
    }
}

const struct config *config_values(const struct config_file *file)
{
    return file->values;
}

const char *config_state_folder(const struct config_file *file)
{
    return file->state;
}

const char *config_store_path(const struct config_file *file)
{
    return file->store;
}

const char *config_key_path(const struct config_file *file)
{
    return file->key;
}

const char *config_console_url(const struct config_file *file)
{
    return file->url;
}

const char *config_listen(const struct config_file *file)
{
    const struct config_console *console = file->values->console;
    return console && console->listen ? console->listen : "127.0.0.1";
}

uint16_t config_port(const struct config_file *file)
{
    const struct config_console *console = file->values->console;
    return console && console->port ? console->port : DEFAULT_PORT;
}

uint32_t config_case_days(const struct config_file *file)
{
    const struct config_store *store = file->values->store;
    return store && store->case_days ? store->case_days : DEFAULT_CASE_DAYS;
}

uint32_t config_seen_days(const struct config_file *file)
{
    const struct config_store *store = file->values->store;
    return store && store->seen_days ? store->seen_days : DEFAULT_SEEN_DAYS;
}

const struct config_channel *config_channel(const struct config *c, const char *adapter,
                                            struct slice id)
{
    for (unsigned i = 0; i < c->channels_count; i++) {
        if (strcmp(c->channels[i].adapter, adapter) == 0 &&
            slice_is(id, c->channels[i].id)) {
            return &c->channels[i];
        }
    }
    return NULL;
}

static enum author_role one_role(const struct config *c, const char *adapter,
                                 struct slice role)
{
    for (unsigned i = 0; i < c->roles_count; i++) {
        if (strcmp(c->roles[i].adapter, adapter) == 0 &&
            slice_is(role, c->roles[i].role)) {
            return c->roles[i].is;
        }
    }
    enum author_role named = AUTHOR_UNKNOWN;
    author_role_parse(role, &named);
    return named;
}

enum author_role config_role(const struct config *c, const char *adapter,
                             const struct slice *roles, size_t count)
{
    static const int trust[AUTHOR_ROLE_COUNT] = {[AUTHOR_UNKNOWN] = 0,
                                                 [AUTHOR_PUPIL] = 1,
                                                 [AUTHOR_PARENT] = 2,
                                                 [AUTHOR_GOVERNOR] = 3,
                                                 [AUTHOR_STAFF] = 4};
    enum author_role best = AUTHOR_UNKNOWN;
    for (size_t i = 0; i < count; i++) {
        enum author_role role = one_role(c, adapter, roles[i]);
        best = trust[role] > trust[best] ? role : best;
    }
    return best;
}

struct school_profile config_profile(const struct config_file *file)
{
    const struct config_school *school = file->values->school;
    if (!school) {
        return (struct school_profile){0};
    }
    return (struct school_profile){
        .name = school->name,
        .aliases = (const char *const *)school->aliases,
        .alias_count = school->aliases_count,
        .roster_path = file->roster[0] ? file->roster : NULL,
        .public_contacts = (const char *const *)school->public_contacts,
        .public_contact_count = school->public_contacts_count,
        .minimum_age = school->minimum_age};
}
