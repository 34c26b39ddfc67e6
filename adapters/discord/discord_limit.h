/* SPDX-License-Identifier: MIT
 *
 * discord_limit.h - when a request may be sent. Pure bookkeeping: no I/O, no timers.
 *
 * Discord counts requests in buckets that answers name (X-RateLimit-Bucket and the
 * major parameter), 50 a second over all, and blocks an address after 10,000 refused
 * ones in ten minutes. A route that was never answered gets one request at a time, until
 * its answer tells the bucket; a route without such headers is not limited.
 *
 * Units   now_ms is monotonic.
 * Source  Discord API v10, "Rate Limits" (discord-api-docs, 2026-08).
 */
#ifndef HM_DISCORD_LIMIT_H
#define HM_DISCORD_LIMIT_H

#include <stdbool.h>

#include "bot/base/slice.h"

struct discord_limit;
struct discord_limit_route;

enum { LIMIT_REFUSED_MOST = 1000, LIMIT_REFUSED_WINDOW_MS = 10 * 60 * 1000 };

// What an answer said; times in ms, UINT64_MAX where the header was absent.
struct discord_limit_answer {
    long status;
    struct slice bucket; // X-RateLimit-Bucket; empty: none
    uint64_t limit, remaining;
    uint64_t reset_after_ms;
    uint64_t retry_after_ms; // of a 429
    bool global;             // X-RateLimit-Global or the body's "global"
    bool shared;             // X-RateLimit-Scope: shared
};

// per_second: requests in all, 0 for a little less than Discord's 50.
MUST_USE enum fault discord_limit_create(struct discord_limit **out,
                                         uint32_t per_second);
void discord_limit_destroy(struct discord_limit *l); // NULL is fine

// The route for a method and path template with its major parameter, for example
// "DELETE /channels/*/messages/*" and "1234". Stays valid until limit_destroy. NULL:
// out of memory.
struct discord_limit_route *
discord_limit_route(struct discord_limit *l, struct slice template, struct slice major);
// Room for whoever queues requests by route; NULL at first.
void **discord_limit_route_slot(struct discord_limit_route *route);
// 0: may be sent now; else ms until it is worth asking again. exempt: not counted
// against the 50 (answers to interactions).
uint64_t discord_limit_wait_ms(struct discord_limit *l,
                               const struct discord_limit_route *route, bool exempt,
                               uint64_t now_ms);
// Of the 50 a second alone: 0 or ms.
uint64_t discord_limit_global_wait_ms(struct discord_limit *l, uint64_t now_ms);
// The same for a request that leaves a fifth of them to what is urgent.
uint64_t discord_limit_modest_wait_ms(struct discord_limit *l, uint64_t now_ms);
void discord_limit_sent(struct discord_limit *l, struct discord_limit_route *route,
                        bool exempt, uint64_t now_ms);
void discord_limit_answered(struct discord_limit *l, struct discord_limit_route *route,
                            const struct discord_limit_answer *answer, bool exempt,
                            uint64_t now_ms);
// No answer came.
void discord_limit_lost(struct discord_limit *l, struct discord_limit_route *route,
                        bool exempt, uint64_t now_ms);

uint64_t discord_limit_throttled(const struct discord_limit *l); // 429s so far
uint32_t discord_limit_refused(struct discord_limit *l,
                               uint64_t now_ms); // 401, 403, 429 in ten minutes
// Requests refused so often that we wait rather than risk the address.
bool discord_limit_cautious(const struct discord_limit *l, uint64_t now_ms);

#endif
