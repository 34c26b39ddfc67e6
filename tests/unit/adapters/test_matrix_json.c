// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_json.h"

#include <stdlib.h>
#include <string.h>

#include "unit/check.h"

static void gives(const char *bytes, const char *want)
{
    json_t *value = matrix_json(slice_of(bytes));
    CHECK(value);
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    CHECK_STR(text, want);
    free(text);
    json_decref(value);
}

TEST(json__good_is_kept_as_it_is)
{
    gives("{\"a\":[1,2.5,\"x\\u00e9\\n\",null,true]}",
          "{\"a\":[1,2.5,\"x\u00e9\\n\",null,true]}");
}

TEST(json__odd_parts_are_replaced_and_the_rest_stays)
{
    gives("{\"a\":\"\\ud800x\",\"b\":1}", "{\"a\":\"\ufffdx\",\"b\":1}");
    gives("{\"a\":\"\\udc00\\ud83d\\udc4d\"}", "{\"a\":\"\ufffd\U0001f44d\"}");
    gives("{\"k\\u0000\":1,\"b\":2}", "{\"k\ufffd\":1,\"b\":2}");
    gives("{\"a\":1e999,\"b\":123456789012345678901234567890,\"c\":-7}",
          "{\"a\":0,\"b\":0,\"c\":-7}");
    gives("{\"a\":\"\xff\xfe\",\"b\":\"\\q\",\"c\":\"a\tb\"}",
          "{\"a\":\"\ufffd\ufffd\",\"b\":\"\ufffd\",\"c\":\"a b\"}");
}

TEST(json__thousands_of_brackets_become_null)
{
    enum { DEPTH = 5000 };
    struct text bytes;
    text_init(&bytes, 1 << 20);
    text_add_str(&bytes, "{\"bad\":");
    for (int i = 0; i < DEPTH; i++) {
        text_add_str(&bytes, "[\"]\",");
    }
    text_add_str(&bytes, "1");
    for (int i = 0; i < DEPTH; i++) {
        text_add_char(&bytes, ']');
    }
    text_add_str(&bytes, ",\"good\":1}");
    json_t *value = matrix_json(text_slice(&bytes));
    CHECK_INT(json_integer_value(json_object_get(value, "good")), 1);
    json_decref(value);
    text_finish(&bytes);
}

TEST(json__what_is_none_stays_none)
{
    static const char *const none[] = {
        "", "{", "{\"a\":", "\"", "\\", "{\"a\\", "<html>", "[1,2", "{\"a\":\"\\ud8"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        CHECK(!matrix_json(slice_of(none[i])));
    }
}

int main(void)
{
    return RUN(UNIT(json__good_is_kept_as_it_is),
               UNIT(json__odd_parts_are_replaced_and_the_rest_stays),
               UNIT(json__thousands_of_brackets_become_null),
               UNIT(json__what_is_none_stays_none));
}
