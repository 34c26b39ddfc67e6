/* SPDX-License-Identifier: MIT
 *
 * secret.h - tokens and passwords from a file or the environment, never from arguments.
 */
#ifndef HM_BASE_SECRET_H
#define HM_BASE_SECRET_H

#include "bot/base/slice.h"

enum { SECRET_BYTES = 4096 };

struct secret {
    char bytes[SECRET_BYTES]; // NUL-terminated
    size_t len;
};

// From the file (which others must not be able to read; trailing line ends dropped) or,
// when file is NULL, from the environment variable, which is then removed from it.
// ABSENT: neither named or not there; DENIED: the file's mode is too open.
MUST_USE enum fault secret_load(struct secret *out, const char *file,
                                const char *variable, struct why *why);
void secret_wipe(struct secret *s);

#endif
