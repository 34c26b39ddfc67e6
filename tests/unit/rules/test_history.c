// SPDX-License-Identifier: MIT
#include "bot/base/text.h"
#include "unit/rules/judge_fixture.h"

static struct fixture start(void)
{
    struct fixture x;
    fixture_init(&x, TEST_RULES, NULL);
    x.m.channel_id = SLICE("room");
    x.m.at_unix_ms = 1000000;
    return x;
}

static const struct verdict *from(struct fixture *x, const char *author,
                                  uint64_t after_ms, const char *text)
{
    x->m.author_id = slice_of(author);
    x->m.at_unix_ms += after_ms;
    return ask(x, text);
}

static bool has(const struct verdict *v, const char *rule)
{
    for (size_t i = 0; i < v->finding_count; i++) {
        if (slice_is(v->findings[i].rule, rule)) {
            return true;
        }
    }
    return false;
}

TEST(behaviour__third_same_message_is_repetition)
{
    struct fixture x = start();
    const char *text = "come and see my new film";
    CHECK(!has(from(&x, "a", 1000, text), "behaviour.repetition"));
    CHECK(!has(from(&x, "a", 30000, "Come and see my new film!"),
               "behaviour.repetition"));
    CHECK(has(from(&x, "a", 30000, text), "behaviour.repetition"));
    CHECK(!has(from(&x, "b", 1000, text), "behaviour.repetition"));
    CHECK(!has(from(&x, "a", 3600000, text), "behaviour.repetition"));
    fixture_finish(&x);
}

TEST(behaviour__edits_do_not_count)
{
    struct fixture x = start();
    x.m.is_edit = true;
    for (int i = 0; i < 5; i++) {
        CHECK_INT(from(&x, "a", 1000, "come and see my new film")->action,
                  ACTION_ALLOW);
    }
    fixture_finish(&x);
}

TEST(behaviour__many_within_seconds_are_a_flood)
{
    struct fixture x = start();
    char text[] = "message number 0 of mine";
    for (int i = 0; i < 7; i++) {
        text[15] = (char)('0' + i);
        CHECK_INT(from(&x, "a", 500, text)->action, ACTION_ALLOW);
    }
    CHECK(has(from(&x, "a", 500, "and one more"), "behaviour.flood"));
    fixture_finish(&x);
}

TEST(behaviour__many_mentions_are_a_flood)
{
    struct fixture x = start();
    x.m.mention_count = 7;
    CHECK_INT(from(&x, "a", 1000, "hello")->action, ACTION_ALLOW);
    x.m.mention_count = 8;
    CHECK(has(from(&x, "a", 1000, "hello"), "behaviour.mentions"));
    fixture_finish(&x);
}

TEST(behaviour__same_text_from_four_accounts_is_a_raid)
{
    struct fixture x = start();
    const char *text = "everybody join the other server now";
    CHECK(!has(from(&x, "a", 1000, text), "behaviour.raid"));
    CHECK(!has(from(&x, "b", 1000, text), "behaviour.raid"));
    CHECK(!has(from(&x, "c", 1000, text), "behaviour.raid"));
    CHECK(has(from(&x, "d", 1000, text), "behaviour.raid"));
    fixture_finish(&x);
}

TEST(behaviour__third_attacker_makes_a_pile_on)
{
    struct fixture x = start();
    x.m.audience = AUDIENCE_PUPILS;
    CHECK(!has(from(&x, "a", 1000, "you are an idiot"), "behaviour.pile_on"));
    CHECK(!has(from(&x, "a", 1000, "you idiot you"), "behaviour.pile_on"));
    CHECK(!has(from(&x, "b", 1000, "you are stupid"), "behaviour.pile_on"));
    const struct verdict *v = from(&x, "c", 1000, "you are so stupid");
    CHECK(has(v, "behaviour.pile_on"));
    CHECK_INT(v->action, ACTION_HIDE_ESCALATE);
    fixture_finish(&x);
}

TEST(behaviour__grooming_signs_add_up_between_two_people)
{
    struct fixture x = start();
    CHECK(!has(from(&x, "a", 1000, "how old are you"), "behaviour.grooming"));
    from(&x, "b", 1000, "12");
    CHECK(!has(from(&x, "a", 1000, "it is our secret"), "behaviour.grooming"));
    from(&x, "b", 1000, "ok");
    const struct verdict *v = from(&x, "a", 1000, "send a picture");
    CHECK(has(v, "behaviour.grooming"));
    CHECK_INT(v->severity, SEVERITY_CRITICAL);
    CHECK_INT(v->target, TARGET_PUPIL);
    fixture_finish(&x);
}

TEST(behaviour__signs_in_a_crowd_do_not)
{
    struct fixture x = start();
    from(&x, "b", 1000, "hello");
    from(&x, "c", 1000, "hello all");
    from(&x, "a", 1000, "how old are you");
    from(&x, "a", 1000, "it is our secret");
    CHECK(!has(from(&x, "a", 1000, "send a picture"), "behaviour.grooming"));
    fixture_finish(&x);
}

TEST(history__context_rules_and_pronouns_see_earlier_messages)
{
    struct fixture x = start();
    from(&x, "a", 1000, "how old are you");
    CHECK(has(from(&x, "b", 1000, "11 lol"), "t.context"));
    CHECK(!has(from(&x, "b", 3600000, "11 lol"), "t.context"));
    from(&x, "a", 1000, "Mr Hale is back");
    CHECK(has(from(&x, "b", 1000, "he steals"), "t.crime"));
    fixture_finish(&x);
}

TEST(history__is_saved_and_restored_and_holds_no_text)
{
    struct fixture x = start(), y = start();
    struct text saved;
    struct why why = {0};
    text_init(&saved, 1 << 20);
    from(&x, "a", 1000, "how old are you Wilhelmina");
    CHECK_INT(judge_history_save(x.judge, &saved), FAULT_NONE);
    CHECK_INT(slice_find(text_slice(&saved), SLICE("ilhelmina")), SIZE_MAX);
    CHECK_INT(judge_history_load(y.judge, text_slice(&saved), &why), FAULT_NONE);
    y.m.at_unix_ms = x.m.at_unix_ms;
    CHECK(has(from(&y, "b", 1000, "11 lol"), "t.context"));
    // Cut short or tampered with: refused, and nothing is remembered.
    struct slice cut = slice_sub(text_slice(&saved), 0, saved.len - 1);
    CHECK_INT(judge_history_load(y.judge, cut, &why), FAULT_INPUT);
    CHECK(!has(from(&y, "b", 1000, "11 lol"), "t.context"));
    CHECK_INT(judge_history_load(y.judge, SLICE("HMHIST1\n"), &why), FAULT_INPUT);
    CHECK_INT(judge_history_load(y.judge, SLICE(""), &why), FAULT_NONE);
    text_finish(&saved);
    fixture_finish(&x);
    fixture_finish(&y);
}

TEST(history__forgets_quiet_channels_not_the_busy_one)
{
    struct fixture x = start();
    char room[16];
    from(&x, "a", 1000, "how old are you");
    for (int i = 0; i < 200; i++) {
        snprintf(room, sizeof(room), "other-%d", i);
        x.m.channel_id = slice_of(room);
        from(&x, "a", 1, "hello");
        x.m.channel_id = SLICE("room");
        if (i % 4 == 0) {
            from(&x, "c", 1, "how old are you");
        }
    }
    CHECK(has(from(&x, "b", 1000, "11 lol"), "t.context"));
    fixture_finish(&x);
}

int main(void)
{
    return RUN(UNIT(behaviour__third_same_message_is_repetition),
               UNIT(behaviour__edits_do_not_count),
               UNIT(behaviour__many_within_seconds_are_a_flood),
               UNIT(behaviour__many_mentions_are_a_flood),
               UNIT(behaviour__same_text_from_four_accounts_is_a_raid),
               UNIT(behaviour__third_attacker_makes_a_pile_on),
               UNIT(behaviour__grooming_signs_add_up_between_two_people),
               UNIT(behaviour__signs_in_a_crowd_do_not),
               UNIT(history__context_rules_and_pronouns_see_earlier_messages),
               UNIT(history__is_saved_and_restored_and_holds_no_text),
               UNIT(history__forgets_quiet_channels_not_the_busy_one));
}
