/* SPDX-License-Identifier: MIT
 *
 * discord_turns.h - when a shard may identify. Pure bookkeeping.
 *
 * Discord takes one identify in five seconds for each bucket (shard modulo
 * max_concurrency) and a number a day, past which it resets the token. Both must hold
 * over a restart and a kill: a turn is reserved and written down a moment before it is
 * used.
 *
 *   free ──wait()──► reserved (written down) ──a moment later, wait()──► used, 0
 *
 * Units   now_ms is monotonic, now_unix_ms the wall clock.
 * Source  Discord API v10, "Gateway", session start limit (discord-api-docs, 2026-08).
 */
#ifndef HM_DISCORD_TURNS_H
#define HM_DISCORD_TURNS_H

#include <stdbool.h>

#include "bot/base/text.h"

enum {
    TURNS_PAUSE_MS = 5100, // Discord: five seconds
    TURNS_WRITE_MS = 100,  // until what was reserved is on the disk
    TURNS_BUCKETS = 16,
};

struct turns_bucket {
    uint64_t not_before_ms;
    uint64_t last_unix_ms; // 0: never
    uint64_t ready_ms;     // of what is reserved
    uint32_t holder;       // shard + 1 that reserved; 0: nobody
};

struct discord_turns {
    uint32_t concurrency; // 0: no plan yet
    uint64_t left;        // identifies that Discord still takes
    uint64_t reset_ms;    // when that number is new
    uint64_t day_unix_ms; // our own count began; 0: never
    uint64_t today;       // identifies since then
    struct turns_bucket buckets[TURNS_BUCKETS];
};

// What GET /gateway/bot said.
void turns_plan(struct discord_turns *t, uint64_t concurrency, uint64_t total,
                uint64_t remaining, uint64_t reset_after_ms, uint64_t now_ms,
                uint64_t now_unix_ms);
// 0: identify now; else ms until it is worth asking again. *write: turns_encode() is to
// be written down.
uint32_t turns_wait_ms(struct discord_turns *t, uint32_t shard, uint64_t now_ms,
                       uint64_t now_unix_ms, bool *write);
// The day's number is used up, and not new yet.
bool turns_used_up(const struct discord_turns *t, uint64_t now_ms);
void turns_encode(const struct discord_turns *t, struct text *out);
// Nonsense is taken as nothing.
void turns_parse(struct discord_turns *t, struct slice value, uint64_t now_ms,
                 uint64_t now_unix_ms);

#endif
