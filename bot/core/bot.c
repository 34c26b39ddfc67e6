// SPDX-License-Identifier: MIT
#include "bot/core/bot.h"

#include <curl/curl.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "bot/base/paths.h"
#include "bot/console/console.h"
#include "bot/core/outbox.h"

enum {
    MINUTE_MS = 60 * 1000,
    STOP_LIMIT_MS = 4000, // adapters; with the store's share at most 5 s
    STORE_PATIENCE_MS = 1000,
    MESSAGE_BLOCK_BYTES = 64 << 10,
    MESSAGE_LIMIT_BYTES = 64 << 20,
    HISTORY_CHANNELS = 4096,
    HISTORY_BYTES = 64 << 20,
};

static int status_of(enum fault f)
{
    switch (f) {
    case FAULT_INPUT:
        return EX_CONFIG;
    case FAULT_ABSENT:
        return EX_NOINPUT;
    case FAULT_DENIED:
        return EX_NOPERM;
    case FAULT_STORE:
        return EX_IOERR;
    case FAULT_MEMORY:
        return EX_OSERR;
    case FAULT_NONE:
        return EX_OK;
    case FAULT_LIMIT:
    case FAULT_THROTTLED:
    case FAULT_OFFLINE:
    case FAULT_CANCELLED:
        break;
    }
    return EX_SOFTWARE;
}

static void audit(struct bot *bot, const char *what)
{
    struct store_request *r = store_request_create(STORE_AUDIT);
    if (r) {
        r->audit.actor = SLICE("hallmonitor");
        r->audit.what = slice_of(what);
        r->audit.detail = slice_of(HM_VERSION);
        store_submit(bot->store, r);
    }
}

static void save_history(struct bot *bot)
{
    struct store_request *r = store_request_create(STORE_HISTORY);
    if (!r) {
        return;
    }
    struct text bytes;
    text_init(&bytes, HISTORY_BYTES);
    enum fault f = judge_history_save(bot->judge, &bytes);
    r->history.bytes = arena_copy(&r->arena, text_slice(&bytes));
    text_finish(&bytes);
    if (f || !r->history.bytes.ptr) {
        store_request_destroy(r);
        return;
    }
    store_submit(bot->store, r);
}

static void on_purged(struct store_request *r)
{
    if (r->fault == FAULT_NONE && r->purge.cases_purged) {
        log_info("cases reached the end of their retention and were removed",
                 LOG_U64("cases", r->purge.cases_purged));
    }
}

static void on_minute(uv_timer_t *timer)
{
    struct bot *bot = timer->data;
    save_history(bot);
    struct store_request *r = store_request_create(STORE_PURGE);
    if (r) {
        uint64_t seen_ms =
            (uint64_t)config_seen_days(bot->now.config) * 24 * 60 * MINUTE_MS;
        r->purge.seen_before_ms = clock_unix_ms(&bot->clock) - seen_ms;
        r->done = on_purged;
        store_submit(bot->store, r);
    }
}

static void on_store_state(void *ctx, enum store_state now, const struct why *why)
{
    struct bot *bot = ctx;
    bot->store_failing = now == STORE_FAILING;
    bot->store_why = *why;
    if (bot->store_failing) {
        log_error("the case store cannot be written; hiding goes on and everything is "
                  "kept in "
                  "memory until it can",
                  LOG_WHY(why));
        casework_hide_unsaved(bot);
    } else {
        log_info("the case store can be written again");
    }
    bot_event(bot, "store", 0);
}

static void on_store_changed(void *ctx)
{
    struct bot *bot = ctx;
    outbox_refresh(bot->outbox);
    bot_event(bot, "decision", 0);
}

static enum fault open_store(struct bot *bot, bool create, struct why *why)
{
    enum fault f = paths_make_folder(config_state_folder(bot->now.config), 0700, why);
    if (f) {
        return f;
    }
    struct store_options options = {.path = config_store_path(bot->now.config),
                                    .key_path = config_key_path(bot->now.config),
                                    .create = create,
                                    .daemon = true,
                                    .clock = &bot->clock,
                                    .state = on_store_state,
                                    .changed = on_store_changed,
                                    .ctx = bot};
    return store_open(&bot->store, &options, why);
}

// What the last run left behind: cursors, the judge's memory, unfinished tasks.
static enum fault take_up(struct bot *bot, struct why *why)
{
    enum store_kind kinds[] = {STORE_CURSORS, STORE_HISTORY, STORE_DUE};
    enum fault f = FAULT_NONE;
    for (size_t i = 0; f == FAULT_NONE && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct store_request *r = store_request_create(kinds[i]);
        if (!r) {
            return FAULT_MEMORY;
        }
        r->history.load = kinds[i] == STORE_HISTORY;
        if (kinds[i] == STORE_DUE) {
            r->due.after_id = 0;
        }
        store_run(bot->store, r);
        f = r->fault;
        *why = r->why;
        if (f == FAULT_NONE && kinds[i] == STORE_CURSORS) {
            bot_load_cursors(bot, r);
        } else if (f == FAULT_NONE && kinds[i] == STORE_DUE) {
            outbox_take_due(bot->outbox, r);
        } else if (f == FAULT_NONE && r->history.bytes.len &&
                   judge_history_load(bot->judge, r->history.bytes, NULL)) {
            log_warn("the judge's memory of earlier messages could not be read; it "
                     "begins anew");
        }
        store_request_destroy(r);
    }
    return f;
}

static void lws_said(int level, const char *line)
{
    (void)line; // may hold what a peer sent
    if (level == LLL_ERR) {
        log_debug("libwebsockets reported an error");
    }
}

static enum fault open_lws(struct bot *bot, struct why *why)
{
    lws_set_log_level(LLL_ERR, lws_said);
    void *loops[] = {bot->loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN,
        .foreign_loops = loops,
        .server_string = "hallmonitor",
        .pt_serv_buf_size = 16 << 10,
    };
    bot->lws = lws_create_context(&info);
    return bot->lws ? FAULT_NONE
                    : fault_say(why, FAULT_OFFLINE,
                                "libwebsockets does not start; is the package "
                                "libwebsockets-evlib-uv installed?");
}

static void open_links(struct bot *bot)
{
    const struct config *config = config_values(bot->now.config);
    unsigned index = 0;
    for (const struct adapter_ops *const *ops = platforms_all(); *ops; ops++, index++) {
        if (!config->platforms[index]) {
            continue;
        }
        struct link *link = &bot->links[bot->link_count++];
        *link = (struct link){.bot = bot, .ops = *ops};
        host_fill(link);
        enum fault f = (*ops)->open(&link->adapter, &link->host,
                                    config->platforms[index], &link->why);
        if (f) {
            // Only this adapter stays away; the others work.
            link->adapter = NULL;
            link->state = LINK_REFUSED;
            log_error("an adapter could not be set up",
                      LOG_STR("adapter", (*ops)->name), LOG_FAULT(f),
                      LOG_WHY(&link->why));
        }
    }
}

static void start_links(struct bot *bot)
{
    for (size_t i = 0; i < bot->link_count; i++) {
        struct link *link = &bot->links[i];
        if (!link->adapter) {
            continue;
        }
        enum fault f = link->ops->start(link->adapter, &link->why);
        link->started = f == FAULT_NONE;
        if (f) {
            host_link(&link->host, LINK_REFUSED, &link->why);
        }
    }
}

static void finish_stop(struct bot *bot);

static void on_link_stopped(void *ctx)
{
    struct link *link = ctx;
    link->stopped = true;
    for (size_t i = 0; i < link->bot->link_count; i++) {
        const struct link *other = &link->bot->links[i];
        if (other->started && !other->stopped) {
            return;
        }
    }
    finish_stop(link->bot);
}

static void on_stop_limit(uv_timer_t *timer)
{
    log_warn("an adapter did not stop in time");
    finish_stop(timer->data);
}

// Second half of a clean stop: everything that is written down is written down.
static void finish_stop(struct bot *bot)
{
    if (!bot->store) {
        return;
    }
    uv_timer_stop(&bot->stop_limit);
    save_history(bot);
    audit(bot, "stopped");
    store_close(bot->store, STORE_PATIENCE_MS);
    bot->store = NULL;
    uv_stop(bot->loop);
}

static void stop(struct bot *bot)
{
    if (bot->stopping) {
        return;
    }
    bot->stopping = true;
    log_info("stopping: finishing what is in hand");
    outbox_stop(bot->outbox);
    uv_timer_start(&bot->stop_limit, on_stop_limit, STOP_LIMIT_MS, 0);
    size_t waiting = 0;
    for (size_t i = 0; i < bot->link_count; i++) {
        waiting += bot->links[i].started;
    }
    if (waiting == 0) {
        finish_stop(bot);
        return;
    }
    for (size_t i = 0; i < bot->link_count; i++) {
        struct link *link = &bot->links[i];
        if (link->started) {
            link->ops->stop(link->adapter, on_link_stopped, link);
        }
    }
}

static void on_stop_signal(uv_signal_t *handle, int number)
{
    (void)number;
    stop(handle->data);
}

struct reload {
    uv_work_t work;
    struct bot *bot;
    struct generation fresh;
    enum fault fault;
    struct why why;
};

static void reload_work(uv_work_t *work)
{
    struct reload *r = work->data;
    r->fault = generation_load(&r->fresh, r->bot->config_path, false, &r->why);
}

static void reload_done(uv_work_t *work, int status)
{
    struct reload *r = work->data;
    struct bot *bot = r->bot;
    bot->reloading = false;
    if (status == 0 && r->fault == FAULT_NONE && !bot->stopping) {
        struct generation old = bot->now;
        judge_set_ruleset(bot->judge, r->fresh.rules);
        bot->now = r->fresh;
        // Adapters keep pointing into the settings that they were opened with.
        r->fresh = (struct generation){0};
        for (size_t i = 0; i < old.policy_count; i++) {
            policy_unref(old.policies[i].policy);
        }
        free(old.policies);
        ruleset_unref(old.rules);
        console_keep_config(bot->console, old.config);
        log_info("reloaded: rules, policy and settings (an adapter's own settings at "
                 "the next "
                 "start)");
        audit(bot, "reloaded");
    } else {
        generation_finish(&r->fresh);
        log_error("reload refused, the old settings stay", LOG_WHY(&r->why));
        bot->store_why = bot->store_failing ? bot->store_why : r->why;
        audit(bot, "reload refused");
    }
    bot_event(bot, "reload", 0);
    free(r);
}

static void on_reload_signal(uv_signal_t *handle, int number)
{
    (void)number;
    struct bot *bot = handle->data;
    struct reload *r = bot->reloading || bot->stopping ? NULL : calloc(1, sizeof(*r));
    if (!r) {
        return;
    }
    r->bot = bot;
    r->work.data = r;
    bot->reloading = uv_queue_work(bot->loop, &r->work, reload_work, reload_done) == 0;
    if (!bot->reloading) {
        free(r);
    }
}

static void watch_signals(struct bot *bot)
{
    static const struct {
        size_t offset;
        int number;
        void (*fn)(uv_signal_t *, int);
    } watched[] = {{offsetof(struct bot, term), SIGTERM, on_stop_signal},
                   {offsetof(struct bot, interrupt), SIGINT, on_stop_signal},
                   {offsetof(struct bot, hangup), SIGHUP, on_reload_signal}};
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++) {
        uv_signal_t *handle = (uv_signal_t *)((char *)bot + watched[i].offset);
        uv_signal_init(bot->loop, handle);
        handle->data = bot;
        uv_signal_start(handle, watched[i].fn, watched[i].number);
    }
    signal(SIGPIPE, SIG_IGN);
}

static void set_up_log(const struct config *config)
{
    if (config->log) {
        log_set_level(config->log->level);
        log_set_format(config->log->format);
    }
}

static enum fault set_up(struct bot *bot, const struct bot_options *options,
                         struct why *why)
{
    enum fault f = generation_load(&bot->now, options->config_path, true, why);
    if (f) {
        return f;
    }
    set_up_log(config_values(bot->now.config));
    f = judge_create(&bot->judge, bot->now.rules, HISTORY_CHANNELS, why);
    if (!f) {
        judge_bound_reader(bot->judge, READER_PIECES_PER_S);
    }
    f = f ? f : open_store(bot, options->create_store, why);
    f = f ? f : outbox_create(&bot->outbox, bot);
    f = f ? f : take_up(bot, why);
    f = f ? f : open_lws(bot, why);
    f = f ? f : console_create(&bot->console, bot, why);
    if (f) {
        return f;
    }
    open_links(bot);
    f = console_listen(bot->console, why);
    f = f ? f : store_start(bot->store, bot->loop, why);
    return f;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle) && handle->data != NULL) {
        uv_close(handle, NULL);
    }
}

static void tear_down(struct bot *bot)
{
    for (size_t i = 0; i < bot->link_count; i++) {
        struct link *link = &bot->links[i];
        if (link->adapter && (!link->started || link->stopped)) {
            link->ops->close(link->adapter);
        }
    }
    store_close(bot->store, STORE_PATIENCE_MS);
    outbox_destroy(bot->outbox);
    uv_handle_t *own[] = {(uv_handle_t *)&bot->minute, (uv_handle_t *)&bot->stop_limit,
                          (uv_handle_t *)&bot->term, (uv_handle_t *)&bot->interrupt,
                          (uv_handle_t *)&bot->hangup};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (own[i]->loop) {
            close_handle(own[i], NULL);
        }
    }
    if (bot->lws) {
        lws_context_destroy(bot->lws);
    }
    for (int i = 0; i < 100 && uv_run(bot->loop, UV_RUN_NOWAIT); i++) {
    }
    console_destroy(bot->console);
    bot_free_cursors(bot);
    judge_destroy(bot->judge);
    generation_finish(&bot->now);
    arena_finish(&bot->message_arena);
}

int bot_run(const struct bot_options *options)
{
    struct bot *bot = calloc(1, sizeof(*bot));
    uv_loop_t *loop = calloc(1, sizeof(*loop));
    if (!bot || !loop || uv_loop_init(loop)) {
        free(bot);
        free(loop);
        return EX_OSERR;
    }
    bot->loop = loop;
    bot->clock = clock_real();
    bot->config_path = options->config_path;
    bot->started_ms = clock_unix_ms(&bot->clock);
    arena_init(&bot->message_arena, MESSAGE_BLOCK_BYTES, MESSAGE_LIMIT_BYTES);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct why why = {0};
    enum fault f = set_up(bot, options, &why);
    if (f) {
        log_error("hallmonitor does not start", LOG_FAULT(f), LOG_WHY(&why));
        bot->exit_status = status_of(f);
    } else {
        watch_signals(bot);
        uv_timer_init(loop, &bot->stop_limit);
        bot->stop_limit.data = bot;
        uv_timer_init(loop, &bot->minute);
        bot->minute.data = bot;
        uv_timer_start(&bot->minute, on_minute, MINUTE_MS, MINUTE_MS);
        audit(bot, "started");
        start_links(bot);
        outbox_kick(bot->outbox);
        log_info("hallmonitor is up",
                 LOG_STR("console", config_console_url(bot->now.config)),
                 LOG_U64("adapters", bot->link_count));
        uv_run(loop, UV_RUN_DEFAULT);
        log_info("stopped");
    }
    int status = bot->exit_status;
    tear_down(bot);
    uv_run(loop, UV_RUN_NOWAIT);
    uv_loop_close(loop);
    curl_global_cleanup();
    free(bot);
    free(loop);
    return status;
}
