// SPDX-License-Identifier: MIT
#include "unit/check.h"

#include <stdlib.h>

TEST(slice_cut__splits_at_the_first_mark)
{
    struct slice rest;
    CHECK_SLICE(slice_cut(SLICE("a=b=c"), '=', &rest), "a");
    CHECK_SLICE(rest, "b=c");
    CHECK_SLICE(slice_cut(SLICE("abc"), '=', &rest), "abc");
    CHECK_INT(rest.len, 0);
}

TEST(slice_u64__takes_the_largest_number)
{
    uint64_t value = 0;
    CHECK_INT(slice_u64(SLICE("18446744073709551615"), &value), FAULT_NONE);
    CHECK(value == UINT64_MAX);
}

TEST(slice_u64__overflow_is_limit)
{
    uint64_t value = 7;
    CHECK_INT(slice_u64(SLICE("18446744073709551616"), &value), FAULT_LIMIT);
    CHECK_INT(slice_u64(SLICE(""), &value), FAULT_INPUT);
    CHECK_INT(slice_u64(SLICE("1x"), &value), FAULT_INPUT);
    CHECK_INT(value, 7);
}

TEST(slice_find__handles_empty_and_absent)
{
    CHECK_INT(slice_find(SLICE("abc"), SLICE("c")), 2);
    CHECK(slice_find(SLICE("abc"), SLICE("d")) == SIZE_MAX);
    CHECK(slice_find(slice_of(NULL), SLICE("d")) == SIZE_MAX);
}

int main(void)
{
    return RUN(UNIT(slice_cut__splits_at_the_first_mark),
               UNIT(slice_u64__takes_the_largest_number),
               UNIT(slice_u64__overflow_is_limit),
               UNIT(slice_find__handles_empty_and_absent));
}
