// SPDX-License-Identifier: MIT
#include "bot/base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t real_unix_ms(const void *ctx)
{
    (void)ctx;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

static uint64_t real_monotonic_ns(const void *ctx)
{
    (void)ctx;
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct clock clock_real(void)
{
    return (struct clock){real_unix_ms, real_monotonic_ns, NULL};
}

uint64_t clock_unix_ms(const struct clock *c)
{
    return c->unix_ms(c->ctx);
}

uint64_t clock_monotonic_ns(const struct clock *c)
{
    return c->monotonic_ns(c->ctx);
}

const char *clock_text(uint64_t unix_ms, char out[CLOCK_TEXT_BYTES])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm) || tm.tm_year > 8099) {
        snprintf(out, CLOCK_TEXT_BYTES, "out of range");
        return out;
    }
    char date[24];
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, CLOCK_TEXT_BYTES, "%s.%03uZ", date, (unsigned)(unix_ms % 1000));
    return out;
}
