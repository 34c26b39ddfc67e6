// SPDX-License-Identifier: MIT
#include "rules/classify/consult.h"

enum { BURST_S = 10 }; // a quiet channel may spend so many seconds' share at once

enum fault consult_init(struct consult *c, const struct reader *r, struct why *why)
{
    struct reader_desk *desk = NULL;
    enum fault f = r ? reader_desk_create(&desk, r, why) : FAULT_NONE;
    if (!f) {
        *c = (struct consult){.desk = desk};
    }
    return f;
}

void consult_finish(struct consult *c)
{
    reader_desk_free(c->desk);
    c->desk = NULL;
}

void consult_bound(struct consult *c, uint32_t pieces_per_s)
{
    c->pieces_per_s = pieces_per_s;
    c->spare = UINT64_C(1000) * BURST_S * pieces_per_s;
}

void consult_begin(struct consult *c, uint64_t at_unix_ms)
{
    c->at_ms = at_unix_ms;
    c->asked = false;
    c->count = 0;
    c->uses = 0;
}

static bool affords(struct consult *c, uint64_t pieces)
{
    uint64_t most = UINT64_C(1000) * BURST_S * c->pieces_per_s;
    if (c->pieces_per_s == 0) {
        return true;
    }
    if (c->at_ms > c->spare_ms) {
        uint64_t passed = c->at_ms - c->spare_ms;
        uint64_t share = passed < 1000 * BURST_S ? passed * c->pieces_per_s : most;
        c->spare = c->spare + share < most ? c->spare + share : most;
    }
    if (c->at_ms) { // it may go back, when a gap is filled
        c->spare_ms = c->at_ms;
    }
    if (pieces * 1000 > c->spare) {
        return false;
    }
    c->spare -= pieces * 1000;
    return true;
}

size_t consult_reader(struct consult *c, const struct reader *r, const bool *groups,
                      const struct scan *s)
{
    if (c->asked || !c->desk) {
        return c->count;
    }
    uint64_t pieces = 0;
    c->asked = true;
    pieces_read(&c->windows, s, reader_vocabulary(r), groups);
    for (size_t i = 0; i < c->windows.count; i++) {
        pieces += c->windows.at[i].count;
    }
    if (!affords(c, pieces)) {
        return 0;
    }
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
