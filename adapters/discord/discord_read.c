// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_read.h"

#include <stdio.h>

bool discord_read_plan(struct discord_read *r, struct discord_channel *c)
{
    const struct discord_missed *g = discord_reach_oldest(&c->reach);
    if (g) {
        bool look = c->edits_since_ms && !g->looked;
        *r = (struct discord_read){.asked = look ? READ_END : READ_AFTER,
                                   .gap_from = g->from,
                                   .id = look ? g->until : g->after,
                                   .told_last = g->last};
        return true;
    }
    if (c->edits_due) {
        c->edits_due = false;
        *r = (struct discord_read){.asked = READ_EDITS, .id = c->edits_before_id};
        return true;
    }
    if (c->reach.count == 0) {
        c->edits_since_ms = 0;
    }
    return false;
}

void discord_read_path(const struct discord_read *r, uint64_t channel_id,
                       char out[READ_PATH_BYTES])
{
    int n = snprintf(out, READ_PATH_BYTES, "/channels/%llu/messages?limit=%d",
                     (unsigned long long)channel_id, DISCORD_PAGE_MOST);
    size_t room = READ_PATH_BYTES - (size_t)n;
    if (r->asked == READ_AFTER) {
        snprintf(out + n, room, "&after=%llu", (unsigned long long)r->id);
    } else if (r->id && r->id != REACH_OPEN) {
        snprintf(out + n, room, "&before=%llu",
                 (unsigned long long)r->id + (r->asked == READ_END));
    }
}

// The gap that was asked for; NULL when it is read by now.
static struct discord_missed *gap_of(const struct discord_read *r,
                                     struct discord_channel *c)
{
    struct discord_missed *g =
        r->asked != READ_EDITS && c->reach.count ? &c->reach.gaps[0] : NULL;
    return g && g->from == r->gap_from ? g : NULL;
}

void discord_read_sort(const struct discord_read *r, struct discord_channel *c,
                       struct discord_page *p)
{
    struct discord_missed *g = gap_of(r, c);
    if (r->asked == READ_EDITS) {
        discord_page_keep(p, UINT64_MAX, UINT64_MAX, c->edits_since_ms);
    } else if (!g) {
        discord_page_keep(p, UINT64_MAX, UINT64_MAX, 0);
    } else if (r->asked == READ_AFTER) {
        discord_page_keep(p, g->after, g->until, 0);
    } else if (p->full && p->lowest <= g->after) {
        discord_page_keep(p, g->after, g->until, c->edits_since_ms);
    } else {
        // More than a page, or a short one, which proves nothing.
        g->looked = true;
        if (p->full) {
            c->edits_due = true;
            c->edits_before_id = g->from + 1;
        }
        discord_page_keep(p, UINT64_MAX, UINT64_MAX, 0);
    }
}

void discord_read_handed(const struct discord_read *r, struct discord_channel *c,
                         uint64_t id)
{
    if (gap_of(r, c)) {
        discord_reach_read(&c->reach, id);
    }
}

void discord_read_done(const struct discord_read *r, struct discord_channel *c,
                       const struct discord_page *p)
{
    struct discord_missed *g = gap_of(r, c);
    if (!g || (r->asked == READ_END && g->looked)) {
        return;
    }
    uint64_t reached = p->highest > g->after ? p->highest : g->after;
    // A short page is the end only when it reaches what the session called the last.
    bool ends =
        r->asked == READ_END || p->highest <= r->id || (!p->full && reached >= g->last);
    // Otherwise another session began meanwhile, behind a gap of its own.
    bool same = g->settled && g->last == r->told_last;
    if (ends && same) {
        g->after = reached;
        discord_reach_end(&c->reach);
    } else {
        discord_reach_read(&c->reach, reached);
    }
}

void discord_read_failed(const struct discord_read *r, struct discord_channel *c)
{
    if (r->asked == READ_EDITS) {
        c->edits_due = true;
    }
}
