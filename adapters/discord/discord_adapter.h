/* SPDX-License-Identifier: MIT
 *
 * discord_adapter.h - what the files of this adapter share; nobody else includes it.
 */
#ifndef HM_DISCORD_ADAPTER_H
#define HM_DISCORD_ADAPTER_H

#include "adapters/discord/discord.h"
#include "adapters/discord/discord_client.h"
#include "adapters/discord/discord_conf.h"
#include "adapters/discord/discord_decode.h"
#include "adapters/discord/discord_gateway.h"
#include "adapters/discord/discord_state.h"
#include "adapters/discord/discord_turns.h"
#include "adapters/net/backoff.h"
#include "bot/base/arena.h"
#include "bot/base/secret.h"

struct discord_hide;
struct discord_backfill;

enum {
    SHARDS_MOST = 64,
    RECENT_SLOTS = 1 << 16,
    // Before away_since_ms: clocks, and the time until a loss is noticed, two heartbeats.
    AWAY_SLACK_MS = 120 * 1000,
};

struct adapter {
    struct adapter_host *host;
    const struct discord_conf *conf;
    struct secret token;
    struct discord_client *client;
    struct discord_state state;
    struct arena arena; // of the message under way
    struct discord_hide *hide;
    struct discord_backfill *backfill;
    uint64_t *recent;        // hashes of revisions handed over: RECENT_SLOTS
    uint64_t application_id; // 0: not known yet
    struct idmap webhooks;   // struct own_webhook by channel, of discord_restore.c
    struct idmap direct;     // struct direct_channel by user, of discord_notice.c

    struct discord_gateway *shards[SHARDS_MOST];
    uint32_t shard_count;                // that were started
    char gateway_url[GATEWAY_URL_BYTES]; // empty: not known
    struct discord_turns turns;          // of identifies

    uv_timer_t tick;  // once a second
    uv_timer_t retry; // the next attempt to begin
    struct backoff backoff;
    enum link_state link;
    uint64_t away_since_ms;   // what the present session may have missed begins here
    uint64_t up_until_ms;     // when the link was last up in this run; 0: never
    uint64_t alive_before_ms; // when it was last up and nothing was missing; 0: never
    uint64_t ticks;
    uint64_t written_sequence[SHARDS_MOST];
    bool catching_up_written; // what a restart will find
    bool catch_up_again;      // the last run ended while it was catching up
    bool started, stopping;
    unsigned waits; // for what is still closing
    adapter_stopped_fn *stopped;
    void *stopped_ctx;
};

extern const char discord_user_agent[];

// discord.c
void discord_refuse(struct adapter *a, const char *sentence);

// discord_events.c: a dispatch, or the same from elsewhere.
void discord_event(struct adapter *a, uint32_t shard, struct slice event,
                   const json_t *data, uint64_t frame_at_ns);
// A message of a channel's history.
void discord_take_history(struct adapter *a, struct discord_channel *channel,
                          const json_t *message);
// The titles of those threads that were made while nobody told us.
void discord_take_titles(struct adapter *a, const json_t *threads, uint64_t guild_id);
// Whether the settings ask for this channel; c may be NULL (not known to us).
bool discord_watches(const struct adapter *a, uint64_t guild_id, uint64_t channel_id,
                     const struct discord_channel *c);
// discord_ready.c: READY of a shard; a new session tells nothing of what was before.
void discord_session_new(struct adapter *a, uint32_t shard, const json_t *d);
// A guild is complete: look up cursors, catch up with what a new session missed, report
// permissions.
void discord_guild_ready(struct adapter *a, struct discord_guild *g, bool catch_up);
// A new session calls last_id the channel's last message: reads what was missed, and
// looks for edits since then (0: none). The channel's cursor is known.
void discord_catch_up(struct adapter *a, struct discord_channel *c, uint64_t last_id,
                      uint64_t edits_since_ms);

// discord_cursor.c: what a restart needs.
void discord_cursors_write(struct adapter *a);
bool discord_session_read(struct adapter *a, uint32_t shard, uint32_t shards,
                          struct discord_gateway_session *out);
// Reads when the last run was last alive, and whether it had caught up.
void discord_alive_read(struct adapter *a);
// When the shards last identified, over restarts.
void discord_turns_read(struct adapter *a);
void discord_turns_write(struct adapter *a);
// The number of shards of the sessions that were written down; 0: none.
uint32_t discord_session_shards(struct adapter *a);
void discord_channel_cursor(struct adapter *a, struct discord_channel *c,
                            bool guild_known);
bool discord_guild_known(struct adapter *a, uint64_t guild_id);

// discord_load.c: the state over REST; done(a, f) once, later.
void discord_load(struct adapter *a, void (*done)(struct adapter *a, enum fault f));

// discord_act.c, discord_restore.c, discord_notice.c, discord_alert.c
enum fault discord_act(struct adapter *a, const struct action *what, uint64_t ticket);
enum fault discord_restore(struct adapter *a, const struct action *what,
                           uint64_t ticket);
enum fault discord_notice(struct adapter *a, const struct action *what,
                          uint64_t ticket);
enum fault discord_alert(struct adapter *a, const struct action *what, uint64_t ticket);
void discord_restore_finish(struct adapter *a);
void discord_notice_finish(struct adapter *a);
// The request's outcome becomes the ticket's. gone_is_done: what was to be removed or
// changed is no longer there.
enum fault discord_send_ticket(struct adapter *a, const struct discord_request *r,
                               uint64_t ticket, bool gone_is_done);
// A person's sentence for a refusal.
void discord_say_outcome(struct adapter *a, uint64_t ticket,
                         const struct discord_answer *answer, struct slice remote_id);

// discord_interact.c
void discord_interaction(struct adapter *a, const json_t *data);

#endif
