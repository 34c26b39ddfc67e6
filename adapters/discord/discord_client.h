/* SPDX-License-Identifier: MIT
 *
 * discord_client.h - every request to Discord, in the order that matters.
 *
 * Requests wait by route until discord_limit lets them go; of those that may go, the one
 * with the highest priority goes first, equal ones in the order in which they came. A
 * 429 is waited for and sent again here; everything else is the caller's to retry.
 *
 * Thread  loop.
 * Owner   a request is copied; an answer is lent until the callback returns.
 */
#ifndef HM_DISCORD_CLIENT_H
#define HM_DISCORD_CLIENT_H

#include <jansson.h>
#include <uv.h>

#include "adapters/net/rest.h"

struct discord_client;

// Higher goes first. Hiding takes PRIORITY_HIDE and up, by severity.
enum discord_priority {
    PRIORITY_NOTICE = 20,
    PRIORITY_BACKFILL = 25, // what nobody has judged comes before what can be said late
    PRIORITY_ALERT = 30,
    PRIORITY_MUTE = 40,
    PRIORITY_RESTORE = 50,
    PRIORITY_STATE = 60,
    PRIORITY_HIDE = 100,
    PRIORITY_INTERACTION = 200,
};

// Discord's own error codes that mean something to us.
enum discord_error {
    ERROR_UNKNOWN_CHANNEL = 10003,
    ERROR_UNKNOWN_MESSAGE = 10008,
    ERROR_UNKNOWN_WEBHOOK = 10015,
    ERROR_MISSING_ACCESS = 50001,
    ERROR_CANNOT_MESSAGE_USER = 50007,
    ERROR_NO_PERMISSION = 50013,
    ERROR_TOO_OLD = 50034, // for bulk delete
};

struct discord_answer {
    enum fault fault; // NONE: 2xx; DENIED: 401, 403; ABSENT: 404; INPUT: other 4xx;
                      // THROTTLED, OFFLINE (5xx, no answer), CANCELLED, LIMIT, MEMORY
    struct why why;
    long status;        // 0: none came
    uint64_t code;      // enum discord_error, or another
    const json_t *json; // NULL: none, or not JSON
    uint64_t sent_ns, answered_ns;
};

struct discord_request;
typedef void discord_done_fn(void *ctx, const struct discord_answer *answer);
// Called when the request is about to go out, to fill path and body (both are then lent
// until it returns false or the request is sent). false: there is nothing to send after
// all; done is not called.
typedef bool discord_prepare_fn(void *ctx, struct discord_request *r);

struct discord_request {
    enum rest_method method;
    const char *route;   // "DELETE /channels/*/messages/*"; a literal
    struct slice major;  // channel, guild or webhook id; empty: none
    const char *path;    // NULL with prepare
    struct slice body;   // JSON
    struct slice reason; // for Discord's audit log; plain text
    unsigned priority;
    bool exempt;    // not counted against the 50 a second (interactions)
    bool anonymous; // the path carries its own token
    bool once;      // done twice it would do harm; of struct rest_request
    discord_prepare_fn *prepare;
    discord_done_fn *done; // NULL: nobody waits
    void *ctx;
};

struct discord_settings {
    uv_loop_t *loop;
    const struct clock *clock;
    const char *base_url, *token, *user_agent;
    uint32_t per_second; // 0: a little less than Discord's 50
};

MUST_USE enum fault discord_client_open(struct discord_client **out,
                                        const struct discord_settings *settings,
                                        struct why *why);
// LIMIT: too many wait already.
MUST_USE enum fault discord_client_send(struct discord_client *c,
                                        const struct discord_request *request);
// Whether a request of this route would go out at once.
bool discord_client_free(struct discord_client *c, const char *route,
                         struct slice major);
uint32_t discord_client_waiting(const struct discord_client *c);
uint64_t discord_client_throttled(const struct discord_client *c);
uint64_t discord_client_sent(const struct discord_client *c);
uint32_t discord_client_refused(const struct discord_client *c);
// Everything that waits ends with CANCELLED, then stopped is called.
void discord_client_stop(struct discord_client *c, void (*stopped)(void *ctx),
                         void *ctx);
// Legal before anything was sent or after stopped; NULL is fine.
void discord_client_close(struct discord_client *c);

#endif
