/* SPDX-License-Identifier: MIT
 *
 * text.h - owned, growable, NUL-terminated bytes that refuse to pass their limit.
 *
 * Once a text_add_* call failed, the text keeps what it had; callers that build a text
 * in many steps may check text_failed() once at the end instead.
 */
#ifndef HM_BASE_TEXT_H
#define HM_BASE_TEXT_H

#include <stdbool.h>

#include "bot/base/slice.h"

struct text {
    char *ptr;        // NULL until the first byte
    size_t len;       // bytes in use, terminator not counted
    size_t cap;       // bytes allocated
    size_t limit;     // largest len allowed; growing past it is FAULT_LIMIT
    enum fault fault; // the first fault of any add, or FAULT_NONE
};

void text_init(struct text *t, size_t limit);
void text_finish(struct text *t); // zeroed storage is fine
void text_clear(struct text *t);  // keeps the allocation
enum fault text_add(struct text *t, struct slice s);
enum fault text_add_char(struct text *t, char c);
enum fault text_add_str(struct text *t, const char *nul_terminated);
enum fault text_add_format(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);
// A JSON string with its quotes; invalid UTF-8 becomes U+FFFD.
enum fault text_add_json(struct text *t, struct slice s);
// For an HTML page or attribute: & < > " ' as references.
enum fault text_add_html(struct text *t, struct slice s);
bool text_failed(const struct text *t);
struct slice text_slice(const struct text *t);
// Never NULL.
const char *text_cstr(const struct text *t);
// Hands the bytes over (NUL-terminated, from malloc; NULL when nothing was added).
char *text_take(struct text *t);

#endif
