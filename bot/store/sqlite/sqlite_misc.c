// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "bot/store/sqlite/sqlite_db.h"

enum fault run_cursor(struct backend *b, struct store_request *r)
{
    return db_exec(
        b, &r->why,
        "INSERT INTO cursors (adapter, key, value, at_ms) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (adapter, key) DO UPDATE SET value = excluded.value,"
        " at_ms = excluded.at_ms",
        "ttbi", &r->adapter, &r->cursor.key, &r->cursor.value, (int64_t)r->now_ms);
}

enum fault run_cursors(struct backend *b, struct store_request *r)
{
    enum { MOST = 20000 };
    r->cursors.list = arena_zalloc(&r->arena, MOST, sizeof(*r->cursors.list));
    if (!r->cursors.list) {
        return FAULT_MEMORY;
    }
    struct row row = db_query(
        b, "SELECT adapter, key, value FROM cursors ORDER BY at_ms DESC LIMIT 20000",
        "");
    for (; row.rc == SQLITE_ROW && r->cursors.count < MOST; db_next(&row)) {
        r->cursors.list[r->cursors.count++] =
            (struct store_cursor){.adapter = row_copy(&row, 0, &r->arena),
                                  .key = row_copy(&row, 1, &r->arena),
                                  .value = row_copy(&row, 2, &r->arena)};
    }
    return db_done(b, &row, &r->why);
}

static enum fault purge_case(struct backend *b, struct store_request *r, int64_t id)
{
    enum fault f = db_exec(b, &r->why, "DELETE FROM cases WHERE id = ?", "i", id);
    return f ? f
             : audit_append(b, r->now_ms, SLICE("retention"), "case purged",
                            (uint64_t)id, SLICE(""), &r->why);
}

enum fault run_purge(struct backend *b, struct store_request *r)
{
    enum { MOST = 500 };
    int64_t ids[MOST];
    size_t n = 0;
    struct row row =
        db_query(b,
                 "SELECT id FROM cases WHERE purge_after_ms < ? AND NOT EXISTS"
                 " (SELECT 1 FROM outbox WHERE case_id = cases.id"
                 "  AND outbox.state = 'pending') LIMIT 500",
                 "i", (int64_t)r->now_ms);
    for (; row.rc == SQLITE_ROW && n < MOST; db_next(&row)) {
        ids[n++] = row_i64(&row, 0);
    }
    enum fault f = db_done(b, &row, &r->why);
    for (size_t i = 0; f == FAULT_NONE && i < n; i++) {
        f = purge_case(b, r, ids[i]);
    }
    r->purge.cases_purged = n;
    return f ? f
             : db_exec(b, &r->why,
                       "DELETE FROM seen WHERE hash IN"
                       " (SELECT hash FROM seen WHERE at_ms < ? LIMIT 20000)",
                       "i", (int64_t)r->purge.seen_before_ms);
}

enum fault run_history(struct backend *b, struct store_request *r)
{
    if (!r->history.load) {
        return db_exec(b, &r->why,
                       "INSERT INTO meta (key, value) VALUES ('history', ?)"
                       " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                       "b", &r->history.bytes);
    }
    struct row row = db_query(b, "SELECT value FROM meta WHERE key = 'history'", "");
    if (row.rc == SQLITE_ROW) {
        r->history.bytes = row_copy(&row, 0, &r->arena);
    }
    return db_done(b, &row, &r->why);
}

enum fault run_note(struct backend *b, struct store_request *r)
{
    return db_exec(
        b, &r->why,
        "INSERT INTO notes (adapter, key, sentence, at_ms) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (adapter, key) DO UPDATE SET sentence = excluded.sentence",
        "ttti", &r->adapter, &r->note.key, &r->note.sentence, (int64_t)r->now_ms);
}

static enum fault add_count(struct backend *b, struct text *json, const char *name,
                            const char *sql, struct why *why)
{
    struct row row = db_query(b, sql, "");
    if (row.rc == SQLITE_ROW) {
        text_add_format(json, "%s\"%s\":%lld", json->len > 1 ? "," : "", name,
                        (long long)row_i64(&row, 0));
    }
    return db_done(b, &row, why);
}

static enum fault add_today(struct backend *b, struct text *json, uint64_t now_ms,
                            struct why *why)
{
    char at[CLOCK_TEXT_BYTES];
    clock_text(now_ms, at);
    struct slice day = slice_make(at, 10);
    text_add_str(json, ",\"today\":{");
    struct row row = db_query(
        b, "SELECT name, value FROM counters WHERE day = ? ORDER BY name", "t", &day);
    for (bool first = true; row.rc == SQLITE_ROW; db_next(&row), first = false) {
        text_add_str(json, first ? "" : ",");
        text_add_json(json, row_slice(&row, 0));
        text_add_format(json, ":%lld", (long long)row_i64(&row, 1));
    }
    text_add_char(json, '}');
    return db_done(b, &row, why);
}

static enum fault add_notes(struct backend *b, struct text *json, struct why *why)
{
    text_add_str(json, ",\"notes\":[");
    struct row row = db_query(
        b, "SELECT adapter, sentence FROM notes ORDER BY at_ms DESC LIMIT 50", "");
    for (bool first = true; row.rc == SQLITE_ROW; db_next(&row), first = false) {
        text_add_str(json, first ? "{\"adapter\":" : ",{\"adapter\":");
        text_add_json(json, row_slice(&row, 0));
        text_add_str(json, ",\"sentence\":");
        text_add_json(json, row_slice(&row, 1));
        text_add_char(json, '}');
    }
    text_add_char(json, ']');
    return db_done(b, &row, why);
}

enum fault run_numbers(struct backend *b, struct store_request *r)
{
    static const struct {
        const char *name, *sql;
    } counts[] = {
        {"open", "SELECT count(*) FROM cases WHERE state = 'open'"},
        {"upheld", "SELECT count(*) FROM cases WHERE state = 'upheld'"},
        {"restored", "SELECT count(*) FROM cases WHERE state = 'restored'"},
        {"pending_tasks", "SELECT count(*) FROM outbox WHERE state = 'pending'"},
        {"failed_tasks", "SELECT count(*) FROM outbox WHERE state = 'failed'"},
    };
    struct text json;
    text_init(&json, 1 << 20);
    text_add_char(&json, '{');
    enum fault f = FAULT_NONE;
    for (size_t i = 0; f == FAULT_NONE && i < sizeof(counts) / sizeof(counts[0]); i++) {
        f = add_count(b, &json, counts[i].name, counts[i].sql, &r->why);
    }
    f = f ? f : add_today(b, &json, r->now_ms, &r->why);
    f = f ? f : add_notes(b, &json, &r->why);
    text_add_char(&json, '}');
    if (f == FAULT_NONE) {
        r->numbers.json = arena_copy(&r->arena, text_slice(&json));
        f = r->numbers.json.ptr && !text_failed(&json) ? FAULT_NONE : FAULT_MEMORY;
    }
    text_finish(&json);
    return f;
}
