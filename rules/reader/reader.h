/* SPDX-License-Identifier: MIT
 *
 * reader.h - a small transformer that reads pieces of words and says how likely each
 * kind of breach is, and whom it is about.
 *
 * Two layers of the Universal Sentence Encoder "lite" (Apache-2.0), trained further on
 * our own lines: whole-number matrix products (each row of activations scaled to -127
 * .. 127 on its own), the rest in float, with exponentials and sums of our own so that
 * every processor comes to the same result.
 *
 * Thread  a reader is shared and read only; a desk belongs to one judge.
 */
#ifndef HM_RULES_READER_READER_H
#define HM_RULES_READER_READER_H

#include "rules/reader/kernel.h"
#include "rules/reader/weights.h"

struct reader;
struct reader_desk; // memory to read at, taken once

struct reader_opinion {
    float logits[READER_LOGITS];
    uint16_t sure[READER_HEADS]; // calibrated probabilities of 65535
    uint16_t both[READER_HEADS]; // that it is a breach and of this kind: the sigmoid
                                 // of ANY's logit and half the head's, calibrated
    uint16_t target[READER_TARGETS]; // likewise; they sum to about 65535
};

// *out NULL: the data folder has no model/reader.bin. INPUT: why names the file.
MUST_USE enum fault reader_load(struct reader **out, const char *data_folder,
                                struct why *why);
// Takes w over, also on a fault. kernel NULL: the fastest of this processor.
MUST_USE enum fault reader_make(struct reader **out, struct reader_weights *w,
                                const struct kernel *kernel, struct why *why);
void reader_free(struct reader *r); // NULL is fine
const struct reader_header *reader_head(const struct reader *r);
const struct vocabulary *reader_vocabulary(const struct reader *r);
uint32_t reader_pieces_per_s(const struct reader *r); // kernel.h

MUST_USE enum fault reader_desk_create(struct reader_desk **out, const struct reader *r,
                                       struct why *why);
void reader_desk_free(struct reader_desk *d); // NULL is fine

// Reads 1 .. READER_POSITIONS pieces (ids below the embeddings' rows). No fault, no
// allocation, time by count alone.
void reader_read(const struct reader *r, struct reader_desk *d, const uint16_t *ids,
                 size_t count, struct reader_opinion *out);

#endif
