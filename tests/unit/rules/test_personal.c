// SPDX-License-Identifier: MIT
//
// Personal data with the rules as they are delivered: what is found, and how much of it.
#include "unit/rules/judge_fixture.h"

#define DELIVERED HM_TEST_SOURCE_DIR "/rules"

// A finding of the category quotes all of part.
static bool covers(struct fixture *x, enum category category, const char *text,
                   const char *part)
{
    const struct verdict *v = ask(x, text);
    const char *found = strstr(text, part);
    CHECK(found);
    size_t start = (size_t)(found - text), end = start + strlen(part);
    for (size_t i = 0; i < v->finding_count; i++) {
        const struct finding *f = &v->findings[i];
        if (f->category == category && f->start <= start && f->end >= end) {
            return true;
        }
    }
    return false;
}

#define COVERS(category, text, part) CHECK(covers(&x, CATEGORY_##category, text, part))

TEST(personal__numbers_are_read_as_they_are_said)
{
    struct fixture x;
    fixture_init(&x, DELIVERED, NULL);
    COVERS(CONTACT, "ring oh seven seven double-oh nine hundred one four six now",
           "oh seven seven double-oh nine hundred one four six");
    COVERS(CONTACT, "07seven00 900 two eight six, ring it",
           "07seven00 900 two eight six");
    COVERS(CONTACT, "O7 7OO 9OO 4I7 txt me", "O7 7OO 9OO 4I7");
    COVERS(CONTACT, "Desk: (898)666-3621x0135", "(898)666-3621x0135");
    COVERS(FINANCIAL, "my sort code is six oh eight three seven one",
           "six oh eight three seven one");
    CHECK_INT(ask(&x, "one two three four five, once I caught a fish alive")->action,
              ACTION_ALLOW);
    fixture_finish(&x);
}

TEST(personal__addresses_take_house_street_and_town)
{
    struct fixture x;
    fixture_init(&x, DELIVERED, NULL);
    COVERS(CONTACT, "We've moved! The Coach House, 2 Priory Lane, Welbridge.",
           "The Coach House, 2 Priory Lane, Welbridge");
    COVERS(CONTACT, "post it to Flat 6, 18 Alder Court, Penhurst Road",
           "Flat 6, 18 Alder Court, Penhurst Road");
    COVERS(CONTACT, "she has moved to Jubilee Terrace, number 8",
           "Jubilee Terrace, number 8");
    fixture_finish(&x);
}

TEST(personal__logins_are_found_with_their_names)
{
    struct fixture x;
    fixture_init(&x, DELIVERED, NULL);
    COVERS(CREDENTIALS, "try as me: user dmarsh77 pass Bailey_the_dog",
           "dmarsh77 pass Bailey_the_dog");
    COVERS(CREDENTIALS, "SIMS is locked, log in as cover1 / Cover1234",
           "cover1 / Cover1234");
    COVERS(CREDENTIALS, "the code for the sixth form door is one nine eight four",
           "one nine eight four");
    CHECK_INT(ask(&x, "the alarm went off at 0915 again")->action, ACTION_ALLOW);
    fixture_finish(&x);
}

TEST(personal__names_are_told_without_mark_or_capital)
{
    struct fixture x;
    fixture_init(&x, DELIVERED, NULL);
    COVERS(SPECIAL, "jamals dad is in prison", "jamals dad is in prison");
    COVERS(SPECIAL, "Rob's on antidepressants", "Rob's on antidepressants");
    COVERS(PUPIL, "kasper lind 9A got excluded for the fire alarm",
           "kasper lind 9A got excluded");
    COVERS(PUPIL, "Anoushka in Herons is being picked up by her uncle all week",
           "Anoushka in Herons is being picked up");
    fixture_finish(&x);
}

// Findings that overlap join: what the weaker one quoted stays inside.
TEST(personal__overlapping_findings_join)
{
    struct fixture x;
    fixture_init(&x, DELIVERED, NULL);
    COVERS(PUPIL, "Bella Aske from 2W walks home alone to 11 Tithe Barn Close at 3.40",
           "Bella Aske from 2W walks home alone");
    COVERS(CONTACT,
           "Bella Aske from 2W walks home alone to 11 Tithe Barn Close at 3.40",
           "11 Tithe Barn Close");
    fixture_finish(&x);
}

int main(void)
{
    return RUN(UNIT(personal__numbers_are_read_as_they_are_said),
               UNIT(personal__addresses_take_house_street_and_town),
               UNIT(personal__logins_are_found_with_their_names),
               UNIT(personal__names_are_told_without_mark_or_capital),
               UNIT(personal__overlapping_findings_join));
}
