/* SPDX-License-Identifier: MIT
 *
 * discord_reach.h - how far a channel's messages were handed over, and what was missed.
 *
 *   ids ─►  handed over │ missed │ came live │ missed │ came live
 *                       ▲        ▲           ▲        ▲         ▲
 *                    cursor    until       after    until      top
 *
 * A session that begins anew tells nothing of what happened since the old one: it leaves
 * a gap from the last message that came live to the first that comes live again. Each gap
 * is read by itself, the oldest first, so that what came live between two is not read
 * again. The cursor stays before the oldest gap: a restart reads from there.
 *
 *   lost ──► open ──live──► closed        READY; the first message of the new session
 *              └──settle───► kept or void GUILD_CREATE: the channel's last message
 *
 * Pure bookkeeping over message ids. Neighbours may overtake each other by a little, so
 * that a gap is taken a second wider on either side.
 */
#ifndef HM_DISCORD_REACH_H
#define HM_DISCORD_REACH_H

#include <stdbool.h>
#include <stdint.h>

enum { REACH_GAPS_MOST = 8 };

#define REACH_OPEN UINT64_MAX // until: nothing came live yet

struct discord_missed {
    uint64_t from;  // the newest message before it
    uint64_t after; // read up to here; at first a little before `from`
    uint64_t until; // the last id that may have been missed, or REACH_OPEN
    uint64_t last; // the channel's last message as a new session called it; 0: not said
    bool settled;  // the session has said it
    bool looked;   // the reader's: its end was looked at and is more than a page away
};

struct discord_reach {
    uint64_t top; // the newest that was handed over; 0: none yet
    struct discord_missed gaps[REACH_GAPS_MOST]; // oldest first, apart from each other
    unsigned count;
};

// Everything up to this id was handed over before; for a channel that begins.
void discord_reach_begin(struct discord_reach *r, uint64_t id);
// A message came live.
void discord_reach_live(struct discord_reach *r, uint64_t id);
// The session was lost: what follows may have been missed. Once is as good as often.
void discord_reach_lost(struct discord_reach *r);
// The new session calls this the channel's last message (0: it has none). Gaps that hold
// nothing go. Said once more, or without a loss before, it counts as one. true: something
// is to be read.
bool discord_reach_settle(struct discord_reach *r, uint64_t last);
// The oldest gap, when it may be read; else NULL. Lent until the next call.
struct discord_missed *discord_reach_oldest(struct discord_reach *r);
// Every message of the oldest gap up to this id was handed over.
void discord_reach_read(struct discord_reach *r, uint64_t id);
// The oldest gap holds no more.
void discord_reach_end(struct discord_reach *r);
// What a restart may take as handed over; 0: nothing yet.
uint64_t discord_reach_cursor(const struct discord_reach *r);

#endif
