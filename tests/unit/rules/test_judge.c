// SPDX-License-Identifier: MIT
#include "unit/rules/judge_fixture.h"

static struct fixture start(void)
{
    struct fixture x;
    fixture_init(&x, TEST_RULES, NULL);
    return x;
}

#define SAYS(rule, text)   CHECK(says(&x, rule, text, NULL))
#define SILENT(rule, text) CHECK(!says(&x, rule, text, NULL))

TEST(judge__sequence_matches_inside_its_window)
{
    struct fixture x = start();
    SAYS("t.crime", "That Mr Hale has been stealing again");
    SAYS("t.crime", "the caretaker is light-fingered");
    SAYS("t.crime", "the caretaker helped himself to the tea");
    SILENT("t.crime", "the caretaker is a very nice man who met a thief");
    SILENT("t.crime", "I met the caretaker. A thief ran off.");
    fixture_finish(&x);
}

TEST(judge__also_gives_further_sequences)
{
    struct fixture x = start();
    SAYS("t.crime", "burgled by the head teacher");
    SAYS("t.crime", "burgled by head teachers");
    SAYS("t.crime", "they blame Mr Hale");
    SILENT("t.crime", "burgled by some head teacher");
    fixture_finish(&x);
}

TEST(judge__negation_excuses_but_not_only_does_not)
{
    struct fixture x = start();
    SILENT("t.crime", "Mr Hale did not steal");
    SILENT("t.crime", "Mr Hale didnt steal, he never did. Mr Hale isnt a thief");
    SAYS("t.crime", "Not only is Mr Hale a thief");
    fixture_finish(&x);
}

TEST(judge__reported_fiction_and_quotes_excuse)
{
    struct fixture x = start();
    SILENT("t.crime", "In the novel a teacher steals a horse");
    SILENT("t.crime", "he said the teacher steals");
    SILENT("t.word", "somebody wrote \"bastards\" here");
    SAYS("t.word", "they are \"good\" bastards");
    fixture_finish(&x);
}

TEST(judge__near_takes_either_order_and_not_looks_ahead)
{
    struct fixture x = start();
    SAYS("t.near", "you are an idiot");
    SAYS("t.near", "stupid you");
    SAYS("t.near", "an idiot is he");
    SILENT("t.near", "you came at stupid o'clock");
    SILENT("t.near", "what is an idiot to you?");
    fixture_finish(&x);
}

TEST(judge__sentence_anchors_and_conditions_hold)
{
    struct fixture x = start();
    x.m.audience = AUDIENCE_PUPILS;
    SAYS("t.start", "You!");
    SILENT("t.start", "not you!");
    SILENT("t.start", "hello. it was you two");
    x.m.audience = AUDIENCE_PARENTS;
    SILENT("t.start", "You!");
    fixture_finish(&x);
}

TEST(judge__message_that_repeats_itself_is_a_flood)
{
    struct fixture x = start();
    SAYS("behaviour.repeats_itself", "a a a a a a a a a a a a a a a a a a a a a a");
    SAYS("behaviour.repeats_itself",
         "well CHEAP UNIFORM cheap uniform cheap uniform cheap uniform cheap uniform");
    SAYS("behaviour.repeats_itself",
         "join join join join join join join join join join my server");
    SILENT("behaviour.repeats_itself", "ha ha ha ha ha ha ha ha ha ha ha ha");
    SILENT("behaviour.repeats_itself",
           "row row row your boat, gently down the stream, merrily merrily merrily");
    SAYS("behaviour.calls_many", "@a1 @b2 @c3 @d4 @e5 @f6 @g7 @h8 look");
    SAYS("behaviour.calls_many", "http://a.b http://b.b http://c.b http://d.b x://e.b");
    SILENT("behaviour.calls_many", "write to a@b.c at 8:30 or 9:30, @ella and @tom");
    const struct slice before[] = {SLICE("Bring it back now!"),
                                   SLICE("bring it back now! ")};
    x.m.context = before;
    x.m.context_count = 2;
    SAYS("behaviour.repeats_context", "Bring it back now!");
    SILENT("behaviour.repeats_context", "Bring it back");
    fixture_finish(&x);
}

TEST(judge__earlier_message_decides)
{
    struct fixture x = start();
    const struct slice before[] = {SLICE("hi"), SLICE("how old r u")};
    SILENT("t.context", "11 lol");
    x.m.context = before;
    x.m.context_count = 2;
    SAYS("t.context", "11 lol");
    fixture_finish(&x);
}

TEST(judge__across_leaves_the_sentence)
{
    struct fixture x = start();
    SAYS("t.across", "This stays between us. He stole it");
    SILENT("t.across", "This stays between us. I like tea. He stole it");
    fixture_finish(&x);
}

TEST(judge__leading_not_looks_back)
{
    struct fixture x = start();
    SAYS("t.unpreceded", "come to our shop");
    SILENT("t.unpreceded", "come to my new shop");
    fixture_finish(&x);
}

TEST(judge__pronouns_reach_back_a_sentence_and_a_message)
{
    struct fixture x = start();
    struct finding f;
    CHECK(says(&x, "t.crime", "Mr Hale was here. He steals.", &f));
    CHECK_INT(f.target, TARGET_STAFF);
    CHECK_SLICE(f.subject, "He");
    SILENT("t.crime", "He steals.");
    const struct slice before[] = {SLICE("Mrs Okafor teaches my Ella")};
    x.m.context = before;
    x.m.context_count = 1;
    SILENT("t.crime", "hello she is kind");
    fixture_finish(&x);
}

TEST(judge__sir_and_miss_alone_are_the_teacher)
{
    struct fixture x = start();
    struct finding f;
    CHECK(says(&x, "t.crime", "sir steals from the lost property", &f));
    CHECK_INT(f.target, TARGET_STAFF);
    CHECK_SLICE(f.subject, "sir");
    SILENT("t.crime", "i miss you, thieves");
    SAYS("t.crime", "miss hardwicke steals");
    SILENT("t.crime", "i really miss hardwicke, thieves");
    fixture_finish(&x);
}

TEST(judge__you_is_whoever_reads)
{
    struct fixture x = start();
    struct finding f;
    x.m.audience = AUDIENCE_PUPILS;
    CHECK(says(&x, "t.near", "u r an idiot u", &f));
    CHECK_INT(f.target, TARGET_PUPIL);
    x.m.audience = AUDIENCE_PARENTS;
    CHECK(says(&x, "t.near", "your an idiot", &f));
    CHECK_INT(f.target, TARGET_PARENT);
    fixture_finish(&x);
}

TEST(judge__unnamed_abuse_among_pupils_means_a_pupil)
{
    struct fixture x = start();
    struct finding f;
    x.m.audience = AUDIENCE_PUPILS;
    CHECK(says(&x, "t.near", "they are idiots", &f));
    CHECK_INT(f.target, TARGET_PUPIL);
    x.m.audience = AUDIENCE_PUBLIC;
    CHECK(says(&x, "t.near", "they are idiots", &f));
    CHECK_INT(f.target, TARGET_OTHER);
    fixture_finish(&x);
}

TEST(judge__evasions_are_undone)
{
    struct fixture x = start();
    static const char *const texts[] = {"w4nker",
                                        "w@nk3r",
                                        "WANKER",
                                        "w.a.n.k.e.r",
                                        "w a n k e r",
                                        "wannnker",
                                        "waaaankers",
                                        "rekna\xe2\x80\x8bw",
                                        "w-anker",
                                        "sh!t",
                                        "5hit",
                                        "$hit",
                                        "b*stard",
                                        "tw@t!",
                                        "b a s t a r d s",
                                        "oh f s h i t mate",
                                        "bastarrd",
                                        "\xd0\xb0sshole",
                                        "a\xcc\x81sshole",
                                        "w\xe2\x80\x8b"
                                        "anker",
                                        "\xef\xbd\x97\xef\xbd\x81nker",
                                        "\xf0\x9f\x96\x95",
                                        "you.wanker",
                                        "bloody-wanker",
                                        "\xf0\x9f\x85\xb1"
                                        "astard",
                                        "sh1tting"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!says(&x, "t.word", texts[i], NULL)) {
            fail_msg("not undone: %s", texts[i]);
        }
    }
    fixture_finish(&x);
}

TEST(judge__undoing_makes_no_words_of_honest_text)
{
    struct fixture x = start();
    static const char *const texts[] = {"the pen is here",
                                        "as shell suits",
                                        "class assembly",
                                        "pen.is mightier",
                                        "has a seat",
                                        "a s a p",
                                        "room 455",
                                        "t w a",
                                        "a s s e m b l y",
                                        "code A55",
                                        "Scunthorpe",
                                        "brass",
                                        "passage",
                                        "assess the class",
                                        "5.5hit points",
                                        "a-s-ap",
                                        "twa tea",
                                        "sit",
                                        "basta rd",
                                        "pas-shell",
                                        "\xd0\xb0\xd1\x81\xd1\x81",
                                        "3 a.s.s. ok?",
                                        "sa5s"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (says(&x, "t.word", texts[i], NULL)) {
            fail_msg("made a word of: %s", texts[i]);
        }
    }
    fixture_finish(&x);
}

TEST(judge__spans_are_original_bytes)
{
    struct fixture x = start();
    struct finding f;
    const char *text = "\xe2\x80\x9cHey\xe2\x80\x9d \xc3\xa9 w\xe2\x80\x8b"
                       "\xd0\xb0nker!";
    CHECK(says(&x, "t.word", text, &f));
    CHECK_SLICE(slice_make(text + f.start, f.end - f.start),
                "w\xe2\x80\x8b\xd0\xb0nker");
    CHECK(says(&x, "t.link", "see https://a.example/b, ok", &f));
    CHECK_SLICE(slice_make("see https://a.example/b, ok" + f.start, f.end - f.start),
                "https://a.example/b");
    fixture_finish(&x);
}

TEST(judge__empty_and_odd_texts_are_allowed)
{
    struct fixture x = start();
    static const char *const texts[] = {"",         " ", "\n\n", "...",
                                        "\xff\xfe", "'", "\"",   "\xe2\x80\x8b",
                                        "?",        "a", "1",    "'a"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CHECK_INT(ask(&x, texts[i])->action, ACTION_ALLOW);
    }
    fixture_finish(&x);
}

TEST(judge__action_is_the_union_and_the_worst_comes_first)
{
    struct fixture x = start();
    const struct verdict *v = ask(&x, "shit, the caretaker steals");
    CHECK_INT(v->finding_count, 2);
    CHECK_INT(v->findings[0].category, CATEGORY_ALLEGATION);
    CHECK_INT(v->action, ACTION_HIDE_ESCALATE);
    CHECK_INT(v->target, TARGET_STAFF);
    CHECK_INT(v->severity, SEVERITY_HIGH);
    CHECK(v->monitoring >> MONITORING_ALLEGATIONS_STAFF & 1);
    CHECK_SLICE(v->explanation, "Hidden and passed to a person because it accuses.");
    fixture_finish(&x);
}

TEST(judge__long_hostile_text_is_judged)
{
    struct fixture x = start();
    size_t len = 100000;
    char *text = malloc(len + 1);
    for (size_t i = 0; i < len; i++) {
        text[i] = "Mr Hale he f.u a @ "[i % 19];
    }
    text[len] = '\0';
    x.m.text = slice_make(text, len);
    CHECK_INT(judge_message(x.judge, NULL, &x.m, &x.v), FAULT_NONE);
    memcpy(text + len - 40, " the teacher steals it all             ", 39);
    CHECK_INT(judge_message(x.judge, NULL, &x.m, &x.v), FAULT_NONE);
    CHECK_INT(x.v.action, ACTION_HIDE_ESCALATE);
    free(text);
    fixture_finish(&x);
}

TEST(roster__names_aliases_and_slips_are_staff)
{
    const char *path = "/tmp/hallmonitor-test-roster.csv";
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fputs("name,role,aliases\nMr Tobias Wexcombe,staff,Wexy\nElla Marr,pupil\n", file);
    fclose(file);
    const char *const aliases[] = {"Larkrise"};
    struct school_profile school = {.name = "Larkrise Green Primary",
                                    .aliases = aliases,
                                    .alias_count = 1,
                                    .roster_path = path};
    struct fixture x;
    fixture_init(&x, TEST_RULES, &school);
    SAYS("t.crime", "wexcombe steals");
    SAYS("t.crime", "Wexcomb steals");
    SAYS("t.crime", "tobias wexcombe steals");
    SAYS("t.crime", "wexy steals");
    SILENT("t.crime", "wexford steals");
    remove(path);
    fixture_finish(&x);
}

TEST(judge__joined_guards_excuse_only_together)
{
    struct fixture x = start();
    SAYS("t.joined", "he said you are an idiot");
    SAYS("t.joined", "you are an idiot, sad");
    SILENT("t.joined", "he said you are an idiot, sad");
    fixture_finish(&x);
}

TEST(judge__signs_of_inequality_are_one_word)
{
    struct fixture x = start();
    SAYS("t.joined", "you = idiot");
    SILENT("t.joined", "you /= idiot");
    SILENT("t.joined", "you =/ idiot");
    SILENT("t.joined", "you != idiot");
    SILENT("t.joined", "you ≠ idiot");
    SAYS("t.joined", "you/=idiot");
    fixture_finish(&x);
}

int main(void)
{
    return RUN(UNIT(judge__sequence_matches_inside_its_window),
               UNIT(judge__also_gives_further_sequences),
               UNIT(judge__negation_excuses_but_not_only_does_not),
               UNIT(judge__reported_fiction_and_quotes_excuse),
               UNIT(judge__near_takes_either_order_and_not_looks_ahead),
               UNIT(judge__joined_guards_excuse_only_together),
               UNIT(judge__signs_of_inequality_are_one_word),
               UNIT(judge__sentence_anchors_and_conditions_hold),
               UNIT(judge__message_that_repeats_itself_is_a_flood),
               UNIT(judge__earlier_message_decides),
               UNIT(judge__across_leaves_the_sentence),
               UNIT(judge__leading_not_looks_back),
               UNIT(judge__pronouns_reach_back_a_sentence_and_a_message),
               UNIT(judge__sir_and_miss_alone_are_the_teacher),
               UNIT(judge__you_is_whoever_reads),
               UNIT(judge__unnamed_abuse_among_pupils_means_a_pupil),
               UNIT(judge__evasions_are_undone),
               UNIT(judge__undoing_makes_no_words_of_honest_text),
               UNIT(judge__spans_are_original_bytes),
               UNIT(judge__empty_and_odd_texts_are_allowed),
               UNIT(judge__action_is_the_union_and_the_worst_comes_first),
               UNIT(judge__long_hostile_text_is_judged),
               UNIT(roster__names_aliases_and_slips_are_staff));
}
