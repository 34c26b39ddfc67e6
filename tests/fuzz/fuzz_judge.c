// SPDX-License-Identifier: MIT
// The judge over the shipped rules: any bytes as a message, with what went before.
// HM_DATA says where the rules are.
#include <stdio.h>
#include <stdlib.h>

#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct judge *judge;

static void start(void)
{
    struct ruleset *rs;
    struct why why = {0};
    if (ruleset_load(&rs, NULL, &why) || judge_create(&judge, rs, 4, &why)) {
        fprintf(stderr, "%s\n", why.text);
        abort();
    }
    ruleset_unref(rs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!judge) {
        start();
    }
    if (size < 4) {
        return 0;
    }
    struct slice all = slice_make((const char *)data + 4, size - 4);
    struct slice context[1] = {slice_sub(all, 0, data[0])};
    struct judge_message m = {.text = slice_sub(all, data[0], all.len),
                              .author_role = (enum author_role)(data[1] % 5),
                              .audience = (enum audience)(data[2] % 4),
                              .context = context,
                              .context_count = data[3] & 1,
                              .mention_count = data[3] >> 4,
                              .channel_id = SLICE("c"),
                              .author_id = slice_sub(all, 0, data[3] & 2),
                              .at_unix_ms = data[1] * 1000u};
    struct verdict v;
    if (judge_message(judge, NULL, &m, &v)) {
        return 0;
    }
    for (size_t i = 0; i < v.finding_count; i++) {
        // Of a message without text, an attachment or the number of mentions offends.
        if (v.findings[i].start + (m.text.len > 0) > v.findings[i].end ||
            v.findings[i].end > m.text.len) {
            abort(); // a span outside the message
        }
    }
    return 0;
}
