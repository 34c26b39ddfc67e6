/* SPDX-License-Identifier: MIT
 *
 * matrix_jobs.h - everything that the adapter asks the homeserver to do, in a queue that
 * keeps to its rate limits.
 *
 *   add ──► READY ──send──► OUT ──answer──► done(), once
 *             ▲               │ 429: the queue pauses as long as asked; of other things
 *             │               │ than redactions (joining has limits of its own) only those
 *             └───────────────┘ token lost: after the next login
 *
 * Redactions go before everything else. While the homeserver slows us down there is one
 * request at a time, so that what it lets through is a redaction as long as one waits.
 * A redaction of an event that is already redacted
 * is done without asking; one whose event is on its way waits for that answer.
 */
#ifndef HM_MATRIX_JOBS_H
#define HM_MATRIX_JOBS_H

#include <jansson.h>

#include "adapters/net/rest.h"
#include "bot/base/text.h"

struct adapter;
struct job;

// One action under way; answered once, when its last job ends.
struct deed {
    struct adapter *adapter;
    struct slice room, target, author, name; // one allocation with the deed
    struct slice body, reason;
    uint64_t id, ticket;
    uint64_t duration_ms;
    unsigned jobs; // not done yet
    enum fault fault;
    struct why why;
    struct text remote_id;
    bool own;            // ours: no ticket to answer
    bool holds;          // the cursor waits for it
    bool whole;          // of a redaction: the original with its edits
    unsigned pages;      // of edits asked for
    unsigned edits_left; // to be redacted before their original
    bool asking;         // for more edits
    json_t *content;     // of what is sent
};

// json: the answer's object, lent; NULL on most faults.
typedef void job_done_fn(struct deed *d, enum fault f, const struct why *why,
                         const json_t *json);

struct jobs {
    struct job *first, *last;
    unsigned out, waiting;
    uint64_t paused_until_ms; // monotonic
    uint64_t others_until_ms; // what is no redaction waits, monotonic
    unsigned narrow;          // so many answers until several may be out at once again
};

struct job_request {
    enum rest_method method;
    const char *path;   // copied
    const json_t *body; // NULL: none (an empty object where the method has a body)
    struct slice event; // a redaction's target, else empty; copied
    job_done_fn *done;  // called exactly once, later or at once
};

// Adds a job to a deed. MEMORY: it was not added.
MUST_USE enum fault jobs_add(struct deed *d, const struct job_request *request);
void jobs_kick(struct adapter *a);
// Every job ends with CANCELLED.
void jobs_cancel(struct adapter *a);

// A deed holds one count itself until deed_start() is over; deed_release() gives it back,
// and the last one answers the ticket and frees.
struct action;
struct deed *deed_create(struct adapter *a, const struct action *what, uint64_t ticket);
void deed_release(struct deed *d);
// The first fault stays.
void deed_fail(struct deed *d, enum fault f, const struct why *why);

#endif
