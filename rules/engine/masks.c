// SPDX-License-Identifier: MIT
#include "rules/engine/masks.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>

// Which bytes of v lie in first..last; bytes above 127 never do.
static __m128i in_range(__m128i v, char first, char last)
{
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(first - 1))),
                         _mm_cmpgt_epi8(_mm_set1_epi8((char)(last + 1)), v));
}

static uint64_t bits(__m128i v, unsigned shift)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(v) << shift;
}

// Sixteen bytes; *before holds the sixteen that stand before them.
static bool sixteen(struct mask_block *b, unsigned shift, char *text, __m128i *before)
{
    __m128i v;
    memcpy(&v, text, 16);
    if (_mm_movemask_epi8(v)) {
        return false;
    }
    __m128i upper = in_range(v, 'A', 'Z');
    v = _mm_or_si128(v, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
    memcpy(text, &v, 16);
    __m128i digit = in_range(v, '0', '9');
    __m128i word = _mm_or_si128(in_range(v, 'a', 'z'), digit);
    __m128i line = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));
    __m128i space =
        _mm_andnot_si128(line, _mm_or_si128(in_range(v, '\t', '\r'),
                                            _mm_cmpeq_epi8(v, _mm_set1_epi8(' '))));
    __m128i shifted = _mm_or_si128(_mm_slli_si128(v, 1), _mm_srli_si128(*before, 15));
    b->digit |= bits(digit, shift);
    b->word |= bits(word, shift);
    b->space |= bits(space, shift);
    b->upper |= bits(upper, shift);
    b->again |= bits(_mm_cmpeq_epi8(v, shifted), shift);
    *before = v;
    return true;
}

#define NOTHING_BEFORE _mm_setzero_si128()
typedef __m128i before_bytes;
#else
typedef char before_bytes;
#define NOTHING_BEFORE '\0'

static bool sixteen(struct mask_block *b, unsigned shift, char *text, char *before)
{
    for (unsigned i = 0; i < 16; i++) {
        uint64_t bit = UINT64_C(1) << (shift + i);
        if ((unsigned char)text[i] > 127) {
            return false;
        }
        bool upper = (unsigned char)(text[i] - 'A') < 26;
        char c = (char)(text[i] + (upper ? 32 : 0));
        text[i] = c;
        bool digit = (unsigned char)(c - '0') < 10;
        b->digit |= digit ? bit : 0;
        b->word |= digit || (unsigned char)(c - 'a') < 26 ? bit : 0;
        b->space |= c == ' ' || (c >= '\t' && c <= '\r' && c != '\n') ? bit : 0;
        b->upper |= upper ? bit : 0;
        b->again |= c == *before ? bit : 0;
        *before = c;
    }
    return true;
}
#endif

bool masks_make(struct mask_block *blocks, char *text, size_t len)
{
    before_bytes before = NOTHING_BEFORE;
    struct mask_block *b = blocks;
    memset(text + len, 0, 64);
    for (size_t at = 0; at < len; at += 64, b++) {
        *b = (struct mask_block){0};
        for (unsigned i = 0; i < 64 && at + i < len; i += 16) {
            if (!sixteen(b, i, text + at + i, &before)) {
                return false;
            }
        }
        size_t left = len - at;
        uint64_t inside = left >= 64 ? UINT64_MAX : (UINT64_C(1) << left) - 1;
        b->again &= inside;
        b->odd = ~(b->word | b->space) & inside;
    }
    while (b < blocks + len / 64 + 2) {
        *b++ = (struct mask_block){0};
    }
    return true;
}
