// SPDX-License-Identifier: MIT
#include "rules/policy/pack.h"

#include "unit/policy/policy_fixture.h"

#define HEAD "id: x\ntitle: X\nextends: default\n"
#define ALONE                                                                          \
    "id: x\ntitle: X\nroles:\n"                                                        \
    "  - {id: headteacher, title: the head, holders: [Ms A], named: [the head]}\n"
#define CLAUSE(rest) "clauses:\n  - id: a\n    section: S\n    says: T\n" rest
#define KEPT         "retention: {case_days: 30}\n"

// Refused, and the note names the line and holds the words.
static void check_refused(const char *text, unsigned line, const char *words)
{
    const char *path = write_pack(text);
    struct policy *p = NULL;
    struct why why = {0};
    char place[300];
    enum fault f = policy_load(&p, path, SHIPPED_RULES, &why);
    snprintf(place, sizeof(place), "%s:%u: ", path, line);
    CHECK(f != FAULT_NONE && p == NULL);
    if (strncmp(why.text, place, strlen(place)) != 0 || !strstr(why.text, words)) {
        fail_msg("wanted '%s...%s', got '%s'", place, words, why.text);
    }
    remove_pack(path);
}

TEST(pack__unknown_category_is_refused)
{
    check_refused(HEAD CLAUSE("    forbids: [abuse.insult, abuse.rudeness]\n"), 8,
                  "no category");
}

TEST(pack__unknown_family_is_refused)
{
    check_refused(HEAD CLAUSE("    forbids: [rudeness.*]\n"), 8, "no category");
}

TEST(pack__role_that_nobody_holds_is_refused)
{
    check_refused(HEAD CLAUSE("    forbids: [abuse.*]\n    tell: [matron]\n"), 9,
                  "add it under roles");
    check_refused(
        HEAD "roles:\n  - {id: matron, title: the matron, otherwise: dsl}\n" CLAUSE(
            "    forbids: [abuse.*]\n    tell: [matron]\n"),
        11, "name its holders");
}

TEST(pack__otherwise_that_nobody_holds_is_refused)
{
    check_refused(HEAD "roles:\n  - {id: matron, title: the matron, otherwise: bursar, "
                       "holders: [Ms M]}\n",
                  5, "otherwise");
}

TEST(pack__missing_retention_is_refused)
{
    check_refused(ALONE CLAUSE("    forbids: [abuse.*]\n"), 1, "retention");
}

TEST(pack__retention_of_its_own_will_do)
{
    const char *path = write_pack(ALONE CLAUSE("    forbids: [abuse.*]\n") KEPT);
    struct policy *p = NULL;
    struct why why = {0};
    CHECK_INT(policy_load(&p, path, SHIPPED_RULES, &why), FAULT_NONE);
    CHECK_INT(pack_retention(p)->case_days, 30);
    policy_unref(p);
    remove_pack(path);
}

TEST(pack__cycle_of_extends_is_refused)
{
    char text[300];
    const char *path = write_pack("id: x\ntitle: X\n");
    snprintf(text, sizeof(text), "id: x\ntitle: X\nextends: %s\n", path);
    struct why why = {0};
    struct policy *p = NULL;
    CHECK_INT(paths_write(path, slice_of(text), 0600, &why), FAULT_NONE);
    CHECK_INT(policy_load(&p, path, SHIPPED_RULES, &why), FAULT_INPUT);
    CHECK(strstr(why.text, "pack.yaml:3: builds on itself"));
    remove_pack(path);
}

TEST(pack__extends_of_nothing_is_refused)
{
    check_refused("id: x\ntitle: X\nextends: no-such-pack\n", 3, "no such pack");
}

TEST(pack__id_used_twice_is_refused)
{
    check_refused(
        HEAD CLAUSE("    people_only: true\n") "  - id: a\n    section: S\n    "
                                               "says: T\n    people_only: true\n",
        5, "used twice");
}

TEST(pack__words_out_of_the_vocabulary_are_refused)
{
    check_refused(HEAD CLAUSE("    forbids: [abuse.*]\n    within: soon\n"), 9,
                  "within");
    check_refused(HEAD CLAUSE("    forbids: [abuse.*]\n    action: delete\n"), 9,
                  "action");
    check_refused(HEAD CLAUSE("    forbids: [abuse.*]\n    severity: huge\n"), 9,
                  "severity");
    check_refused(HEAD CLAUSE("    forbids: [abuse.*]\n    applies_to: [cats]\n"), 9,
                  "applies_to");
    check_refused(HEAD CLAUSE("    forbids: [abuse.*]\n    when: {author: [cat]}\n"), 9,
                  "author role");
    check_refused(HEAD "monitoring: [cats]\n", 4, "no count");
}

TEST(pack__clause_that_forbids_nothing_is_refused)
{
    check_refused(HEAD CLAUSE("    applies_to: [all]\n"), 5, "people_only");
}

TEST(pack__unknown_key_names_its_line)
{
    check_refused(HEAD CLAUSE("    forbid: [abuse.*]\n"), 8, "forbid");
}

TEST(pack__empty_and_broken_files_are_refused)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "[]\n",
                                        "id: [\n",
                                        "id: x\n",
                                        "\xff\xfe\n",
                                        "id: x\ntitle: X\nextends: [a]\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *path = write_pack(texts[i]);
        struct policy *p = NULL;
        struct why why = {0};
        CHECK(policy_load(&p, path, SHIPPED_RULES, &why) != FAULT_NONE);
        CHECK(why.text[0]);
        remove_pack(path);
    }
}

TEST(pack__times_may_be_counted)
{
    const char *path =
        write_pack(HEAD CLAUSE("    forbids: [abuse.*]\n    within: 3 working days\n"));
    struct policy *p = NULL;
    struct why why = {0};
    CHECK_INT(policy_load(&p, path, SHIPPED_RULES, &why), FAULT_NONE);
    policy_unref(p);
    remove_pack(path);
}

int main(void)
{
    return RUN(
        UNIT(pack__unknown_category_is_refused), UNIT(pack__unknown_family_is_refused),
        UNIT(pack__role_that_nobody_holds_is_refused),
        UNIT(pack__otherwise_that_nobody_holds_is_refused),
        UNIT(pack__missing_retention_is_refused),
        UNIT(pack__retention_of_its_own_will_do),
        UNIT(pack__cycle_of_extends_is_refused),
        UNIT(pack__extends_of_nothing_is_refused), UNIT(pack__id_used_twice_is_refused),
        UNIT(pack__words_out_of_the_vocabulary_are_refused),
        UNIT(pack__clause_that_forbids_nothing_is_refused),
        UNIT(pack__unknown_key_names_its_line),
        UNIT(pack__empty_and_broken_files_are_refused),
        UNIT(pack__times_may_be_counted));
}
