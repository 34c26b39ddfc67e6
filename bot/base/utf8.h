/* SPDX-License-Identifier: MIT
 *
 * utf8.h - strict UTF-8 (RFC 3629): no overlong forms, no surrogates, at most U+10FFFF.
 */
#ifndef HM_BASE_UTF8_H
#define HM_BASE_UTF8_H

#include "bot/base/slice.h"

// Bytes of the valid code point at s[off] (1..4) with *out set, or 0 when malformed.
size_t utf8_decode(struct slice s, size_t off, uint32_t *out);
// Writes code point cp (must be valid) to out[4]; returns its bytes.
size_t utf8_encode(uint32_t cp, char out[4]);
// Offset of the first malformed byte, or s.len when all of s is valid.
size_t utf8_valid_len(struct slice s);
// The longest prefix of s of at most max bytes that does not cut a code point.
struct slice utf8_prefix(struct slice s, size_t max);

#endif
