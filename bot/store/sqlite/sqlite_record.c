// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bot/store/sqlite/sqlite_db.h"

static struct slice named(const char *name)
{
    return slice_of(name ? name : "");
}

enum fault count_add(struct backend *b, uint64_t now_ms, const char *name, int64_t by,
                     struct why *why)
{
    char at[CLOCK_TEXT_BYTES];
    clock_text(now_ms, at);
    struct slice day = slice_make(at, 10);
    struct slice key = slice_of(name);
    return db_exec(
        b, why,
        "INSERT INTO counters (day, name, value) VALUES (?, ?, ?)"
        " ON CONFLICT (day, name) DO UPDATE SET value = value + excluded.value",
        "tti", &day, &key, by);
}

static enum fault seal_for_case(struct backend *b, const char *what, uint64_t case_id,
                                struct slice plain, struct text *out)
{
    char label[48];
    snprintf(label, sizeof(label), "%s %llu", what, (unsigned long long)case_id);
    return seal_bytes(b->key, label, plain, out);
}

enum fault task_insert(struct backend *b, const struct store_task *task,
                       uint64_t now_ms, struct why *why)
{
    struct text sealed;
    text_init(&sealed, 1 << 20);
    enum fault f = seal_for_case(b, "task", task->id, task->extra, &sealed);
    if (f == FAULT_NONE) {
        struct slice kind = slice_of(act_kind_name(task->kind));
        struct slice blob = text_slice(&sealed);
        f = db_exec(
            b, why,
            "INSERT INTO outbox (id, case_id, kind, state, next_ms, created_ms, sealed)"
            " VALUES (?, ?, ?, 'pending', ?, ?, ?)",
            "iitiib", (int64_t)task->id, (int64_t)task->case_id, &kind,
            (int64_t)task->next_ms, (int64_t)now_ms, &blob);
    }
    text_finish(&sealed);
    return f;
}

static enum fault insert_findings(struct backend *b, const struct store_case *c,
                                  struct why *why)
{
    enum fault f = FAULT_NONE;
    for (size_t i = 0; f == FAULT_NONE && i < c->finding_count; i++) {
        const struct store_finding *x = &c->findings[i];
        struct slice category = slice_of(category_info(x->category)->name);
        struct slice target = named(target_name(x->target));
        struct slice severity = named(severity_name(x->severity));
        f = db_exec(b, why,
                    "INSERT INTO findings (case_id, ord, category, target, severity,"
                    " confidence, start_byte, end_byte, rule, because, clauses)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    "iitttiiittt", (int64_t)c->id, (int64_t)i, &category, &target,
                    &severity, (int64_t)x->confidence, (int64_t)x->start,
                    (int64_t)x->end, &x->rule, &x->because, &x->clauses);
    }
    return f;
}

static enum fault insert_case(struct backend *b, const struct store_case *c,
                              uint64_t now_ms, struct why *why)
{
    unsigned char author[SEAL_HASH_BYTES];
    struct slice parts[] = {c->adapter, c->author_id};
    seal_hash(b->key, parts, 2, author);
    struct slice author_hash = slice_make((const char *)author, sizeof(author));
    struct slice action = named(action_name(c->action));
    struct slice severity = named(severity_name(c->severity));
    struct slice target = named(target_name(c->target));
    enum fault f = db_exec(
        b, why,
        "INSERT INTO cases (id, adapter, space, channel, thread, message_id, revision,"
        " author_hash, posted_ms, created_ms, action, severity, target, monitoring,"
        " restricted, policy, routes, purge_after_ms, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')",
        "ittttttbiitttiitti", (int64_t)c->id, &c->adapter, &c->space, &c->channel,
        &c->thread, &c->message_id, &c->revision, &author_hash, (int64_t)c->posted_ms,
        (int64_t)now_ms, &action, &severity, &target, (int64_t)c->monitoring,
        (int64_t)c->restricted, &c->policy, &c->routes, (int64_t)c->purge_after_ms);
    f = f ? f : insert_findings(b, c, why);
    if (f) {
        return f;
    }
    struct text sealed;
    text_init(&sealed, 40 << 20);
    f = seal_for_case(b, "evidence", c->id, c->evidence, &sealed);
    if (f == FAULT_NONE) {
        struct slice blob = text_slice(&sealed);
        f = db_exec(b, why, "INSERT INTO evidence (case_id, sealed) VALUES (?, ?)",
                    "ib", (int64_t)c->id, &blob);
    }
    text_finish(&sealed);
    return f;
}

static enum fault count_case(struct backend *b, const struct store_case *c,
                             uint64_t now_ms, struct why *why)
{
    char name[64];
    snprintf(name, sizeof(name), "action.%s", action_name(c->action));
    enum fault f = count_add(b, now_ms, name, 1, why);
    for (size_t i = 0; f == FAULT_NONE && i < c->finding_count; i++) {
        snprintf(name, sizeof(name), "category.%s",
                 category_info(c->findings[i].category)->name);
        f = count_add(b, now_ms, name, 1, why);
    }
    for (unsigned i = 0; f == FAULT_NONE && i < MONITORING_COUNT; i++) {
        if (c->monitoring & (1u << i)) {
            snprintf(name, sizeof(name), "monitoring.%s", monitoring_name(i));
            f = count_add(b, now_ms, name, 1, why);
        }
    }
    return f;
}

// Whether this revision is new; notes it.
static enum fault note_seen(struct backend *b, struct store_request *r)
{
    struct slice hash = slice_make((const char *)r->record.seen, SEAL_HASH_BYTES);
    enum fault f =
        db_exec(b, &r->why, "INSERT OR IGNORE INTO seen (hash, at_ms) VALUES (?, ?)",
                "bi", &hash, (int64_t)r->now_ms);
    r->record.duplicate = f == FAULT_NONE && sqlite3_changes(b->db) == 0;
    return f;
}

enum fault run_record(struct backend *b, struct store_request *r)
{
    enum fault f = note_seen(b, r);
    if (f || r->record.duplicate) {
        return f;
    }
    f = count_add(b, r->now_ms, "messages", 1, &r->why);
    const struct store_case *c = r->record.the_case;
    if (f || !c) {
        return f;
    }
    f = insert_case(b, c, r->now_ms, &r->why);
    for (size_t i = 0; f == FAULT_NONE && i < r->record.task_count; i++) {
        f = task_insert(b, &r->record.tasks[i], r->now_ms, &r->why);
    }
    f = f ? f : count_case(b, c, r->now_ms, &r->why);
    char detail[96];
    int n = snprintf(detail, sizeof(detail), "%s %s", action_name(c->action),
                     c->finding_count ? category_info(c->findings[0].category)->name
                                      : "none");
    return f ? f
             : audit_append(b, r->now_ms, SLICE("judge"), "case opened", c->id,
                            slice_make(detail, (size_t)n), &r->why);
}
