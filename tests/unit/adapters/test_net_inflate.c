// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "adapters/net/inflate.h"
#include "unit/check.h"

struct packed {
    z_stream z;
    unsigned char bytes[1 << 16];
};

static struct slice pack(struct packed *p, const char *text, size_t len)
{
    p->z.next_in = (Bytef *)(uintptr_t)text;
    p->z.avail_in = (uInt)len;
    p->z.next_out = p->bytes;
    p->z.avail_out = sizeof(p->bytes);
    deflate(&p->z, Z_SYNC_FLUSH);
    return slice_make((const char *)p->bytes, sizeof(p->bytes) - p->z.avail_out);
}

static void begin(struct packed *p, struct inflate **z, size_t limit)
{
    memset(p, 0, sizeof(*p));
    deflateInit(&p->z, 6);
    CHECK_INT(inflate_create(z, limit), FAULT_NONE);
}

static void end(struct packed *p, struct inflate *z)
{
    deflateEnd(&p->z);
    inflate_destroy(z);
}

TEST(inflate__texts_come_out_one_by_one)
{
    static struct packed p;
    struct inflate *z;
    begin(&p, &z, 1000);
    const char *texts[] = {"{\"op\":10}", "{\"op\":10}", "second"};
    for (int i = 0; i < 3; i++) {
        struct slice text;
        bool whole = false;
        struct slice in = pack(&p, texts[i], strlen(texts[i]));
        CHECK_INT(inflate_feed(z, in, &text, &whole), FAULT_NONE);
        CHECK(whole);
        CHECK_SLICE(text, texts[i]);
    }
    end(&p, z);
}

TEST(inflate__byte_by_byte_gives_the_same)
{
    static struct packed p;
    struct inflate *z;
    begin(&p, &z, 1000);
    struct slice in = pack(&p, "hello", 5);
    struct slice text = {0};
    for (size_t i = 0; i < in.len; i++) {
        bool whole = false;
        CHECK_INT(inflate_feed(z, slice_sub(in, i, 1), &text, &whole), FAULT_NONE);
        CHECK(whole == (i + 1 == in.len));
    }
    CHECK_SLICE(text, "hello");
    end(&p, z);
}

TEST(inflate__limit_and_one_more)
{
    static struct packed p;
    static char zeros[5001];
    for (size_t len = 5000; len <= 5001; len++) {
        struct inflate *z;
        begin(&p, &z, 5000);
        struct slice text;
        bool whole = false;
        enum fault f = inflate_feed(z, pack(&p, zeros, len), &text, &whole);
        CHECK_INT(f, len == 5000 ? FAULT_NONE : FAULT_LIMIT);
        end(&p, z);
    }
}

TEST(inflate__what_is_no_zlib_is_input)
{
    struct inflate *z;
    CHECK_INT(inflate_create(&z, 1000), FAULT_NONE);
    struct slice text;
    bool whole = false;
    CHECK_INT(inflate_feed(z, SLICE("not zlib at all"), &text, &whole), FAULT_INPUT);
    CHECK(!whole);
    inflate_destroy(z);
    inflate_destroy(NULL);
}

int main(void)
{
    return RUN(UNIT(inflate__texts_come_out_one_by_one),
               UNIT(inflate__byte_by_byte_gives_the_same),
               UNIT(inflate__limit_and_one_more),
               UNIT(inflate__what_is_no_zlib_is_input));
}
