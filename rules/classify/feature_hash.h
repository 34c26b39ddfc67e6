/* SPDX-License-Identifier: MIT
 *
 * feature_hash.h - how features become numbers. The mixing is MurmurHash3's finaliser
 * (Austin Appleby, public domain).
 */
#ifndef HM_RULES_FEATURE_HASH_H
#define HM_RULES_FEATURE_HASH_H

#include <stdint.h>

// Kinds of features, so that the same word as two of them gives two numbers.
enum feature_salt {
    SALT_WORD = 0x51ED270B,
    SALT_PAIR = 0x2545F491,
    SALT_GRAM = 0x1B873593,
    SALT_CLASS = 0x38B34AE5,
    SALT_ABOUT = 0x5BD1E995,
    SALT_SIGN = 0x3C6EF372
};

static inline uint32_t feature_stir(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x85EBCA6Bu;
    h ^= h >> 13;
    h *= 0xC2B2AE35u;
    return h ^ (h >> 16);
}

// Of two numbers; a feature once stirred.
static inline uint32_t feature_pair(uint32_t a, uint32_t b)
{
    return a * 0x9E3779B1u + b;
}

#endif
