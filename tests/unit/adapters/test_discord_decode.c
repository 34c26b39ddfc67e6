// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/discord_decode.h"
#include "adapters/discord/discord_json.h"
#include "unit/check.h"

#define IDS "\"id\":\"1300000000000000001\",\"channel_id\":\"22\",\"guild_id\":\"33\""
#define BY  "\"author\":{\"id\":\"44\",\"username\":\"sam\",\"global_name\":\"Sam\"}"

struct fixture {
    struct arena arena;
    json_t *json;
    struct discord_message m;
    struct why why;
};

static enum fault decode(struct fixture *f, const char *text,
                         enum discord_source source)
{
    *f = (struct fixture){0};
    arena_init(&f->arena, 4096, 1 << 20);
    f->json = discord_parse(slice_of(text));
    return discord_decode_message(f->json, source, &f->arena, &f->m, &f->why);
}

static void done(struct fixture *f)
{
    json_decref(f->json);
    arena_finish(&f->arena);
}

static bool has_part(const struct message *m, enum part_kind kind, const char *text)
{
    for (size_t i = 0; i < m->part_count; i++) {
        if (m->parts[i].kind == kind && slice_is(m->parts[i].text, text)) {
            return true;
        }
    }
    return false;
}

TEST(decode__post_gives_ids_name_roles_and_time)
{
    struct fixture f;
    CHECK_INT(decode(&f,
                     "{" IDS "," BY ",\"member\":{\"nick\":\"Sammy\",\"roles\":[\"7\","
                     "\"8\"]},\"content\":\"hello\",\"type\":0}",
                     DISCORD_CREATED),
              FAULT_NONE);
    CHECK_SLICE(f.m.message.text, "hello");
    CHECK_SLICE(f.m.message.author_name, "Sammy");
    CHECK_SLICE(f.m.message.space, "33");
    CHECK_SLICE(f.m.message.channel, "22");
    CHECK_SLICE(f.m.message.revision, "");
    CHECK_INT(f.m.message.kind, MESSAGE_POST);
    CHECK_INT(f.m.message.author_role_count, 2);
    CHECK_SLICE(f.m.message.author_roles[1], "8");
    CHECK_INT(f.m.message.at_unix_ms, discord_id_unix_ms(1300000000000000001u));
    CHECK(f.m.readable && f.m.has_author && !f.m.message.by_bot);
    done(&f);
}

TEST(decode__everything_that_can_be_read_is_a_part)
{
    struct fixture f;
    CHECK_INT(
        decode(
            &f,
            "{" IDS "," BY ",\"content\":\"\","
            "\"attachments\":[{\"filename\":\"a.png\",\"description\":\"alt\","
            "\"content_type\":\"image/png\"},{\"filename\":\"b\"}],"
            "\"embeds\":[{\"title\":\"t\",\"description\":\"d\",\"fields\":[{\"name\":"
            "\"n\",\"value\":\"v\"}],\"footer\":{\"text\":\"f\"},\"author\":{\"name\":"
            "\"an\"}}],\"poll\":{\"question\":{\"text\":\"q\"},\"answers\":[{"
            "\"poll_media\":{\"text\":\"yes\"}}]},\"sticker_items\":[{\"name\":\"st\"}]"
            ","
            "\"components\":[{\"type\":1,\"components\":[{\"label\":\"press\"}]}],"
            "\"message_snapshots\":[{\"message\":{\"content\":\"forwarded\","
            "\"attachments\":[{\"filename\":\"c\"}]}}]}",
            DISCORD_CREATED),
        FAULT_NONE);
    const struct message *m = &f.m.message;
    CHECK(has_part(m, PART_FILE_NAME, "a.png") && has_part(m, PART_FILE_NAME, "alt"));
    CHECK(has_part(m, PART_EMBED, "t") && has_part(m, PART_EMBED, "d"));
    CHECK(has_part(m, PART_EMBED, "n") && has_part(m, PART_EMBED, "v"));
    CHECK(has_part(m, PART_EMBED, "f") && has_part(m, PART_EMBED, "an"));
    CHECK(has_part(m, PART_POLL, "q") && has_part(m, PART_POLL, "yes"));
    CHECK(has_part(m, PART_STICKER, "st") && has_part(m, PART_EMBED, "press"));
    CHECK(has_part(m, PART_QUOTE, "forwarded") && has_part(m, PART_FILE_NAME, "c"));
    CHECK_INT(m->attachment_count, 2);
    CHECK_SLICE(m->attachments[0], "image/png");
    CHECK_SLICE(m->attachments[1], "application/octet-stream");
    done(&f);
}

TEST(decode__edit_is_a_revision_and_a_pin_is_none)
{
    struct fixture f;
    CHECK_INT(decode(&f,
                     "{" IDS "," BY ",\"content\":\"x\",\"edited_timestamp\":"
                     "\"2026-03-05T14:02:11.123000+00:00\"}",
                     DISCORD_UPDATED),
              FAULT_NONE);
    CHECK_INT(f.m.message.kind, MESSAGE_EDIT);
    CHECK_SLICE(f.m.message.revision, "1772719331123");
    done(&f);
    CHECK_INT(decode(&f,
                     "{" IDS "," BY
                     ",\"content\":\"x\",\"pinned\":true,\"edited_timestamp\":null}",
                     DISCORD_UPDATED),
              FAULT_NONE);
    CHECK(!f.m.readable);
    done(&f);
}

TEST(decode__link_preview_that_appears_later_is_judged)
{
    struct fixture f;
    CHECK_INT(decode(&f,
                     "{" IDS "," BY
                     ",\"content\":\"x\",\"embeds\":[{\"title\":\"bad\"}]}",
                     DISCORD_UPDATED),
              FAULT_NONE);
    CHECK(f.m.readable && f.m.message.revision.len > 2);
    CHECK(slice_starts_with(f.m.message.revision, SLICE("0.")));
    done(&f);
}

TEST(decode__webhook_is_a_bot_and_its_name_is_read)
{
    struct fixture f;
    CHECK_INT(decode(&f, "{" IDS "," BY ",\"webhook_id\":\"99\",\"content\":\"x\"}",
                     DISCORD_CREATED),
              FAULT_NONE);
    CHECK(f.m.message.by_bot && has_part(&f.m.message, PART_DISPLAY_NAME, "Sam"));
    done(&f);
}

TEST(decode__bad_ids_name_their_path_only)
{
    static const char *const bodies[] = {
        "{\"id\":7,\"channel_id\":\"1\"}",
        "{\"id\":\"99999999999999999999999\",\"channel_id\":\"1\"}",
        "{\"id\":\"-1\",\"channel_id\":\"1\"}",
        "{\"id\":\"\",\"channel_id\":\"1\"}",
        "{\"id\":\"0\",\"channel_id\":\"1\"}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct fixture f;
        CHECK_INT(decode(&f, bodies[i], DISCORD_CREATED), FAULT_INPUT);
        CHECK_STR(f.why.text, "message.id: not a snowflake");
        done(&f);
    }
    struct fixture f;
    CHECK_INT(decode(&f, "{\"id\":\"1\",\"channel_id\":[]}", DISCORD_CREATED),
              FAULT_INPUT);
    CHECK_STR(f.why.text, "message.channel_id: not a snowflake");
    done(&f);
    CHECK_INT(decode(&f, "[]", DISCORD_CREATED), FAULT_INPUT);
    done(&f);
}

TEST(decode__wrong_types_are_left_out)
{
    struct fixture f;
    CHECK_INT(
        decode(&f,
               "{" IDS ",\"author\":7,\"member\":[],\"content\":{},\"embeds\":{},"
               "\"attachments\":[1,null,{\"filename\":3}],\"poll\":\"x\","
               "\"sticker_items\":[[]],\"message_snapshots\":[{\"message\":[]}],"
               "\"mentions\":9,\"type\":\"0\",\"components\":[{\"components\":3}]}",
               DISCORD_CREATED),
        FAULT_NONE);
    CHECK_INT(f.m.message.part_count, 0);
    CHECK_INT(f.m.message.text.len, 0);
    CHECK(!f.m.has_author);
    done(&f);
}

TEST(decode__components_deeper_than_allowed_are_cut_not_followed)
{
    struct text t;
    text_init(&t, 1 << 20);
    text_add_str(&t, "{" IDS ",\"components\":");
    for (int i = 0; i < 200; i++) {
        text_add_str(&t, "[{\"label\":\"x\",\"components\":");
    }
    text_add_str(&t, "[]");
    for (int i = 0; i < 200; i++) {
        text_add_str(&t, "}]");
    }
    text_add_char(&t, '}');
    struct fixture f;
    CHECK_INT(decode(&f, text_cstr(&t), DISCORD_CREATED), FAULT_NONE);
    CHECK(f.m.message.part_count > 0 && f.m.message.part_count < 20);
    done(&f);
    text_finish(&t);
}

TEST(decode__arena_at_its_limit_gives_less_not_a_crash)
{
    for (size_t limit = 0; limit < 2048; limit += 16) {
        struct arena arena;
        arena_init(&arena, 256, limit);
        json_t *json = discord_parse(
            SLICE("{" IDS "," BY ",\"content\":\"x\",\"member\":{\"roles\":["
                  "\"1\"]},\"embeds\":[{\"title\":\"t\"}],\"attachments\":[{"
                  "\"filename\":\"f\"}],\"edited_timestamp\":"
                  "\"2026-03-05T14:02:11+00:00\"}"));
        struct discord_message m;
        CHECK_INT(discord_decode_message(json, DISCORD_UPDATED, &arena, &m, NULL),
                  FAULT_NONE);
        json_decref(json);
        arena_finish(&arena);
    }
}

TEST(decode__half_surrogate_does_not_hide_a_message)
{
    struct fixture f;
    CHECK_INT(decode(&f, "{" IDS "," BY ",\"content\":\"a\\ud800b\\\\ud800\"}",
                     DISCORD_CREATED),
              FAULT_NONE);
    CHECK_SLICE(f.m.message.text, "a\xef\xbf\xbd"
                                  "b\\ud800");
    done(&f);
    CHECK_INT(
        decode(&f, "{" IDS "," BY ",\"content\":\"\\ud83d\\ude00\"}", DISCORD_CREATED),
        FAULT_NONE);
    CHECK_SLICE(f.m.message.text, "\xf0\x9f\x98\x80");
    done(&f);
}

TEST(decode__name_title_reaction_and_automod)
{
    struct arena arena;
    arena_init(&arena, 4096, 1 << 20);
    struct discord_message m;
    json_t *d = discord_parse(
        SLICE("{\"guild_id\":\"33\",\"user\":{\"id\":\"44\",\"username\":\"sam\"},"
              "\"nick\":\"Rude\",\"roles\":[\"7\"]}"));
    CHECK_INT(discord_decode_name(d, &arena, &m, NULL), FAULT_NONE);
    CHECK_INT(m.message.kind, MESSAGE_NAME);
    CHECK_SLICE(m.message.id, "name:44");
    CHECK(has_part(&m.message, PART_DISPLAY_NAME, "Rude"));
    json_decref(d);
    d = discord_parse(SLICE(
        "{\"id\":\"5\",\"guild_id\":\"33\",\"name\":\"Thread\",\"owner_id\":\"44\"}"));
    CHECK_INT(discord_decode_title(d, &arena, &m, NULL), FAULT_NONE);
    CHECK_SLICE(m.message.id, "title:5");
    json_decref(d);
    d = discord_parse(SLICE(
        "{\"guild_id\":\"33\",\"channel_id\":\"2\",\"message_id\":\"9\",\"user_id\":"
        "\"44\",\"emoji\":{\"id\":\"8\",\"name\":\"rude_word\"}}"));
    CHECK_INT(discord_decode_reaction(d, &arena, &m, NULL), FAULT_NONE);
    CHECK_SLICE(m.message.id, "reaction:9:rude_word:8");
    json_decref(d);
    d = discord_parse(
        SLICE("{\"channel_id\":\"2\",\"message_id\":\"9\",\"user_id\":\"44\","
              "\"emoji\":{\"id\":null,\"name\":\"x\"}}"));
    CHECK_INT(discord_decode_reaction(d, &arena, &m, NULL), FAULT_ABSENT);
    json_decref(d);
    d = discord_parse(
        SLICE("{\"guild_id\":\"33\",\"channel_id\":\"2\",\"user_id\":\"44\","
              "\"rule_id\":\"6\",\"content\":\"blocked\"}"));
    CHECK_INT(discord_decode_automod(d, &arena, &m, NULL), FAULT_NONE);
    CHECK(slice_starts_with(m.message.id, SLICE("automod:6:")));
    CHECK_SLICE(m.message.text, "blocked");
    json_decref(d);
    arena_finish(&arena);
}

TEST(json__times_and_ids)
{
    CHECK_INT(discord_time_ms(SLICE("2026-03-05T14:02:11.123000+00:00")),
              1772719331123);
    CHECK_INT(discord_time_ms(SLICE("2026-03-05T14:02:11+00:00")), 1772719331000);
    CHECK_INT(discord_time_ms(SLICE("2026-03-05")), 0);
    CHECK_INT(discord_time_ms(SLICE("")), 0);
    CHECK_INT(discord_id_parse(SLICE("18446744073709551615")), UINT64_MAX);
    CHECK_INT(discord_id_parse(SLICE("18446744073709551616")), 0);
    CHECK_INT(discord_id_unix_ms(discord_id_at(1772719331123)), 1772719331123);
    char text[40];
    discord_time_text(1772719331123, text);
    CHECK_STR(text, "2026-03-05T14:02:11.123+00:00");
}

int main(void)
{
    return RUN(UNIT(decode__post_gives_ids_name_roles_and_time),
               UNIT(decode__everything_that_can_be_read_is_a_part),
               UNIT(decode__edit_is_a_revision_and_a_pin_is_none),
               UNIT(decode__link_preview_that_appears_later_is_judged),
               UNIT(decode__webhook_is_a_bot_and_its_name_is_read),
               UNIT(decode__bad_ids_name_their_path_only),
               UNIT(decode__wrong_types_are_left_out),
               UNIT(decode__components_deeper_than_allowed_are_cut_not_followed),
               UNIT(decode__arena_at_its_limit_gives_less_not_a_crash),
               UNIT(decode__half_surrogate_does_not_hide_a_message),
               UNIT(decode__name_title_reaction_and_automod),
               UNIT(json__times_and_ids));
}
