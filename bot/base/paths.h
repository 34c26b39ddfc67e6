/* SPDX-License-Identifier: MIT
 *
 * paths.h - where the program finds what it reads: lexicons, rules, packs, the model.
 */
#ifndef HM_BASE_PATHS_H
#define HM_BASE_PATHS_H

#include "bot/base/slice.h"

enum { PATH_BYTES = 4096 };

// The data folder: $HM_DATA, else share/hallmonitor beside the running binary (a build
// tree), else ../share/hallmonitor of it (an installed one). ABSENT when none exists.
MUST_USE enum fault paths_data(char out[PATH_BYTES], struct why *why);
// Where caches may be written: $HM_CACHE, else $XDG_CACHE_HOME/hallmonitor, else
// ~/.cache/hallmonitor, else /tmp/hallmonitor-UID; created with mode 0700.
MUST_USE enum fault paths_cache(char out[PATH_BYTES], struct why *why);
// Reads a whole file of at most limit bytes; NUL-terminated, from malloc; *len without
// the terminator. ABSENT, DENIED, LIMIT, INPUT (not a regular file) name the path.
MUST_USE enum fault paths_read(const char *path, size_t limit, char **out, size_t *len,
                               struct why *why);
// Writes to a temporary file beside path, syncs it and renames it over path.
MUST_USE enum fault paths_write(const char *path, struct slice bytes, unsigned mode,
                                struct why *why);
// mkdir -p with mode for every folder made.
MUST_USE enum fault paths_make_folder(const char *path, unsigned mode, struct why *why);

#endif
