// SPDX-License-Identifier: MIT
#include "rules/policy/phrases.h"

#include "unit/policy/policy_fixture.h"

static struct reading reading;

static struct phrases *table(const char *text)
{
    const char *path = write_pack(text);
    struct phrases *p = NULL;
    struct why why = {0};
    if (phrases_load(&p, path, &why)) {
        fail_msg("%s", why.text);
    }
    remove_pack(path);
    return p;
}

// The weight of [g] in the text, with one pattern or more in it.
static unsigned weigh(const char *patterns, const char *text)
{
    char all[2000];
    snprintf(all, sizeof(all), "[set child]\npupil\nyoung people\nunder %%n\n[g]\n%s\n",
             patterns);
    struct phrases *p = table(all);
    reading_make(&reading, p, slice_of(text));
    unsigned weight =
        phrases_look(p, phrases_group(p, "g", ""), &reading, 0, SIZE_MAX).weight;
    phrases_destroy(p);
    return weight;
}

TEST(phrases__a_word_is_also_its_plural)
{
    CHECK_INT(weigh("photo", "No photos, please."), 3);
    CHECK_INT(weigh("photo", "No photography."), 0);
    CHECK_INT(weigh("photo*", "No photography."), 3);
    CHECK_INT(weigh("box", "Two boxes"), 3);
}

TEST(phrases__case_and_apostrophes_do_not_matter)
{
    CHECK_INT(weigh("do not post", "DON'T POST"), 3);
    CHECK_INT(weigh("do not post", "Don\xe2\x80\x99t post"), 3);
    CHECK_INT(weigh("can not", "you cannot"), 3);
    CHECK_INT(weigh("will not", "we won't"), 3);
    CHECK_INT(weigh("school policy", "the school's policy"), 3);
}

TEST(phrases__gaps_stay_within_a_sentence)
{
    CHECK_INT(weigh("must .. post", "You must never post it"), 3);
    CHECK_INT(weigh("must .. post", "You must. Then post it"), 0);
    CHECK_INT(weigh("must post", "You must never post it"), 0);
    CHECK_INT(weigh("must .. post", "must a b c d e f g h i post"), 0);
    CHECK_INT(weigh("must ... post", "must a b c d e f g h i post"), 3);
}

TEST(phrases__alternatives_sets_and_glue)
{
    CHECK_INT(weigh("photo|video+clip & @child", "a video clip of young people"), 3);
    CHECK_INT(weigh("photo|video+clip & @child", "a video of young people"), 0);
    CHECK_INT(weigh("@child", "children under 16"), 3);
    CHECK_INT(weigh("say ?the name", "say name"), 3);
    CHECK_INT(weigh("say ?the name", "say the name"), 3);
}

TEST(phrases__conjunctions_and_exceptions)
{
    CHECK_INT(weigh("post & photo", "photos may not be posted. Never post."), 3);
    CHECK_INT(weigh("photo &! consent", "photos with consent"), 0);
    CHECK_INT(weigh("photo &! consent", "photos"), 3);
}

TEST(phrases__weights_add_up_and_the_beginning_is_marked)
{
    CHECK_INT(weigh("photo = 5\nvideo", "photo, video, photo"), 8);
    CHECK_INT(weigh("^ be", "To be or not"), 0);
    CHECK_INT(weigh("^ be", "Stop. Be kind."), 3);
}

TEST(phrases__numbers_have_values)
{
    struct phrases *p = table("[g]\nunder %n\n");
    reading_make(&reading, p, slice_of("nobody under 13s, or under sixteen"));
    CHECK_INT(phrases_look(p, phrases_group(p, "g", ""), &reading, 0, SIZE_MAX).weight,
              3);
    CHECK_INT(reading.tokens[2].value, 13);
    CHECK_INT(reading.tokens[5].value, 16);
    phrases_destroy(p);
}

TEST(phrases__bad_tables_are_refused_with_their_line)
{
    static const char *const texts[] = {"photo\n",       "[g]\n@none\n", "[g\n",
                                        "[g]\na = 99\n", "[g]\n|\n",     "[g]\n&\n",
                                        "[g]\n*\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *path = write_pack(texts[i]);
        struct phrases *p = NULL;
        struct why why = {0};
        CHECK_INT(phrases_load(&p, path, &why), FAULT_INPUT);
        CHECK(strstr(why.text, "pack.yaml:"));
        remove_pack(path);
    }
}

TEST(phrases__a_text_of_any_bytes_is_read)
{
    struct phrases *p = table("[g]\nx\n");
    static char bytes[70000];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 7);
    }
    reading_make(&reading, p, slice_make(bytes, sizeof(bytes)));
    CHECK(reading.count <= READING_TOKENS_MOST);
    reading_make(&reading, p, SLICE("\xc3"));
    reading_make(&reading, p, slice_make(NULL, 0));
    CHECK_INT(reading.count, 0);
    phrases_destroy(p);
}

int main(void)
{
    return RUN(UNIT(phrases__a_word_is_also_its_plural),
               UNIT(phrases__case_and_apostrophes_do_not_matter),
               UNIT(phrases__gaps_stay_within_a_sentence),
               UNIT(phrases__alternatives_sets_and_glue),
               UNIT(phrases__conjunctions_and_exceptions),
               UNIT(phrases__weights_add_up_and_the_beginning_is_marked),
               UNIT(phrases__numbers_have_values),
               UNIT(phrases__bad_tables_are_refused_with_their_line),
               UNIT(phrases__a_text_of_any_bytes_is_read));
}
