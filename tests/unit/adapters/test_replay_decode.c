// SPDX-License-Identifier: MIT
#include "adapters/replay/replay_decode.h"

#include <stdlib.h>

#include "unit/check.h"

static struct replay_decoder opened(const char *bytes)
{
    struct replay_decoder d;
    struct why why = {0};
    if (replay_open(&d, slice_of(bytes), &why)) {
        fail_msg("%s", why.text);
    }
    return d;
}

TEST(ndjson__bad_line_is_named_and_the_next_is_read)
{
    struct replay_decoder d =
        opened("{\"text\":\"one\",\"author_role\":\"pupil\"}\n\nnot json\n"
               "{\"id\":\"x\",\"text\":\"two\",\"context\":[\"a\",7,\"b\"]}");
    struct message m;
    struct why why = {0};
    CHECK_INT(replay_next(&d, &m, &why), FAULT_NONE);
    CHECK_SLICE(m.text, "one");
    CHECK_SLICE(m.id, "line-1");
    CHECK_SLICE(m.author_roles[0], "pupil");
    CHECK_INT(replay_next(&d, &m, &why), FAULT_INPUT);
    CHECK_STR(why.text, "line 3: wants a JSON object with a text");
    CHECK_INT(replay_next(&d, &m, &why), FAULT_NONE);
    CHECK_SLICE(m.id, "x");
    CHECK_INT(m.context_count, 2);
    CHECK_INT(replay_next(&d, &m, &why), FAULT_ABSENT);
    CHECK_INT(replay_next(&d, &m, &why), FAULT_ABSENT);
    replay_finish(&d);
}

TEST(discord_export__gives_author_time_and_text)
{
    struct replay_decoder d = opened(
        "{\"channel\":{\"name\":\"parents\"},\"messages\":[{\"id\":\"9\",\"timestamp\":"
        "\"2026-03-05T14:02:11.5+00:00\",\"content\":\"hello\",\"author\":{\"id\":"
        "\"4\","
        "\"name\":\"Sam\",\"isBot\":true}},{\"id\":\"10\",\"content\":\"\"},5]}");
    struct message m;
    struct why why = {0};
    CHECK_INT(replay_next(&d, &m, &why), FAULT_NONE);
    CHECK_SLICE(m.channel, "parents");
    CHECK_SLICE(m.author_name, "Sam");
    CHECK(m.by_bot);
    CHECK(m.at_unix_ms == 1772719331000u);
    CHECK_INT(replay_next(&d, &m, &why), FAULT_INPUT);
    CHECK_INT(replay_next(&d, &m, &why), FAULT_ABSENT);
    replay_finish(&d);
}

TEST(matrix_export__gives_sender_and_body)
{
    struct replay_decoder d = opened(
        "{\"room_name\":\"staff\",\"messages\":[{\"type\":\"m.room.member\","
        "\"content\":{}},"
        "{\"event_id\":\"$1\",\"sender\":\"@a:b\",\"origin_server_ts\":5,\"content\":"
        "{\"body\":\"hi\"}}]}");
    struct message m;
    struct why why = {0};
    CHECK_INT(replay_next(&d, &m, &why), FAULT_NONE);
    CHECK_SLICE(m.id, "$1");
    CHECK_SLICE(m.text, "hi");
    CHECK_INT(m.at_unix_ms, 5);
    CHECK_INT(replay_next(&d, &m, &why), FAULT_ABSENT);
    replay_finish(&d);
}

TEST(other_bytes__are_refused)
{
    struct replay_decoder d;
    CHECK_INT(replay_open(&d, SLICE("<html>"), NULL), FAULT_INPUT);
    CHECK_INT(replay_open(&d, SLICE(""), NULL), FAULT_NONE);
    struct message m;
    CHECK_INT(replay_next(&d, &m, NULL), FAULT_ABSENT);
    replay_finish(&d);
}

int main(void)
{
    return RUN(UNIT(ndjson__bad_line_is_named_and_the_next_is_read),
               UNIT(discord_export__gives_author_time_and_text),
               UNIT(matrix_export__gives_sender_and_body),
               UNIT(other_bytes__are_refused));
}
