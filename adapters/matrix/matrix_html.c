// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_html.h"

#include <string.h>

#include "adapters/matrix/matrix_entity.h"
#include "bot/base/utf8.h"

enum { TAG_NAME_MOST = 16 };

// Elements that begin and end on lines of their own.
static const char *const blocks[] = {
    "p",     "div",     "br",      "li", "ul", "ol", "blockquote", "pre",
    "h1",    "h2",      "h3",      "h4", "h5", "h6", "hr",         "tr",
    "table", "caption", "details", "dt", "dd", "td", "th",         "summary"};
// Attributes whose values people can read or follow.
static const char *const readable[] = {
    "href", "alt", "title", "data-mx-spoiler", "data-mx-maths", "src"};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool listed(struct slice name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal_fold(name, slice_of(list[i]))) {
            return true;
        }
    }
    return false;
}

static void add_line_end(struct text *out)
{
    if (out->len && out->ptr[out->len - 1] != '\n') {
        text_add_char(out, '\n');
    }
}

static void add_code_point(struct text *out, uint32_t cp)
{
    char bytes[4];
    if (cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff)) {
        cp = 0xfffd;
    }
    text_add(out, slice_make(bytes, utf8_encode(cp, bytes)));
}

static int digit_of(char c, unsigned base)
{
    int value = -1;
    if (c >= '0' && c <= '9') {
        value = c - '0';
    } else if (base == 16 && (c | 32) >= 'a' && (c | 32) <= 'f') {
        value = (c | 32) - 'a' + 10;
    }
    return value;
}

// "&#105;" and "&#x69", with or without its end, as browsers read it. Returns the bytes
// used, 0 when it is none.
static size_t numeric_entity(struct text *out, struct slice s)
{
    unsigned base = s.len > 2 && (s.ptr[2] | 32) == 'x' ? 16 : 10;
    size_t start = base == 16 ? 3 : 2;
    size_t at = start;
    uint32_t cp = 0;
    while (at < s.len && digit_of(s.ptr[at], base) >= 0) {
        cp = cp > 0x110000 ? cp : cp * base + (uint32_t)digit_of(s.ptr[at], base);
        at++;
    }
    if (at == start) {
        return 0;
    }
    add_code_point(out, cp);
    return at + (at < s.len && s.ptr[at] == ';');
}

static size_t entity(struct text *out, struct slice s)
{
    if (s.len > 1 && s.ptr[1] == '#') {
        return numeric_entity(out, s);
    }
    char name[MATRIX_ENTITY_NAME_MOST] = "";
    size_t len = 0;
    while (len + 1 < s.len && len + 1 < sizeof(name) && is_alnum(s.ptr[len + 1])) {
        name[len] = s.ptr[len + 1];
        len++;
    }
    uint32_t cp = len ? matrix_entity(name) : 0;
    if (!cp || len + 1 >= s.len || s.ptr[len + 1] != ';') {
        return 0;
    }
    add_code_point(out, cp);
    return len + 2;
}

static void add_plain(struct text *out, struct slice s)
{
    size_t at = 0;
    while (at < s.len) {
        const char *amp = memchr(s.ptr + at, '&', s.len - at);
        size_t upto = amp ? (size_t)(amp - s.ptr) : s.len;
        text_add(out, slice_sub(s, at, upto - at));
        at = upto;
        if (amp) {
            size_t used = entity(out, slice_sub(s, at, s.len));
            if (!used) {
                text_add_char(out, '&');
                used = 1;
            }
            at += used;
        }
    }
}

// One attribute at s; *name and *value (raw) are set. Returns the bytes used, at least 1.
static size_t attribute(struct slice s, struct slice *name, struct slice *value)
{
    size_t at = 0;
    while (at < s.len && !is_space(s.ptr[at]) && s.ptr[at] != '=' && s.ptr[at] != '/') {
        at++;
    }
    *name = slice_sub(s, 0, at);
    *value = slice_of("");
    size_t eq = at;
    while (eq < s.len && is_space(s.ptr[eq])) {
        eq++;
    }
    if (eq >= s.len || s.ptr[eq] != '=') {
        return at ? at : 1;
    }
    at = eq + 1;
    while (at < s.len && is_space(s.ptr[at])) {
        at++;
    }
    if (at < s.len && (s.ptr[at] == '"' || s.ptr[at] == '\'')) {
        const char *end = memchr(s.ptr + at + 1, s.ptr[at], s.len - at - 1);
        size_t close = end ? (size_t)(end - s.ptr) : s.len;
        *value = slice_sub(s, at + 1, close - at - 1);
        return close < s.len ? close + 1 : s.len;
    }
    size_t start = at;
    while (at < s.len && !is_space(s.ptr[at])) {
        at++;
    }
    *value = slice_sub(s, start, at - start);
    return at ? at : 1;
}

static void add_attributes(struct text *out, struct slice s)
{
    while (s.len) {
        struct slice name;
        struct slice value;
        size_t used = attribute(s, &name, &value);
        s = slice_sub(s, used, s.len);
        if (value.len &&
            listed(name, readable, sizeof(readable) / sizeof(readable[0])) &&
            !slice_starts_with(value, SLICE("mxc://"))) {
            text_add_char(out, ' ');
            add_plain(out, value);
            text_add_char(out, ' ');
        }
    }
}

// Where the tag that begins at s (s.ptr[0] is '<') ends: offset of its '>', or s.len.
// A '>' inside quotes does not end it.
static size_t tag_end(struct slice s)
{
    char quote = 0;
    for (size_t at = 1; at < s.len; at++) {
        char c = s.ptr[at];
        if (quote) {
            quote = c == quote ? 0 : quote;
        } else if ((c == '"' || c == '\'') && s.ptr[at - 1] == '=') {
            quote = c;
        } else if (c == '>') {
            return at;
        }
    }
    return s.len;
}

static size_t comment_end(struct slice s)
{
    size_t at = slice_find(slice_sub(s, 4, s.len), SLICE("-->"));
    return at == SIZE_MAX ? s.len : at + 4 + 3;
}

// The tag at s; returns the bytes used, 0 when '<' is only a character.
static size_t tag(struct text *out, struct slice s)
{
    if (slice_starts_with(s, SLICE("<!--"))) {
        return comment_end(s);
    }
    bool closing = s.len > 1 && s.ptr[1] == '/';
    size_t at = closing ? 2 : 1;
    if (at >= s.len || !(is_letter(s.ptr[at]) || (!closing && s.ptr[at] == '!'))) {
        return 0;
    }
    size_t end = tag_end(s);
    size_t name_end = at;
    while (name_end < end && name_end - at < TAG_NAME_MOST &&
           (is_alnum(s.ptr[name_end]) || s.ptr[name_end] == '-')) {
        name_end++;
    }
    struct slice name = slice_sub(s, at, name_end - at);
    if (listed(name, blocks, sizeof(blocks) / sizeof(blocks[0]))) {
        add_line_end(out);
    }
    if (!closing) {
        add_attributes(out, slice_sub(s, name_end, end - name_end));
    }
    return end < s.len ? end + 1 : s.len;
}

void matrix_html_text(struct text *out, struct slice html)
{
    size_t at = 0;
    while (at < html.len) {
        const char *open = memchr(html.ptr + at, '<', html.len - at);
        size_t upto = open ? (size_t)(open - html.ptr) : html.len;
        add_plain(out, slice_sub(html, at, upto - at));
        at = upto;
        if (open) {
            size_t used = tag(out, slice_sub(html, at, html.len));
            if (!used) {
                text_add_char(out, '<');
                used = 1;
            }
            at += used;
        }
    }
}
