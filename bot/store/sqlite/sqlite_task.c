// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "bot/store/sqlite/sqlite_db.h"

// What a decision does to a case, as a table: the state after it and the word for it.
struct effect {
    const char *done; // "upheld by …"
    bool sets_state;
    enum case_state state;
};

static const struct effect effects[] = {
    [DECIDE_UPHOLD] = {"upheld", true, CASE_UPHELD},
    [DECIDE_RESTORE] = {"restored", true, CASE_RESTORED},
    [DECIDE_ESCALATE] = {"escalated", false, CASE_OPEN},
    [DECIDE_CLAIM] = {"claimed", false, CASE_OPEN},
};

static bool has_alert(const struct store_case *c)
{
    for (size_t i = 0; i < c->task_count; i++) {
        if (c->tasks[i].kind == ACT_ALERT) {
            return true;
        }
    }
    return false;
}

static enum fault update_case(struct backend *b, struct store_request *r,
                              const struct store_case *c)
{
    struct slice state = slice_of(case_state_name(r->decide.state));
    bool decides = effects[r->decide.kind].sets_state;
    struct slice claimed =
        r->decide.kind == DECIDE_CLAIM ? r->decide.moderator : c->claimed_by;
    bool escalated = c->escalated || r->decide.kind == DECIDE_ESCALATE;
    int64_t decided = decides ? (int64_t)r->now_ms : (int64_t)c->decided_ms;
    return db_exec(b, &r->why,
                   "UPDATE cases SET state = ?, escalated = ?, claimed_by = ?,"
                   " decided_ms = ? WHERE id = ?",
                   "titii", &state, (int64_t)escalated, &claimed, decided,
                   (int64_t)c->id);
}

static enum fault add_task(struct backend *b, struct store_request *r,
                           enum act_kind kind, uint64_t id, struct slice extra)
{
    struct store_task *t = &r->decide.tasks[r->decide.task_count++];
    *t = (struct store_task){.id = id,
                             .case_id = r->decide.case_id,
                             .kind = kind,
                             .next_ms = r->now_ms,
                             .extra = extra};
    return task_insert(b, t, r->now_ms, &r->why);
}

static enum fault add_tasks(struct backend *b, struct store_request *r,
                            const struct store_case *c)
{
    r->decide.tasks = arena_zalloc(&r->arena, 2, sizeof(*r->decide.tasks));
    if (!r->decide.tasks) {
        return FAULT_MEMORY;
    }
    enum fault f = FAULT_NONE;
    if (r->decide.kind == DECIDE_RESTORE && action_hides(c->action)) {
        f = add_task(b, r, ACT_RESTORE, r->decide.task_ids[0], SLICE("{}"));
    }
    if (f == FAULT_NONE && has_alert(c)) {
        struct text extra;
        text_init(&extra, 4096);
        text_add_str(&extra, "{\"state\":");
        text_add_json(&extra, r->decide.in_words);
        text_add_char(&extra, '}');
        f = add_task(b, r, ACT_ALERT_UPDATE, r->decide.task_ids[1],
                     arena_copy(&r->arena, text_slice(&extra)));
        text_finish(&extra);
    }
    return f;
}

enum fault run_decide(struct backend *b, struct store_request *r)
{
    const struct effect *effect = &effects[r->decide.kind];
    struct store_case *c = NULL;
    enum fault f = case_load(b, r->decide.case_id, &r->arena, &c, &r->why);
    if (f) {
        return f;
    }
    r->decide.task_count = 0;
    r->decide.state = effect->sets_state ? effect->state : c->state;
    if (c->state == CASE_RESTORED && effect->sets_state) {
        return effect->state == CASE_RESTORED
                   ? FAULT_NONE // pressed twice
                   : fault_say(
                         &r->why, FAULT_INPUT,
                         "case %llu was restored already; what stands there now is "
                         "judged anew when it is edited",
                         (unsigned long long)c->id);
    }
    if (effect->sets_state && c->state == effect->state) {
        return FAULT_NONE;
    }
    r->decide.in_words = arena_format(&r->arena, "%s by %.*s", effect->done,
                                      SLICE_ARG(r->decide.moderator));
    struct slice kind = slice_of(decision_kind_name(r->decide.kind));
    f = update_case(b, r, c);
    f = f ? f
          : db_exec(b, &r->why,
                    "INSERT INTO decisions (case_id, kind, moderator, source, at_ms)"
                    " VALUES (?, ?, ?, ?, ?)",
                    "ittti", (int64_t)c->id, &kind, &r->decide.moderator,
                    &r->decide.source, (int64_t)r->now_ms);
    f = f ? f : add_tasks(b, r, c);
    return f ? f
             : audit_append(b, r->now_ms, r->decide.moderator, effect->done, c->id,
                            r->decide.source, &r->why);
}

static enum fault note_effect(struct backend *b, struct store_request *r,
                              uint64_t case_id, enum act_kind kind)
{
    const struct store_task *t = &r->outcome.task;
    enum fault f = FAULT_NONE;
    if (t->state == TASK_DONE && (kind == ACT_HIDE || kind == ACT_RESTORE)) {
        f = db_exec(b, &r->why, "UPDATE cases SET hidden = ? WHERE id = ?", "ii",
                    (int64_t)(kind == ACT_HIDE), (int64_t)case_id);
    }
    char what[48];
    snprintf(what, sizeof(what), "%s %s", act_kind_name(kind),
             task_state_name(t->state));
    return f ? f
             : audit_append(b, r->now_ms, SLICE("outbox"), what, case_id, t->fault,
                            &r->why);
}

enum fault run_outcome(struct backend *b, struct store_request *r)
{
    const struct store_task *t = &r->outcome.task;
    struct row row = db_query(b, "SELECT case_id, kind, state FROM outbox WHERE id = ?",
                              "i", (int64_t)t->id);
    if (row.rc == SQLITE_DONE) {
        db_done(b, &row, NULL);
        return FAULT_NONE; // the case was purged meanwhile
    }
    enum act_kind kind = ACT_HIDE;
    uint64_t case_id = 0;
    bool pending = false;
    if (row.rc == SQLITE_ROW) {
        case_id = (uint64_t)row_i64(&row, 0);
        act_kind_parse(row_slice(&row, 1), &kind);
        pending = slice_is(row_slice(&row, 2), "pending");
    }
    enum fault f = db_done(b, &row, &r->why);
    if (f || !pending) {
        return f;
    }
    struct slice state = slice_of(task_state_name(t->state));
    int64_t ended = t->state == TASK_PENDING ? 0 : (int64_t)r->now_ms;
    f = db_exec(b, &r->why,
                "UPDATE outbox SET state = ?, attempts = ?, next_ms = ?, fault = ?,"
                " remote_id = ?, ended_ms = ? WHERE id = ?",
                "tiittii", &state, (int64_t)t->attempts, (int64_t)t->next_ms, &t->fault,
                &t->remote_id, ended, (int64_t)t->id);
    return f || t->state == TASK_PENDING ? f : note_effect(b, r, case_id, kind);
}
