// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_backfill.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_permission.h"
#include "bot/base/log.h"

enum {
    PAGE = 100,
    // Pages asked for or being handed over. Discord gives five a channel in five seconds, so
    // that a few would wait for their channels while others could be read.
    AT_ONCE = 24,
    CHUNK = 8, // messages handed over before the loop gets its turn
    BUSY_WAIT_MS = 20,
    RETRY_MS = 2000,
    FAILURES_MOST = 30,
};

struct paged {
    uint64_t id;
    const json_t *message;
};

struct job {
    struct job *next;
    struct discord_backfill *backfill;
    uint64_t channel_id, guild_id;
    uint64_t after_id;
    uint64_t asked_until; // the channel's last message when the page was asked for
    bool listing;         // archived threads of the channel, not messages
    bool edits;           // the last page, for what was edited
    uint64_t since_ms;    // with listing and edits
    unsigned failures;
    json_t *page;
    struct paged *order; // oldest first
    size_t count, at;
};

struct discord_backfill {
    struct adapter *adapter;
    uv_timer_t timer;
    struct job *queue, **queue_end;
    struct job *work; // pages being handed over
    unsigned out;     // requests under way and pages in work
    uint32_t left;
    uint64_t fetched;
    bool stopping;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

enum fault discord_backfill_create(struct discord_backfill **out, struct adapter *a)
{
    struct discord_backfill *b = calloc(1, sizeof(*b));
    if (!b) {
        return FAULT_MEMORY;
    }
    b->adapter = a;
    b->queue_end = &b->queue;
    uv_timer_init(a->host->loop, &b->timer);
    b->timer.data = b;
    *out = b;
    return FAULT_NONE;
}

static void free_job(struct job *j)
{
    json_decref(j->page);
    free(j->order);
    free(j);
}

static void step(struct discord_backfill *b);

static void on_timer(uv_timer_t *timer)
{
    step(timer->data);
}

static void again_in(struct discord_backfill *b, uint64_t ms)
{
    if (!b->stopping) {
        uv_timer_start(&b->timer, on_timer, ms, 0);
    }
}

static void enqueue(struct discord_backfill *b, struct job *j)
{
    j->next = NULL;
    *b->queue_end = j;
    b->queue_end = &j->next;
}

static void end_job(struct discord_backfill *b, struct job *j)
{
    struct discord_channel *c =
        discord_state_find_channel(&b->adapter->state, j->channel_id);
    if (c && !j->listing && !j->edits) {
        c->catching_up = false;
        c->handed_id = c->live_id > c->handed_id ? c->live_id : c->handed_id;
        c->dirty = true;
    }
    free_job(j);
    if (--b->left == 0) {
        log_info("discord: caught up with the history",
                 LOG_U64("messages", b->fetched));
        b->fetched = 0;
    }
}

static void report_gap(struct discord_backfill *b, const struct job *j,
                       const char *sentence)
{
    const struct discord_channel *c =
        discord_state_find_channel(&b->adapter->state, j->channel_id);
    char channel[DISCORD_ID_BYTES], guild[DISCORD_ID_BYTES];
    char reason[300];
    snprintf(reason, sizeof(reason), "%s (channel %s)", sentence,
             c ? c->name : "unknown");
    struct gap gap = {.space = discord_id_text(j->guild_id, guild),
                      .channel = discord_id_text(j->channel_id, channel),
                      .from_unix_ms = discord_id_unix_ms(j->after_id),
                      .to_unix_ms = clock_unix_ms(b->adapter->host->clock),
                      .reason = slice_of(reason)};
    host_gap(b->adapter->host, &gap);
}

static int by_age(const void *a, const void *b)
{
    uint64_t x = ((const struct paged *)a)->id;
    uint64_t y = ((const struct paged *)b)->id;
    return x < y ? -1 : x > y;
}

static bool edited_since(const json_t *message, uint64_t since_ms)
{
    return discord_time_ms(discord_get_text(message, "edited_timestamp")) >= since_ms;
}

// Takes the page over; false: nothing usable in it.
static bool take_page(struct job *j, const json_t *page)
{
    size_t count = json_array_size(page);
    j->order = calloc(count + 1, sizeof(*j->order));
    if (!j->order) {
        return false;
    }
    j->page = json_incref((json_t *)(uintptr_t)page);
    j->count = 0;
    j->at = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *message = json_array_get(page, i);
        uint64_t id = discord_get_id(message, "id");
        if (id > j->after_id && (!j->edits || edited_since(message, j->since_ms))) {
            j->order[j->count++] = (struct paged){id, message};
        }
    }
    qsort(j->order, j->count, sizeof(*j->order), by_age);
    return j->count > 0;
}

static void drop_page(struct job *j)
{
    json_decref(j->page);
    free(j->order);
    j->page = NULL;
    j->order = NULL;
}

static void on_failed(struct discord_backfill *b, struct job *j,
                      const struct discord_answer *answer)
{
    bool final = answer->fault == FAULT_DENIED || answer->fault == FAULT_ABSENT ||
                 answer->fault == FAULT_INPUT || ++j->failures > FAILURES_MOST;
    if (!final) {
        enqueue(b, j);
        again_in(b, RETRY_MS);
        return;
    }
    if (answer->code != ERROR_UNKNOWN_CHANNEL && !j->listing && !j->edits) {
        report_gap(b, j, "Discord does not give the history");
    }
    end_job(b, j);
}

// The channel's last message as the newest session said; it may be deleted by now.
static uint64_t last_of(struct discord_backfill *b, const struct job *j)
{
    const struct discord_channel *c =
        discord_state_find_channel(&b->adapter->state, j->channel_id);
    return c ? c->last_message_id : 0;
}

// The first that came live in the newest session; UINT64_MAX: none yet.
static uint64_t first_live_of(struct discord_backfill *b, const struct job *j)
{
    const struct discord_channel *c =
        discord_state_find_channel(&b->adapter->state, j->channel_id);
    return c && c->first_live_id ? c->first_live_id : UINT64_MAX;
}

static void on_page(void *ctx, const struct discord_answer *answer)
{
    struct job *j = ctx;
    struct discord_backfill *b = j->backfill;
    b->out--;
    if (answer->fault == FAULT_CANCELLED || b->stopping) {
        free_job(j);
        return;
    }
    if (answer->fault) {
        on_failed(b, j, answer);
    } else if (take_page(j, answer->json)) {
        j->next = b->work;
        b->work = j;
        b->out++;
    } else {
        drop_page(j);
        if (!j->edits && last_of(b, j) > j->asked_until) {
            enqueue(b, j); // another session began meanwhile, behind a gap of its own
        } else {
            end_job(b, j);
        }
    }
    again_in(b, 0);
}

static void on_listing(void *ctx, const struct discord_answer *answer)
{
    struct job *j = ctx;
    struct discord_backfill *b = j->backfill;
    b->out--;
    if (answer->fault == FAULT_CANCELLED || b->stopping) {
        free_job(j);
        return;
    }
    if (answer->fault && answer->fault != FAULT_DENIED) {
        on_failed(b, j, answer);
        again_in(b, 0);
        return;
    }
    size_t i;
    const json_t *thread;
    json_array_foreach(json_object_get(answer->json, "threads"), i, thread)
    {
        uint64_t archived = discord_time_ms(discord_get_text(
            json_object_get(thread, "thread_metadata"), "archive_timestamp"));
        struct discord_channel *c =
            archived >= j->since_ms
                ? discord_state_channel(&b->adapter->state, thread, j->guild_id)
                : NULL;
        if (c) {
            discord_channel_cursor(b->adapter, c, true);
            if (c->last_message_id > c->handed_id) {
                discord_backfill_channel(b, c, c->handed_id);
            }
        }
    }
    end_job(b, j);
    again_in(b, 0);
}

static bool may_read(struct discord_backfill *b, const struct job *j)
{
    const struct discord_channel *c =
        discord_state_find_channel(&b->adapter->state, j->channel_id);
    uint64_t had = c ? discord_permission_in_channel(&b->adapter->state, c) : 0;
    return (had & PERMISSION_READ_HISTORY) != 0;
}

static void ask(struct discord_backfill *b, struct job *j)
{
    char id[DISCORD_ID_BYTES];
    char path[160];
    struct slice major = discord_id_text(j->channel_id, id);
    if (j->listing) {
        snprintf(path, sizeof(path), "/channels/%s/threads/archived/public?limit=50",
                 id);
    } else if (j->edits) {
        snprintf(path, sizeof(path), "/channels/%s/messages?limit=%d", id, PAGE);
    } else {
        snprintf(path, sizeof(path), "/channels/%s/messages?after=%llu&limit=%d", id,
                 (unsigned long long)j->after_id, PAGE);
    }
    struct discord_request r = {.method = REST_GET,
                                .route = j->listing
                                             ? "GET /channels/*/threads/archived/public"
                                             : "GET /channels/*/messages",
                                .major = major,
                                .path = path,
                                .priority = PRIORITY_BACKFILL,
                                .done = j->listing ? on_listing : on_page,
                                .ctx = j};
    j->asked_until = last_of(b, j);
    b->out++;
    if (discord_client_send(b->adapter->client, &r)) {
        b->out--;
        enqueue(b, j);
        again_in(b, RETRY_MS);
    }
}

static void finish_page(struct discord_backfill *b, struct job *j)
{
    struct job **at = &b->work;
    while (*at != j) {
        at = &(*at)->next;
    }
    *at = j->next;
    b->out--;
    // A short page is the end only when it reaches what the session called the last; a
    // full one when it reaches what came live, for the rest came live too.
    bool last = j->edits ||
                (j->after_id >= last_of(b, j) && (json_array_size(j->page) < PAGE ||
                                                  j->after_id >= first_live_of(b, j)));
    drop_page(j);
    if (last) {
        end_job(b, j);
    } else {
        enqueue(b, j);
    }
}

// The page whose next message is the oldest.
static struct job *oldest(struct discord_backfill *b)
{
    struct job *best = b->work;
    for (struct job *j = best; j; j = j->next) {
        if (j->order[j->at].id < best->order[best->at].id) {
            best = j;
        }
    }
    return best;
}

static void hand_over_one(struct discord_backfill *b, struct job *j)
{
    struct discord_channel *c =
        discord_state_find_channel(&b->adapter->state, j->channel_id);
    const struct paged *p = &j->order[j->at++];
    if (c) {
        discord_take_history(b->adapter, c, p->message);
    }
    if (c && !j->edits) {
        c->handed_id = p->id > c->handed_id ? p->id : c->handed_id;
        c->dirty = true;
    }
    j->after_id = p->id;
    b->fetched++;
    if (j->at == j->count) {
        finish_page(b, j);
    }
}

static void start_jobs(struct discord_backfill *b)
{
    while (b->queue && b->out < AT_ONCE) {
        struct job *j = b->queue;
        b->queue = j->next;
        if (!b->queue) {
            b->queue_end = &b->queue;
        }
        if (j->listing || may_read(b, j)) {
            unsigned before = b->out;
            ask(b, j);
            if (b->out == before) {
                return; // refused: queued again, later
            }
        } else if (j->edits) {
            end_job(b, j);
        } else {
            // Discord would answer with an empty page, as if nothing had been missed.
            report_gap(b, j, "the bot's role lacks Read Message History");
            end_job(b, j);
        }
    }
}

static void step(struct discord_backfill *b)
{
    if (host_busy(b->adapter->host)) {
        again_in(b, BUSY_WAIT_MS);
        return;
    }
    for (unsigned n = 0; n < CHUNK && b->work; n++) {
        hand_over_one(b, oldest(b));
    }
    start_jobs(b);
    if (b->work) {
        again_in(b, 1);
    }
}

static struct job *add_job(struct discord_backfill *b, const struct discord_channel *c)
{
    struct job *j = b->stopping ? NULL : calloc(1, sizeof(*j));
    if (j) {
        j->backfill = b;
        j->channel_id = c->id;
        j->guild_id = c->guild_id;
        if (b->left++ == 0) {
            log_info("discord: catching up with the history");
        }
        enqueue(b, j);
        again_in(b, 0);
    }
    return j;
}

void discord_backfill_channel(struct discord_backfill *b, struct discord_channel *c,
                              uint64_t after_id)
{
    if (c->catching_up) {
        return;
    }
    struct job *j = add_job(b, c);
    if (j) {
        j->after_id = after_id;
        c->catching_up = true;
    }
}

void discord_backfill_archived(struct discord_backfill *b,
                               const struct discord_channel *c, uint64_t since_ms)
{
    struct job *j = add_job(b, c);
    if (j) {
        j->listing = true;
        j->since_ms = since_ms;
    }
}

void discord_backfill_edits(struct discord_backfill *b, const struct discord_channel *c,
                            uint64_t since_ms)
{
    struct job *j = add_job(b, c);
    if (j) {
        j->edits = true;
        j->since_ms = since_ms;
    }
}

uint32_t discord_backfill_left(const struct discord_backfill *b)
{
    return b->left;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct discord_backfill *b = handle->data;
    if (b->stopped) {
        b->stopped(b->stopped_ctx);
    }
}

void discord_backfill_stop(struct discord_backfill *b, void (*stopped)(void *ctx),
                           void *ctx)
{
    b->stopping = true;
    b->stopped = stopped;
    b->stopped_ctx = ctx;
    uv_close((uv_handle_t *)&b->timer, on_timer_closed);
}

void discord_backfill_destroy(struct discord_backfill *b)
{
    if (!b) {
        return;
    }
    struct job *lists[] = {b->queue, b->work};
    for (size_t i = 0; i < 2; i++) {
        while (lists[i]) {
            struct job *j = lists[i];
            lists[i] = j->next;
            free_job(j);
        }
    }
    free(b);
}
