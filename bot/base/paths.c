// SPDX-License-Identifier: MIT
#include "bot/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool join(char out[PATH_BYTES], const char *folder, const char *rest)
{
    int n = snprintf(out, PATH_BYTES, "%s%s", folder, rest);
    return n > 0 && n < PATH_BYTES;
}

enum fault paths_data(char out[PATH_BYTES], struct why *why)
{
    const char *named = getenv("HM_DATA");
    if (named && *named) {
        if (!join(out, named, "") || !is_folder(out)) {
            return fault_say(why, FAULT_ABSENT, "HM_DATA names no folder: %s", named);
        }
        return FAULT_NONE;
    }
    char self[PATH_BYTES];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n > 0) {
        self[n] = '\0';
        char *slash = strrchr(self, '/');
        if (slash) {
            *slash = '\0';
        }
        static const char *const beside[] = {"/share/hallmonitor",
                                             "/../share/hallmonitor"};
        for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
            if (join(out, self, beside[i]) && is_folder(out)) {
                return FAULT_NONE;
            }
        }
    }
    return fault_say(
        why, FAULT_ABSENT,
        "no data folder: share/hallmonitor is neither beside the program nor "
        "one folder up; set HM_DATA to it");
}

enum fault paths_cache(char out[PATH_BYTES], struct why *why)
{
    const char *named = getenv("HM_CACHE");
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    bool fits;
    if (named && *named) {
        fits = join(out, named, "");
    } else if (xdg && *xdg == '/') {
        fits = join(out, xdg, "/hallmonitor");
    } else if (home && *home == '/') {
        fits = join(out, home, "/.cache/hallmonitor");
    } else {
        char fallback[64];
        snprintf(fallback, sizeof(fallback), "/tmp/hallmonitor-%u", (unsigned)getuid());
        fits = join(out, fallback, "");
    }
    if (!fits) {
        return fault_say(why, FAULT_LIMIT, "the cache folder's path is too long");
    }
    return paths_make_folder(out, 0700, why);
}

static enum fault open_fault(const char *path, struct why *why)
{
    enum fault f = errno == ENOENT || errno == ENOTDIR ? FAULT_ABSENT
                   : errno == EACCES || errno == EPERM ? FAULT_DENIED
                                                       : FAULT_INPUT;
    return fault_say(why, f, "%s: %s", path, strerror(errno));
}

static enum fault read_all(int fd, const char *path, size_t limit, char **out,
                           size_t *len, struct why *why)
{
    size_t cap = 4096;
    size_t used = 0;
    char *bytes = malloc(cap + 1);
    while (bytes) {
        ssize_t n = read(fd, bytes + used, cap - used);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            free(bytes);
            return open_fault(path, why);
        }
        if (n == 0) {
            bytes[used] = '\0';
            *out = bytes;
            *len = used;
            return FAULT_NONE;
        }
        used += (size_t)n;
        if (used > limit) {
            free(bytes);
            return fault_say(why, FAULT_LIMIT, "%s: larger than %zu bytes", path,
                             limit);
        }
        if (used == cap) {
            cap *= 2;
            char *grown = realloc(bytes, cap + 1);
            if (!grown) {
                free(bytes);
            }
            bytes = grown;
        }
    }
    return FAULT_MEMORY;
}

enum fault paths_read(const char *path, size_t limit, char **out, size_t *len,
                      struct why *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return open_fault(path, why);
    }
    struct stat st;
    enum fault f;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        f = fault_say(why, FAULT_INPUT, "%s: is a folder", path);
    } else {
        f = read_all(fd, path, limit, out, len, why);
    }
    close(fd);
    return f;
}

static bool write_all(int fd, struct slice bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes = slice_sub(bytes, (size_t)n, bytes.len);
    }
    return true;
}

enum fault paths_write(const char *path, struct slice bytes, unsigned mode,
                       struct why *why)
{
    char temporary[PATH_BYTES];
    if (snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", path, (long)getpid()) >=
        PATH_BYTES) {
        return fault_say(why, FAULT_LIMIT, "%s: path too long", path);
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0) {
        return open_fault(temporary, why);
    }
    bool good = write_all(fd, bytes) && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    if (!good || rename(temporary, path) != 0) {
        enum fault f = open_fault(path, why);
        unlink(temporary);
        return f;
    }
    return FAULT_NONE;
}

enum fault paths_make_folder(const char *path, unsigned mode, struct why *why)
{
    char part[PATH_BYTES];
    if (!join(part, path, "")) {
        return fault_say(why, FAULT_LIMIT, "path too long");
    }
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        char kept = *at;
        *at = '\0';
        if (mkdir(part, (mode_t)mode) != 0 && errno != EEXIST) {
            return open_fault(part, why);
        }
        if (kept == '\0') {
            break;
        }
        *at = kept;
    }
    if (!is_folder(path)) {
        return fault_say(why, FAULT_INPUT, "%s: is not a folder", path);
    }
    return FAULT_NONE;
}
