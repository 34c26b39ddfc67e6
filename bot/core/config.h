/* SPDX-License-Identifier: MIT
 *
 * config.h - school.yaml: one snapshot of what the school set, checked as a whole.
 *
 * The schema tables in config.c are the single place for a setting; each platform brings
 * its own part (adapter_ops.conf_fields). Paths in the file are relative to the file.
 */
#ifndef HM_CORE_CONFIG_H
#define HM_CORE_CONFIG_H

#include "adapters/adapter.h"
#include "bot/base/log.h"
#include "rules/rules.h"

enum { PLATFORMS_MOST = 8 };

// Every platform that is built in; NULL at the end.
const struct adapter_ops *const *platforms_all(void);

struct config_school {
    char *name;
    char **aliases;
    unsigned aliases_count;
    char *roster;
    char **public_contacts;
    unsigned public_contacts_count;
    unsigned minimum_age;
};

struct config_store {
    char *path;         // default: store.db in the state folder
    char *key;          // default: evidence.key in the state folder
    unsigned case_days; // how long cases are kept where the policy says nothing
    unsigned seen_days; // how long a judged message is known again
};

struct config_console {
    char *listen;  // address; default 127.0.0.1
    uint16_t port; // 0: default 8470
    char *url;     // as browsers reach it; default http://LISTEN:PORT
};

struct config_log {
    enum log_level level;
    enum log_format format;
};

struct config_channel {
    char *adapter;
    char *id;
    enum audience audience;
    char *policy; // NULL: the school's
    bool ignore;  // not judged at all
};

struct config_role {
    char *adapter;
    char *role; // the platform's id or name
    enum author_role is;
};

struct config {
    struct config_school *school;
    char *policy; // pack name or path
    char *state;  // folder for what the program writes
    struct config_store *store;
    struct config_console *console;
    struct config_log *log;
    struct config_channel *channels;
    unsigned channels_count;
    struct config_role *roles;
    unsigned roles_count;
    void *platforms[PLATFORMS_MOST]; // by index in platforms_all(); NULL: not used
};

struct config_file; // owns a struct config and what it was loaded with

// INPUT: file, line, path and what to write instead.
MUST_USE enum fault config_load(struct config_file **out, const char *path,
                                struct why *why);
void config_close(struct config_file *file); // NULL is fine
const struct config *config_values(const struct config_file *file);

// Paths as the program uses them, resolved against the file's folder.
const char *config_state_folder(const struct config_file *file);
const char *config_store_path(const struct config_file *file);
const char *config_key_path(const struct config_file *file);
const char *config_console_url(const struct config_file *file);
const char *config_listen(const struct config_file *file);
uint16_t config_port(const struct config_file *file);
uint32_t config_case_days(const struct config_file *file);
uint32_t config_seen_days(const struct config_file *file);

// NULL when the file says nothing about it.
const struct config_channel *config_channel(const struct config *c, const char *adapter,
                                            struct slice id);
// The most trusted of the roles: what the file maps, else a role that is literally named
// "pupil", "parent", "staff" or "governor", else unknown.
enum author_role config_role(const struct config *c, const char *adapter,
                             const struct slice *roles, size_t count);
// Fills what the judge wants to know; points into c.
struct school_profile config_profile(const struct config_file *file);

#endif
