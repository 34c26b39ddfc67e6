// SPDX-License-Identifier: MIT
#include "rules/reader/kernel.h"

#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

enum { BLOCK = 32, QUAD = 4, QUAD_BYTES = BLOCK * QUAD };

static void multiply_plain(int32_t *out, const struct kernel_rows *rows,
                           const int8_t *block)
{
    for (size_t r = 0; r < rows->count; r++) {
        const int8_t *x = rows->bytes + r * rows->in;
        int32_t sum[BLOCK] = {0};
        for (size_t k = 0; k < rows->in; k += QUAD) {
            const int8_t *w = block + k * BLOCK;
            for (size_t o = 0; o < BLOCK; o++) {
                sum[o] += x[k] * w[o * 4] + x[k + 1] * w[o * 4 + 1] +
                          x[k + 2] * w[o * 4 + 2] + x[k + 3] * w[o * 4 + 3];
            }
        }
        memcpy(out + r * BLOCK, sum, sizeof(sum));
    }
}

#ifdef __x86_64__

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

static int32_t four_bytes(const int8_t *x)
{
    int32_t four;
    memcpy(&four, x, sizeof(four));
    return four;
}

/* ---- AVX2: |w| times x with w's sign, 16-bit pairs that cannot overflow ---- */

#define AVX2 __attribute__((target("avx2"), always_inline)) static inline

// `count` rows (a constant where it is inlined) by 16 outputs.
AVX2 void tile_avx2(int32_t *out, const int8_t *x, size_t in, const int8_t *w,
                    const size_t count)
{
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sum[4][2];
    UNROLL for (size_t r = 0; r < count; r++)
    {
        sum[r][0] = sum[r][1] = _mm256_setzero_si256();
    }
    for (size_t k = 0; k < in; k += QUAD, w += QUAD_BYTES) {
        __m256i w0 = _mm256_loadu_si256((const __m256i *)(const void *)w);
        __m256i w1 = _mm256_loadu_si256((const __m256i *)(const void *)(w + 32));
        __m256i a0 = _mm256_abs_epi8(w0), a1 = _mm256_abs_epi8(w1);
        UNROLL for (size_t r = 0; r < count; r++)
        {
            __m256i xs = _mm256_set1_epi32(four_bytes(x + r * in + k));
            __m256i p0 = _mm256_maddubs_epi16(a0, _mm256_sign_epi8(xs, w0));
            __m256i p1 = _mm256_maddubs_epi16(a1, _mm256_sign_epi8(xs, w1));
            sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(p0, ones));
            sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(p1, ones));
        }
    }
    UNROLL for (size_t r = 0; r < count; r++)
    {
        void *to = out + r * BLOCK;
        _mm256_storeu_si256(to, sum[r][0]);
        _mm256_storeu_si256((__m256i *)to + 1, sum[r][1]);
    }
}

__attribute__((target("avx2"))) static void
multiply_avx2(int32_t *out, const struct kernel_rows *rows, const int8_t *block)
{
    for (size_t half = 0; half < 2; half++) {
        int32_t *to = out + half * (BLOCK / 2);
        const int8_t *w = block + half * (QUAD_BYTES / 2);
        size_t r = 0;
        for (; r + 4 <= rows->count; r += 4) {
            tile_avx2(to + r * BLOCK, rows->bytes + r * rows->in, rows->in, w, 4);
        }
        for (; r < rows->count; r++) {
            tile_avx2(to + r * BLOCK, rows->bytes + r * rows->in, rows->in, w, 1);
        }
    }
}

/* ---- AVX-512 VNNI: (w + 128) times x, and 128 times x's sum taken off again ---- */

#define VNNI_TARGET target("avx512f,avx512bw,avx512vl,avx512vnni")
#define VNNI        __attribute__((VNNI_TARGET, always_inline)) static inline

VNNI void tile_vnni(int32_t *out, const int8_t *x, const int32_t *sums, size_t in,
                    const int8_t *w, const size_t count)
{
    const __m512i flip = _mm512_set1_epi8(-128);
    __m512i sum[8][2];
    UNROLL for (size_t r = 0; r < count; r++)
    {
        sum[r][0] = sum[r][1] = _mm512_set1_epi32(-128 * sums[r]);
    }
    for (size_t k = 0; k < in; k += QUAD, w += QUAD_BYTES) {
        __m512i w0 = _mm512_xor_si512(_mm512_loadu_si512(w), flip);
        __m512i w1 = _mm512_xor_si512(_mm512_loadu_si512(w + 64), flip);
        UNROLL for (size_t r = 0; r < count; r++)
        {
            __m512i xs = _mm512_set1_epi32(four_bytes(x + r * in + k));
            sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], w0, xs);
            sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], w1, xs);
        }
    }
    UNROLL for (size_t r = 0; r < count; r++)
    {
        _mm512_storeu_si512(out + r * BLOCK, sum[r][0]);
        _mm512_storeu_si512(out + r * BLOCK + 16, sum[r][1]);
    }
}

__attribute__((VNNI_TARGET)) static void
multiply_vnni(int32_t *out, const struct kernel_rows *rows, const int8_t *block)
{
    size_t in = rows->in, r = 0;
    for (; r + 8 <= rows->count; r += 8) {
        tile_vnni(out + r * BLOCK, rows->bytes + r * in, rows->sums + r, in, block, 8);
    }
    for (; r + 4 <= rows->count; r += 4) {
        tile_vnni(out + r * BLOCK, rows->bytes + r * in, rows->sums + r, in, block, 4);
    }
    for (; r < rows->count; r++) {
        tile_vnni(out + r * BLOCK, rows->bytes + r * in, rows->sums + r, in, block, 1);
    }
}

#endif

size_t kernels_here(struct kernel out[KERNELS_MOST])
{
    size_t n = 0;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl")) {
        out[n++] = (struct kernel){"avx512vnni", multiply_vnni, 20000};
    }
    if (__builtin_cpu_supports("avx2")) {
        out[n++] = (struct kernel){"avx2", multiply_avx2, 7000};
    }
#endif
    out[n++] = (struct kernel){"plain", multiply_plain, 700};
    return n;
}
