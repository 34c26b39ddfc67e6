/* SPDX-License-Identifier: MIT
 *
 * sqlite_checkpoint.h - moves what the write-ahead log holds into the database, beside
 * the store's thread: that is megabytes to write and to flush, and commits, on which a
 * hide waits, shall not stand behind it.
 *
 * Shape   a thread with a connection of its own does the most of it; what was written
 *         meanwhile the store's thread does itself, between two groups, which is little,
 *         and after which the log begins anew.
 */
#ifndef HM_STORE_SQLITE_CHECKPOINT_H
#define HM_STORE_SQLITE_CHECKPOINT_H

#include <sqlite3.h>

#include "bot/base/fault.h"

struct checkpointer;

// Takes the place of db's own checkpoints. db belongs to the store's thread and is lent.
MUST_USE enum fault checkpointer_start(struct checkpointer **out, sqlite3 *db,
                                       const char *path, struct why *why);
// The store's thread, outside a transaction: does the rest of what the thread did.
void checkpointer_settle(struct checkpointer *c); // NULL is fine
void checkpointer_stop(struct checkpointer *c);   // before db is closed; NULL is fine

#endif
