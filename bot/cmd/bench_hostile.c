// SPDX-License-Identifier: MIT
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/clock.h"
#include "bot/cmd/bench.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Sanitizers bring their own allocator.
uint64_t bench_allocations(void)
{
    return 0;
}
#else
static _Atomic uint64_t allocations;

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);

// glibc lets a program put its own in front.
void *malloc(size_t bytes)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_realloc(old, bytes);
}

uint64_t bench_allocations(void)
{
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}
#endif

enum { SMALL = 10000, LARGE = 100000, REPEATS = 5 };

static const struct {
    const char *name;
    const char *unit; // repeated
} inputs[] = {{"one letter", "a"},
              {"letters and spaces", "a "},
              {"spaced letters of a swear word", "f u c k "},
              {"stars", "f*x*k "},
              {"dots", "f.u.x.k."},
              {"pronouns", "he she they you i "},
              {"names", "Mr Hale and Ella said he "},
              {"threats without an end", "i will i will you "},
              {"thieves and teachers", "the head is a thief he "},
              {"negations", "not never no "},
              {"quotation marks", "\"'x' "},
              {"question marks", "? "},
              {"full stops", "a. "},
              {"digits", "0123456789"},
              {"phone numbers", "07700 900123 "},
              {"addresses", "a@b.c "},
              {"links", "https://a.b/c "},
              {"leet", "4$$h0l3 "},
              {"long words", "supercalifragilistic"},
              {"combining marks", "e\xcc\x81\xcc\x81\xcc\x81"},
              {"look-alikes", "\xd1\x96\xd0\xbe\xd0\xb0 "},
              {"emoji", "\xf0\x9f\x98\x80"},
              {"malformed", "\xff\xfe\x80 "},
              {"brackets", "((((((([[[[[[["}};

static double time_input(struct judge *judge, const char *unit, size_t bytes)
{
    struct clock clock = clock_real();
    size_t len = strlen(unit);
    char *text = malloc(bytes);
    double best = 1e18;
    if (!text) {
        return 0;
    }
    for (size_t i = 0; i < bytes; i++) {
        text[i] = unit[i % len];
    }
    struct judge_message m = {.text = slice_make(text, bytes)};
    struct verdict v;
    for (int i = 0; i < REPEATS; i++) {
        uint64_t start = clock_monotonic_ns(&clock);
        enum fault f = judge_message(judge, NULL, &m, &v);
        double us = (double)(clock_monotonic_ns(&clock) - start) / 1e3;
        best = !f && us < best ? us : best;
    }
    free(text);
    return best;
}

enum fault bench_hostile(struct ruleset *rs, FILE *out, struct why *why)
{
    struct judge *judge;
    enum fault f = judge_create(&judge, rs, 0, why);
    if (f) {
        return f;
    }
    fprintf(out, "\n%-32s %12s %12s %8s\n", "hostile input", "10 kB, us", "100 kB, us",
            "growth");
    double worst = 0;
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        double small = time_input(judge, inputs[i].unit, SMALL);
        double large = time_input(judge, inputs[i].unit, LARGE);
        double growth = small > 0 ? large / small : 0;
        worst = growth > worst ? growth : worst;
        fprintf(out, "%-32s %12.1f %12.1f %8.1f\n", inputs[i].name, small, large,
                growth);
    }
    fprintf(out, "most growth for ten times the bytes: %.1f\n", worst);
    judge_destroy(judge);
    return FAULT_NONE;
}
