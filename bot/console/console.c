// SPDX-License-Identifier: MIT
#include "bot/console/console.h"

#include <jansson.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/console/api.h"
#include "bot/console/session.h"
#include "bot/console/web.h"

enum { PROTOCOLS_MOST = 8, BODY_MOST = 16 << 10, EVENTS_MOST = 256, URI_BYTES = 512 };

static const char policy_header[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src "
    "'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

struct old_config {
    struct old_config *next;
    struct config_file *file;
};

struct watcher; // one events websocket

struct console {
    struct bot *bot;
    struct lws_protocols protocols[PROTOCOLS_MOST + 1];
    unsigned protocol_count;
    struct lws_vhost *vhost;
    struct watcher *watchers;
    struct old_config *kept;
    char listen[256];
    char origin[1200];
};

// One HTTP exchange. Answers may come later than the request (the store's thread), so the
// store's answer holds the ticket, not the connection.
struct exchange {
    struct console *console;
    struct lws *wsi;
    struct api_ticket *ticket; // an answer on its way
    struct text body;          // of the request
    char path[URI_BYTES];
    char *answer; // LWS_PRE, then len
    size_t len, sent;
    bool post;
};

struct watcher {
    struct console *console;
    struct lws *wsi;
    struct watcher *prev, *next;
    char events[EVENTS_MOST][64];
    unsigned first, count;
};

static uint64_t now_ms(const struct console *c)
{
    return clock_unix_ms(&c->bot->clock);
}

static bool signed_in(struct console *c, struct lws *wsi)
{
    char cookies[2048];
    int n = lws_hdr_copy(wsi, cookies, sizeof(cookies), WSI_TOKEN_HTTP_COOKIE);
    if (n <= 0 || !c->bot->store) {
        return false;
    }
    struct slice rest = slice_make(cookies, (size_t)n);
    while (rest.len) {
        struct slice one = slice_trim(slice_cut(rest, ';', &rest));
        if (slice_starts_with(one, SLICE("hm_session="))) {
            return session_valid(store_key(c->bot->store), now_ms(c),
                                 slice_sub(one, 11, one.len));
        }
    }
    return false;
}

// A page of another site must not act for the person who is signed in here.
static bool own_origin(struct lws *wsi)
{
    char origin[512];
    char host[400];
    int n = lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN);
    int h = lws_hdr_copy(wsi, host, sizeof(host), WSI_TOKEN_HOST);
    if (n <= 0 || h <= 0) {
        return false;
    }
    struct slice o = slice_make(origin, (size_t)n);
    struct slice scheme = SLICE("http://");
    if (slice_starts_with(o, SLICE("https://"))) {
        scheme = SLICE("https://");
    }
    return slice_starts_with(o, scheme) &&
           slice_is(slice_sub(o, scheme.len, o.len), host);
}

static int add_headers(struct lws *wsi, unsigned status, const char *type, size_t len,
                       const char *extra_name, const char *extra)
{
    unsigned char buffer[LWS_PRE + 4096];
    unsigned char *start = buffer + LWS_PRE;
    unsigned char *p = start;
    unsigned char *end = buffer + sizeof(buffer) - 1;
    static const struct {
        const char *name, *value;
    } fixed[] = {{"content-security-policy:", policy_header},
                 {"x-content-type-options:", "nosniff"},
                 {"referrer-policy:", "no-referrer"},
                 {"cache-control:", "no-store"}};
    if (lws_add_http_common_headers(wsi, status, type, (lws_filepos_t)len, &p, end)) {
        return -1;
    }
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (lws_add_http_header_by_name(wsi, (const unsigned char *)fixed[i].name,
                                        (const unsigned char *)fixed[i].value,
                                        (int)strlen(fixed[i].value), &p, end)) {
            return -1;
        }
    }
    if (extra && lws_add_http_header_by_name(wsi, (const unsigned char *)extra_name,
                                             (const unsigned char *)extra,
                                             (int)strlen(extra), &p, end)) {
        return -1;
    }
    return lws_finalize_write_http_header(wsi, start, &p, end);
}

static int answer_with(struct exchange *x, unsigned status, const char *type,
                       struct slice body, const char *extra_name, const char *extra)
{
    free(x->answer);
    x->answer = malloc(LWS_PRE + body.len + 1);
    if (!x->answer) {
        return -1;
    }
    memcpy(x->answer + LWS_PRE, body.ptr ? body.ptr : "", body.len);
    x->len = body.len;
    x->sent = 0;
    if (add_headers(x->wsi, status, type, body.len, extra_name, extra)) {
        return -1;
    }
    lws_callback_on_writable(x->wsi);
    return 0;
}

static int answer(struct exchange *x, unsigned status, const char *type,
                  struct slice body)
{
    return answer_with(x, status, type, body, NULL, NULL);
}

static int refuse(struct exchange *x, unsigned status, const char *why)
{
    struct text body;
    text_init(&body, 1024);
    text_add_str(&body, "{\"error\":");
    text_add_json(&body, slice_of(why));
    text_add_str(&body, "}\n");
    int rc = answer(x, status, "application/json", text_slice(&body));
    text_finish(&body);
    return rc;
}

static int write_more(struct exchange *x)
{
    enum { CHUNK = 8192 };
    if (!x->answer) {
        return 0;
    }
    size_t n = x->len - x->sent < CHUNK ? x->len - x->sent : CHUNK;
    bool last = x->sent + n == x->len;
    unsigned char chunk[LWS_PRE + CHUNK];
    memcpy(chunk + LWS_PRE, x->answer + LWS_PRE + x->sent, n);
    if (lws_write(x->wsi, chunk + LWS_PRE, n,
                  last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)n) {
        return -1;
    }
    x->sent += n;
    if (!last) {
        lws_callback_on_writable(x->wsi);
        return 0;
    }
    free(x->answer);
    x->answer = NULL;
    return lws_http_transaction_completed(x->wsi) ? -1 : 0;
}

static void on_answer(void *ctx, unsigned status, struct slice json)
{
    struct exchange *x = ctx;
    x->ticket = NULL;
    if (answer(x, status, "application/json", json)) {
        lws_set_timeout(x->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
    }
}

static int sign_in(struct exchange *x)
{
    struct console *c = x->console;
    char value[256] = "";
    char cookie[SESSION_COOKIE_BYTES];
    char header[SESSION_COOKIE_BYTES + 96];
    const char *token = lws_get_urlarg_by_name(x->wsi, "token=", value, sizeof(value));
    if (!token || !session_admit(config_state_folder(c->bot->now.config), now_ms(c),
                                 slice_of(token))) {
        return answer(
            x, HTTP_STATUS_FORBIDDEN, "text/plain",
            SLICE("This link was used already or is older than an hour.\n"
                  "Make a new one with: hallmonitor signin -c school.yaml\n"));
    }
    session_cookie(store_key(c->bot->store), now_ms(c), cookie);
    snprintf(header, sizeof(header),
             "hm_session=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200", cookie);
    // A page rather than a redirect: SameSite=Strict cookies are not sent on a redirect
    // that began at another site.
    return answer_with(
        x, HTTP_STATUS_OK, "text/html; charset=utf-8",
        SLICE("<!doctype html><html lang=\"en\"><meta http-equiv=\"refresh\" "
              "content=\"0;url=/\"><title>hallmonitor</title><p>Signed in. <a "
              "href=\"/\">Go on to the console</a>.</p></html>\n"),
        "set-cookie:", header);
}

static int serve_file(struct exchange *x)
{
    const struct web_file *file = web_find(x->path);
    if (!file) {
        return refuse(x, HTTP_STATUS_NOT_FOUND, "no such page");
    }
    return answer(x, HTTP_STATUS_OK, file->type, file->content);
}

static int serve(struct exchange *x)
{
    struct console *c = x->console;
    struct slice path = slice_of(x->path);
    if (slice_is(path, "/healthz")) {
        return answer(x, HTTP_STATUS_OK, "text/plain", SLICE("ok\n"));
    }
    if (slice_is(path, "/signin")) {
        return sign_in(x);
    }
    if (!signed_in(c, x->wsi)) {
        return slice_starts_with(path, SLICE("/api/")) || slice_is(path, "/metrics")
                   ? refuse(x, HTTP_STATUS_UNAUTHORIZED, "sign in first")
                   : answer(
                         x, HTTP_STATUS_UNAUTHORIZED, "text/plain",
                         SLICE(
                             "Sign in first: open the link that 'hallmonitor signin -c "
                             "school.yaml' prints.\n"));
    }
    if (slice_is(path, "/metrics")) {
        struct text body;
        text_init(&body, 1 << 20);
        api_metrics(c->bot, &body);
        int rc =
            answer(x, HTTP_STATUS_OK, "text/plain; version=0.0.4", text_slice(&body));
        text_finish(&body);
        return rc;
    }
    if (!slice_starts_with(path, SLICE("/api/"))) {
        return serve_file(x);
    }
    char state[32] = "";
    lws_get_urlarg_by_name(x->wsi, "state=", state, sizeof(state));
    x->ticket = api_get(c->bot, path, slice_of(state), on_answer, x);
    return 0;
}

static int begin(struct exchange *x, struct console *c, struct lws *wsi,
                 const char *uri)
{
    free(x->answer);
    text_finish(&x->body);
    *x = (struct exchange){.console = c, .wsi = wsi};
    text_init(&x->body, BODY_MOST);
    x->post = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0;
    if (snprintf(x->path, sizeof(x->path), "%s", uri) >= (int)sizeof(x->path)) {
        return refuse(x, HTTP_STATUS_REQ_URI_TOO_LONG, "the address is too long");
    }
    if (!x->post) {
        return serve(x);
    }
    if (!signed_in(c, wsi)) {
        return refuse(x, HTTP_STATUS_UNAUTHORIZED, "sign in first");
    }
    return own_origin(wsi)
               ? 0
               : refuse(x, HTTP_STATUS_FORBIDDEN, "this request came from elsewhere");
}

static int body_done(struct exchange *x)
{
    if (x->answer) {
        return 0; // refused already
    }
    if (text_failed(&x->body)) {
        return refuse(x, HTTP_STATUS_REQ_ENTITY_TOO_LARGE, "the request is too large");
    }
    x->ticket = api_post(x->console->bot, slice_of(x->path), text_slice(&x->body),
                         on_answer, x);
    return 0;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                   void *in, size_t len)
{
    struct exchange *x = user;
    struct console *c = NULL;
    const struct lws_protocols *protocol = lws_get_protocol(wsi);
    if (protocol) {
        c = protocol->user;
    }
    switch ((int)reason) { // other reasons come without an exchange of ours
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return c && signed_in(c, wsi) && own_origin(wsi) ? 0 : -1;
    case LWS_CALLBACK_HTTP:
        return begin(x, c, wsi, in);
    case LWS_CALLBACK_HTTP_BODY:
        if (x->console) {
            // Too large: remembered in the text, answered when the body ends.
            (void)text_add(&x->body, slice_make(in, len));
        }
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return x->console ? body_done(x) : -1;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return x->console ? write_more(x) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (x && x->console) {
            api_forget(x->ticket);
            free(x->answer);
            text_finish(&x->body);
            *x = (struct exchange){0};
        }
        return 0;
    default:
        return 0;
    }
}

static int write_events(struct watcher *w)
{
    while (w->count) {
        unsigned char frame[LWS_PRE + 64];
        size_t n = strlen(w->events[w->first]);
        memcpy(frame + LWS_PRE, w->events[w->first], n);
        w->first = (w->first + 1) % EVENTS_MOST;
        w->count--;
        if (lws_write(w->wsi, frame + LWS_PRE, n, LWS_WRITE_TEXT) < (int)n) {
            return -1;
        }
        if (lws_send_pipe_choked(w->wsi)) {
            break;
        }
    }
    if (w->count) {
        lws_callback_on_writable(w->wsi);
    }
    return 0;
}

static int on_events(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                     void *in, size_t len)
{
    (void)in;
    (void)len;
    struct watcher *w = user;
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        *w = (struct watcher){.console = lws_get_protocol(wsi)->user, .wsi = wsi};
        w->next = w->console->watchers;
        if (w->next) {
            w->next->prev = w;
        }
        w->console->watchers = w;
        return 0;
    case LWS_CALLBACK_CLOSED:
        if (w->console) {
            *(w->prev ? &w->prev->next : &w->console->watchers) = w->next;
            if (w->next) {
                w->next->prev = w->prev;
            }
            w->console = NULL;
        }
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return w->console ? write_events(w) : -1;
    default:
        return 0;
    }
}

enum fault console_create(struct console **out, struct bot *bot, struct why *why)
{
    struct console *c = calloc(1, sizeof(*c));
    if (!c) {
        return fault_say(why, FAULT_MEMORY, "console: out of memory");
    }
    c->bot = bot;
    c->protocols[c->protocol_count++] =
        (struct lws_protocols){.name = "http",
                               .callback = on_http,
                               .per_session_data_size = sizeof(struct exchange),
                               .rx_buffer_size = 4096,
                               .user = c};
    c->protocols[c->protocol_count++] =
        (struct lws_protocols){.name = "hallmonitor-events",
                               .callback = on_events,
                               .per_session_data_size = sizeof(struct watcher),
                               .rx_buffer_size = 1024,
                               .user = c};
    *out = c;
    return FAULT_NONE;
}

void console_offer(struct console *c, const struct lws_protocols *protocol)
{
    if (c->protocol_count < PROTOCOLS_MOST) {
        c->protocols[c->protocol_count++] = *protocol;
    }
}

enum fault console_listen(struct console *c, struct why *why)
{
    snprintf(c->listen, sizeof(c->listen), "%s", config_listen(c->bot->now.config));
    struct lws_context_creation_info info = {
        .port = config_port(c->bot->now.config),
        .iface = c->listen,
        .protocols = c->protocols,
        .vhost_name = "console",
        .keepalive_timeout = 30,
        .timeout_secs = 20,
    };
    c->vhost = lws_create_vhost(c->bot->lws, &info);
    if (!c->vhost || lws_get_vhost_listen_port(c->vhost) <= 0) {
        return fault_say(
            why, FAULT_OFFLINE,
            "the console cannot listen on %s port %u: is it in use already?", c->listen,
            config_port(c->bot->now.config));
    }
    return FAULT_NONE;
}

void console_destroy(struct console *c)
{
    if (!c) {
        return;
    }
    while (c->kept) {
        struct old_config *old = c->kept;
        c->kept = old->next;
        config_close(old->file);
        free(old);
    }
    free(c);
}

void console_event(struct console *c, const char *what, uint64_t case_id)
{
    for (struct watcher *w = c->watchers; w; w = w->next) {
        if (w->count == EVENTS_MOST) {
            continue; // far behind: it asks for everything anyway
        }
        snprintf(w->events[(w->first + w->count) % EVENTS_MOST], 64,
                 "{\"what\":\"%s\",\"case\":%llu}", what, (unsigned long long)case_id);
        w->count++;
        lws_callback_on_writable(w->wsi);
    }
}

void console_keep_config(struct console *c, struct config_file *file)
{
    struct old_config *old = malloc(sizeof(*old));
    if (old) {
        *old = (struct old_config){c->kept, file};
        c->kept = old;
    }
}
