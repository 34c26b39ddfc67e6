// SPDX-License-Identifier: MIT
#include "unit/policy/policy_fixture.h"
#include "unit/rules/judge_fixture.h"

static const char *const packs[] = {
    "default",      "bicester-learning-academy", "caldecote-primary-school",
    "libra-school", "parallel-learning-trust",   "park-lane-learning-trust"};
enum { PACKS = sizeof(packs) / sizeof(packs[0]) };

static struct fixture x;
static struct policy *policies[PACKS];

static int open_all(void **state)
{
    (void)state;
    struct why why = {0};
    fixture_init(&x, SHIPPED_RULES, NULL);
    for (size_t i = 0; i < PACKS; i++) {
        if (policy_load(&policies[i], packs[i], SHIPPED_RULES, &why)) {
            fprintf(stderr, "%s\n", why.text);
            return 1;
        }
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKS; i++) {
        policy_unref(policies[i]);
    }
    fixture_finish(&x);
    return 0;
}

static const struct verdict *judge(const struct policy *p, enum author_role role,
                                   enum audience audience, const char *text)
{
    x.m = (struct judge_message){
        .text = slice_of(text), .author_role = role, .audience = audience};
    CHECK_INT(judge_message(x.judge, p, &x.m, &x.v), FAULT_NONE);
    return &x.v;
}

static bool tells(const struct verdict *v, const char *role)
{
    for (size_t i = 0; i < v->route_count; i++) {
        if (slice_is(v->routes[i], role)) {
            return true;
        }
    }
    return false;
}

TEST(routing__allegation_about_the_head_goes_to_the_chair)
{
    for (size_t i = 0; i < PACKS; i++) {
        const struct verdict *v =
            judge(policies[i], AUTHOR_PARENT, AUDIENCE_PARENTS,
                  "The headteacher has been stealing from the school fund");
        CHECK(v->finding_count > 0);
        CHECK(!tells(v, "headteacher"));
        CHECK(tells(v, "chair"));
    }
}

TEST(routing__allegation_about_the_dsl_does_not_go_to_the_dsl)
{
    for (size_t i = 0; i < PACKS; i++) {
        const struct verdict *v =
            judge(policies[i], AUTHOR_PARENT, AUDIENCE_PARENTS,
                  "The safeguarding lead has been hitting the children in nursery");
        CHECK(v->finding_count > 0);
        CHECK(!tells(v, "dsl"));
        CHECK(tells(v, "headteacher"));
    }
}

TEST(routing__allegation_about_a_teacher_goes_to_the_head)
{
    for (size_t i = 0; i < PACKS; i++) {
        const struct verdict *v =
            judge(policies[i], AUTHOR_PARENT, AUDIENCE_PARENTS,
                  "Mr Hale has been stealing from the school fund");
        CHECK(tells(v, "headteacher"));
    }
}

TEST(routing__words_that_only_begin_like_the_head_are_not_the_head)
{
    const struct verdict *v =
        judge(policies[0], AUTHOR_PARENT, AUDIENCE_PARENTS,
              "Mr Hale the heading clerk has been stealing from the school fund");
    CHECK(tells(v, "headteacher"));
}

TEST(routing__safeguarding_is_seen_by_few)
{
    for (size_t i = 0; i < PACKS; i++) {
        const struct verdict *v = judge(policies[i], AUTHOR_PUPIL, AUDIENCE_PUPILS,
                                        "I want to kill myself tonight");
        CHECK(v->restricted);
        CHECK(v->at_once);
        CHECK(tells(v, "dsl"));
        CHECK(!tells(v, "moderator"));
    }
}

TEST(routing__a_child_harmed_by_the_head_is_restricted_and_kept_from_the_head)
{
    for (size_t i = 0; i < PACKS; i++) {
        const struct verdict *v = judge(policies[i], AUTHOR_PARENT, AUDIENCE_PARENTS,
                                        "Our head slapped a six year old in assembly");
        CHECK(v->restricted);
        CHECK(tells(v, "dsl"));
        CHECK(!tells(v, "headteacher"));
    }
}

// PLT-17
TEST(routing__threat_against_staff_is_at_once_and_critical)
{
    const struct verdict *v =
        judge(policies[4], AUTHOR_PARENT, AUDIENCE_PARENTS,
              "I'll be waiting for Mr Hale outside the gates and he won't walk away");
    CHECK(v->at_once);
    CHECK_INT(v->severity, SEVERITY_CRITICAL);
    CHECK(tells(v, "headteacher"));
}

// CPS-10, LIB-2: a complaint is not hidden, and is shown the named routes in order.
TEST(routing__complaint_is_signposted_in_the_documents_order)
{
    const struct verdict *v =
        judge(policies[2], AUTHOR_PARENT, AUDIENCE_PARENTS,
              "I'm really unhappy with how the school handled the trip refunds");
    CHECK(!action_hides(v->action));
    CHECK_INT(v->signpost_count, 3);
    CHECK(slice_find(v->signposts[0], SLICE("class teacher")) != SIZE_MAX);
    CHECK(slice_find(v->signposts[1], SLICE("Parent Forum")) != SIZE_MAX);
    CHECK(slice_find(v->signposts[2], SLICE("Complaints Procedure")) != SIZE_MAX);
    CHECK(slice_find(v->reply, SLICE("Parent Forum")) != SIZE_MAX);
}

// BLA-16
TEST(routing__indecent_images_are_never_stored)
{
    const struct verdict *v =
        judge(policies[1], AUTHOR_UNKNOWN, AUDIENCE_PUPILS,
              "send me nudes, i wont show anyone, ur 12 its fine");
    CHECK(v->never_store);
    CHECK(v->restricted);
    CHECK(v->at_once);
}

// CPS-11
TEST(routing__both_headteachers_hold_the_role)
{
    size_t count;
    const struct policy_role *roles = policy_roles(policies[2], &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(roles[i].id, "headteacher") == 0) {
            CHECK_INT(roles[i].holders_count, 2);
            return;
        }
    }
    fail();
}

// What binds the author is named before what binds others, the narrower before the wider.
TEST(apply__the_closest_clause_is_named_first)
{
    const struct verdict *v =
        judge(policies[2], AUTHOR_PARENT, AUDIENCE_PARENTS,
              "That Mr Hale has been stealing from the trip money");
    CHECK_SLICE(v->findings[0].clauses[0].clause, "parents-comments");
}

TEST(apply__every_verdict_stands_on_a_clause_and_speaks)
{
    static const char *const messages[] = {
        "you are a pathetic idiot and everyone knows it",
        "her mum's number is 07700 900123",
        "Selling handmade candles, message me for prices",
        "join my server join my server join my server join my server join my server"};
    for (size_t i = 0; i < PACKS; i++) {
        for (size_t k = 0; k < sizeof(messages) / sizeof(messages[0]); k++) {
            const struct verdict *v =
                judge(policies[i], AUTHOR_PARENT, AUDIENCE_PARENTS, messages[k]);
            CHECK(v->finding_count > 0);
            CHECK(v->findings[0].clause_count > 0);
            CHECK(v->explanation.len > 0);
            CHECK(slice_find(v->explanation, SLICE("{")) == SIZE_MAX);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        UNIT(routing__allegation_about_the_head_goes_to_the_chair),
        UNIT(routing__allegation_about_the_dsl_does_not_go_to_the_dsl),
        UNIT(routing__allegation_about_a_teacher_goes_to_the_head),
        UNIT(routing__words_that_only_begin_like_the_head_are_not_the_head),
        UNIT(routing__safeguarding_is_seen_by_few),
        UNIT(routing__a_child_harmed_by_the_head_is_restricted_and_kept_from_the_head),
        UNIT(routing__threat_against_staff_is_at_once_and_critical),
        UNIT(routing__complaint_is_signposted_in_the_documents_order),
        UNIT(routing__indecent_images_are_never_stored),
        UNIT(routing__both_headteachers_hold_the_role),
        UNIT(apply__the_closest_clause_is_named_first),
        UNIT(apply__every_verdict_stands_on_a_clause_and_speaks)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
