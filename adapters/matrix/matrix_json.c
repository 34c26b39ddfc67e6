// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_json.h"

#include <string.h>

#include "bot/base/utf8.h"

enum {
    DEPTH_MOST = 100, // deeper ones become null
    DIGITS_MOST = 18, // of an integer that surely fits
};

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

// The unit of the escape "\uXXXX" at off, or -1.
static int32_t unit_at(struct slice s, size_t off)
{
    int32_t unit = 0;
    if (off + 6 > s.len || s.ptr[off] != '\\' || s.ptr[off + 1] != 'u') {
        return -1;
    }
    for (size_t i = off + 2; i < off + 6; i++) {
        char c = s.ptr[i];
        if (!is_hex(c)) {
            return -1;
        }
        unit = unit * 16 + (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return unit;
}

// An escape at off; returns the bytes used.
static size_t mend_escape(struct text *out, struct slice s, size_t off)
{
    int32_t unit = unit_at(s, off);
    if (unit < 0) {
        bool known = off + 1 < s.len && strchr("\"\\/bfnrt", s.ptr[off + 1]) &&
                     s.ptr[off + 1] != '\0';
        text_add(out, known ? slice_sub(s, off, 2) : SLICE("\\ufffd"));
        return off + 1 < s.len ? 2 : 1;
    }
    if (unit >= 0xd800 && unit <= 0xdbff) {
        int32_t low = unit_at(s, off + 6);
        bool pair = low >= 0xdc00 && low <= 0xdfff;
        text_add(out, pair ? slice_sub(s, off, 12) : SLICE("\\ufffd"));
        return pair ? 12 : 6;
    }
    bool bad = unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff);
    text_add(out, bad ? SLICE("\\ufffd") : slice_sub(s, off, 6));
    return 6;
}

// The string whose quote is at off; returns the offset behind its end.
static size_t mend_string(struct text *out, struct slice s, size_t off)
{
    size_t at = off + 1;
    text_add_char(out, '"');
    while (at < s.len && s.ptr[at] != '"') {
        uint32_t cp;
        size_t n;
        if (s.ptr[at] == '\\') {
            at += mend_escape(out, s, at);
        } else if ((unsigned char)s.ptr[at] < ' ') {
            text_add_char(out, ' ');
            at++;
        } else if ((n = utf8_decode(s, at, &cp)) > 0) {
            text_add(out, slice_sub(s, at, n));
            at += n;
        } else {
            text_add_str(out, "\\ufffd");
            at++;
        }
    }
    text_add_char(out, '"');
    return at < s.len ? at + 1 : s.len;
}

// Offset behind the string at off, without keeping it.
static size_t skip_string(struct slice s, size_t off)
{
    for (size_t at = off + 1; at < s.len; at++) {
        if (s.ptr[at] == '\\') {
            at++;
        } else if (s.ptr[at] == '"') {
            return at + 1;
        }
    }
    return s.len;
}

// Offset behind the container that opens at off.
static size_t skip_container(struct slice s, size_t off)
{
    size_t depth = 0;
    size_t at = off;
    while (at < s.len) {
        char c = s.ptr[at];
        if (c == '"') {
            at = skip_string(s, at);
            continue;
        }
        depth += c == '{' || c == '[';
        at++;
        if ((c == '}' || c == ']') && --depth == 0) {
            return at;
        }
    }
    return s.len;
}

static bool in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
           c == 'E';
}

static size_t mend_number(struct text *out, struct slice s, size_t off)
{
    size_t at = off;
    bool plain = true;
    while (at < s.len && in_number(s.ptr[at])) {
        plain = plain && s.ptr[at] != 'e' && s.ptr[at] != 'E';
        at++;
    }
    text_add(out, plain && at - off <= DIGITS_MOST ? slice_sub(s, off, at - off)
                                                   : SLICE("0"));
    return at;
}

void matrix_json_mend(struct text *out, struct slice s)
{
    unsigned depth = 0;
    size_t at = 0;
    while (at < s.len && !out->fault) {
        char c = s.ptr[at];
        if (c == '"') {
            at = mend_string(out, s, at);
        } else if ((c == '{' || c == '[') && depth == DEPTH_MOST) {
            text_add_str(out, "null");
            at = skip_container(s, at);
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            at = mend_number(out, s, at);
        } else {
            depth += c == '{' || c == '[';
            depth -= (c == '}' || c == ']') && depth > 0;
            text_add_char(out, c);
            at++;
        }
    }
}

json_t *matrix_json(struct slice bytes)
{
    json_t *value =
        json_loadb(bytes.ptr ? bytes.ptr : "", bytes.len, JSON_ALLOW_NUL, NULL);
    if (value || bytes.len == 0) {
        return value;
    }
    struct text mended;
    text_init(&mended, bytes.len * 6 + 64); // each byte at most becomes "\ufffd"
    matrix_json_mend(&mended, bytes);
    if (!text_failed(&mended)) {
        value = json_loadb(text_cstr(&mended), mended.len, JSON_ALLOW_NUL, NULL);
    }
    text_finish(&mended);
    return value;
}
