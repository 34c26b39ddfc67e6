// SPDX-License-Identifier: MIT
#include "bot/core/latency.h"

static unsigned bucket_of(uint64_t ns)
{
    if (ns < LATENCY_STEPS) {
        return (unsigned)ns;
    }
    unsigned power = 63u - (unsigned)__builtin_clzll(ns); // at least 4
    unsigned step = (unsigned)(ns >> (power - 4)) & (LATENCY_STEPS - 1);
    unsigned bucket = (power - 3) * LATENCY_STEPS + step;
    unsigned last = LATENCY_POWERS * LATENCY_STEPS - 1;
    return bucket < last ? bucket : last;
}

static uint64_t top_of(unsigned bucket)
{
    if (bucket < LATENCY_STEPS) {
        return bucket;
    }
    unsigned power = bucket / LATENCY_STEPS + 3;
    uint64_t step = bucket % LATENCY_STEPS;
    return ((LATENCY_STEPS + step + 1) << (power - 4)) - 1;
}

void latency_add(struct latency *l, uint64_t ns)
{
    l->count++;
    l->buckets[bucket_of(ns)]++;
}

uint64_t latency_at(const struct latency *l, double share)
{
    uint64_t want = (uint64_t)(share * (double)l->count);
    uint64_t seen = 0;
    for (unsigned i = 0; i < LATENCY_POWERS * LATENCY_STEPS; i++) {
        seen += l->buckets[i];
        if (seen > want || (seen == l->count && seen > 0)) {
            return top_of(i);
        }
    }
    return 0;
}
