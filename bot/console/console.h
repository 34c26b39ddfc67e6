/* SPDX-License-Identifier: MIT
 *
 * console.h - the page: sign-in, the queue of cases, the sandbox channel, metrics.
 *
 * Routes  GET /            the page        GET /signin?token=…  one-time link, sets a cookie
 *         GET /api/status  GET /api/cases?state=open  GET /api/case/N
 *         POST /api/case/N {"decision":"restore"}     GET /metrics   GET /healthz
 *         websocket "hallmonitor-events": {"what","case"} whenever something changed
 *         websocket protocols that adapters offer (the sandbox's)
 *
 * Access  Everything but /healthz and /signin needs the session cookie; POST and websocket
 *         also need an Origin that is our own. Sessions are signed, not stored: they
 *         survive a restart and end after twelve hours.
 */
#ifndef HM_CONSOLE_CONSOLE_H
#define HM_CONSOLE_CONSOLE_H

#include "bot/core/bot.h"

MUST_USE enum fault console_create(struct console **out, struct bot *bot,
                                   struct why *why);
// A websocket protocol of an adapter; before console_listen().
void console_offer(struct console *c, const struct lws_protocols *protocol);
MUST_USE enum fault console_listen(struct console *c, struct why *why);
// After the libwebsockets context is gone; NULL is fine.
void console_destroy(struct console *c);
void console_event(struct console *c, const char *what, uint64_t case_id);
// A generation's settings that adapters still point into, after a reload.
void console_keep_config(struct console *c, struct config_file *file);

#endif
