/* SPDX-License-Identifier: MIT
 *
 * weights.h - the reader's file, model/reader.bin, as rules/train/reader writes it.
 *
 * Shape   little-endian: a struct reader_header, then sections in the order below, each
 *         beginning at a multiple of 64 bytes, with nothing after the last one:
 *
 *           vocabulary entries   struct vocabulary_entry [words], by their letters
 *           vocabulary letters   bytes, UTF-8, U+2581 begins a word
 *           embedding scales     float [rows]
 *           embeddings           int8 [rows][width_in]
 *           timing signal        float [positions][width_in]
 *           layer 0              norm (width_in), qkv (width_in to 3 attention[0]),
 *                                out (attention[0] to width), skip (width_in to width),
 *                                norm (width), wide (width to inner), narrow (back)
 *           layer 1              the same with width for width_in, and no skip
 *           heads                float [READER_LOGITS][width]
 *           their biases         float [READER_LOGITS]
 *
 *         A norm is two sections: float scale [n], float bias [n]. A matrix from k to n
 *         is three: float scale [n], float bias [n], int8 [n / 32][k / 4][32][4]: of 32
 *         outputs at a time, of four inputs at a time, one output's four after the other.
 * Faults  INPUT: why names the file and what is wrong. Lengths, order and numbers are
 *         all checked, so that no file can make the reader read or write elsewhere.
 * Owner   the ruleset; read only once loaded, shared by threads.
 */
#ifndef HM_RULES_READER_WEIGHTS_H
#define HM_RULES_READER_WEIGHTS_H

#include "rules/reader/vocabulary.h"
#include "rules/taxonomy.h"

enum {
    READER_VERSION = 3,
    READER_ANY =
        0, // the head that tells whether it is a breach at all; then one a category
    READER_HEADS = 1 + CATEGORY_COUNT,
    READER_TARGETS = TARGET_COUNT, // in the order of enum target
    READER_LOGITS = READER_HEADS + READER_TARGETS,
    READER_POSITIONS = 96, // pieces that are read at once
    READER_LAYERS = 2,
    READER_WIDTH_MOST = 2048, // of anything
    MATRIX_BLOCK = 32,        // outputs that stand together
    READER_CHECK_BYTES = 32
};

// Probabilities are of 65535.
struct reader_header {
    char magic[4]; // "HMRD"
    uint32_t version;
    uint8_t check[READER_CHECK_BYTES]; // BLAKE2b-256 of all that follows it
    uint32_t bytes;                    // of the whole file
    uint32_t words, letters;           // of the vocabulary: entries, bytes
    uint32_t rows;                     // of the embeddings; ids are below
    uint32_t positions;                // READER_POSITIONS
    uint32_t width_in, width, inner;   // multiples of MATRIX_BLOCK
    uint32_t attention[READER_LAYERS]; // likewise, each head's share a multiple of 16
    uint32_t heads;                    // of the attention
    // Of the classifier: sums of its gate from which it looks closer on behalf of the
    // reader (classify/model.h); the reader is asked from this probability of ANY on,
    // with the largest never.
    int32_t gate_from;
    uint16_t reader_from;
    uint16_t target_from;  // probability from which it says whom a finding is about; 0:
                           // never
    uint16_t raise_within; // of the surest head's probability: others speak from there
    uint16_t
        own_from; // of a head, below which it never speaks, however likely a breach
    uint16_t raise_at[READER_HEADS]; // of reader_opinion.both, from which a head speaks
                                     // (a complaint, no breach: of sure); 0: never
    uint16_t doubt_at[READER_HEADS]; // of ANY, below which it joins in a doubt
    uint16_t doubt_alone_at[READER_HEADS]; // below which its doubt is enough; 0: never
    float calibration[READER_HEADS][2];    // probability = sigmoid(a * logit + b)
    float target_scale; // of the targets' logits before their softmax
    uint32_t reserved[12];
};

static inline size_t reader_head_of(enum category c)
{
    return 1 + (size_t)c;
}

struct norm_weights {
    const float *scale, *bias;
};

struct matrix {
    const float *scale, *bias; // by output
    const int8_t *blocks;
    size_t in, out;
};

struct reader_layer {
    struct norm_weights before, between;
    struct matrix qkv, out, skip, wide, narrow; // skip of layer 0 only
    size_t in, attention;
};

struct reader_weights {
    struct reader_header head;
    struct vocabulary vocabulary;
    const float *row_scales;
    const int8_t *rows;
    const float *timing;
    struct reader_layer layers[READER_LAYERS];
    const float *head_weights; // READER_LOGITS times width
    const float *head_bias;
    char *bytes; // the whole file
};

// From data_folder/model/reader.bin. ABSENT: there is none.
MUST_USE enum fault reader_weights_load(struct reader_weights **out,
                                        const char *data_folder, struct why *why);
// Of bytes in memory, copied; name stands for the path in errors.
MUST_USE enum fault reader_weights_read(struct reader_weights **out, const char *name,
                                        struct slice bytes, struct why *why);
void reader_weights_free(struct reader_weights *w); // NULL is fine

#endif
