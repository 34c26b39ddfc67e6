// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_repost.h"
#include "unit/check.h"

static bool is(const char *text, uint64_t webhook, const char *message)
{
    struct discord_repost r = {.original_id = 100,
                               .webhook_id = webhook,
                               .name = SLICE("Ella"),
                               .text = slice_of(text)};
    json_t *json = discord_parse(slice_of(message));
    CHECK(json);
    bool found = discord_repost_is(&r, 7, json);
    json_decref(json);
    return found;
}

#define HOOKED(id, hook, name, content)                                                \
    "{\"id\":\"" id "\",\"webhook_id\":\"" hook "\",\"author\":{\"username\":\"" name  \
    "\"},\"content\":\"" content "\"}"
#define NOTE "\\n-# Put back by the moderators"

TEST(repost__a_webhooks_message_with_the_same_words_is_it)
{
    CHECK(is("well said", 9, HOOKED("200", "9", "Ella", "well said" NOTE)));
    CHECK(is(" well\n\nsaid ", 9, HOOKED("200", "9", "Ella", "well said" NOTE)));
    CHECK(is("well said", 9,
             "{\"id\":\"200\",\"webhook_id\":\"9\",\"author\":{\"username\":\"Ella\"},"
             "\"content\":\"-# Put back by the moderators\",\"embeds\":[{"
             "\"description\":\"well said\"}]}"));
}

TEST(repost__another_hook_name_text_or_time_is_not)
{
    CHECK(!is("well said", 9, HOOKED("200", "8", "Ella", "well said" NOTE)));
    CHECK(!is("well said", 9, HOOKED("200", "9", "Ben", "well said" NOTE)));
    CHECK(!is("well said", 9, HOOKED("200", "9", "Ella", "well said so" NOTE)));
    CHECK(!is("well said so", 9, HOOKED("200", "9", "Ella", "well said" NOTE)));
    CHECK(!is("well said", 9, HOOKED("100", "9", "Ella", "well said" NOTE)));
    CHECK(!is("well said", 9, HOOKED("99", "9", "Ella", "well said" NOTE)));
}

#define EMBED(by, footer)                                                              \
    "{\"id\":\"200\",\"author\":{\"id\":\"" by                                         \
    "\"},\"embeds\":[{\"author\":{\"name\":\"Ella\"},\"description\":\"well said\","   \
    "\"footer\":{\"text\":\"" footer "\"}}]}"

TEST(repost__our_own_embed_is_it)
{
    CHECK(is("well said", 0, EMBED("7", "Put back by the moderators")));
    CHECK(!is("well said", 0, EMBED("8", "Put back by the moderators")));
    CHECK(!is("well said", 0, EMBED("7", "Case 12")));
}

TEST(repost__odd_messages_are_not)
{
    static const char *const odd[] = {"{}", "{\"id\":7,\"embeds\":[3]}",
                                      "{\"id\":\"200\",\"embeds\":{},\"author\":[]}"};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        CHECK(!is("x", 9, odd[i]));
        CHECK(!is("x", 0, odd[i]));
    }
}

int main(void)
{
    return RUN(UNIT(repost__a_webhooks_message_with_the_same_words_is_it),
               UNIT(repost__another_hook_name_text_or_time_is_not),
               UNIT(repost__our_own_embed_is_it), UNIT(repost__odd_messages_are_not));
}
