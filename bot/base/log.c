// SPDX-License-Identifier: MIT
#include "bot/base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bot/base/clock.h"
#include "bot/base/text.h"

enum { LINE_BYTES = 4096 };

// The program's only global state.
static struct {
    pthread_mutex_t lock;
    enum log_level least;
    enum log_format format;
    void (*fn)(const char *line, void *ctx);
    void *ctx;
} sink = {.lock = PTHREAD_MUTEX_INITIALIZER, .least = LOG_LEVEL_INFO};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_set_level(enum log_level least)
{
    sink.least = least;
}

void log_set_format(enum log_format format)
{
    sink.format = format;
}

void log_set_sink(void (*fn)(const char *line, void *ctx), void *ctx)
{
    pthread_mutex_lock(&sink.lock);
    sink.fn = fn;
    sink.ctx = ctx;
    pthread_mutex_unlock(&sink.lock);
}

bool log_level_parse(const char *name, enum log_level *out)
{
    for (unsigned i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static bool plain_word(const char *s)
{
    if (!*s) {
        return false;
    }
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7F) {
            return false;
        }
    }
    return true;
}

static void add_value(struct text *line, const struct log_field *field, bool json)
{
    switch (field->kind) {
    case LOG_FIELD_U64:
        text_add_format(line, "%llu", (unsigned long long)field->u64);
        break;
    case LOG_FIELD_I64:
        text_add_format(line, "%lld", (long long)field->i64);
        break;
    case LOG_FIELD_TEXT: {
        const char *text = field->text ? field->text : "";
        if (!json && plain_word(text)) {
            text_add_str(line, text);
        } else {
            text_add_json(line, slice_of(text));
        }
        break;
    }
    case LOG_FIELD_END:
        break;
    }
}

static void build(struct text *line, enum log_level level, const char *sentence,
                  const struct log_field *fields)
{
    bool json = sink.format == LOG_FORMAT_JSON;
    struct clock clock = clock_real();
    char at[CLOCK_TEXT_BYTES];
    clock_text(clock_unix_ms(&clock), at);
    text_add_format(
        line,
        json ? "{\"at\":\"%s\",\"level\":\"%s\",\"msg\":" : "at=%s level=%s msg=", at,
        level_names[level]);
    text_add_json(line, slice_of(sentence));
    for (; fields->kind != LOG_FIELD_END; fields++) {
        text_add_format(line, json ? ",\"%s\":" : " %s=", fields->key);
        add_value(line, fields, json);
    }
    if (json) {
        text_add_char(line, '}');
    }
}

void log_line(enum log_level level, const char *sentence,
              const struct log_field *fields)
{
    if (level < sink.least) {
        return;
    }
    struct text line;
    text_init(&line, LINE_BYTES);
    build(&line, level, sentence, fields);
    pthread_mutex_lock(&sink.lock);
    if (sink.fn) {
        sink.fn(text_cstr(&line), sink.ctx);
    } else {
        fprintf(stderr, "%s\n", text_cstr(&line));
    }
    pthread_mutex_unlock(&sink.lock);
    text_finish(&line);
}
