/* SPDX-License-Identifier: MIT
 *
 * ws.h - a websocket client on the process's libwebsockets context and libuv loop.
 *
 * One struct ws is one connection: it opens, carries whole messages and ends once. It
 * never reconnects; whoever opened it decides that. Names are resolved off the loop.
 *
 *   ws_open ──► opened? ──► message* ──► closed (always, exactly once; *ws is gone after)
 *
 * Thread  loop only. No callback runs from inside ws_open, ws_send or ws_close.
 * Owner   slices in callbacks are lent until return.
 * Faults  a message over message_bytes ends the connection (LIMIT), not the process.
 */
#ifndef HM_NET_WS_H
#define HM_NET_WS_H

#include <stdbool.h>
#include <uv.h>

#include "bot/base/slice.h"

struct ws;
struct lws_context;

// How a connection ended.
struct ws_end {
    enum fault fault; // NONE: closed by an agreed close frame; OFFLINE, LIMIT, MEMORY
    uint16_t code;    // the peer's close code; 0: none came
    bool was_open;    // the handshake had succeeded
    struct why why;   // with a fault
};

struct ws_calls {
    void (*opened)(void *ctx);
    void (*message)(void *ctx, struct slice bytes, bool binary);
    void (*closed)(void *ctx, const struct ws_end *end);
};

struct ws_settings {
    const char *url;        // ws:// or wss://; copied
    const char *user_agent; // copied; NULL: none
    size_t message_bytes;   // of one message in
    uint32_t connect_ms;    // until opened
    struct ws_calls calls;
    void *ctx;
};

// INPUT: not a websocket URL.
MUST_USE enum fault ws_open(struct ws **out, uv_loop_t *loop, struct lws_context *lws,
                            const struct ws_settings *settings, struct why *why);
// One text frame, copied. LIMIT: the peer reads too slowly. OFFLINE: not open.
MUST_USE enum fault ws_send(struct ws *w, struct slice text);
// Says good-bye with this code; the connection is cut when the peer does not answer in
// two seconds. closed() follows in any case.
void ws_close(struct ws *w, uint16_t code);
// The callbacks are never called again; the rest is cleaned up by itself.
void ws_abandon(struct ws *w);

#endif
