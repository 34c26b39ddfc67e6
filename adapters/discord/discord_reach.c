// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_reach.h"

#include <stddef.h>

// An id carries its milliseconds above 22 bits.
static const uint64_t slack = 1000ull << 22;

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void remove_at(struct discord_reach *r, unsigned at)
{
    for (unsigned i = at; i + 1 < r->count; i++) {
        r->gaps[i] = r->gaps[i + 1];
    }
    r->count--;
}

static struct discord_missed *newest(struct discord_reach *r)
{
    return r->count ? &r->gaps[r->count - 1] : NULL;
}

// Takes gap at + 1 into gap at; what came live between them is read again.
static void join(struct discord_reach *r, unsigned at)
{
    struct discord_missed *g = &r->gaps[at];
    const struct discord_missed *next = &r->gaps[at + 1];
    g->until = larger(g->until, next->until);
    g->last = larger(g->last, next->last);
    g->settled = g->settled && next->settled;
    g->looked = g->looked || next->looked;
    remove_at(r, at + 1);
}

// Joins the two gaps with the least between them.
static void join_closest(struct discord_reach *r)
{
    unsigned best = 0;
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i + 1 < r->count; i++) {
        uint64_t between = r->gaps[i + 1].after - r->gaps[i].until;
        if (between < least) {
            least = between;
            best = i;
        }
    }
    join(r, best);
}

void discord_reach_begin(struct discord_reach *r, uint64_t id)
{
    r->top = larger(r->top, id);
}

void discord_reach_live(struct discord_reach *r, uint64_t id)
{
    struct discord_missed *g = newest(r);
    if (g && g->until == REACH_OPEN) {
        g->until = id > REACH_OPEN - 1 - slack ? REACH_OPEN - 1 : id + slack;
        if (g->until <= g->after) {
            remove_at(r, r->count - 1); // the session goes on from before the gap
        }
    }
    r->top = larger(r->top, id);
}

void discord_reach_lost(struct discord_reach *r)
{
    struct discord_missed *g = newest(r);
    if (g && g->until == REACH_OPEN) {
        g->settled = false; // it goes on
        return;
    }
    if (r->count == REACH_GAPS_MOST) {
        join_closest(r);
    }
    r->gaps[r->count++] = (struct discord_missed){
        .from = r->top,
        .after = r->top > slack ? r->top - slack : 0,
        .until = REACH_OPEN,
    };
    if (r->count > 1 && r->gaps[r->count - 2].until >= r->gaps[r->count - 1].after) {
        join(r, r->count - 2);
    }
}

bool discord_reach_settle(struct discord_reach *r, uint64_t last)
{
    bool awaited = false;
    for (unsigned i = 0; i < r->count; i++) {
        awaited = awaited || !r->gaps[i].settled;
    }
    if (!awaited) {
        discord_reach_lost(r);
    }
    for (unsigned i = r->count; i-- > 0;) {
        struct discord_missed *g = &r->gaps[i];
        if (g->settled) {
            continue;
        }
        g->settled = true;
        g->last = larger(g->last, last);
        if (g->last <= g->from) {
            remove_at(r, i);
        }
    }
    return r->count > 0;
}

struct discord_missed *discord_reach_oldest(struct discord_reach *r)
{
    return r->count && r->gaps[0].settled ? &r->gaps[0] : NULL;
}

void discord_reach_read(struct discord_reach *r, uint64_t id)
{
    if (!r->count) {
        return;
    }
    struct discord_missed *g = &r->gaps[0];
    g->after = larger(g->after, id);
    if (g->after >= g->until) {
        remove_at(r, 0);
    }
}

void discord_reach_end(struct discord_reach *r)
{
    if (r->count) {
        // Beyond a gap that is closed somebody else's messages begin.
        if (r->gaps[0].until == REACH_OPEN) {
            r->top = larger(r->top, r->gaps[0].after);
        }
        remove_at(r, 0);
    }
}

uint64_t discord_reach_cursor(const struct discord_reach *r)
{
    return r->count ? r->gaps[0].after : r->top;
}
