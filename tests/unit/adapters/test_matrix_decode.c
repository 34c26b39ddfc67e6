// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_decode.h"

#include <stdlib.h>
#include <string.h>

#include "unit/check.h"

struct fixture {
    struct arena arena;
    json_t *json;
    struct matrix_event event;
    struct message message;
};

// Wraps rest ("\"type\":…,\"content\":…") into a whole event and decodes it.
static enum fault decode(struct fixture *f, const char *rest)
{
    char text[8192];
    snprintf(text, sizeof(text),
             "{\"event_id\":\"$e\",\"sender\":\"@s:x\",\"origin_server_ts\":7,%s}",
             rest);
    arena_init(&f->arena, 4096, 1 << 20);
    f->json = json_loads(text, 0, NULL);
    CHECK(f->json);
    enum fault fault = matrix_event_read(&f->event, f->json);
    return fault ? fault : matrix_decode(&f->message, &f->arena, &f->event);
}

static void finish(struct fixture *f)
{
    json_decref(f->json);
    arena_finish(&f->arena);
}

static const struct part *part_of(const struct message *m, enum part_kind kind)
{
    for (size_t i = 0; i < m->part_count; i++) {
        if (m->parts[i].kind == kind) {
            return &m->parts[i];
        }
    }
    return NULL;
}

TEST(decode__message_with_what_clients_show)
{
    struct fixture f;
    CHECK_INT(decode(&f, "\"type\":\"m.room.message\",\"content\":{\"msgtype\":"
                         "\"m.text\",\"body\":\"hi\",\"format\":\"x\","
                         "\"formatted_body\":\"<b>you</b> &amp; me\","
                         "\"m.mentions\":{\"user_ids\":[\"@a:x\",\"@b:x\"]}}"),
              FAULT_NONE);
    CHECK_INT(f.message.kind, MESSAGE_POST);
    CHECK_SLICE(f.message.text, "hi");
    CHECK_SLICE(f.message.id, "$e");
    CHECK_SLICE(f.message.author_id, "@s:x");
    CHECK_INT(f.message.at_unix_ms, 7);
    CHECK_INT(f.message.mention_count, 2);
    CHECK_INT(f.message.part_count, 1);
    CHECK_SLICE(part_of(&f.message, PART_FORMATTED)->text, "you & me");
    finish(&f);
}

TEST(decode__same_formatted_text_is_no_second_part)
{
    struct fixture f;
    CHECK_INT(decode(&f, "\"type\":\"m.room.message\",\"content\":{\"body\":\"a b\","
                         "\"formatted_body\":\"<i>a b</i>\"}"),
              FAULT_NONE);
    CHECK_INT(f.message.part_count, 0);
    finish(&f);
}

TEST(decode__edit_is_its_new_content_and_its_fallback)
{
    struct fixture f;
    CHECK_INT(decode(&f, "\"type\":\"m.room.message\",\"content\":{\"body\":\"* old "
                         "clients read this\",\"m.new_content\":{\"body\":\"new\","
                         "\"formatted_body\":\"<u>newer</u>\"},\"m.relates_to\":{"
                         "\"rel_type\":\"m.replace\",\"event_id\":\"$first\"}}"),
              FAULT_NONE);
    CHECK_INT(f.message.kind, MESSAGE_EDIT);
    CHECK_SLICE(f.message.id, "$first");
    CHECK_SLICE(f.message.revision, "$e");
    CHECK_SLICE(f.message.text, "new");
    CHECK_INT(f.message.part_count, 2);
    CHECK_SLICE(f.message.parts[0].text, "newer");
    CHECK_SLICE(f.message.parts[1].text, "old clients read this");
    finish(&f);
}

TEST(decode__reply_in_a_thread_keeps_the_quote_apart)
{
    struct fixture f;
    CHECK_INT(decode(&f, "\"type\":\"m.room.message\",\"content\":{\"body\":\"> "
                         "<@a:x> theirs\\n> more\\n\\nmine\",\"m.relates_to\":{"
                         "\"rel_type\":\"m.thread\",\"event_id\":\"$t\","
                         "\"m.in_reply_to\":{\"event_id\":\"$r\"}}}"),
              FAULT_NONE);
    CHECK_SLICE(slice_trim(f.message.text), "mine");
    CHECK_SLICE(f.message.thread, "$t");
    CHECK_SLICE(f.message.reply_to, "$r");
    CHECK_SLICE(part_of(&f.message, PART_QUOTE)->text, "> <@a:x> theirs\n> more");
    finish(&f);
}

TEST(decode__polls_stickers_files_and_previews)
{
    struct fixture f;
    CHECK_INT(decode(&f, "\"type\":\"org.matrix.msc3381.poll.start\",\"content\":{"
                         "\"org.matrix.msc3381.poll.start\":{\"question\":{"
                         "\"org.matrix.msc1767.text\":\"q\"},\"answers\":[{"
                         "\"org.matrix.msc1767.text\":\"a1\"},{\"m.text\":[{\"body\":"
                         "\"a2\"}]}]}}"),
              FAULT_NONE);
    CHECK_INT(f.message.part_count, 3);
    CHECK_SLICE(f.message.parts[2].text, "a2");
    CHECK_INT(f.message.parts[0].kind, PART_POLL);
    finish(&f);
    CHECK_INT(decode(&f, "\"type\":\"m.room.message\",\"content\":{\"body\":\"cap\","
                         "\"filename\":\"f.png\",\"url\":\"mxc://x/y\",\"info\":{"
                         "\"mimetype\":\"image/png\"},\"com.beeper.linkpreviews\":[{"
                         "\"og:title\":\"t\"}]}"),
              FAULT_NONE);
    CHECK_SLICE(part_of(&f.message, PART_FILE_NAME)->text, "f.png");
    CHECK_SLICE(part_of(&f.message, PART_EMBED)->text, "t");
    CHECK_SLICE(f.message.attachments[0], "image/png");
    finish(&f);
}

// Each way in which clients write what a message says; "mine" is read in all of them.
TEST(decode__every_place_that_clients_show)
{
    static const struct {
        const char *json;
        enum part_kind kind;
    } places[] = {
        {"\"type\":\"m.room.message\",\"content\":{\"body\":\"\",\"formatted_body\":"
         "\"<b>mi</b>ne\"}",
         PART_FORMATTED},
        {"\"type\":\"m.message\",\"content\":{\"m.text\":[{\"mimetype\":\"text/"
         "html\",\"body\":\"m<i>in</i>e\"}]}",
         PART_FORMATTED},
        {"\"type\":\"m.room.topic\",\"state_key\":\"\",\"content\":{\"topic\":\"x\","
         "\"m.topic\":{\"m.text\":[{\"body\":\"mine\"}]}}",
         PART_TITLE},
        {"\"type\":\"m.room.canonical_alias\",\"state_key\":\"\",\"content\":{"
         "\"alias\":\"#x:x\",\"alt_aliases\":[7,\"mine\"]}",
         PART_TITLE},
        {"\"type\":\"m.room.third_party_invite\",\"state_key\":\"t\",\"content\":{"
         "\"display_name\":\"mine\"}",
         PART_TITLE},
        {"\"type\":\"m.room.member\",\"state_key\":\"@a:x\",\"content\":{"
         "\"membership\":\"knock\",\"reason\":\"mine\"}",
         PART_TITLE},
        {"\"type\":\"m.room.member\",\"state_key\":\"@a:x\",\"content\":{"
         "\"membership\":\"invite\",\"reason\":\"mine\"}",
         PART_TITLE},
        {"\"type\":\"m.reaction\",\"content\":{\"shortcode\":\"mine\","
         "\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"event_id\":\"$t\","
         "\"key\":\"mxc://x/y\"}}",
         PART_REACTION},
        {"\"type\":\"m.room.message\",\"content\":{\"body\":\"* x\",\"m.new_content\":"
         "{\"msgtype\":\"m.image\",\"filename\":\"mine\",\"body\":\"x\"},"
         "\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$t\"}}",
         PART_FILE_NAME},
        {"\"type\":\"m.poll.start\",\"content\":{\"m.new_content\":{\"m.poll\":{"
         "\"answers\":[{\"m.text\":[{\"body\":\"mine\"}]}]}},\"m.relates_to\":{"
         "\"rel_type\":\"m.replace\",\"event_id\":\"$t\"}}",
         PART_POLL},
        {"\"type\":\"m.poll.end\",\"content\":{\"m.text\":\"mine\",\"m.relates_to\":"
         "{\"rel_type\":\"m.reference\",\"event_id\":\"$t\"}}",
         PART_POLL},
        {"\"type\":\"org.matrix.msc3672.beacon_info\",\"state_key\":\"@a:x\","
         "\"content\":{\"description\":\"mine\"}",
         PART_TITLE},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct fixture f;
        CHECK_INT(decode(&f, places[i].json), FAULT_NONE);
        bool found = false;
        for (size_t k = 0; k < f.message.part_count; k++) {
            const struct part *part = &f.message.parts[k];
            found =
                found || (slice_is(part->text, "mine") && part->kind == places[i].kind);
        }
        if (!found) {
            fail_msg("not read: %s", places[i].json);
        }
        finish(&f);
    }
}

TEST(decode__display_names_only_when_they_changed)
{
    struct fixture f;
    CHECK_INT(decode(&f, "\"type\":\"m.room.member\",\"state_key\":\"@s:x\","
                         "\"content\":{\"membership\":\"join\",\"displayname\":\"N\"},"
                         "\"unsigned\":{\"prev_content\":{\"membership\":\"join\","
                         "\"displayname\":\"O\"}}"),
              FAULT_NONE);
    CHECK_INT(f.message.kind, MESSAGE_NAME);
    CHECK_SLICE(f.message.text, "N");
    finish(&f);
    CHECK_INT(decode(&f, "\"type\":\"m.room.member\",\"state_key\":\"@s:x\","
                         "\"content\":{\"membership\":\"join\",\"displayname\":\"N\"},"
                         "\"unsigned\":{\"prev_content\":{\"membership\":\"join\","
                         "\"displayname\":\"N\"}}"),
              FAULT_ABSENT);
    finish(&f);
}

#define REACTION(key)                                                                  \
    "\"type\":\"m.reaction\",\"content\":{\"m.relates_to\":{\"rel_type\":"             \
    "\"m.annotation\",\"event_id\":\"$t\",\"key\":\"" key "\"}}"

TEST(decode__reactions_made_of_text_but_no_emoji)
{
    struct fixture f;
    CHECK_INT(decode(&f, REACTION("rubbish")), FAULT_NONE);
    CHECK_INT(f.message.kind, MESSAGE_REACTION);
    CHECK_SLICE(f.message.reply_to, "$t");
    finish(&f);
    CHECK_INT(decode(&f, REACTION("\U0001f44d\ufe0f")), FAULT_ABSENT);
    finish(&f);
    CHECK_INT(decode(&f, REACTION("\U0001f1fa\U0001f1f8")),
              FAULT_NONE); // drawn letters
    finish(&f);
}

TEST(decode__wrong_types_are_input_or_nothing)
{
    static const char *const nothing[] = {
        "\"type\":\"m.room.message\",\"content\":{}",
        "\"type\":\"m.room.message\",\"content\":{\"body\":7,\"m.relates_to\":[]}",
        "\"type\":\"m.room.message\",\"content\":{\"m.new_content\":5}",
        "\"type\":\"m.room.encrypted\",\"content\":{\"ciphertext\":\"x\"}",
        "\"type\":\"m.reaction\",\"content\":{\"m.relates_to\":{\"key\":{}}}",
        "\"type\":\"m.room.name\",\"state_key\":\"\",\"content\":{\"name\":null}",
    };
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        struct fixture f;
        CHECK_INT(decode(&f, nothing[i]), FAULT_ABSENT);
        finish(&f);
    }
    static const char *const broken[] = {"\"type\":\"x\"",
                                         "\"type\":\"x\",\"content\":[]",
                                         "\"content\":{}", "\"type\":5,\"content\":{}"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct fixture f;
        CHECK_INT(decode(&f, broken[i]), FAULT_INPUT);
        finish(&f);
    }
}

TEST(decode__parts_are_bounded)
{
    struct fixture f = {0};
    arena_init(&f.arena, 4096, 1 << 20);
    f.json = json_pack("{ss ss ss s{}}", "type", "m.room.message", "event_id", "$e",
                       "sender", "@s:x", "content");
    json_t *deep = json_object_get(f.json, "content");
    for (int i = 0; i < 500; i++) {
        char text[16];
        snprintf(text, sizeof(text), "t%d", i);
        json_t *one = json_pack("{ss}", "body", text);
        char key[16];
        snprintf(key, sizeof(key), "k%d", i);
        json_object_set_new(deep, key, one);
    }
    for (int i = 0; i < 1000; i++) {
        json_t *next = json_pack("{ss}", "body", "deep");
        json_object_set_new(deep, "n", next);
        deep = next;
    }
    CHECK_INT(matrix_event_read(&f.event, f.json), FAULT_NONE);
    CHECK_INT(matrix_decode(&f.message, &f.arena, &f.event), FAULT_NONE);
    CHECK_INT(f.message.part_count, 64);
    finish(&f);
}

int main(void)
{
    return RUN(UNIT(decode__message_with_what_clients_show),
               UNIT(decode__same_formatted_text_is_no_second_part),
               UNIT(decode__edit_is_its_new_content_and_its_fallback),
               UNIT(decode__reply_in_a_thread_keeps_the_quote_apart),
               UNIT(decode__polls_stickers_files_and_previews),
               UNIT(decode__every_place_that_clients_show),
               UNIT(decode__display_names_only_when_they_changed),
               UNIT(decode__reactions_made_of_text_but_no_emoji),
               UNIT(decode__wrong_types_are_input_or_nothing),
               UNIT(decode__parts_are_bounded));
}
