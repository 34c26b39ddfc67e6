// SPDX-License-Identifier: MIT
#include "rules/reader/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "bot/base/paths.h"

enum {
    FILE_BYTES = 64 << 20,
    SECTION = 64, // alignment
    ROWS_MOST = 65535,
    HEADS_MOST = 32,
    HEAD_STEP = 16 // an attention head's width is a multiple of it
};
// Larger numbers than this are no weights, and might leave float's range on the way.
#define WEIGHT_MOST 10000.0f

_Static_assert(sizeof(struct reader_header) % SECTION == 0, "sections follow");
_Static_assert(sizeof(struct vocabulary_entry) == 12, "as in the file");

// Takes sections off the file, one after the other.
struct sections {
    const char *bytes;
    size_t len, at;
    const char *wrong; // first thing that is
};

static const void *take(struct sections *s, size_t count, size_t size)
{
    size_t bytes = count * size; // both are bounded by the header's check
    if (s->wrong || s->at > s->len || bytes > s->len - s->at) {
        s->wrong = s->wrong ? s->wrong : "it is too short";
        return NULL;
    }
    const void *section = s->bytes + s->at;
    s->at += (bytes + SECTION - 1) / SECTION * SECTION;
    return section;
}

static const float *take_floats(struct sections *s, size_t count)
{
    const float *floats = take(s, count, sizeof(float));
    for (size_t i = 0; floats && i < count; i++) {
        if (!(fabsf(floats[i]) <= WEIGHT_MOST)) {
            s->wrong = "a number is out of range";
            return NULL;
        }
    }
    return floats;
}

static struct norm_weights take_norm(struct sections *s, size_t width)
{
    struct norm_weights n = {0};
    n.scale = take_floats(s, width);
    n.bias = take_floats(s, width);
    return n;
}

static struct matrix take_matrix(struct sections *s, size_t in, size_t out)
{
    struct matrix m = {.in = in, .out = out};
    m.scale = take_floats(s, out);
    m.bias = take_floats(s, out);
    m.blocks = take(s, in * out, 1);
    return m;
}

static void take_layer(struct sections *s, struct reader_layer *l,
                       const struct reader_header *h, size_t n)
{
    l->in = n == 0 ? h->width_in : h->width;
    l->attention = h->attention[n];
    l->before = take_norm(s, l->in);
    l->qkv = take_matrix(s, l->in, 3 * l->attention);
    l->out = take_matrix(s, l->attention, h->width);
    if (n == 0) {
        l->skip = take_matrix(s, l->in, h->width);
    }
    l->between = take_norm(s, h->width);
    l->wide = take_matrix(s, h->width, h->inner);
    l->narrow = take_matrix(s, h->inner, h->width);
}

static bool fits_width(uint32_t width)
{
    return width >= MATRIX_BLOCK && width <= READER_WIDTH_MOST &&
           width % MATRIX_BLOCK == 0;
}

static const char *header_wrong(const struct reader_header *h, size_t len)
{
    if (memcmp(h->magic, "HMRD", 4) != 0) {
        return "it is no reader's file";
    }
    if (h->version != READER_VERSION) {
        return "it is of another version";
    }
    if (h->bytes != len) {
        return "its length is not what it says";
    }
    if (h->words > ROWS_MOST || h->letters > h->words * PIECE_LETTERS ||
        h->rows <= PIECE_FIRST || h->rows > ROWS_MOST ||
        h->positions != READER_POSITIONS || !fits_width(h->width_in) ||
        !fits_width(h->width) || !fits_width(h->inner) || h->heads == 0 ||
        h->heads > HEADS_MOST) {
        return "its shape is out of bounds";
    }
    for (size_t i = 0; i < READER_LAYERS; i++) {
        if (!fits_width(h->attention[i]) ||
            h->attention[i] % (h->heads * HEAD_STEP) != 0) {
            return "its shape is out of bounds";
        }
    }
    for (size_t i = 0; i < READER_HEADS; i++) {
        if (!(fabsf(h->calibration[i][0]) <= WEIGHT_MOST) ||
            !(fabsf(h->calibration[i][1]) <= WEIGHT_MOST)) {
            return "a number is out of range";
        }
    }
    return fabsf(h->target_scale) <= WEIGHT_MOST ? NULL : "a number is out of range";
}

static bool is_whole(const struct reader_weights *w, size_t len)
{
    size_t from = offsetof(struct reader_header, check) +
                  sizeof(((struct reader_header *)0)->check);
    uint8_t check[READER_CHECK_BYTES];
    return crypto_generichash(check, sizeof(check),
                              (const unsigned char *)w->bytes + from, len - from, NULL,
                              0) == 0 &&
           memcmp(check, w->head.check, sizeof(check)) == 0;
}

static const char *find_sections(struct reader_weights *w, size_t len)
{
    const struct reader_header *h = &w->head;
    struct sections s = {.bytes = w->bytes, .len = len, .at = sizeof(*h)};
    const char *wrong = NULL;
    w->vocabulary.count = h->words;
    w->vocabulary.entries = take(&s, h->words, sizeof(struct vocabulary_entry));
    w->vocabulary.letters = take(&s, h->letters, 1);
    w->row_scales = take_floats(&s, h->rows);
    w->rows = take(&s, h->rows, h->width_in);
    w->timing = take_floats(&s, (size_t)h->positions * h->width_in);
    for (size_t i = 0; i < READER_LAYERS; i++) {
        take_layer(&s, &w->layers[i], h, i);
    }
    w->head_weights = take_floats(&s, (size_t)READER_LOGITS * h->width);
    w->head_bias = take_floats(&s, READER_LOGITS);
    if (s.wrong) {
        return s.wrong;
    }
    if (s.at != len) {
        return "something follows its end";
    }
    return vocabulary_init(&w->vocabulary, h->letters, h->rows, &wrong) ? NULL : wrong;
}

static const char *read_bytes(struct reader_weights *w, size_t len)
{
    if (len < sizeof(w->head)) {
        return "it is too short";
    }
    memcpy(&w->head, w->bytes, sizeof(w->head));
    const char *wrong = header_wrong(&w->head, len);
    if (!wrong && !is_whole(w, len)) {
        wrong = "its check value is not that of its bytes";
    }
    return wrong ? wrong : find_sections(w, len);
}

enum fault reader_weights_read(struct reader_weights **out, const char *name,
                               struct slice bytes, struct why *why)
{
    *out = NULL;
    // Rows of weights are read 64 bytes at a time.
    size_t room = (bytes.len / SECTION + 1) * SECTION;
    struct reader_weights *w = calloc(1, sizeof(*w));
    if (w) {
        w->bytes = aligned_alloc(SECTION, room);
    }
    if (!w || !w->bytes) {
        reader_weights_free(w);
        return fault_say(why, FAULT_MEMORY, "out of memory for the reader");
    }
    if (bytes.len) {
        memcpy(w->bytes, bytes.ptr, bytes.len);
    }
    const char *wrong = read_bytes(w, bytes.len);
    if (wrong) {
        reader_weights_free(w);
        return fault_say(why, FAULT_INPUT, "%s: cannot be used: %s", name, wrong);
    }
    *out = w;
    return FAULT_NONE;
}

enum fault reader_weights_load(struct reader_weights **out, const char *data_folder,
                               struct why *why)
{
    char path[PATH_BYTES], *bytes;
    size_t len;
    *out = NULL;
    snprintf(path, sizeof(path), "%.3000s/model/reader.bin", data_folder);
    enum fault f = paths_read(path, FILE_BYTES, &bytes, &len, why);
    if (f) {
        return f;
    }
    f = reader_weights_read(out, path, slice_make(bytes, len), why);
    free(bytes);
    return f;
}

void reader_weights_free(struct reader_weights *w)
{
    if (w) {
        free(w->bytes);
        free(w);
    }
}
