// SPDX-License-Identifier: MIT
#include "rules/engine/cues.h"

#include "rules/engine/judge.h"
#include "rules/engine/pattern.h"
#include "unit/rules/judge_fixture.h"

static struct fixture x;

static int setup(void **state)
{
    (void)state;
    fixture_init(&x, HM_TEST_SOURCE_DIR "/rules", NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_finish(&x);
    return 0;
}

// What is needed for a text, and how many candidates each database confirms.
static enum pattern_need need_of(const char *text, size_t confirmed[PATTERN_NONE])
{
    struct arena arena;
    struct norm n;
    struct tokens t;
    struct pattern_hit *hits;
    const struct detect_context c = {.norm = &n};
    arena_init(&arena, 4096, 1 << 20);
    CHECK_INT(normalise(&n, slice_of(text), x.judge->folds, &arena), FAULT_NONE);
    CHECK_INT(tokenise(&t, &n, &arena), FAULT_NONE);
    for (int need = PATTERN_ALL; need < PATTERN_NONE; need++) {
        CHECK_INT(patterns_scan(x.rs->patterns, x.judge->scratch,
                                (enum pattern_need)need, &c, &arena, &hits,
                                &confirmed[need]),
                  FAULT_NONE);
    }
    enum pattern_need need = patterns_need(x.rs->patterns, &n, &t);
    arena_finish(&arena);
    return need;
}

TEST(cues__lines_with_a_bare_finding_are_scanned)
{
    static const char *const lines[] = {
        "the wifi password is rosebud",
        "my login is jo and the pass: marigold",
        "that pass's gone, passcode: welly-boot",
        "the wifi key: welly-boot",
        "wifikey: welly-boot",
        "wi-ficode: welly-boot",
        "write to jo.smith",
        "write to jo at brindle dot org please",
        "jo (at) brindle (dot) org",
        "my snap is jake_x",
        "insta: jakethelad",
        "ring oh seven seven double oh nine oh oh one two three",
        "see you at half past nine",
        "it starts at quarter to eight"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        size_t confirmed[PATTERN_NONE];
        enum pattern_need need = need_of(lines[i], confirmed);
        if (confirmed[PATTERN_ALL]) {
            CHECK(need != PATTERN_NONE);
            CHECK(need == PATTERN_ALL ||
                  confirmed[PATTERN_BARE] == confirmed[PATTERN_ALL]);
        }
    }
}

TEST(cues__plain_chat_is_not_scanned)
{
    static const char *const lines[] = {
        "I don't know, what do you think? He's so good!",
        "Well, the last thing I remember about her was that performance.",
        "ok. see you later... bye", "",
        "Thanks so much \"everybody\" - it was a lovely day; same again next year"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        size_t confirmed[PATTERN_NONE];
        CHECK_INT(need_of(lines[i], confirmed), PATTERN_NONE);
        CHECK_INT(confirmed[PATTERN_ALL], 0);
    }
}

TEST(cues__marks_and_folded_text_are_scanned)
{
    static const struct {
        const char *text;
        enum pattern_need need;
    } lines[] = {{"call 999", PATTERN_ALL},
                 {"and/or", PATTERN_ALL},
                 {"see bbc.com", PATTERN_ALL},
                 {"@everyone", PATTERN_ALL},
                 {"caf\xc3\xa9", PATTERN_BARE}};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        size_t confirmed[PATTERN_NONE];
        CHECK_INT(need_of(lines[i].text, confirmed), lines[i].need);
    }
}

int main(void)
{
    static const struct CMUnitTest units[] = {
        UNIT(cues__lines_with_a_bare_finding_are_scanned),
        UNIT(cues__plain_chat_is_not_scanned),
        UNIT(cues__marks_and_folded_text_are_scanned)};
    return cmocka_run_group_tests(units, setup, teardown);
}
