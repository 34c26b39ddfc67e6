// SPDX-License-Identifier: MIT
#include "rules/reader/reader.h"

#include "unit/check.h"
#include "unit/reader/reader_file.h"

static struct r_model *model;
static struct r_file file;

static int setup(void **state)
{
    (void)state;
    model = r_make();
    file = r_encode(model);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(model);
    free(file.bytes);
    return 0;
}

struct pair {
    struct reader *reader;
    struct reader_desk *desk;
};

static struct pair open_reader(const struct kernel *kernel)
{
    struct pair p;
    struct reader_weights *w;
    struct why why = {0};
    CHECK_INT(reader_weights_read(&w, "it", slice_make(file.bytes, file.len), &why),
              FAULT_NONE);
    CHECK_INT(reader_make(&p.reader, w, kernel, &why), FAULT_NONE);
    CHECK_INT(reader_desk_create(&p.desk, p.reader, &why), FAULT_NONE);
    return p;
}

static void close_reader(struct pair *p)
{
    reader_desk_free(p->desk);
    reader_free(p->reader);
}

static void some_ids(uint16_t ids[READER_POSITIONS], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ids[i] = (uint16_t)((i * 977 + count * 31) % R_ROWS);
    }
}

TEST(reader__says_what_double_precision_says)
{
    static const size_t counts[] = {1, 2, 7, 16, 17, 33, 96};
    struct pair p = open_reader(NULL);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        uint16_t ids[READER_POSITIONS];
        struct reader_opinion got;
        double want[READER_LOGITS];
        some_ids(ids, counts[i]);
        reader_read(p.reader, p.desk, ids, counts[i], &got);
        r_expect(model, ids, counts[i], want);
        for (size_t k = 0; k < READER_LOGITS; k++) {
            // A rounding that falls the other way moves a sum by one step.
            if (fabs((double)got.logits[k] - want[k]) > 0.004) {
                fail_msg("%zu pieces, logit %zu: %f, not %f", counts[i], k,
                         (double)got.logits[k], want[k]);
            }
        }
    }
    close_reader(&p);
}

TEST(reader__probabilities_are_calibrated)
{
    uint16_t ids[READER_POSITIONS];
    struct reader_opinion got;
    struct pair p = open_reader(NULL);
    some_ids(ids, 9);
    reader_read(p.reader, p.desk, ids, 9, &got);
    double all = 0;
    for (size_t i = 0; i < READER_HEADS; i++) {
        double sure = 65535 / (1 + exp(-(double)got.logits[i]));
        CHECK(fabs(sure - got.sure[i]) < 2);
    }
    for (size_t i = 0; i < READER_TARGETS; i++) {
        all += exp((double)got.logits[READER_HEADS + i]);
    }
    for (size_t i = 0; i < READER_TARGETS; i++) {
        double sure = 65535 * exp((double)got.logits[READER_HEADS + i]) / all;
        CHECK(fabs(sure - got.target[i]) < 2);
    }
    close_reader(&p);
}

TEST(reader__every_kernel_says_the_same)
{
    struct kernel here[KERNELS_MOST];
    size_t kernels = kernels_here(here);
    struct reader_opinion first, other;
    uint16_t ids[READER_POSITIONS];
    some_ids(ids, 43);
    memset(&first, 0, sizeof(first));
    memset(&other, 0, sizeof(other));
    for (size_t k = 0; k < kernels; k++) {
        struct pair p = open_reader(&here[k]);
        reader_read(p.reader, p.desk, ids, 43, k ? &other : &first);
        if (k) {
            CHECK(memcmp(&first, &other, sizeof(first)) == 0);
        }
        close_reader(&p);
    }
}

TEST(reader__desk_keeps_nothing_of_the_last_message)
{
    struct pair p = open_reader(NULL);
    struct reader_opinion first, again;
    uint16_t ids[READER_POSITIONS];
    memset(&first, 0, sizeof(first));
    memset(&again, 0, sizeof(again));
    some_ids(ids, 5);
    reader_read(p.reader, p.desk, ids, 5, &first);
    some_ids(ids, 96);
    reader_read(p.reader, p.desk, ids, 96, &again);
    some_ids(ids, 5);
    reader_read(p.reader, p.desk, ids, 5, &again);
    CHECK(memcmp(&first, &again, sizeof(first)) == 0);
    close_reader(&p);
}

static void refuse(const char *part)
{
    struct reader_weights *w;
    struct why why = {0};
    CHECK_INT(
        reader_weights_read(&w, "a/reader.bin", slice_make(file.bytes, file.len), &why),
        FAULT_INPUT);
    CHECK(w == NULL);
    CHECK(slice_starts_with(slice_of(why.text), SLICE("a/reader.bin: ")));
    if (slice_find(slice_of(why.text), slice_of(part)) == SIZE_MAX) {
        fail_msg("\"%s\" does not say \"%s\"", why.text, part);
    }
}

TEST(weights__every_shorter_file_is_refused)
{
    size_t whole = file.len;
    for (size_t len = 0; len < whole; len += len < 512 ? 1 : 4099) {
        file.len = len;
        if (len >= sizeof(struct reader_header)) {
            struct reader_header *h = (struct reader_header *)(void *)file.bytes;
            struct reader_header kept = *h;
            refuse("length");
            r_seal(&file); // shorter, but honest about it
            refuse("too short");
            *h = kept;
        } else {
            refuse("too short");
        }
    }
    file.len = whole;
}

TEST(weights__a_changed_byte_is_refused)
{
    for (size_t at = 0; at < file.len; at += at < 600 ? 1 : 7919) {
        file.bytes[at] ^= 4;
        refuse("");
        file.bytes[at] ^= 4;
    }
}

TEST(weights__bytes_behind_the_end_are_refused)
{
    struct reader_header kept = *(struct reader_header *)(void *)file.bytes;
    file.len += 64;
    r_seal(&file);
    refuse("follows its end");
    file.len -= 64;
    memcpy(file.bytes, &kept, sizeof(kept));
}

// Changed and sealed again: the check value alone does not make a file good.
TEST(weights__shapes_and_numbers_out_of_bounds_are_refused)
{
    struct reader_header *h = (struct reader_header *)(void *)file.bytes;
    struct reader_header kept = *h;
    char *vocabulary = file.bytes + sizeof(*h), letters[16];
    struct vocabulary_entry entry;
    struct {
        uint32_t *at;
        uint32_t value;
        const char *part;
    } changes[] = {{&h->words, 0xFFFFFFFF, "shape"},
                   {&h->letters, 0xFFFFFFF0, "shape"},
                   {&h->rows, 3, "shape"},
                   {&h->rows, 65536, "shape"},
                   {&h->positions, 97, "shape"},
                   {&h->width_in, 33, "shape"},
                   {&h->width, 0, "shape"},
                   {&h->inner, 1u << 30, "shape"},
                   {&h->attention[1], 48, "shape"},
                   {&h->heads, 0, "shape"},
                   {&h->heads, 3, "shape"},
                   {&h->rows, 7000, "cannot be used"},
                   {&h->inner, 2048, "cannot be used"},
                   {&h->version, READER_VERSION + 1, "version"}};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        *changes[i].at = changes[i].value;
        r_seal(&file);
        refuse(changes[i].part);
        *h = kept;
    }
    h->calibration[3][1] = NAN;
    r_seal(&file);
    refuse("out of range");
    *h = kept;

    memcpy(&entry, vocabulary, sizeof(entry));
    struct vocabulary_entry good = entry;
    const struct vocabulary_entry bad[] = {
        {.at = good.at, .id = good.id, .len = 0},
        {.at = UINT32_MAX, .id = good.id, .len = good.len},
        {.at = kept.letters - 1, .id = good.id, .len = 2},
        {.at = good.at, .id = 2, .len = good.len},
        {.at = good.at, .id = good.id, .len = good.len, .score = INT32_MAX},
        {.at = good.at, .id = good.id, .len = good.len, .score = INT32_MIN}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memcpy(vocabulary, &bad[i], sizeof(entry));
        r_seal(&file);
        refuse("piece");
    }
    memcpy(vocabulary, &good, sizeof(good));
    memcpy(letters, vocabulary + 12, 12); // the second twice
    memcpy(vocabulary, letters, 12);
    r_seal(&file);
    refuse("order");
    memcpy(vocabulary, &good, sizeof(good));
    float *number = (float *)(void *)(file.bytes + file.len - 64);
    float was = *number;
    *number = INFINITY;
    r_seal(&file);
    refuse("out of range");
    *number = was;
    r_seal(&file);
    CHECK(memcmp(h, &kept, sizeof(kept)) == 0);
}

int main(void)
{
    static const struct CMUnitTest units[] = {
        UNIT(reader__says_what_double_precision_says),
        UNIT(reader__probabilities_are_calibrated),
        UNIT(reader__every_kernel_says_the_same),
        UNIT(reader__desk_keeps_nothing_of_the_last_message),
        UNIT(weights__every_shorter_file_is_refused),
        UNIT(weights__a_changed_byte_is_refused),
        UNIT(weights__bytes_behind_the_end_are_refused),
        UNIT(weights__shapes_and_numbers_out_of_bounds_are_refused)};
    return cmocka_run_group_tests(units, setup, teardown);
}
