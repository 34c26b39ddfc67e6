// SPDX-License-Identifier: MIT
#include "bot/cmd/bench.h"

#include <stdlib.h>
#include <string.h>

#include "bot/base/clock.h"
#include "rules/engine/measure.h"

static const struct slice *keep_slices(struct bench_corpus *c, const struct slice *from,
                                       size_t count);

static bool keep(struct bench_corpus *c, char *bytes)
{
    if (c->kept_count == c->kept_cap) {
        size_t cap = c->kept_cap ? c->kept_cap * 2 : 1024;
        char **grown = realloc((void *)c->kept, cap * sizeof(*grown));
        if (!grown) {
            free(bytes);
            return false;
        }
        c->kept = grown;
        c->kept_cap = cap;
    }
    c->kept[c->kept_count++] = bytes;
    return bytes != NULL;
}

static struct slice keep_slice(struct bench_corpus *c, struct slice s)
{
    char *copy = slice_dup(s);
    return keep(c, copy) ? slice_make(copy, s.len) : (struct slice){0};
}

static const struct slice *keep_slices(struct bench_corpus *c, const struct slice *from,
                                       size_t count)
{
    if (count == 0) {
        return NULL;
    }
    struct slice *copies = calloc(count, sizeof(*copies));
    if (!copies) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        copies[i] = keep_slice(c, from[i]);
    }
    return keep(c, (char *)copies) ? copies : NULL;
}

enum fault bench_corpus_add(struct bench_corpus *c, const struct judge_message *m)
{
    if (c->count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 1024;
        struct judge_message *grown = realloc(c->messages, cap * sizeof(*grown));
        if (!grown) {
            return FAULT_MEMORY;
        }
        c->messages = grown;
        c->cap = cap;
    }
    struct judge_message copy = *m;
    copy.text = keep_slice(c, m->text);
    copy.context = keep_slices(c, m->context, m->context_count);
    copy.attachments = keep_slices(c, m->attachments, m->attachment_count);
    copy.context_count = copy.context ? m->context_count : 0;
    copy.attachment_count = copy.attachments ? m->attachment_count : 0;
    copy.channel_id = copy.author_id = (struct slice){0};
    c->messages[c->count++] = copy;
    return copy.text.ptr ? FAULT_NONE : FAULT_MEMORY;
}

void bench_corpus_finish(struct bench_corpus *c)
{
    for (size_t i = 0; i < c->kept_count; i++) {
        free(c->kept[i]);
    }
    free((void *)c->kept);
    free(c->messages);
    *c = (struct bench_corpus){0};
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double at_share(const uint32_t *sorted, size_t count, double share)
{
    size_t i = (size_t)((double)(count - 1) * share);
    return sorted[i] / 1000.0;
}

enum { TICK = 256 }; // messages between looks at the clock, for the messages' own times

static uint64_t time_ms(struct clock *clock, size_t i, uint64_t before)
{
    return i % TICK ? before : clock_unix_ms(clock);
}

// Whole rounds against the clock.
static enum fault time_rounds(struct bench_times *t, struct judge *judge,
                              const struct policy *policy, struct bench_corpus *c)
{
    struct clock clock = clock_real();
    struct verdict v;
    double best = 0;
    for (unsigned round = 0; round < t->rounds; round++) {
        uint64_t start = clock_monotonic_ns(&clock);
        uint64_t at = 0;
        for (size_t i = 0; i < c->count; i++) {
            c->messages[i].at_unix_ms = at = time_ms(&clock, i, at);
            enum fault f = judge_message(judge, policy, &c->messages[i], &v);
            if (f) {
                return f;
            }
        }
        double seconds = (double)(clock_monotonic_ns(&clock) - start) / 1e9;
        double rate = (double)c->count / seconds;
        best = rate > best ? rate : best;
    }
    t->per_second = best;
    return FAULT_NONE;
}

// One message at a time, with allocations.
static enum fault time_each(struct bench_times *t, struct judge *judge,
                            const struct policy *policy, struct bench_corpus *c)
{
    struct clock clock = clock_real();
    struct verdict v;
    uint32_t *each = calloc(c->count, sizeof(*each));
    if (!each) {
        return FAULT_MEMORY;
    }
    size_t bytes = 0;
    uint64_t read = judge_read_count(judge), at = 0;
    enum fault f = FAULT_NONE;
    for (size_t i = 0; i < c->count && !f; i++) {
        c->messages[i].at_unix_ms = at = time_ms(&clock, i, at);
        uint64_t before = bench_allocations();
        uint64_t start = clock_monotonic_ns(&clock);
        f = judge_message(judge, policy, &c->messages[i], &v);
        uint64_t ns = clock_monotonic_ns(&clock) - start;
        each[i] = ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
        bytes += c->messages[i].text.len;
        if (v.action == ACTION_ALLOW) {
            t->benign++;
            t->benign_allocations += bench_allocations() - before;
        } else {
            t->touched++;
        }
    }
    qsort(each, c->count, sizeof(*each), by_value);
    t->read_share = (double)(judge_read_count(judge) - read) / (double)c->count;
    t->mean_bytes = (double)bytes / (double)c->count;
    t->p50_us = at_share(each, c->count, 0.5);
    t->p99_us = at_share(each, c->count, 0.99);
    t->p999_us = at_share(each, c->count, 0.999);
    t->most_us = at_share(each, c->count, 1.0);
    free(each);
    return f;
}

static enum fault time_scanner(double *us, size_t *count, const struct ruleset *rs,
                               bool words, const struct bench_corpus *c,
                               struct why *why)
{
    struct word_scanner *w;
    struct clock clock = clock_real();
    enum fault f = word_scanner_create(&w, rs, words, why);
    if (f) {
        return f;
    }
    *count = word_scanner_count(w);
    uint64_t start = clock_monotonic_ns(&clock);
    for (size_t i = 0; i < c->count; i++) {
        word_scanner_scan(w, c->messages[i].text);
    }
    *us = (double)(clock_monotonic_ns(&clock) - start) / 1e3 / (double)c->count;
    word_scanner_free(w);
    return FAULT_NONE;
}

enum fault bench_judge(struct bench_times *out, struct ruleset *rs, const char *policy,
                       struct bench_corpus *corpus, unsigned rounds, bool words,
                       bool read_all, struct why *why)
{
    struct judge *judge = NULL;
    struct policy *pack = NULL;
    size_t ignored;
    *out = (struct bench_times){.messages = corpus->count, .rounds = rounds};
    enum fault f = FAULT_NONE;
    if (policy) {
        f = policy_load(&pack, policy, NULL, why);
    }
    f = f ? f : judge_create(&judge, rs, 64, why);
    if (!f && !read_all) {
        judge_bound_reader(judge, READER_PIECES_PER_S);
    }
    struct bench_times warm = *out;
    f = f ? f : time_each(&warm, judge, pack, corpus);
    f = f ? f : time_rounds(out, judge, pack, corpus);
    f = f ? f : time_each(out, judge, pack, corpus);
    f = f ? f : time_scanner(&out->patterns_us, &ignored, rs, false, corpus, why);
    if (words && !f) {
        f = time_scanner(&out->words_us, &out->word_count, rs, true, corpus, why);
    }
    judge_destroy(judge);
    policy_unref(pack);
    return f;
}
