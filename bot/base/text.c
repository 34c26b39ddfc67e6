// SPDX-License-Identifier: MIT
#include "bot/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/utf8.h"

void text_init(struct text *t, size_t limit)
{
    *t = (struct text){.limit = limit};
}

void text_finish(struct text *t)
{
    free(t->ptr);
    *t = (struct text){.limit = t->limit};
}

void text_clear(struct text *t)
{
    t->len = 0;
    t->fault = FAULT_NONE;
    if (t->ptr) {
        t->ptr[0] = '\0';
    }
}

static enum fault failed(struct text *t, enum fault f)
{
    if (t->fault == FAULT_NONE) {
        t->fault = f;
    }
    return f;
}

static enum fault reserve(struct text *t, size_t more)
{
    if (more > t->limit - t->len) {
        return failed(t, FAULT_LIMIT);
    }
    size_t need = t->len + more + 1;
    if (need <= t->cap) {
        return FAULT_NONE;
    }
    size_t cap = t->cap ? t->cap : 64;
    while (cap < need) {
        cap *= 2;
    }
    char *grown = realloc(t->ptr, cap);
    if (!grown) {
        return failed(t, FAULT_MEMORY);
    }
    t->ptr = grown;
    t->cap = cap;
    return FAULT_NONE;
}

enum fault text_add(struct text *t, struct slice s)
{
    enum fault f = reserve(t, s.len);
    if (f) {
        return f;
    }
    if (s.len) {
        memcpy(t->ptr + t->len, s.ptr, s.len);
    }
    t->len += s.len;
    t->ptr[t->len] = '\0';
    return FAULT_NONE;
}

enum fault text_add_char(struct text *t, char c)
{
    return text_add(t, slice_make(&c, 1));
}

enum fault text_add_str(struct text *t, const char *nul_terminated)
{
    return text_add(t, slice_of(nul_terminated));
}

enum fault text_add_format(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    enum fault f = n < 0 ? failed(t, FAULT_INPUT) : reserve(t, (size_t)n);
    if (f == FAULT_NONE) {
        vsnprintf(t->ptr + t->len, (size_t)n + 1, format, again);
        t->len += (size_t)n;
    }
    va_end(again);
    return f;
}

static enum fault add_json_escape(struct text *t, unsigned char c)
{
    switch (c) {
    case '"':
        return text_add_str(t, "\\\"");
    case '\\':
        return text_add_str(t, "\\\\");
    case '\n':
        return text_add_str(t, "\\n");
    case '\r':
        return text_add_str(t, "\\r");
    case '\t':
        return text_add_str(t, "\\t");
    default:
        return text_add_format(t, "\\u%04x", c);
    }
}

enum fault text_add_json(struct text *t, struct slice s)
{
    text_add_char(t, '"');
    size_t run = 0; // start of the bytes that need no escape
    size_t off = 0;
    while (off < s.len) {
        unsigned char c = (unsigned char)s.ptr[off];
        uint32_t cp;
        size_t n = c < 0x80 ? 1 : utf8_decode(s, off, &cp);
        if (n != 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) {
            off += n;
            continue;
        }
        text_add(t, slice_sub(s, run, off - run));
        if (n == 0) {
            text_add_str(t, "\xEF\xBF\xBD");
        } else {
            add_json_escape(t, c);
        }
        off++;
        run = off;
    }
    text_add(t, slice_sub(s, run, off - run));
    text_add_char(t, '"');
    return t->fault;
}

bool text_failed(const struct text *t)
{
    return t->fault != FAULT_NONE;
}

struct slice text_slice(const struct text *t)
{
    return (struct slice){t->ptr, t->len};
}

const char *text_cstr(const struct text *t)
{
    return t->ptr ? t->ptr : "";
}

char *text_take(struct text *t)
{
    char *ptr = t->ptr;
    *t = (struct text){.limit = t->limit};
    return ptr;
}

enum fault text_add_html(struct text *t, struct slice s)
{
    enum fault f = FAULT_NONE;
    for (size_t i = 0; i < s.len && !f; i++) {
        switch (s.ptr[i]) {
        case '&':
            f = text_add_str(t, "&amp;");
            break;
        case '<':
            f = text_add_str(t, "&lt;");
            break;
        case '>':
            f = text_add_str(t, "&gt;");
            break;
        case '"':
            f = text_add_str(t, "&quot;");
            break;
        case '\'':
            f = text_add_str(t, "&#39;");
            break;
        default:
            f = text_add_char(t, s.ptr[i]);
        }
    }
    return f;
}
