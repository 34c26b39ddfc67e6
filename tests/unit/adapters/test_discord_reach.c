// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "adapters/discord/discord_heap.h"
#include "adapters/discord/discord_reach.h"
#include "unit/check.h"

// Ids of messages a second apart.
#define AT(second) ((uint64_t)(second)*1000 << 22)
#define SLACK      AT(1)

TEST(reach__live_messages_move_the_cursor)
{
    struct discord_reach r = {0};
    discord_reach_begin(&r, AT(10));
    discord_reach_live(&r, AT(12));
    discord_reach_live(&r, AT(11)); // overtaken
    CHECK(discord_reach_cursor(&r) == AT(12));
    CHECK(!discord_reach_oldest(&r));
}

TEST(reach__nothing_missed_leaves_no_gap)
{
    struct discord_reach r = {0};
    discord_reach_begin(&r, AT(10));
    discord_reach_lost(&r);
    CHECK(!discord_reach_oldest(&r)); // the session has not said yet
    CHECK(discord_reach_cursor(&r) < AT(10));
    CHECK(!discord_reach_settle(&r, AT(10)));
    CHECK(discord_reach_cursor(&r) == AT(10));
}

TEST(reach__a_gap_ends_at_the_first_live_message_of_the_new_session)
{
    struct discord_reach r = {0};
    discord_reach_begin(&r, AT(10));
    discord_reach_lost(&r);
    CHECK(discord_reach_settle(&r, AT(20)));
    discord_reach_live(&r, AT(30));
    discord_reach_live(&r, AT(40));
    const struct discord_missed *g = discord_reach_oldest(&r);
    CHECK(g->from == AT(10) && g->after == AT(10) - SLACK);
    CHECK(g->until == AT(30) + SLACK && g->last == AT(20));
    discord_reach_read(&r, AT(25));
    CHECK(discord_reach_cursor(&r) == AT(25));
    discord_reach_read(&r, AT(32));
    CHECK(!discord_reach_oldest(&r));
    CHECK(discord_reach_cursor(&r) == AT(40));
}

TEST(reach__sessions_without_a_message_between_them_leave_one_gap)
{
    struct discord_reach r = {0};
    discord_reach_begin(&r, AT(10));
    discord_reach_lost(&r);
    CHECK(discord_reach_settle(&r, AT(20)));
    discord_reach_lost(&r);
    CHECK(!discord_reach_oldest(&r)); // its end is not known again
    CHECK(discord_reach_settle(&r, AT(30)));
    CHECK_INT(r.count, 1);
    CHECK(discord_reach_oldest(&r)->last == AT(30));
    CHECK(discord_reach_oldest(&r)->from == AT(10));
}

TEST(reach__what_came_live_between_two_gaps_is_not_missed)
{
    struct discord_reach r = {0};
    discord_reach_begin(&r, AT(10));
    discord_reach_lost(&r);
    discord_reach_settle(&r, AT(20));
    discord_reach_live(&r, AT(21));
    discord_reach_live(&r, AT(90));
    discord_reach_lost(&r);
    discord_reach_settle(&r, AT(95));
    CHECK_INT(r.count, 2);
    CHECK(discord_reach_cursor(&r) == AT(9));
    discord_reach_read(&r, AT(22));
    CHECK_INT(r.count, 1);
    CHECK(discord_reach_cursor(&r) == AT(89));
    discord_reach_read(&r, AT(95));
    discord_reach_end(&r);
    CHECK(discord_reach_cursor(&r) == AT(95));
}

TEST(reach__a_message_before_the_server_speaks_closes_the_gap)
{
    struct discord_reach r = {0};
    discord_reach_begin(&r, AT(10));
    discord_reach_lost(&r);
    discord_reach_live(&r, AT(30));
    CHECK(!discord_reach_oldest(&r));
    CHECK(discord_reach_settle(&r, AT(25)));
    CHECK_INT(r.count, 1);
    CHECK(discord_reach_oldest(&r)->until == AT(31));
}

TEST(reach__a_session_that_goes_on_from_before_leaves_nothing)
{
    struct discord_reach r = {0};
    discord_reach_begin(&r, AT(50));
    discord_reach_lost(&r);
    discord_reach_settle(&r, AT(60));
    discord_reach_live(&r, AT(40));
    CHECK_INT(r.count, 0);
}

TEST(reach__a_full_list_joins_the_closest)
{
    struct discord_reach r = {0};
    discord_reach_begin(&r, AT(100));
    for (uint64_t i = 1; i <= REACH_GAPS_MOST + 3; i++) {
        discord_reach_lost(&r);
        discord_reach_settle(&r, AT(100 * i + 10));
        discord_reach_live(&r, AT(100 * i + 20));
        discord_reach_live(&r, AT(100 * i + (i == 4 ? 30 : 100)));
    }
    CHECK_INT(r.count, REACH_GAPS_MOST);
    CHECK(discord_reach_cursor(&r) == AT(99));
    for (unsigned i = 0; i + 1 < r.count; i++) {
        CHECK(r.gaps[i].until < r.gaps[i + 1].after);
    }
    // All that was missed is still in some gap.
    for (uint64_t i = 1; i <= REACH_GAPS_MOST + 3; i++) {
        bool held = false;
        for (unsigned g = 0; g < r.count; g++) {
            held = held || (AT(100 * i + 10) > r.gaps[g].after &&
                            AT(100 * i + 10) <= r.gaps[g].until);
        }
        CHECK(held);
    }
}

TEST(reach__ids_at_their_limits_stay_in_order)
{
    struct discord_reach r = {0};
    discord_reach_lost(&r); // nothing was ever written
    CHECK(discord_reach_settle(&r, 5));
    CHECK(discord_reach_oldest(&r)->after == 0);
    discord_reach_live(&r, UINT64_MAX);
    CHECK(discord_reach_oldest(&r)->until < REACH_OPEN);
    discord_reach_end(&r);
    discord_reach_end(&r); // of nothing
    CHECK(discord_reach_cursor(&r) == UINT64_MAX);
    discord_reach_read(&r, 1);
}

TEST(heap__gives_the_smallest_first_and_equal_ones_in_turn)
{
    struct heap h = {0};
    int things[300];
    CHECK_INT(heap_reserve(&h, 300), FAULT_NONE);
    for (int i = 0; i < 300; i++) {
        things[i] = (i * 7919) % 100;
        heap_put(&h, (uint64_t)things[i], &things[i]);
    }
    const int *last = NULL;
    for (int i = 0; i < 300; i++) {
        const int *now = heap_take(&h);
        CHECK(now && (!last || *last < *now || (*last == *now && last < now)));
        last = now;
    }
    CHECK(!heap_take(&h));
    heap_finish(&h);
}

int main(void)
{
    return RUN(UNIT(reach__live_messages_move_the_cursor),
               UNIT(reach__nothing_missed_leaves_no_gap),
               UNIT(reach__a_gap_ends_at_the_first_live_message_of_the_new_session),
               UNIT(reach__sessions_without_a_message_between_them_leave_one_gap),
               UNIT(reach__what_came_live_between_two_gaps_is_not_missed),
               UNIT(reach__a_message_before_the_server_speaks_closes_the_gap),
               UNIT(reach__a_session_that_goes_on_from_before_leaves_nothing),
               UNIT(reach__a_full_list_joins_the_closest),
               UNIT(reach__ids_at_their_limits_stay_in_order),
               UNIT(heap__gives_the_smallest_first_and_equal_ones_in_turn));
}
