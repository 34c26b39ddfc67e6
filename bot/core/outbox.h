/* SPDX-License-Identifier: MIT
 *
 * outbox.h - what has to be done outside, until each is done or has failed for good.
 *
 *   add ──► HELD ──release──► READY ──act()──► OUT ──outcome──► done | failed
 *           (commit)            ▲                      │
 *                               └── WAITING (backoff) ◄┘
 *
 * Tasks of one case that touch the same thing run in the order of their ids: a restore
 * waits for its hide, an alert's update for the alert. The rows in the store are the
 * truth; this is their mirror in memory, filled again at start.
 */
#ifndef HM_CORE_OUTBOX_H
#define HM_CORE_OUTBOX_H

#include "bot/core/bot.h"

MUST_USE enum fault outbox_create(struct outbox **out, struct bot *bot);
void outbox_destroy(struct outbox *o); // NULL is fine

// Already known ids are ignored. adapter may be empty: found when the task is loaded.
// held: not before outbox_release().
void outbox_add(struct outbox *o, const struct store_task *task, bool held);
// The commit that covers the task is durable. c (may be NULL) spares loading the case.
void outbox_release(struct outbox *o, uint64_t task_id, const struct store_case *c,
                    const struct store_task *task);
// The record was a duplicate: its tasks were never written.
void outbox_drop(struct outbox *o, uint64_t task_id);
// A hide that does not wait for its commit, because the database cannot be written.
void outbox_hurry(struct outbox *o, const struct store_task *task,
                  const struct store_case *c);
void outbox_outcome(struct outbox *o, uint64_t ticket, enum fault f,
                    const struct why *why, struct slice remote_id);
// A platform is up again: what waited for it goes on.
void outbox_kick(struct outbox *o);
// No more acts; tickets that are out may still come in.
void outbox_stop(struct outbox *o);
size_t outbox_size(const struct outbox *o);
// Loads what is pending in the store: at start, and when a command line added something.
void outbox_refresh(struct outbox *o);
void outbox_take_due(struct outbox *o, const struct store_request *due);

#endif
