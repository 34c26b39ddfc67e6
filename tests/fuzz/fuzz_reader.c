// SPDX-License-Identifier: MIT
// The reader: any bytes as its file (sealed, so that the check value does not keep the
// rest from being looked at), and any text as pieces of a small vocabulary.
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "rules/engine/judge.h"
#include "rules/reader/pieces.h"
#include "rules/reader/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct judge *judge;
static bool *groups;
static struct vocabulary vocabulary;

static void start(void)
{
    static const char letters[] = "!.abingts\xE2\x96\x81\xE2\x96\x81the";
    static const struct vocabulary_entry entries[] = {
        {0, 6, 1, -9000},    {1, 7, 1, -300000}, {2, 8, 1, -400000},
        {3, 9, 1, -500000},  {4, 10, 1, 0},      {4, 11, 3, -70000},
        {7, 12, 1, -100000}, {9, 13, 3, -10},    {12, 14, 6, -9000}};
    const char *wrong;
    struct ruleset *rs;
    struct why why = {0};
    vocabulary = (struct vocabulary){.entries = entries,
                                     .letters = letters,
                                     .count = sizeof(entries) / sizeof(*entries)};
    if (ruleset_load(&rs, NULL, &why) || judge_create(&judge, rs, 0, &why) ||
        !vocabulary_init(&vocabulary, sizeof(letters) - 1, 20, &wrong)) {
        abort();
    }
    groups = pieces_groups(rs->lex);
}

static void read_file(struct slice bytes)
{
    enum { FROM = offsetof(struct reader_header, check) + READER_CHECK_BYTES };
    struct reader_weights *w;
    struct reader *r;
    struct reader_desk *d;
    char *copy = malloc(bytes.len + 1);
    if (!copy) {
        return;
    }
    memcpy(copy, bytes.ptr, bytes.len);
    if (bytes.len >= sizeof(struct reader_header)) {
        struct reader_header *h = (struct reader_header *)(void *)copy;
        memcpy(h->magic, "HMRD", 4);
        h->version = READER_VERSION;
        h->bytes = (uint32_t)bytes.len;
        crypto_generichash(h->check, sizeof(h->check), (unsigned char *)copy + FROM,
                           bytes.len - FROM, NULL, 0);
    }
    if (!reader_weights_read(&w, "fuzz", slice_make(copy, bytes.len), NULL) &&
        !reader_make(&r, w, NULL, NULL)) {
        const uint16_t ids[] = {6, 0, 3};
        struct reader_opinion opinion;
        if (!reader_desk_create(&d, r, NULL)) {
            reader_read(r, d, ids, 3, &opinion);
            reader_desk_free(d);
        }
        reader_free(r);
    }
    free(copy);
}

static void read_pieces(struct slice text)
{
    const struct judge_message m = {.text = text};
    struct verdict v;
    struct windows windows;
    if (judge_message(judge, NULL, &m, &v)) {
        return;
    }
    pieces_read(&windows, &judge->scan, &vocabulary, groups);
    if (windows.count > WINDOWS_MOST) {
        abort();
    }
    for (size_t i = 0; i < windows.count; i++) {
        const struct window *w = &windows.at[i];
        if (w->count == 0 || w->count > READER_POSITIONS || w->first > w->last ||
            w->last >= judge->scan.tokens.count) {
            abort();
        }
        for (size_t k = 0; k < w->count; k++) {
            if (w->ids[k] >= 20) {
                abort();
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!judge) {
        start();
    }
    struct slice bytes = slice_make((const char *)data, size);
    read_file(bytes);
    read_pieces(bytes);
    return 0;
}
