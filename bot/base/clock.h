/* SPDX-License-Identifier: MIT
 *
 * clock.h - time as a value that tests can drive.
 */
#ifndef HM_BASE_CLOCK_H
#define HM_BASE_CLOCK_H

#include <stdint.h>

// Both functions get ctx. The real clock ignores it; a test's clock reads it.
struct clock {
    uint64_t (*unix_ms)(const void *ctx);      // wall clock, ms since the Unix epoch
    uint64_t (*monotonic_ns)(const void *ctx); // never goes back
    const void *ctx;
};

struct clock clock_real(void);
uint64_t clock_unix_ms(const struct clock *c);
uint64_t clock_monotonic_ns(const struct clock *c);

enum { CLOCK_TEXT_BYTES = 32 };
// "2026-03-05T14:02:11.123Z" into out; returns out.
const char *clock_text(uint64_t unix_ms, char out[CLOCK_TEXT_BYTES]);

#endif
