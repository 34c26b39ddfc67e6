// SPDX-License-Identifier: MIT
//
// usage: FUZZ_TARGET_rehearsal [SEED_FILE ...]
//
// A fuzz target without libFuzzer, so that every build runs it: the seeds as they are,
// then spoilt in a few thousand ways, always the same ones.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/paths.h"

enum { INPUTS = 1500, BYTES_MOST = 2048, FILE_BYTES = 1 << 22, SPOILS_MOST = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state = 711;

// xorshift64 (Marsaglia 2003).
static size_t below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return n ? (size_t)(state % n) : 0;
}

// A part of the seed, with bytes changed, left out, and said twice.
static size_t spoil(uint8_t *out, const char *seed, size_t len)
{
    static const char telling[] =
        "\0\1\"'{}[]:,<>|*?&=-\n\\ \xC3\xA9\xE2\x80\x8D\xF0\x9F";
    size_t n = 1 + below(len < BYTES_MOST ? len : BYTES_MOST);
    size_t from = below(len - (n < len ? n : len) + 1);
    n = n < len - from ? n : len - from;
    memcpy(out, seed + from, n);
    for (size_t i = below(SPOILS_MOST); i > 0 && n > 1; i--) {
        size_t at = below(n), much = 1 + below(n - at);
        switch (below(4)) {
        case 0:
            out[at] = (uint8_t)below(256);
            break;
        case 1:
            out[at] = (uint8_t)telling[below(sizeof(telling) - 1)];
            break;
        case 2:
            memmove(out + at, out + at + much, n - at - much);
            n -= much;
            break;
        default:
            if (n + much <= BYTES_MOST) {
                memmove(out + at + much, out + at, n - at);
                n += much;
            }
        }
    }
    return n;
}

static void rehearse(const char *seed, size_t len, size_t inputs)
{
    // Of its own size each time, so that a byte read behind its end is found.
    for (size_t i = 0; i < inputs && len > 0; i++) {
        uint8_t spoilt[BYTES_MOST];
        size_t n = spoil(spoilt, seed, len);
        uint8_t *input = malloc(n ? n : 1);
        if (!input) {
            abort();
        }
        memcpy(input, spoilt, n);
        (void)LLVMFuzzerTestOneInput(input, n);
        free(input);
    }
}

int main(int argc, char **argv)
{
    static const char plain[] =
        "{\"op\":0,\"d\":{\"content\":\"<b>hi</b>\"},\"s\":1} a|b \1 [x]: *y";
    (void)LLVMFuzzerTestOneInput((const uint8_t *)plain, 0);
    if (argc < 2) {
        rehearse(plain, sizeof(plain) - 1, INPUTS);
    }
    for (int i = 1; i < argc; i++) {
        char *seed;
        size_t len;
        struct why why = {0};
        if (paths_read(argv[i], FILE_BYTES, &seed, &len, &why)) {
            fprintf(stderr, "%s\n", why.text);
            return 1;
        }
        (void)LLVMFuzzerTestOneInput((const uint8_t *)seed, len);
        rehearse(seed, len, INPUTS / (size_t)(argc - 1) + 1);
        free(seed);
    }
    return 0;
}
