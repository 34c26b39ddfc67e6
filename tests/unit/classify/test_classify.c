// SPDX-License-Identifier: MIT
#include "rules/classify/classify.h"

#include <unistd.h>

#include "bot/base/paths.h"
#include "rules/classify/features.h"
#include "rules/classify/model.h"
#include "rules/engine/judge.h"
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

static void probe(const char *text, uint16_t sure[MODEL_HEADS])
{
    ask(&x, text);
    CHECK(x.rs->classifier != NULL);
    CHECK(classify_probe(x.rs->classifier, &x.judge->scan, sure));
}

// Groups that stand in templates: none of them may make the classifier speak.
static const char *const groups[] = {
    "gay",        "lesbian",   "bisexual", "trans",     "queer",     "straight",
    "non-binary", "Muslim",    "Jewish",   "Christian", "Hindu",     "Sikh",
    "Buddhist",   "atheist",   "Catholic", "black",     "white",     "Asian",
    "mixed race", "African",   "Polish",   "Romanian",  "Pakistani", "Indian",
    "Chinese",    "Nigerian",  "Irish",    "Scottish",  "Welsh",     "Bangladeshi",
    "Turkish",    "Syrian",    "deaf",     "blind",     "autistic",  "disabled",
    "dyslexic",   "Traveller", "Gypsy",    "Roma",      "old",       "elderly",
    "female",     "male"};
// Before and after the group's word.
static const char *const templates[][2] = {
    {"my best friend is ", ""},
    {"our ", " neighbours brought cake to the fair"},
    {"she is ", " and so proud of her sister"},
    {"as a ", " parent I loved the assembly"},
    {"", " and proud"},
    {"my ", " cousin got into the team"},
    {"two ", " girls won the science prize"},
    {"the ", " man at the shop was so kind"},
    {"we met a ", " author today"},
    {"our ", " friends are coming for tea"},
    {"I think my son is ", " and I love him"},
    {"there are three ", " kids in my form"},
    {"the ", " lads played brilliantly"},
    {"my nan is ", " and makes the best soup"},
    {"a ", " teacher joined the maths department"},
    {"i'm ", " lol hi everyone"},
    {"do you know any ", " musicians?"},
    {"the film is about a ", " family"},
    {"our ", " bus driver always waves"},
    {"I grew up ", " in Leeds"},
    {"", " people run the stall on Friday"},
    {"he married a ", " woman last year"},
    {"the ", " choir sang on Sunday"},
    {"any ", " parents going to the quiz?"},
    {"my form tutor is ", ""},
    {"", " history display is up in the hall"},
    {"she wrote about being ", " in her essay"},
    {"the ", " boy in goal was the best player"},
    {"we had a ", " visitor in assembly"},
    {"are you ", " too? cool"},
    {"the captain is ", " and everyone likes her"},
    {"it's hard being ", " sometimes but school helps"},
    {"my ", " mum is a doctor"},
    {"the coach is ", " I think"},
    {"they asked if I was ", " and I said yes"},
    {"some ", " students are fasting this week"},
    {"a ", " poet is coming to read"},
    {"my brother's boyfriend is ", ""},
    {"we live next to a ", " couple"},
    {"is there a group for ", " families at school?"}};

TEST(classify__group_words_raise_nothing)
{
    for (size_t t = 0; t < sizeof(templates) / sizeof(templates[0]); t++) {
        for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
            char text[160];
            snprintf(text, sizeof(text), "%s%s%s", templates[t][0], groups[g],
                     templates[t][1]);
            const struct verdict *v = ask(&x, text);
            for (size_t i = 0; i < v->finding_count; i++) {
                if (v->findings[i].origin == ORIGIN_CLASSIFIER) {
                    fail_msg("the classifier spoke of: %s", text);
                }
            }
        }
    }
}

TEST(classify__swapping_groups_moves_no_probability)
{
    uint16_t one[MODEL_HEADS], other[MODEL_HEADS];
    probe("my neighbours are muslims and they bake", one);
    probe("my neighbours are hindus and they bake", other);
    CHECK(memcmp(one, other, sizeof(one)) == 0);
}

TEST(classify__empty_and_marks_only_are_harmless)
{
    CHECK_INT(ask(&x, "")->finding_count, 0);
    CHECK_INT(ask(&x, "?!? ...")->finding_count, 0);
}

static const char *const playful[] = {
    "what a strike, he absolutely smashed that past the keeper",
    "we got battered 5-0 and I am still crying, worst ref ever",
    "you legend, you killed it on stage tonight",
    "that film wrecked me, when the dog died I was gone",
    "love you loads you absolute nutter, see you at the park"};

TEST(classify__playful_talk_stays_harmless)
{
    for (size_t i = 0; i < sizeof(playful) / sizeof(playful[0]); i++) {
        const struct verdict *v = ask(&x, playful[i]);
        for (size_t k = 0; k < v->finding_count; k++) {
            CHECK(v->findings[k].origin != ORIGIN_CLASSIFIER);
        }
    }
}

TEST(stretch__covers_every_token_once)
{
    char *text = malloc(40001);
    assert_non_null(text);
    for (int kind = 0; kind < 3; kind++) {
        const char *word = kind == 0 ? "word " : kind == 1 ? "so. " : "a b c d e f. ";
        size_t n = strlen(word), len = 0;
        while (len + n < 40000) {
            memcpy(text + len, word, n);
            len += n;
        }
        text[len] = 0;
        ask(&x, text);
        struct stretch at = {0};
        uint32_t next = 0;
        while (stretch_next(&at, &x.judge->scan)) {
            CHECK_INT(at.first, next);
            CHECK(at.last >= at.first && at.last - at.first < STRETCH_TOKENS);
            next = at.last + 1;
        }
        CHECK_INT(next, x.judge->scan.tokens.count);
    }
    free(text);
}

TEST(features__stay_within_their_bound)
{
    char text[4000];
    struct features f;
    struct stretch at = {0};
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = i % 40 == 39 ? ' ' : (char)('a' + i * 7 % 26);
    }
    text[sizeof(text) - 1] = 0;
    ask(&x, text);
    struct feature_lists *lists = feature_lists_create(x.rs->lex);
    assert_non_null(lists);
    while (stretch_next(&at, &x.judge->scan)) {
        features_of(&f, &at, &x.judge->scan, lists);
        CHECK(f.count > 0 && f.count <= FEATURES_MOST);
    }
    feature_lists_free(lists);
}

TEST(model__damage_is_refused_and_absence_is_fine)
{
    char folder[] = "/tmp/hm-model-XXXXXX", path[128], *bytes;
    struct model *m = NULL;
    struct why why = {0};
    size_t len;
    assert_non_null(mkdtemp(folder));
    CHECK_INT(model_load(&m, folder, &why), FAULT_ABSENT);
    struct classifier *none = NULL;
    CHECK_INT(classifier_load(&none, folder, x.rs->lex, &why), FAULT_NONE);
    CHECK(none == NULL);

    CHECK_INT(paths_read(HM_TEST_SOURCE_DIR "/rules/model/model.bin", 8 << 20, &bytes,
                         &len, &why),
              FAULT_NONE);
    snprintf(path, sizeof(path), "%s/model", folder);
    CHECK_INT(paths_make_folder(path, 0700, &why), FAULT_NONE);
    snprintf(path, sizeof(path), "%s/model/model.bin", folder);
    const size_t cuts[] = {0, 3, 40, sizeof(struct model_header), len - 1};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        CHECK_INT(paths_write(path, slice_make(bytes, cuts[i]), 0600, &why),
                  FAULT_NONE);
        CHECK_INT(model_load(&m, folder, &why), FAULT_INPUT);
    }
    bytes[len / 2] ^= 1;
    CHECK_INT(paths_write(path, slice_make(bytes, len), 0600, &why), FAULT_NONE);
    CHECK_INT(model_load(&m, folder, &why), FAULT_INPUT);
    bytes[len / 2] ^= 1;
    CHECK_INT(paths_write(path, slice_make(bytes, len), 0600, &why), FAULT_NONE);
    CHECK_INT(model_load(&m, folder, &why), FAULT_NONE);
    model_free(m);
    free(bytes);
    unlink(path);
    snprintf(path, sizeof(path), "%s/model", folder);
    rmdir(path);
    rmdir(folder);
}

int main(void)
{
    static const struct CMUnitTest units[] = {
        UNIT(classify__group_words_raise_nothing),
        UNIT(classify__swapping_groups_moves_no_probability),
        UNIT(classify__empty_and_marks_only_are_harmless),
        UNIT(classify__playful_talk_stays_harmless),
        UNIT(stretch__covers_every_token_once),
        UNIT(features__stay_within_their_bound),
        UNIT(model__damage_is_refused_and_absence_is_fine)};
    return cmocka_run_group_tests(units, setup, teardown);
}
