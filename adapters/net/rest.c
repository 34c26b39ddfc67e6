// SPDX-License-Identifier: MIT
#include "adapters/net/rest.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/text.h"

enum { URL_MOST = 64 << 10, HEADER_MOST = 8 << 10 };

struct transfer {
    struct transfer *prev, *next;
    struct rest *rest;
    uint64_t id;
    CURL *easy;
    struct curl_slist *headers;
    char *sent_body;  // lent to libcurl
    struct text body; // what came
    rest_done_fn *done;
    void *ctx;
    uint64_t sent_ns;
    char error[CURL_ERROR_SIZE];
};

// One of libcurl's sockets on the loop; freed in its close callback.
struct watch {
    uv_poll_t poll;
    struct rest *rest;
    curl_socket_t socket;
    int events; // libuv's, asked for now
};

struct rest {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    bool timer_made;
    bool stopping;
    bool stopped;
    unsigned handles; // libuv handles not closed yet
    struct transfer *first;
    uint32_t waiting;
    uint64_t last_id;
    struct text base_url, user_agent, authorization; // whole header lines but the url
    size_t answer_bytes;
    uint32_t timeout_ms;
    void (*stopped_fn)(void *ctx);
    void *stopped_ctx;
};

static uint64_t now_ns(void)
{
    struct clock c = clock_real();
    return clock_monotonic_ns(&c);
}

static void free_transfer(struct transfer *t)
{
    if (!t) {
        return;
    }
    if (t->easy) {
        curl_easy_cleanup(t->easy);
    }
    curl_slist_free_all(t->headers);
    free(t->sent_body);
    text_finish(&t->body);
    free(t);
}

// Takes t out of everything, tells its owner, and frees it.
static void end_transfer(struct transfer *t, struct rest_answer *answer)
{
    struct rest *r = t->rest;
    *(t->prev ? &t->prev->next : &r->first) = t->next;
    if (t->next) {
        t->next->prev = t->prev;
    }
    r->waiting--;
    curl_multi_remove_handle(r->multi, t->easy);
    answer->sent_ns = t->sent_ns;
    answer->answered_ns = now_ns();
    answer->headers = t->easy;
    t->done(t->ctx, answer);
    free_transfer(t);
}

static void cancel(struct transfer *t)
{
    struct rest_answer answer = {.fault = FAULT_CANCELLED};
    end_transfer(t, &answer);
}

static enum fault translate(const struct transfer *t, CURLcode code, struct why *why)
{
    if (code == CURLE_OK) {
        return FAULT_NONE;
    }
    if (code == CURLE_OUT_OF_MEMORY || t->body.fault == FAULT_MEMORY) {
        return fault_say(why, FAULT_MEMORY, "out of memory");
    }
    if (code == CURLE_WRITE_ERROR && t->body.fault == FAULT_LIMIT) {
        return fault_say(why, FAULT_LIMIT, "the answer is longer than %zu bytes",
                         t->body.limit);
    }
    return fault_say(why, FAULT_OFFLINE, "%s",
                     t->error[0] ? t->error : curl_easy_strerror(code));
}

static void take_finished(struct rest *r)
{
    int left;
    const CURLMsg *m;
    // A callback may stop the client, which ends the multi handle.
    while (r->multi && (m = curl_multi_info_read(r->multi, &left))) {
        if (m->msg != CURLMSG_DONE) {
            continue;
        }
        struct transfer *t = NULL;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
        struct rest_answer answer = {0};
        answer.fault = translate(t, code, &answer.why);
        if (!answer.fault) {
            curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &answer.status);
            answer.body = text_slice(&t->body);
        }
        end_transfer(t, &answer);
    }
}

static void drive(struct rest *r, curl_socket_t socket, int events)
{
    int running;
    if (r->multi) {
        curl_multi_socket_action(r->multi, socket, events, &running);
        take_finished(r);
    }
}

static void on_timer(uv_timer_t *timer)
{
    drive(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    (void)multi;
    struct rest *r = ctx;
    if (r->stopping) {
        return 0;
    }
    if (timeout_ms < 0) {
        uv_timer_stop(&r->timer);
    } else {
        uv_timer_start(&r->timer, on_timer, (uint64_t)timeout_ms, 0);
    }
    return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    int what = 0;
    if (status < 0) {
        what = CURL_CSELECT_ERR;
    }
    what |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    what |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    drive(w->rest, w->socket, what);
}

static void handle_closed(struct rest *r)
{
    if (--r->handles == 0 && r->stopping) {
        r->stopped = true;
        if (r->stopped_fn) {
            r->stopped_fn(r->stopped_ctx);
        }
    }
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *w = handle->data;
    struct rest *r = w->rest;
    free(w);
    handle_closed(r);
}

static struct watch *watch_create(struct rest *r, curl_socket_t socket)
{
    struct watch *w = calloc(1, sizeof(*w));
    if (!w || uv_poll_init_socket(r->loop, &w->poll, socket) != 0) {
        free(w);
        return NULL;
    }
    w->rest = r;
    w->socket = socket;
    w->poll.data = w;
    r->handles++;
    return w;
}

static int set_watch(CURL *easy, curl_socket_t socket, int what, void *ctx,
                     void *of_socket)
{
    (void)easy;
    struct rest *r = ctx;
    struct watch *w = of_socket;
    if (what == CURL_POLL_REMOVE) {
        if (w) {
            curl_multi_assign(r->multi, socket, NULL);
            uv_close((uv_handle_t *)&w->poll, on_watch_closed);
        }
        return 0;
    }
    if (!w) {
        w = watch_create(r, socket);
        if (!w) {
            return -1;
        }
        curl_multi_assign(r->multi, socket, w);
    }
    int events = 0;
    events |= what != CURL_POLL_OUT ? UV_READABLE : 0;
    events |= what != CURL_POLL_IN ? UV_WRITABLE : 0;
    if (events != w->events) {
        w->events = events;
        uv_poll_start(&w->poll, events, on_ready);
    }
    return 0;
}

static enum fault set_text(struct text *t, const char *before, const char *value)
{
    text_clear(t);
    if (!value) {
        return FAULT_NONE;
    }
    text_add_str(t, before);
    text_add_str(t, value);
    return t->fault;
}

enum fault rest_open(struct rest **out, uv_loop_t *loop,
                     const struct rest_settings *settings, struct why *why)
{
    struct rest *r = calloc(1, sizeof(*r));
    if (!r || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(r);
        return fault_say(why, FAULT_MEMORY, "libcurl cannot start");
    }
    r->loop = loop;
    r->answer_bytes = settings->answer_bytes;
    r->timeout_ms = settings->timeout_ms;
    text_init(&r->base_url, URL_MOST);
    text_init(&r->user_agent, HEADER_MOST);
    text_init(&r->authorization, HEADER_MOST);
    r->multi = curl_multi_init();
    if (!r->multi || set_text(&r->base_url, "", settings->base_url) ||
        set_text(&r->user_agent, "User-Agent: ", settings->user_agent) ||
        set_text(&r->authorization, "Authorization: ", settings->authorization)) {
        rest_close(r);
        return fault_say(why, FAULT_MEMORY,
                         "the remote's address or token is too long");
    }
    long connections = settings->connections ? (long)settings->connections : 8;
    curl_multi_setopt(r->multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
    curl_multi_setopt(r->multi, CURLMOPT_MAXCONNECTS, connections);
    curl_multi_setopt(r->multi, CURLMOPT_SOCKETFUNCTION, set_watch);
    curl_multi_setopt(r->multi, CURLMOPT_SOCKETDATA, r);
    curl_multi_setopt(r->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(r->multi, CURLMOPT_TIMERDATA, r);
    *out = r;
    return FAULT_NONE;
}

enum fault rest_authorize(struct rest *r, const char *authorization)
{
    r->authorization.fault = FAULT_NONE;
    return set_text(&r->authorization, "Authorization: ", authorization);
}

enum fault rest_base_url(struct rest *r, const char *base_url)
{
    r->base_url.fault = FAULT_NONE;
    return set_text(&r->base_url, "", base_url);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    return text_add(&t->body, slice_make(bytes, size * count)) ? 0 : size * count;
}

static bool add_header(struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);
    t->headers = longer ? longer : t->headers;
    return longer;
}

static bool add_headers(struct transfer *t, const struct rest_request *q)
{
    const struct rest *r = t->rest;
    bool good = add_header(t, "Accept: application/json") && add_header(t, "Expect:");
    if (r->user_agent.len) {
        good = good && add_header(t, text_cstr(&r->user_agent));
    }
    if (r->authorization.len && !q->anonymous) {
        good = good && add_header(t, text_cstr(&r->authorization));
    }
    if (q->body.len) {
        good = good && add_header(t, "Content-Type: application/json");
    }
    if (q->reason) {
        struct text line;
        text_init(&line, HEADER_MOST);
        text_add_str(&line, "X-Audit-Log-Reason: ");
        text_add_str(&line, q->reason);
        good = good && !text_failed(&line) && add_header(t, text_cstr(&line));
        text_finish(&line);
    }
    return good;
}

static void set_method(struct transfer *t, const struct rest_request *q)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    if (q->method != REST_GET && (q->body.len || q->method != REST_DELETE)) {
        curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->sent_body ? t->sent_body : "");
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.len);
    }
    if (q->method != REST_GET && q->method != REST_POST) {
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, names[q->method]);
    }
}

static bool prepare(struct transfer *t, const struct rest_request *q)
{
    const struct rest *r = t->rest;
    struct text url;
    text_init(&url, URL_MOST);
    text_add(&url, text_slice(&r->base_url));
    text_add_str(&url, q->path);
    bool good = !text_failed(&url) && add_headers(t, q) &&
                curl_easy_setopt(t->easy, CURLOPT_URL, text_cstr(&url)) == CURLE_OK;
    text_finish(&url);
    if (!good) {
        return false;
    }
    uint32_t timeout_ms = q->timeout_ms ? q->timeout_ms : r->timeout_ms;
    set_method(t, q);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, q->once ? 1L : 0L);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
    return true;
}

// A line end in a header would begin another header.
static bool has_control(const char *s)
{
    for (; s && *s; s++) {
        if ((unsigned char)*s < ' ' || *s == 0x7f) {
            return true;
        }
    }
    return false;
}

enum fault rest_send(struct rest *r, const struct rest_request *request, uint64_t *id)
{
    if (r->stopping) {
        return FAULT_CANCELLED;
    }
    if (!request->path || request->path[0] != '/' || has_control(request->path) ||
        has_control(request->reason)) {
        return FAULT_INPUT;
    }
    if (!r->timer_made) {
        uv_timer_init(r->loop, &r->timer);
        r->timer.data = r;
        r->timer_made = true;
        r->handles++;
    }
    struct transfer *t = calloc(1, sizeof(*t));
    if (!t) {
        return FAULT_MEMORY;
    }
    t->rest = r;
    t->done = request->done;
    t->ctx = request->ctx;
    text_init(&t->body, r->answer_bytes);
    t->easy = curl_easy_init();
    t->sent_body = request->body.len ? slice_dup(request->body) : NULL;
    if (!t->easy || (request->body.len && !t->sent_body) || !prepare(t, request)) {
        free_transfer(t);
        return FAULT_MEMORY;
    }
    t->sent_ns = now_ns();
    if (curl_multi_add_handle(r->multi, t->easy) != CURLM_OK) {
        free_transfer(t);
        return FAULT_MEMORY;
    }
    t->id = ++r->last_id;
    t->next = r->first;
    if (t->next) {
        t->next->prev = t;
    }
    r->first = t;
    r->waiting++;
    if (id) {
        *id = t->id;
    }
    return FAULT_NONE;
}

void rest_cancel(struct rest *r, uint64_t id)
{
    for (struct transfer *t = r->first; t; t = t->next) {
        if (t->id == id) {
            cancel(t);
            return;
        }
    }
}

uint32_t rest_waiting(const struct rest *r)
{
    return r->waiting;
}

struct slice rest_header(const struct rest_answer *answer, const char *name)
{
    struct curl_header *h = NULL;
    // libcurl keeps no const here; it only reads.
    CURL *easy = (CURL *)(uintptr_t)answer->headers;
    if (!easy || curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK) {
        return slice_of("");
    }
    return slice_of(h->value);
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

void rest_stop(struct rest *r, void (*stopped)(void *ctx), void *ctx)
{
    r->stopping = true;
    r->stopped_fn = stopped;
    r->stopped_ctx = ctx;
    while (r->first) {
        cancel(r->first);
    }
    curl_multi_cleanup(r->multi); // gives its sockets back through set_watch
    r->multi = NULL;
    if (!r->timer_made) { // stopped must come later, from the loop
        uv_timer_init(r->loop, &r->timer);
        r->timer.data = r;
        r->timer_made = true;
        r->handles++;
    }
    uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}

void rest_close(struct rest *r)
{
    if (!r) {
        return;
    }
    if (r->multi) {
        curl_multi_cleanup(r->multi);
    }
    text_finish(&r->base_url);
    text_finish(&r->user_agent);
    if (r->authorization.ptr) {
        explicit_bzero(r->authorization.ptr, r->authorization.len);
    }
    text_finish(&r->authorization);
    free(r);
    curl_global_cleanup();
}
