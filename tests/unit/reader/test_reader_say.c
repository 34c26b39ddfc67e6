// SPDX-License-Identifier: MIT
//
// What the judge makes of a reader's opinion, with models made for the purpose over the
// rules of tests/unit/rules/data: the quick one knows nothing, the reader always says
// the same.
#include "rules/engine/explain.h"
#include "rules/engine/judge.h"
#include "unit/classify/model_file.h"
#include "unit/reader/reader_file.h"

static struct r_model *model;

// The quick model: so sure of a breach whatever it sees, and of nothing else.
static void write_quick(uint16_t any, int32_t gate_from)
{
    model_write(any, 0, gate_from);
}

static void write_reader(void)
{
    char path[PATH_BYTES];
    struct why why = {0};
    struct r_file f = r_encode(model);
    CHECK_INT(paths_write(in_folder(path, "model/reader.bin"),
                          slice_make(f.bytes, f.len), 0600, &why),
              FAULT_NONE);
    free(f.bytes);
}

static void no_reader(void)
{
    char path[PATH_BYTES];
    unlink(in_folder(path, "model/reader.bin"));
}

// Nothing is likely, about nobody in particular.
static void blank(void)
{
    free(model);
    model = r_make();
    memset(model->heads, 0, sizeof(model->heads));
    for (size_t i = 0; i < READER_LOGITS; i++) {
        model->head_bias[i] = i < READER_HEADS ? -6 : 0;
    }
}

static void reader_says(size_t h, float logit, uint16_t raise_at)
{
    model->head_bias[h] = logit;
    model->head.raise_at[h] = raise_at;
}

static int setup(void **state)
{
    (void)state;
    model_folder_make();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    model_folder_remove();
    free(model);
    return 0;
}

static const char harmless[] = "the bus leaves at nine";

static void open_fixture(struct fixture *x)
{
    write_reader();
    fixture_init(x, model_folder, NULL);
}

TEST(raise__speaks_where_the_quick_model_is_unsure)
{
    struct fixture x;
    write_quick(3000, -1000);
    blank();
    model->head.reader_from = 3000;
    reader_says(READER_ANY, 3, 0);
    reader_says(reader_head_of(CATEGORY_BULLYING), 2, 40000);
    reader_says(reader_head_of(CATEGORY_INSULT), 1,
                40000); // less sure, and less than the surest
    open_fixture(&x);
    const struct verdict *v = ask(&x, harmless);
    CHECK_INT(v->finding_count, 1);
    CHECK_INT(v->findings[0].category, CATEGORY_BULLYING);
    CHECK_INT(v->findings[0].origin, ORIGIN_CLASSIFIER);
    CHECK_INT(v->findings[0].target, TARGET_PUPIL);
    CHECK_INT(v->findings[0].confidence, 95); // of any breach: 1 / (1 + e^-3)
    CHECK_INT(v->findings[0].end, strlen(harmless));
    fixture_finish(&x);

    model->head.raise_within = UINT16_MAX / 2;
    open_fixture(&x);
    CHECK_INT(ask(&x, harmless)->finding_count, 2);
    fixture_finish(&x);
}

// Little may be read, and much of it has been.
static void open_hurried(struct fixture *x)
{
    open_fixture(x);
    judge_bound_reader(x->judge, 80); // a harmless message is six pieces
    for (int i = 0; i < 2; i++) {
        ask(x, harmless);
        CHECK(x->judge->consult.asked); // there was time
    }
}

TEST(raise__is_not_asked_of_what_the_quick_model_trusts)
{
    struct fixture x;
    write_quick(2999, -1000);
    open_hurried(&x);
    CHECK_INT(ask(&x, harmless)->finding_count, 0);
    CHECK(!x.judge->consult.asked);
    fixture_finish(&x);

    write_quick(3000, 1000); // its gate lets nothing through, but the reader's does
    open_hurried(&x);
    CHECK_INT(ask(&x, harmless)->finding_count, 2);
    fixture_finish(&x);

    model->head.gate_from = 1000;
    open_hurried(&x);
    CHECK_INT(ask(&x, harmless)->finding_count, 0);
    fixture_finish(&x);
}

TEST(raise__below_its_probability_is_silence)
{
    struct fixture x;
    write_quick(3000, -1000);
    blank();
    reader_says(READER_ANY, 3, 0);
    reader_says(reader_head_of(CATEGORY_BULLYING), 2, 65000); // both come to 64,400
    open_fixture(&x);
    CHECK_INT(ask(&x, harmless)->finding_count, 0);
    CHECK(x.judge->consult.asked);
    fixture_finish(&x);
}

TEST(raise__needs_three_words)
{
    struct fixture x;
    write_quick(30000, -1000);
    blank();
    reader_says(READER_ANY, 3, 0);
    reader_says(reader_head_of(CATEGORY_BULLYING), 2, 40000);
    open_fixture(&x);
    CHECK_INT(ask(&x, "bus leaves")->finding_count, 0);
    CHECK(!x.judge->consult.asked);
    CHECK_INT(ask(&x, "the bus leaves")->finding_count, 1);
    fixture_finish(&x);
}

TEST(raise__danger_is_told_in_what_is_only_hidden)
{
    struct fixture x;
    struct finding f;
    write_quick(30000, -1000);
    blank();
    reader_says(READER_ANY, 3, 0);
    reader_says(reader_head_of(CATEGORY_BULLYING), 2, 40000);
    reader_says(reader_head_of(CATEGORY_VIOLENCE), 2, 40000);
    open_fixture(&x);
    CHECK(says(&x, "t.word", "that bastard match", &f));
    CHECK(f.action == ACTION_HIDE);
    CHECK(says(&x, "reader.threat.violence", "that bastard match", NULL));
    CHECK(!says(&x, "reader.abuse.bullying", "that bastard match", NULL));
    fixture_finish(&x);
}

// Both come to 2 here: a breach is likely, or its kind is.
TEST(raise__a_head_that_is_sure_needs_less_of_a_breach)
{
    const float any[] = {1, 0, 1, 0}, own[] = {2, 4, 1, 3};
    const size_t findings[] = {1, 1, 0, 0};
    write_quick(30000, -1000);
    for (size_t i = 0; i < 4; i++) {
        struct fixture x;
        blank();
        reader_says(READER_ANY, any[i], 0);
        reader_says(reader_head_of(CATEGORY_BULLYING), own[i],
                    57700); // of e^2 / (1 + e^2)
        open_fixture(&x);
        CHECK_INT(ask(&x, harmless)->finding_count, findings[i]);
        fixture_finish(&x);
    }
}

TEST(raise__a_head_that_knows_nothing_is_silent)
{
    struct fixture x;
    write_quick(30000, -1000);
    blank();
    reader_says(READER_ANY, 6, 0);
    reader_says(reader_head_of(CATEGORY_BULLYING), -2, 40000);
    open_fixture(&x);
    CHECK_INT(ask(&x, harmless)->finding_count, 1);
    fixture_finish(&x);
    model->head.own_from = 10000; // it is 7,800
    open_fixture(&x);
    CHECK_INT(ask(&x, harmless)->finding_count, 0);
    fixture_finish(&x);
}

TEST(reader__absent_or_damaged)
{
    struct fixture x;
    char path[PATH_BYTES];
    struct ruleset *rs;
    struct why why = {0};
    const struct ruleset_options o = {.data_folder = model_folder,
                                      .cache_folder = "/tmp"};
    write_quick(3000, -1000);
    no_reader();
    fixture_init(&x, model_folder, NULL);
    CHECK_INT(ask(&x, harmless)->finding_count, 0);
    fixture_finish(&x);
    CHECK_INT(
        paths_write(in_folder(path, "model/reader.bin"), SLICE("HMRD"), 0600, &why),
        FAULT_NONE);
    CHECK_INT(ruleset_load(&rs, &o, &why), FAULT_INPUT);
    CHECK(slice_find(slice_of(why.text), SLICE("reader.bin")) != SIZE_MAX);
}

static bool still_says(void)
{
    struct fixture x;
    open_fixture(&x);
    bool said = says(&x, "t.word", "that bastard match", NULL);
    fixture_finish(&x);
    return said;
}

TEST(doubt__counts_together_or_alone)
{
    uint16_t *with = NULL, *alone = NULL;
    blank(); // sure of a breach: 1 / (1 + e^6), 162 of 65535
    with = model->head.doubt_at;
    alone = model->head.doubt_alone_at;
    write_quick(1999, -1000); // doubts
    CHECK(!still_says());     // no level: the quick model's word stays
    for (int i = 0; i < READER_HEADS; i++) {
        with[i] = 1;
    }
    CHECK(still_says()); // the reader does not join in
    for (int i = 0; i < READER_HEADS; i++) {
        with[i] = 20000;
    }
    CHECK(!still_says());
    write_quick(30000, -1000); // does not doubt
    CHECK(still_says());
    for (int i = 0; i < READER_HEADS; i++) {
        alone[i] = 20000;
    }
    CHECK(!still_says());
    for (int i = 0; i < READER_HEADS; i++) {
        alone[i] = 3;
    }
    CHECK(still_says());
}

TEST(target__is_settled_where_nobody_is_named)
{
    struct fixture x;
    struct finding f;
    write_quick(30000, -1000);
    blank();
    model->head_bias[READER_HEADS + TARGET_STAFF] = 6;
    open_fixture(&x);
    CHECK(says(&x, "t.word", "that bastard match", &f));
    CHECK_INT(f.target, TARGET_NONE);
    fixture_finish(&x);
    model->head.target_from = 60000;
    open_fixture(&x);
    CHECK(says(&x, "t.word", "that bastard match", &f));
    CHECK_INT(f.target, TARGET_STAFF);
    fixture_finish(&x);
    model->head_bias[READER_HEADS + TARGET_STAFF] = 1;
    open_fixture(&x);
    CHECK(says(&x, "t.word", "that bastard match", &f));
    CHECK_INT(f.target, TARGET_NONE);
    fixture_finish(&x);
}

TEST(explain__says_what_the_reader_did)
{
    struct fixture x;
    struct text said;
    write_quick(30000, -1000);
    blank();
    reader_says(READER_ANY, 3, 0);
    reader_says(reader_head_of(CATEGORY_BULLYING), 2, 40000);
    open_fixture(&x);
    text_init(&said, 1 << 20);
    x.m.text = slice_of(harmless);
    CHECK_INT(judge_explain(x.judge, NULL, &x.m, &said), FAULT_NONE);
    CHECK(slice_find(text_slice(&said), SLICE("The reader was asked, and it raised")) !=
          SIZE_MAX);
    text_finish(&said);
    fixture_finish(&x);
}

TEST(budget__is_in_pieces_a_second_of_the_messages)
{
    struct fixture x;
    write_quick(30000, -1000);
    blank();
    reader_says(READER_ANY, 3, 0);
    reader_says(reader_head_of(CATEGORY_BULLYING), 2, 40000);
    open_fixture(&x);
    x.m.at_unix_ms = 5000000;
    for (int i = 0; i < 2000; i++) {
        CHECK_INT(ask(&x, harmless)->finding_count, 1); // no bound
    }
    judge_bound_reader(x.judge, 240); // one message in 25 ms, ten at once
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 12; i++) {
            CHECK_INT(ask(&x, harmless)->finding_count, i < 10);
        }
        x.m.at_unix_ms += 25;
        CHECK_INT(ask(&x, harmless)->finding_count, 1);
        CHECK_INT(ask(&x, harmless)->finding_count, 0);
        x.m.at_unix_ms -= 3600000; // a gap that is filled
        CHECK_INT(ask(&x, harmless)->finding_count, 0);
        x.m.at_unix_ms += 3600000;
    }
    fixture_finish(&x);
}

static size_t pieces_of(struct fixture *x, const char *text)
{
    ask(x, text);
    CHECK_INT(x->judge->consult.windows.count, 1);
    return x->judge->consult.windows.at[0].count;
}

TEST(before__is_what_the_context_said_last)
{
    struct fixture x;
    const struct slice said[] = {SLICE("well"), SLICE("the bus leaves")};
    write_quick(30000, -1000);
    blank();
    open_fixture(&x);
    size_t alone = pieces_of(&x, harmless);
    x.m.context = said;
    x.m.context_count = 2;
    CHECK_INT(pieces_of(&x, harmless), alone + 5); // the last one's, and the mark
    CHECK_INT(ask(&x, "well")->finding_count, 0);
    CHECK(x.judge->consult.asked); // one word, when it answers something
    x.m.context_count = 0;
    ask(&x, "well");
    CHECK(!x.judge->consult.asked);
    fixture_finish(&x);
}

// The sanitizer's own; not there without one.
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t),
                                              void (*)(const volatile void *))
    __attribute__((weak));

static volatile size_t allocations; // changed where the compiler does not look

static void count_allocation(const volatile void *at, size_t size)
{
    (void)at;
    (void)size;
    allocations++;
}

static void ignore_free(const volatile void *at)
{
    (void)at;
}

TEST(reader__reading_allocates_nothing)
{
    static const char emoji[] =
        "the bus \xF0\x9F\x98\x82 leaves, l0l. \xF0\x9F\x90\x8D!";
    struct fixture x;
    if (!__sanitizer_install_malloc_and_free_hooks) {
        skip();
    }
    write_quick(30000, -1000);
    blank();
    model->head.target_from = 60000;
    reader_says(READER_ANY, 3, 0);
    reader_says(reader_head_of(CATEGORY_BULLYING), 2, 40000);
    open_fixture(&x);
    (void)__sanitizer_install_malloc_and_free_hooks(count_allocation, ignore_free);
    size_t counted = allocations;
    void *volatile one = malloc(1);
    free(one);
    CHECK(allocations > counted);
    ask(&x, emoji); // ICU reads its names
    counted = allocations;
    CHECK_INT(ask(&x, emoji)->finding_count, 1);
    CHECK_INT(ask(&x, harmless)->finding_count, 1);
    CHECK(x.judge->consult.count == 1);
    CHECK_INT(allocations, counted);
    fixture_finish(&x);
}

TEST(swap__a_new_generation_brings_its_own_reader)
{
    struct fixture x;
    struct ruleset *rs;
    struct why why = {0};
    const struct ruleset_options o = {.data_folder = model_folder,
                                      .cache_folder = "/tmp"};
    write_quick(30000, -1000);
    no_reader();
    fixture_init(&x, model_folder, NULL);
    CHECK_INT(ask(&x, harmless)->finding_count, 0);
    blank();
    reader_says(READER_ANY, 3, 0);
    reader_says(reader_head_of(CATEGORY_BULLYING), 2, 40000);
    write_reader();
    CHECK_INT(ruleset_load(&rs, &o, &why), FAULT_NONE);
    judge_set_ruleset(x.judge, rs);
    ruleset_unref(rs);
    CHECK_INT(ask(&x, harmless)->finding_count, 1);
    fixture_finish(&x);
}

int main(void)
{
    static const struct CMUnitTest units[] = {
        UNIT(raise__speaks_where_the_quick_model_is_unsure),
        UNIT(raise__is_not_asked_of_what_the_quick_model_trusts),
        UNIT(raise__below_its_probability_is_silence),
        UNIT(raise__needs_three_words),
        UNIT(raise__danger_is_told_in_what_is_only_hidden),
        UNIT(raise__a_head_that_is_sure_needs_less_of_a_breach),
        UNIT(raise__a_head_that_knows_nothing_is_silent),
        UNIT(reader__absent_or_damaged),
        UNIT(doubt__counts_together_or_alone),
        UNIT(target__is_settled_where_nobody_is_named),
        UNIT(explain__says_what_the_reader_did),
        UNIT(budget__is_in_pieces_a_second_of_the_messages),
        UNIT(before__is_what_the_context_said_last),
        UNIT(reader__reading_allocates_nothing),
        UNIT(swap__a_new_generation_brings_its_own_reader)};
    return cmocka_run_group_tests(units, setup, teardown);
}
