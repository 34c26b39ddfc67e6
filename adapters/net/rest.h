/* SPDX-License-Identifier: MIT
 *
 * rest.h - JSON over HTTP for adapters: libcurl's multi interface on the core's loop.
 *
 * One client an adapter. It queues, sends, reads, bounds and times out; it never retries
 * and knows no platform's rate limits: an adapter decides when to send, by what the
 * answer's headers say.
 *
 * Thread  loop only.
 * Owner   every pointer in a request is lent until rest_send returns; every pointer in an
 *         answer is lent until the callback returns.
 */
#ifndef HM_NET_REST_H
#define HM_NET_REST_H

#include <uv.h>

#include "bot/base/clock.h"
#include "bot/base/fault.h"
#include "bot/base/slice.h"

struct rest;

enum rest_method { REST_GET, REST_POST, REST_PUT, REST_PATCH, REST_DELETE };

struct rest_settings {
    const char *base_url; // "https://discord.com/api/v10"; paths are appended
    const char *user_agent;
    const char *
        authorization; // the header's value ("Bot …", "Bearer …"), or NULL; never logged
    size_t answer_bytes;  // longer answers end with FAULT_LIMIT
    uint32_t timeout_ms;  // a request's own default
    uint32_t connections; // at most so many at once to the host
};

struct rest_answer {
    enum fault fault; // NONE: the remote answered, whatever the status; OFFLINE, LIMIT,
                      // CANCELLED (rest_stop, rest_cancel), MEMORY else
    struct why why;   // with a fault
    long status;
    struct slice body; // bytes as sent, decompressed; may be empty
    uint64_t sent_ns;  // monotonic, when the request was handed to libcurl
    uint64_t answered_ns;
    const void *headers; // for rest_header
};

typedef void rest_done_fn(void *ctx, const struct rest_answer *answer);

struct rest_request {
    enum rest_method method;
    const char *path;    // begins with "/"; already encoded
    struct slice body;   // JSON; empty: none
    const char *reason;  // header "X-Audit-Log-Reason", already encoded; NULL: none
    uint32_t timeout_ms; // 0: the client's
    bool anonymous;      // without the authorization header
    // On a new connection: libcurl sends again by itself what a kept connection that
    // turns out to be dead may have carried, and the remote may have done it twice.
    bool once;
    rest_done_fn *done; // called exactly once, later, never from inside rest_send
    void *ctx;
};

// base_url, user_agent and authorization are copied.
enum fault rest_open(struct rest **out, uv_loop_t *loop,
                     const struct rest_settings *settings, struct why *why) MUST_USE;
// *id (may be NULL) serves for rest_cancel. On a fault done is never called.
enum fault rest_send(struct rest *r, const struct rest_request *request,
                     uint64_t *id) MUST_USE;
// done is called with CANCELLED; an unknown id is nothing.
void rest_cancel(struct rest *r, uint64_t id);
// After a login; NULL: none. Copied.
enum fault rest_authorize(struct rest *r, const char *authorization) MUST_USE;
// After discovery. Copied.
enum fault rest_base_url(struct rest *r, const char *base_url) MUST_USE;
uint32_t rest_waiting(const struct rest *r); // requests sent and not yet answered
// Of the first header of that name, case-insensitive; empty when absent.
struct slice rest_header(const struct rest_answer *answer, const char *name);
// Every open request ends with CANCELLED; then the handles close and stopped is called.
void rest_stop(struct rest *r, void (*stopped)(void *ctx), void *ctx);
// Legal before anything was sent or after stopped; NULL is fine.
void rest_close(struct rest *r);

#endif
