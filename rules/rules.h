/* SPDX-License-Identifier: MIT
 *
 * rules.h - the judge: a message in, a verdict out, microseconds, no I/O beyond loading.
 *
 *   ruleset_load()   lexicons, rules, model          one generation, shared, read only
 *   policy_load()    a school's pack                 one generation, shared, read only
 *   judge_create()   scratch memory and history      one a thread
 *   judge_message()  the pure function               (ruleset, policy, message, history)
 *
 * Thread  a ruleset and a policy may be shared by threads; a judge belongs to one.
 */
#ifndef HM_RULES_RULES_H
#define HM_RULES_RULES_H

#include "bot/base/text.h"
#include "rules/verdict.h"

struct ruleset;
struct policy;
struct judge;

// What the judge knows of the school itself. All strings are lent for the call.
struct school_profile {
    const char *name;           // NULL: no particular school
    const char *const *aliases; // other names of the school, the trust, the council
    size_t alias_count;
    const char
        *roster_path; // CSV: name, role (staff|pupil|parent), aliases...; NULL: none
    const char *const *public_contacts; // numbers, addresses, domains that are public
    size_t public_contact_count;
    uint32_t minimum_age; // of the platform; 0 means 13
};

struct ruleset_options {
    const char *data_folder;  // holds lexicon/, detectors/, model/; NULL: paths_data()
    const char *cache_folder; // for the compiled pattern database; NULL: paths_cache()
    const struct school_profile *school; // NULL: no particular school
    bool rules_only;                     // the classifier keeps silent
    void (*progress)(const char *what, unsigned percent, void *ctx); // may be NULL
    void *progress_ctx;
};

// INPUT and ABSENT name file and line. The caller owns one reference.
MUST_USE enum fault ruleset_load(struct ruleset **out,
                                 const struct ruleset_options *options,
                                 struct why *why);
struct ruleset *ruleset_ref(struct ruleset *rs);
void ruleset_unref(struct ruleset *rs); // NULL is fine

// name is a shipped pack ("default", "libra-school") or a path to a pack file.
MUST_USE enum fault policy_load(struct policy **out, const char *name,
                                const char *data_folder, struct why *why);
struct policy *policy_ref(struct policy *p);
void policy_unref(struct policy *p); // NULL is fine
struct slice policy_id(const struct policy *p);

struct judge_message {
    struct slice text; // any bytes; malformed UTF-8 is judged with U+FFFD in its place
    enum author_role author_role;
    enum audience audience;
    struct slice channel_id; // opaque; empty: history is not used
    struct slice author_id;  // opaque; empty: unknown
    struct slice
        author_name;     // as shown; only to recognise self-reference; may be empty
    uint64_t at_unix_ms; // the platform's time; 0: unknown
    const struct slice *attachments; // MIME types
    size_t attachment_count;
    const struct slice *context; // texts of earlier messages, oldest first
    size_t context_count;
    uint32_t
        mention_count; // people, roles or everyone addressed by the platform's means
    bool is_edit;      // history is not counted a second time
};

// Takes its own reference to rs. history_channels bounds the remembered channels.
MUST_USE enum fault judge_create(struct judge **out, struct ruleset *rs,
                                 size_t history_channels, struct why *why);
void judge_destroy(struct judge *j);
// Swaps in a new generation; history stays.
void judge_set_ruleset(struct judge *j, struct ruleset *rs);
// The reader (rules/reader) costs about a hundred times what the rest does. Of so many
// pieces of words a second, by the messages' times, or of as many as this processor keeps
// up with, a quarter of a second's worth is saved up: while half of that is there, every
// message is read; below, those that the classifier suspects; when it is used up, none.
// 0, at first: no bound.
void judge_bound_reader(struct judge *j, uint32_t pieces_per_s);
// Some hundred messages a second: a twentieth of one core.
enum { READER_PIECES_PER_S = 2000 };
// Messages that the reader has read.
uint64_t judge_read_count(const struct judge *j);
// policy NULL: the taxonomy's defaults. *out is valid until the next call on j.
// MEMORY or LIMIT leave *out an allow verdict and must be handled by the caller as
// "could not be judged".
MUST_USE enum fault judge_message(struct judge *j, const struct policy *policy,
                                  const struct judge_message *m, struct verdict *out);
// Bytes to keep with the store so that a restart remembers recent messages' features.
// Holds no message text, only hashes, counts and times.
MUST_USE enum fault judge_history_save(const struct judge *j, struct text *out);
MUST_USE enum fault judge_history_load(struct judge *j, struct slice saved,
                                       struct why *why);

#endif
