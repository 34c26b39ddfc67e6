/* SPDX-License-Identifier: MIT
 *
 * store.h - the case store: what is asked of it, on a thread of its own.
 *
 *   loop thread                     store thread
 *   store_submit(request) ────────► queue ─► one transaction for all that wait (group
 *        ▲                                   commit) ─► request->done() on the loop
 *        └───────────────────────────────────────────────┘
 *
 * Promises  Requests are carried out in the order in which they were submitted. done()
 *           runs once a request, after its transaction is durable. While the database
 *           cannot be written (disk full, read only) nothing is dropped or overtaken: the
 *           store says so through options.state, keeps the queue and tries again.
 * Owner     a request and all it points to belong to its own arena; the store frees it
 *           after done() returned.
 * Thread    all functions: the thread that opened the store.
 */
#ifndef HM_STORE_STORE_H
#define HM_STORE_STORE_H

#include <uv.h>

#include "adapters/adapter.h"
#include "bot/base/arena.h"
#include "bot/store/seal.h"
#include "rules/taxonomy.h"

struct store;

enum case_state { CASE_OPEN, CASE_UPHELD, CASE_RESTORED };
enum task_state { TASK_PENDING, TASK_DONE, TASK_FAILED };

const char *case_state_name(enum case_state s);
bool case_state_parse(struct slice name, enum case_state *out);
const char *task_state_name(enum task_state s);
const char *act_kind_name(enum act_kind k);
bool act_kind_parse(struct slice name, enum act_kind *out);
const char *decision_kind_name(enum decision_kind k);

struct store_finding {
    enum category category;
    enum target target;
    enum severity severity;
    uint8_t confidence;
    uint64_t start, end;
    struct slice rule, because;
    struct slice clauses; // JSON array of {"policy","clause"}
};

struct store_task {
    uint64_t id; // store_task_id()
    uint64_t case_id;
    enum act_kind kind;
    enum task_state state;
    uint32_t attempts;
    uint64_t next_ms;
    struct slice remote_id;
    struct slice fault; // how the last attempt failed, in words
    struct slice
        extra; // JSON object, sealed at rest: what the case itself does not say
};

struct store_case {
    uint64_t id;
    struct slice adapter, space, channel, thread, message_id, revision;
    struct slice author_id; // kept as a keyed hash only
    uint64_t posted_ms, created_ms;
    enum action_kind action;
    enum severity severity;
    enum target target;
    uint32_t monitoring;
    bool restricted;
    struct slice policy;
    struct slice routes; // JSON array of role names
    uint64_t purge_after_ms;
    struct slice evidence; // JSON object, sealed at rest: text, author, explanation …
    const struct store_finding *findings;
    size_t finding_count;

    // Only in answers.
    enum case_state state;
    bool escalated;
    bool hidden; // the platform confirmed
    struct slice claimed_by;
    uint64_t decided_ms;
    struct store_task *tasks;
    size_t task_count;
    struct slice history; // JSON array of {"at","actor","what"}; STORE_CASE only
};

struct store_cursor {
    struct slice adapter, key, value;
};

enum store_kind {
    STORE_RECORD, // a judged message revision, with a case and its tasks or without
    STORE_CURSOR,
    STORE_CURSORS, // all of them
    STORE_DECIDE,  // a person's decision and the tasks that follow
    STORE_OUTCOME, // how a task went
    STORE_DUE,     // pending tasks
    STORE_TASK,    // one task with its case
    STORE_CASES,   // a list
    STORE_CASE,    // one, whole
    STORE_PURGE,
    STORE_HISTORY, // the judge's memory
    STORE_NOTE,    // what the technician must know
    STORE_AUDIT,   // an event of the program itself
    STORE_NUMBERS, // counts for the console
};

struct store_request {
    enum store_kind kind;
    void (*done)(struct store_request *r); // NULL: nobody waits
    void *ctx;
    enum fault fault; // set before done
    struct why why;
    struct arena arena;
    struct store_request *next; // the store's

    uint64_t now_ms;
    struct slice adapter;
    union {
        struct {
            unsigned char seen[SEAL_HASH_BYTES];
            struct store_case *the_case; // NULL: allowed
            struct store_task *tasks;
            size_t task_count;
            bool duplicate; // out: this revision was known; nothing was written
        } record;
        struct {
            struct slice key, value;
        } cursor;
        struct {
            struct store_cursor *list; // out
            size_t count;
        } cursors;
        struct {
            uint64_t case_id;
            enum decision_kind kind;
            struct slice moderator, source;
            uint64_t task_ids[2]; // for the tasks that follow: restore, alert update
            struct store_task *tasks; // out
            size_t task_count;
            enum case_state state; // out
            struct slice in_words; // out: "restored by …"
        } decide;
        struct {
            struct store_task task; // id, state, attempts, next_ms, remote_id, fault
            bool hid;               // the message is out of sight now
            bool unhid;
        } outcome;
        struct {
            struct store_task *tasks; // out: id, case_id, kind, attempts, next_ms
            size_t task_count;
            uint64_t after_id; // only tasks with a larger id
        } due;
        struct {
            uint64_t task_id;
            struct store_task *task;     // out
            struct store_case *the_case; // out
        } task;
        struct {
            bool any_state;
            enum case_state state;
            bool with_restricted;
            uint64_t before_id; // 0: from the newest
            size_t limit;
            struct store_case *cases; // out, newest first; evidence unsealed
            size_t case_count;
        } cases;
        struct {
            uint64_t case_id;
            struct store_case *the_case; // out
        } one;
        struct {
            uint64_t seen_before_ms;
            uint64_t cases_purged; // out
        } purge;
        struct {
            bool load;
            struct slice bytes; // in or out
        } history;
        struct {
            struct slice key, sentence;
        } note;
        struct {
            struct slice actor, what, detail;
        } audit;
        struct {
            struct slice json; // out: open cases, pending tasks, notes, today's counts
        } numbers;
    };
};

enum store_state { STORE_GOOD, STORE_FAILING };

struct store_options {
    const char *path;     // the database file
    const char *key_path; // the evidence key
    bool create;          // make both when absent
    bool daemon;          // hold the lock that keeps a second daemon out
    const struct clock *clock;
    // On the loop: the database cannot be written (why says so), or can again.
    void (*state)(void *ctx, enum store_state now, const struct why *why);
    // On the loop: somebody else (a command line) wrote to the database.
    void (*changed)(void *ctx);
    void *ctx;
};

// DENIED: wrong key, no permission, or another daemon runs on it. STORE: damaged or not
// ours; why says what to do.
MUST_USE enum fault store_open(struct store **out, const struct store_options *options,
                               struct why *why);
// Starts the thread. Before it only store_run() works, after it only store_submit().
MUST_USE enum fault store_start(struct store *s, uv_loop_t *loop, struct why *why);
// Waits for the queue, at most patience_ms; then frees. Requests left over get
// FAULT_CANCELLED. NULL is fine.
void store_close(struct store *s, unsigned patience_ms);

// NULL when memory is out.
struct store_request *store_request_create(enum store_kind kind);
void store_request_destroy(struct store_request *r); // only if never submitted
void store_submit(struct store *s, struct store_request *r);
// Before store_start(): carries r out at once, in a transaction of its own. The caller frees r.
void store_run(struct store *s, struct store_request *r);
// Requests submitted and not yet durable.
size_t store_waiting(const struct store *s);

// The next case id; only the daemon makes cases.
uint64_t store_case_id(struct store *s);
// A fresh task id: larger than all before it, unique over restarts and processes.
uint64_t store_task_id(struct store *s);
const struct seal_key *store_key(const struct store *s);

// Walks the whole audit chain. INPUT: *bad_seq is the first entry that does not fit.
MUST_USE enum fault store_audit_verify(struct store *s, uint64_t *entries,
                                       uint64_t *bad_seq, struct why *why);

#endif
