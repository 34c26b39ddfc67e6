// SPDX-License-Identifier: MIT
#include "bot/base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *fault_text(enum fault f)
{
    static const char *const texts[] = {
#define X(name, text) [FAULT_##name] = text,
        FAULT_MAP(X)
#undef X
    };
    return (unsigned)f < sizeof(texts) / sizeof(texts[0]) ? texts[f] : "unknown fault";
}

// Drops a code point that snprintf cut in two.
static void trim_cut_code_point(char *text, size_t len)
{
    size_t start = len;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) {
        start--;
    }
    if (start == 0) {
        return;
    }
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (len - (start - 1) < want) {
        text[start - 1] = '\0';
    }
}

enum fault fault_say(struct why *why, enum fault f, const char *format, ...)
{
    if (!why) {
        return f;
    }
    va_list args;
    va_start(args, format);
    int n = vsnprintf(why->text, sizeof(why->text), format, args);
    va_end(args);
    why->wait_ms = 0;
    if (n >= (int)sizeof(why->text)) {
        trim_cut_code_point(why->text, strlen(why->text));
    }
    return f;
}

const char *why_text(const struct why *why, enum fault f)
{
    return why && why->text[0] ? why->text : fault_text(f);
}
