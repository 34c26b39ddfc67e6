/* SPDX-License-Identifier: MIT
 *
 * fault.h - how functions say that they failed, and why.
 *
 * The value tells the caller what it may do; the note tells a person why. A library's
 * codes are translated once, in the file that calls it, its own text kept in the note.
 */
#ifndef HM_BASE_FAULT_H
#define HM_BASE_FAULT_H

#include <stdint.h>

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

#define FAULT_MAP(X)                                                                   \
    X(NONE, "no fault")                                                                \
    X(MEMORY, "out of memory")                                                         \
    X(INPUT, "malformed input")                                                        \
    X(LIMIT, "a configured bound was reached")                                         \
    X(ABSENT, "no such thing")                                                         \
    X(DENIED, "credentials or permissions refused")                                    \
    X(THROTTLED, "the remote asked us to wait")                                        \
    X(OFFLINE, "the remote could not be reached")                                      \
    X(STORE, "the case store failed")                                                  \
    X(CANCELLED, "stopped before it finished")

enum fault {
#define X(name, text) FAULT_##name,
    FAULT_MAP(X)
#undef X
};

// What went with a fault. Lives on the caller's stack, may be NULL; never owns memory.
struct why {
    uint32_t wait_ms; // with THROTTLED: how long the remote asked for; else 0
    char text[240];   // for a person: UTF-8, NUL-terminated, cut between code points
};

const char *fault_text(enum fault f);

// Fills *why (when not NULL) and returns f, so that note and value are built together.
enum fault fault_say(struct why *why, enum fault f, const char *format, ...)
    PRINTF_LIKE(3, 4);
// The note if there is one, else the fault's own text.
const char *why_text(const struct why *why, enum fault f);

#endif
