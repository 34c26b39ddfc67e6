// SPDX-License-Identifier: MIT
#include "adapters/net/backoff.h"

#include <sodium.h>

enum { BASE_MS = 1000, CEILING_MS = 60000, HEALTHY_MS = 60000, DOUBLINGS_MOST = 31 };

uint64_t backoff_next_ms(struct backoff *b, double at_random)
{
    uint64_t window = b->base_ms ? b->base_ms : BASE_MS;
    uint64_t ceiling = b->ceiling_ms ? b->ceiling_ms : CEILING_MS;
    window <<= b->attempts < DOUBLINGS_MOST ? b->attempts : DOUBLINGS_MOST;
    if (window > ceiling) {
        window = ceiling;
    }
    if (b->attempts < DOUBLINGS_MOST) {
        b->attempts++;
    }
    return (uint64_t)((double)window * at_random);
}

void backoff_up(struct backoff *b, uint64_t now_ns)
{
    if (!b->up_at_ns) {
        b->up_at_ns = now_ns ? now_ns : 1;
    }
}

void backoff_down(struct backoff *b, uint64_t now_ns)
{
    uint64_t healthy_ms = b->healthy_ms ? b->healthy_ms : HEALTHY_MS;
    if (b->up_at_ns && now_ns - b->up_at_ns >= healthy_ms * 1000000) {
        b->attempts = 0;
    }
    b->up_at_ns = 0;
}

double backoff_random(void)
{
    return (double)randombytes_uniform(1u << 30) / (double)(1u << 30);
}
