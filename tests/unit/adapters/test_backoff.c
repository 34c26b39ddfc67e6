// SPDX-License-Identifier: MIT
#include "adapters/net/backoff.h"

#include "unit/check.h"

static const uint64_t second_ns = 1000000000;

TEST(backoff__window_doubles_to_its_ceiling_and_stays)
{
    struct backoff b = {0};
    static const uint64_t windows[] = {1000,  2000,  4000,  8000,
                                       16000, 32000, 60000, 60000};
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        CHECK_INT(backoff_next_ms(&b, 0.5), windows[i] / 2);
    }
    for (int i = 0; i < 100; i++) {
        CHECK(backoff_next_ms(&b, 0.999999) <= 60000);
    }
}

TEST(backoff__full_jitter_reaches_nothing)
{
    struct backoff b = {.base_ms = 500, .ceiling_ms = 60000};
    CHECK_INT(backoff_next_ms(&b, 0.0), 0);
}

TEST(backoff__a_minute_of_health_starts_again)
{
    struct backoff b = {0};
    backoff_next_ms(&b, 0.5);
    backoff_next_ms(&b, 0.5);
    backoff_up(&b, 5 * second_ns);
    backoff_up(&b, 50 * second_ns);
    backoff_down(&b, 65 * second_ns);
    CHECK_INT(backoff_next_ms(&b, 0.5), 500);
}

TEST(backoff__a_connection_that_falls_at_once_does_not)
{
    struct backoff b = {0};
    backoff_next_ms(&b, 0.5);
    backoff_up(&b, 5 * second_ns);
    backoff_down(&b, 64 * second_ns);
    CHECK_INT(backoff_next_ms(&b, 0.5), 1000);
    backoff_down(&b, 1000 * second_ns);
    CHECK_INT(backoff_next_ms(&b, 0.5), 2000);
}

TEST(backoff_random__lies_in_its_range)
{
    for (int i = 0; i < 1000; i++) {
        double r = backoff_random();
        CHECK(r >= 0.0 && r < 1.0);
    }
}

int main(void)
{
    return RUN(UNIT(backoff__window_doubles_to_its_ceiling_and_stays),
               UNIT(backoff__full_jitter_reaches_nothing),
               UNIT(backoff__a_minute_of_health_starts_again),
               UNIT(backoff__a_connection_that_falls_at_once_does_not),
               UNIT(backoff_random__lies_in_its_range));
}
