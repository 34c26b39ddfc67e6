/* SPDX-License-Identifier: MIT
 *
 * discord_ask.h - one request at a time, waited for, on a loop of its own: for commands,
 * never for the daemon. Goes through the same limits as everything else.
 */
#ifndef HM_DISCORD_ASK_H
#define HM_DISCORD_ASK_H

#include "adapters/discord/discord_client.h"
#include "adapters/discord/discord_conf.h"

struct discord_ask {
    uv_loop_t loop;
    struct clock clock;
    struct secret token;
    struct discord_client *client;
    bool waiting;
    // The last answer.
    enum fault fault;
    struct why why;
    long status;
    uint64_t took_ms;
    json_t *json; // owned; NULL: none
};

// Checks the settings and reads the token.
MUST_USE enum fault discord_ask_open(struct discord_ask *a,
                                     const struct discord_conf *conf, struct why *why);
// false: a.fault and a.why say what went wrong.
bool discord_ask_get(struct discord_ask *a, const char *path);
// body: JSON; reason: for the audit log, may be NULL.
bool discord_ask_send(struct discord_ask *a, enum rest_method method, const char *path,
                      struct slice body, const char *reason);
void discord_ask_close(struct discord_ask *a); // after open succeeded

#endif
