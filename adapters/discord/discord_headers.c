// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_headers.h"

#include <ctype.h>

#include "adapters/discord/discord_json.h"

// Seconds with a fraction, as in X-RateLimit-Reset-After; UINT64_MAX: not a number.
static uint64_t seconds_ms(struct slice s)
{
    struct slice fraction = {0};
    struct slice whole = slice_cut(slice_trim(s), '.', &fraction);
    uint64_t seconds = 0;
    if (slice_u64(whole, &seconds) || seconds > 1000000) {
        return UINT64_MAX;
    }
    uint64_t ms = 0;
    uint64_t unit = 100;
    for (size_t i = 0; i < fraction.len && i < 3; i++, unit /= 10) {
        if (isdigit((unsigned char)fraction.ptr[i])) {
            ms += (uint64_t)(fraction.ptr[i] - '0') * unit;
        }
    }
    return seconds * 1000 + ms + (fraction.len > 3); // rounded up
}

static uint64_t header_u64(const struct rest_answer *a, const char *name)
{
    uint64_t value = 0;
    return slice_u64(rest_header(a, name), &value) ? UINT64_MAX : value;
}

struct discord_limit_answer discord_headers_read(const struct rest_answer *a,
                                                 const json_t *json)
{
    struct discord_limit_answer l = {
        .status = a->status,
        .bucket = rest_header(a, "x-ratelimit-bucket"),
        .limit = header_u64(a, "x-ratelimit-limit"),
        .remaining = header_u64(a, "x-ratelimit-remaining"),
        .reset_after_ms = seconds_ms(rest_header(a, "x-ratelimit-reset-after")),
        .retry_after_ms = seconds_ms(rest_header(a, "retry-after")),
        .global = rest_header(a, "x-ratelimit-global").len > 0 ||
                  slice_is(rest_header(a, "x-ratelimit-scope"), "global") ||
                  discord_get_bool(json, "global"),
        .shared = slice_is(rest_header(a, "x-ratelimit-scope"), "shared"),
    };
    const json_t *exact = json_object_get(json, "retry_after");
    if (json_is_number(exact) && json_number_value(exact) >= 0 &&
        json_number_value(exact) < 1e6) {
        // Finer than the header, which some proxies round.
        l.retry_after_ms = (uint64_t)(json_number_value(exact) * 1000) + 1;
    }
    return l;
}
