// SPDX-License-Identifier: MIT
//
// What the judge makes of a classifier's opinion, with models made for the purpose over
// the rules of tests/unit/rules/data: one that finds an insult in everything, one that
// finds nothing in anything.
#include "rules/engine/explain.h"
#include "unit/classify/model_file.h"

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
    return 0;
}

static void write_model(uint16_t any, uint16_t insult)
{
    model_write(any, insult, -1000);
}

static const char harmless[] = "the bus leaves at nine";

TEST(raise__says_that_it_was_the_classifier)
{
    struct fixture x;
    write_model(65535, 60000);
    fixture_init(&x, model_folder, NULL);
    const struct verdict *v = ask(&x, harmless);
    CHECK_INT(v->finding_count, 1);
    const struct finding *f = &v->findings[0];
    CHECK_INT(f->origin, ORIGIN_CLASSIFIER);
    CHECK_INT(f->category, CATEGORY_INSULT);
    CHECK(f->severity < category_info(CATEGORY_INSULT)->severity);
    CHECK_INT(f->confidence, 60000 * 100 / 65535);
    CHECK_INT(f->start, 0);
    CHECK_INT(f->end, strlen(harmless));
    CHECK_SLICE(f->rule, "classifier.abuse.insult");
    CHECK(slice_find(v->explanation, SLICE("classifier")) != SIZE_MAX);
    CHECK(v->action != ACTION_ALLOW);
    fixture_finish(&x);
}

TEST(raise__below_its_probability_is_silence)
{
    struct fixture x;
    write_model(65535, 39999);
    fixture_init(&x, model_folder, NULL);
    CHECK_INT(ask(&x, harmless)->finding_count, 0);
    fixture_finish(&x);
    write_model(39999, 65535); // a head alone, where no breach is likely
    fixture_init(&x, model_folder, NULL);
    CHECK_INT(ask(&x, harmless)->finding_count, 0);
    fixture_finish(&x);
}

TEST(raise__marks_only_the_stretch_in_a_long_text)
{
    struct fixture x;
    char text[4000] = "";
    write_model(65535, 60000);
    fixture_init(&x, model_folder, NULL);
    for (int i = 0; i < 100; i++) {
        strcat(text, "the bus leaves at nine. ");
    }
    const struct verdict *v = ask(&x, text);
    CHECK_INT(v->finding_count, 1);
    CHECK(v->findings[0].end - v->findings[0].start < 400);
    fixture_finish(&x);
}

TEST(rules_only__keeps_the_classifier_silent)
{
    struct ruleset *rs;
    struct judge *j;
    struct verdict v;
    struct why why = {0};
    write_model(65535, 65535);
    const struct ruleset_options o = {
        .data_folder = model_folder, .cache_folder = "/tmp", .rules_only = true};
    const struct judge_message m = {.text = SLICE("the bus leaves at nine")};
    CHECK_INT(ruleset_load(&rs, &o, &why), FAULT_NONE);
    CHECK_INT(judge_create(&j, rs, 0, &why), FAULT_NONE);
    CHECK_INT(judge_message(j, NULL, &m, &v), FAULT_NONE);
    CHECK_INT(v.finding_count, 0);
    judge_destroy(j);
    ruleset_unref(rs);
}

TEST(doubt__strikes_a_finding_in_harmless_talk)
{
    struct fixture x;
    struct text said;
    write_model(1999, 0);
    fixture_init(&x, model_folder, NULL);
    CHECK(!says(&x, "t.word", "that bastard match", NULL));
    text_init(&said, 1 << 20);
    CHECK_INT(judge_explain(x.judge, NULL, &x.m, &said), FAULT_NONE);
    CHECK(slice_find(text_slice(&said), SLICE("the classifier")) != SIZE_MAX);
    text_finish(&said);
    fixture_finish(&x);
}

TEST(doubt__leaves_what_may_be_a_breach)
{
    struct fixture x;
    write_model(6000, 0);
    fixture_init(&x, model_folder, NULL);
    CHECK(says(&x, "t.word", "that bastard match", NULL));
    fixture_finish(&x);
}

int main(void)
{
    static const struct CMUnitTest units[] = {
        UNIT(raise__says_that_it_was_the_classifier),
        UNIT(raise__below_its_probability_is_silence),
        UNIT(raise__marks_only_the_stretch_in_a_long_text),
        UNIT(rules_only__keeps_the_classifier_silent),
        UNIT(doubt__strikes_a_finding_in_harmless_talk),
        UNIT(doubt__leaves_what_may_be_a_breach)};
    return cmocka_run_group_tests(units, setup, teardown);
}
