// SPDX-License-Identifier: MIT
#include "rules/reader/pieces.h"

#include "rules/engine/judge.h"
#include "unit/reader/reader_file.h"
#include "unit/rules/judge_fixture.h"

static struct fixture x;
static struct reader_weights *weights;
static bool *groups;

static int setup(void **state)
{
    (void)state;
    struct why why = {0};
    struct r_model *model = r_make();
    struct r_file file = r_encode(model);
    fixture_init(&x, HM_TEST_SOURCE_DIR "/rules", NULL);
    CHECK_INT(
        reader_weights_read(&weights, "it", slice_make(file.bytes, file.len), &why),
        FAULT_NONE);
    groups = pieces_groups(x.rs->lex);
    CHECK(groups != NULL);
    free(file.bytes);
    free(model);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(groups);
    reader_weights_free(weights);
    fixture_finish(&x);
    return 0;
}

static void read_text(struct windows *out, const char *text)
{
    ask(&x, text);
    pieces_read(out, &x.judge->scan, &weights->vocabulary, groups);
}

static const char *letters_of(uint16_t id)
{
    static char text[PIECE_LETTERS + 1];
    for (size_t i = 0; i < weights->vocabulary.count; i++) {
        const struct vocabulary_entry *e = &weights->vocabulary.entries[i];
        if (e->id == id) {
            memcpy(text, weights->vocabulary.letters + e->at, e->len);
            text[e->len] = 0;
            return text;
        }
    }
    return id == PIECE_GROUP ? " GROUP" : " ?";
}

// The pieces put together again, with " GROUP" and " ?"; white space is '_'.
static const char *told(const char *text)
{
    static char out[4096];
    struct windows w;
    size_t n = 0;
    read_text(&w, text);
    for (size_t i = 0; i < w.count; i++) {
        for (size_t k = 0; k < w.at[i].count; k++) {
            const char *letters = letters_of(w.at[i].ids[k]);
            bool starts = strncmp(letters, "\xE2\x96\x81", 3) == 0;
            n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s", starts ? "_" : "",
                                  starts ? letters + 3 : letters);
        }
    }
    out[n] = 0;
    return out;
}

static void same(const char *one, const char *other)
{
    struct windows a, b;
    read_text(&a, one);
    read_text(&b, other);
    bool alike = a.count == b.count;
    for (size_t i = 0; alike && i < a.count; i++) {
        alike = a.at[i].count == b.at[i].count &&
                memcmp(a.at[i].ids, b.at[i].ids, a.at[i].count * sizeof(uint16_t)) == 0;
    }
    if (!alike || a.count == 0) {
        fail_msg("\"%s\" and \"%s\" read differently (%s)", one, other, told(one));
    }
}

TEST(pieces__are_those_of_the_encoder)
{
    for (size_t i = 0; i < sizeof(test_texts) / sizeof(test_texts[0]); i++) {
        struct windows w;
        read_text(&w, test_texts[i].text);
        CHECK_INT(w.count, 1);
        if (w.at[0].count != test_texts[i].count ||
            memcmp(w.at[0].ids, test_texts[i].ids, w.at[0].count * sizeof(uint16_t)) !=
                0) {
            fail_msg("\"%s\" reads %s", test_texts[i].text, told(test_texts[i].text));
        }
        CHECK_INT(w.at[0].first, 0);
        CHECK_INT(w.at[0].last, x.judge->scan.tokens.count - 1);
    }
}

TEST(pieces__nothing_to_read_is_no_window)
{
    struct windows w;
    read_text(&w, "");
    CHECK_INT(w.count, 0);
    read_text(&w, "?!? ... ((( ");
    CHECK_INT(w.count, 0);
}

TEST(pieces__case_and_runs_of_marks_do_not_matter)
{
    same("What a strike!!!", "what a strike!");
    same("well... THAT was brilliant", "well. that was brilliant");
    same("well \xE2\x80\x93 that", "well - that");
    CHECK_STR(told("what?!?! no,, \"well\""), "_what?!?!_no,_\"well\"");
    CHECK_STR(told("(well) *that* #friday"), "_well_that_friday");
}

TEST(pieces__evasions_are_undone)
{
    same("watch the l0ser", "watch the loser");
    CHECK_STR(told("year7"), "_year7");
}

TEST(pieces__short_forms_are_written_out)
{
    same("they dont leave", "they do not leave");
    same("they don't leave", "they do not leave");
    CHECK_STR(told("her neighbour's cakes"), "_her_neighbour's_cakes");
}

TEST(pieces__emoji_read_by_their_names)
{
    same("brilliant \xF0\x9F\x98\x82", "brilliant face with tears of joy");
    same("brilliant\xF0\x9F\x98\x82\xF0\x9F\x98\x82 \xF0\x9F\x98\x82",
         "brilliant face with tears of joy");
    same("\xF0\x9F\x90\x8D her", "snake her");
    // A skin tone says nothing, nor does a variation selector.
    same("\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBF her", "\xF0\x9F\x91\x8D her");
    same("\xE2\x9D\xA4\xEF\xB8\x8F her", "\xE2\x9D\xA4 her");
}

TEST(pieces__swapping_groups_moves_nothing)
{
    static const char *const named[] = {
        "muslims",   "hindus",       "jews",    "wheelchair users", "lesbians",
        "romanians", "black people", "gypsies", "mixed race people"};
    static const char *const called[] = {
        "gay",  "muslim",     "jewish", "black",  "white", "mixed race",
        "deaf", "non-binary", "trans",  "polish", "Sikh",  "dark-skinned"};
    static const char *const around[][2] = {{"my neighbours are ", " and they bake"},
                                            {"all ", ", back to the school!"},
                                            {"is that \"", "\"?"}};
    char one[200], other[200];
    for (size_t a = 0; a < 3; a++) {
        for (size_t i = 1; i < sizeof(named) / sizeof(named[0]); i++) {
            snprintf(one, sizeof(one), "%s%s%s", around[a][0], named[0], around[a][1]);
            snprintf(other, sizeof(other), "%s%s%s", around[a][0], named[i],
                     around[a][1]);
            same(one, other);
        }
        for (size_t i = 1; i < sizeof(called) / sizeof(called[0]); i++) {
            snprintf(one, sizeof(one), "%s%s%s", around[a][0], called[0], around[a][1]);
            snprintf(other, sizeof(other), "%s%s%s", around[a][0], called[i],
                     around[a][1]);
            same(one, other);
        }
    }
    CHECK_STR(told("is that \"muslims\"?"), "_is_that_\" GROUP\"?");
    CHECK_STR(told("gay, deaf and black"), " GROUP, GROUP_and GROUP");
}

TEST(before__stands_first_with_a_mark_between)
{
    struct windows earlier, alone, after;
    struct before before;
    read_text(&earlier, "the bus leaves at nine");
    pieces_before(&before, &earlier);
    CHECK_INT(before.count, earlier.at[0].count + 1);
    read_text(&alone, "well that was brilliant");
    after = alone;
    pieces_after(&after, &before);
    CHECK_INT(after.at[0].count, before.count + alone.at[0].count);
    CHECK(memcmp(after.at[0].ids, earlier.at[0].ids,
                 earlier.at[0].count * sizeof(uint16_t)) == 0);
    CHECK_INT(after.at[0].ids[before.count - 1], PIECE_BEFORE);
    CHECK(memcmp(after.at[0].ids + before.count, alone.at[0].ids,
                 alone.at[0].count * sizeof(uint16_t)) == 0);
    CHECK_INT(after.at[0].first, alone.at[0].first); // tokens are the message's own
    CHECK_INT(after.at[0].last, alone.at[0].last);
}

TEST(before__is_the_end_of_what_is_long_and_left_out_without_room)
{
    char text[2048] = "";
    struct windows w, full;
    struct before before;
    for (size_t i = 0; i < 9; i++) {
        strcat(text, "the bus leaves at nine. ");
    }
    read_text(&w, text); // 63 pieces
    pieces_before(&before, &w);
    CHECK_INT(before.count, BEFORE_MOST + 1);
    CHECK(memcmp(before.ids, w.at[0].ids + w.at[0].count - BEFORE_MOST,
                 BEFORE_MOST * sizeof(uint16_t)) == 0);
    full = w;
    pieces_after(&full, &before);
    CHECK_INT(full.at[0].count, w.at[0].count + BEFORE_MOST + 1);
    w = full;
    pieces_after(&full, &before); // 92 and 29 more
    CHECK_INT(full.at[0].count, w.at[0].count);

    full.count = 0;
    pieces_after(&full, &before);
    CHECK_INT(full.count, 0);
    pieces_before(&before, &full);
    CHECK_INT(before.count, 0);
    pieces_after(&w, &before);
    CHECK_INT(w.at[0].count, 63 + BEFORE_MOST + 1);
}

TEST(windows__are_cut_at_sentence_ends)
{
    static const char sentence[] = "the bus leaves at nine. "; // seven pieces
    char text[8192] = "";
    struct windows w;
    for (size_t i = 0; i < 30; i++) {
        strcat(text, sentence);
    }
    read_text(&w, text);
    CHECK_INT(w.count, 3);
    uint32_t next = 0;
    for (size_t i = 0; i < w.count; i++) {
        CHECK_INT(w.at[i].first, next);
        CHECK_INT(w.at[i].count, i < 2 ? 13 * 7 : 4 * 7);
        CHECK_INT(w.at[i].last, w.at[i].first + w.at[i].count / 7 * 5 - 1);
        next = w.at[i].last + 1;
    }
    CHECK_INT(next, x.judge->scan.tokens.count);
}

TEST(windows__a_long_sentence_is_cut_between_words)
{
    char text[8192] = "at nine. ";
    struct windows w;
    for (size_t i = 0; i < 150; i++) {
        strcat(text, "bus leaves ");
    }
    read_text(&w, text);
    CHECK_INT(w.count, 4);
    CHECK_INT(w.at[0].count, 3); // the short sentence, by itself
    CHECK_INT(w.at[1].count, READER_POSITIONS);
    CHECK_INT(w.at[2].count, READER_POSITIONS);
    CHECK_INT(w.at[3].count, READER_POSITIONS);
    CHECK_INT(w.at[1].first, 2);
    CHECK_INT(w.at[3].last, 2 + 3 * 64 - 1); // two words are three pieces
}

static void check_bounds(const struct windows *w)
{
    uint32_t next = 0;
    CHECK(w->count <= WINDOWS_MOST);
    for (size_t i = 0; i < w->count; i++) {
        const struct window *at = &w->at[i];
        CHECK(at->count > 0 && at->count <= READER_POSITIONS);
        CHECK(at->first >= next || i > 0);
        CHECK(at->last >= at->first && at->last < x.judge->scan.tokens.count);
        next = at->last;
        for (size_t k = 0; k < at->count; k++) {
            CHECK(at->ids[k] < R_ROWS);
        }
    }
}

TEST(windows__hostile_texts_stay_within_bounds)
{
    static const char *const units[] = {
        "a",        "a ",           ". ",     "!?",         "\xF0\x9F\x98\x82 x ",
        "(((",      "a.b,",         "don't ", "b1t ",       "\xE6\x97\xA5",
        "muslim ",  "gay,",         "\n",     "u r my m8 ", "aA",
        "\xCC\x81", "x\xE2\x80\x8D"};
    enum { LEN = 60000 };
    char *text = malloc(LEN + 32);
    struct windows w;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t len = 0, n = strlen(units[i]);
        while (len < LEN) {
            memcpy(text + len, units[i], n);
            len += n;
        }
        text[len] = 0;
        read_text(&w, text);
        check_bounds(&w);
    }
    free(text);
}

TEST(pieces__take_no_memory)
{
    struct windows w;
    ask(&x, "what a strike! \xF0\x9F\x98\x82 my neighbours are muslims and they bake");
    size_t used = x.judge->arena.used;
    pieces_read(&w, &x.judge->scan, &weights->vocabulary, groups);
    CHECK_INT(x.judge->arena.used, used);
}

int main(void)
{
    static const struct CMUnitTest units[] = {
        UNIT(pieces__are_those_of_the_encoder),
        UNIT(pieces__nothing_to_read_is_no_window),
        UNIT(pieces__case_and_runs_of_marks_do_not_matter),
        UNIT(pieces__evasions_are_undone),
        UNIT(pieces__short_forms_are_written_out),
        UNIT(pieces__emoji_read_by_their_names),
        UNIT(pieces__swapping_groups_moves_nothing),
        UNIT(before__stands_first_with_a_mark_between),
        UNIT(before__is_the_end_of_what_is_long_and_left_out_without_room),
        UNIT(windows__are_cut_at_sentence_ends),
        UNIT(windows__a_long_sentence_is_cut_between_words),
        UNIT(windows__hostile_texts_stay_within_bounds),
        UNIT(pieces__take_no_memory)};
    return cmocka_run_group_tests(units, setup, teardown);
}
