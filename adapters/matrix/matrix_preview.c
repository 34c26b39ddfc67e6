// SPDX-License-Identifier: MIT
// Before delivery: Synapse's module synapse-http-antispam asks here about each event and
// waits for the answer. Judged inline; whatever cannot be judged is let through, and is
// judged again when it comes by /sync.
#include <libwebsockets.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/matrix/matrix_internal.h"
#include "adapters/matrix/matrix_json.h"
#include "bot/base/log.h"
#include "bot/base/utf8.h"

enum {
    DEFAULT_PORT = 8471,
    BODY_MOST = 256 << 10, // an event has 64 KiB at most
    ANSWER_MOST = 2048,
    BUDGET_NS = 50 * 1000 * 1000,
};

struct matrix_preview {
    struct adapter *adapter; // NULL: stopped
    struct secret token;
    struct lws_protocols protocols[2];
    struct lws_vhost *vhost;
    char listen[256];
};

struct question {
    struct matrix_preview *preview;
    struct lws *wsi;
    struct text body;
    uint64_t at_ns;
    unsigned status; // decided before the body was read; 0: not yet
    bool ping;
    unsigned char answer[LWS_PRE + ANSWER_MOST];
    size_t len;
};

static int reply(struct question *q, unsigned status, struct slice body)
{
    unsigned char head[LWS_PRE + 512];
    unsigned char *p = head + LWS_PRE;
    unsigned char *end = head + sizeof(head) - 1;
    body = slice_sub(body, 0, ANSWER_MOST);
    memcpy(q->answer + LWS_PRE, body.ptr ? body.ptr : "", body.len);
    q->len = body.len;
    if (lws_add_http_common_headers(q->wsi, status, "application/json", body.len, &p,
                                    end) ||
        lws_finalize_write_http_header(q->wsi, head + LWS_PRE, &p, end)) {
        return -1;
    }
    lws_callback_on_writable(q->wsi);
    return 0;
}

static bool authorized(const struct question *q)
{
    char given[SECRET_BYTES + 16] = "";
    static const char scheme[] = "Bearer ";
    enum { SCHEME = sizeof(scheme) - 1 };
    const struct secret *token = &q->preview->token;
    int n = lws_hdr_copy(q->wsi, given, sizeof(given), WSI_TOKEN_HTTP_AUTHORIZATION);
    return n > 0 && (size_t)n == SCHEME + token->len &&
           sodium_memcmp(given, scheme, SCHEME) == 0 &&
           sodium_memcmp(given + SCHEME, token->bytes, token->len) == 0;
}

static void to_preview(struct adapter *a, const json_t *event, struct preview *out)
{
    struct matrix_event e;
    struct message m;
    struct slice room_id = matrix_text(event, "room_id");
    out->refuse = false;
    if (matrix_event_read(&e, event) || room_id.len == 0 ||
        room_id.len > MATRIX_ID_MOST ||
        (a->user_id && slice_is(e.sender, a->user_id))) {
        return;
    }
    const struct room *room = rooms_find(&a->rooms, room_id);
    if (!room || matrix_is_control(a, room)) {
        return; // a room that we do not guard
    }
    // A membership carries a display name, but joining is not to be refused for it; the
    // name is hidden when it comes by /sync.
    if (!slice_is(e.type, "m.room.member") &&
        matrix_decode(&m, &a->arena, &e) == FAULT_NONE) {
        struct slice roles[MATRIX_ROLES];
        matrix_place(&m, room, roles);
        host_preview(a->host, &m, out);
    }
    arena_drop(&a->arena);
}

static int judge(struct question *q)
{
    struct adapter *a = q->preview->adapter;
    struct preview verdict = {0};
    json_t *json = NULL;
    if (a && !text_failed(&q->body)) {
        json = matrix_json(text_slice(&q->body));
    }
    if (q->ping) {
        struct slice id = slice_sub(matrix_text(json, "id"), 0, 64);
        json_t *pong =
            json_pack("{ss% ss}", "id", id.ptr ? id.ptr : "", id.len, "status", "ok");
        char *text = json_dumps(pong, JSON_COMPACT);
        int rc = reply(q, HTTP_STATUS_OK, slice_of(text ? text : "{}"));
        free(text);
        json_decref(pong);
        json_decref(json);
        return rc;
    }
    if (json) {
        to_preview(a, json_object_get(json, "event"), &verdict);
    }
    json_decref(json);
    uint64_t took = a ? matrix_now_ns(a) - q->at_ns : 0;
    if (took > BUDGET_NS) {
        log_warn("matrix: an answer before delivery took longer than its budget",
                 LOG_U64("ms", took / 1000000));
    }
    if (!verdict.refuse) {
        return reply(q, HTTP_STATUS_OK, SLICE("{}"));
    }
    struct text body;
    text_init(&body, ANSWER_MOST);
    text_add_str(&body, "{\"errcode\":\"M_FORBIDDEN\",\"error\":");
    text_add_json(&body, utf8_prefix(slice_of(verdict.sentence), 400));
    text_add_char(&body, '}');
    int rc = reply(q, HTTP_STATUS_FORBIDDEN, text_slice(&body));
    text_finish(&body);
    return rc;
}

static int begin(struct question *q, struct lws *wsi, struct matrix_preview *p,
                 const char *uri)
{
    text_finish(&q->body);
    *q = (struct question){.preview = p, .wsi = wsi};
    text_init(&q->body, BODY_MOST);
    q->at_ns = p->adapter ? matrix_now_ns(p->adapter) : 0;
    q->ping = strcmp(uri, "/ping") == 0;
    bool event = strcmp(uri, "/check_event_for_spam") == 0;
    if (!authorized(q)) {
        q->status = HTTP_STATUS_UNAUTHORIZED;
    } else if (lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) == 0) {
        q->status = HTTP_STATUS_METHOD_NOT_ALLOWED;
    } else if (!q->ping && !event) {
        q->status = HTTP_STATUS_NOT_FOUND;
    }
    if (q->status && lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) == 0) {
        return reply(q, q->status, SLICE("no\n")); // no body follows
    }
    return 0;
}

// No JSON in a refusal that is not a verdict: the module then fails open.
static int body_done(struct question *q)
{
    return q->status ? reply(q, q->status, SLICE("no\n")) : judge(q);
}

static int write_answer(struct question *q)
{
    if (lws_write(q->wsi, q->answer + LWS_PRE, q->len, LWS_WRITE_HTTP_FINAL) <
        (int)q->len) {
        return -1;
    }
    return lws_http_transaction_completed(q->wsi) ? -1 : 0;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                   void *in, size_t len)
{
    struct question *q = user;
    const struct lws_protocols *protocol = lws_get_protocol(wsi);
    switch ((int)reason) { // other reasons come without a question
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return -1;
    case LWS_CALLBACK_HTTP:
        return protocol && protocol->user ? begin(q, wsi, protocol->user, in) : -1;
    case LWS_CALLBACK_HTTP_BODY:
        if (q->preview) {
            // Too large: remembered in the text, let through when the body ends.
            (void)text_add(&q->body, slice_make(in, len));
        }
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return q->preview ? body_done(q) : -1;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return q->preview ? write_answer(q) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (q && q->preview) {
            text_finish(&q->body);
            q->preview = NULL;
        }
        return 0;
    default:
        return 0;
    }
}

static void preview_free(struct matrix_preview *p)
{
    secret_wipe(&p->token);
    free(p);
}

// libwebsockets reads the protocols until the vhost is gone.
static void on_vhost_gone(struct lws_vhost *vhost, void *preview)
{
    (void)vhost;
    preview_free(preview);
}

static enum fault listen_at(struct adapter *a, struct matrix_preview *p,
                            struct why *why)
{
    const struct matrix_preview_conf *conf = a->conf->preview;
    uint16_t port = conf->port ? conf->port : DEFAULT_PORT;
    snprintf(p->listen, sizeof(p->listen), "%s",
             conf->listen ? conf->listen : "127.0.0.1");
    p->protocols[0] = (struct lws_protocols){
        .name = "http",
        .callback = on_http,
        .per_session_data_size = sizeof(struct question),
        .rx_buffer_size = 16 << 10,
        .user = p,
    };
    struct lws_context_creation_info info = {
        .port = port,
        .iface = p->listen,
        .protocols = p->protocols,
        .vhost_name = "matrix-preview",
        .keepalive_timeout = 60,
        .timeout_secs = 20,
        .finalize = on_vhost_gone,
        .finalize_arg = p,
    };
    p->vhost = lws_create_vhost(a->host->lws, &info);
    if (!p->vhost || lws_get_vhost_listen_port(p->vhost) <= 0) {
        return fault_say(why, FAULT_OFFLINE,
                         "matrix: cannot listen for the homeserver's questions on "
                         "%.60s:%u; is the port taken?",
                         p->listen, port);
    }
    log_info("matrix: the homeserver may ask before it delivers",
             LOG_STR("listen", p->listen), LOG_U64("port", port));
    return FAULT_NONE;
}

enum fault matrix_preview_start(struct adapter *a, struct why *why)
{
    struct matrix_preview *p = calloc(1, sizeof(*p));
    if (!p) {
        return FAULT_MEMORY;
    }
    enum fault f = secret_load(&p->token, a->conf->preview->token_file,
                               "HM_MATRIX_PREVIEW_TOKEN", why);
    if (f) {
        preview_free(p);
        return f;
    }
    p->adapter = a;
    a->preview = p;
    f = listen_at(a, p, why);
    if (f) {
        matrix_preview_stop(a);
    }
    return f;
}

void matrix_preview_stop(struct adapter *a)
{
    struct matrix_preview *p = a->preview;
    if (!p) {
        return;
    }
    a->preview = NULL;
    p->adapter = NULL; // what is still asked is let through
    if (p->vhost) {
        lws_vhost_destroy(p->vhost);
    } else {
        preview_free(p);
    }
}
