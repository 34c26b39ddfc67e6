// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint64_t epoch_ms = 1420070400000; // the first second of 2015

uint64_t discord_id_parse(struct slice digits)
{
    uint64_t id = 0;
    return digits.len <= 20 && slice_u64(digits, &id) == FAULT_NONE ? id : 0;
}

uint64_t discord_id(const json_t *value)
{
    return discord_id_parse(discord_text(value));
}

uint64_t discord_get_id(const json_t *object, const char *key)
{
    return discord_id(json_object_get(object, key));
}

uint64_t discord_id_unix_ms(uint64_t id)
{
    return (id >> 22) + epoch_ms;
}

uint64_t discord_id_at(uint64_t unix_ms)
{
    return unix_ms > epoch_ms ? (unix_ms - epoch_ms) << 22 : 0;
}

struct slice discord_id_text(uint64_t id, char out[DISCORD_ID_BYTES])
{
    int n = snprintf(out, DISCORD_ID_BYTES, "%llu", (unsigned long long)id);
    return slice_make(out, (size_t)n);
}

struct slice discord_text(const json_t *value)
{
    return json_is_string(value)
               ? slice_make(json_string_value(value), json_string_length(value))
               : slice_of("");
}

struct slice discord_get_text(const json_t *object, const char *key)
{
    return discord_text(json_object_get(object, key));
}

uint64_t discord_get_u64(const json_t *object, const char *key, uint64_t otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) && json_integer_value(value) >= 0
               ? (uint64_t)json_integer_value(value)
               : otherwise;
}

bool discord_get_bool(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

uint64_t discord_get_bits(const json_t *object, const char *key)
{
    uint64_t bits = 0;
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value)) {
        return slice_u64(discord_text(value), &bits) == FAULT_NONE ? bits : 0;
    }
    return discord_get_u64(object, key, 0);
}

// The digits of s[off .. off + count), or -1.
static int digits_at(struct slice s, size_t off, size_t count)
{
    int value = 0;
    for (size_t i = off; i < off + count; i++) {
        if (i >= s.len || s.ptr[i] < '0' || s.ptr[i] > '9') {
            return -1;
        }
        value = value * 10 + (s.ptr[i] - '0');
    }
    return value;
}

uint64_t discord_time_ms(struct slice iso8601)
{
    struct tm tm = {.tm_year = digits_at(iso8601, 0, 4) - 1900,
                    .tm_mon = digits_at(iso8601, 5, 2) - 1,
                    .tm_mday = digits_at(iso8601, 8, 2),
                    .tm_hour = digits_at(iso8601, 11, 2),
                    .tm_min = digits_at(iso8601, 14, 2),
                    .tm_sec = digits_at(iso8601, 17, 2)};
    if (tm.tm_year < 70 || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 ||
        tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_min < 0 || tm.tm_sec < 0) {
        return 0;
    }
    int fraction = 0;
    if (iso8601.len > 20 && iso8601.ptr[19] == '.') {
        fraction = digits_at(iso8601, 20, 3); // Discord sends six digits, or three
        fraction = fraction < 0 ? 0 : fraction;
    }
    time_t seconds = timegm(&tm); // Discord's times are UTC
    return seconds < 0 ? 0 : (uint64_t)seconds * 1000 + (uint64_t)fraction;
}

void discord_time_text(uint64_t unix_ms, char out[40])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    char date[24];
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, 40, "%s.%03u+00:00", date, (unsigned)(unix_ms % 1000));
}

// The code unit of an escape "\uXXXX" at s[off], or -1.
static int unit_at(const char *s, size_t len, size_t off)
{
    if (off + 6 > len || s[off] != '\\' || s[off + 1] != 'u') {
        return -1;
    }
    int unit = 0;
    for (size_t i = off + 2; i < off + 6; i++) {
        char c = s[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool high(int unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool low(int unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

// Overwrites escapes of half surrogates; returns how many there were.
static size_t mend(char *s, size_t len)
{
    size_t mended = 0;
    for (size_t i = 0; i < len; i++) {
        if (s[i] != '\\') {
            continue;
        }
        int unit = unit_at(s, len, i);
        if (unit < 0) {
            i++; // another escape: its second byte is no beginning
            continue;
        }
        if (high(unit) && low(unit_at(s, len, i + 6))) {
            i += 11;
            continue;
        }
        if (high(unit) || low(unit)) {
            memcpy(s + i + 2, "fffd", 4);
            mended++;
        }
        i += 5;
    }
    return mended;
}

json_t *discord_parse(struct slice bytes)
{
    json_t *value = json_loadb(bytes.ptr, bytes.len, JSON_ALLOW_NUL, NULL);
    if (!value && bytes.len) {
        char *copy = slice_dup(bytes);
        if (copy && mend(copy, bytes.len)) {
            value = json_loadb(copy, bytes.len, JSON_ALLOW_NUL, NULL);
        }
        free(copy);
    }
    if (value && !json_is_object(value)) {
        json_decref(value);
        value = NULL;
    }
    return value;
}
