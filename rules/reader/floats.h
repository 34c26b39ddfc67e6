/* SPDX-License-Identifier: MIT
 *
 * floats.h - sums, exponentials and rounding over rows of floats, the same on every
 * processor: sixteen lanes whatever it has, added up in one order, no fused steps.
 *
 * Units   n is a multiple of 16 everywhere; rows need no alignment.
 */
#ifndef HM_RULES_READER_FLOATS_H
#define HM_RULES_READER_FLOATS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { LANES = 16 };

typedef float lanes __attribute__((vector_size(64)));
typedef int32_t lanes_int __attribute__((vector_size(64)));

static inline lanes lanes_load(const float *from)
{
    lanes v;
    memcpy(&v, from, sizeof(v));
    return v;
}

static inline void lanes_store(float *to, lanes v)
{
    memcpy(to, &v, sizeof(v));
}

static inline lanes lanes_most(lanes a, lanes b)
{
    lanes_int above = a > b;
    lanes_int x, y;
    memcpy(&x, &a, sizeof(x));
    memcpy(&y, &b, sizeof(y));
    x = (x & above) | (y & ~above);
    memcpy(&a, &x, sizeof(a));
    return a;
}

static inline float lanes_sum(lanes v)
{
    float s[LANES];
    memcpy(s, &v, sizeof(s));
    for (size_t step = LANES / 2; step > 0; step /= 2) {
        for (size_t i = 0; i < step; i++) {
            s[i] += s[i + step];
        }
    }
    return s[0];
}

static inline float floats_sum(const float *x, size_t n)
{
    lanes sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        sum += lanes_load(x + i);
    }
    return lanes_sum(sum);
}

static inline float floats_dot(const float *x, const float *y, size_t n)
{
    lanes sum = {0};
    for (size_t i = 0; i < n; i += LANES) {
        sum += lanes_load(x + i) * lanes_load(y + i);
    }
    return lanes_sum(sum);
}

// The largest |x|.
static inline float floats_most(const float *x, size_t n)
{
    lanes_int most = {0};
    for (size_t i = 0; i < n; i += LANES) {
        lanes_int v;
        memcpy(&v, x + i, sizeof(v));
        v &= INT32_MAX; // without its sign a float sorts like its bits
        lanes_int above = v > most;
        most = (v & above) | (most & ~above);
    }
    int32_t all = 0;
    for (size_t i = 0; i < LANES; i++) {
        all = most[i] > all ? most[i] : all;
    }
    float f;
    memcpy(&f, &all, sizeof(f));
    return f;
}

// To the nearest whole number, halves to the even one; |v| below 4 million.
static inline lanes lanes_round(lanes v)
{
    const float magic = 12582912.0f; // 1.5 * 2^23
    return (v + magic) - magic;
}

// e^x for x of at most 0, to about 2e-7 of it; 0 far below.
static inline lanes lanes_exp(lanes x)
{
    const lanes zero = {0};
    x = lanes_most(x, zero - 87.0f);
    lanes n = lanes_round(x * 1.44269504f);
    lanes r = x - n * 0.693359375f + n * 2.12194440e-4f;
    lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    lanes_int power = (__builtin_convertvector(n, lanes_int) + 127) << 23;
    lanes scale;
    memcpy(&scale, &power, sizeof(scale));
    return p * scale;
}

// Sixteen numbers that fit into bytes.
static inline void lanes_store_bytes(int8_t *to, lanes_int v)
{
#ifdef __SSE2__
    __m128i part[4];
    memcpy(part, &v, sizeof(part));
    __m128i low = _mm_packs_epi32(part[0], part[1]);
    __m128i high = _mm_packs_epi32(part[2], part[3]);
    __m128i bytes = _mm_packs_epi16(low, high);
    memcpy(to, &bytes, sizeof(bytes));
#else
    for (size_t i = 0; i < LANES; i++) {
        to[i] = (int8_t)v[i];
    }
#endif
}

static inline float float_exp(float x)
{
    lanes v = {x};
    return lanes_exp(v)[0];
}

static inline float float_sigmoid(float x)
{
    float e = float_exp(-fabsf(x));
    return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

#endif
