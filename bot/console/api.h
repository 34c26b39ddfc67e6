/* SPDX-License-Identifier: MIT
 *
 * api.h - what the console's page asks: JSON in, JSON out, answered when the store has.
 */
#ifndef HM_CONSOLE_API_H
#define HM_CONSOLE_API_H

#include "bot/core/bot.h"

struct api_ticket; // an answer on its way
// json is lent. Called exactly once, maybe before api_get() returns, unless forgotten.
typedef void api_answer_fn(void *ctx, unsigned status, struct slice json);

// NULL when the answer was given at once.
struct api_ticket *api_get(struct bot *bot, struct slice path, struct slice state,
                           api_answer_fn *fn, void *ctx);
struct api_ticket *api_post(struct bot *bot, struct slice path, struct slice body,
                            api_answer_fn *fn, void *ctx);
// Nobody waits any more; NULL is fine.
void api_forget(struct api_ticket *t);
void api_metrics(struct bot *bot, struct text *out);
// One case as JSON; whole: with findings, evidence, tasks and history.
void api_case_json(struct text *out, const struct store_case *c, bool whole);

#endif
