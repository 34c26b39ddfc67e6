/* SPDX-License-Identifier: MIT
 *
 * adapter.h - the one interface between a platform and the core.
 *
 * An adapter holds the connection, reconnects, resumes, backfills, turns platform events
 * into messages and carries out actions. It knows its platform and nothing of rules,
 * cases or people. The core persists, retries and decides.
 *
 * Thread  loop only, in both directions.
 * Owner   every pointer in an argument is lent until return, both ways.
 * Time    ms since the Unix epoch as the platform says it, unless the name says _ns.
 *
 * Cursors  An adapter keeps no files. host_cursor(key, value) says "everything I handed
 *          over before this call is covered by this value"; the core commits it together
 *          with those messages. host_cursor_find() gives it back after a restart.
 */
#ifndef HM_ADAPTERS_ADAPTER_H
#define HM_ADAPTERS_ADAPTER_H

#include <cyaml/cyaml.h>
#include <uv.h>

#include "bot/base/clock.h"
#include "bot/base/text.h"

struct adapter;
struct adapter_host;
struct lws_context;
struct lws_protocols;

enum adapter_can {
    CAN_HIDE = 1u << 0,
    CAN_RESTORE = 1u << 1, // puts back, or reposts with attribution
    CAN_MUTE = 1u << 2,
    CAN_BAN = 1u << 3,
    CAN_NOTICE = 1u << 4, // a private word to the author
    CAN_ALERT =
        1u << 5, // a case in the moderators' channel, with decisions coming back
    CAN_PREVIEW = 1u << 6, // asks before delivery
};

// Further things that members can read, judged together with the text.
enum part_kind {
    PART_FORMATTED,
    PART_FILE_NAME,
    PART_EMBED,
    PART_POLL,
    PART_QUOTE,
    PART_STICKER,
    PART_TITLE,        // thread, topic or room name
    PART_DISPLAY_NAME, // of a member
    PART_REACTION,
};

struct part {
    enum part_kind kind;
    struct slice text;
};

enum message_kind {
    MESSAGE_POST,
    MESSAGE_EDIT,
    MESSAGE_NAME,     // a display name, room name, topic or thread title
    MESSAGE_REACTION, // a reaction made of text
};

// One revision of one message. (adapter, space, channel, id, revision) is unique.
struct message {
    enum message_kind kind;
    struct slice space;    // guild, homeserver or site; may be empty
    struct slice channel;  // channel or room id
    struct slice thread;   // thread id, when the platform has one; else empty
    struct slice id;       // of the original message
    struct slice revision; // empty for the original; edit's event id or edit time
    struct slice reply_to; // message id this answers; else empty
    struct slice author_id;
    struct slice author_name;         // as shown
    const struct slice *author_roles; // platform role ids or names; config maps them
    size_t author_role_count;
    struct slice text; // what the author wrote
    const struct part *parts;
    size_t part_count;
    const struct slice *attachments; // MIME types; contents are never fetched
    size_t attachment_count;
    const struct slice *context; // earlier texts; only a platform that has no history
    size_t context_count;        // (replay) gives them
    uint32_t mention_count;
    uint64_t at_unix_ms;
    uint64_t frame_at_ns; // monotonic arrival of the frame, for latency; 0: unknown
    uint64_t token;       // given back by ops->committed; the adapter's own meaning
    bool by_bot;     // somebody else's bot or webhook; our own are never handed over
    bool backfilled; // fetched from history, not live
};

enum act_kind {
    ACT_HIDE,
    ACT_RESTORE,
    ACT_MUTE,
    ACT_UNMUTE,
    ACT_BAN,
    ACT_NOTICE,       // body to the author, privately
    ACT_ALERT,        // a case to the moderators' channel
    ACT_ALERT_UPDATE, // the case changed: edit the alert
};

// Something to do outside. id is the outbox row: the same over every retry and restart,
// so it serves as nonce or transaction id.
struct action {
    enum act_kind kind;
    uint64_t id;
    uint64_t case_id;
    struct slice space, channel, thread;
    struct slice message_id; // of the original
    struct slice revision;   // as in struct message
    struct slice author_id, author_name;
    struct slice body; // RESTORE: the text to put back; NOTICE: what to say
    struct slice
        reason; // one plain sentence for the platform's audit log; no message text
    struct slice title;    // ALERT: one line; no message text
    struct slice excerpt;  // ALERT: cut message text; empty when it may not be shown
    struct slice clause;   // ALERT: clause in words
    struct slice severity; // "low" … "critical"
    struct slice state; // ALERT_UPDATE: what became of it, in words ("restored by …")
    struct slice remote_id;  // ALERT_UPDATE: what the alert's outcome gave
    uint64_t duration_ms;    // MUTE
    uint64_t posted_unix_ms; // when the message was posted; 0: unknown
    bool open;               // ALERT, ALERT_UPDATE: decisions are still possible
};

enum decision_kind { DECIDE_UPHOLD, DECIDE_RESTORE, DECIDE_ESCALATE, DECIDE_CLAIM };

// A moderator's button, reaction or command. The adapter has checked that the platform
// grants that person the right.
struct decision {
    enum decision_kind kind;
    uint64_t case_id;
    struct slice moderator_id;
    struct slice moderator_name;
};

// History that cannot be fetched: itself a case.
struct gap {
    struct slice space, channel;
    uint64_t from_unix_ms, to_unix_ms; // 0: unknown
    struct slice reason;               // plain sentence
};

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_UP, LINK_REFUSED };

// Before-delivery answer.
struct preview {
    // Asked once, before a refusal is recorded: false when it would come too late, and
    // then nothing is. May be NULL.
    bool (*claim)(void *ctx);
    void *ctx;
    bool refuse;
    char sentence[512]; // for the author; NUL-terminated
};

struct adapter_health {
    enum link_state link;
    uint64_t up_since_unix_ms;   // 0: not connected
    uint64_t last_event_unix_ms; // 0: none yet
    uint32_t round_trip_ms;      // last heartbeat or ping; 0: unknown
    uint32_t backlog;            // messages still to be fetched, as far as known
    uint32_t waiting;            // requests queued
    uint64_t throttled;          // rate-limit waits so far
    uint64_t reconnects;
    uint64_t previews;           // questions before delivery
    uint64_t previews_timed_out; // let through because judging would have been too late
    uint32_t preview_longest_ms; // from question to answer
};

typedef void adapter_stopped_fn(void *ctx);

struct adapter_ops {
    const char *name; // config key and case-row value; never changes once shipped
    uint32_t can;     // enum adapter_can bits the platform offers at all

    // The adapter's part of school.yaml: a libcyaml mapping into a struct of conf_bytes.
    const cyaml_schema_field_t *conf_fields;
    size_t conf_bytes;

    // Build from settings (conf stays valid until close); no network I/O. On fault *out is untouched.
    enum fault (*open)(struct adapter **out, struct adapter_host *host,
                       const void *conf, struct why *why);
    // Begin connecting; progress arrives through host_link().
    enum fault (*start)(struct adapter *a, struct why *why);
    // Queue one action. On FAULT_NONE the ticket is answered exactly once, later, through
    // host_outcome(); on any other value it is never answered.
    enum fault (*act)(struct adapter *a, const struct action *what, uint64_t ticket);
    void (*health)(const struct adapter *a, struct adapter_health *out);
    // The message handed over with this token is durable. NULL: the platform wants no
    // acknowledgement (its cursor does the work).
    void (*committed)(struct adapter *a, uint64_t token);
    // Answer open tickets with CANCELLED, close handles, then call stopped.
    void (*stop)(struct adapter *a, adapter_stopped_fn *stopped, void *ctx);
    // Free. Legal until start succeeds, then again once stopped ran; NULL is fine.
    void (*close)(struct adapter *a);
};

// What the core offers an adapter. The core fills the table once per adapter; tests fill
// it with their own functions. Call through the host_* wrappers below.
struct adapter_host {
    uv_loop_t *loop;
    struct lws_context *lws; // the process's one libwebsockets context on that loop
    const struct clock *clock;
    void *ctx;

    void (*message)(struct adapter_host *h, const struct message *m);
    void (*preview)(struct adapter_host *h, const struct message *m,
                    struct preview *out);
    void (*decision)(struct adapter_host *h, const struct decision *d);
    void (*gap)(struct adapter_host *h, const struct gap *g);
    void (*link)(struct adapter_host *h, enum link_state now, const struct why *why);
    void (*outcome)(struct adapter_host *h, uint64_t ticket, enum fault f,
                    const struct why *why, struct slice remote_id);
    void (*cursor)(struct adapter_host *h, struct slice key, struct slice value);
    enum fault (*cursor_find)(struct adapter_host *h, struct slice key,
                              struct text *out);
    void (*technician)(struct adapter_host *h, struct slice key, struct slice sentence);
    void (*joined)(struct adapter_host *h, struct slice space, struct slice member_id,
                   uint64_t at_unix_ms, uint64_t account_created_unix_ms);
    bool (*busy)(const struct adapter_host *h);
    void (*serve)(struct adapter_host *h, const struct lws_protocols *protocol);
};

// A live or backfilled message. Copied by the core before it returns.
static inline void host_message(struct adapter_host *h, const struct message *m)
{
    h->message(h, m);
}
// Before delivery: judged at once; a refusal also opens the case. out->claim and ctx are
// the caller's.
static inline void host_preview(struct adapter_host *h, const struct message *m,
                                struct preview *out)
{
    h->preview(h, m, out);
}
static inline void host_decision(struct adapter_host *h, const struct decision *d)
{
    h->decision(h, d);
}
static inline void host_gap(struct adapter_host *h, const struct gap *g)
{
    h->gap(h, g);
}
// why may be NULL. LINK_REFUSED: fatal for this adapter; why says what to do.
static inline void host_link(struct adapter_host *h, enum link_state now,
                             const struct why *why)
{
    h->link(h, now, why);
}
// remote_id: what the platform called the thing that was made (alert, repost); may be
// empty. OFFLINE, THROTTLED, MEMORY and CANCELLED are tried again by the core; DENIED,
// INPUT, LIMIT and ABSENT are final (a message that is already gone is FAULT_NONE).
static inline void host_outcome(struct adapter_host *h, uint64_t ticket, enum fault f,
                                const struct why *why, struct slice remote_id)
{
    h->outcome(h, ticket, f, why, remote_id);
}
static inline void host_cursor(struct adapter_host *h, struct slice key,
                               struct slice value)
{
    h->cursor(h, key, value);
}
// ABSENT when nothing was committed under key.
MUST_USE static inline enum fault host_cursor_find(struct adapter_host *h,
                                                   struct slice key, struct text *out)
{
    return h->cursor_find(h, key, out);
}
// Something the technician must know, once per key: missing permission, encrypted room.
static inline void host_technician(struct adapter_host *h, struct slice key,
                                   struct slice sentence)
{
    h->technician(h, key, sentence);
}
// A member arrived; account_created_unix_ms 0: unknown. Feeds raid detection.
static inline void host_joined(struct adapter_host *h, struct slice space,
                               struct slice member_id, uint64_t at_unix_ms,
                               uint64_t account_created_unix_ms)
{
    h->joined(h, space, member_id, at_unix_ms, account_created_unix_ms);
}
// The core's queue is full: stop fetching history until it is not (live goes on).
static inline bool host_busy(const struct adapter_host *h)
{
    return h->busy(h);
}

// From open() only: offer a websocket protocol on the console's own port. The console
// has checked the session and the origin before the protocol sees a connection. *protocol
// is copied; what its members point to must live until close().
static inline void host_serve(struct adapter_host *h,
                              const struct lws_protocols *protocol)
{
    h->serve(h, protocol);
}

#endif
