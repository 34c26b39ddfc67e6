/* SPDX-License-Identifier: MIT
 *
 * log.h - one constant sentence and typed fields a line, to stderr, as logfmt or JSON.
 *
 *   log_warn("outbox: ban not delivered", LOG_STR("adapter", name), LOG_U64("task", id));
 *
 * Levels by who should act: error = operator now, warn = operator soon, info = state
 * changed, debug = developer. Message text, user names and secrets are never logged, at
 * any level: log ids and rule ids. The sink is the program's only global state.
 */
#ifndef HM_BASE_LOG_H
#define HM_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "bot/base/fault.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

struct log_field {
    enum { LOG_FIELD_END, LOG_FIELD_TEXT, LOG_FIELD_U64, LOG_FIELD_I64 } kind;
    const char *key; // lower-case word
    union {
        const char *text; // NULL prints as empty
        uint64_t u64;
        int64_t i64;
    };
};

#define LOG_STR(k, v)                                                                  \
    ((struct log_field){.kind = LOG_FIELD_TEXT, .key = (k), .text = (v)})
#define LOG_U64(k, v)                                                                  \
    ((struct log_field){.kind = LOG_FIELD_U64, .key = (k), .u64 = (v)})
#define LOG_I64(k, v)                                                                  \
    ((struct log_field){.kind = LOG_FIELD_I64, .key = (k), .i64 = (v)})
#define LOG_FAULT(f)                                                                   \
    ((struct log_field){.kind = LOG_FIELD_TEXT, .key = "fault", .text = fault_text(f)})
// The person's note that went with a fault (never remote message text).
#define LOG_WHY(w)                                                                     \
    ((struct log_field){.kind = LOG_FIELD_TEXT, .key = "why", .text = (w)->text})

void log_set_level(enum log_level least);
void log_set_format(enum log_format format);
// Tests: lines go to fn instead of stderr; NULL restores stderr.
void log_set_sink(void (*fn)(const char *line, void *ctx), void *ctx);
bool log_level_parse(const char *name, enum log_level *out);

// Thread-safe. Lines are cut at 4 KiB. Fields end with a LOG_FIELD_END element.
void log_line(enum log_level level, const char *sentence,
              const struct log_field *fields);

#define log_at(level, sentence, ...)                                                   \
    log_line(                                                                          \
        (level), (sentence),                                                           \
        (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.kind = LOG_FIELD_END}})
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)  log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
