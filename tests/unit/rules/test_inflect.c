// SPDX-License-Identifier: MIT
#include "rules/engine/inflect.h"

#include "unit/check.h"

static bool has(const struct forms *f, const char *form)
{
    for (size_t i = 0; i < f->count; i++) {
        if (slice_is(slice_of(f->at[i]), form)) {
            return true;
        }
    }
    return false;
}

TEST(inflect__irregular_forms_stand_beside_the_regular_ones)
{
    struct forms f;
    CHECK(inflect(&f, SLICE("thief"), 'n'));
    CHECK(has(&f, "thief") && has(&f, "thieves"));
}

// Compared as a C string, such a word was taken for the whole entry, and what lies behind
// it was read.
TEST(inflect__a_word_with_zero_bytes_is_no_irregular_one)
{
    static const char word[] = "bully bullies bullied\0\0\0\0\0\0";
    struct forms f;
    CHECK(inflect(&f, slice_make(word, sizeof(word) - 1), 'n'));
    CHECK(!has(&f, "bullies"));
}

int main(void)
{
    return RUN(UNIT(inflect__irregular_forms_stand_beside_the_regular_ones),
               UNIT(inflect__a_word_with_zero_bytes_is_no_irregular_one));
}
