// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_turns.h"

#include <jansson.h>

#include "adapters/discord/discord_json.h"

enum {
    ASK_AGAIN_MOST_MS = 60000,
    // One that was reserved longer ago than this is written down anew.
    STALE_MS = 1000,
    KEPT_SHARE = 20, // of a day's identifies, by our own count
};

static const uint64_t day_ms = 24ull * 60 * 60 * 1000;

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void roll_day(struct discord_turns *t, uint64_t now_unix_ms)
{
    if (now_unix_ms < t->day_unix_ms || now_unix_ms - t->day_unix_ms >= day_ms) {
        t->day_unix_ms = now_unix_ms;
        t->today = 0;
    }
}

void turns_plan(struct discord_turns *t, uint64_t concurrency, uint64_t total,
                uint64_t remaining, uint64_t reset_after_ms, uint64_t now_ms,
                uint64_t now_unix_ms)
{
    roll_day(t, now_unix_ms);
    concurrency = concurrency ? concurrency : 1;
    t->concurrency = (uint32_t)smaller(concurrency, TURNS_BUCKETS);
    // Discord's number is the truth; ours guards against one that lags behind.
    uint64_t own = total - total / KEPT_SHARE;
    uint64_t own_left = own > t->today ? own - t->today : 0;
    uint64_t own_reset = t->day_unix_ms + day_ms - now_unix_ms;
    t->left = smaller(remaining, own_left);
    t->reset_ms =
        now_ms + smaller(own_left < remaining ? own_reset : reset_after_ms, day_ms);
}

bool turns_used_up(const struct discord_turns *t, uint64_t now_ms)
{
    return t->left == 0 && now_ms < t->reset_ms;
}

uint32_t turns_wait_ms(struct discord_turns *t, uint32_t shard, uint64_t now_ms,
                       uint64_t now_unix_ms, bool *write)
{
    struct turns_bucket *b = &t->buckets[shard % (t->concurrency ? t->concurrency : 1)];
    *write = false;
    bool mine = b->holder == shard + 1;
    if (mine && now_ms < b->ready_ms) {
        return (uint32_t)(b->ready_ms - now_ms);
    }
    if (mine && now_ms - b->ready_ms <= STALE_MS) {
        b->holder = 0;
        b->not_before_ms = now_ms + TURNS_PAUSE_MS;
        return 0;
    }
    if (turns_used_up(t, now_ms)) {
        return (uint32_t)smaller(t->reset_ms - now_ms, ASK_AGAIN_MOST_MS);
    }
    if (!mine && now_ms < b->not_before_ms) {
        return (uint32_t)(b->not_before_ms - now_ms);
    }
    roll_day(t, now_unix_ms);
    t->left -= t->left > 0; // past the reset the new number comes with the next plan
    t->today++;
    b->holder = shard + 1;
    b->ready_ms = now_ms + TURNS_WRITE_MS;
    b->not_before_ms = b->ready_ms + TURNS_PAUSE_MS;
    b->last_unix_ms = now_unix_ms + TURNS_WRITE_MS;
    *write = true;
    return TURNS_WRITE_MS;
}

void turns_encode(const struct discord_turns *t, struct text *out)
{
    text_add_format(out, "{\"day\":%llu,\"count\":%llu,\"last\":[",
                    (unsigned long long)t->day_unix_ms, (unsigned long long)t->today);
    for (size_t i = 0; i < TURNS_BUCKETS; i++) {
        text_add_format(out, "%s%llu", i ? "," : "",
                        (unsigned long long)t->buckets[i].last_unix_ms);
    }
    text_add_str(out, "]}");
}

void turns_parse(struct discord_turns *t, struct slice value, uint64_t now_ms,
                 uint64_t now_unix_ms)
{
    json_t *json = discord_parse(value);
    const json_t *last = json_object_get(json, "last");
    t->day_unix_ms = discord_get_u64(json, "day", 0);
    t->today = discord_get_u64(json, "count", 0);
    for (size_t i = 0; i < TURNS_BUCKETS && i < json_array_size(last); i++) {
        const json_t *at = json_array_get(last, i);
        uint64_t unix_ms = json_is_integer(at) && json_integer_value(at) > 0
                               ? (uint64_t)json_integer_value(at)
                               : 0;
        struct turns_bucket *b = &t->buckets[i];
        b->last_unix_ms = unix_ms;
        // A clock that was set back must not make us wait for longer than ever needed.
        uint64_t since = now_unix_ms > unix_ms ? now_unix_ms - unix_ms : 0;
        b->not_before_ms =
            unix_ms && since < TURNS_PAUSE_MS ? now_ms + TURNS_PAUSE_MS - since : 0;
    }
    roll_day(t, now_unix_ms);
    json_decref(json);
}
