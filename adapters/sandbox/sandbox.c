// SPDX-License-Identifier: MIT
#include "adapters/sandbox/sandbox.h"

#include <jansson.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/utf8.h"

enum {
    FRAME_MOST = 1 << 20, // a larger frame ends that connection
    QUEUE_MOST = 4096,    // frames waiting for one member; a slower one is dropped
    RECENT = 100,         // messages kept for windows that open later
    NAME_BYTES = 64,
    CHANNEL_BYTES = 64,
    ID_BYTES = 128,
    TOKENS = 1 << 16, // acknowledgements under way
};

static const char protocol_name[] = "hallmonitor-sandbox";

struct conf {
    bool no_alerts; // windows show no alert when a case is opened
};

// One frame to send, shared by all members that get it.
struct frame {
    unsigned refs;
    size_t len;
    unsigned char bytes[]; // LWS_PRE, then len
};

struct queued {
    struct queued *next;
    struct frame *frame;
};

struct member {
    struct adapter *sandbox;
    struct lws *wsi;
    struct member *prev, *next;
    uint64_t serial;
    char name[NAME_BYTES];
    char role[16];
    struct text inbox; // a frame that comes in pieces
    struct queued *first;
    struct queued **end;
    unsigned waiting;
};

struct recent {
    char id[ID_BYTES], channel[CHANNEL_BYTES];
    struct frame *frame; // the "message" frame; NULL while hidden
};

// Whom an acknowledgement goes to.
struct awaited {
    uint64_t token;
    uint64_t member_serial;
    char id[ID_BYTES], revision[24];
};

struct adapter {
    struct adapter_host *host;
    const struct conf *conf;
    struct lws_protocols protocol;
    struct member *members;
    uint64_t last_serial;
    uint64_t last_token;
    struct awaited *awaited; // a ring of TOKENS
    struct recent recent[RECENT];
    unsigned recent_next;
    bool up;
    uint64_t up_since_ms, last_event_ms;
};

static struct frame *frame_create(struct slice text)
{
    struct frame *f = malloc(sizeof(*f) + LWS_PRE + text.len);
    if (f) {
        f->refs = 1;
        f->len = text.len;
        memcpy(f->bytes + LWS_PRE, text.ptr, text.len);
    }
    return f;
}

static void frame_unref(struct frame *f)
{
    if (f && --f->refs == 0) {
        free(f);
    }
}

static void send_frame(struct member *m, struct frame *f)
{
    struct queued *q = f && m->waiting < QUEUE_MOST ? malloc(sizeof(*q)) : NULL;
    if (!q) {
        return; // a member that reads nothing; what it missed comes with a new window
    }
    f->refs++;
    *q = (struct queued){NULL, f};
    *m->end = q;
    m->end = &q->next;
    m->waiting++;
    lws_callback_on_writable(m->wsi);
}

static void send_json(struct member *m, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text) {
        struct frame *f = frame_create(slice_of(text));
        send_frame(m, f);
        frame_unref(f);
        free(text);
    }
}

static struct frame *broadcast(struct adapter *a, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    struct frame *f = text ? frame_create(slice_of(text)) : NULL;
    free(text);
    for (struct member *m = a->members; f && m; m = m->next) {
        send_frame(m, f);
    }
    return f;
}

static struct recent *find_recent(struct adapter *a, struct slice channel,
                                  struct slice id)
{
    for (unsigned i = 0; i < RECENT; i++) {
        if (slice_is(id, a->recent[i].id) && slice_is(channel, a->recent[i].channel)) {
            return &a->recent[i];
        }
    }
    return NULL;
}

static void remember(struct adapter *a, const char *channel, const char *id,
                     struct frame *f)
{
    struct recent *r = find_recent(a, slice_of(channel), slice_of(id));
    if (!r) {
        r = &a->recent[a->recent_next++ % RECENT];
    }
    frame_unref(r->frame);
    snprintf(r->id, sizeof(r->id), "%s", id);
    snprintf(r->channel, sizeof(r->channel), "%s", channel);
    r->frame = f;
}

static void refuse(struct member *m, const char *why)
{
    send_json(m, json_pack("{ss ss}", "op", "error", "why", why));
}

// A string of 1..most-1 bytes, or NULL.
static const char *word(const json_t *object, const char *key, size_t most)
{
    const json_t *value = json_object_get(object, key);
    size_t len = json_is_string(value) ? json_string_length(value) : 0;
    return len > 0 && len < most ? json_string_value(value) : NULL;
}

static void join(struct member *m, const json_t *object)
{
    const char *name = word(object, "name", NAME_BYTES);
    const char *role = word(object, "role", sizeof(m->role));
    static const char *const roles[] = {"pupil", "parent", "staff", "governor"};
    bool known = false;
    for (size_t i = 0; role && i < sizeof(roles) / sizeof(roles[0]); i++) {
        known = known || strcmp(role, roles[i]) == 0;
    }
    if (!name || !known) {
        refuse(m,
               "join needs a name and one of the roles pupil, parent, staff, governor");
        return;
    }
    snprintf(m->name, sizeof(m->name), "%s", name);
    snprintf(m->role, sizeof(m->role), "%s", role);
}

static void hand_over(struct member *m, const char *id, const char *channel,
                      const char *revision, struct slice text, uint64_t frame_at_ns)
{
    struct adapter *a = m->sandbox;
    struct awaited *w = &a->awaited[++a->last_token % TOKENS];
    *w = (struct awaited){.token = a->last_token, .member_serial = m->serial};
    snprintf(w->id, sizeof(w->id), "%s", id);
    snprintf(w->revision, sizeof(w->revision), "%s", revision);
    struct slice role = slice_of(m->role);
    char author[NAME_BYTES + 16];
    snprintf(author, sizeof(author), "%s/%s", m->role, m->name);
    struct message message = {
        .kind = revision[0] ? MESSAGE_EDIT : MESSAGE_POST,
        .channel = slice_of(channel),
        .id = slice_of(id),
        .revision = slice_of(revision),
        .author_id = slice_of(author),
        .author_name = slice_of(m->name),
        .author_roles = &role,
        .author_role_count = 1,
        .text = text,
        .at_unix_ms = clock_unix_ms(a->host->clock),
        .frame_at_ns = frame_at_ns,
        .token = w->token,
    };
    a->last_event_ms = message.at_unix_ms;
    host_message(a->host, &message);
}

static void post(struct member *m, const json_t *object, bool edit,
                 uint64_t frame_at_ns)
{
    const char *id = word(object, "id", ID_BYTES);
    const char *channel = word(object, "channel", CHANNEL_BYTES);
    const char *revision = edit ? word(object, "revision", 24) : "";
    const json_t *text = json_object_get(object, "text");
    if (!id || !channel || !revision || !json_is_string(text)) {
        refuse(m, edit ? "edit needs id, channel, revision and text"
                       : "post needs id, channel and text");
        return;
    }
    if (!m->name[0]) {
        refuse(m, "join first");
        return;
    }
    char at[CLOCK_TEXT_BYTES];
    clock_text(clock_unix_ms(m->sandbox->host->clock), at);
    struct frame *f = broadcast(
        m->sandbox, json_pack("{ss ss ss ss ss sO ss sb}", "op", "message", "id", id,
                              "channel", channel, "author", m->name, "role", m->role,
                              "text", text, "at", at, "edited", edit));
    remember(m->sandbox, channel, id, f);
    hand_over(m, id, channel, revision,
              slice_make(json_string_value(text), json_string_length(text)),
              frame_at_ns);
}

static void take_frame(struct member *m, struct slice bytes)
{
    uint64_t at_ns = clock_monotonic_ns(m->sandbox->host->clock);
    json_error_t error;
    json_t *object = json_loadb(bytes.ptr, bytes.len, JSON_ALLOW_NUL, &error);
    const char *op = object ? word(object, "op", 16) : NULL;
    if (!op) {
        refuse(m, object ? "a frame needs an op" : "not a JSON object");
    } else if (strcmp(op, "join") == 0) {
        join(m, object);
    } else if (strcmp(op, "post") == 0 || strcmp(op, "edit") == 0) {
        post(m, object, op[0] == 'e', at_ns);
    } else {
        refuse(m, "no such op");
    }
    json_decref(object);
}

static void welcome(struct member *m)
{
    struct adapter *a = m->sandbox;
    for (unsigned i = 0; i < RECENT; i++) {
        const struct recent *r = &a->recent[(a->recent_next + i) % RECENT];
        if (r->frame) {
            send_frame(m, r->frame);
        }
    }
}

static void member_open(struct member *m, struct lws *wsi, struct adapter *a)
{
    *m = (struct member){.sandbox = a, .wsi = wsi, .serial = ++a->last_serial};
    m->end = &m->first;
    text_init(&m->inbox, FRAME_MOST);
    m->next = a->members;
    if (m->next) {
        m->next->prev = m;
    }
    a->members = m;
    welcome(m);
}

static void member_close(struct member *m)
{
    if (!m->sandbox) {
        return;
    }
    *(m->prev ? &m->prev->next : &m->sandbox->members) = m->next;
    if (m->next) {
        m->next->prev = m->prev;
    }
    while (m->first) {
        struct queued *q = m->first;
        m->first = q->next;
        frame_unref(q->frame);
        free(q);
    }
    text_finish(&m->inbox);
    m->sandbox = NULL;
}

static int member_write(struct member *m)
{
    while (m->first) {
        struct queued *q = m->first;
        m->first = q->next;
        if (!m->first) {
            m->end = &m->first;
        }
        m->waiting--;
        int n =
            lws_write(m->wsi, q->frame->bytes + LWS_PRE, q->frame->len, LWS_WRITE_TEXT);
        bool failed = n < (int)q->frame->len;
        frame_unref(q->frame);
        free(q);
        if (failed) {
            return -1;
        }
        if (lws_send_pipe_choked(m->wsi)) {
            break;
        }
    }
    if (m->first) {
        lws_callback_on_writable(m->wsi);
    }
    return 0;
}

static int member_read(struct member *m, struct lws *wsi, const char *in, size_t len)
{
    if (text_add(&m->inbox, slice_make(in, len))) {
        return -1; // too large: the connection ends, not the process
    }
    if (lws_remaining_packet_payload(wsi) == 0 && lws_is_final_fragment(wsi)) {
        take_frame(m, text_slice(&m->inbox));
        text_clear(&m->inbox);
    }
    return 0;
}

static int on_socket(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                     void *in, size_t len)
{
    const struct lws_protocols *protocol = lws_get_protocol(wsi);
    struct member *m = user;
    // Other reasons come without a connection of ours.
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        member_open(m, wsi, protocol->user);
        return m->sandbox->up ? 0 : -1;
    case LWS_CALLBACK_CLOSED:
        member_close(m);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return m->sandbox ? member_write(m) : -1;
    case LWS_CALLBACK_RECEIVE:
        return m->sandbox && m->sandbox->up ? member_read(m, wsi, in, len) : -1;
    default:
        return 0;
    }
}

static enum fault sandbox_open(struct adapter **out, struct adapter_host *host,
                               const void *conf, struct why *why)
{
    struct adapter *a = calloc(1, sizeof(*a));
    struct awaited *awaited = calloc(TOKENS, sizeof(*awaited));
    if (!a || !awaited) {
        free(a);
        free(awaited);
        return fault_say(why, FAULT_MEMORY, "sandbox: out of memory");
    }
    a->host = host;
    a->conf = conf;
    a->awaited = awaited;
    a->protocol = (struct lws_protocols){.name = protocol_name,
                                         .callback = on_socket,
                                         .per_session_data_size = sizeof(struct member),
                                         .rx_buffer_size = 16 << 10,
                                         .user = a};
    host_serve(host, &a->protocol);
    *out = a;
    return FAULT_NONE;
}

static enum fault sandbox_start(struct adapter *a, struct why *why)
{
    (void)why;
    a->up = true;
    a->up_since_ms = clock_unix_ms(a->host->clock);
    host_link(a->host, LINK_UP, NULL);
    return FAULT_NONE;
}

static json_t *text_value(struct slice s)
{
    json_t *value = json_stringn(s.ptr ? s.ptr : "", s.len);
    return value ? value : json_string("");
}

static void act_hide(struct adapter *a, const struct action *what)
{
    struct recent *r = find_recent(a, what->channel, what->message_id);
    if (r) {
        frame_unref(r->frame);
        r->frame = NULL;
    }
    frame_unref(broadcast(a, json_pack("{ss so so sI}", "op", "hide", "id",
                                       text_value(what->message_id), "channel",
                                       text_value(what->channel), "case",
                                       (json_int_t)what->case_id)));
}

static void act_restore(struct adapter *a, const struct action *what)
{
    struct frame *f = broadcast(
        a, json_pack("{ss so so so so sb sb}", "op", "message", "id",
                     text_value(what->message_id), "channel", text_value(what->channel),
                     "author", text_value(what->author_name), "text",
                     text_value(what->body), "edited", 0, "restored", 1));
    char id[ID_BYTES];
    char channel[CHANNEL_BYTES];
    snprintf(id, sizeof(id), "%.*s", SLICE_ARG(what->message_id));
    snprintf(channel, sizeof(channel), "%.*s", SLICE_ARG(what->channel));
    remember(a, channel, id, f);
}

static void act_notice(struct adapter *a, const struct action *what)
{
    json_t *frame =
        json_pack("{ss so so}", "op", "notice", "id", text_value(what->message_id),
                  "text", text_value(what->body));
    for (struct member *m = a->members; m; m = m->next) {
        char author[NAME_BYTES + 16];
        snprintf(author, sizeof(author), "%s/%s", m->role, m->name);
        if (slice_is(what->author_id, author)) {
            send_json(m, json_incref(frame));
        }
    }
    json_decref(frame);
}

static void act_alert(struct adapter *a, const struct action *what)
{
    if (a->conf->no_alerts) {
        return;
    }
    frame_unref(broadcast(a, json_pack("{ss sI so so so so sb}", "op", "alert", "case",
                                       (json_int_t)what->case_id, "title",
                                       text_value(what->title), "clause",
                                       text_value(what->clause), "severity",
                                       text_value(what->severity), "state",
                                       text_value(what->state), "open", what->open)));
}

static enum fault sandbox_act(struct adapter *a, const struct action *what,
                              uint64_t ticket)
{
    switch (what->kind) {
    case ACT_HIDE:
        act_hide(a, what);
        break;
    case ACT_RESTORE:
        act_restore(a, what);
        break;
    case ACT_NOTICE:
        act_notice(a, what);
        break;
    case ACT_ALERT:
    case ACT_ALERT_UPDATE:
        act_alert(a, what);
        break;
    case ACT_MUTE:
    case ACT_UNMUTE:
    case ACT_BAN:
        return FAULT_INPUT;
    }
    host_outcome(a->host, ticket, FAULT_NONE, NULL, what->message_id);
    return FAULT_NONE;
}

static void sandbox_health(const struct adapter *a, struct adapter_health *out)
{
    *out = (struct adapter_health){.link = a->up ? LINK_UP : LINK_DOWN,
                                   .up_since_unix_ms = a->up_since_ms,
                                   .last_event_unix_ms = a->last_event_ms};
}

static void sandbox_committed(struct adapter *a, uint64_t token)
{
    const struct awaited *w = &a->awaited[token % TOKENS];
    if (w->token != token) {
        return; // overrun; the member asks again
    }
    for (struct member *m = a->members; m; m = m->next) {
        if (m->serial == w->member_serial) {
            send_json(m, json_pack("{ss ss ss}", "op", "ack", "id", w->id, "revision",
                                   w->revision));
            return;
        }
    }
}

static void sandbox_stop(struct adapter *a, adapter_stopped_fn *stopped, void *ctx)
{
    a->up = false;
    for (struct member *m = a->members; m; m = m->next) {
        lws_set_timeout(m->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
    }
    stopped(ctx);
}

static void sandbox_close(struct adapter *a)
{
    if (!a) {
        return;
    }
    for (struct member *m = a->members; m;) {
        struct member *next = m->next;
        member_close(m);
        m = next;
    }
    for (unsigned i = 0; i < RECENT; i++) {
        frame_unref(a->recent[i].frame);
    }
    free(a->awaited);
    free(a);
}

static const cyaml_schema_field_t conf_fields[] = {
    CYAML_FIELD_BOOL("no_alerts", CYAML_FLAG_OPTIONAL, struct conf, no_alerts),
    CYAML_FIELD_END};

const struct adapter_ops sandbox_adapter = {
    .name = "sandbox",
    .can = CAN_HIDE | CAN_RESTORE | CAN_NOTICE | CAN_ALERT,
    .conf_fields = conf_fields,
    .conf_bytes = sizeof(struct conf),
    .open = sandbox_open,
    .start = sandbox_start,
    .act = sandbox_act,
    .health = sandbox_health,
    .committed = sandbox_committed,
    .stop = sandbox_stop,
    .close = sandbox_close,
};
