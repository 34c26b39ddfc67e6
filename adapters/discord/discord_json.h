/* SPDX-License-Identifier: MIT
 *
 * discord_json.h - Discord's values in JSON: snowflakes, strings, times.
 *
 * Owner   slices point into the json_t they were read from.
 */
#ifndef HM_DISCORD_JSON_H
#define HM_DISCORD_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "bot/base/slice.h"

enum { DISCORD_ID_BYTES = 24 };

// A snowflake in decimal, or 0: absent, not a string of digits, out of range.
uint64_t discord_id(const json_t *value);
uint64_t discord_id_parse(struct slice digits);
uint64_t discord_get_id(const json_t *object, const char *key);
// When the thing with this id was made, ms since the Unix epoch.
uint64_t discord_id_unix_ms(uint64_t id);
// The least id that a thing made at that time can have.
uint64_t discord_id_at(uint64_t unix_ms);
// Decimal into out; returns it as a slice.
struct slice discord_id_text(uint64_t id, char out[DISCORD_ID_BYTES]);
// Empty when absent or of another type.
struct slice discord_get_text(const json_t *object, const char *key);
struct slice discord_text(const json_t *value);
// Absent or of another type gives otherwise.
uint64_t discord_get_u64(const json_t *object, const char *key, uint64_t otherwise);
bool discord_get_bool(const json_t *object, const char *key);
// A 64-bit set that Discord sends as a decimal string.
uint64_t discord_get_bits(const json_t *object, const char *key);
// "2026-03-05T14:02:11.123000+00:00"; 0: not a time.
uint64_t discord_time_ms(struct slice iso8601);
// "2026-03-05T14:02:11.123+00:00" into out.
void discord_time_text(uint64_t unix_ms, char out[40]);
// Parses a JSON object. Half surrogates, which JSON cannot carry, become U+FFFD rather
// than hiding the message from us. NULL: not an object.
json_t *discord_parse(struct slice bytes);

#endif
