/* SPDX-License-Identifier: MIT
 *
 * latency.h - a histogram of durations in fixed memory: 16 steps to each power of two,
 * so a percentile is right to about 6 %.
 */
#ifndef HM_CORE_LATENCY_H
#define HM_CORE_LATENCY_H

#include <stdint.h>

enum { LATENCY_STEPS = 16, LATENCY_POWERS = 48 };

struct latency {
    uint64_t count;
    uint64_t buckets[LATENCY_POWERS * LATENCY_STEPS];
};

void latency_add(struct latency *l, uint64_t ns);
// The duration in ns that `share` (0..1) of all were not above; 0 when there are none.
uint64_t latency_at(const struct latency *l, double share);

#endif
