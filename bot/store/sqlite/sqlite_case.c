// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "bot/store/sqlite/sqlite_db.h"

#define CASE_COLUMNS                                                                   \
    "c.id, c.adapter, c.space, c.channel, c.thread, c.message_id, c.revision,"         \
    " c.posted_ms, c.created_ms, c.action, c.severity, c.target, c.monitoring,"        \
    " c.restricted, c.policy, c.routes, c.purge_after_ms, c.state, c.escalated,"       \
    " c.claimed_by, c.hidden, c.decided_ms, e.sealed"                                  \
    " FROM cases c LEFT JOIN evidence e ON e.case_id = c.id"

static enum fault unseal_for(struct backend *b, const char *what, uint64_t id,
                             struct slice sealed, struct arena *a, struct slice *out,
                             struct why *why)
{
    char label[48];
    snprintf(label, sizeof(label), "%s %llu", what, (unsigned long long)id);
    struct text plain;
    text_init(&plain, 40 << 20);
    enum fault f = unseal_bytes(b->key, label, sealed, &plain);
    if (f == FAULT_INPUT) {
        f = fault_say(why, FAULT_INPUT, "%s %llu: damaged, or sealed with another key",
                      what, (unsigned long long)id);
    }
    if (f == FAULT_NONE) {
        *out = arena_copy(a, text_slice(&plain));
        f = out->ptr ? FAULT_NONE : FAULT_MEMORY;
    }
    text_finish(&plain);
    return f;
}

static enum fault case_from_row(struct backend *b, const struct row *row,
                                struct arena *a, struct store_case *c, struct why *why)
{
    *c = (struct store_case){
        .id = (uint64_t)row_i64(row, 0),
        .adapter = row_copy(row, 1, a),
        .space = row_copy(row, 2, a),
        .channel = row_copy(row, 3, a),
        .thread = row_copy(row, 4, a),
        .message_id = row_copy(row, 5, a),
        .revision = row_copy(row, 6, a),
        .posted_ms = (uint64_t)row_i64(row, 7),
        .created_ms = (uint64_t)row_i64(row, 8),
        .monitoring = (uint32_t)row_i64(row, 12),
        .restricted = row_i64(row, 13) != 0,
        .policy = row_copy(row, 14, a),
        .routes = row_copy(row, 15, a),
        .purge_after_ms = (uint64_t)row_i64(row, 16),
        .escalated = row_i64(row, 18) != 0,
        .claimed_by = row_copy(row, 19, a),
        .hidden = row_i64(row, 20) != 0,
        .decided_ms = (uint64_t)row_i64(row, 21),
    };
    action_parse(row_slice(row, 9), &c->action);
    severity_parse(row_slice(row, 10), &c->severity);
    target_parse(row_slice(row, 11), &c->target);
    case_state_parse(row_slice(row, 17), &c->state);
    return unseal_for(b, "evidence", c->id, row_slice(row, 22), a, &c->evidence, why);
}

static enum fault load_findings(struct backend *b, struct arena *a,
                                struct store_case *c, struct why *why)
{
    enum { MOST = 64 };
    struct store_finding *list = arena_zalloc(a, MOST, sizeof(*list));
    if (!list) {
        return FAULT_MEMORY;
    }
    struct row row =
        db_query(b,
                 "SELECT category, target, severity, confidence, start_byte,"
                 " end_byte, rule, because, clauses FROM findings"
                 " WHERE case_id = ? ORDER BY ord",
                 "i", (int64_t)c->id);
    for (; row.rc == SQLITE_ROW && c->finding_count < MOST; db_next(&row)) {
        struct store_finding *x = &list[c->finding_count++];
        category_parse(row_slice(&row, 0), &x->category);
        target_parse(row_slice(&row, 1), &x->target);
        severity_parse(row_slice(&row, 2), &x->severity);
        x->confidence = (uint8_t)row_i64(&row, 3);
        x->start = (uint64_t)row_i64(&row, 4);
        x->end = (uint64_t)row_i64(&row, 5);
        x->rule = row_copy(&row, 6, a);
        x->because = row_copy(&row, 7, a);
        x->clauses = row_copy(&row, 8, a);
    }
    c->findings = list;
    return db_done(b, &row, why);
}

static void task_from_row(const struct row *row, struct arena *a, struct store_task *t)
{
    *t = (struct store_task){.id = (uint64_t)row_i64(row, 0),
                             .case_id = (uint64_t)row_i64(row, 1),
                             .attempts = (uint32_t)row_i64(row, 4),
                             .next_ms = (uint64_t)row_i64(row, 5),
                             .fault = row_copy(row, 6, a),
                             .remote_id = row_copy(row, 7, a)};
    act_kind_parse(row_slice(row, 2), &t->kind);
    struct slice state = row_slice(row, 3);
    t->state = slice_is(state, "pending") ? TASK_PENDING
               : slice_is(state, "done")  ? TASK_DONE
                                          : TASK_FAILED;
}

static enum fault load_tasks(struct backend *b, struct arena *a, struct store_case *c,
                             struct why *why)
{
    enum { MOST = 64 };
    c->tasks = arena_zalloc(a, MOST, sizeof(*c->tasks));
    if (!c->tasks) {
        return FAULT_MEMORY;
    }
    struct row row =
        db_query(b,
                 "SELECT id, case_id, kind, state, attempts, next_ms, fault,"
                 " remote_id FROM outbox WHERE case_id = ? ORDER BY id",
                 "i", (int64_t)c->id);
    for (; row.rc == SQLITE_ROW && c->task_count < MOST; db_next(&row)) {
        task_from_row(&row, a, &c->tasks[c->task_count++]);
    }
    return db_done(b, &row, why);
}

enum fault case_load(struct backend *b, uint64_t id, struct arena *a,
                     struct store_case **out, struct why *why)
{
    struct store_case *c = arena_zalloc(a, 1, sizeof(*c));
    if (!c) {
        return FAULT_MEMORY;
    }
    struct row row =
        db_query(b, "SELECT " CASE_COLUMNS " WHERE c.id = ?", "i", (int64_t)id);
    enum fault f = row.rc == SQLITE_DONE
                       ? fault_say(why, FAULT_ABSENT, "there is no case %llu",
                                   (unsigned long long)id)
                       : FAULT_NONE;
    if (row.rc == SQLITE_ROW) {
        f = case_from_row(b, &row, a, c, why);
    }
    enum fault ended = db_done(b, &row, why);
    f = f ? f : ended;
    f = f ? f : load_findings(b, a, c, why);
    f = f ? f : load_tasks(b, a, c, why);
    if (f == FAULT_NONE) {
        *out = c;
    }
    return f;
}

static enum fault load_history(struct backend *b, struct arena *a, struct store_case *c,
                               struct why *why)
{
    struct text json;
    text_init(&json, 1 << 20);
    text_add_char(&json, '[');
    struct row row =
        db_query(b,
                 "SELECT at_ms, actor, what, detail FROM audit WHERE case_id = ?"
                 " ORDER BY seq",
                 "i", (int64_t)c->id);
    for (; row.rc == SQLITE_ROW; db_next(&row)) {
        char at[CLOCK_TEXT_BYTES];
        text_add_format(&json, "%s{\"at\":\"%s\",\"actor\":", json.len > 1 ? "," : "",
                        clock_text((uint64_t)row_i64(&row, 0), at));
        text_add_json(&json, row_slice(&row, 1));
        text_add_str(&json, ",\"what\":");
        text_add_json(&json, row_slice(&row, 2));
        text_add_str(&json, ",\"detail\":");
        text_add_json(&json, row_slice(&row, 3));
        text_add_char(&json, '}');
    }
    text_add_char(&json, ']');
    enum fault f = db_done(b, &row, why);
    if (f == FAULT_NONE) {
        c->history = arena_copy(a, text_slice(&json));
        f = c->history.ptr && !text_failed(&json) ? FAULT_NONE : FAULT_MEMORY;
    }
    text_finish(&json);
    return f;
}

enum fault run_one(struct backend *b, struct store_request *r)
{
    enum fault f = case_load(b, r->one.case_id, &r->arena, &r->one.the_case, &r->why);
    return f ? f : load_history(b, &r->arena, r->one.the_case, &r->why);
}

enum fault run_cases(struct backend *b, struct store_request *r)
{
    size_t limit = r->cases.limit && r->cases.limit < 500 ? r->cases.limit : 500;
    r->cases.cases = arena_zalloc(&r->arena, limit, sizeof(*r->cases.cases));
    if (!r->cases.cases) {
        return FAULT_MEMORY;
    }
    struct slice state =
        slice_of(r->cases.any_state ? "" : case_state_name(r->cases.state));
    int64_t before = r->cases.before_id ? (int64_t)r->cases.before_id : INT64_MAX;
    struct row row = db_query(
        b,
        "SELECT " CASE_COLUMNS " WHERE c.id < ?1 AND (?2 = '' OR c.state = ?2)"
        " AND (c.restricted = 0 OR ?3) ORDER BY c.id DESC LIMIT ?4",
        "itii", before, &state, (int64_t)r->cases.with_restricted, (int64_t)limit);
    enum fault f = FAULT_NONE;
    for (; row.rc == SQLITE_ROW && f == FAULT_NONE; db_next(&row)) {
        f = case_from_row(b, &row, &r->arena, &r->cases.cases[r->cases.case_count],
                          &r->why);
        r->cases.case_count += f == FAULT_NONE;
    }
    enum fault ended = db_done(b, &row, f ? NULL : &r->why);
    f = f ? f : ended;
    for (size_t i = 0; f == FAULT_NONE && i < r->cases.case_count; i++) {
        f = load_findings(b, &r->arena, &r->cases.cases[i], &r->why);
    }
    return f;
}

enum fault run_task(struct backend *b, struct store_request *r)
{
    struct store_task *t = arena_zalloc(&r->arena, 1, sizeof(*t));
    if (!t) {
        return FAULT_MEMORY;
    }
    struct row row =
        db_query(b,
                 "SELECT id, case_id, kind, state, attempts, next_ms, fault,"
                 " remote_id, sealed FROM outbox WHERE id = ?",
                 "i", (int64_t)r->task.task_id);
    enum fault f = row.rc == SQLITE_DONE
                       ? fault_say(&r->why, FAULT_ABSENT, "there is no such task")
                       : FAULT_NONE;
    if (row.rc == SQLITE_ROW) {
        task_from_row(&row, &r->arena, t);
        f = unseal_for(b, "task", t->id, row_slice(&row, 8), &r->arena, &t->extra,
                       &r->why);
    }
    enum fault ended = db_done(b, &row, f ? NULL : &r->why);
    f = f ? f : ended;
    f = f ? f : case_load(b, t->case_id, &r->arena, &r->task.the_case, &r->why);
    r->task.task = t;
    return f;
}

enum fault run_due(struct backend *b, struct store_request *r)
{
    enum { MOST = 4096 };
    r->due.tasks = arena_zalloc(&r->arena, MOST, sizeof(*r->due.tasks));
    if (!r->due.tasks) {
        return FAULT_MEMORY;
    }
    struct row row =
        db_query(b,
                 "SELECT id, case_id, kind, state, attempts, next_ms, fault,"
                 " remote_id FROM outbox WHERE state = 'pending' AND id > ?"
                 " ORDER BY id LIMIT 4096",
                 "i", (int64_t)r->due.after_id);
    for (; row.rc == SQLITE_ROW && r->due.task_count < MOST; db_next(&row)) {
        task_from_row(&row, &r->arena, &r->due.tasks[r->due.task_count++]);
    }
    return db_done(b, &row, &r->why);
}
