// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "adapters/discord/discord_limit.h"
#include "unit/check.h"

static struct discord_limit_answer answer(const char *bucket, uint64_t limit,
                                          uint64_t remaining, uint64_t reset_ms)
{
    return (struct discord_limit_answer){.status = 204,
                                         .bucket = slice_of(bucket),
                                         .limit = limit,
                                         .remaining = remaining,
                                         .reset_after_ms = reset_ms,
                                         .retry_after_ms = UINT64_MAX};
}

static struct discord_limit_answer plain(long status)
{
    struct discord_limit_answer a = answer("", UINT64_MAX, UINT64_MAX, UINT64_MAX);
    a.status = status;
    return a;
}

static struct discord_limit *fresh(uint32_t per_second)
{
    struct discord_limit *l = NULL;
    CHECK_INT(discord_limit_create(&l, per_second), FAULT_NONE);
    return l;
}

static struct discord_limit_route *route(struct discord_limit *l, const char *major)
{
    return discord_limit_route(l, SLICE("DELETE /channels/*/messages/*"),
                               slice_of(major));
}

TEST(limit__unknown_route_takes_one_at_a_time)
{
    struct discord_limit *l = fresh(0);
    struct discord_limit_route *r = route(l, "1");
    CHECK_INT(discord_limit_wait_ms(l, r, false, 1000), 0);
    discord_limit_sent(l, r, false, 1000);
    CHECK(discord_limit_wait_ms(l, r, false, 1000) > 0);
    CHECK_INT(discord_limit_wait_ms(l, route(l, "2"), false, 1000), 0);
    struct discord_limit_answer a = answer("b", 5, 4, 1000);
    discord_limit_answered(l, r, &a, false, 1010);
    CHECK_INT(discord_limit_wait_ms(l, r, false, 1010), 0);
    discord_limit_destroy(l);
}

TEST(limit__bucket_runs_out_and_opens_again)
{
    struct discord_limit *l = fresh(0);
    struct discord_limit_route *r = route(l, "1");
    discord_limit_sent(l, r, false, 1000);
    struct discord_limit_answer a = answer("b", 5, 4, 1000);
    discord_limit_answered(l, r, &a, false, 1001);
    for (int i = 0; i < 4; i++) {
        CHECK_INT(discord_limit_wait_ms(l, r, false, 1002), 0);
        discord_limit_sent(l, r, false, 1002);
    }
    uint64_t wait = discord_limit_wait_ms(l, r, false, 1002);
    CHECK(wait >= 999 && wait < 1050);
    CHECK_INT(discord_limit_wait_ms(l, r, false, 1002 + wait), 0);
    discord_limit_destroy(l);
}

TEST(limit__what_is_still_out_is_taken_off_the_remaining)
{
    struct discord_limit *l = fresh(0);
    struct discord_limit_route *r = route(l, "1");
    discord_limit_sent(l, r, false, 1000);
    struct discord_limit_answer a = answer("b", 5, 4, 1000);
    discord_limit_answered(l, r, &a, false, 1001);
    discord_limit_sent(l, r, false, 1002);
    discord_limit_sent(l, r, false, 1002);
    discord_limit_sent(l, r, false, 1002);
    a = answer("b", 5, 3, 999); // the first of the three; two are out
    discord_limit_answered(l, r, &a, false, 1003);
    CHECK_INT(discord_limit_wait_ms(l, r, false, 1003), 0);
    discord_limit_sent(l, r, false, 1003);
    CHECK(discord_limit_wait_ms(l, r, false, 1003) > 0);
    discord_limit_destroy(l);
}

TEST(limit__routes_of_one_bucket_share_it)
{
    struct discord_limit *l = fresh(0);
    struct discord_limit_route *one = route(l, "1");
    struct discord_limit_route *two =
        discord_limit_route(l, SLICE("PATCH /channels/*/messages/*"), SLICE("1"));
    struct discord_limit_route *elsewhere = route(l, "2");
    struct discord_limit_answer a = answer("same", 2, 1, 5000);
    discord_limit_sent(l, one, false, 1000);
    discord_limit_answered(l, one, &a, false, 1001);
    discord_limit_sent(l, two, false, 1002);
    a = answer("same", 2, 0, 4998);
    discord_limit_answered(l, two, &a, false, 1003);
    CHECK(discord_limit_wait_ms(l, one, false, 1004) > 4000);
    CHECK_INT(discord_limit_wait_ms(l, elsewhere, false, 1004), 0);
    discord_limit_destroy(l);
}

TEST(limit__all_together_counted_until_a_second_after_the_answer)
{
    struct discord_limit *l = fresh(50);
    struct discord_limit_answer a = plain(204);
    for (int i = 0; i < 50; i++) {
        char major[8];
        snprintf(major, sizeof(major), "%d", i);
        struct discord_limit_route *r = route(l, major);
        CHECK_INT(discord_limit_wait_ms(l, r, false, 1000), 0);
        discord_limit_sent(l, r, false, 1000);
    }
    struct discord_limit_route *other = route(l, "x");
    CHECK(discord_limit_wait_ms(l, other, false, 1000) > 0);
    CHECK_INT(discord_limit_wait_ms(l, other, true, 1000), 0);
    CHECK(discord_limit_wait_ms(l, other, false, 3000) > 0); // none was answered yet
    discord_limit_answered(l, route(l, "0"), &a, false, 3000);
    uint64_t wait = discord_limit_wait_ms(l, other, false, 3000);
    CHECK(wait >= 1000 && wait < 1100);
    CHECK_INT(discord_limit_wait_ms(l, other, false, 3000 + wait), 0);
    discord_limit_destroy(l);
}

TEST(limit__429_waits_for_its_scope)
{
    struct discord_limit *l = fresh(0);
    struct discord_limit_route *r = route(l, "1");
    struct discord_limit_route *other = route(l, "2");
    struct discord_limit_answer a = plain(429);
    a.retry_after_ms = 2500;
    a.shared = true;
    discord_limit_sent(l, r, false, 1000);
    discord_limit_answered(l, r, &a, false, 1000);
    CHECK(discord_limit_wait_ms(l, r, false, 1000) >= 2500);
    CHECK_INT(discord_limit_wait_ms(l, other, false, 1000), 0);
    CHECK_INT(discord_limit_refused(l, 1000), 0); // shared ones are not our fault
    a.shared = false;
    a.global = true;
    discord_limit_sent(l, other, false, 1000);
    discord_limit_answered(l, other, &a, false, 1000);
    CHECK(discord_limit_wait_ms(l, route(l, "3"), false, 1000) >= 2500);
    CHECK_INT(discord_limit_refused(l, 1000), 1);
    CHECK_INT(discord_limit_throttled(l), 2);
    discord_limit_destroy(l);
}

TEST(limit__absurd_waits_are_bounded)
{
    struct discord_limit *l = fresh(0);
    struct discord_limit_route *r = route(l, "1");
    struct discord_limit_answer a = answer("b", 1, 0, UINT64_MAX - 1);
    a.status = 429;
    a.retry_after_ms = UINT64_MAX - 1;
    discord_limit_sent(l, r, false, 1000);
    discord_limit_answered(l, r, &a, false, 1000);
    CHECK(discord_limit_wait_ms(l, r, false, 1000) <= 60ull * 60 * 1000 + 1000);
    discord_limit_destroy(l);
}

TEST(limit__many_refusals_make_it_cautious)
{
    struct discord_limit *l = fresh(1000);
    struct discord_limit_route *r = route(l, "1");
    struct discord_limit_answer a = plain(403);
    for (int i = 0; i < LIMIT_REFUSED_MOST; i++) {
        CHECK(!discord_limit_cautious(l, 1000));
        discord_limit_sent(l, r, false, 1000);
        discord_limit_answered(l, r, &a, false, 1000);
    }
    CHECK(discord_limit_cautious(l, 1000));
    CHECK(discord_limit_wait_ms(l, r, false, 3000) > 0);
    CHECK(!discord_limit_cautious(l, 1000 + LIMIT_REFUSED_WINDOW_MS));
    discord_limit_destroy(l);
}

TEST(limit__lost_answers_free_their_place)
{
    struct discord_limit *l = fresh(0);
    struct discord_limit_route *r = route(l, "1");
    discord_limit_sent(l, r, false, 1000);
    discord_limit_lost(l, r, false, 1500);
    CHECK_INT(discord_limit_wait_ms(l, r, false, 1500), 0);
    discord_limit_destroy(l);
    discord_limit_destroy(NULL);
}

int main(void)
{
    return RUN(UNIT(limit__unknown_route_takes_one_at_a_time),
               UNIT(limit__bucket_runs_out_and_opens_again),
               UNIT(limit__what_is_still_out_is_taken_off_the_remaining),
               UNIT(limit__routes_of_one_bucket_share_it),
               UNIT(limit__all_together_counted_until_a_second_after_the_answer),
               UNIT(limit__429_waits_for_its_scope),
               UNIT(limit__absurd_waits_are_bounded),
               UNIT(limit__many_refusals_make_it_cautious),
               UNIT(limit__lost_answers_free_their_place));
}
