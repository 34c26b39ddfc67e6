// SPDX-License-Identifier: MIT
#include "bot/core/outbox.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/utf8.h"

enum {
    BUCKETS = 4096,
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MOST_MS = 60000,
    ATTEMPTS_MOST = 1440, // with the longest wait between them: a day
    EXCERPT_BYTES = 300,
};

enum pending_state {
    PENDING_HELD,
    PENDING_READY,
    PENDING_LOADING,
    PENDING_OUT,
    PENDING_WAITING,
    PENDING_STATES
};

struct pending {
    uint64_t id, case_id;
    enum act_kind kind;
    enum pending_state state;
    uint32_t attempts;
    uint64_t next_ms;
    struct link *link; // NULL until known
    struct pending *next_in_bucket, *next_in_case_bucket;
    struct pending *prev, *next; // by id
};

struct outbox {
    struct bot *bot;
    struct pending *buckets[BUCKETS];
    struct pending *case_buckets[BUCKETS];
    struct pending *first, *last;
    size_t size;
    size_t in_state[PENDING_STATES];
    uint64_t highest_id;
    uv_timer_t timer;
    bool stopped;
};

static struct pending **slot(struct outbox *o, uint64_t id)
{
    struct pending **at = &o->buckets[(id ^ id >> 10) % BUCKETS];
    while (*at && (*at)->id != id) {
        at = &(*at)->next_in_bucket;
    }
    return at;
}

// Those of a case, and of some others.
static struct pending **case_slot(struct outbox *o, uint64_t case_id)
{
    return &o->case_buckets[(case_id ^ case_id >> 10) % BUCKETS];
}

static void set_state(struct outbox *o, struct pending *p, enum pending_state now)
{
    o->in_state[p->state]--;
    o->in_state[now]++;
    p->state = now;
}

static void insert_sorted(struct outbox *o, struct pending *p)
{
    struct pending *after = o->last;
    while (after && after->id > p->id) {
        after = after->prev;
    }
    p->prev = after;
    p->next = after ? after->next : o->first;
    *(p->prev ? &p->prev->next : &o->first) = p;
    *(p->next ? &p->next->prev : &o->last) = p;
    struct pending **of_case = case_slot(o, p->case_id);
    p->next_in_case_bucket = *of_case;
    *of_case = p;
}

static void forget(struct outbox *o, uint64_t id)
{
    struct pending **at = slot(o, id);
    struct pending *p = *at;
    if (!p) {
        return;
    }
    *at = p->next_in_bucket;
    struct pending **of_case = case_slot(o, p->case_id);
    while (*of_case != p) {
        of_case = &(*of_case)->next_in_case_bucket;
    }
    *of_case = p->next_in_case_bucket;
    o->in_state[p->state]--;
    *(p->prev ? &p->prev->next : &o->first) = p->next;
    *(p->next ? &p->next->prev : &o->last) = p->prev;
    o->size--;
    free(p);
}

static int lane(enum act_kind kind)
{
    switch (kind) {
    case ACT_HIDE:
    case ACT_RESTORE:
        return 0;
    case ACT_ALERT:
    case ACT_ALERT_UPDATE:
        return 1;
    case ACT_MUTE:
    case ACT_UNMUTE:
    case ACT_BAN:
        return 2;
    case ACT_NOTICE:
        break;
    }
    return 3;
}

static bool must_wait(struct outbox *o, const struct pending *p)
{
    const struct pending *q = *case_slot(o, p->case_id);
    for (; q; q = q->next_in_case_bucket) {
        if (q->id < p->id && q->case_id == p->case_id &&
            lane(q->kind) == lane(p->kind)) {
            return true;
        }
    }
    return false;
}

static void arm(struct outbox *o);

static void report(struct outbox *o, const struct pending *p, enum task_state state,
                   struct slice fault, struct slice remote_id)
{
    struct store_request *r = store_request_create(STORE_OUTCOME);
    if (!r) {
        return; // the row stays pending: done once more after a restart
    }
    r->outcome.task =
        (struct store_task){.id = p->id,
                            .state = state,
                            .attempts = p->attempts,
                            .next_ms = p->next_ms,
                            .fault = arena_copy(&r->arena, fault),
                            .remote_id = arena_copy(&r->arena, remote_id)};
    store_submit(o->bot->store, r);
}

static void fail_for_good(struct outbox *o, struct pending *p, struct slice said)
{
    o->bot->numbers.actions_failed++;
    log_warn("outbox: an action failed for good", LOG_U64("task", p->id),
             LOG_U64("case", p->case_id), LOG_STR("kind", act_kind_name(p->kind)));
    report(o, p, TASK_FAILED, said, slice_of(""));
    if (p->link && p->kind == ACT_HIDE) {
        // A message that breaks the policy stays in sight: somebody must know.
        char key[64];
        char sentence[400];
        snprintf(key, sizeof(key), "task-%llu", (unsigned long long)p->id);
        snprintf(
            sentence, sizeof(sentence),
            "Case %llu: the message could not be hidden (%.*s). Remove it by hand.",
            (unsigned long long)p->case_id, SLICE_ARG(utf8_prefix(said, 240)));
        host_technician(&p->link->host, slice_of(key), slice_of(sentence));
    }
    bot_event(o->bot, "action_failed", p->case_id);
    forget(o, p->id);
}

static uint64_t backoff_ms(const struct pending *p, uint32_t asked_ms)
{
    uint64_t most = BACKOFF_FIRST_MS;
    for (uint32_t i = 1; i < p->attempts && most < BACKOFF_MOST_MS; i++) {
        most *= 2;
    }
    most = most < BACKOFF_MOST_MS ? most : BACKOFF_MOST_MS;
    uint64_t wait = most / 2 + randombytes_uniform((uint32_t)(most / 2) + 1);
    return wait > asked_ms ? wait : asked_ms;
}

static void try_later(struct outbox *o, struct pending *p, uint32_t asked_ms,
                      struct slice said)
{
    p->attempts++;
    if (p->attempts > ATTEMPTS_MOST) {
        fail_for_good(o, p, said);
        return;
    }
    o->bot->numbers.action_retries++;
    set_state(o, p, PENDING_WAITING);
    p->next_ms = clock_unix_ms(&o->bot->clock) + backoff_ms(p, asked_ms);
    report(o, p, TASK_PENDING, said, slice_of(""));
    arm(o);
}

static struct slice json_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value)
               ? slice_make(json_string_value(value), json_string_length(value))
               : slice_of("");
}

static const struct store_finding *main_finding(const struct store_case *c)
{
    return c->finding_count ? &c->findings[0] : NULL;
}

static struct slice remote_of(const struct store_case *c, enum act_kind kind)
{
    for (size_t i = 0; i < c->task_count; i++) {
        if (c->tasks[i].kind == kind && c->tasks[i].remote_id.len) {
            return c->tasks[i].remote_id;
        }
    }
    return slice_of("");
}

static void fill_alert(struct action *a, const struct store_case *c,
                       const json_t *evidence, struct arena *arena)
{
    const struct store_finding *x = main_finding(c);
    a->title = arena_format(arena, "Case %llu: %s", (unsigned long long)c->id,
                            x ? category_info(x->category)->phrase
                              : "for a person to look at");
    a->clause = json_text(evidence, "explanation");
    a->open = c->state == CASE_OPEN;
    if (!c->restricted && x) {
        struct slice text = json_text(evidence, "text");
        a->excerpt = utf8_prefix(text, EXCERPT_BYTES);
        if (x->end > a->excerpt.len) {
            struct slice words = slice_sub(text, x->start, x->end - x->start);
            a->excerpt = utf8_prefix(words.len ? words : text, EXCERPT_BYTES);
        }
    }
}

// The action as the adapter gets it. Everything lives in evidence, extra, c and arena.
static struct action build_action(const struct pending *p, const struct store_case *c,
                                  const json_t *evidence, const json_t *extra,
                                  struct arena *arena)
{
    struct action a = {
        .kind = p->kind,
        .id = p->id,
        .case_id = p->case_id,
        .space = c->space,
        .channel = c->channel,
        .thread = c->thread,
        .message_id = c->message_id,
        .revision = c->revision,
        .author_id = json_text(evidence, "author_id"),
        .author_name = json_text(evidence, "author_name"),
        .reason = json_text(extra, "reason"),
        .state = json_text(extra, "state"),
        .duration_ms =
            (uint64_t)json_integer_value(json_object_get(extra, "duration_ms")),
        .severity = slice_of(severity_name(c->severity)),
        .posted_unix_ms = c->posted_ms,
    };
    if (p->kind == ACT_RESTORE) {
        a.body = json_text(evidence, "written");
        a.remote_id = remote_of(c, ACT_RESTORE);
    }
    if (p->kind == ACT_NOTICE) {
        a.body = json_text(evidence, "reply");
    }
    if (p->kind == ACT_ALERT || p->kind == ACT_ALERT_UPDATE) {
        fill_alert(&a, c, evidence, arena);
        a.remote_id = remote_of(c, ACT_ALERT);
    }
    return a;
}

static json_t *parse(struct slice json)
{
    json_t *value = json_loadb(json.ptr ? json.ptr : "{}", json.ptr ? json.len : 2,
                               JSON_ALLOW_NUL, NULL);
    return value ? value : json_object();
}

static void act(struct outbox *o, struct pending *p, const struct store_case *c,
                const struct store_task *task)
{
    p->link = p->link ? p->link : bot_link(o->bot, c->adapter);
    if (!p->link || !p->link->adapter || p->link->stopped) {
        try_later(o, p, 0, SLICE("this platform is not in use"));
        return;
    }
    json_t *evidence = parse(c->evidence);
    json_t *extra = parse(task->extra);
    struct arena arena;
    arena_init(&arena, 4096, 1 << 20);
    struct action action = build_action(p, c, evidence, extra, &arena);
    set_state(o, p, PENDING_OUT); // the outcome may come before act() returns
    uint64_t id = p->id;
    enum fault f = p->link->ops->act(p->link->adapter, &action, id);
    if (f) {
        outbox_outcome(o, id, f, NULL, slice_of(""));
    }
    arena_finish(&arena);
    json_decref(evidence);
    json_decref(extra);
}

static void on_loaded(struct store_request *r)
{
    struct outbox *o = r->ctx;
    struct pending *p = *slot(o, r->task.task_id);
    if (!p || p->state != PENDING_LOADING || o->stopped) {
        return;
    }
    if (r->fault == FAULT_NONE && r->task.task->state == TASK_PENDING) {
        act(o, p, r->task.the_case, r->task.task);
    } else if (r->fault == FAULT_INPUT) {
        fail_for_good(o, p, slice_of(r->why.text));
    } else if (r->fault != FAULT_CANCELLED) {
        forget(o, p->id); // purged or done by somebody else
    }
}

static void load(struct outbox *o, struct pending *p)
{
    struct store_request *r = store_request_create(STORE_TASK);
    if (!r) {
        return;
    }
    set_state(o, p, PENDING_LOADING);
    r->task.task_id = p->id;
    r->done = on_loaded;
    r->ctx = o;
    store_submit(o->bot->store, r);
}

static void run_ready(struct outbox *o)
{
    uint64_t now = clock_unix_ms(&o->bot->clock);
    struct pending *next;
    for (struct pending *p = o->first; p && !o->stopped; p = next) {
        next = p->next;
        bool due = p->state == PENDING_READY ||
                   (p->state == PENDING_WAITING && p->next_ms <= now);
        if (due && !must_wait(o, p)) {
            load(o, p);
        }
    }
    arm(o);
}

static void on_timer(uv_timer_t *timer)
{
    run_ready(timer->data);
}

static void arm(struct outbox *o)
{
    uint64_t now = clock_unix_ms(&o->bot->clock);
    uint64_t soonest = UINT64_MAX;
    // Most of a long list are out already; after the last other one nothing is to be seen.
    size_t left = o->in_state[PENDING_WAITING] + o->in_state[PENDING_READY];
    for (const struct pending *p = o->first; p && left; p = p->next) {
        left -= p->state == PENDING_WAITING || p->state == PENDING_READY;
        if (p->state == PENDING_WAITING && p->next_ms < soonest) {
            soonest = p->next_ms;
        } else if (p->state == PENDING_READY && !must_wait(o, p)) {
            soonest = now;
            break;
        }
    }
    if (soonest == UINT64_MAX || o->stopped) {
        uv_timer_stop(&o->timer);
        return;
    }
    uv_timer_start(&o->timer, on_timer, soonest > now ? soonest - now : 0, 0);
}

enum fault outbox_create(struct outbox **out, struct bot *bot)
{
    struct outbox *o = calloc(1, sizeof(*o));
    if (!o) {
        return FAULT_MEMORY;
    }
    o->bot = bot;
    uv_timer_init(bot->loop, &o->timer);
    o->timer.data = o;
    *out = o;
    return FAULT_NONE;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct outbox *o = handle->data;
    while (o->first) {
        forget(o, o->first->id);
    }
    free(o);
}

void outbox_destroy(struct outbox *o)
{
    if (o) {
        o->stopped = true;
        uv_close((uv_handle_t *)&o->timer, on_timer_closed);
    }
}

void outbox_add(struct outbox *o, const struct store_task *task, bool held)
{
    struct pending **at = slot(o, task->id);
    if (*at) {
        return;
    }
    struct pending *p = calloc(1, sizeof(*p));
    if (!p) {
        log_error("outbox: out of memory; the task waits for the next start",
                  LOG_U64("task", task->id));
        return;
    }
    *p = (struct pending){.id = task->id,
                          .case_id = task->case_id,
                          .kind = task->kind,
                          .state = held ? PENDING_HELD : PENDING_READY,
                          .attempts = task->attempts,
                          .next_ms = task->next_ms};
    if (!held && task->next_ms > clock_unix_ms(&o->bot->clock)) {
        p->state = PENDING_WAITING;
    }
    o->in_state[p->state]++;
    *at = p;
    insert_sorted(o, p);
    o->size++;
    o->highest_id = task->id > o->highest_id ? task->id : o->highest_id;
    if (!held) {
        arm(o);
    }
}

void outbox_release(struct outbox *o, uint64_t task_id, const struct store_case *c,
                    const struct store_task *task)
{
    struct pending *p = *slot(o, task_id);
    if (!p || p->state != PENDING_HELD) {
        return;
    }
    set_state(o, p, PENDING_READY);
    if (o->stopped) {
        return;
    }
    if (must_wait(o, p)) {
        arm(o);
    } else {
        act(o, p, c, task);
    }
}

void outbox_drop(struct outbox *o, uint64_t task_id)
{
    forget(o, task_id);
}

void outbox_hurry(struct outbox *o, const struct store_task *task,
                  const struct store_case *c)
{
    struct pending *p = *slot(o, task->id);
    if (p && p->state == PENDING_HELD && !o->stopped) {
        act(o, p, c, task);
    }
}

void outbox_outcome(struct outbox *o, uint64_t ticket, enum fault f,
                    const struct why *why, struct slice remote_id)
{
    struct pending *p = *slot(o, ticket);
    if (!p || p->state != PENDING_OUT) {
        return;
    }
    struct slice said = slice_of(why_text(why, f));
    switch (f) {
    case FAULT_NONE:
        o->bot->numbers.actions_done++;
        report(o, p, TASK_DONE, slice_of(""), remote_id);
        bot_event(o->bot, "action", p->case_id);
        forget(o, ticket);
        arm(o);
        break;
    case FAULT_INPUT:
    case FAULT_DENIED:
    case FAULT_ABSENT:
    case FAULT_LIMIT:
        fail_for_good(o, p, said);
        arm(o);
        break;
    case FAULT_CANCELLED:
        set_state(o, p, PENDING_READY); // stopping: the row stays pending
        arm(o);
        break;
    case FAULT_MEMORY:
    case FAULT_THROTTLED:
    case FAULT_OFFLINE:
    case FAULT_STORE:
        try_later(o, p, why ? why->wait_ms : 0, said);
        break;
    }
}

void outbox_kick(struct outbox *o)
{
    for (struct pending *p = o->first; p; p = p->next) {
        if (p->state == PENDING_WAITING) {
            set_state(o, p, PENDING_READY);
        }
    }
    arm(o);
}

void outbox_stop(struct outbox *o)
{
    o->stopped = true;
    uv_timer_stop(&o->timer);
}

size_t outbox_size(const struct outbox *o)
{
    return o->size;
}

void outbox_take_due(struct outbox *o, const struct store_request *due)
{
    for (size_t i = 0; i < due->due.task_count; i++) {
        outbox_add(o, &due->due.tasks[i], false);
    }
}

static void on_due(struct store_request *r)
{
    if (r->fault == FAULT_NONE) {
        outbox_take_due(r->ctx, r);
    }
}

void outbox_refresh(struct outbox *o)
{
    struct store_request *r = store_request_create(STORE_DUE);
    if (r) {
        r->done = on_due;
        r->ctx = o;
        store_submit(o->bot->store, r);
    }
}
