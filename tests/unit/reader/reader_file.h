/* SPDX-License-Identifier: MIT
 *
 * reader_file.h - a small reader made up for the tests: its bytes as model/reader.bin has
 * them, and what it must say, worked out in double precision.
 */
#ifndef HM_TESTS_READER_FILE_H
#define HM_TESTS_READER_FILE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "rules/reader/weights.h"
#include "unit/reader/pieces_data.h"

enum {
    R_ROWS = 8002, // ids of test_pieces are those of the real vocabulary
    R_IN = 32,
    R_WIDTH = 64,
    R_INNER = 96,
    R_HEADS = 2,
    R_MOST = 192, // outputs of the widest matrix
    R_BYTES = 4 << 20,
    R_PIECES = sizeof(test_pieces) / sizeof(test_pieces[0])
};
static const size_t r_attention[READER_LAYERS] = {32, 64};

struct r_matrix {
    size_t in, out;
    float scale[R_MOST], bias[R_MOST];
    int8_t weight[R_MOST][R_MOST]; // [out][in]
};

struct r_norm {
    float scale[R_WIDTH], bias[R_WIDTH];
};

struct r_layer {
    struct r_norm before, between;
    struct r_matrix qkv, out, skip, wide, narrow;
};

struct r_model {
    struct reader_header head;
    float row_scale[R_ROWS];
    int8_t rows[R_ROWS][R_IN];
    float timing[READER_POSITIONS][R_IN];
    struct r_layer layers[READER_LAYERS];
    float heads[READER_LOGITS][R_WIDTH], head_bias[READER_LOGITS];
    uint32_t chance;
};

/* ---- making it up ---- */

static inline float r_between(struct r_model *m, float low, float high)
{
    m->chance = m->chance * 1664525u + 1013904223u;
    return low + (high - low) * (float)(m->chance >> 8) / (float)(1 << 24);
}

static inline void r_floats(struct r_model *m, float *out, size_t n, float low,
                            float high)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = r_between(m, low, high);
    }
}

static inline void r_fill_matrix(struct r_model *m, struct r_matrix *x, size_t in,
                                 size_t out)
{
    x->in = in;
    x->out = out;
    r_floats(m, x->scale, out, 0.0005f, 0.002f);
    r_floats(m, x->bias, out, -0.2f, 0.2f);
    for (size_t o = 0; o < out; o++) {
        for (size_t i = 0; i < in; i++) {
            x->weight[o][i] = (int8_t)r_between(m, -127.9f, 127.9f);
        }
    }
}

static inline void r_fill_norm(struct r_model *m, struct r_norm *n)
{
    r_floats(m, n->scale, R_WIDTH, 0.5f, 1.5f);
    r_floats(m, n->bias, R_WIDTH, -0.3f, 0.3f);
}

// From malloc, the caller's.
static inline struct r_model *r_make(void)
{
    struct r_model *m = calloc(1, sizeof(*m));
    m->chance = 7;
    m->head = (struct reader_header){.magic = {'H', 'M', 'R', 'D'},
                                     .version = READER_VERSION,
                                     .words = R_PIECES,
                                     .rows = R_ROWS,
                                     .positions = READER_POSITIONS,
                                     .width_in = R_IN,
                                     .width = R_WIDTH,
                                     .inner = R_INNER,
                                     .attention = {32, 64},
                                     .heads = R_HEADS,
                                     .gate_from = INT32_MIN,
                                     .raise_within = UINT16_MAX,
                                     .target_scale = 1};
    r_floats(m, m->row_scale, R_ROWS, 0.001f, 0.01f);
    for (size_t i = 0; i < R_ROWS; i++) {
        for (size_t k = 0; k < R_IN; k++) {
            m->rows[i][k] = (int8_t)r_between(m, -127.9f, 127.9f);
        }
    }
    r_floats(m, m->timing[0], READER_POSITIONS * R_IN, -1, 1);
    for (size_t n = 0; n < READER_LAYERS; n++) {
        struct r_layer *l = &m->layers[n];
        size_t in = n ? R_WIDTH : R_IN;
        r_fill_norm(m, &l->before);
        r_fill_matrix(m, &l->qkv, in, 3 * r_attention[n]);
        r_fill_matrix(m, &l->out, r_attention[n], R_WIDTH);
        r_fill_matrix(m, &l->skip, in, R_WIDTH);
        r_fill_norm(m, &l->between);
        r_fill_matrix(m, &l->wide, R_WIDTH, R_INNER);
        r_fill_matrix(m, &l->narrow, R_INNER, R_WIDTH);
    }
    r_floats(m, m->heads[0], READER_LOGITS * R_WIDTH, -0.2f, 0.2f);
    r_floats(m, m->head_bias, READER_LOGITS, -1, 1);
    for (size_t i = 0; i < READER_HEADS; i++) {
        m->head.calibration[i][0] = 1;
    }
    return m;
}

/* ---- its bytes ---- */

struct r_file {
    char *bytes; // R_BYTES of room
    size_t len;
};

static inline void r_add(struct r_file *f, const void *bytes, size_t len)
{
    memcpy(f->bytes + f->len, bytes, len);
    f->len += (len + 63) / 64 * 64;
}

static inline int r_compare(const void *a, const void *b)
{
    const struct test_piece *x = a, *y = b;
    return strcmp(x->letters, y->letters);
}

static inline void r_add_vocabulary(struct r_file *f, uint32_t *letters_len)
{
    static struct test_piece sorted[R_PIECES];
    static struct vocabulary_entry entries[R_PIECES];
    static char letters[R_PIECES * PIECE_LETTERS];
    memcpy(sorted, test_pieces, sizeof(sorted));
    qsort(sorted, R_PIECES, sizeof(sorted[0]), r_compare);
    uint32_t at = 0;
    for (size_t i = 0; i < R_PIECES; i++) {
        size_t len = strlen(sorted[i].letters);
        entries[i] =
            (struct vocabulary_entry){at, sorted[i].id, (uint16_t)len, sorted[i].score};
        memcpy(letters + at, sorted[i].letters, len);
        at += (uint32_t)len;
    }
    r_add(f, entries, sizeof(entries));
    r_add(f, letters, at);
    *letters_len = at;
}

static inline void r_add_matrix(struct r_file *f, const struct r_matrix *m)
{
    static int8_t blocks[R_MOST * R_MOST];
    size_t n = 0;
    for (size_t b = 0; b < m->out; b += MATRIX_BLOCK) {
        for (size_t k = 0; k < m->in; k += 4) {
            for (size_t o = b; o < b + MATRIX_BLOCK; o++) {
                for (size_t i = 0; i < 4; i++) {
                    blocks[n++] = m->weight[o][k + i];
                }
            }
        }
    }
    r_add(f, m->scale, m->out * sizeof(float));
    r_add(f, m->bias, m->out * sizeof(float));
    r_add(f, blocks, n);
}

static inline void r_add_norm(struct r_file *f, const struct r_norm *n, size_t width)
{
    r_add(f, n->scale, width * sizeof(float));
    r_add(f, n->bias, width * sizeof(float));
}

// Length and check value anew, after bytes were changed.
static inline void r_seal(struct r_file *f)
{
    struct reader_header *h = (struct reader_header *)(void *)f->bytes;
    h->bytes = (uint32_t)f->len;
    crypto_generichash(h->check, sizeof(h->check), (unsigned char *)f->bytes + 40,
                       f->len - 40, NULL, 0);
}

// bytes from malloc, the caller's.
static inline struct r_file r_encode(const struct r_model *m)
{
    struct r_file f = {.bytes = calloc(1, R_BYTES)};
    struct reader_header head = m->head;
    r_add(&f, &head, sizeof(head));
    r_add_vocabulary(&f, &head.letters);
    memcpy(f.bytes, &head, sizeof(head));
    r_add(&f, m->row_scale, sizeof(m->row_scale));
    r_add(&f, m->rows, sizeof(m->rows));
    r_add(&f, m->timing, sizeof(m->timing));
    for (size_t n = 0; n < READER_LAYERS; n++) {
        const struct r_layer *l = &m->layers[n];
        r_add_norm(&f, &l->before, n ? R_WIDTH : R_IN);
        r_add_matrix(&f, &l->qkv);
        r_add_matrix(&f, &l->out);
        if (n == 0) {
            r_add_matrix(&f, &l->skip);
        }
        r_add_norm(&f, &l->between, R_WIDTH);
        r_add_matrix(&f, &l->wide);
        r_add_matrix(&f, &l->narrow);
    }
    r_add(&f, m->heads, sizeof(m->heads));
    r_add(&f, m->head_bias, sizeof(m->head_bias));
    r_seal(&f);
    return f;
}

/* ---- what it must say ---- */

typedef double r_rows[READER_POSITIONS][R_MOST];

static inline void r_multiply(r_rows out, r_rows x, const struct r_matrix *m,
                              size_t count, bool add, bool relu)
{
    for (size_t t = 0; t < count; t++) {
        double most = 0, result[R_MOST];
        for (size_t i = 0; i < m->in; i++) {
            most = fabs(x[t][i]) > most ? fabs(x[t][i]) : most;
        }
        for (size_t o = 0; o < m->out; o++) {
            double sum = 0;
            for (size_t i = 0; i < m->in; i++) {
                sum += rint(x[t][i] * 127 / most) * m->weight[o][i];
            }
            double v = sum * most / 127 * (double)m->scale[o] + (double)m->bias[o];
            result[o] = relu && v < 0 ? 0 : v;
        }
        for (size_t o = 0; o < m->out; o++) {
            out[t][o] = (add ? out[t][o] : 0) + result[o];
        }
    }
}

static inline void r_normalise(r_rows out, r_rows x, const struct r_norm *w,
                               size_t count, size_t n)
{
    for (size_t t = 0; t < count; t++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < n; i++) {
            mean += x[t][i] / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            square += (x[t][i] - mean) * (x[t][i] - mean) / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            out[t][i] = (x[t][i] - mean) / sqrt(square + 1e-6) * (double)w->scale[i] +
                        (double)w->bias[i];
        }
    }
}

static inline void r_attend(r_rows out, r_rows qkv, size_t count, size_t attention)
{
    size_t width = attention / R_HEADS;
    for (size_t h = 0; h < attention; h += width) {
        for (size_t t = 0; t < count; t++) {
            double share[READER_POSITIONS], all = 0;
            for (size_t j = 0; j < count; j++) {
                double dot = 0;
                for (size_t i = h; i < h + width; i++) {
                    dot += qkv[t][i] * qkv[j][attention + i];
                }
                share[j] = exp(dot / sqrt((double)width));
                all += share[j];
            }
            for (size_t i = h; i < h + width; i++) {
                out[t][i] = 0;
                for (size_t j = 0; j < count; j++) {
                    out[t][i] += share[j] / all * qkv[j][2 * attention + i];
                }
            }
        }
    }
}

static inline void r_expect(const struct r_model *m, const uint16_t *ids, size_t count,
                            double logits[READER_LOGITS])
{
    static r_rows x, side, wide;
    for (size_t t = 0; t < count; t++) {
        for (size_t i = 0; i < R_IN; i++) {
            x[t][i] = 2 * (double)m->row_scale[ids[t]] * m->rows[ids[t]][i] +
                      (double)m->timing[t][i];
        }
    }
    for (size_t n = 0; n < READER_LAYERS; n++) {
        const struct r_layer *l = &m->layers[n];
        r_normalise(side, x, &l->before, count, n ? R_WIDTH : R_IN);
        r_multiply(wide, side, &l->qkv, count, false, false);
        r_attend(side, wide, count, r_attention[n]);
        if (n == 0) {
            r_multiply(x, x, &l->skip, count, false, false);
        }
        r_multiply(x, side, &l->out, count, true, false);
        r_normalise(side, x, &l->between, count, R_WIDTH);
        r_multiply(wide, side, &l->wide, count, false, true);
        r_multiply(x, wide, &l->narrow, count, true, false);
    }
    for (size_t k = 0; k < READER_LOGITS; k++) {
        logits[k] = (double)m->head_bias[k];
        for (size_t t = 0; t < count; t++) {
            for (size_t i = 0; i < R_WIDTH; i++) {
                logits[k] += x[t][i] * (double)m->heads[k][i] / (double)count;
            }
        }
    }
}

#endif
