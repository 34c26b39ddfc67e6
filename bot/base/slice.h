/* SPDX-License-Identifier: MIT
 *
 * slice.h - borrowed bytes.
 *
 * Owner   nobody: a slice is valid only as long as the thing it points into.
 * Units   len and every offset are bytes of UTF-8; bytes may hold NUL.
 */
#ifndef HM_BASE_SLICE_H
#define HM_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bot/base/fault.h"

struct slice {
    const char *ptr; // may be NULL only when len is 0
    size_t len;      // bytes
};

// A slice over a string literal, for initialisers.
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
// For printf's "%.*s".
#define SLICE_ARG(s) (int)((s).len > 4096 ? 4096 : (s).len), ((s).ptr ? (s).ptr : "")

struct slice slice_of(const char *nul_terminated); // NULL gives the empty slice
struct slice slice_make(const char *ptr, size_t len);
struct slice slice_sub(struct slice s, size_t off, size_t len); // clamped to s
struct slice slice_trim(struct slice s);                        // ASCII white space
bool slice_equal(struct slice a, struct slice b);
bool slice_equal_fold(struct slice a, struct slice b); // ASCII case only
bool slice_is(struct slice s, const char *nul_terminated);
bool slice_starts_with(struct slice s, struct slice prefix);
bool slice_ends_with(struct slice s, struct slice suffix);
// Offset of needle in s, or SIZE_MAX.
size_t slice_find(struct slice s, struct slice needle);
// Cuts s at the first `at`: returns what stands before it, *rest what follows. Without
// `at` in s the whole of s is returned and *rest is empty.
struct slice slice_cut(struct slice s, char at, struct slice *rest);
// Decimal, digits only. INPUT: empty or another byte; LIMIT: does not fit.
MUST_USE enum fault slice_u64(struct slice s, uint64_t *out);
// 64-bit FNV-1a; for tables, not for secrets.
uint64_t slice_hash(struct slice s);
// NUL-terminated copy from malloc, or NULL; the caller frees it.
char *slice_dup(struct slice s);

#endif
