// SPDX-License-Identifier: MIT
// How long the reader takes for so many pieces, by kernel. Run on a quiet machine, or
// under `perf stat -e instructions:u`.
//
// usage: bench_reader DATA_FOLDER [KERNEL [PIECES [TIMES]]]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules/reader/reader.h"

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static enum fault measure(const char *folder, const struct kernel *kernel,
                          size_t pieces, size_t times, struct why *why)
{
    enum { TIMES_MOST = 100000 };
    static double took[TIMES_MOST];
    struct reader_weights *w;
    struct reader *r;
    struct reader_desk *d;
    struct reader_opinion o;
    uint16_t ids[READER_POSITIONS];
    enum fault f = reader_weights_load(&w, folder, why);
    f = f ? f : reader_make(&r, w, kernel, why);
    if (f) {
        return f;
    }
    f = reader_desk_create(&d, r, why);
    times = times < TIMES_MOST ? times : TIMES_MOST;
    for (size_t i = 0; i < pieces; i++) {
        ids[i] = (uint16_t)(i * 4057 % 8000);
    }
    for (size_t i = 0; !f && i < times; i++) {
        double from = now_ms();
        reader_read(r, d, ids, pieces, &o);
        took[i] = now_ms() - from;
    }
    if (!f && times) {
        qsort(took, times, sizeof(took[0]), by_value);
        printf("%-10s %2zu pieces: median %.3f ms, least %.3f, p99 %.3f\n",
               kernel->name, pieces, took[times / 2], took[0], took[times * 99 / 100]);
        reader_desk_free(d);
    }
    reader_free(r);
    return f;
}

int main(int argc, char **argv)
{
    struct kernel here[KERNELS_MOST];
    size_t kernels = kernels_here(here);
    struct why why = {0};
    unsigned long pieces = argc > 3 ? strtoul(argv[3], NULL, 10) : 20;
    unsigned long times = argc > 4 ? strtoul(argv[4], NULL, 10) : 500;
    if (argc < 2 || pieces < 1 || pieces > READER_POSITIONS) {
        fprintf(stderr, "usage: bench_reader DATA_FOLDER [KERNEL [PIECES [TIMES]]]\n");
        return 64;
    }
    for (size_t i = 0; i < kernels; i++) {
        if (argc > 2 && strcmp(argv[2], here[i].name) != 0) {
            continue;
        }
        enum fault f = measure(argv[1], &here[i], pieces, times, &why);
        if (f) {
            fprintf(stderr, "bench_reader: %s\n", why_text(&why, f));
            return 1;
        }
    }
    return 0;
}
