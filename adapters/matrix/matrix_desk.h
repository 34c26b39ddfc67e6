/* SPDX-License-Identifier: MIT
 *
 * matrix_desk.h - where the homeserver asks before it delivers: HTTP on a thread of its
 * own, so that every question is answered within its time whatever the loop is doing.
 *
 *   request ──► ASKED ──desk_take()──► question_claim() ──► CLAIMED
 *                 │                        (the loop)          │ question_answer()
 *                 │ its time is over                           ▼
 *                 └──► EXPIRED: let through                 ANSWERED: as the loop says
 *
 * Of the two ends of ASKED exactly one happens: a question that was let through cannot be
 * refused, nor recorded as refused, any more.
 *
 * Thread  desk_open() and everything after it on the loop; wake() is called on the desk's.
 */
#ifndef HM_MATRIX_DESK_H
#define HM_MATRIX_DESK_H

#include <jansson.h>
#include <stdatomic.h>

#include "bot/base/clock.h"
#include "bot/base/secret.h"

// An answer has to be on the wire 50 ms after its question arrived; the loop has these.
enum { DESK_PATIENCE_MS = 45 };

struct desk;
struct question;

struct desk_settings {
    const char *listen; // address
    uint16_t port;
    const struct secret *token; // copied
    struct clock clock;         // read on both threads
    void (*wake)(void *ctx);    // questions wait to be taken
    void *ctx;
};

struct desk_numbers {
    uint64_t asked;
    uint64_t timed_out; // let through because nobody had judged them in time
    uint64_t longest_ms;
};

// Listens and answers from here on. OFFLINE: the port is taken. MEMORY.
MUST_USE enum fault desk_open(struct desk **out, const struct desk_settings *settings,
                              struct why *why);
// Connections end; questions that were taken have to be answered before. NULL is fine.
void desk_close(struct desk *d);
void desk_numbers(const struct desk *d, struct desk_numbers *out);

// The oldest question that was not taken; NULL: none. The caller has to answer it.
struct question *desk_take(struct desk *d);
// Whatever the homeserver sent as the event, perhaps NULL; lives until the answer.
const json_t *question_event(const struct question *q);
// False: it was let through, judging it is in vain.
bool question_waits(const struct question *q);
// False: it was let through. True: the loop's answer will be the one that is given.
bool question_claim(struct question *q);
// sentence: why it is refused; empty: let through. Refusing needs a claim before.
void question_answer(struct desk *d, struct question *q, struct slice sentence);

#endif
