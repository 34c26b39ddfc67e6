// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_desk.h"

#include <libwebsockets.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_decode.h"
#include "adapters/matrix/matrix_json.h"
#include "bot/base/log.h"
#include "bot/base/utf8.h"

enum {
    BODY_MOST = 256 << 10, // an event has 64 KiB at most
    ANSWER_MOST = 2048,
    SENTENCE_MOST = 400,
    CONNECTIONS_MOST = 2000,
    LISTEN_MOST = 256,
    NS_PER_MS = 1000000,
};

enum state { ASKED, CLAIMED, ANSWERED, EXPIRED };

// Shared by the connection that asked and by whoever judges; the last one frees it.
struct question {
    _Atomic(enum state) state;
    atomic_int owners;
    json_t *event;
    uint64_t at_ns;
    struct question *next;            // not taken yet
    char sentence[SENTENCE_MOST + 1]; // set before ANSWERED
};

// One connection with the request that it is about.
struct visit {
    struct desk *desk;
    struct lws *wsi;
    struct text body;
    uint64_t at_ns;
    unsigned status; // decided before the body was read; 0: not yet
    enum { ASKS_NOTHING, ASKS_PING, ASKS_NUMBERS, ASKS_EVENT } asks;
    struct question *question; // waiting for its answer
    struct visit *prev, *next; // of those with a question
    unsigned char answer[LWS_PRE + ANSWER_MOST];
    size_t len;
};

struct desk {
    struct secret token;
    struct clock clock;
    void (*wake)(void *ctx);
    void *ctx;
    char listen[LISTEN_MOST];
    struct lws_protocols protocols[2];
    struct lws_context *lws;
    lws_sorted_usec_list_t due; // the oldest question's end
    struct visit *waiting;
    pthread_t thread;
    atomic_bool stopping;
    pthread_mutex_t lock; // guards the two below
    struct question *first, *last;
    atomic_uint_fast64_t asked, timed_out, longest_ns;
};

static void question_release(struct question *q)
{
    if (atomic_fetch_sub(&q->owners, 1) == 1) {
        json_decref(q->event);
        free(q);
    }
}

const json_t *question_event(const struct question *q)
{
    return q->event;
}

bool question_waits(const struct question *q)
{
    return atomic_load(&q->state) != EXPIRED;
}

static bool change(struct question *q, enum state to)
{
    enum state from = ASKED;
    return atomic_compare_exchange_strong(&q->state, &from, to);
}

bool question_claim(struct question *q)
{
    return change(q, CLAIMED);
}

void question_answer(struct desk *d, struct question *q, struct slice sentence)
{
    if (atomic_load(&q->state) == CLAIMED) {
        sentence = utf8_prefix(sentence, SENTENCE_MOST);
        memcpy(q->sentence, sentence.ptr ? sentence.ptr : "", sentence.len);
        atomic_store(&q->state, ANSWERED);
    } else {
        (void)change(q, ANSWERED);
    }
    question_release(q);
    lws_cancel_service(d->lws); // meaning: wake up
}

struct question *desk_take(struct desk *d)
{
    pthread_mutex_lock(&d->lock);
    struct question *q = d->first;
    if (q) {
        d->first = q->next;
        d->last = d->first ? d->last : NULL;
    }
    pthread_mutex_unlock(&d->lock);
    return q;
}

void desk_numbers(const struct desk *d, struct desk_numbers *out)
{
    *out = (struct desk_numbers){
        .asked = atomic_load(&d->asked),
        .timed_out = atomic_load(&d->timed_out),
        .longest_ms = atomic_load(&d->longest_ns) / NS_PER_MS,
    };
}

// From here on everything runs on the desk's thread.

static int reply(struct visit *v, unsigned status, struct slice body)
{
    unsigned char head[LWS_PRE + 512];
    unsigned char *p = head + LWS_PRE;
    unsigned char *end = head + sizeof(head) - 1;
    body = slice_sub(body, 0, ANSWER_MOST);
    memcpy(v->answer + LWS_PRE, body.ptr ? body.ptr : "", body.len);
    v->len = body.len;
    if (lws_add_http_common_headers(v->wsi, status, "application/json", body.len, &p,
                                    end) ||
        lws_finalize_write_http_header(v->wsi, head + LWS_PRE, &p, end)) {
        return -1;
    }
    lws_callback_on_writable(v->wsi);
    return 0;
}

static bool authorized(const struct visit *v)
{
    char given[SECRET_BYTES + 16] = "";
    static const char scheme[] = "Bearer ";
    enum { SCHEME = sizeof(scheme) - 1 };
    const struct secret *token = &v->desk->token;
    int n = lws_hdr_copy(v->wsi, given, sizeof(given), WSI_TOKEN_HTTP_AUTHORIZATION);
    return n > 0 && (size_t)n == SCHEME + token->len &&
           sodium_memcmp(given, scheme, SCHEME) == 0 &&
           sodium_memcmp(given + SCHEME, token->bytes, token->len) == 0;
}

static void no_longer_waits(struct visit *v)
{
    struct desk *d = v->desk;
    if (!v->question) {
        return;
    }
    *(v->prev ? &v->prev->next : &d->waiting) = v->next;
    if (v->next) {
        v->next->prev = v->prev;
    }
    question_release(v->question);
    v->question = NULL;
}

static int tell(struct visit *v, const char *sentence)
{
    if (!*sentence) {
        return reply(v, HTTP_STATUS_OK, SLICE("{}"));
    }
    struct text body;
    text_init(&body, ANSWER_MOST);
    text_add_str(&body, "{\"errcode\":\"M_FORBIDDEN\",\"error\":");
    text_add_json(&body, slice_of(sentence));
    text_add_char(&body, '}');
    int rc = reply(v, HTTP_STATUS_FORBIDDEN, text_slice(&body));
    text_finish(&body);
    return rc;
}

static uint64_t age_ns(const struct desk *d, uint64_t at_ns)
{
    uint64_t now = clock_monotonic_ns(&d->clock);
    return now > at_ns ? now - at_ns : 0;
}

// Gives the answer if there is one, or if there is no more time to wait for it.
static void settle(struct visit *v)
{
    struct desk *d = v->desk;
    struct question *q = v->question;
    bool over = age_ns(d, q->at_ns) >= (uint64_t)DESK_PATIENCE_MS * NS_PER_MS;
    if (over && change(q, EXPIRED)) {
        atomic_fetch_add(&d->timed_out, 1);
    }
    enum state state = atomic_load(&q->state);
    if (state != ANSWERED && state != EXPIRED) {
        return;
    }
    int rc = tell(v, state == ANSWERED ? q->sentence : "");
    no_longer_waits(v);
    if (rc) {
        lws_set_timeout(v->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
}

static void on_due(lws_sorted_usec_list_t *due);

static void settle_all(struct desk *d)
{
    uint64_t oldest = 0;
    for (struct visit *v = d->waiting, *next; v; v = next) {
        next = v->next;
        settle(v);
        if (v->question) {
            uint64_t age = age_ns(d, v->at_ns);
            oldest = age > oldest ? age : oldest;
        }
    }
    if (d->waiting) {
        uint64_t patience = (uint64_t)DESK_PATIENCE_MS * NS_PER_MS;
        uint64_t left = oldest < patience ? patience - oldest : 0;
        // Claimed at the last moment: looked at again soon.
        left = left < NS_PER_MS ? NS_PER_MS : left;
        lws_sul_schedule(d->lws, 0, &d->due, on_due, (lws_usec_t)(left / 1000));
    }
}

static void on_due(lws_sorted_usec_list_t *due)
{
    settle_all(lws_container_of(due, struct desk, due));
}

static int ask(struct visit *v, json_t *event)
{
    struct desk *d = v->desk;
    struct question *q = calloc(1, sizeof(*q));
    if (!q) {
        json_decref(event);
        return tell(v, "");
    }
    q->event = event;
    q->at_ns = v->at_ns;
    atomic_store(&q->owners, 2);
    v->question = q;
    v->prev = NULL;
    v->next = d->waiting;
    if (v->next) {
        v->next->prev = v;
    } else {
        lws_sul_schedule(d->lws, 0, &d->due, on_due,
                         (lws_usec_t)DESK_PATIENCE_MS * 1000);
    }
    d->waiting = v;
    pthread_mutex_lock(&d->lock);
    *(d->last ? &d->last->next : &d->first) = q;
    d->last = q;
    pthread_mutex_unlock(&d->lock);
    d->wake(d->ctx);
    return 0;
}

static int pong(struct visit *v, const json_t *json)
{
    struct slice id = slice_sub(matrix_text(json, "id"), 0, 64);
    json_t *said =
        json_pack("{ss% ss}", "id", id.ptr ? id.ptr : "", id.len, "status", "ok");
    char *text = json_dumps(said, JSON_COMPACT);
    int rc = reply(v, HTTP_STATUS_OK, slice_of(text ? text : "{}"));
    free(text);
    json_decref(said);
    return rc;
}

static int give_numbers(struct visit *v)
{
    char text[160];
    struct desk_numbers n;
    desk_numbers(v->desk, &n);
    snprintf(text, sizeof(text),
             "{\"asked\":%llu,\"timed_out\":%llu,\"longest_ms\":%llu}",
             (unsigned long long)n.asked, (unsigned long long)n.timed_out,
             (unsigned long long)n.longest_ms);
    return reply(v, HTTP_STATUS_OK, slice_of(text));
}

static int begin(struct visit *v, struct lws *wsi, const char *uri)
{
    struct desk *d = lws_context_user(lws_get_context(wsi));
    text_finish(&v->body);
    *v = (struct visit){.desk = d, .wsi = wsi};
    text_init(&v->body, BODY_MOST);
    v->at_ns = clock_monotonic_ns(&d->clock);
    bool posts = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0;
    if (!authorized(v)) {
        v->status = HTTP_STATUS_UNAUTHORIZED;
    } else if (!posts) {
        v->status = HTTP_STATUS_METHOD_NOT_ALLOWED;
    } else if (strcmp(uri, "/check_event_for_spam") == 0) {
        v->asks = ASKS_EVENT;
    } else if (strcmp(uri, "/ping") == 0) {
        v->asks = ASKS_PING;
    } else if (strcmp(uri, "/numbers") == 0) {
        v->asks = ASKS_NUMBERS;
    } else {
        v->status = HTTP_STATUS_NOT_FOUND;
    }
    // Without POST no body follows.
    return v->status && !posts ? reply(v, v->status, SLICE("no\n")) : 0;
}

// No JSON in a refusal that is not a verdict: the module then fails open.
static int body_done(struct visit *v)
{
    if (v->status) {
        return reply(v, v->status, SLICE("no\n"));
    }
    // Too large a body is let through, like whatever else makes no sense.
    json_t *json = text_failed(&v->body) ? NULL : matrix_json(text_slice(&v->body));
    int rc = 0;
    switch (v->asks) {
    case ASKS_NOTHING:
    case ASKS_PING:
        rc = pong(v, json);
        break;
    case ASKS_NUMBERS:
        rc = give_numbers(v);
        break;
    case ASKS_EVENT:
        atomic_fetch_add(&v->desk->asked, 1);
        if (json_is_object(json_object_get(json, "event"))) {
            rc = ask(v, json_incref(json_object_get(json, "event")));
        } else {
            rc = tell(v, "");
        }
        break;
    }
    json_decref(json);
    return rc;
}

static int write_answer(struct visit *v)
{
    if (v->question) {
        return 0; // nothing to write yet
    }
    uint64_t took = age_ns(v->desk, v->at_ns);
    if (v->asks == ASKS_EVENT && took > atomic_load(&v->desk->longest_ns)) {
        atomic_store(&v->desk->longest_ns, took);
    }
    if (lws_write(v->wsi, v->answer + LWS_PRE, v->len, LWS_WRITE_HTTP_FINAL) <
        (int)v->len) {
        return -1;
    }
    return lws_http_transaction_completed(v->wsi) ? -1 : 0;
}

static void leave(struct visit *v)
{
    no_longer_waits(v);
    text_finish(&v->body);
    v->desk = NULL;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                   void *in, size_t len)
{
    struct visit *v = user;
    switch ((int)reason) { // other reasons come without a visit
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        settle_all(lws_context_user(lws_get_context(wsi)));
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return -1;
    case LWS_CALLBACK_HTTP:
        return begin(v, wsi, in);
    case LWS_CALLBACK_HTTP_BODY:
        if (v->desk) {
            (void)text_add(&v->body, slice_make(in, len)); // remembers a failure
        }
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return v->desk ? body_done(v) : -1;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return v->desk ? write_answer(v) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (v && v->desk) {
            leave(v);
        }
        return 0;
    default:
        return 0;
    }
}

static void *serve(void *desk)
{
    struct desk *d = desk;
    while (!atomic_load(&d->stopping) && lws_service(d->lws, 0) >= 0) {
    }
    return NULL;
}

static enum fault listen_at(struct desk *d, uint16_t port, struct why *why)
{
    d->protocols[0] = (struct lws_protocols){
        .name = "http",
        .callback = on_http,
        .per_session_data_size = sizeof(struct visit),
        .rx_buffer_size = 16 << 10,
    };
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .server_string = "hallmonitor",
        .pt_serv_buf_size = 16 << 10,
        .fd_limit_per_thread = CONNECTIONS_MOST,
        .user = d,
    };
    d->lws = lws_create_context(&info);
    if (!d->lws) {
        return fault_say(why, FAULT_OFFLINE, "matrix: libwebsockets does not start");
    }
    struct lws_context_creation_info host = {
        .port = port,
        .iface = d->listen,
        .protocols = d->protocols,
        .vhost_name = "matrix-preview",
        .keepalive_timeout = 60,
        .timeout_secs = 20,
    };
    struct lws_vhost *vhost = lws_create_vhost(d->lws, &host);
    if (!vhost || lws_get_vhost_listen_port(vhost) <= 0) {
        return fault_say(why, FAULT_OFFLINE,
                         "matrix: cannot listen for the homeserver's questions on "
                         "%.60s:%u; is the port taken?",
                         d->listen, port);
    }
    return FAULT_NONE;
}

static void destroy(struct desk *d)
{
    if (d->lws) {
        lws_context_destroy(d->lws);
    }
    struct question *q;
    while ((q = desk_take(d))) {
        question_release(q);
    }
    pthread_mutex_destroy(&d->lock);
    secret_wipe(&d->token);
    free(d);
}

enum fault desk_open(struct desk **out, const struct desk_settings *settings,
                     struct why *why)
{
    struct desk *d = calloc(1, sizeof(*d));
    if (!d) {
        return FAULT_MEMORY;
    }
    d->token = *settings->token;
    d->clock = settings->clock;
    d->wake = settings->wake;
    d->ctx = settings->ctx;
    snprintf(d->listen, sizeof(d->listen), "%s", settings->listen);
    pthread_mutex_init(&d->lock, NULL);
    enum fault f = listen_at(d, settings->port, why);
    if (!f && pthread_create(&d->thread, NULL, serve, d)) {
        f = fault_say(why, FAULT_MEMORY, "matrix: no thread for the questions");
    }
    if (f) {
        destroy(d);
        return f;
    }
    *out = d;
    return FAULT_NONE;
}

void desk_close(struct desk *d)
{
    if (!d) {
        return;
    }
    atomic_store(&d->stopping, true);
    lws_cancel_service(d->lws);
    pthread_join(d->thread, NULL);
    destroy(d);
}
