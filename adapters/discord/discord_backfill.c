// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_backfill.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_archive.h"
#include "adapters/discord/discord_heap.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_permission.h"
#include "adapters/discord/discord_read.h"
#include "bot/base/log.h"

enum {
    // Pages asked for or being handed over. Discord gives five a channel in five seconds, so
    // that a few would wait for their channels while others could be read.
    AT_ONCE = 24,
    CHUNK = 8, // messages handed over before the loop gets its turn
    BUSY_WAIT_MS = 20,
    RETRY_MS = 2000,
    RETRY_DOUBLED = 5, // times: at most 64 s
    TELL_MS = 10000,
};

// One channel's work, or one listing.
struct job {
    struct job *next;
    struct discord_backfill *backfill;
    uint64_t channel_id, guild_id;
    struct discord_archive *archive; // NULL: messages
    struct discord_read read;
    struct discord_page page;
    unsigned failures;
    uint64_t rest_until_ms;
};

struct discord_backfill {
    struct adapter *adapter;
    uv_timer_t timer;
    struct heap queue;
    struct job *resting; // after a failure
    struct job *work;    // pages being handed over
    unsigned out;        // requests under way and pages in work
    uint32_t left;
    uint64_t fetched, told_ms;
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
    uv_timer_init(a->host->loop, &b->timer);
    b->timer.data = b;
    *out = b;
    return FAULT_NONE;
}

static void free_job(struct job *j)
{
    discord_page_drop(&j->page);
    free(j->archive);
    free(j);
}

static void step(struct discord_backfill *b);

static void on_timer(uv_timer_t *timer)
{
    step(timer->data);
}

static void again_in(struct discord_backfill *b, uint64_t ms)
{
    bool sooner =
        uv_is_active((uv_handle_t *)&b->timer) && uv_timer_get_due_in(&b->timer) <= ms;
    if (!b->stopping && !sooner) {
        uv_timer_start(&b->timer, on_timer, ms, 0);
    }
}

static uint64_t now_ms(const struct discord_backfill *b)
{
    return uv_now(b->adapter->host->loop);
}

static struct discord_channel *channel_of(const struct discord_backfill *b,
                                          const struct job *j)
{
    return discord_state_find_channel(&b->adapter->state, j->channel_id);
}

static void enqueue(struct discord_backfill *b, struct job *j)
{
    struct discord_channel *c = channel_of(b, j);
    const struct discord_missed *g = c ? discord_reach_oldest(&c->reach) : NULL;
    uint64_t key = j->archive ? discord_id_at(j->archive->since_ms)
                   : g        ? g->after
                              : UINT64_MAX;
    heap_put(&b->queue, key, j);
    again_in(b, 0);
}

static void end_job(struct discord_backfill *b, struct job *j)
{
    struct discord_channel *c = channel_of(b, j);
    if (c && !j->archive) {
        c->catching_up = false;
    }
    free_job(j);
    if (--b->left == 0) {
        log_info("discord: caught up with the history",
                 LOG_U64("messages", b->fetched));
        b->fetched = 0;
    }
}

// What cannot be read is said, once for the channel, and left.
static void give_up(struct discord_backfill *b, const struct job *j,
                    const char *sentence)
{
    struct discord_channel *c = channel_of(b, j);
    const struct discord_missed *g = c ? discord_reach_oldest(&c->reach) : NULL;
    if (!c) {
        return;
    }
    if (g && sentence) {
        char channel[DISCORD_ID_BYTES], guild[DISCORD_ID_BYTES];
        char reason[300];
        snprintf(reason, sizeof(reason), "%s (channel %s)", sentence, c->name);
        struct gap gap = {.space = discord_id_text(j->guild_id, guild),
                          .channel = discord_id_text(j->channel_id, channel),
                          .from_unix_ms = discord_id_unix_ms(g->after),
                          .to_unix_ms = clock_unix_ms(b->adapter->host->clock),
                          .reason = slice_of(reason)};
        host_gap(b->adapter->host, &gap);
    }
    while (discord_reach_oldest(&c->reach)) {
        discord_reach_end(&c->reach);
    }
    c->edits_due = false;
}

static void rest(struct discord_backfill *b, struct job *j)
{
    unsigned doubled = j->failures < RETRY_DOUBLED ? j->failures : RETRY_DOUBLED;
    uint64_t wait = (uint64_t)RETRY_MS << doubled;
    j->failures++;
    j->rest_until_ms = now_ms(b) + wait;
    j->next = b->resting;
    b->resting = j;
    again_in(b, wait);
}

static void wake_rested(struct discord_backfill *b)
{
    uint64_t now = now_ms(b);
    for (struct job **at = &b->resting; *at;) {
        struct job *j = *at;
        if (j->rest_until_ms <= now) {
            *at = j->next;
            enqueue(b, j);
        } else {
            again_in(b, j->rest_until_ms - now);
            at = &j->next;
        }
    }
}

static void on_failed(struct discord_backfill *b, struct job *j, enum fault f,
                      uint64_t code)
{
    struct discord_channel *c = channel_of(b, j);
    bool final = f == FAULT_DENIED || f == FAULT_ABSENT || f == FAULT_INPUT;
    if (!final) {
        if (c && !j->archive) {
            discord_read_failed(&j->read, c);
        }
        rest(b, j);
        return;
    }
    if (!j->archive) {
        give_up(b, j,
                code == ERROR_UNKNOWN_CHANNEL ? NULL
                                              : "Discord does not give the history");
    }
    end_job(b, j);
}

static void finish_page(struct discord_backfill *b, struct job *j)
{
    struct discord_channel *c = channel_of(b, j);
    if (c) {
        discord_read_done(&j->read, c, &j->page);
    }
    discord_page_drop(&j->page);
    enqueue(b, j);
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
    again_in(b, 0);
    if (answer->fault) {
        on_failed(b, j, answer->fault, answer->code);
    } else if (discord_page_take(&j->page, answer->json)) {
        on_failed(b, j, FAULT_OFFLINE, 0);
    } else {
        struct discord_channel *c = channel_of(b, j);
        j->failures = 0;
        if (c) {
            discord_read_sort(&j->read, c, &j->page);
        }
        if (!c || j->page.count == 0) {
            finish_page(b, j);
            return;
        }
        j->next = b->work;
        b->work = j;
        b->out++;
    }
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
    again_in(b, 0);
    if (answer->fault && answer->fault != FAULT_DENIED) {
        on_failed(b, j, answer->fault, answer->code);
        return;
    }
    j->failures = 0;
    if (discord_archive_take(b->adapter, j->archive,
                             answer->fault ? NULL : answer->json)) {
        enqueue(b, j);
    } else {
        end_job(b, j);
    }
}

static bool may_read(const struct discord_backfill *b, const struct discord_channel *c)
{
    uint64_t had = discord_permission_in_channel(&b->adapter->state, c);
    return (had & PERMISSION_READ_HISTORY) != 0;
}

static void ask(struct discord_backfill *b, struct job *j)
{
    char id[DISCORD_ID_BYTES];
    char path[ARCHIVE_PATH_BYTES];
    if (j->archive) {
        discord_archive_path(j->archive, path);
    } else {
        discord_read_path(&j->read, j->channel_id, path);
    }
    static const char *const listings[] = {"GET /channels/*/threads/archived/public",
                                           "GET /channels/*/threads/archived/private"};
    struct discord_request r = {.method = REST_GET,
                                .route = j->archive ? listings[j->archive->privately]
                                                    : "GET /channels/*/messages",
                                .major = discord_id_text(j->channel_id, id),
                                .path = path,
                                .priority = PRIORITY_BACKFILL,
                                .done = j->archive ? on_listing : on_page,
                                .ctx = j};
    b->out++;
    if (discord_client_send(b->adapter->client, &r)) {
        b->out--;
        on_failed(b, j, FAULT_THROTTLED, 0);
    }
}

static void start_jobs(struct discord_backfill *b)
{
    struct job *j;
    while (b->out < AT_ONCE && (j = heap_take(&b->queue))) {
        struct discord_channel *c = channel_of(b, j);
        if (j->archive) {
            ask(b, j);
        } else if (!c || !discord_read_plan(&j->read, c)) {
            end_job(b, j);
        } else if (!may_read(b, c)) {
            // Discord would answer with an empty page, as if nothing had been missed.
            give_up(b, j, "the bot's role lacks Read Message History");
            end_job(b, j);
        } else {
            ask(b, j);
        }
    }
}

// The page whose next message is the oldest.
static struct job *oldest(struct discord_backfill *b)
{
    struct job *best = b->work;
    for (struct job *j = best; j; j = j->next) {
        if (j->page.list[j->page.at].id < best->page.list[best->page.at].id) {
            best = j;
        }
    }
    return best;
}

static void hand_over_one(struct discord_backfill *b, struct job *j)
{
    struct discord_channel *c = channel_of(b, j);
    const struct discord_paged *m = &j->page.list[j->page.at++];
    if (c) {
        discord_take_history(b->adapter, c, m->message);
        discord_read_handed(&j->read, c, m->id);
    }
    b->fetched++;
    if (j->page.at == j->page.count) {
        struct job **at = &b->work;
        while (*at != j) {
            at = &(*at)->next;
        }
        *at = j->next;
        b->out--;
        finish_page(b, j);
    }
}

static void tell_progress(struct discord_backfill *b)
{
    uint64_t now = now_ms(b);
    if (b->left && now - b->told_ms >= TELL_MS) {
        b->told_ms = now;
        log_info("discord: reading the history", LOG_U64("channels_left", b->left),
                 LOG_U64("messages", b->fetched));
    }
}

static void step(struct discord_backfill *b)
{
    wake_rested(b);
    if (host_busy(b->adapter->host)) {
        again_in(b, BUSY_WAIT_MS);
        return;
    }
    for (unsigned n = 0; n < CHUNK && b->work; n++) {
        hand_over_one(b, oldest(b));
    }
    start_jobs(b);
    tell_progress(b);
    if (b->work) {
        again_in(b, 1);
    }
}

static struct job *add_job(struct discord_backfill *b, const struct discord_channel *c)
{
    struct job *j = b->stopping ? NULL : calloc(1, sizeof(*j));
    if (!j || heap_reserve(&b->queue, b->left + 1)) {
        free(j);
        return NULL;
    }
    j->backfill = b;
    j->channel_id = c->id;
    j->guild_id = c->guild_id;
    if (b->left++ == 0) {
        log_info("discord: catching up with the history");
        b->told_ms = now_ms(b);
    }
    return j;
}

void discord_backfill_channel(struct discord_backfill *b, struct discord_channel *c)
{
    bool wanted = discord_reach_oldest(&c->reach) || c->edits_due;
    struct job *j = wanted && !c->catching_up ? add_job(b, c) : NULL;
    if (j) {
        c->catching_up = true;
        enqueue(b, j);
    }
}

void discord_backfill_archived(struct discord_backfill *b,
                               const struct discord_channel *c, uint64_t since_ms)
{
    struct discord_archive *l = calloc(1, sizeof(*l));
    struct job *j = l ? add_job(b, c) : NULL;
    if (!j) {
        free(l);
        return;
    }
    *l = (struct discord_archive){
        .channel_id = c->id, .guild_id = c->guild_id, .since_ms = since_ms};
    j->archive = l;
    enqueue(b, j);
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

static void free_list(struct job *list)
{
    while (list) {
        struct job *j = list;
        list = j->next;
        free_job(j);
    }
}

void discord_backfill_destroy(struct discord_backfill *b)
{
    if (!b) {
        return;
    }
    free_list(b->work);
    free_list(b->resting);
    for (struct job *j; (j = heap_take(&b->queue));) {
        free_job(j);
    }
    heap_finish(&b->queue);
    free(b);
}
