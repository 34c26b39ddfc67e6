// SPDX-License-Identifier: MIT
#include "bot/base/utf8.h"

static bool continues(struct slice s, size_t off, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)s.ptr[off + i] & 0xC0) != 0x80) {
            return false;
        }
    }
    return true;
}

size_t utf8_decode(struct slice s, size_t off, uint32_t *out)
{
    if (off >= s.len) {
        return 0;
    }
    unsigned char lead = (unsigned char)s.ptr[off];
    if (lead < 0x80) {
        *out = lead;
        return 1;
    }
    size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
    if (n == 0 || lead > 0xF4 || s.len - off < n || !continues(s, off, n)) {
        return 0;
    }
    uint32_t cp = lead & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        cp = cp << 6 | ((unsigned char)s.ptr[off + i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (cp < least[n] || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF)) {
        return 0;
    }
    *out = cp;
    return n;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

size_t utf8_valid_len(struct slice s)
{
    size_t off = 0;
    uint32_t cp;
    while (off < s.len) {
        size_t n = utf8_decode(s, off, &cp);
        if (n == 0) {
            return off;
        }
        off += n;
    }
    return off;
}

struct slice utf8_prefix(struct slice s, size_t max)
{
    if (s.len <= max) {
        return s;
    }
    size_t end = max;
    while (end > 0 && ((unsigned char)s.ptr[end] & 0xC0) == 0x80) {
        end--;
    }
    return slice_sub(s, 0, end);
}
