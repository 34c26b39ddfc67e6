// SPDX-License-Identifier: MIT
#include "adapters/net/ws.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/text.h"

enum {
    QUEUE_MOST = 256, // frames waiting to be sent
    CLOSE_MS = 2000,
    HOST_BYTES = 256,
    RX_BYTES = 16 << 10,
    SECURE_PORT = 443,
    PLAIN_PORT = 80,
};

struct outgoing {
    struct outgoing *next;
    size_t len;
    unsigned char bytes[]; // LWS_PRE, then len
};

struct ws {
    uv_loop_t *loop;
    struct lws_context *context;
    struct ws_calls calls;
    void *ctx;
    char host[HOST_BYTES];
    char host_header[HOST_BYTES + 8];
    char *path;
    char *user_agent;
    uint16_t port;
    bool secure;
    uv_getaddrinfo_t resolve;
    bool resolving;
    uv_timer_t timer; // the limit of connecting or closing; then the end itself
    struct lws *wsi;
    struct text inbox;
    struct outgoing *first;
    struct outgoing **end;
    unsigned waiting;
    bool open, closing, ended;
    uint16_t own_code;
    struct ws_end how;
};

static void on_timer_closed(uv_handle_t *handle)
{
    struct ws *w = handle->data;
    while (w->first) {
        struct outgoing *o = w->first;
        w->first = o->next;
        free(o);
    }
    text_finish(&w->inbox);
    free(w->path);
    free(w->user_agent);
    free(w);
}

static void free_if_idle(struct ws *w)
{
    if (!w->resolving && !uv_is_closing((uv_handle_t *)&w->timer)) {
        uv_close((uv_handle_t *)&w->timer, on_timer_closed);
    }
}

static void on_end(uv_timer_t *timer)
{
    struct ws *w = timer->data;
    if (w->calls.closed) {
        w->calls.closed(w->ctx, &w->how);
    }
    w->calls = (struct ws_calls){0};
    free_if_idle(w);
}

// The connection is over; closed() runs from the loop.
static void end(struct ws *w, enum fault f, const char *said)
{
    if (w->ended) {
        return;
    }
    w->ended = true;
    w->how.was_open = w->open;
    w->open = false;
    if (w->how.fault == FAULT_NONE && f) {
        w->how.fault = fault_say(&w->how.why, f, "%s: %s", w->host, said);
    }
    if (w->wsi) {
        lws_set_opaque_user_data(w->wsi, NULL);
        lws_set_timeout(w->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
        w->wsi = NULL;
    }
    uv_timer_start(&w->timer, on_end, 0, 0);
}

static void on_limit(uv_timer_t *timer)
{
    struct ws *w = timer->data;
    if (w->closing) {
        end(w, FAULT_NONE, NULL);
    } else {
        end(w, FAULT_OFFLINE, "no connection in time");
    }
}

// Not from inside a callback of libwebsockets: there, closing cuts the connection before
// the close frame is written.
static void on_close_turn(uv_timer_t *timer)
{
    struct ws *w = timer->data;
    uv_timer_start(&w->timer, on_limit, CLOSE_MS, 0);
    lws_close_reason(w->wsi, (enum lws_close_status)w->own_code, NULL, 0);
    lws_set_timeout(w->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC);
}

static int take_chunk(struct ws *w, struct lws *wsi, const char *in, size_t len)
{
    if (w->closing) {
        return 0;
    }
    enum fault f = text_add(&w->inbox, slice_make(in, len));
    if (f) {
        w->how.fault = fault_say(&w->how.why, f, "%s: a message of more than %zu bytes",
                                 w->host, w->inbox.limit);
        return -1;
    }
    if (lws_remaining_packet_payload(wsi) == 0 && lws_is_final_fragment(wsi)) {
        // Set aside: the callback may end the connection, not free it.
        struct slice whole = text_slice(&w->inbox);
        if (w->calls.message) {
            w->calls.message(w->ctx, whole, lws_frame_is_binary(wsi) != 0);
        }
        text_clear(&w->inbox);
    }
    return 0;
}

static int write_some(struct ws *w, struct lws *wsi)
{
    while (w->first && !w->closing) {
        struct outgoing *o = w->first;
        w->first = o->next;
        if (!w->first) {
            w->end = &w->first;
        }
        w->waiting--;
        int n = lws_write(wsi, o->bytes + LWS_PRE, o->len, LWS_WRITE_TEXT);
        bool failed = n < (int)o->len;
        free(o);
        if (failed) {
            return -1;
        }
        if (lws_send_pipe_choked(wsi)) {
            break;
        }
    }
    if (w->first && !w->closing) {
        lws_callback_on_writable(wsi);
    }
    return 0;
}

static int add_headers(struct ws *w, struct lws *wsi, void *in, size_t len)
{
    unsigned char **at = in;
    if (w->user_agent &&
        lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_USER_AGENT,
                                     (unsigned char *)w->user_agent,
                                     (int)strlen(w->user_agent), at, *at + len)) {
        return -1;
    }
    return 0;
}

// The library's own words (a certificate, a status); nothing of the peer's body.
static void refused(struct ws *w, const char *said, size_t len)
{
    char text[160] = "the connection was refused";
    size_t at = strlen(text);
    if (said && len && len < sizeof(text) - at - 3) {
        snprintf(text + at, sizeof(text) - at, " (%.*s)", (int)strnlen(said, len),
                 said);
    }
    end(w, FAULT_OFFLINE, text);
}

static int on_socket(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                     void *in, size_t len)
{
    (void)user;
    struct ws *w;
    // Other reasons come without a connection of ours.
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_RECEIVE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY:
        w = lws_get_opaque_user_data(wsi);
        break;
    default:
        return 0;
    }
    if (!w) {
        return reason == LWS_CALLBACK_CLIENT_CLOSED ||
                       reason == LWS_CALLBACK_WSI_DESTROY
                   ? 0
                   : -1; // abandoned
    }
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return add_headers(w, wsi, in, len);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        w->wsi = NULL;
        refused(w, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        w->open = true;
        uv_timer_stop(&w->timer);
        if (w->calls.opened) {
            w->calls.opened(w->ctx);
        }
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return take_chunk(w, wsi, in, len);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return write_some(w, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        if (len >= 2) {
            const unsigned char *code = in;
            w->how.code = (uint16_t)(code[0] << 8 | code[1]);
        }
        return 0;
    case LWS_CALLBACK_WSI_DESTROY: // a handshake that takes too long ends with this alone
    case LWS_CALLBACK_CLIENT_CLOSED:
        w->wsi = NULL;
        end(w, w->how.code || w->closing ? FAULT_NONE : FAULT_OFFLINE,
            "the connection was cut");
        return 0;
    default:
        return 0;
    }
}

// One vhost serves every outgoing connection of the process.
static struct lws_vhost *client_vhost(struct lws_context *context)
{
    static const struct lws_protocols protocols[] = {
        {.name = "client", .callback = on_socket, .rx_buffer_size = RX_BYTES}, {0}};
    static const char name[] = "websocket-client";
    struct lws_vhost *vhost = lws_get_vhost_by_name(context, name);
    if (vhost) {
        return vhost;
    }
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
                                             .vhost_name = name,
                                             .protocols = protocols,
                                             .options =
                                                 LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT};
    return lws_create_vhost(context, &info);
}

static void connect_to(struct ws *w, const char *address)
{
    struct lws_vhost *vhost = client_vhost(w->context);
    if (!vhost) {
        end(w, FAULT_MEMORY, "no room for a connection");
        return;
    }
    struct lws_client_connect_info info = {.context = w->context,
                                           .vhost = vhost,
                                           .address = address,
                                           .port = w->port,
                                           .ssl_connection =
                                               w->secure ? LCCSCF_USE_SSL : 0,
                                           .path = w->path,
                                           .host = w->host_header,
                                           .ietf_version_or_minus_one = -1,
                                           .local_protocol_name = "client",
                                           .pwsi = &w->wsi,
                                           .opaque_user_data = w};
    if (!lws_client_connect_via_info(&info)) {
        w->wsi = NULL;
        end(w, FAULT_OFFLINE, "the connection was refused");
    }
}

static const struct addrinfo *preferred(const struct addrinfo *list)
{
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        if (a->ai_family == AF_INET) {
            return a;
        }
    }
    return list;
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct ws *w = request->data;
    w->resolving = false;
    if (w->ended) {
        if (!w->calls.closed) {
            free_if_idle(w);
        }
    } else if (w->closing) {
        end(w, FAULT_NONE, NULL);
    } else if (status < 0 || !list) {
        end(w, FAULT_OFFLINE, status < 0 ? uv_strerror(status) : "no such name");
    } else {
        const struct addrinfo *a = preferred(list);
        char address[64] = "";
        uv_ip_name(a->ai_addr, address, sizeof(address));
        connect_to(w, address);
    }
    uv_freeaddrinfo(list);
}

static enum fault take_port(struct ws *w, struct slice port)
{
    uint64_t number = 0;
    if (slice_u64(port, &number) || number == 0 || number > UINT16_MAX) {
        return FAULT_INPUT;
    }
    w->port = (uint16_t)number;
    return FAULT_NONE;
}

// "wss://host:port/path?query"; an address in brackets is taken too.
static enum fault take_url(struct ws *w, struct slice url)
{
    w->secure = slice_starts_with(url, SLICE("wss://"));
    if (!w->secure && !slice_starts_with(url, SLICE("ws://"))) {
        return FAULT_INPUT;
    }
    struct slice rest = slice_sub(url, w->secure ? 6 : 5, url.len);
    size_t end_of_host = 0;
    while (end_of_host < rest.len && rest.ptr[end_of_host] != '/' &&
           rest.ptr[end_of_host] != '?') {
        end_of_host++;
    }
    struct slice authority = slice_sub(rest, 0, end_of_host);
    struct slice path = slice_sub(rest, end_of_host, rest.len);
    struct slice host = authority;
    struct slice port = {0};
    w->port = w->secure ? SECURE_PORT : PLAIN_PORT;
    if (authority.len && authority.ptr[0] == '[') {
        host = slice_cut(slice_sub(authority, 1, authority.len), ']', &port);
        port = slice_sub(port, 1, port.len);
    } else {
        host = slice_cut(authority, ':', &port);
    }
    if (host.len == 0 || host.len >= HOST_BYTES || (port.len && take_port(w, port)) ||
        authority.len >= sizeof(w->host_header)) {
        return FAULT_INPUT;
    }
    snprintf(w->host, sizeof(w->host), "%.*s", SLICE_ARG(host));
    snprintf(w->host_header, sizeof(w->host_header), "%.*s", SLICE_ARG(authority));
    struct text full;
    text_init(&full, 2048);
    if (path.len == 0 || path.ptr[0] != '/') {
        text_add_char(&full, '/');
    }
    text_add(&full, path);
    enum fault f = full.fault;
    w->path = text_take(&full);
    text_finish(&full);
    return f || !w->path ? FAULT_INPUT : FAULT_NONE;
}

enum fault ws_open(struct ws **out, uv_loop_t *loop, struct lws_context *lws,
                   const struct ws_settings *settings, struct why *why)
{
    struct ws *w = calloc(1, sizeof(*w));
    if (!w) {
        return FAULT_MEMORY;
    }
    w->loop = loop;
    w->context = lws;
    w->calls = settings->calls;
    w->ctx = settings->ctx;
    w->end = &w->first;
    text_init(&w->inbox, settings->message_bytes);
    w->user_agent = settings->user_agent ? strdup(settings->user_agent) : NULL;
    enum fault f = take_url(w, slice_of(settings->url));
    if (f) {
        f = fault_say(why, f,
                      "not a websocket address: it must begin with ws:// or "
                      "wss:// and name a host");
    }
    w->resolve.data = w;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    if (f == FAULT_NONE &&
        uv_getaddrinfo(loop, &w->resolve, on_resolved, w->host, NULL, &hints)) {
        f = fault_say(why, FAULT_OFFLINE, "%s: cannot look the name up", w->host);
    }
    if (f) {
        text_finish(&w->inbox);
        free(w->path);
        free(w->user_agent);
        free(w);
        return f;
    }
    w->resolving = true;
    uv_timer_init(loop, &w->timer);
    w->timer.data = w;
    uv_timer_start(&w->timer, on_limit, settings->connect_ms, 0);
    *out = w;
    return FAULT_NONE;
}

enum fault ws_send(struct ws *w, struct slice text)
{
    if (!w->open || w->closing || w->ended) {
        return FAULT_OFFLINE;
    }
    if (w->waiting >= QUEUE_MOST) {
        return FAULT_LIMIT;
    }
    struct outgoing *o = malloc(sizeof(*o) + LWS_PRE + text.len);
    if (!o) {
        return FAULT_MEMORY;
    }
    o->next = NULL;
    o->len = text.len;
    memcpy(o->bytes + LWS_PRE, text.ptr, text.len);
    *w->end = o;
    w->end = &o->next;
    w->waiting++;
    lws_callback_on_writable(w->wsi);
    return FAULT_NONE;
}

void ws_close(struct ws *w, uint16_t code)
{
    if (w->closing || w->ended) {
        return;
    }
    w->closing = true;
    w->own_code = code;
    if (w->open && w->wsi) {
        uv_timer_start(&w->timer, on_close_turn, 0, 0);
    } else {
        end(w, FAULT_NONE, NULL);
    }
}

void ws_abandon(struct ws *w)
{
    if (w) {
        w->calls = (struct ws_calls){0};
        end(w, FAULT_NONE, NULL);
    }
}
