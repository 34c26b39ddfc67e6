// SPDX-License-Identifier: MIT
#include "rules/engine/lists.h"

#include "rules/engine/judge.h"
#include "unit/rules/judge_fixture.h"

static const char *const texts[] = {
    "You are such an idiot, Mr Hale!",
    "I think he and she went to the park with Ella Smith and her mum",
    "no",
    "",
    "Miss you all so much, will the school be open on Friday? Grace said so.",
    "if he says that again i swear i will tell the head, and the dinner ladies too"};

// Rows and tails say what the members say, and nothing else.
TEST(lists__bits_are_the_members)
{
    struct fixture x;
    fixture_init(&x, HM_TEST_SOURCE_DIR "/rules", NULL);
    const struct lexicon *lex = x.rs->lex;
    size_t rows = 0;
    for (size_t i = 0; i < lex->list_count; i++) {
        const struct list *l = &lex->lists[i];
        size_t count = (size_t)l->loud + l->quiet, bits = l->tail_count;
        for (size_t k = 0; k < count; k++) {
            CHECK(list_holds(lex, l, lex->members[l->classes + k]));
        }
        for (size_t w = 0; w < LIST_ROW; w++) {
            bits += (size_t)__builtin_popcountll(lex->rows[l->row + w]);
        }
        CHECK_INT(bits, count);
        rows += l->row != 0;
    }
    CHECK(rows > 100);
    fixture_finish(&x);
}

TEST(lists__engine_classes_keep_their_numbers_and_named_ones_follow)
{
    struct fixture x;
    fixture_init(&x, HM_TEST_SOURCE_DIR "/rules", NULL);
    const struct lexicon *lex = x.rs->lex;
    for (int b = 0; b < BUILTIN_COUNT; b++) {
        CHECK_STR(lex->classes[b].name, builtin_name((enum builtin)b));
    }
    for (size_t i = 0; i < lex->class_count; i++) {
        bool named =
            !strchr(lex->classes[i].name, '|') && lex->classes[i].name[0] != '"';
        CHECK(i >= lex->named_limit || named);
        CHECK(i < lex->named_limit || !named || !(lex->classes[i].flags & CLASS_USED));
    }
    fixture_finish(&x);
}

// Where each class stands, gathered from what was met, is what occurrences_of() says.
TEST(occurrences__are_those_met)
{
    struct fixture x;
    fixture_init(&x, HM_TEST_SOURCE_DIR "/rules", NULL);
    const struct lexicon *lex = x.rs->lex;
    for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
        ask(&x, texts[t]);
        struct scan *s = &x.judge->scan;
        for (size_t c = 0; c < lex->class_count; c++) {
            size_t count, n = 0;
            const struct occurrence *at = occurrences_of(s, (uint16_t)c, &count);
            for (size_t i = 0; i < s->met_count; i++) {
                const struct met *m = &s->met[i];
                const uint16_t *list = met_classes(s, m);
                for (size_t k = m->from; k < m->to; k++) {
                    if (list[k] == c) {
                        CHECK(n < count && at[n].first == m->at.first &&
                              at[n].last == m->at.last);
                        n++;
                    }
                }
            }
            CHECK_INT(n, count);
            CHECK_INT(scan_saw(s, (uint16_t)c), count > 0);
        }
    }
    fixture_finish(&x);
}

// A long text is looked through once for all classes; it must say the same.
TEST(occurrences__of_long_texts_are_the_same)
{
    struct fixture x;
    char text[40000] = "";
    fixture_init(&x, HM_TEST_SOURCE_DIR "/rules", NULL);
    for (int i = 0; i < 300; i++) {
        strcat(text, "the head said he would tell you. ");
    }
    ask(&x, text);
    struct scan *s = &x.judge->scan;
    size_t count;
    const struct occurrence *at = occurrences_of(s, BUILTIN_YOU, &count);
    CHECK_INT(count, 300);
    for (int asked = 0; asked < 200; asked++) { // by and by all are found at once
        for (size_t i = 0; i < count; i++) {
            CHECK_INT(at[i].first, i * 7 + 6);
            CHECK_INT(at[i].last, i * 7 + 6);
        }
        s->states[BUILTIN_YOU].epoch = 0;
        at = occurrences_of(s, BUILTIN_YOU, &count);
        CHECK_INT(count, 300);
    }
    fixture_finish(&x);
}

int main(void)
{
    return RUN(UNIT(lists__bits_are_the_members),
               UNIT(lists__engine_classes_keep_their_numbers_and_named_ones_follow),
               UNIT(occurrences__are_those_met),
               UNIT(occurrences__of_long_texts_are_the_same));
}
