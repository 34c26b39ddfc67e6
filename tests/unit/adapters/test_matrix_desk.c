// SPDX-License-Identifier: MIT
// Time stands still here unless a test moves it; the "loop" is the test itself.
#include <arpa/inet.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/matrix/matrix_decode.h"
#include "adapters/matrix/matrix_desk.h"
#include "unit/check.h"

enum { MS = 1000000, HEARD_MOST = 4096 };

struct fixture {
    struct desk *desk;
    sem_t woken;
    _Atomic uint64_t now_ns;
    uint16_t port;
};

static uint64_t now(const void *ctx)
{
    return atomic_load(&((struct fixture *)(uintptr_t)ctx)->now_ns);
}

static void on_wake(void *ctx)
{
    sem_post(&((struct fixture *)ctx)->woken);
}

static int dial(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(bind(fd, (struct sockaddr *)&at, len), 0);
    CHECK_INT(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static void start(struct fixture *f)
{
    *f = (struct fixture){.now_ns = 1000 * (uint64_t)MS, .port = free_port()};
    sem_init(&f->woken, 0, 0);
    struct secret token = {.bytes = "secret", .len = 6};
    struct desk_settings settings = {.listen = "127.0.0.1",
                                     .port = f->port,
                                     .token = &token,
                                     .clock = {.monotonic_ns = now, .ctx = f},
                                     .wake = on_wake,
                                     .ctx = f};
    CHECK_INT(desk_open(&f->desk, &settings, NULL), FAULT_NONE);
}

static void stop(struct fixture *f)
{
    desk_close(f->desk);
    sem_destroy(&f->woken);
}

static int post(const struct fixture *f, const char *path, const char *token,
                const char *body)
{
    char head[512];
    int fd = dial(f->port);
    int n = snprintf(head, sizeof(head),
                     "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     path, token, strlen(body));
    CHECK_INT(write(fd, head, (size_t)n), n);
    CHECK_INT(write(fd, body, strlen(body)), strlen(body));
    return fd;
}

static int ask(const struct fixture *f, const char *body)
{
    return post(f, "/check_event_for_spam", "secret", body);
}

// The whole answer: its head and as much of its body as the head promises.
static void hear(int fd, char heard[HEARD_MOST])
{
    size_t len = 0;
    for (;;) {
        ssize_t n = read(fd, heard + len, HEARD_MOST - 1 - len);
        CHECK(n > 0);
        len += (size_t)n;
        heard[len] = '\0';
        const char *body = strstr(heard, "\r\n\r\n");
        const char *length = strstr(heard, "content-length: ");
        if (body && length && strlen(body + 4) >= strtoul(length + 16, NULL, 10)) {
            break;
        }
    }
    close(fd);
}

static struct question *taken(struct fixture *f)
{
    struct question *q;
    while (!(q = desk_take(f->desk))) {
        sem_wait(&f->woken);
    }
    return q;
}

static struct desk_numbers numbers(const struct fixture *f)
{
    struct desk_numbers n;
    desk_numbers(f->desk, &n);
    return n;
}

TEST(desk__gives_the_loops_answer)
{
    struct fixture f;
    char heard[HEARD_MOST];
    start(&f);
    int fd = ask(&f, "{\"event\":{\"type\":\"m.x\"}}");
    struct question *q = taken(&f);
    CHECK_SLICE(matrix_text(question_event(q), "type"), "m.x");
    CHECK(question_waits(q));
    CHECK(question_claim(q));
    question_answer(f.desk, q, SLICE("Not \"here\""));
    hear(fd, heard);
    CHECK(strstr(heard, "HTTP/1.1 403 "));
    CHECK(
        strstr(heard, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"Not \\\"here\\\"\"}"));
    fd = ask(&f, "{\"event\":{}}");
    question_answer(f.desk, taken(&f), slice_of(""));
    hear(fd, heard);
    CHECK(strstr(heard, "HTTP/1.1 200 "));
    CHECK(strstr(heard, "\r\n\r\n{}"));
    CHECK_INT(numbers(&f).asked, 2);
    CHECK_INT(numbers(&f).timed_out, 0);
    stop(&f);
}

// The loop does nothing at all, for whatever reason.
TEST(desk__lets_through_when_the_time_is_over)
{
    struct fixture f;
    char heard[HEARD_MOST];
    start(&f);
    int fd = ask(&f, "{\"event\":{}}");
    sem_wait(&f.woken);
    f.now_ns += DESK_PATIENCE_MS * (uint64_t)MS;
    hear(fd, heard);
    CHECK(strstr(heard, "HTTP/1.1 200 "));
    CHECK_INT(numbers(&f).timed_out, 1);
    CHECK_INT(numbers(&f).longest_ms, DESK_PATIENCE_MS);
    struct question *q = taken(&f);
    CHECK(!question_waits(q));
    CHECK(!question_claim(q));
    question_answer(f.desk, q, SLICE("too late"));
    stop(&f);
}

TEST(desk__what_was_claimed_in_time_is_not_let_through)
{
    struct fixture f;
    char heard[HEARD_MOST];
    start(&f);
    int fd = ask(&f, "{\"event\":{}}");
    struct question *q = taken(&f);
    CHECK(question_claim(q));
    f.now_ns += (DESK_PATIENCE_MS + 1) * (uint64_t)MS;
    // Another one makes it look at all of them.
    int other = ask(&f, "{\"event\":{}}");
    CHECK(question_waits(q));
    question_answer(f.desk, q, SLICE("No."));
    hear(fd, heard);
    CHECK(strstr(heard, "HTTP/1.1 403 "));
    question_answer(f.desk, taken(&f), slice_of(""));
    hear(other, heard);
    CHECK(strstr(heard, "HTTP/1.1 200 "));
    CHECK_INT(numbers(&f).timed_out, 0);
    stop(&f);
}

// Hundreds at once: some are judged, the rest is let through, each gets one answer.
TEST(desk__answers_a_burst)
{
    enum { MANY = 400, JUDGED = 150 };
    struct fixture f;
    char heard[HEARD_MOST];
    int fds[MANY];
    unsigned refused = 0;
    start(&f);
    for (int i = 0; i < MANY; i++) {
        fds[i] = ask(&f, "{\"event\":{}}");
    }
    for (int i = 0; i < JUDGED; i++) {
        struct question *q = taken(&f);
        CHECK(question_claim(q));
        question_answer(f.desk, q, SLICE("No."));
    }
    while (numbers(&f).asked < MANY) {
        sem_wait(&f.woken);
    }
    f.now_ns += DESK_PATIENCE_MS * (uint64_t)MS;
    for (int i = 0; i < MANY; i++) {
        hear(fds[i], heard);
        refused += strstr(heard, "HTTP/1.1 403 ") != NULL;
    }
    CHECK_INT(refused, JUDGED);
    CHECK_INT(numbers(&f).timed_out, MANY - JUDGED);
    for (int i = JUDGED; i < MANY; i++) {
        struct question *q = taken(&f);
        CHECK(!question_claim(q));
        question_answer(f.desk, q, slice_of(""));
    }
    CHECK(!desk_take(f.desk));
    stop(&f);
}

TEST(desk__strangers_and_nonsense_reach_nobody)
{
    static const struct {
        const char *path, *token, *body, *answer;
    } tries[] = {
        {"/check_event_for_spam", "wrong", "{\"event\":{}}", "HTTP/1.1 401 "},
        {"/check_event_for_spam", "", "{\"event\":{}}", "HTTP/1.1 401 "},
        {"/elsewhere", "secret", "{}", "HTTP/1.1 404 "},
        {"/check_event_for_spam", "secret", "{", "HTTP/1.1 200 "},
        {"/check_event_for_spam", "secret", "[]", "HTTP/1.1 200 "},
        {"/check_event_for_spam", "secret", "{\"event\":7}", "HTTP/1.1 200 "},
        {"/ping", "secret", "{\"id\":\"a\"}", "{\"id\":\"a\",\"status\":\"ok\"}"},
        {"/numbers", "secret", "{}", "{\"asked\":3,\"timed_out\":0,\"longest_ms\":0}"},
        {"/numbers", "wrong", "{}", "HTTP/1.1 401 "},
    };
    struct fixture f;
    char heard[HEARD_MOST];
    start(&f);
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        hear(post(&f, tries[i].path, tries[i].token, tries[i].body), heard);
        CHECK(strstr(heard, tries[i].answer));
    }
    CHECK(!desk_take(f.desk));
    stop(&f);
}

TEST(desk__who_asked_may_go_away_and_so_may_the_desk)
{
    struct fixture f;
    char heard[HEARD_MOST];
    start(&f);
    close(ask(&f, "{\"event\":{}}"));
    struct question *q = taken(&f);
    hear(post(&f, "/ping", "secret", "{}"), heard); // the closing was seen by now
    (void)question_claim(q);
    question_answer(f.desk, q, SLICE("No."));
    int fd = ask(&f, "{\"event\":{}}");
    while (numbers(&f).asked < 2) {
        sem_wait(&f.woken);
    }
    stop(&f); // not taken, not answered
    CHECK(read(fd, heard, 1) <= 0);
    close(fd);
}

TEST(desk__a_taken_port_is_said)
{
    struct fixture f;
    start(&f);
    struct desk *second = NULL;
    struct why why = {0};
    struct secret token = {.bytes = "secret", .len = 6};
    struct desk_settings settings = {.listen = "127.0.0.1",
                                     .port = f.port,
                                     .token = &token,
                                     .clock = clock_real(),
                                     .wake = on_wake,
                                     .ctx = &f};
    CHECK_INT(desk_open(&second, &settings, &why), FAULT_OFFLINE);
    CHECK(strstr(why.text, "is the port taken?"));
    desk_close(NULL);
    stop(&f);
}

int main(void)
{
    return RUN(UNIT(desk__gives_the_loops_answer),
               UNIT(desk__lets_through_when_the_time_is_over),
               UNIT(desk__what_was_claimed_in_time_is_not_let_through),
               UNIT(desk__answers_a_burst),
               UNIT(desk__strangers_and_nonsense_reach_nobody),
               UNIT(desk__who_asked_may_go_away_and_so_may_the_desk),
               UNIT(desk__a_taken_port_is_said));
}
