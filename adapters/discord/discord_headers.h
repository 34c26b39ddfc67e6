/* SPDX-License-Identifier: MIT
 *
 * discord_headers.h - what an answer's headers say about rate limits.
 */
#ifndef HM_DISCORD_HEADERS_H
#define HM_DISCORD_HEADERS_H

#include <jansson.h>

#include "adapters/discord/discord_limit.h"
#include "adapters/net/rest.h"

// json: the answer's body, may be NULL. Slices point into the answer.
struct discord_limit_answer discord_headers_read(const struct rest_answer *a,
                                                 const json_t *json);

#endif
