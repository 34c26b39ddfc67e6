// SPDX-License-Identifier: MIT
#include "rules/engine/repeat.h"

#include <string.h>

enum {
    PERIOD_MOST = 4,
    RUN_LEAST = 10, // tokens; shorter ones are not looked at
    LONG_WORD = 4,  // bytes: "join" is one, "ha" is not
    LONG_COPIES = 10,
    SHORT_COPIES = 20,  // of one short word, letter or emoji
    PHRASE_COPIES = 5,  // of two words or more
    CONTEXT_LEAST = 2,  // earlier messages of the same text
    CONTEXT_SHORT = 12, // bytes up to which
    CONTEXT_MORE = 5,   // that many are needed
    CALLS_MOST = 8,     // "@ella @tom ..."
    LINKS_MOST = 5
};

// Tokens that equal the one `period` before them, around token i, which does.
static size_t run_around(const struct tokens *t, size_t i, size_t period)
{
    size_t first = i, last = i;
    while (first > period && t->at[first - 1].key == t->at[first - 1 - period].key) {
        first--;
    }
    while (last + 1 < t->count && t->at[last + 1].key == t->at[last + 1 - period].key) {
        last++;
    }
    return last - first + 1 + period;
}

bool repeats_itself(const struct tokens *t)
{
    // A run of RUN_LEAST covers one of every few tokens, so only those are tried.
    for (size_t i = RUN_LEAST - 1; i < t->count; i += RUN_LEAST - PERIOD_MOST) {
        for (size_t period = 1; period <= PERIOD_MOST; period++) {
            if (t->at[i].key != t->at[i - period].key) {
                continue;
            }
            size_t run = run_around(t, i, period);
            size_t length = t->at[i].end - t->at[i].start;
            bool is_long = t->at[i].kind == TOKEN_WORD && length >= LONG_WORD;
            size_t copies = period > 1 ? PHRASE_COPIES
                            : is_long  ? LONG_COPIES
                                       : SHORT_COPIES;
            if (run >= copies * period) {
                return true;
            }
            break; // longer periods are this run again
        }
    }
    return false;
}

bool calls_many(struct slice text)
{
    size_t calls = 0, links = 0;
    for (size_t i = 0; i + 1 < text.len; i++) {
        const char *at = memchr(text.ptr + i, '@', text.len - i);
        if (!at) {
            break;
        }
        i = (size_t)(at - text.ptr);
        calls += (i == 0 || text.ptr[i - 1] == ' ' || text.ptr[i - 1] == '\n') &&
                 i + 1 < text.len && text.ptr[i + 1] > ' ';
    }
    for (size_t i = 0; i + 3 < text.len; i++) {
        const char *at = memchr(text.ptr + i, ':', text.len - i - 2);
        if (!at) {
            break;
        }
        i = (size_t)(at - text.ptr);
        links += at[1] == '/' && at[2] == '/';
    }
    return calls >= CALLS_MOST || links >= LINKS_MOST;
}

bool repeats_context(const struct judge_message *m)
{
    struct slice text = slice_trim(m->text);
    size_t same = 0;
    for (size_t i = 0; i < m->context_count; i++) {
        same += slice_equal_fold(slice_trim(m->context[i]), text);
    }
    return text.len &&
           same >= (text.len > CONTEXT_SHORT ? CONTEXT_LEAST : CONTEXT_MORE);
}
