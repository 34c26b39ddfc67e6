// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    // Of Discord's 50: libcurl repeats a request by itself when a kept connection turns
    // out to be dead, and Discord may have counted both.
    PER_SECOND = 48,
    PER_SECOND_MOST = 100000,
    KEPT_SHARE = 5, // a fifth of them is kept for hides and interactions
    WINDOW_MS = 1005,
    RESET_MARGIN_MS = 5,
    NAME_BYTES = 160,
    BUCKETS = 4096, // of the tables, not a limit
    CAUTION_MS = 60 * 1000,
    WAIT_MOST_MS = 60 * 60 * 1000,
    UNANSWERED_MS = 20, // asked again while the first answer is out
};

struct bucket {
    struct bucket *next;
    char name[NAME_BYTES];
    bool known; // limit and remaining are what Discord said
    bool free;  // answered without a limit
    uint64_t limit, remaining;
    uint64_t reset_ms;
    uint64_t blocked_until_ms; // after a 429
    unsigned out;              // sent and not answered
};

struct discord_limit_route {
    struct discord_limit_route *next;
    char name[NAME_BYTES];
    char major[32];
    struct bucket *bucket;
    void *slot;
};

struct discord_limit {
    struct bucket *buckets[BUCKETS];
    struct discord_limit_route *routes[BUCKETS];
    // A request counts from when it leaves until a second after its answer: Discord
    // counted it somewhere between, and several may arrive closer than they left.
    uint64_t *answered_ms; // a ring of per_second
    uint32_t per_second, first, count;
    uint32_t out; // sent and not answered
    uint64_t global_until_ms;
    uint64_t throttled;
    uint64_t refused_ms[LIMIT_REFUSED_MOST]; // a ring
    uint32_t refused_next, refused_count;
};

enum fault discord_limit_create(struct discord_limit **out, uint32_t per_second)
{
    struct discord_limit *l = calloc(1, sizeof(*l));
    if (!l) {
        return FAULT_MEMORY;
    }
    l->per_second = per_second ? per_second : PER_SECOND;
    l->per_second = l->per_second < PER_SECOND_MOST ? l->per_second : PER_SECOND_MOST;
    l->answered_ms = calloc(l->per_second, sizeof(*l->answered_ms));
    if (!l->answered_ms) {
        free(l);
        return FAULT_MEMORY;
    }
    *out = l;
    return FAULT_NONE;
}

void discord_limit_destroy(struct discord_limit *l)
{
    if (!l) {
        return;
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        while (l->buckets[i]) {
            struct bucket *b = l->buckets[i];
            l->buckets[i] = b->next;
            free(b);
        }
        while (l->routes[i]) {
            struct discord_limit_route *r = l->routes[i];
            l->routes[i] = r->next;
            free(r);
        }
    }
    free(l->answered_ms);
    free(l);
}

static struct bucket *bucket_of(struct discord_limit *l, const char *name)
{
    struct bucket **at = &l->buckets[slice_hash(slice_of(name)) % BUCKETS];
    for (struct bucket *b = *at; b; b = b->next) {
        if (strcmp(b->name, name) == 0) {
            return b;
        }
    }
    struct bucket *b = calloc(1, sizeof(*b));
    if (b) {
        snprintf(b->name, sizeof(b->name), "%s", name);
        b->next = *at;
        *at = b;
    }
    return b;
}

struct discord_limit_route *
discord_limit_route(struct discord_limit *l, struct slice template, struct slice major)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "%.*s %.*s", SLICE_ARG(template), SLICE_ARG(major));
    struct discord_limit_route **at = &l->routes[slice_hash(slice_of(name)) % BUCKETS];
    for (struct discord_limit_route *r = *at; r; r = r->next) {
        if (strcmp(r->name, name) == 0) {
            return r;
        }
    }
    struct discord_limit_route *r = calloc(1, sizeof(*r));
    struct bucket *b = r ? bucket_of(l, name) : NULL;
    if (!b) {
        free(r);
        return NULL;
    }
    snprintf(r->name, sizeof(r->name), "%s", name);
    snprintf(r->major, sizeof(r->major), "%.*s", SLICE_ARG(major));
    r->bucket = b;
    r->next = *at;
    *at = r;
    return r;
}

void **discord_limit_route_slot(struct discord_limit_route *route)
{
    return &route->slot;
}

static uint64_t until(uint64_t when_ms, uint64_t now_ms)
{
    return when_ms > now_ms ? when_ms - now_ms : 0;
}

// Forgets answers that are a second old.
static void expire(struct discord_limit *l, uint64_t now_ms)
{
    while (l->count && l->answered_ms[l->first] + WINDOW_MS <= now_ms) {
        l->first = (l->first + 1) % l->per_second;
        l->count--;
    }
}

// Until more than `kept` of the second are left.
static uint64_t wait_for_room(struct discord_limit *l, uint32_t kept, uint64_t now_ms)
{
    expire(l, now_ms);
    uint64_t wait = until(l->global_until_ms, now_ms);
    uint64_t window = 0;
    if (l->out + l->count + kept >= l->per_second) {
        window = l->count ? until(l->answered_ms[l->first] + WINDOW_MS, now_ms)
                          : UNANSWERED_MS;
    }
    return wait > window ? wait : window;
}

uint64_t discord_limit_global_wait_ms(struct discord_limit *l, uint64_t now_ms)
{
    return wait_for_room(l, 0, now_ms);
}

uint64_t discord_limit_modest_wait_ms(struct discord_limit *l, uint64_t now_ms)
{
    return wait_for_room(l, l->per_second / KEPT_SHARE, now_ms);
}

static uint64_t caution_ms(const struct discord_limit *l, uint64_t now_ms)
{
    if (!discord_limit_cautious(l, now_ms)) {
        return 0;
    }
    uint32_t last = (l->refused_next + LIMIT_REFUSED_MOST - 1) % LIMIT_REFUSED_MOST;
    return until(l->refused_ms[last] + CAUTION_MS, now_ms);
}

static uint64_t bucket_wait_ms(const struct bucket *b, uint64_t now_ms)
{
    uint64_t wait = until(b->blocked_until_ms, now_ms);
    if (wait || b->free) {
        return wait;
    }
    if (!b->known) {
        return b->out ? UNANSWERED_MS : 0;
    }
    if (now_ms >= b->reset_ms) {
        return b->out < b->limit ? 0 : UNANSWERED_MS;
    }
    return b->remaining ? 0 : until(b->reset_ms, now_ms);
}

uint64_t discord_limit_wait_ms(struct discord_limit *l,
                               const struct discord_limit_route *route, bool exempt,
                               uint64_t now_ms)
{
    uint64_t wait = bucket_wait_ms(route->bucket, now_ms);
    if (!exempt) {
        uint64_t global = discord_limit_global_wait_ms(l, now_ms);
        uint64_t caution = caution_ms(l, now_ms);
        wait = wait > global ? wait : global;
        wait = wait > caution ? wait : caution;
    }
    return wait;
}

void discord_limit_sent(struct discord_limit *l, struct discord_limit_route *route,
                        bool exempt, uint64_t now_ms)
{
    struct bucket *b = route->bucket;
    l->out += !exempt;
    if (b->known) {
        if (now_ms >= b->reset_ms) {
            // A new window. Its end is known with the first answer; until then it is
            // at least as long as nothing.
            b->remaining = b->limit > b->out ? b->limit - b->out : 0;
            b->reset_ms = now_ms + WINDOW_MS;
        }
        b->remaining -= b->remaining > 0;
    }
    b->out++;
}

static void count_refused(struct discord_limit *l, uint64_t now_ms)
{
    l->refused_ms[l->refused_next] = now_ms;
    l->refused_next = (l->refused_next + 1) % LIMIT_REFUSED_MOST;
    l->refused_count += l->refused_count < LIMIT_REFUSED_MOST;
}

static void answered(struct discord_limit *l, struct bucket *b, bool exempt,
                     uint64_t now_ms)
{
    b->out -= b->out > 0;
    if (exempt) {
        return;
    }
    expire(l, now_ms);
    l->out -= l->out > 0;
    if (l->count < l->per_second) {
        l->answered_ms[(l->first + l->count++) % l->per_second] = now_ms;
    }
}

// The bucket that the answer names; requests out on the old one were counted there.
static struct bucket *named_bucket(struct discord_limit *l,
                                   struct discord_limit_route *route,
                                   struct slice bucket)
{
    if (bucket.len == 0 || bucket.len > 64) {
        return route->bucket;
    }
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "#%.*s %s", SLICE_ARG(bucket), route->major);
    struct bucket *b = bucket_of(l, name);
    if (b && b != route->bucket) {
        b->out += route->bucket->out;
        route->bucket->out = 0;
        route->bucket = b;
    }
    return route->bucket;
}

static uint64_t bounded(uint64_t wait_ms)
{
    return wait_ms < WAIT_MOST_MS ? wait_ms : WAIT_MOST_MS;
}

static void block(struct discord_limit *l, struct bucket *b,
                  const struct discord_limit_answer *answer, uint64_t now_ms)
{
    uint64_t asked =
        answer->retry_after_ms == UINT64_MAX ? 1000 : answer->retry_after_ms;
    uint64_t until_ms = now_ms + bounded(asked) + RESET_MARGIN_MS;
    l->throttled++;
    if (answer->global) {
        l->global_until_ms =
            until_ms > l->global_until_ms ? until_ms : l->global_until_ms;
    } else {
        b->blocked_until_ms = until_ms;
    }
}

void discord_limit_answered(struct discord_limit *l, struct discord_limit_route *route,
                            const struct discord_limit_answer *answer, bool exempt,
                            uint64_t now_ms)
{
    answered(l, route->bucket, exempt, now_ms);
    struct bucket *b = named_bucket(l, route, answer->bucket);
    if (answer->limit != UINT64_MAX && answer->remaining != UINT64_MAX &&
        answer->reset_after_ms != UINT64_MAX && answer->limit > 0) {
        // What is still out was not counted by Discord when it answered.
        uint64_t left = answer->remaining > b->out ? answer->remaining - b->out : 0;
        uint64_t reset = now_ms + bounded(answer->reset_after_ms) + RESET_MARGIN_MS;
        bool same_window = b->known && b->reset_ms > now_ms;
        b->remaining = same_window && left > b->remaining ? b->remaining : left;
        b->limit = answer->limit;
        b->reset_ms = reset;
        b->known = true;
        b->free = false;
    } else if (answer->bucket.len == 0 && !b->known && answer->status != 429) {
        b->free = true;
    }
    if (answer->status == 429) {
        block(l, b, answer, now_ms);
    }
    if (answer->status == 401 || answer->status == 403 ||
        (answer->status == 429 && !answer->shared)) {
        count_refused(l, now_ms);
    }
}

void discord_limit_lost(struct discord_limit *l, struct discord_limit_route *route,
                        bool exempt, uint64_t now_ms)
{
    answered(l, route->bucket, exempt, now_ms);
}

uint64_t discord_limit_throttled(const struct discord_limit *l)
{
    return l->throttled;
}

uint32_t discord_limit_refused(struct discord_limit *l, uint64_t now_ms)
{
    uint32_t recent = 0;
    for (uint32_t i = 0; i < l->refused_count; i++) {
        recent += now_ms - l->refused_ms[i] < LIMIT_REFUSED_WINDOW_MS;
    }
    return recent;
}

bool discord_limit_cautious(const struct discord_limit *l, uint64_t now_ms)
{
    return l->refused_count == LIMIT_REFUSED_MOST &&
           now_ms - l->refused_ms[l->refused_next] < LIMIT_REFUSED_WINDOW_MS;
}
