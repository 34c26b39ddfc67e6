// SPDX-License-Identifier: MIT
#include "bot/base/secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bot/base/paths.h"

static enum fault keep(struct secret *out, struct slice bytes, const char *source,
                       struct why *why)
{
    bytes = slice_trim(bytes);
    if (bytes.len == 0) {
        return fault_say(why, FAULT_INPUT, "%s: holds no secret", source);
    }
    if (bytes.len >= SECRET_BYTES || memchr(bytes.ptr, '\0', bytes.len)) {
        return fault_say(why, FAULT_INPUT, "%s: not a secret of one short line",
                         source);
    }
    memcpy(out->bytes, bytes.ptr, bytes.len);
    out->bytes[bytes.len] = '\0';
    out->len = bytes.len;
    return FAULT_NONE;
}

enum fault secret_load(struct secret *out, const char *file, const char *variable,
                       struct why *why)
{
    if (file) {
        struct stat st;
        if (stat(file, &st) == 0 && (st.st_mode & (S_IRWXO | S_IWGRP))) {
            return fault_say(why, FAULT_DENIED,
                             "%s: others may read this secret; run: chmod 600 %s", file,
                             file);
        }
        char *bytes;
        size_t len;
        enum fault f = paths_read(file, SECRET_BYTES, &bytes, &len, why);
        if (f) {
            return f;
        }
        f = keep(out, slice_make(bytes, len), file, why);
        explicit_bzero(bytes, len);
        free(bytes);
        return f;
    }
    const char *value = variable ? getenv(variable) : NULL;
    if (!value) {
        return fault_say(why, FAULT_ABSENT,
                         "no secret: the environment variable %s is not set",
                         variable ? variable : "(none named)");
    }
    enum fault f = keep(out, slice_of(value), variable, why);
    unsetenv(variable);
    return f;
}

void secret_wipe(struct secret *s)
{
    explicit_bzero(s, sizeof(*s));
}
