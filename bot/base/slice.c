// SPDX-License-Identifier: MIT
#include "bot/base/slice.h"

#include <stdlib.h>
#include <string.h>

struct slice slice_of(const char *nul_terminated)
{
    return (struct slice){nul_terminated, nul_terminated ? strlen(nul_terminated) : 0};
}

struct slice slice_make(const char *ptr, size_t len)
{
    return (struct slice){ptr, len};
}

struct slice slice_sub(struct slice s, size_t off, size_t len)
{
    if (off > s.len) {
        off = s.len;
    }
    if (len > s.len - off) {
        len = s.len - off;
    }
    return (struct slice){s.ptr ? s.ptr + off : NULL, len};
}

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool slice_equal_fold(struct slice a, struct slice b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool slice_is(struct slice s, const char *nul_terminated)
{
    return slice_equal(s, slice_of(nul_terminated));
}

bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && slice_equal(slice_sub(s, 0, prefix.len), prefix);
}

bool slice_ends_with(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len &&
           slice_equal(slice_sub(s, s.len - suffix.len, suffix.len), suffix);
}

size_t slice_find(struct slice s, struct slice needle)
{
    if (needle.len == 0) {
        return 0;
    }
    if (s.len < needle.len) {
        return SIZE_MAX;
    }
    const char *hit = memmem(s.ptr, s.len, needle.ptr, needle.len);
    return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

struct slice slice_cut(struct slice s, char at, struct slice *rest)
{
    const char *hit = s.len ? memchr(s.ptr, at, s.len) : NULL;
    if (!hit) {
        *rest = (struct slice){NULL, 0};
        return s;
    }
    size_t before = (size_t)(hit - s.ptr);
    *rest = slice_sub(s, before + 1, s.len);
    return slice_sub(s, 0, before);
}

enum fault slice_u64(struct slice s, uint64_t *out)
{
    if (s.len == 0) {
        return FAULT_INPUT;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') {
            return FAULT_INPUT;
        }
        uint64_t digit = (uint64_t)(s.ptr[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return FAULT_LIMIT;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return FAULT_NONE;
}

uint64_t slice_hash(struct slice s)
{
    uint64_t hash = 0xcbf29ce484222325u; // FNV-1a offset basis
    for (size_t i = 0; i < s.len; i++) {
        hash = (hash ^ (uint8_t)s.ptr[i]) * 0x100000001b3u;
    }
    return hash;
}

char *slice_dup(struct slice s)
{
    char *copy = malloc(s.len + 1);
    if (!copy) {
        return NULL;
    }
    if (s.len) {
        memcpy(copy, s.ptr, s.len);
    }
    copy[s.len] = '\0';
    return copy;
}
