/* SPDX-License-Identifier: MIT
 *
 * discord_gateway.h - one shard's connection: hello, heartbeat, identify, resume.
 *
 *   start ─► WAITING ──timer──► CONNECTING ──op 10──► HELLO ──READY/RESUMED──► UP
 *               ▲                   │                   │                      │
 *               └──── backoff ◄─────┴───── closed ◄─────┴──── op 7, op 9, no ACK,
 *                                            │                 close codes
 *                                            └─ 4004, 4010…4014 ─► REFUSED (no retry)
 *
 * Thread  loop.
 * Owner   strings in settings live as long as the gateway; `data` in dispatch is lent.
 * Faults  what a peer sends wrongly is counted and skipped, or ends the connection.
 * Source  Discord API v10, "Gateway" (discord-api-docs, 2026-08).
 */
#ifndef HM_DISCORD_GATEWAY_H
#define HM_DISCORD_GATEWAY_H

#include <jansson.h>

#include "adapters/adapter.h"

struct discord_gateway;

enum {
    GATEWAY_INTENTS = 19961351,
    GATEWAY_URL_BYTES = 512,
    GATEWAY_SESSION_BYTES = 128
};

// What a close code or an op 9 asks for.
enum discord_gateway_next {
    GATEWAY_RESUME,
    GATEWAY_IDENTIFY, // the session is over
    GATEWAY_FATAL,    // only a person can help
};
// advice: one sentence for the technician, with FATAL.
enum discord_gateway_next discord_gateway_close_means(uint16_t code,
                                                      const char **advice);

struct discord_gateway_calls {
    // An event. frame_at_ns: when its frame came in.
    void (*dispatch)(void *ctx, struct discord_gateway *g, struct slice event,
                     const json_t *data, uint64_t frame_at_ns);
    void (*state)(void *ctx, struct discord_gateway *g, enum link_state now,
                  const struct why *why);
    // Asked before each identify: 0 reserves the turn, else ms to wait and ask again.
    uint32_t (*identify_wait_ms)(void *ctx, struct discord_gateway *g);
    // The address for a new session; NULL: not known yet, ask again later.
    const char *(*url)(void *ctx);
};

struct discord_gateway_settings {
    uv_loop_t *loop;
    struct lws_context *lws;
    const struct clock *clock;
    const char *token;
    const char *user_agent;
    uint32_t shard, shards;
    bool compress; // zlib-stream
    struct discord_gateway_calls calls;
    void *ctx;
};

// Where a session stands; what a restart needs to go on with it.
struct discord_gateway_session {
    char id[GATEWAY_SESSION_BYTES]; // empty: none
    char url[GATEWAY_URL_BYTES];
    uint64_t sequence;
};

struct discord_gateway_health {
    enum link_state link;
    uint64_t up_since_unix_ms, last_event_unix_ms;
    uint32_t round_trip_ms;
    uint64_t reconnects;
    uint64_t malformed; // payloads that could not be read
};

MUST_USE enum fault
discord_gateway_create(struct discord_gateway **out,
                       const struct discord_gateway_settings *settings);
// session may be NULL or without an id: identify.
void discord_gateway_start(struct discord_gateway *g,
                           const struct discord_gateway_session *session);
// Closes so that the session can be taken up again; stopped(ctx) when nothing is left.
void discord_gateway_stop(struct discord_gateway *g, void (*stopped)(void *ctx),
                          void *ctx);
// Legal before start or after stopped; NULL is fine.
void discord_gateway_destroy(struct discord_gateway *g);

uint32_t discord_gateway_shard(const struct discord_gateway *g);
const struct discord_gateway_session *
discord_gateway_session(const struct discord_gateway *g);
void discord_gateway_health(const struct discord_gateway *g,
                            struct discord_gateway_health *out);

#endif
