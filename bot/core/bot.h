/* SPDX-License-Identifier: MIT
 *
 * bot.h - the daemon: everything hangs from struct bot.
 *
 *   adapter ─host_message─► intake ─► judge ─► casework ─► store (commit)
 *                                                  │
 *   adapter ◄──act── outbox ◄── after the commit ──┘        console ◄─ events
 *
 * Thread  loop; the store has a thread of its own behind store.h.
 */
#ifndef HM_CORE_BOT_H
#define HM_CORE_BOT_H

#include <uv.h>

#include "bot/core/config.h"
#include "bot/core/latency.h"
#include "bot/core/raid.h"
#include "bot/store/store.h"

struct bot;
struct outbox;
struct console;

// One platform in use.
struct link {
    struct adapter_host host; // first: the adapter's callbacks get its address
    struct bot *bot;
    const struct adapter_ops *ops;
    struct adapter *adapter; // NULL: could not be opened
    enum link_state state;
    bool started;
    bool stopped;
    struct raid raid;
    struct why why; // with LINK_REFUSED or when it could not be opened
};

struct policy_slot {
    const char *name; // as in the config
    struct policy *policy;
};

// One generation of what a reload replaces as a whole.
struct generation {
    struct config_file *config;
    struct ruleset *rules;
    struct policy_slot *policies; // the school's first, then each channel override
    size_t policy_count;
};

struct numbers {
    uint64_t messages, cases, duplicates, unjudged, refused;
    uint64_t actions_done, actions_failed, action_retries;
    struct latency frame_to_act; // frame in to hide handed to the adapter, ns
    struct latency judged;       // one judge_message() call, ns
};

struct cursor_entry;

struct bot {
    uv_loop_t *loop;
    struct lws_context *lws;
    struct clock clock;
    const char *config_path;
    struct generation now;
    struct judge *judge;
    struct store *store;
    struct outbox *outbox;
    struct console *console;
    struct link links[PLATFORMS_MOST];
    size_t link_count;
    struct cursor_entry *cursors;
    struct numbers numbers;
    struct arena message_arena; // one message's
    struct store_request *held; // records that are not durable yet, oldest first
    struct store_request *held_last;
    bool store_failing;
    struct why store_why;
    bool stopping;
    bool reloading;
    int exit_status;
    uv_timer_t minute, stop_limit;
    uv_signal_t term, interrupt, hangup;
    uint64_t started_ms;
};

struct bot_options {
    const char *config_path;
    bool create_store;
};

// Runs until SIGTERM or SIGINT; returns an exit status of sysexits.h.
int bot_run(const struct bot_options *options);

// generation.c: loads config, rules and packs off to the side.
MUST_USE enum fault generation_load(struct generation *out, const char *config_path,
                                    bool progress, struct why *why);
void generation_finish(struct generation *g);
// The pack for a channel; NULL config entry gives the school's.
const struct policy *generation_policy(const struct generation *g,
                                       const struct config_channel *channel);

// hosts.c: the table of callbacks that an adapter gets.
void host_fill(struct link *link);
struct link *bot_link(struct bot *bot, struct slice adapter_name); // NULL: not in use
void bot_load_cursors(struct bot *bot, const struct store_request *loaded);
void bot_free_cursors(struct bot *bot);

// intake.c: one message revision in.
void intake_message(struct link *link, const struct message *m);
void intake_preview(struct link *link, const struct message *m, struct preview *out);

// casework.c: a verdict becomes a record, a decision changes a case.
void casework_record(struct link *link, const struct message *m,
                     struct slice judged_text, const struct verdict *v, bool refused);
// A case that is not about a message: a gap in the history, a raid.
void casework_event(struct link *link, struct slice channel, const char *kind,
                    struct slice sentence, enum severity severity);
// done(ctx, fault, why) runs once the decision is durable; may be NULL.
typedef void decided_fn(void *ctx, enum fault f, const struct why *why);
void casework_decide(struct bot *bot, uint64_t case_id, enum decision_kind kind,
                     struct slice moderator, const char *source, decided_fn *done,
                     void *ctx);
// The database cannot be written: hide now what is held back for the commit.
void casework_hide_unsaved(struct bot *bot);

// console events
void bot_event(struct bot *bot, const char *what, uint64_t case_id);

#endif
