// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/discord_automod.h"
#include "adapters/discord/discord_conf.h"
#include "adapters/discord/discord_gateway.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_permission.h"
#include "adapters/discord/discord_sequence.h"
#include "unit/check.h"

// Everyone sees and writes; our role 20 may manage messages; #2 denies it to the role, #3
// to everyone but gives it back to ourselves; thread 4 lies in #2.
static const char guild_json[] =
    "{\"id\":\"10\",\"name\":\"School\",\"owner_id\":\"99\",\"roles\":["
    "{\"id\":\"10\",\"permissions\":\"68608\"},{\"id\":\"20\",\"permissions\":\"8192\"}"
    "],"
    "\"members\":[{\"user\":{\"id\":\"7\"},\"roles\":[\"20\"]}],\"channels\":["
    "{\"id\":\"1\",\"type\":0,\"name\":\"one\",\"parent_id\":\"5\"},"
    "{\"id\":\"2\",\"type\":0,\"name\":\"two\",\"permission_overwrites\":[{\"id\":"
    "\"20\","
    "\"type\":0,\"allow\":\"0\",\"deny\":\"8192\"}]},"
    "{\"id\":\"3\",\"type\":0,\"permission_overwrites\":[{\"id\":\"10\",\"type\":0,"
    "\"allow\":\"0\",\"deny\":\"1024\"},{\"id\":\"7\",\"type\":1,\"allow\":\"1024\","
    "\"deny\":\"0\"}]},{\"id\":\"5\",\"type\":4}],\"threads\":[{\"id\":\"4\",\"type\":"
    "11,"
    "\"parent_id\":\"2\"}]}";

static void make(struct discord_state *s)
{
    *s = (struct discord_state){.me = 7};
    json_t *guild = discord_parse(slice_of(guild_json));
    CHECK(discord_state_guild(s, guild));
    json_decref(guild);
}

static uint64_t bits(const struct discord_state *s, uint64_t channel)
{
    return discord_permission_in_channel(s, discord_state_find_channel(s, channel));
}

TEST(permission__roles_and_overwrites_as_discord_computes_them)
{
    struct discord_state s;
    make(&s);
    CHECK(bits(&s, 1) & PERMISSION_MANAGE_MESSAGES);
    CHECK(!(bits(&s, 2) & PERMISSION_MANAGE_MESSAGES));
    CHECK(bits(&s, 2) & PERMISSION_READ_HISTORY);
    CHECK(bits(&s, 3) & PERMISSION_VIEW_CHANNEL);
    CHECK(!(bits(&s, 4) & PERMISSION_MANAGE_MESSAGES)); // as its channel
    struct text missing;
    text_init(&missing, 200);
    discord_permission_missing(bits(&s, 2), PERMISSION_WATCH, &missing);
    CHECK_STR(text_cstr(&missing), "Manage Messages");
    text_finish(&missing);
    discord_state_finish(&s);
}

TEST(permission__the_owner_may_everything_and_a_hidden_channel_gives_nothing)
{
    struct discord_state s;
    make(&s);
    s.me = 99;
    CHECK(bits(&s, 2) == UINT64_MAX);
    s.me = 8;
    CHECK(bits(&s, 3) == 0);
    discord_state_finish(&s);
}

TEST(permission__invitation_number_is_the_one_we_print)
{
    uint64_t named = PERMISSION_WATCH | PERMISSION_ALERT | PERMISSION_MANAGE_WEBHOOKS |
                     PERMISSION_MANAGE_THREADS | PERMISSION_MODERATE_MEMBERS |
                     PERMISSION_CONNECT;
    CHECK((PERMISSION_INVITED & named) == named);
}

TEST(state__what_goes_is_forgotten)
{
    struct discord_state s;
    make(&s);
    discord_state_channel_gone(&s, 1);
    CHECK(!discord_state_find_channel(&s, 1));
    CHECK(discord_state_find_channel(&s, 2));
    discord_state_role_gone(&s, 10, 20);
    CHECK(!(bits(&s, 3) & PERMISSION_MANAGE_MESSAGES));
    discord_state_guild_gone(&s, 10);
    CHECK(!discord_state_find_channel(&s, 2) && !discord_state_find_guild(&s, 10));
    discord_state_finish(&s);
}

TEST(state__hostile_objects_are_left_out)
{
    static const char *const texts[] = {
        "{}", "{\"id\":\"x\"}",
        "{\"id\":\"1\",\"channels\":{},\"roles\":7,\"members\":[null]}",
        "{\"id\":\"1\",\"roles\":[{\"id\":5},null],\"channels\":[{\"id\":\"2\","
        "\"type\":"
        "99999999999,\"permission_overwrites\":[7,{\"id\":{}}]}],\"members\":[{"
        "\"user\":{"
        "\"id\":\"7\"},\"roles\":[1,\"x\"]}]}"};
    struct discord_state s = {.me = 7};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        json_t *guild = discord_parse(slice_of(texts[i]));
        discord_state_guild(&s, guild);
        json_decref(guild);
    }
    discord_state_finish(&s);
}

TEST(idmap__finds_what_was_put_among_many)
{
    struct idmap map = {0};
    int things[1000];
    for (uint64_t i = 0; i < 1000; i++) {
        CHECK_INT(idmap_put(&map, i * 4096 + 1, &things[i]), FAULT_NONE);
    }
    for (uint64_t i = 0; i < 1000; i += 2) {
        CHECK(idmap_remove(&map, i * 4096 + 1) == &things[i]);
    }
    for (uint64_t i = 0; i < 1000; i++) {
        CHECK(idmap_find(&map, i * 4096 + 1) == (i % 2 ? (void *)&things[i] : NULL));
    }
    size_t count = 0;
    for (size_t at = 0; idmap_next(&map, &at);) {
        count++;
    }
    CHECK_INT(count, 500);
    CHECK_INT(idmap_put(&map, 0, things), FAULT_INPUT);
    idmap_finish(&map);
}

TEST(gateway__close_codes_say_what_to_do)
{
    const char *advice = NULL;
    CHECK_INT(discord_gateway_close_means(4000, &advice), GATEWAY_RESUME);
    CHECK_INT(discord_gateway_close_means(0, &advice), GATEWAY_RESUME);
    CHECK_INT(discord_gateway_close_means(4007, &advice), GATEWAY_IDENTIFY);
    CHECK_INT(discord_gateway_close_means(4009, &advice), GATEWAY_IDENTIFY);
    CHECK(!advice);
    static const uint16_t fatal[] = {4004, 4010, 4011, 4012, 4013, 4014};
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
        CHECK_INT(discord_gateway_close_means(fatal[i], &advice), GATEWAY_FATAL);
        CHECK(advice);
    }
}

TEST(conf__channels_by_exception_by_list_and_by_category)
{
    char *one[] = {"1"};
    char *five[] = {"5"};
    struct discord_channels channels = {.except = one, .except_count = 1};
    struct discord_conf c = {0};
    CHECK(discord_conf_channel(&c, 1, 0, 0));
    c.channels = &channels;
    CHECK(!discord_conf_channel(&c, 1, 0, 0));
    CHECK(!discord_conf_channel(&c, 4, 1, 0)); // a thread in it
    CHECK(discord_conf_channel(&c, 2, 0, 0));
    channels = (struct discord_channels){.only = one, .only_count = 1};
    CHECK(discord_conf_channel(&c, 1, 5, 0) && discord_conf_channel(&c, 4, 1, 5));
    CHECK(!discord_conf_channel(&c, 2, 5, 0));
    channels = (struct discord_channels){.categories = five, .categories_count = 1};
    CHECK(discord_conf_channel(&c, 1, 5, 0) && discord_conf_channel(&c, 4, 1, 5));
    CHECK(!discord_conf_channel(&c, 2, 6, 0));
    channels.except = one;
    channels.except_count = 1;
    CHECK(!discord_conf_channel(&c, 1, 5, 0));
    struct why why;
    char *wrong[] = {"general"};
    c = (struct discord_conf){.guilds = wrong, .guilds_count = 1};
    CHECK_INT(discord_conf_check(&c, &why), FAULT_INPUT);
}

TEST(sequence__one_that_overtakes_does_not_move_the_resume)
{
    struct discord_sequence s = {0};
    discord_sequence_note(&s, 1);
    discord_sequence_note(&s, 3);
    CHECK_INT(s.done, 1);
    CHECK(discord_sequence_new(&s, 2) && !discord_sequence_new(&s, 3));
    discord_sequence_note(&s, 5);
    discord_sequence_note(&s, 2);
    CHECK_INT(s.done, 3);
    CHECK(!discord_sequence_new(&s, 5));
    discord_sequence_note(&s, 4);
    CHECK_INT(s.done, 5);
    CHECK(discord_sequence_new(&s, 0) && !discord_sequence_new(&s, 5));
}

TEST(sequence__the_window_ends_at_64_ahead)
{
    struct discord_sequence s = {.done = 10};
    discord_sequence_note(&s, 75);
    CHECK_INT(s.done, 10);
    CHECK(!discord_sequence_new(&s, 75) && discord_sequence_new(&s, 74));
    discord_sequence_note(&s, 76);
    CHECK_INT(s.done, 76);
    discord_sequence_note(&s, UINT64_MAX);
    CHECK_INT(s.done, UINT64_MAX);
    CHECK(!discord_sequence_new(&s, 5));
}

TEST(automod__takes_words_of_one_to_sixty_characters)
{
    CHECK(discord_automod_takes(SLICE("word")));
    CHECK(discord_automod_takes(SLICE("two words")));
    CHECK(!discord_automod_takes(SLICE("")));
    CHECK(!discord_automod_takes(SLICE("wild*")));
    CHECK(!discord_automod_takes(SLICE("a,b")));
    CHECK(!discord_automod_takes(SLICE("broken\xff")));
    char word[62] = {0};
    memset(word, 'a', 61);
    CHECK(!discord_automod_takes(slice_of(word)));
    CHECK(discord_automod_takes(slice_make(word, 60)));
}

int main(void)
{
    return RUN(
        UNIT(permission__roles_and_overwrites_as_discord_computes_them),
        UNIT(permission__the_owner_may_everything_and_a_hidden_channel_gives_nothing),
        UNIT(permission__invitation_number_is_the_one_we_print),
        UNIT(state__what_goes_is_forgotten), UNIT(state__hostile_objects_are_left_out),
        UNIT(idmap__finds_what_was_put_among_many),
        UNIT(gateway__close_codes_say_what_to_do),
        UNIT(conf__channels_by_exception_by_list_and_by_category),
        UNIT(sequence__one_that_overtakes_does_not_move_the_resume),
        UNIT(sequence__the_window_ends_at_64_ahead),
        UNIT(automod__takes_words_of_one_to_sixty_characters));
}
