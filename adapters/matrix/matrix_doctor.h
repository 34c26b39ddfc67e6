/* SPDX-License-Identifier: MIT
 *
 * matrix_doctor.h - looks at everything that has to be right for a homeserver's rooms to
 * be moderated, and says in words what is not. Runs beside a daemon or without one.
 */
#ifndef HM_MATRIX_DOCTOR_H
#define HM_MATRIX_DOCTOR_H

#include "adapters/matrix/matrix.h"

enum doctor_kind { DOCTOR_GOOD, DOCTOR_BAD, DOCTOR_NOTE };

struct doctor_options {
    const struct matrix_conf *conf;
    bool
        limits; // also tries a dozen events in a room of its own to see the rate limits
    void (*say)(void *ctx, enum doctor_kind kind, const char *sentence);
    void *ctx;
};

// Blocks. Returns how many things are wrong.
unsigned matrix_doctor(const struct doctor_options *options);

#endif
