/* SPDX-License-Identifier: MIT
 *
 * backend.h - what a database must do for the store; SQLite is the embedded one.
 *
 * Thread  one at a time: the store's thread, or the caller's before it starts.
 * Faults  STORE: the database cannot be written now (full, read only, I/O): the same call
 *         may succeed later. Anything else is final for that request.
 */
#ifndef HM_STORE_BACKEND_H
#define HM_STORE_BACKEND_H

#include "bot/store/store.h"

struct backend;

MUST_USE enum fault backend_open(struct backend **out,
                                 const struct store_options *options,
                                 const struct seal_key *key, struct why *why);
void backend_close(struct backend *b);
MUST_USE enum fault backend_begin(struct backend *b, struct why *why);
MUST_USE enum fault backend_commit(struct backend *b, struct why *why);
void backend_rollback(struct backend *b);
// One request inside the transaction, undone by itself when it fails.
MUST_USE enum fault backend_run(struct backend *b, struct store_request *r);
// Whether another process wrote since the last call.
bool backend_changed(struct backend *b);
uint64_t backend_last_case_id(struct backend *b);
MUST_USE enum fault backend_audit_verify(struct backend *b, uint64_t *entries,
                                         uint64_t *bad_seq, struct why *why);

#endif
