// SPDX-License-Identifier: MIT
#include "bot/store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/check.h"

struct place {
    char folder[64];
    char db[96];
    char key[96];
};

static struct place make_place(void)
{
    struct place p = {.folder = "/tmp/hm-store-XXXXXX"};
    assert_non_null(mkdtemp(p.folder));
    snprintf(p.db, sizeof(p.db), "%s/store.db", p.folder);
    snprintf(p.key, sizeof(p.key), "%s/store.key", p.folder);
    return p;
}

static void remove_place(const struct place *p)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", p->folder);
    CHECK_INT(system(command), 0);
}

static enum fault open_at(struct store **out, const struct place *p, bool daemon,
                          struct why *why)
{
    struct store_options options = {
        .path = p->db, .key_path = p->key, .create = true, .daemon = daemon};
    return store_open(out, &options, why);
}

static struct store *must_open(const struct place *p)
{
    struct store *s = NULL;
    struct why why = {0};
    if (open_at(&s, p, true, &why)) {
        fail_msg("%s", why.text);
    }
    return s;
}

// A record with one finding and a hide task; the caller runs and destroys it.
static struct store_request *case_record(struct store *s, unsigned char seen)
{
    struct store_request *r = store_request_create(STORE_RECORD);
    r->record.seen[0] = seen;
    struct store_finding *x = arena_zalloc(&r->arena, 1, sizeof(*x));
    *x = (struct store_finding){.category = CATEGORY_ALLEGATION,
                                .target = TARGET_STAFF,
                                .severity = SEVERITY_HIGH,
                                .confidence = 90,
                                .start = 2,
                                .end = 9,
                                .rule = SLICE("allegation.staff.crime"),
                                .because = SLICE("says that"),
                                .clauses = SLICE("[]")};
    struct store_case *c = arena_zalloc(&r->arena, 1, sizeof(*c));
    *c = (struct store_case){.id = store_case_id(s),
                             .adapter = SLICE("sandbox"),
                             .channel = SLICE("parents"),
                             .message_id = SLICE("m1"),
                             .author_id = SLICE("author-7"),
                             .action = ACTION_HIDE_ESCALATE,
                             .severity = SEVERITY_HIGH,
                             .target = TARGET_STAFF,
                             .monitoring = 1,
                             .policy = SLICE("default"),
                             .routes = SLICE("[]"),
                             .purge_after_ms = 2000,
                             .evidence = SLICE("{\"text\":\"the secret words\"}"),
                             .findings = x,
                             .finding_count = 1};
    r->record.the_case = c;
    r->record.tasks = arena_zalloc(&r->arena, 1, sizeof(*r->record.tasks));
    r->record.tasks[0] = (struct store_task){.id = store_task_id(s),
                                             .case_id = c->id,
                                             .kind = ACT_HIDE,
                                             .extra = SLICE("{}")};
    r->record.task_count = 1;
    return r;
}

static uint64_t record_one(struct store *s, unsigned char seen, bool *duplicate)
{
    struct store_request *r = case_record(s, seen);
    uint64_t id = r->record.the_case->id;
    store_run(s, r);
    CHECK_INT(r->fault, FAULT_NONE);
    *duplicate = r->record.duplicate;
    store_request_destroy(r);
    return id;
}

TEST(record__same_revision_twice_makes_one_case)
{
    struct place p = make_place();
    struct store *s = must_open(&p);
    bool duplicate = true;
    uint64_t id = record_one(s, 1, &duplicate);
    CHECK(!duplicate);
    record_one(s, 1, &duplicate);
    CHECK(duplicate);
    struct store_request *list = store_request_create(STORE_CASES);
    list->cases.any_state = true;
    store_run(s, list);
    CHECK_INT(list->cases.case_count, 1);
    CHECK_INT(list->cases.cases[0].id, id);
    CHECK_INT(list->cases.cases[0].finding_count, 1);
    CHECK_SLICE(list->cases.cases[0].evidence, "{\"text\":\"the secret words\"}");
    store_request_destroy(list);
    store_close(s, 0);
    remove_place(&p);
}

TEST(record__message_text_and_author_are_not_in_the_file)
{
    struct place p = make_place();
    struct store *s = must_open(&p);
    bool duplicate;
    record_one(s, 1, &duplicate);
    store_close(s, 0);
    char command[256];
    snprintf(command, sizeof(command),
             "cat %s/* | grep -c -a -e 'secret words' -e author-7 >/dev/null",
             p.folder);
    CHECK(system(command) != 0);
    struct stat st;
    CHECK_INT(stat(p.key, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    remove_place(&p);
}

static struct store_request *decide(struct store *s, uint64_t id,
                                    enum decision_kind kind)
{
    struct store_request *r = store_request_create(STORE_DECIDE);
    r->decide.case_id = id;
    r->decide.kind = kind;
    r->decide.moderator = SLICE("mod");
    r->decide.source = SLICE("test");
    r->decide.task_ids[0] = store_task_id(s);
    r->decide.task_ids[1] = store_task_id(s);
    store_run(s, r);
    return r;
}

TEST(decide__restore_makes_one_task_however_often_it_is_pressed)
{
    struct place p = make_place();
    struct store *s = must_open(&p);
    bool duplicate;
    uint64_t id = record_one(s, 1, &duplicate);
    struct store_request *r = decide(s, id, DECIDE_RESTORE);
    CHECK_INT(r->fault, FAULT_NONE);
    CHECK_INT(r->decide.task_count, 1);
    CHECK_INT(r->decide.tasks[0].kind, ACT_RESTORE);
    store_request_destroy(r);
    r = decide(s, id, DECIDE_RESTORE);
    CHECK_INT(r->fault, FAULT_NONE);
    CHECK_INT(r->decide.task_count, 0);
    store_request_destroy(r);
    r = decide(s, id, DECIDE_UPHOLD);
    CHECK_INT(r->fault, FAULT_INPUT);
    store_request_destroy(r);
    r = decide(s, 999, DECIDE_UPHOLD);
    CHECK_INT(r->fault, FAULT_ABSENT);
    store_request_destroy(r);
    store_close(s, 0);
    remove_place(&p);
}

TEST(audit__chain_is_whole_and_every_change_is_seen)
{
    struct place p = make_place();
    struct store *s = must_open(&p);
    bool duplicate;
    for (unsigned char i = 1; i < 6; i++) {
        record_one(s, i, &duplicate);
    }
    uint64_t entries = 0;
    uint64_t bad = 0;
    CHECK_INT(store_audit_verify(s, &entries, &bad, NULL), FAULT_NONE);
    CHECK_INT(entries, 5);
    store_close(s, 0);

    static const struct {
        const char *sql;
        uint64_t bad;
    } attacks[] = {
        {"UPDATE audit SET what = 'x' WHERE seq = 3", 3},
        {"DELETE FROM audit WHERE seq = 2", 2},
        {"DELETE FROM audit WHERE seq = 5", 5},
    };
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        struct place copy = make_place();
        char command[256];
        snprintf(command, sizeof(command), "cp %s/* %s/", p.folder, copy.folder);
        CHECK_INT(system(command), 0);
        sqlite3 *db = NULL;
        CHECK_INT(sqlite3_open(copy.db, &db), SQLITE_OK);
        CHECK_INT(sqlite3_exec(db, attacks[i].sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        s = must_open(&copy);
        CHECK_INT(store_audit_verify(s, &entries, &bad, NULL), FAULT_INPUT);
        CHECK_INT(bad, attacks[i].bad);
        store_close(s, 0);
        remove_place(&copy);
    }
    remove_place(&p);
}

TEST(purge__removes_the_case_and_keeps_its_number)
{
    struct place p = make_place();
    struct store *s = must_open(&p);
    bool duplicate;
    uint64_t id = record_one(s, 1, &duplicate);
    struct store_request *done = store_request_create(STORE_OUTCOME);
    struct store_request *due = store_request_create(STORE_DUE);
    store_run(s, due);
    CHECK_INT(due->due.task_count, 1);
    done->outcome.task = due->due.tasks[0];
    done->outcome.task.state = TASK_DONE;
    store_run(s, done);
    CHECK_INT(done->fault, FAULT_NONE);
    store_request_destroy(done);
    store_request_destroy(due);
    struct store_request *purge = store_request_create(STORE_PURGE);
    purge->now_ms = 3000;
    store_run(s, purge);
    CHECK_INT(purge->fault, FAULT_NONE);
    CHECK_INT(purge->purge.cases_purged, 1);
    store_request_destroy(purge);
    store_close(s, 0);
    s = must_open(&p);
    CHECK_INT(store_case_id(s), id + 1);
    store_close(s, 0);
    remove_place(&p);
}

TEST(open__second_daemon_is_refused_by_process_number)
{
    struct place p = make_place();
    struct store *s = must_open(&p);
    struct store *second = NULL;
    struct why why = {0};
    CHECK_INT(open_at(&second, &p, true, &why), FAULT_DENIED);
    assert_non_null(strstr(why.text, "another hallmonitor (process "));
    CHECK_INT(open_at(&second, &p, false, &why), FAULT_NONE); // a command line may
    store_close(second, 0);
    store_close(s, 0);
    remove_place(&p);
}

TEST(open__wrong_key_and_open_key_file_are_refused)
{
    struct place p = make_place();
    store_close(must_open(&p), 0);
    struct store *s = NULL;
    struct why why = {0};
    CHECK_INT(chmod(p.key, 0644), 0);
    CHECK_INT(open_at(&s, &p, true, &why), FAULT_DENIED);
    assert_non_null(strstr(why.text, "chmod 600"));
    CHECK_INT(unlink(p.key), 0);
    CHECK_INT(open_at(&s, &p, true, &why), FAULT_ABSENT); // and makes no new one
    struct place other = make_place();
    store_close(must_open(&other), 0);
    CHECK_INT(rename(other.key, p.key), 0);
    CHECK_INT(open_at(&s, &p, true, &why), FAULT_DENIED);
    assert_non_null(strstr(why.text, "is not the key of the case store"));
    remove_place(&other);
    remove_place(&p);
}

TEST(open__damaged_file_is_named)
{
    struct place p = make_place();
    store_close(must_open(&p), 0);
    FILE *f = fopen(p.db, "r+b");
    assert_non_null(f);
    for (int i = 0; i < 4000; i++) {
        fputs("damage ", f);
    }
    fclose(f);
    struct store *s = NULL;
    struct why why = {0};
    CHECK_INT(open_at(&s, &p, true, &why), FAULT_STORE);
    assert_non_null(strstr(why.text, p.db));
    remove_place(&p);
}

// The log is emptied beside the writing, and begins anew.
TEST(log__stays_small_however_much_is_written)
{
    enum { RECORDS = 400, EVIDENCE = 100000, LOG_MOST = 24000000 };
    struct place p = make_place();
    struct store *s = must_open(&p);
    char *words = malloc(EVIDENCE), log[128];
    struct stat st;
    assert_non_null(words);
    memset(words, 'w', EVIDENCE);
    snprintf(log, sizeof(log), "%s-wal", p.db);
    off_t most = 0;
    for (int i = 0; i < RECORDS; i++) {
        struct store_request *r = case_record(s, (unsigned char)(i & 255));
        r->record.seen[1] = (unsigned char)(i >> 8);
        r->record.the_case->evidence = slice_make(words, EVIDENCE);
        store_run(s, r);
        CHECK_INT(r->fault, FAULT_NONE);
        store_request_destroy(r);
        CHECK_INT(stat(log, &st), 0);
        most = st.st_size > most ? st.st_size : most;
    }
    if (most > LOG_MOST) {
        fail_msg("the log grew to %lld bytes", (long long)most);
    }
    store_close(s, 0);
    CHECK(stat(log, &st) != 0); // all of it is in the database
    free(words);
    remove_place(&p);
}

TEST(task_ids__never_repeat)
{
    struct place p = make_place();
    struct store *s = must_open(&p);
    uint64_t last = 0;
    for (int i = 0; i < 100000; i++) {
        uint64_t id = store_task_id(s);
        assert_true(id > last);
        assert_false(id & 512);
        last = id;
    }
    store_close(s, 0);
    remove_place(&p);
}

int main(void)
{
    return RUN(UNIT(record__same_revision_twice_makes_one_case),
               UNIT(record__message_text_and_author_are_not_in_the_file),
               UNIT(decide__restore_makes_one_task_however_often_it_is_pressed),
               UNIT(audit__chain_is_whole_and_every_change_is_seen),
               UNIT(purge__removes_the_case_and_keeps_its_number),
               UNIT(open__second_daemon_is_refused_by_process_number),
               UNIT(open__wrong_key_and_open_key_file_are_refused),
               UNIT(open__damaged_file_is_named),
               UNIT(log__stays_small_however_much_is_written),
               UNIT(task_ids__never_repeat));
}
