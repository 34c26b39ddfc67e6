// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "adapters/discord/discord_turns.h"
#include "unit/check.h"

#define UNIX 1790000000000ull

static struct discord_turns make(uint64_t concurrency, uint64_t remaining)
{
    struct discord_turns t = {0};
    turns_plan(&t, concurrency, 1000, remaining, 3600000, 0, UNIX);
    return t;
}

// Asks until it may go; returns when that was.
static uint64_t go(struct discord_turns *t, uint32_t shard, uint64_t now)
{
    bool write;
    for (uint32_t wait; (wait = turns_wait_ms(t, shard, now, UNIX + now, &write));) {
        now += wait;
    }
    return now;
}

// As a new process finds it.
static struct discord_turns restart(const struct discord_turns *t, uint64_t now,
                                    uint64_t now_unix)
{
    struct text value;
    text_init(&value, 4096);
    turns_encode(t, &value);
    struct discord_turns next = {0};
    turns_parse(&next, text_slice(&value), now, now_unix);
    text_finish(&value);
    turns_plan(&next, 1, 1000, 1000, 3600000, now, now_unix);
    return next;
}

TEST(turns__a_turn_is_written_down_before_it_is_used)
{
    struct discord_turns t = make(1, 1000);
    bool write = false;
    CHECK_INT(turns_wait_ms(&t, 0, 10, UNIX + 10, &write), TURNS_WRITE_MS);
    CHECK(write);
    CHECK(turns_wait_ms(&t, 0, 50, UNIX + 50, &write) > 0);
    CHECK(!write);
    CHECK_INT(turns_wait_ms(&t, 0, 110, UNIX + 110, &write), 0);
    CHECK(!write);
}

TEST(turns__five_seconds_lie_between_two_of_a_bucket)
{
    struct discord_turns t = make(2, 1000);
    uint64_t first = go(&t, 0, 0);
    CHECK(go(&t, 1, 0) <= 2 * TURNS_WRITE_MS); // another bucket
    CHECK(go(&t, 2, first) - first >= 5000);
    CHECK(go(&t, 3, 0) >= 5000);
}

TEST(turns__a_new_process_waits_for_the_old_ones)
{
    struct discord_turns t = make(1, 1000);
    uint64_t first = go(&t, 0, 0);
    struct discord_turns next = restart(&t, 7, UNIX + first + 300);
    uint64_t then = go(&next, 0, 7);
    CHECK(then + 300 - 7 >= 5000);
    CHECK(then < 5200);
    next = restart(&t, 7, UNIX + first + 6000);
    CHECK(go(&next, 0, 7) <= 7 + TURNS_WRITE_MS);
}

TEST(turns__a_clock_set_back_costs_no_more_than_the_pause)
{
    struct discord_turns t = make(1, 1000);
    uint64_t first = go(&t, 0, 0);
    struct discord_turns next = restart(&t, 0, UNIX - 86400000);
    CHECK(go(&next, 0, 0) <= first + TURNS_PAUSE_MS);
}

TEST(turns__what_one_reserved_and_did_not_use_is_reserved_anew)
{
    struct discord_turns t = make(1, 1000);
    bool write;
    turns_wait_ms(&t, 0, 0, UNIX, &write);
    CHECK(turns_wait_ms(&t, 1, 100, UNIX + 100, &write) >= 5000); // not the other's
    CHECK_INT(turns_wait_ms(&t, 0, 9000, UNIX + 9000, &write), TURNS_WRITE_MS);
    CHECK(write);
}

TEST(turns__the_days_number_is_kept)
{
    struct discord_turns t = make(1, 2);
    uint64_t now = go(&t, 0, go(&t, 0, 0));
    CHECK(turns_used_up(&t, now));
    CHECK(go(&t, 0, now) >= 3600000);
    CHECK_INT(t.today, 3);
}

TEST(turns__our_own_count_holds_where_discords_lags_behind)
{
    struct discord_turns t = make(1, 1000);
    t.today = 949;
    struct discord_turns next = restart(&t, 0, UNIX + 1000);
    CHECK_INT(next.left, 1);
    CHECK_INT(next.today, 949);
    uint64_t now = go(&next, 0, 0);
    CHECK(turns_used_up(&next, now));
    CHECK(!turns_used_up(&next, now + 86400000));
    next = restart(&t, 0, UNIX + 90000000); // the next day
    CHECK_INT(next.today, 0);
    CHECK_INT(next.left, 950);
}

TEST(turns__nonsense_is_nothing)
{
    static const char *const values[] = {"", "x", "{}", "{\"last\":7,\"day\":\"x\"}",
                                         "{\"last\":[-5,\"x\",null,1e300]}"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct discord_turns t = {0};
        turns_parse(&t, slice_of(values[i]), 5, UNIX);
        turns_plan(&t, 0, 1000, 1000, 0, 5, UNIX);
        CHECK(go(&t, 0, 5) <= 5 + TURNS_WRITE_MS);
    }
}

int main(void)
{
    return RUN(UNIT(turns__a_turn_is_written_down_before_it_is_used),
               UNIT(turns__five_seconds_lie_between_two_of_a_bucket),
               UNIT(turns__a_new_process_waits_for_the_old_ones),
               UNIT(turns__a_clock_set_back_costs_no_more_than_the_pause),
               UNIT(turns__what_one_reserved_and_did_not_use_is_reserved_anew),
               UNIT(turns__the_days_number_is_kept),
               UNIT(turns__our_own_count_holds_where_discords_lags_behind),
               UNIT(turns__nonsense_is_nothing));
}
