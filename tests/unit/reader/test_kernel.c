// SPDX-License-Identifier: MIT
#include "rules/reader/kernel.h"

#include <string.h>

#include "rules/reader/weights.h"
#include "unit/check.h"

enum { ROWS = 19, IN_MOST = 1536 };

static int8_t bytes[ROWS * IN_MOST];
static int8_t block[IN_MOST * MATRIX_BLOCK];
static int32_t sums[ROWS];

// whole: the largest numbers only, as no real weights are.
static void make_up(size_t in, bool whole)
{
    uint32_t chance = (uint32_t)in;
    for (size_t i = 0; i < ROWS * in; i++) {
        chance = chance * 1664525u + 1013904223u;
        bytes[i] = (int8_t)(whole ? (chance >> 31 ? 127 : -127)
                                  : (int)((chance >> 8) % 255) - 127);
    }
    for (size_t i = 0; i < in * MATRIX_BLOCK; i++) {
        chance = chance * 1664525u + 1013904223u;
        block[i] = (int8_t)(whole ? (chance >> 31 ? 127 : -128)
                                  : (int)((chance >> 8) % 256) - 128);
    }
    for (size_t r = 0; r < ROWS; r++) {
        sums[r] = 0;
        for (size_t i = 0; i < in; i++) {
            sums[r] += bytes[r * in + i];
        }
    }
}

static void compare(size_t count, size_t in)
{
    static int32_t want[ROWS * MATRIX_BLOCK], got[ROWS * MATRIX_BLOCK];
    const struct kernel_rows rows = {
        .bytes = bytes, .sums = sums, .count = count, .in = in};
    struct kernel here[KERNELS_MOST];
    size_t kernels = kernels_here(here);
    CHECK(kernels >= 1);
    memset(want, 0, sizeof(want));
    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < in; i++) {
            for (size_t o = 0; o < MATRIX_BLOCK; o++) {
                int8_t w = block[i / 4 * 4 * MATRIX_BLOCK + o * 4 + i % 4];
                want[r * MATRIX_BLOCK + o] += bytes[r * in + i] * w;
            }
        }
    }
    for (size_t k = 0; k < kernels; k++) {
        memset(got, 0x55, sizeof(got));
        here[k].multiply(got, &rows, block);
        if (memcmp(got, want, count * MATRIX_BLOCK * sizeof(*got)) != 0) {
            fail_msg("%s differs for %zu rows of %zu", here[k].name, count, in);
        }
    }
}

TEST(kernels__give_the_same_numbers)
{
    static const size_t widths[] = {32, 64, 256, 512, 1536};
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        make_up(widths[i], false);
        for (size_t count = 1; count <= ROWS; count++) {
            compare(count, widths[i]);
        }
    }
}

TEST(kernels__largest_numbers_do_not_overflow)
{
    make_up(IN_MOST, true);
    compare(ROWS, IN_MOST);
    memset(bytes, -127, sizeof(bytes));
    memset(block, -128, sizeof(block));
    for (size_t r = 0; r < ROWS; r++) {
        sums[r] = -127 * IN_MOST;
    }
    compare(ROWS, IN_MOST);
}

TEST(kernels__the_last_is_plain)
{
    struct kernel here[KERNELS_MOST];
    size_t kernels = kernels_here(here);
    CHECK_STR(here[kernels - 1].name, "plain");
}

int main(void)
{
    return RUN(UNIT(kernels__give_the_same_numbers),
               UNIT(kernels__largest_numbers_do_not_overflow),
               UNIT(kernels__the_last_is_plain));
}
