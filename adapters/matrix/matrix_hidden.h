/* SPDX-License-Identifier: MIT
 *
 * matrix_hidden.h - the latest events that we redacted, with their authors.
 *
 * Redacting an original leaves its edits readable, also those that come later: an edit of
 * one of these by the same author is redacted when it is seen. Kept over restarts in the
 * core's cursors, bucket by bucket.
 */
#ifndef HM_MATRIX_HIDDEN_H
#define HM_MATRIX_HIDDEN_H

#include <jansson.h>

#include "adapters/adapter.h"

enum { HIDDEN_BUCKETS = 64, HIDDEN_EACH = 64 };

struct hidden {
    json_t *buckets[HIDDEN_BUCKETS]; // arrays of [event id, author], oldest first
};

void hidden_load(struct hidden *h, struct adapter_host *host);
void hidden_finish(struct hidden *h); // zeroed storage is fine
void hidden_add(struct hidden *h, struct adapter_host *host, struct slice event_id,
                struct slice author);
// The author of a hidden event; empty: not hidden, as far as remembered.
struct slice hidden_author(const struct hidden *h, struct slice event_id);

#endif
