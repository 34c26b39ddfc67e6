// SPDX-License-Identifier: MIT
#include "rules/reader/reader.h"

#include <stdlib.h>

#include "rules/reader/floats.h"

enum { MOST = READER_POSITIONS, ALIGNED = 64 };

struct reader {
    struct reader_weights *weights;
    struct kernel kernel;
};

// Rows of activations; the widest of each kind decides.
struct reader_desk {
    float *stream; // [MOST][width]: what runs through the layers
    float *side;   // [MOST][width]: norms, attention
    float *wide;   // [MOST][the widest of qkv, inner]
    int8_t *bytes; // [MOST][the widest input of a matrix]
    float scale[MOST];
    int32_t sums[MOST];
    int32_t block[MOST * MATRIX_BLOCK];
    float *memory; // holds the four
};

/* ---- matrices ---- */

static void quantise_row(int8_t *out, float *scale, int32_t *sum, const float *x,
                         size_t n)
{
    float most = floats_most(x, n);
    if (!(most > 1e-20f)) {
        memset(out, 0, n);
        *scale = 0;
        *sum = 0;
        return;
    }
    const float to = 127.0f / most;
    lanes_int total = {0};
    for (size_t i = 0; i < n; i += LANES) {
        lanes_int q =
            __builtin_convertvector(lanes_round(lanes_load(x + i) * to), lanes_int);
        lanes_store_bytes(out + i, q);
        total += q;
    }
    *scale = most / 127.0f;
    *sum = 0;
    for (size_t i = 0; i < LANES; i++) {
        *sum += total[i];
    }
}

static void quantise(struct reader_desk *d, const float *x, size_t count, size_t n)
{
    for (size_t i = 0; i < count; i++) {
        quantise_row(d->bytes + i * n, &d->scale[i], &d->sums[i], x + i * n, n);
    }
}

enum after { AFTER_SET, AFTER_ADD, AFTER_RELU };

// Scales one block's whole numbers back and puts them where they belong.
static void put_block(const struct reader_desk *d, const struct matrix *m, size_t block,
                      float *out, size_t count, enum after after)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < MATRIX_BLOCK; k += LANES) {
            size_t at = block * MATRIX_BLOCK + k;
            float *to = out + i * m->out + at;
            lanes_int sums;
            memcpy(&sums, d->block + i * MATRIX_BLOCK + k, sizeof(sums));
            lanes v = __builtin_convertvector(sums, lanes) *
                          (lanes_load(m->scale + at) * d->scale[i]) +
                      lanes_load(m->bias + at);
            if (after == AFTER_ADD) {
                v += lanes_load(to);
            } else if (after == AFTER_RELU) {
                const lanes zero = {0};
                v = lanes_most(v, zero);
            }
            lanes_store(to, v);
        }
    }
}

// out = (or +=) the rows last quantised, times m, plus its bias.
static void multiply(const struct reader *r, struct reader_desk *d,
                     const struct matrix *m, float *out, size_t count, enum after after)
{
    const struct kernel_rows rows = {
        .bytes = d->bytes, .sums = d->sums, .count = count, .in = m->in};
    for (size_t b = 0; b < m->out / MATRIX_BLOCK; b++) {
        r->kernel.multiply(d->block, &rows, m->blocks + b * MATRIX_BLOCK * m->in);
        put_block(d, m, b, out, count, after);
    }
}

/* ---- layers ---- */

static void normalise_rows(float *out, const float *x, const struct norm_weights *w,
                           size_t count, size_t n)
{
    for (size_t i = 0; i < count; i++, x += n, out += n) {
        const float mean = floats_sum(x, n) / (float)n;
        lanes square = {0};
        for (size_t k = 0; k < n; k += LANES) {
            lanes v = lanes_load(x + k) - mean;
            square += v * v;
        }
        const float spread = 1.0f / sqrtf(lanes_sum(square) / (float)n + 1e-6f);
        for (size_t k = 0; k < n; k += LANES) {
            lanes v = (lanes_load(x + k) - mean) * spread;
            lanes_store(out + k,
                        v * lanes_load(w->scale + k) + lanes_load(w->bias + k));
        }
    }
}

// Softmax over the first count of scores, which has room for a multiple of LANES.
static void soften(float *scores, size_t count)
{
    float most = scores[0];
    for (size_t i = 1; i < count; i++) {
        most = scores[i] > most ? scores[i] : most;
    }
    size_t room = (count + LANES - 1) / LANES * LANES;
    for (size_t i = count; i < room; i++) {
        scores[i] = most - 1000.0f;
    }
    for (size_t i = 0; i < room; i += LANES) {
        lanes_store(scores + i, lanes_exp(lanes_load(scores + i) - most));
    }
    for (size_t i = count; i < room; i++) {
        scores[i] = 0;
    }
    const float share = 1.0f / floats_sum(scores, room);
    for (size_t i = 0; i < room; i += LANES) {
        lanes_store(scores + i, lanes_load(scores + i) * share);
    }
}

// One head's part of one row: `width` floats of out.
static void attend_one(float *out, const float *query, const float *qkv, size_t count,
                       size_t attention, size_t width)
{
    float scores[MOST];
    const float scale = 1.0f / sqrtf((float)width);
    const float *keys = qkv + attention, *values = qkv + 2 * attention;
    for (size_t i = 0; i < count; i++) {
        scores[i] = floats_dot(query, keys + i * 3 * attention, width) * scale;
    }
    soften(scores, count);
    for (size_t k = 0; k < width; k += LANES) {
        lanes sum = {0};
        for (size_t i = 0; i < count; i++) {
            sum += lanes_load(values + i * 3 * attention + k) * scores[i];
        }
        lanes_store(out + k, sum);
    }
}

// side = what each row of wide (queries, keys and values) hears from all of them.
static void attend(struct reader_desk *d, size_t count, size_t attention, size_t heads)
{
    size_t width = attention / heads;
    for (size_t h = 0; h < heads; h++) {
        for (size_t i = 0; i < count; i++) {
            attend_one(d->side + i * attention + h * width,
                       d->wide + i * 3 * attention + h * width, d->wide + h * width,
                       count, attention, width);
        }
    }
}

static void run_layer(const struct reader *r, struct reader_desk *d,
                      const struct reader_layer *l, size_t count)
{
    const struct reader_header *h = &r->weights->head;
    normalise_rows(d->side, d->stream, &l->before, count, l->in);
    quantise(d, d->side, count, l->in);
    multiply(r, d, &l->qkv, d->wide, count, AFTER_SET);
    attend(d, count, l->attention, h->heads);
    if (l->skip.blocks) { // the stream itself changes its width
        quantise(d, d->stream, count, l->in);
        multiply(r, d, &l->skip, d->stream, count, AFTER_SET);
    }
    quantise(d, d->side, count, l->attention);
    multiply(r, d, &l->out, d->stream, count, AFTER_ADD);
    normalise_rows(d->side, d->stream, &l->between, count, h->width);
    quantise(d, d->side, count, h->width);
    multiply(r, d, &l->wide, d->wide, count, AFTER_RELU);
    quantise(d, d->wide, count, h->inner);
    multiply(r, d, &l->narrow, d->stream, count, AFTER_ADD);
}

/* ---- ends ---- */

static void embed(const struct reader_weights *w, float *out, const uint16_t *ids,
                  size_t count)
{
    size_t n = w->head.width_in;
    for (size_t i = 0; i < count; i++, out += n) {
        const int8_t *row = w->rows + ids[i] * n;
        const float scale = 2.0f * w->row_scales[ids[i]];
        const float *timing = w->timing + i * n;
        for (size_t k = 0; k < n; k++) {
            out[k] = (float)row[k] * scale + timing[k];
        }
    }
}

static uint16_t of_65535(float p)
{
    return (uint16_t)(p * 65535.0f + 0.5f);
}

static void conclude(const struct reader_weights *w, const float *mean,
                     struct reader_opinion *out)
{
    const struct reader_header *h = &w->head;
    float targets[LANES];
    for (size_t i = 0; i < READER_LOGITS; i++) {
        out->logits[i] = floats_dot(mean, w->head_weights + i * h->width, h->width) +
                         w->head_bias[i];
    }
    float any = 0;
    for (size_t i = 0; i < READER_HEADS; i++) {
        float own = h->calibration[i][0] * out->logits[i] + h->calibration[i][1];
        any = i == READER_ANY ? own : any;
        out->sure[i] = of_65535(float_sigmoid(own));
        out->both[i] = of_65535(float_sigmoid(any + own * 0.5f));
    }
    for (size_t i = 0; i < READER_TARGETS; i++) {
        targets[i] = out->logits[READER_HEADS + i] * h->target_scale;
    }
    soften(targets, READER_TARGETS);
    for (size_t i = 0; i < READER_TARGETS; i++) {
        out->target[i] = of_65535(targets[i]);
    }
}

void reader_read(const struct reader *r, struct reader_desk *d, const uint16_t *ids,
                 size_t count, struct reader_opinion *out)
{
    const struct reader_weights *w = r->weights;
    size_t width = w->head.width;
    embed(w, d->stream, ids, count);
    for (size_t i = 0; i < READER_LAYERS; i++) {
        run_layer(r, d, &w->layers[i], count);
    }
    for (size_t k = 0; k < width; k += LANES) {
        lanes sum = {0};
        for (size_t i = 0; i < count; i++) {
            sum += lanes_load(d->stream + i * width + k);
        }
        lanes_store(d->side + k, sum / (float)count);
    }
    conclude(w, d->side, out);
}

/* ---- lives ---- */

enum fault reader_make(struct reader **out, struct reader_weights *w,
                       const struct kernel *kernel, struct why *why)
{
    struct kernel here[KERNELS_MOST];
    struct reader *r = calloc(1, sizeof(*r));
    *out = NULL;
    if (!r) {
        reader_weights_free(w);
        return fault_say(why, FAULT_MEMORY, "out of memory for the reader");
    }
    (void)kernels_here(here);
    *r = (struct reader){.weights = w, .kernel = kernel ? *kernel : here[0]};
    *out = r;
    return FAULT_NONE;
}

enum fault reader_load(struct reader **out, const char *data_folder, struct why *why)
{
    struct reader_weights *w;
    *out = NULL;
    enum fault f = reader_weights_load(&w, data_folder, why);
    if (f) {
        return f == FAULT_ABSENT ? FAULT_NONE : f;
    }
    return reader_make(out, w, NULL, why);
}

void reader_free(struct reader *r)
{
    if (r) {
        reader_weights_free(r->weights);
        free(r);
    }
}

const struct reader_header *reader_head(const struct reader *r)
{
    return &r->weights->head;
}

const struct vocabulary *reader_vocabulary(const struct reader *r)
{
    return &r->weights->vocabulary;
}

uint32_t reader_pieces_per_s(const struct reader *r)
{
    return r->kernel.pieces_per_s;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

enum fault reader_desk_create(struct reader_desk **out, const struct reader *r,
                              struct why *why)
{
    const struct reader_header *h = &r->weights->head;
    size_t attention = larger(h->attention[0], h->attention[1]);
    size_t stream = larger(h->width, h->width_in);
    size_t side = larger(stream, attention);
    size_t wide = larger(3 * attention, h->inner);
    size_t bytes = larger(side, h->inner);
    struct reader_desk *d = calloc(1, sizeof(*d));
    *out = NULL;
    if (d) {
        d->memory = aligned_alloc(
            ALIGNED, MOST * (sizeof(float) * (stream + side + wide) + bytes));
    }
    if (!d || !d->memory) {
        reader_desk_free(d);
        return fault_say(why, FAULT_MEMORY, "out of memory for the reader");
    }
    d->stream = d->memory;
    d->side = d->stream + MOST * stream;
    d->wide = d->side + MOST * side;
    d->bytes = (int8_t *)(d->wide + MOST * wide);
    *out = d;
    return FAULT_NONE;
}

void reader_desk_free(struct reader_desk *d)
{
    if (d) {
        free(d->memory);
        free(d);
    }
}
