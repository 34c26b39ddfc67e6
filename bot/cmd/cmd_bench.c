// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "bot/base/clock.h"
#include "bot/base/paths.h"
#include "bot/cmd/bench.h"
#include "bot/cmd/cmd.h"
#include "bot/cmd/messages.h"

enum { CORPUS_BYTES = 512 << 20 };

static int usage(FILE *out)
{
    fprintf(
        out,
        "usage: hallmonitor bench [--policy PACK] [--rounds N] [--hostile] [--words] "
        "[--read-all] "
        "FILE.ndjson...\n\n"
        "Judges every line of the files again and again on one core, "
        "everything on, and\n"
        "prints throughput, latency and heap allocations; beside it the raw "
        "cost of\n"
        "Vectorscan on the same lines. --hostile adds inputs made to be slow; --words "
        "the\n"
        "cost of Vectorscan with every word of the lexicons (minutes to compile). "
        "--read-all lets the "
        "reader read\n"
        "every message, without the daemon's bound.\n");
    return out == stdout ? EX_OK : EX_USAGE;
}

static enum fault read_corpus(struct bench_corpus *c, const char *path, struct why *why)
{
    char *bytes;
    size_t len;
    enum fault f = paths_read(path, CORPUS_BYTES, &bytes, &len, why);
    if (f) {
        return f;
    }
    struct slice rest = slice_make(bytes, len);
    unsigned row = 0;
    while (rest.len && !f) {
        struct slice line = slice_cut(rest, '\n', &rest);
        struct why inner = {0};
        row++;
        if (slice_trim(line).len == 0) {
            continue;
        }
        struct corpus_line parsed;
        f = corpus_line_parse(&parsed, line, &inner);
        if (f) {
            f = fault_say(why, f, "%s:%u: %.120s", path, row, why_text(&inner, f));
        } else {
            f = bench_corpus_add(c, &parsed.message);
        }
        corpus_line_finish(&parsed);
    }
    free(bytes);
    return f;
}

static void print_times(const struct bench_times *t)
{
    printf("messages                  %zu (%.1f bytes on average), %u rounds\n",
           t->messages, t->mean_bytes, t->rounds);
    printf("judge                     %.0f messages/s, %.3f us each\n", t->per_second,
           1e6 / t->per_second);
    printf("latency                   p50 %.2f us, p99 %.2f us, p99.9 %.2f us, "
           "most %.2f us\n",
           t->p50_us, t->p99_us, t->p999_us, t->most_us);
    printf("read by the reader        %.2f %% of the last round's\n",
           100 * t->read_share);
    printf("findings                  %zu messages above allow (%.2f %%)\n", t->touched,
           100.0 * (double)t->touched / (double)t->messages);
    printf("heap allocations          %llu for %zu benign messages in the last round\n",
           (unsigned long long)t->benign_allocations, t->benign);
    printf("Vectorscan, our patterns  %.3f us each\n", t->patterns_us);
    if (t->word_count) {
        printf("Vectorscan, all words     %.3f us each (%zu expressions); our trie "
               "reads the "
               "same words\n",
               t->words_us, t->word_count);
    }
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        printf("resident memory, most     %.1f MiB\n",
               (double)usage.ru_maxrss / 1024.0);
    }
}

struct options {
    const char *policy;
    unsigned rounds;
    bool hostile;
    bool words;
    bool read_all;
};

static enum fault bench(const struct options *o, int count, char **files,
                        struct why *why)
{
    struct bench_corpus corpus = {0};
    struct ruleset *rs = NULL;
    struct clock clock = clock_real();
    struct ruleset_options options = {0};
    struct bench_times times;
    enum fault f = FAULT_NONE;
    for (int i = 0; i < count && !f; i++) {
        f = read_corpus(&corpus, files[i], why);
    }
    uint64_t start = clock_monotonic_ns(&clock);
    f = f ? f : ruleset_load(&rs, &options, why);
    if (!f) {
        printf("load                      %.0f ms\n",
               (double)(clock_monotonic_ns(&clock) - start) / 1e6);
        f = corpus.count ? bench_judge(&times, rs, o->policy, &corpus, o->rounds,
                                       o->words, o->read_all, why)
                         : FAULT_NONE;
    }
    if (!f && corpus.count) {
        print_times(&times);
    }
    if (!f && o->hostile) {
        f = bench_hostile(rs, stdout, why);
    }
    ruleset_unref(rs);
    bench_corpus_finish(&corpus);
    return f;
}

static int run(int argc, char **argv)
{
    static const struct option known[] = {{"policy", required_argument, NULL, 'p'},
                                          {"rounds", required_argument, NULL, 'n'},
                                          {"hostile", no_argument, NULL, 'x'},
                                          {"words", no_argument, NULL, 'w'},
                                          {"read-all", no_argument, NULL, 'r'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct options o = {.rounds = 5};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        uint64_t n;
        switch (c) {
        case 'p':
            o.policy = optarg;
            break;
        case 'n':
            if (slice_u64(slice_of(optarg), &n) || n == 0 || n > 1000) {
                return usage(stderr);
            }
            o.rounds = (unsigned)n;
            break;
        case 'w':
            o.words = true;
            break;
        case 'r':
            o.read_all = true;
            break;
        case 'x':
            o.hostile = true;
            break;
        default:
            return usage(c == 'h' ? stdout : stderr);
        }
    }
    if (optind == argc && !o.hostile) {
        return usage(stderr);
    }
    struct why why = {0};
    enum fault f = bench(&o, argc - optind, argv + optind, &why);
    if (f) {
        fprintf(stderr, "hallmonitor bench: %s\n", why_text(&why, f));
        return EX_DATAERR;
    }
    return EX_OK;
}

const struct command cmd_bench = {"bench",
                                  "throughput, latency and memory of the judge", run};
