/* SPDX-License-Identifier: MIT
 *
 * sqlite_db.h - the embedded database behind backend.h, and the helpers its parts share.
 *
 * Shape   sqlite_db.c opens, migrates, locks and runs transactions; sqlite_record.c,
 *         sqlite_case.c, sqlite_task.c and sqlite_misc.c carry out one kind of request
 *         each; sqlite_audit.c keeps the chain; sqlite_checkpoint.c empties the log.
 */
#ifndef HM_STORE_SQLITE_DB_H
#define HM_STORE_SQLITE_DB_H

#include <sqlite3.h>

#include "bot/store/backend.h"
#include "bot/store/sqlite/sqlite_checkpoint.h"

enum { STATEMENTS = 64 };

struct backend {
    sqlite3 *db;
    struct checkpointer *checkpointer; // NULL: commits do it themselves
    const struct seal_key *key;
    int lock_fd; // -1: none held
    int64_t data_version;
    struct {
        const char *sql; // by address: every caller passes a string literal
        sqlite3_stmt *stmt;
    } statements[STATEMENTS];
    unsigned statement_count;
    // The audit chain's end, read at the first append of a transaction.
    bool head_known;
    uint64_t head_seq;
    unsigned char head_hash[SEAL_CHAIN_BYTES];
};

// One step of a statement with its values bound: 'i' int64_t, 't' struct slice * as text,
// 'b' struct slice * as blob, 'n' nothing (NULL); e.g. "itb". The statement is cached by
// sql's address and reset by db_done() or the next use.
struct row {
    sqlite3_stmt *stmt;
    int rc; // SQLITE_ROW, SQLITE_DONE or an error
};
struct row db_query(struct backend *b, const char *sql, const char *types, ...);
void db_next(struct row *row);
// Resets; turns the result code into a fault with the library's words.
enum fault db_done(struct backend *b, struct row *row, struct why *why);
// A statement that gives no rows.
enum fault db_exec(struct backend *b, struct why *why, const char *sql,
                   const char *types, ...);
enum fault db_fault(struct backend *b, int rc, struct why *why);

int64_t row_i64(const struct row *row, int column);
struct slice row_slice(const struct row *row, int column); // until the next step
struct slice row_copy(const struct row *row, int column, struct arena *a);

enum fault run_record(struct backend *b, struct store_request *r);
enum fault run_decide(struct backend *b, struct store_request *r);
enum fault run_outcome(struct backend *b, struct store_request *r);
enum fault run_due(struct backend *b, struct store_request *r);
enum fault run_task(struct backend *b, struct store_request *r);
enum fault run_cases(struct backend *b, struct store_request *r);
enum fault run_one(struct backend *b, struct store_request *r);
enum fault run_purge(struct backend *b, struct store_request *r);
enum fault run_cursor(struct backend *b, struct store_request *r);
enum fault run_cursors(struct backend *b, struct store_request *r);
enum fault run_history(struct backend *b, struct store_request *r);
enum fault run_note(struct backend *b, struct store_request *r);
enum fault run_numbers(struct backend *b, struct store_request *r);

// Loads one case with its evidence unsealed; ABSENT when there is none.
enum fault case_load(struct backend *b, uint64_t id, struct arena *a,
                     struct store_case **out, struct why *why);
enum fault task_insert(struct backend *b, const struct store_task *task,
                       uint64_t now_ms, struct why *why);
enum fault count_add(struct backend *b, uint64_t now_ms, const char *name, int64_t by,
                     struct why *why);

// Appends one entry to the chain. detail never holds message text or names.
enum fault audit_append(struct backend *b, uint64_t now_ms, struct slice actor,
                        const char *what, uint64_t case_id, struct slice detail,
                        struct why *why);
// Before commit: signs the new end of the chain.
enum fault audit_sign(struct backend *b, struct why *why);

#endif
