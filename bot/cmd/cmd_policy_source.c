// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bot/cmd/cmd_policy.h"

#define PLAIN "-tgfm-raw_html"

enum { CONVERT_MS = 20000, READ_BYTES = 65536 };

extern char **environ;

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

// Reads fd to its end. LIMIT: longer than the text may be, or not finished in time.
static enum fault read_all(struct text *out, int fd, const char *name, uint64_t until,
                           struct why *why)
{
    static char bytes[READ_BYTES];
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        uint64_t now = now_ms();
        int wait = until == 0 ? -1 : now >= until ? 0 : (int)(until - now);
        int ready = poll(&p, 1, wait);
        if (ready == 0) {
            return fault_say(why, FAULT_LIMIT, "%s: took more than %d seconds", name,
                             CONVERT_MS / 1000);
        }
        ssize_t n = ready < 0 ? -1 : read(fd, bytes, sizeof(bytes));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fault_say(why, FAULT_INPUT, "%s: %s", name, strerror(errno));
        }
        if (n == 0) {
            return FAULT_NONE;
        }
        enum fault f = text_add(out, slice_make(bytes, (size_t)n));
        if (f) {
            return f == FAULT_LIMIT
                       ? fault_say(why, f, "%s: more than %zu bytes of text", name,
                                   out->limit)
                       : f;
        }
    }
}

struct converter {
    const char *suffix;
    char *argv[6]; // "FILE" stands for the document
    const char *package;
};

static enum fault convert(struct text *out, const struct converter *c, char *path,
                          struct why *why)
{
    int ends[2];
    pid_t child;
    char *argv[6] = {0};
    for (size_t i = 0; i < 5 && c->argv[i]; i++) {
        argv[i] = strcmp(c->argv[i], "FILE") == 0 ? path : c->argv[i];
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return fault_say(why, FAULT_INPUT, "%s: %s", path, strerror(errno));
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failed) {
        close(ends[0]);
        return fault_say(why, FAULT_ABSENT,
                         "%s: %s is needed to read this and is not installed (Debian "
                         "package %s); or save the document as plain text",
                         path, argv[0], c->package);
    }
    enum fault f = read_all(out, ends[0], path, now_ms() + CONVERT_MS, why);
    close(ends[0]);
    if (f) {
        kill(child, SIGKILL);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (f == FAULT_NONE && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
        f = fault_say(why, FAULT_INPUT, "%s: %s could not read it", path, argv[0]);
    }
    return f;
}

static enum fault read_plain(struct text *out, const char *path, struct why *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fault_say(why, errno == ENOENT ? FAULT_ABSENT : FAULT_DENIED, "%s: %s",
                         path, strerror(errno));
    }
    enum fault f = read_all(out, fd, path, 0, why);
    close(fd);
    return f;
}

// Bytes that no text begins with, for people who pipe a PDF in.
static enum fault refuse_binary(const struct text *t, const char *name, struct why *why)
{
    struct slice s = text_slice(t);
    if (slice_starts_with(s, SLICE("%PDF-")) ||
        slice_starts_with(s, SLICE("PK\x03\x04"))) {
        return fault_say(
            why, FAULT_INPUT,
            "%s: is no plain text; give the file by its name so that it can "
            "be converted",
            name);
    }
    return FAULT_NONE;
}

enum fault policy_source_read(struct text *out, const char *path, struct why *why)
{
    static const struct converter converters[] = {
        {".docx", {"pandoc", "--sandbox", "-fdocx", PLAIN, "FILE", NULL}, "pandoc"},
        {".odt", {"pandoc", "--sandbox", "-fodt", PLAIN, "FILE", NULL}, "pandoc"},
        {".rtf", {"pandoc", "--sandbox", "-frtf", PLAIN, "FILE", NULL}, "pandoc"},
        {".html", {"pandoc", "--sandbox", "-fhtml", PLAIN, "FILE", NULL}, "pandoc"},
        {".pdf", {"pdftotext", "-nopgbrk", "FILE", "-", NULL}, "poppler-utils"}};
    enum fault f;
    if (strcmp(path, "-") == 0) {
        f = read_all(out, 0, "standard input", 0, why);
        return f ? f : refuse_binary(out, "standard input", why);
    }
    for (size_t i = 0; i < sizeof(converters) / sizeof(converters[0]); i++) {
        struct slice suffix = slice_of(converters[i].suffix);
        size_t len = strlen(path);
        if (len > suffix.len &&
            slice_equal_fold(slice_make(path + len - suffix.len, suffix.len), suffix)) {
            // A name that begins with "-" would be an option.
            char name[4096];
            snprintf(name, sizeof(name), "%s%s", path[0] == '-' ? "./" : "", path);
            return access(path, R_OK) == 0
                       ? convert(out, &converters[i], name, why)
                       : fault_say(why, FAULT_ABSENT, "%s: %s", path, strerror(errno));
        }
    }
    f = read_plain(out, path, why);
    return f ? f : refuse_binary(out, path, why);
}
