/* SPDX-License-Identifier: MIT
 *
 * model.h - the classifier's weights, as rules/train wrote them.
 *
 * Shape   model/model.bin, little-endian: a struct model_header, then the gate (one
 *         signed byte a slot), then the rows (MODEL_HEADS signed bytes a slot).
 * Owner   the ruleset; read only once loaded.
 */
#ifndef HM_RULES_MODEL_H
#define HM_RULES_MODEL_H

#include "bot/base/slice.h"

// What a probability is given for. ANY: that the message breaks a rule at all.
#define HEAD_MAP(X)                                                                    \
    X(ANY, "any")                                                                      \
    X(PROFANITY, "profanity")                                                          \
    X(INSULT, "insult")                                                                \
    X(BULLYING, "bullying")                                                            \
    X(HATE, "hate")                                                                    \
    X(SEXUAL, "sexual")                                                                \
    X(VIOLENCE, "violence")                                                            \
    X(INTIMIDATION, "intimidation")                                                    \
    X(SELF_HARM, "self_harm")                                                          \
    X(GROOMING, "grooming")                                                            \
    X(DISCLOSURE, "disclosure")                                                        \
    X(ALLEGATION, "allegation")                                                        \
    X(DISPARAGEMENT, "disparagement")                                                  \
    X(COMPLAINT, "complaint")                                                          \
    X(ILLEGAL, "illegal")                                                              \
    X(PROMOTION, "promotion")

enum head {
#define X(id, name) HEAD_##id,
    HEAD_MAP(X)
#undef X
        MODEL_HEADS
};

enum { MODEL_STEPS = 256, MODEL_VERSION = 1 };

// Scores are in 1/256 (of a logit, as trained). A calibration table has one step for
// every 16 of them, from -2048 up.
struct model_header {
    char magic[4]; // "HMCM"
    uint32_t version;
    uint32_t gate_bits, row_bits; // slots are powers of two
    int32_t gate_from;            // sums of the gate's bytes below it are not looked at
    uint32_t gate_reserved;
    uint32_t scale;                 // score = sum of bytes * scale / 2^16 / sqrt(n)
    uint32_t reserved;              //
    int32_t bias[MODEL_HEADS];      // score
    uint16_t raise_at[MODEL_HEADS]; // probability of 65535 from which it speaks; 0:
                                    // never
    // Probability of ANY below which a rule's finding of this kind is doubted; 0: never.
    uint16_t doubt_at[MODEL_HEADS];
    uint16_t sure[MODEL_HEADS][MODEL_STEPS]; // calibrated probability of 65535
    uint64_t check;                          // slice_hash() of what follows
};

struct model {
    struct model_header head;
    const int8_t *gate; // in bytes
    const int8_t *rows; //
    char *bytes;        // the whole file
};

const char *head_name(enum head h);
// ABSENT: there is no model; the judge does without. INPUT: it is not one of ours.
MUST_USE enum fault model_load(struct model **out, const char *data_folder,
                               struct why *why);
void model_free(struct model *m); // NULL is fine

struct stretch;
struct scan;
struct features;

// What the gate's bytes of the classes that a message holds come to; class_gate by class.
int32_t model_gate_classes(const int8_t *class_gate, const struct scan *s);
// The gate's sum for a stretch: one byte a word, and what its message's classes come to.
// From model_header.gate_from on it is worth a closer look.
int32_t model_gate(const struct model *m, const struct scan *s,
                   const struct stretch *stretch, int32_t classes);
// The gate's bytes by class, from malloc, the caller's; NULL: out of memory.
int8_t *model_class_gate(const struct model *m, const uint32_t *class_hashes,
                         size_t class_count);
// Probabilities of 65535.
void model_judge(const struct model *m, const struct features *f,
                 uint16_t out[MODEL_HEADS]);

#endif
