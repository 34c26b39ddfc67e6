// SPDX-License-Identifier: MIT
#include "rules/classify/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/paths.h"
#include "bot/base/widest.h"
#include "rules/classify/features.h"

enum {
    MODEL_BYTES = 8 << 20,
    BITS_LEAST = 8,
    BITS_MOST = 20,
    SCORE_LEAST = -2048,
    SCORE_STEP = 16,
    FLUSH = 128, // rows whose sum a 16-bit lane holds
    AHEAD = 12   // rows that are asked for early
};

_Static_assert(MODEL_HEADS == 16, "a row is sixteen bytes");
_Static_assert(sizeof(struct model_header) % 8 == 0, "rows follow the header");

typedef int8_t row_bytes __attribute__((vector_size(16)));
typedef int16_t row_sums __attribute__((vector_size(32)));

const char *head_name(enum head h)
{
    static const char *const names[] = {
#define X(id, name) name,
        HEAD_MAP(X)
#undef X
    };
    return names[h];
}

static enum fault check(const struct model *m, size_t len)
{
    const struct model_header *h = &m->head;
    if (memcmp(h->magic, "HMCM", 4) != 0 || h->version != MODEL_VERSION ||
        h->gate_bits < BITS_LEAST || h->gate_bits > BITS_MOST ||
        h->row_bits < BITS_LEAST || h->row_bits > BITS_MOST) {
        return FAULT_INPUT;
    }
    size_t want = ((size_t)1 << h->gate_bits) + ((size_t)MODEL_HEADS << h->row_bits);
    struct slice rest = slice_make(m->bytes + sizeof(*h), len - sizeof(*h));
    return rest.len == want && slice_hash(rest) == h->check ? FAULT_NONE : FAULT_INPUT;
}

enum fault model_load(struct model **out, const char *data_folder, struct why *why)
{
    char path[PATH_BYTES];
    size_t len;
    struct model *m = calloc(1, sizeof(*m));
    if (!m) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the classifier");
    }
    snprintf(path, sizeof(path), "%.3000s/model/model.bin", data_folder);
    enum fault f = paths_read(path, MODEL_BYTES + 1, &m->bytes, &len, why);
    if (!f) {
        f = FAULT_INPUT;
        if (len > sizeof(m->head)) {
            memcpy(&m->head, m->bytes, sizeof(m->head));
            f = check(m, len);
        }
        if (f) {
            fault_say(why, f, "%s: is no model of this version, or damaged", path);
        }
    }
    if (f) {
        model_free(m);
        return f;
    }
    m->gate = (const int8_t *)(m->bytes + sizeof(m->head));
    m->rows = m->gate + ((size_t)1 << m->head.gate_bits);
    *out = m;
    return FAULT_NONE;
}

void model_free(struct model *m)
{
    if (m) {
        free(m->bytes);
        free(m);
    }
}

int8_t *model_class_gate(const struct model *m, const uint32_t *class_hashes,
                         size_t class_count)
{
    uint32_t mask = (1u << m->head.gate_bits) - 1;
    int8_t *gate = calloc(class_count + 1, sizeof(*gate));
    for (size_t i = 0; gate && i < class_count; i++) {
        gate[i] = class_hashes[i] ? m->gate[class_hashes[i] & mask] : 0;
    }
    return gate;
}

int32_t model_gate_classes(const int8_t *class_gate, const struct scan *s)
{
    int32_t sum = 0;
    // The model is told of none but named classes.
    for (size_t w = 0; w * 64 < s->lex->named_limit; w++) {
        for (uint64_t bits = s->saw[w]; bits; bits &= bits - 1) {
            sum += class_gate[w * 64 + (size_t)__builtin_ctzll(bits)];
        }
    }
    return sum;
}

int32_t model_gate(const struct model *m, const struct scan *s,
                   const struct stretch *stretch, int32_t classes)
{
    uint32_t mask = (1u << m->head.gate_bits) - 1;
    int32_t sum = classes;
    for (uint32_t i = stretch->first; i <= stretch->last; i++) {
        sum += m->gate[(uint32_t)s->tokens.at[i].key & mask];
    }
    return sum;
}

// Sums of the rows of at most FLUSH features. Rows lie far apart, in memory that is
// larger than the nearest caches.
WIDEST static void sum_rows(const struct model *m, const uint32_t *at, size_t count,
                            int16_t out[MODEL_HEADS])
{
    uint32_t mask = (1u << m->head.row_bits) - 1;
    row_sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        row_bytes row;
        if (i + AHEAD < count) {
            __builtin_prefetch(m->rows + (size_t)(at[i + AHEAD] & mask) * MODEL_HEADS);
        }
        memcpy(&row, m->rows + (size_t)(at[i] & mask) * MODEL_HEADS, 16);
        sums += __builtin_convertvector(row, row_sums);
    }
    memcpy(out, &sums, sizeof(sums));
}

void model_judge(const struct model *m, const struct features *f,
                 uint16_t out[MODEL_HEADS])
{
    int32_t total[MODEL_HEADS] = {0};
    for (size_t from = 0; from < f->count; from += FLUSH) {
        int16_t sums[MODEL_HEADS];
        size_t count = f->count - from < FLUSH ? f->count - from : FLUSH;
        sum_rows(m, f->at + from, count, sums);
        for (int h = 0; h < MODEL_HEADS; h++) {
            total[h] += sums[h];
        }
    }
    // The root is exact in every rounding that IEEE allows for these sizes.
    int64_t root = f->count ? (int64_t)(sqrt((double)f->count) * 256.0) : 256;
    for (int h = 0; h < MODEL_HEADS; h++) {
        int64_t score = (int64_t)total[h] * m->head.scale / (root * 256);
        score += m->head.bias[h];
        int64_t step = (score - SCORE_LEAST) / SCORE_STEP;
        step = score < SCORE_LEAST ? 0 : step >= MODEL_STEPS ? MODEL_STEPS - 1 : step;
        out[h] = m->head.sure[h][step];
    }
}
