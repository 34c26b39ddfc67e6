/* SPDX-License-Identifier: MIT
 *
 * inflate.h - a zlib stream that lasts as long as a connection ("zlib-stream").
 *
 * Shape   in: compressed bytes in pieces of any size. out: one whole text each time the
 *         sender flushed (the input ends in 00 00 FF FF).
 * Faults  INPUT: not zlib; LIMIT: a text would be larger than the limit. After either
 *         the stream is useless: open a new one with a new connection.
 */
#ifndef HM_NET_INFLATE_H
#define HM_NET_INFLATE_H

#include <stdbool.h>

#include "bot/base/slice.h"

struct inflate;

MUST_USE enum fault inflate_create(struct inflate **out, size_t limit);
// *whole says whether *text is a complete one; it is valid until the next call.
enum fault inflate_feed(struct inflate *z, struct slice compressed, struct slice *text,
                        bool *whole) MUST_USE;
void inflate_destroy(struct inflate *z); // NULL is fine

#endif
