// SPDX-License-Identifier: MIT
#include "bot/store/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bot/base/log.h"
#include "bot/store/backend.h"

enum {
    GROUP_MOST = 2048,       // requests in one transaction
    RETRY_MS = 1000,         // while the database cannot be written
    CHANGED_EVERY_MS = 1000, // how often another process's writes are looked for
    REQUEST_BLOCK_BYTES = 2048,
    REQUEST_LIMIT_BYTES = 64 << 20,
};

struct request_list {
    struct store_request *first;
    struct store_request **end;
};

struct store {
    struct backend *backend;
    struct seal_key key;
    struct clock clock;
    uint64_t next_case_id;
    uint64_t last_task_id;
    bool daemon;

    // Everything below only with a loop.
    bool threaded;
    pthread_t thread;
    uv_async_t wake;
    uv_timer_t look;
    unsigned handles; // open libuv handles that point into this struct
    size_t waiting;   // loop thread only
    void (*state)(void *ctx, enum store_state now, const struct why *why);
    void (*changed)(void *ctx);
    void *ctx;
    bool closing;

    pthread_mutex_t lock; // guards what follows
    pthread_cond_t work;
    struct request_list queue;
    struct request_list finished;
    bool stop;         // finish the queue, then end
    bool give_up;      // end now
    bool look_changed; // ask the backend whether others wrote
    bool saw_change;
    bool failing;
    bool failing_news;
    struct why failing_why;
};

static void list_init(struct request_list *l)
{
    l->first = NULL;
    l->end = &l->first;
}

static void list_add(struct request_list *l, struct store_request *r)
{
    r->next = NULL;
    *l->end = r;
    l->end = &r->next;
}

static struct store_request *list_take(struct request_list *l)
{
    struct store_request *r = l->first;
    if (r) {
        l->first = r->next;
        if (!l->first) {
            l->end = &l->first;
        }
        r->next = NULL;
    }
    return r;
}

static void list_join(struct request_list *to, struct request_list *from)
{
    if (from->first) {
        *to->end = from->first;
        to->end = from->end;
        list_init(from);
    }
}

struct store_request *store_request_create(enum store_kind kind)
{
    struct store_request *r = calloc(1, sizeof(*r));
    if (r) {
        r->kind = kind;
        arena_init(&r->arena, REQUEST_BLOCK_BYTES, REQUEST_LIMIT_BYTES);
    }
    return r;
}

void store_request_destroy(struct store_request *r)
{
    if (r) {
        arena_finish(&r->arena);
        free(r);
    }
}

// Runs the group; on STORE everything is rolled back and stays queued.
static enum fault run_group(struct store *s, struct request_list *group,
                            struct why *why)
{
    enum fault f = backend_begin(s->backend, why);
    for (struct store_request *r = group->first; f == FAULT_NONE && r; r = r->next) {
        r->fault = backend_run(s->backend, r);
        if (r->fault == FAULT_STORE) {
            f = FAULT_STORE;
            *why = r->why;
        }
    }
    if (f == FAULT_NONE) {
        f = backend_commit(s->backend, why);
    }
    if (f) {
        backend_rollback(s->backend);
    }
    return f;
}

// With the lock held: says that the state changed.
static void set_failing(struct store *s, bool failing, const struct why *why)
{
    if (s->failing != failing) {
        s->failing = failing;
        s->failing_news = true;
        s->failing_why = *why;
        uv_async_send(&s->wake);
    }
}

// With the lock held.
static void wait_retry(struct store *s)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += RETRY_MS / 1000;
    while (!s->give_up && pthread_cond_timedwait(&s->work, &s->lock, &until) == 0) {
    }
}

static void take_group(struct store *s, struct request_list *group)
{
    for (unsigned n = 0; n < GROUP_MOST && s->queue.first; n++) {
        list_add(group, list_take(&s->queue));
    }
}

static void *store_thread(void *arg)
{
    struct store *s = arg;
    struct request_list group;
    list_init(&group);
    pthread_mutex_lock(&s->lock);
    while (!s->give_up) {
        if (!group.first) {
            take_group(s, &group);
        }
        bool look = s->look_changed;
        s->look_changed = false;
        if (!group.first && !look) {
            if (s->stop) {
                break;
            }
            pthread_cond_wait(&s->work, &s->lock);
            continue;
        }
        pthread_mutex_unlock(&s->lock);
        struct why why = {0};
        enum fault f = group.first ? run_group(s, &group, &why) : FAULT_NONE;
        bool saw = look && backend_changed(s->backend);
        pthread_mutex_lock(&s->lock);
        s->saw_change = s->saw_change || saw;
        set_failing(s, f != FAULT_NONE, &why);
        if (f) {
            wait_retry(s);
        } else {
            list_join(&s->finished, &group);
            uv_async_send(&s->wake);
        }
    }
    // Given up: what is left goes back unanswered.
    for (struct store_request *r = group.first; r; r = r->next) {
        r->fault = FAULT_CANCELLED;
    }
    list_join(&s->finished, &group);
    for (struct store_request *r; (r = list_take(&s->queue));) {
        r->fault = FAULT_CANCELLED;
        list_add(&s->finished, r);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void deliver(struct store *s)
{
    struct request_list done;
    list_init(&done);
    pthread_mutex_lock(&s->lock);
    list_join(&done, &s->finished);
    bool news = s->failing_news;
    bool failing = s->failing;
    bool saw = s->saw_change;
    struct why why = s->failing_why;
    s->failing_news = false;
    s->saw_change = false;
    pthread_mutex_unlock(&s->lock);

    for (struct store_request *r; (r = list_take(&done));) {
        s->waiting--;
        if (r->done) {
            r->done(r);
        }
        store_request_destroy(r);
    }
    if (news && s->state) {
        s->state(s->ctx, failing ? STORE_FAILING : STORE_GOOD, &why);
    }
    if (saw && s->changed && !s->closing) {
        s->changed(s->ctx);
    }
}

static void on_wake(uv_async_t *handle)
{
    deliver(handle->data);
}

static void on_look(uv_timer_t *handle)
{
    struct store *s = handle->data;
    pthread_mutex_lock(&s->lock);
    s->look_changed = true;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
}

enum fault store_start(struct store *s, uv_loop_t *loop, struct why *why)
{
    if (uv_async_init(loop, &s->wake, on_wake) || uv_timer_init(loop, &s->look)) {
        return fault_say(why, FAULT_MEMORY, "store: no room for a handle");
    }
    s->handles = 2;
    s->wake.data = s;
    s->look.data = s;
    uv_timer_start(&s->look, on_look, CHANGED_EVERY_MS, CHANGED_EVERY_MS);
    uv_unref((uv_handle_t *)&s->look);
    uv_unref((uv_handle_t *)&s->wake);
    if (pthread_create(&s->thread, NULL, store_thread, s)) {
        return fault_say(why, FAULT_MEMORY, "store: the system gives no thread");
    }
    s->threaded = true;
    return FAULT_NONE;
}

enum fault store_open(struct store **out, const struct store_options *options,
                      struct why *why)
{
    struct store *s = calloc(1, sizeof(*s));
    if (!s) {
        return FAULT_MEMORY;
    }
    s->clock = options->clock ? *options->clock : clock_real();
    s->state = options->state;
    s->changed = options->changed;
    s->ctx = options->ctx;
    s->daemon = options->daemon;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    list_init(&s->queue);
    list_init(&s->finished);
    // A store without its key is not given a new one: the evidence would be lost for good.
    bool fresh = options->create && access(options->path, F_OK) != 0;
    enum fault f = seal_key_load(&s->key, options->key_path, fresh, why);
    if (f == FAULT_NONE) {
        f = backend_open(&s->backend, options, &s->key, why);
    }
    if (f == FAULT_NONE) {
        s->next_case_id = backend_last_case_id(s->backend) + 1;
    }
    if (f) {
        store_close(s, 0);
        return f;
    }
    *out = s;
    return FAULT_NONE;
}

static void free_store(struct store *s)
{
    seal_key_wipe(&s->key);
    free(s);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct store *s = handle->data;
    if (--s->handles == 0) {
        free_store(s);
    }
}

static void join_thread(struct store *s, unsigned patience_ms)
{
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += patience_ms / 1000;
    until.tv_nsec += (long)(patience_ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    if (pthread_timedjoin_np(s->thread, NULL, &until) != 0) {
        pthread_mutex_lock(&s->lock);
        s->give_up = true;
        pthread_cond_signal(&s->work);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
}

void store_close(struct store *s, unsigned patience_ms)
{
    if (!s) {
        return;
    }
    s->closing = true;
    if (s->threaded) {
        join_thread(s, patience_ms);
        deliver(s);
    }
    backend_close(s->backend);
    s->backend = NULL;
    if (s->handles) {
        uv_close((uv_handle_t *)&s->wake, on_handle_closed);
        uv_close((uv_handle_t *)&s->look, on_handle_closed);
        return;
    }
    free_store(s);
}

void store_submit(struct store *s, struct store_request *r)
{
    r->now_ms = r->now_ms ? r->now_ms : clock_unix_ms(&s->clock);
    s->waiting++;
    pthread_mutex_lock(&s->lock);
    list_add(&s->queue, r);
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
}

void store_run(struct store *s, struct store_request *r)
{
    r->now_ms = r->now_ms ? r->now_ms : clock_unix_ms(&s->clock);
    struct request_list one;
    list_init(&one);
    list_add(&one, r);
    enum fault f = run_group(s, &one, &r->why);
    if (f) {
        r->fault = f;
    }
}

size_t store_waiting(const struct store *s)
{
    return s->waiting;
}

uint64_t store_case_id(struct store *s)
{
    return s->next_case_id++;
}

// Milliseconds, one bit for who asks, 9 bits of counter: a command line beside the daemon
// never makes the daemon's id.
uint64_t store_task_id(struct store *s)
{
    enum { COUNTER_BITS = 9, WRITER_BIT = 1 << COUNTER_BITS };
    uint64_t id = clock_unix_ms(&s->clock) << (COUNTER_BITS + 1);
    if (!s->daemon) {
        id |= WRITER_BIT;
    }
    if (id <= s->last_task_id) {
        id = s->last_task_id + 1;
        if (((id & WRITER_BIT) != 0) == s->daemon) { // the counter ran over
            id = ((id >> (COUNTER_BITS + 1)) + 1) << (COUNTER_BITS + 1);
            id |= s->daemon ? 0 : WRITER_BIT;
        }
    }
    s->last_task_id = id;
    return id;
}

const struct seal_key *store_key(const struct store *s)
{
    return &s->key;
}

enum fault store_audit_verify(struct store *s, uint64_t *entries, uint64_t *bad_seq,
                              struct why *why)
{
    return backend_audit_verify(s->backend, entries, bad_seq, why);
}
