/* SPDX-License-Identifier: MIT
 *
 * bench.h - what `hallmonitor bench` measures.
 */
#ifndef HM_CMD_BENCH_H
#define HM_CMD_BENCH_H

#include <stdio.h>

#include "rules/rules.h"

// Messages, copied out of the files they came from.
struct bench_corpus {
    struct judge_message *messages;
    size_t count, cap;
    char **kept;
    size_t kept_count, kept_cap;
};

MUST_USE enum fault bench_corpus_add(struct bench_corpus *c,
                                     const struct judge_message *m);
void bench_corpus_finish(struct bench_corpus *c);

struct bench_times {
    size_t messages, benign, touched, word_count;
    unsigned rounds;
    double mean_bytes, per_second;
    double p50_us, p99_us, p999_us, most_us;
    double patterns_us, words_us;
    uint64_t benign_allocations;
    double read_share; // of the last round's messages, by the reader
};

// One core, `rounds` times over the corpus after one round to warm up.
// The reader is bounded as in the daemon, or, with read_all, not at all.
// words: the raw cost of every word in one Vectorscan database too; minutes to compile.
MUST_USE enum fault bench_judge(struct bench_times *out, struct ruleset *rs,
                                const char *policy, struct bench_corpus *corpus,
                                unsigned rounds, bool words, bool read_all,
                                struct why *why);
// Inputs made to be slow, at 10 kB and 100 kB: the time for a byte must stay the same.
MUST_USE enum fault bench_hostile(struct ruleset *rs, FILE *out, struct why *why);

// Heap allocations of this process so far; counted where the program interposes malloc.
uint64_t bench_allocations(void);

#endif
