// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"
#include "bot/base/log.h"

enum {
    OUT_MOST = 16,
    OTHERS_MOST = 2, // what is no redaction shall not slow redactions down
    OFFLINE_PAUSE_MS = 2000,
    PATIENCE_MS = 2000,
    PATIENCE_NARROW_MS = 60000,
    NARROW = 4,
    TRY_PAUSE_MS = 200,
    TRIES_AT_ONCE = 3,
    REMOTE_MOST = 4096
};

struct job {
    struct job *prev, *next;
    struct deed *deed;
    enum rest_method method;
    bool out;
    unsigned tries;
    uint64_t added_ns;
    char *path;
    char *body; // NULL: none
    char *event;
    job_done_fn *done;
};

static void put(char **at, struct slice *out, struct slice s)
{
    if (s.len) {
        memcpy(*at, s.ptr, s.len);
    }
    *out = slice_make(*at, s.len);
    (*at)[s.len] = '\0';
    *at += s.len + 1;
}

struct deed *deed_create(struct adapter *a, const struct action *what, uint64_t ticket)
{
    struct slice target = what->revision.len ? what->revision : what->message_id;
    size_t bytes = what->space.len + target.len + what->author_id.len +
                   what->author_name.len + what->body.len + what->reason.len + 6;
    struct deed *d = calloc(1, sizeof(*d) + bytes);
    if (!d) {
        return NULL;
    }
    char *at = (char *)(d + 1);
    d->adapter = a;
    d->id = what->id;
    d->ticket = ticket;
    d->duration_ms = what->duration_ms;
    d->jobs = 1;
    put(&at, &d->room, what->space);
    put(&at, &d->target, target);
    put(&at, &d->author, what->author_id);
    put(&at, &d->name, what->author_name);
    put(&at, &d->body, what->body);
    put(&at, &d->reason, what->reason);
    text_init(&d->remote_id, REMOTE_MOST);
    return d;
}

void deed_fail(struct deed *d, enum fault f, const struct why *why)
{
    if (f && !d->fault) {
        d->fault = f;
        d->why = why ? *why : (struct why){0};
    }
}

void deed_release(struct deed *d)
{
    if (--d->jobs > 0) {
        return;
    }
    struct adapter *a = d->adapter;
    bool holds = d->holds;
    if (!d->own) {
        host_outcome(a->host, d->ticket, d->fault, d->fault ? &d->why : NULL,
                     text_slice(&d->remote_id));
    }
    text_finish(&d->remote_id);
    json_decref(d->content);
    free(d);
    if (holds) {
        matrix_sync_release(a);
    }
}

static void unlink_job(struct jobs *q, struct job *j)
{
    *(j->prev ? &j->prev->next : &q->first) = j->next;
    *(j->next ? &j->next->prev : &q->last) = j->prev;
    q->waiting--;
}

static void free_job(struct job *j)
{
    free(j->path);
    free(j->body);
    free(j->event);
    free(j);
}

static void end_job(struct adapter *a, struct job *j, enum fault f,
                    const struct why *why, const json_t *json)
{
    struct deed *d = j->deed;
    unlink_job(&a->jobs, j);
    if (!f && j->event) {
        matrix_redacted(a, slice_of(j->event));
    }
    j->done(d, f, why, json);
    free_job(j);
    deed_release(d);
}

static void pause_until(const struct adapter *a, uint64_t *until_ms, uint32_t ms)
{
    uint64_t until = matrix_now_ns(a) / 1000000 + ms;
    *until_ms = until > *until_ms ? until : *until_ms;
}

static void pause_queue(struct adapter *a, uint32_t ms)
{
    pause_until(a, &a->jobs.paused_until_ms, ms);
}

static void on_answer(void *ctx, const struct rest_answer *answer)
{
    struct job *j = ctx;
    struct adapter *a = j->deed->adapter;
    struct why why = {0};
    json_t *json = NULL;
    bool token_lost = false;
    enum fault f = matrix_answer(answer, &json, &token_lost, &why);
    j->out = false;
    a->jobs.out--;
    if (!answer->fault) {
        a->health.round_trip_ms =
            (uint32_t)((answer->answered_ns - answer->sent_ns) / 1000000) + 1;
    }
    if (token_lost && !a->stopping) {
        matrix_login_lost(a, json_is_true(json_object_get(json, "soft_logout")));
    } else if (f == FAULT_THROTTLED && !a->stopping) {
        a->health.throttled++;
        if (j->event) {
            a->jobs.narrow = NARROW;
            pause_queue(a, why.wait_ms);
        } else {
            pause_until(a, &a->jobs.others_until_ms, why.wait_ms);
        }
    } else if (f == FAULT_OFFLINE && j->method != REST_POST && !a->stopping &&
               j->tries++ < TRIES_AT_ONCE) {
        pause_queue(a, TRY_PAUSE_MS); // the line was cut; asking twice does no harm
    } else if (f == FAULT_OFFLINE && j->deed->own && !a->stopping) {
        pause_queue(a, OFFLINE_PAUSE_MS); // nobody else would try it again
    } else {
        a->jobs.narrow -= a->jobs.narrow > 0;
        end_job(a, j, f, &why, json);
    }
    json_decref(json);
    jobs_kick(a);
}

static bool event_is_out(const struct jobs *q, const struct job *j)
{
    for (const struct job *other = q->first; other; other = other->next) {
        if (other->out && other->event && strcmp(other->event, j->event) == 0) {
            return true;
        }
    }
    return false;
}

static void send_job(struct adapter *a, struct job *j)
{
    struct rest_request request = {.method = j->method,
                                   .path = j->path,
                                   .body = slice_of(j->body),
                                   .done = on_answer,
                                   .ctx = j};
    j->out = true;
    a->jobs.out++;
    enum fault f = rest_send(a->rest, &request, NULL);
    if (f) {
        j->out = false;
        a->jobs.out--;
        end_job(a, j, f, NULL, NULL);
    }
}

static void on_timer(uv_timer_t *timer)
{
    jobs_kick(timer->data);
}

// What is no redaction waits while one is under way, but not for ever.
static bool others_may_go(const struct adapter *a)
{
    if (a->jobs.others_until_ms > matrix_now_ns(a) / 1000000) {
        return false;
    }
    const struct job *oldest = NULL;
    bool redacting = false;
    unsigned out = 0;
    for (const struct job *j = a->jobs.first; j && out < OTHERS_MOST; j = j->next) {
        redacting = redacting || j->event;
        out += j->out && !j->event;
        if (!oldest && !j->out && !j->event) {
            oldest = j;
        }
    }
    uint64_t patience_ms = a->jobs.narrow ? PATIENCE_NARROW_MS : PATIENCE_MS;
    bool patient =
        oldest && matrix_now_ns(a) - oldest->added_ns < patience_ms * 1000000;
    return out < OTHERS_MOST && !(redacting && patient);
}

// The next redaction, or the next other job, that may go out.
static struct job *next_job(struct adapter *a, bool redactions)
{
    for (struct job *j = a->jobs.first; j; j = j->next) {
        if (!j->out && (j->event != NULL) == redactions &&
            !(j->event && event_is_out(&a->jobs, j))) {
            return j;
        }
    }
    return NULL;
}

void jobs_kick(struct adapter *a)
{
    uint64_t now = matrix_now_ns(a) / 1000000;
    if (a->phase != PHASE_SYNC || a->stopping || !a->jobs.first) {
        return;
    }
    if (a->jobs.paused_until_ms > now) {
        uv_timer_start(&a->jobs_timer, on_timer, a->jobs.paused_until_ms - now, 0);
        return;
    }
    struct job *j;
    while (a->jobs.out < (a->jobs.narrow ? 1 : OUT_MOST) &&
           ((j = next_job(a, true)) != NULL ||
            (others_may_go(a) && (j = next_job(a, false)) != NULL))) {
        if (j->event && matrix_is_redacted(a, j->event)) {
            end_job(a, j, FAULT_NONE, NULL, NULL);
        } else {
            send_job(a, j);
        }
        if (a->phase != PHASE_SYNC || a->stopping) {
            return;
        }
    }
    if (a->jobs.first && a->jobs.others_until_ms > now) {
        uv_timer_start(&a->jobs_timer, on_timer, a->jobs.others_until_ms - now, 0);
    }
}

enum fault jobs_add(struct deed *d, const struct job_request *request)
{
    struct jobs *q = &d->adapter->jobs;
    struct job *j = calloc(1, sizeof(*j));
    if (!j) {
        return FAULT_MEMORY;
    }
    j->deed = d;
    j->method = request->method;
    j->done = request->done;
    j->added_ns = matrix_now_ns(d->adapter);
    j->path = strdup(request->path);
    if (request->body) {
        j->body = json_dumps(request->body, JSON_COMPACT);
    } else if (request->method != REST_GET) {
        j->body = strdup("{}");
    }
    if (request->event.len) {
        j->event = slice_dup(request->event);
    }
    if (!j->path || (request->method != REST_GET && !j->body) ||
        (request->event.len && !j->event)) {
        free_job(j);
        return FAULT_MEMORY;
    }
    d->jobs++;
    j->prev = q->last;
    *(q->last ? &q->last->next : &q->first) = j;
    q->last = j;
    q->waiting++;
    return FAULT_NONE;
}

void jobs_cancel(struct adapter *a)
{
    // Those that are out end with the client; the rest here.
    for (struct job *j = a->jobs.first, *next; j; j = next) {
        next = j->next;
        if (!j->out) {
            end_job(a, j, FAULT_CANCELLED, NULL, NULL);
            next = a->jobs.first; // its end may have taken others along
            while (next && next->out) {
                next = next->next;
            }
        }
    }
}
