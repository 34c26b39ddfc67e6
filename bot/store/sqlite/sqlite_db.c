// SPDX-License-Identifier: MIT
#include "bot/store/sqlite/sqlite_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bot/base/paths.h"
#include "bot/store/migrations.h"

enum { APPLICATION_ID = 0x484d6f6e }; // "HMon"

enum fault db_fault(struct backend *b, int rc, struct why *why)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return FAULT_NONE;
    case SQLITE_NOMEM:
        return fault_say(why, FAULT_MEMORY, "store: out of memory");
    case SQLITE_FULL:
        return fault_say(why, FAULT_STORE, "the disk with the case store is full");
    case SQLITE_READONLY:
        return fault_say(why, FAULT_STORE,
                         "the case store cannot be written (read only)");
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
        return fault_say(why, FAULT_STORE, "case store: %s", sqlite3_errmsg(b->db));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fault_say(why, FAULT_STORE, "the case store is damaged: %s",
                         sqlite3_errmsg(b->db));
    default:
        return fault_say(why, FAULT_INPUT, "case store: %s", sqlite3_errmsg(b->db));
    }
}

static sqlite3_stmt *statement(struct backend *b, const char *sql, int *rc)
{
    for (unsigned i = 0; i < b->statement_count; i++) {
        if (b->statements[i].sql == sql) {
            sqlite3_reset(b->statements[i].stmt);
            return b->statements[i].stmt;
        }
    }
    sqlite3_stmt *stmt = NULL;
    *rc = sqlite3_prepare_v3(b->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (*rc != SQLITE_OK) {
        return NULL;
    }
    if (b->statement_count == STATEMENTS) { // cannot happen: there are fewer literals
        sqlite3_finalize(b->statements[--b->statement_count].stmt);
    }
    b->statements[b->statement_count].sql = sql;
    b->statements[b->statement_count++].stmt = stmt;
    return stmt;
}

static int bind_slice(sqlite3_stmt *stmt, int at, const struct slice *s, bool text)
{
    const char *ptr = s->ptr ? s->ptr : "";
    int len = s->len > INT32_MAX ? INT32_MAX : (int)s->len;
    return text ? sqlite3_bind_text(stmt, at, ptr, len, SQLITE_STATIC)
                : sqlite3_bind_blob(stmt, at, ptr, len, SQLITE_STATIC);
}

static int bind_all(sqlite3_stmt *stmt, const char *types, va_list args)
{
    int rc = SQLITE_OK;
    for (int at = 1; *types && rc == SQLITE_OK; types++, at++) {
        switch (*types) {
        case 'i':
            rc = sqlite3_bind_int64(stmt, at, va_arg(args, int64_t));
            break;
        case 't':
            rc = bind_slice(stmt, at, va_arg(args, const struct slice *), true);
            break;
        case 'b':
            rc = bind_slice(stmt, at, va_arg(args, const struct slice *), false);
            break;
        default:
            rc = sqlite3_bind_null(stmt, at);
            break;
        }
    }
    return rc;
}

static struct row start(struct backend *b, const char *sql, const char *types,
                        va_list args)
{
    struct row row = {.rc = SQLITE_OK};
    row.stmt = statement(b, sql, &row.rc);
    if (row.stmt) {
        row.rc = bind_all(row.stmt, types, args);
    }
    if (row.rc == SQLITE_OK) {
        row.rc = sqlite3_step(row.stmt);
    }
    return row;
}

struct row db_query(struct backend *b, const char *sql, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    struct row row = start(b, sql, types, args);
    va_end(args);
    return row;
}

void db_next(struct row *row)
{
    row->rc = sqlite3_step(row->stmt);
}

enum fault db_done(struct backend *b, struct row *row, struct why *why)
{
    enum fault f = db_fault(b, row->rc, why);
    if (row->stmt) {
        sqlite3_reset(row->stmt);
        sqlite3_clear_bindings(row->stmt);
    }
    return f;
}

enum fault db_exec(struct backend *b, struct why *why, const char *sql,
                   const char *types, ...)
{
    va_list args;
    va_start(args, types);
    struct row row = start(b, sql, types, args);
    va_end(args);
    return db_done(b, &row, why);
}

int64_t row_i64(const struct row *row, int column)
{
    return sqlite3_column_int64(row->stmt, column);
}

struct slice row_slice(const struct row *row, int column)
{
    const char *ptr = sqlite3_column_blob(row->stmt, column);
    int len = sqlite3_column_bytes(row->stmt, column);
    return slice_make(ptr, ptr ? (size_t)len : 0);
}

struct slice row_copy(const struct row *row, int column, struct arena *a)
{
    return arena_copy(a, row_slice(row, column));
}

static enum fault pragma(struct backend *b, const char *sql, struct why *why)
{
    return db_fault(b, sqlite3_exec(b->db, sql, NULL, NULL, NULL), why);
}

static int64_t pragma_i64(struct backend *b, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(b->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        value = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_finalize(stmt);
    return value;
}

static enum fault migrate(struct backend *b, const char *path, struct why *why)
{
    int64_t have = pragma_i64(b, "PRAGMA user_version");
    int64_t app = pragma_i64(b, "PRAGMA application_id");
    if (have < 0) {
        return fault_say(
            why, FAULT_STORE,
            "%s: damaged or not a case store (%s); put it aside and restore a "
            "backup",
            path, sqlite3_errmsg(b->db));
    }
    if (have > 0 && app != APPLICATION_ID) {
        return fault_say(why, FAULT_STORE, "%s: is another program's database", path);
    }
    if (have > (int64_t)migration_count) {
        return fault_say(why, FAULT_STORE,
                         "%s: was written by a newer hallmonitor; run that one", path);
    }
    for (size_t i = (size_t)have; i < migration_count; i++) {
        char stamp[96];
        snprintf(stamp, sizeof(stamp),
                 "PRAGMA application_id = %d; PRAGMA user_version = %zu",
                 APPLICATION_ID, i + 1);
        enum fault f = pragma(b, "BEGIN IMMEDIATE", why);
        f = f ? f : pragma(b, migrations[i], why);
        f = f ? f : pragma(b, stamp, why);
        f = f ? f : pragma(b, "COMMIT", why);
        if (f) {
            sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
            return f;
        }
    }
    return FAULT_NONE;
}

// The key must be the one that the store was made with.
static enum fault check_key(struct backend *b, const struct store_options *options,
                            struct why *why)
{
    static const struct slice known = {"hallmonitor", 11};
    struct row row = db_query(b, "SELECT value FROM meta WHERE key = 'key_check'", "");
    enum fault f = FAULT_NONE;
    if (row.rc == SQLITE_ROW) {
        struct text plain;
        text_init(&plain, 64);
        if (unseal_bytes(b->key, "key_check", row_slice(&row, 0), &plain)) {
            f = fault_say(
                why, FAULT_DENIED,
                "%s: is not the key of the case store %s; put the right key file "
                "back (without it the evidence cannot be read)",
                options->key_path, options->path);
        }
        text_finish(&plain);
        db_done(b, &row, NULL);
        return f;
    }
    f = db_done(b, &row, why);
    if (f) {
        return f;
    }
    struct text sealed;
    text_init(&sealed, 256);
    f = seal_bytes(b->key, "key_check", known, &sealed);
    if (f == FAULT_NONE) {
        struct slice blob = text_slice(&sealed);
        f = db_exec(b, why, "INSERT INTO meta (key, value) VALUES ('key_check', ?)",
                    "b", &blob);
    }
    text_finish(&sealed);
    return f;
}

static enum fault take_lock(struct backend *b, const char *path, struct why *why)
{
    char lock[PATH_BYTES];
    if (snprintf(lock, sizeof(lock), "%s.lock", path) >= PATH_BYTES) {
        return fault_say(why, FAULT_LIMIT, "%s: path too long", path);
    }
    b->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (b->lock_fd < 0) {
        return fault_say(why, FAULT_STORE, "%s: %s", lock, strerror(errno));
    }
    if (flock(b->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        char holder[24] = "?";
        ssize_t n = pread(b->lock_fd, holder, sizeof(holder) - 1, 0);
        holder[n > 0 ? n : 1] = '\0';
        return fault_say(
            why, FAULT_DENIED,
            "%s: another hallmonitor (process %.*s) runs on this store; stop it "
            "first",
            path, (int)strcspn(holder, "\n"), holder);
    }
    char self[24];
    int n = snprintf(self, sizeof(self), "%ld\n", (long)getpid());
    if (ftruncate(b->lock_fd, 0) != 0 || pwrite(b->lock_fd, self, (size_t)n, 0) != n) {
        // Only a courtesy to the person who starts a second one; the lock itself holds.
        errno = 0;
    }
    return FAULT_NONE;
}

static enum fault open_database(struct backend *b, const struct store_options *options,
                                struct why *why)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (options->create ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(options->path, &b->db, flags, NULL) != SQLITE_OK) {
        return fault_say(why, options->create ? FAULT_STORE : FAULT_ABSENT, "%s: %s",
                         options->path,
                         b->db ? sqlite3_errmsg(b->db) : "out of memory");
    }
    sqlite3_busy_timeout(b->db, 5000);
    if (sqlite3_db_readonly(b->db, "main") == 1) {
        return fault_say(
            why, FAULT_STORE,
            "%s: cannot be written; make the file and its folder writable for "
            "this user",
            options->path);
    }
    enum fault f = migrate(b, options->path, why);
    // WAL and FULL: a commit is on the disk before done() runs.
    f = f ? f
          : pragma(b,
                   "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                   "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
                   "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;"
                   "PRAGMA wal_autocheckpoint = 2000; PRAGMA trusted_schema = OFF",
                   why);
    return f;
}

static enum fault check_whole(struct backend *b, const char *path, struct why *why)
{
    struct row row = db_query(b, "PRAGMA quick_check(1)", "");
    enum fault f = FAULT_NONE;
    if (row.rc == SQLITE_ROW && !slice_is(row_slice(&row, 0), "ok")) {
        f = fault_say(why, FAULT_STORE,
                      "%s: damaged (%.*s); put it aside and restore a backup", path,
                      SLICE_ARG(row_slice(&row, 0)));
    } else if (row.rc != SQLITE_ROW) {
        f = fault_say(why, FAULT_STORE,
                      "%s: damaged (%s); put it aside and restore a backup", path,
                      sqlite3_errmsg(b->db));
    }
    db_done(b, &row, NULL);
    return f;
}

enum fault backend_open(struct backend **out, const struct store_options *options,
                        const struct seal_key *key, struct why *why)
{
    struct backend *b = calloc(1, sizeof(*b));
    if (!b) {
        return FAULT_MEMORY;
    }
    b->key = key;
    b->lock_fd = -1;
    enum fault f = options->daemon ? take_lock(b, options->path, why) : FAULT_NONE;
    f = f ? f : open_database(b, options, why);
    f = f || !options->daemon ? f : check_whole(b, options->path, why);
    f = f ? f : check_key(b, options, why);
    if (!f && options->daemon) {
        f = checkpointer_start(&b->checkpointer, b->db, options->path, why);
    }
    if (f) {
        backend_close(b);
        return f;
    }
    b->data_version = pragma_i64(b, "PRAGMA data_version");
    *out = b;
    return FAULT_NONE;
}

void backend_close(struct backend *b)
{
    if (!b) {
        return;
    }
    for (unsigned i = 0; i < b->statement_count; i++) {
        sqlite3_finalize(b->statements[i].stmt);
    }
    checkpointer_stop(b->checkpointer);
    sqlite3_close(b->db); // the last one out empties the log
    if (b->lock_fd >= 0) {
        close(b->lock_fd);
    }
    free(b);
}

enum fault backend_begin(struct backend *b, struct why *why)
{
    b->head_known = false;
    checkpointer_settle(b->checkpointer);
    return db_exec(b, why, "BEGIN IMMEDIATE", "");
}

enum fault backend_commit(struct backend *b, struct why *why)
{
    enum fault f = audit_sign(b, why);
    return f ? f : db_exec(b, why, "COMMIT", "");
}

void backend_rollback(struct backend *b)
{
    if (!sqlite3_get_autocommit(b->db)) {
        sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
    }
    b->head_known = false;
}

static enum fault run_audit(struct backend *b, struct store_request *r)
{
    char *what = slice_dup(r->audit.what);
    enum fault f = what ? audit_append(b, r->now_ms, r->audit.actor, what, 0,
                                       r->audit.detail, &r->why)
                        : FAULT_MEMORY;
    free(what);
    return f;
}

enum fault backend_run(struct backend *b, struct store_request *r)
{
    static enum fault (*const runs[])(struct backend *, struct store_request *) = {
        [STORE_RECORD] = run_record,   [STORE_CURSOR] = run_cursor,
        [STORE_DECIDE] = run_decide,   [STORE_OUTCOME] = run_outcome,
        [STORE_DUE] = run_due,         [STORE_TASK] = run_task,
        [STORE_CASES] = run_cases,     [STORE_CASE] = run_one,
        [STORE_PURGE] = run_purge,     [STORE_HISTORY] = run_history,
        [STORE_NOTE] = run_note,       [STORE_AUDIT] = run_audit,
        [STORE_NUMBERS] = run_numbers, [STORE_CURSORS] = run_cursors,
    };
    bool guarded =
        r->kind != STORE_CURSOR && !(r->kind == STORE_RECORD && !r->record.the_case);
    enum fault f = guarded ? db_exec(b, &r->why, "SAVEPOINT one", "") : FAULT_NONE;
    if (f) {
        return f;
    }
    uint64_t seq = b->head_seq;
    bool known = b->head_known;
    unsigned char hash[SEAL_CHAIN_BYTES];
    memcpy(hash, b->head_hash, sizeof(hash));
    f = runs[r->kind](b, r);
    if (!guarded) {
        return f;
    }
    if (f && f != FAULT_STORE) {
        // The chain's end in memory goes back with the rows.
        b->head_seq = seq;
        b->head_known = known;
        memcpy(b->head_hash, hash, sizeof(hash));
        enum fault undone = db_exec(b, &r->why, "ROLLBACK TO one", "");
        undone = undone ? undone : db_exec(b, &r->why, "RELEASE one", "");
        return undone ? FAULT_STORE : f;
    }
    return f ? f : db_exec(b, &r->why, "RELEASE one", "");
}

bool backend_changed(struct backend *b)
{
    int64_t now = pragma_i64(b, "PRAGMA data_version");
    bool changed = now >= 0 && now != b->data_version;
    b->data_version = now >= 0 ? now : b->data_version;
    return changed;
}

uint64_t backend_last_case_id(struct backend *b)
{
    // Purged cases' numbers are not used again: the chain remembers the highest.
    int64_t id = pragma_i64(b, "SELECT max(coalesce((SELECT max(id) FROM cases), 0),"
                               " coalesce((SELECT max(case_id) FROM audit), 0))");
    return id < 0 ? 0 : (uint64_t)id;
}
