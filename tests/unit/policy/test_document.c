// SPDX-License-Identifier: MIT
#include "rules/policy/document.h"

#include "unit/policy/policy_fixture.h"

static struct phrases *phrases;
static struct arena arena;
static struct document doc;

static int open_all(void **state)
{
    (void)state;
    struct why why = {0};
    arena_init(&arena, 1 << 20, 128 << 20);
    return (int)phrases_load(&phrases, SHIPPED_RULES "/policies/phrases.txt", &why);
}

static int close_all(void **state)
{
    (void)state;
    phrases_destroy(phrases);
    arena_finish(&arena);
    return 0;
}

static const struct passage *passages_of(const char *text, size_t count)
{
    struct why why = {0};
    arena_drop(&arena);
    CHECK_INT(document_read(&doc, slice_of(text), phrases, &arena, &why), FAULT_NONE);
    CHECK_INT(doc.passage_count, count);
    return doc.passages;
}

TEST(document__headings_are_kept_with_what_follows)
{
    const struct passage *p =
        passages_of("Online Policy\n\n1. Photographs\n\nAsk before you post a "
                    "picture of anybody.\n\n## Chat\nNo swearing in the chat.\n",
                    2);
    CHECK_SLICE(doc.title, "Online Policy");
    CHECK_SLICE(p[0].heading, "1. Photographs");
    CHECK_SLICE(p[1].heading, "Chat");
}

TEST(document__numbered_rules_are_items_not_headings)
{
    const struct passage *p =
        passages_of("Group rules\n\n1. Be kind\n2. No selling\n3. Have fun\n", 3);
    CHECK(p[0].item && p[1].item);
    CHECK_SLICE(p[1].number, "2");
    CHECK_SLICE(p[1].text, "No selling");
}

TEST(document__wrapped_lines_are_joined)
{
    const struct passage *p = passages_of(
        "Policy\n\n- Members of the society must never post pictures of people who\n"
        "  have not agreed to be shown, nor of inter-\n  national guests.\n- Next "
        "item\n",
        2);
    CHECK_SLICE(p[0].text,
                "Members of the society must never post pictures of people who "
                "have not agreed to be shown, nor of inter-national guests.");
}

TEST(document__page_heads_and_numbers_are_dropped)
{
    const struct passage *p = passages_of(
        "Online Policy\n\nOne sentence here that is a rule.\n\nA second "
        "sentence of the same.\n\nThird sentence goes on.\n\nHill School\n1\n\nFourth "
        "sentence of all.\n\nHill School\n2\n\nFifth sentence of all.\n\n"
        "Hill School\n3\n\nSixth sentence of all.\n",
        6);
    CHECK_SLICE(p[3].text, "Fourth sentence of all.");
    CHECK_SLICE(p[3].heading, "Online Policy");
}

TEST(document__nested_items_know_what_they_belong_to)
{
    const struct passage *p =
        passages_of("Policy\n\nStaff will:\n\n- watch these:\n  - one thing\n  - "
                    "two things\n- report it\n",
                    5);
    CHECK_SLICE(p[2].text, "one thing");
    CHECK_INT(p[2].parent, 1);
    CHECK_INT(p[2].depth, 1);
    CHECK_INT(p[4].parent, NO_PARENT);
    CHECK_SLICE(p[4].stem, "Staff will:");
    CHECK_INT(p[4].ordinal, 2);
}

TEST(document__letters_under_numbers_come_back_to_numbers)
{
    const struct passage *p =
        passages_of("Policy\n\n1.1 Members must not:\n(a) swear at "
                    "others;\n(b) post adverts here;\n"
                    "1.2 Members must report any threat.\n",
                    4);
    CHECK_SLICE(p[1].stem, "Members must not:");
    CHECK_SLICE(p[1].number, "a");
    CHECK_SLICE(p[3].number, "1.2");
    CHECK_INT(p[3].depth, 0);
}

TEST(document__lettered_parts_of_a_sentence_are_items)
{
    const struct passage *p = passages_of(
        "Policy\n\nPupils must not (a) swear, (b) bully or (c) gamble.\n", 3);
    CHECK_SLICE(p[2].text, "gamble.");
    CHECK_SLICE(p[2].stem, "Pupils must not");
    CHECK_INT(p[2].ordinal, 3);
}

TEST(document__rows_of_a_table_are_passages)
{
    const struct passage *p = passages_of(
        "Rules\n\n| Rule | Then |\n|---|---|\n| No swearing | Warning |\n", 2);
    CHECK_SLICE(p[1].text, "| No swearing | Warning |");
}

TEST(document__emoji_and_keycaps_are_bullets)
{
    const struct passage *p = passages_of("Rules\n\n1\xef\xb8\x8f\xe2\x83\xa3 Be kind\n"
                                          "2\xef\xb8\x8f\xe2\x83\xa3 No spam\n",
                                          2);
    CHECK(p[0].item && p[1].item);
    CHECK_SLICE(p[0].text, "Be kind");
}

TEST(document__malformed_text_becomes_valid)
{
    const struct passage *p =
        passages_of("Rules\n\nNo \xff swearing\xc3 in here.\n", 1);
    CHECK_SLICE(p[0].text, "No ? swearing? in here.");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        UNIT(document__headings_are_kept_with_what_follows),
        UNIT(document__numbered_rules_are_items_not_headings),
        UNIT(document__wrapped_lines_are_joined),
        UNIT(document__page_heads_and_numbers_are_dropped),
        UNIT(document__nested_items_know_what_they_belong_to),
        UNIT(document__letters_under_numbers_come_back_to_numbers),
        UNIT(document__lettered_parts_of_a_sentence_are_items),
        UNIT(document__rows_of_a_table_are_passages),
        UNIT(document__emoji_and_keycaps_are_bullets),
        UNIT(document__malformed_text_becomes_valid)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
