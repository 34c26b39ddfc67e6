/* SPDX-License-Identifier: MIT
 *
 * check.h - cmocka with the words that the tests use.
 *
 *   TEST(slice_u64__overflow_is_limit) { CHECK_INT(slice_u64(...), FAULT_LIMIT); }
 *   int main(void) { return RUN(UNIT(slice_u64__overflow_is_limit)); }
 */
#ifndef HM_TESTS_CHECK_H
#define HM_TESTS_CHECK_H

// cmocka.h wants these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bot/base/slice.h"

#define TEST(name)           static void name(void **state __attribute__((unused)))
#define UNIT(name)           cmocka_unit_test(name)
#define CHECK(condition)     assert_true(condition)
#define CHECK_INT(got, want) assert_int_equal((intmax_t)(got), (intmax_t)(want))
#define CHECK_STR(got, want) assert_string_equal((got), (want))
#define CHECK_SLICE(got, want)                                                         \
    do {                                                                               \
        struct slice got_ = (got);                                                     \
        char *copy_ = slice_dup(got_);                                                 \
        assert_string_equal(copy_, (want));                                            \
        free(copy_);                                                                   \
    } while (0)
#define RUN(...)                                                                       \
    cmocka_run_group_tests(((const struct CMUnitTest[]){__VA_ARGS__}), NULL, NULL)
// Runs a static array of units.
#define RUN_ARRAY(units) cmocka_run_group_tests((units), NULL, NULL)

#endif
