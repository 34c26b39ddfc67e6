// SPDX-License-Identifier: MIT
#include "rules/classify/consult.h"

// What may be saved up: half of it, read at once, must not hold up other messages long.
enum { BURST_MS = 250 };

enum fault consult_init(struct consult *c, const struct reader *r, struct why *why)
{
    struct reader_desk *desk = NULL;
    enum fault f = r ? reader_desk_create(&desk, r, why) : FAULT_NONE;
    if (!f) {
        *c = (struct consult){.desk = desk, .pace = r ? reader_pieces_per_s(r) : 0};
    }
    return f;
}

void consult_finish(struct consult *c)
{
    reader_desk_free(c->desk);
    c->desk = NULL;
}

static uint64_t bound_of(const struct consult *c)
{
    return c->pieces_per_s < c->pace ? c->pieces_per_s : c->pace;
}

static uint64_t most_of(const struct consult *c)
{
    return BURST_MS * bound_of(c);
}

void consult_bound(struct consult *c, uint32_t pieces_per_s)
{
    c->pieces_per_s = pieces_per_s;
    c->spare = most_of(c);
}

// What the time since the message before gives.
static void refill(struct consult *c)
{
    if (c->at_ms > c->spare_ms) {
        uint64_t most = most_of(c), passed = c->at_ms - c->spare_ms;
        uint64_t share = passed < BURST_MS ? passed * bound_of(c) : most;
        c->spare = c->spare + share < most ? c->spare + share : most;
    }
    if (c->at_ms) { // it may go back, when a gap is filled
        c->spare_ms = c->at_ms;
    }
}

void consult_begin(struct consult *c, uint64_t at_unix_ms)
{
    c->at_ms = at_unix_ms;
    c->asked = false;
    c->count = 0;
    c->uses = 0;
    c->before = SLICE("");
    refill(c);
}

void consult_recall(struct consult *c, struct slice text, consult_scan_fn *scan,
                    void *scan_ctx)
{
    c->before = text;
    c->scan = scan;
    c->scan_ctx = scan_ctx;
}

bool consult_at_leisure(const struct consult *c)
{
    return c->pieces_per_s == 0 || c->spare >= most_of(c) / 2;
}

static bool affords(const struct consult *c, uint64_t pieces)
{
    return c->pieces_per_s == 0 || pieces * 1000 <= c->spare;
}

static void spend(struct consult *c, uint64_t pieces)
{
    if (c->pieces_per_s) {
        c->spare -= pieces * 1000;
    }
}

// A word is a piece at least, but for groups' names of several words.
static uint64_t least_pieces(const struct scan *s)
{
    return s->tokens.count < READER_POSITIONS ? s->tokens.count / 2
                                              : READER_POSITIONS / 2;
}

// Cuts the message into pieces, and what was said before it.
static void cut(struct consult *c, const struct reader *r, const bool *groups,
                const struct scan *s)
{
    struct scan earlier;
    struct before before = {0};
    if (c->before.len && c->scan(c->scan_ctx, c->before, &earlier)) {
        pieces_read(&c->windows, &earlier, reader_vocabulary(r), groups);
        pieces_before(&before, &c->windows);
    }
    pieces_read(&c->windows, s, reader_vocabulary(r), groups);
    pieces_after(&c->windows, &before);
}

size_t consult_reader(struct consult *c, const struct reader *r, const bool *groups,
                      const struct scan *s)
{
    if (c->asked || !c->desk) {
        return c->count;
    }
    uint64_t pieces = 0;
    c->asked = true;
    if (!affords(c, least_pieces(s))) {
        return 0; // before it is cut into pieces, which costs too
    }
    cut(c, r, groups, s);
    for (size_t i = 0; i < c->windows.count; i++) {
        pieces += c->windows.at[i].count;
    }
    if (!affords(c, pieces)) {
        return 0;
    }
    spend(c, pieces);
    c->read_count += c->windows.count > 0;
    for (; c->count < c->windows.count; c->count++) {
        const struct window *w = &c->windows.at[c->count];
        reader_read(r, c->desk, w->ids, w->count, &c->opinions[c->count]);
    }
    return c->count;
}

const struct reader_opinion *consult_of(const struct consult *c, uint32_t first,
                                        uint32_t last)
{
    for (size_t i = 0; i < c->count; i++) {
        if (first <= c->windows.at[i].last && last >= c->windows.at[i].first) {
            return &c->opinions[i];
        }
    }
    return NULL;
}
