// SPDX-License-Identifier: MIT
#include "adapters/net/inflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bot/base/text.h"

enum { CHUNK_BYTES = 32 << 10, FLUSH_BYTES = 4 };

static const unsigned char flush_mark[FLUSH_BYTES] = {0x00, 0x00, 0xff, 0xff};

struct inflate {
    z_stream stream;
    struct text out;
    unsigned char tail[FLUSH_BYTES]; // the last bytes that came in
    bool handed_out;                 // out was given away: begins anew
    unsigned char chunk[CHUNK_BYTES];
};

enum fault inflate_create(struct inflate **out, size_t limit)
{
    struct inflate *z = calloc(1, sizeof(*z));
    if (!z) {
        return FAULT_MEMORY;
    }
    if (inflateInit(&z->stream) != Z_OK) {
        free(z);
        return FAULT_MEMORY;
    }
    text_init(&z->out, limit);
    // Not zero, which begins the mark.
    memset(z->tail, 0x55, sizeof(z->tail));
    *out = z;
    return FAULT_NONE;
}

static void remember_tail(struct inflate *z, struct slice in)
{
    if (in.len >= FLUSH_BYTES) {
        memcpy(z->tail, in.ptr + in.len - FLUSH_BYTES, FLUSH_BYTES);
        return;
    }
    if (in.len) {
        memmove(z->tail, z->tail + in.len, FLUSH_BYTES - in.len);
        memcpy(z->tail + FLUSH_BYTES - in.len, in.ptr, in.len);
    }
}

enum fault inflate_feed(struct inflate *z, struct slice compressed, struct slice *text,
                        bool *whole)
{
    *whole = false;
    if (z->handed_out) {
        text_clear(&z->out);
        z->handed_out = false;
    }
    if (compressed.len > UINT32_MAX) {
        return FAULT_LIMIT;
    }
    remember_tail(z, compressed);
    z->stream.next_in = (Bytef *)(uintptr_t)compressed.ptr;
    z->stream.avail_in = (uInt)compressed.len;
    do {
        z->stream.next_out = z->chunk;
        z->stream.avail_out = sizeof(z->chunk);
        int status = inflate(&z->stream, Z_SYNC_FLUSH);
        if (status != Z_OK && status != Z_BUF_ERROR) {
            return FAULT_INPUT; // the sender never ends the stream either
        }
        size_t made = sizeof(z->chunk) - z->stream.avail_out;
        enum fault f = text_add(&z->out, slice_make((const char *)z->chunk, made));
        if (f) {
            return f;
        }
        if (status == Z_BUF_ERROR) {
            break;
        }
    } while (z->stream.avail_in > 0 || z->stream.avail_out == 0);
    if (memcmp(z->tail, flush_mark, FLUSH_BYTES) == 0) {
        *whole = true;
        *text = text_slice(&z->out);
        z->handed_out = true;
    }
    return FAULT_NONE;
}

void inflate_destroy(struct inflate *z)
{
    if (z) {
        inflateEnd(&z->stream);
        text_finish(&z->out);
        free(z);
    }
}
