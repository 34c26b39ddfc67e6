/* SPDX-License-Identifier: MIT
 *
 * kernel.h - whole-number matrix products, by what the processor can do.
 *
 * Every kernel gives the same numbers: products of two signed bytes are summed in 32
 * bits without rounding or saturation (4096 * 127 * 128 fits).
 */
#ifndef HM_RULES_READER_KERNEL_H
#define HM_RULES_READER_KERNEL_H

#include <stddef.h>
#include <stdint.h>

// Rows of bytes that are multiplied, -127 .. 127, `in` (a multiple of 4) each.
struct kernel_rows {
    const int8_t *bytes;
    const int32_t *sums; // of each row's bytes
    size_t count, in;
};

// out[row][0..31] = each row times one block of 32 outputs (weights.h says how it lies).
typedef void kernel_fn(int32_t *out, const struct kernel_rows *rows,
                       const int8_t *block);

struct kernel {
    const char *name;
    kernel_fn *multiply;
    uint32_t pieces_per_s; // that the reader may well spend half of a core on
};

enum { KERNELS_MOST = 3 };

// Those that this processor runs, the fastest first; the last is plain C. Returns how
// many.
size_t kernels_here(struct kernel out[KERNELS_MOST]);

#endif
