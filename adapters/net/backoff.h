/* SPDX-License-Identifier: MIT
 *
 * backoff.h - how long to wait before the next attempt to connect.
 *
 * Exponential with full jitter: a wait lies anywhere between nothing and a window that
 * doubles from base to ceiling, so that many bots do not return in step. A connection
 * that stood for healthy_ms starts the count again; one that fails at once does not.
 */
#ifndef HM_NET_BACKOFF_H
#define HM_NET_BACKOFF_H

#include <stdint.h>

struct backoff {
    uint32_t base_ms;    // first window; 0: 1 s
    uint32_t ceiling_ms; // largest window; 0: 60 s
    uint32_t healthy_ms; // 0: 60 s
    uint32_t attempts;   // since the last health
    uint64_t up_at_ns;   // monotonic; 0: not connected
};

// The next wait; at_random is in [0, 1).
uint64_t backoff_next_ms(struct backoff *b, double at_random);
// The connection stands. A second call while it stands changes nothing.
void backoff_up(struct backoff *b, uint64_t now_ns);
// It is gone: the count starts again when it stood long enough.
void backoff_down(struct backoff *b, uint64_t now_ns);
// A number in [0, 1) from the system's source.
double backoff_random(void);

#endif
