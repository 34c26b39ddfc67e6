/* SPDX-License-Identifier: MIT
 *
 * matrix_internal.h - the adapter's state and what its files call in each other.
 */
#ifndef HM_MATRIX_INTERNAL_H
#define HM_MATRIX_INTERNAL_H

#include "adapters/matrix/matrix.h"
#include "adapters/matrix/matrix_hidden.h"
#include "adapters/matrix/matrix_jobs.h"
#include "adapters/matrix/matrix_recent.h"
#include "adapters/matrix/matrix_rooms.h"
#include "adapters/net/backoff.h"
#include "adapters/net/rest.h"
#include "bot/base/arena.h"
#include "bot/base/secret.h"

enum matrix_phase {
    PHASE_STOPPED,
    PHASE_WAITING, // for the next attempt
    PHASE_LOGIN,
    PHASE_SYNC,
    PHASE_REFUSED,
};

struct matrix_preview;

struct adapter {
    struct adapter_host *host;
    const struct matrix_conf *conf;
    struct rest *rest;
    enum matrix_phase phase;
    bool stopping;
    adapter_stopped_fn *stopped;
    void *stopped_ctx;
    unsigned open_handles; // timers, and the client
    uv_timer_t retry_timer, jobs_timer, fill_timer, mute_timer;
    struct backoff backoff;
    bool progress; // a /sync was answered since the last failure

    // login
    struct secret token, password, refresh;
    bool by_password;
    char *user_id;
    unsigned naming; // index of the configured room that is being found

    // sync
    struct text since;
    uint64_t sync_request; // the one that is out; 0: none
    bool full_state;       // the next sync tells everything about the rooms
    bool answer_too_long;  // the last /sync was more than can be read
    bool never_synced;     // no cursor yet: what lies in the rooms is not judged
    struct rooms rooms;
    struct arena arena; // one message's
    json_t *gaps;       // [{"room", "from", "to"}], oldest first
    size_t gap;         // the one whose page was asked for last
    bool filling;
    struct backoff fill_backoff;
    unsigned holds; // late redactions that must be done before the cursor moves

    struct jobs jobs;
    struct hidden hidden;
    struct recent recent;
    json_t *redacted; // event ids, of this run
    json_t *alerts;   // alert event id → case, as far as seen
    json_t *direct;   // user id → room for notices, or NULL: not known yet
    json_t *mutes;    // [{"room", "user", "until", "was"}]
    struct matrix_preview *preview;
    struct adapter_health health;
};

// matrix.c
uint64_t matrix_now_ms(const struct adapter *a);
uint64_t matrix_now_ns(const struct adapter *a);
// rest_send with the adapter as context; a fault is told through done as well, later.
void matrix_get(struct adapter *a, const char *path, uint32_t timeout_ms,
                rest_done_fn *done);
// What an answer means. NONE: *json (may be NULL: not wanted) is an object, the caller's.
// Other faults: *json is the error's object or NULL. token_lost (may be NULL) is set when
// the homeserver does not know the token.
MUST_USE enum fault matrix_answer(const struct rest_answer *r, json_t **json,
                                  bool *token_lost, struct why *why);
// Percent-encodes all but unreserved characters.
void matrix_escape(struct text *path, struct slice s);
// "/_matrix/client/v3/rooms/ROOM" + rest
void matrix_room_path(struct text *path, struct slice room, const char *rest);
bool matrix_listed(char *const *list, unsigned count, struct slice value);
bool matrix_is_control(const struct adapter *a, const struct room *room);
// A plain sentence for the technician about one room.
void matrix_tell(struct adapter *a, const char *what, const struct room *room,
                 const char *sentence);

// matrix_login.c
void matrix_login_start(struct adapter *a);
void matrix_login_lost(struct adapter *a, bool soft);
// Wait with backoff, then start the login again.
void matrix_login_retry(struct adapter *a, const struct why *why);
void matrix_refuse(struct adapter *a, const struct why *why);

// matrix_sync.c
void matrix_sync_start(struct adapter *a);
void matrix_sync_stop(struct adapter *a);
void matrix_event(struct adapter *a, struct room *room, const json_t *event,
                  bool backfilled, uint64_t frame_at_ns);
// Where a message stands and who its author is there: an id, and member, moderator (power
// level 50) or admin (100). roles has to live as long as the message.
enum { MATRIX_ROLES = 2 };
void matrix_place(struct message *m, const struct room *room,
                  struct slice roles[MATRIX_ROLES]);
// The job that held the cursor back is done.
void matrix_sync_release(struct adapter *a);

// matrix_backfill.c
void matrix_backfill_load(struct adapter *a);
void matrix_backfill_add(struct adapter *a, struct slice room, struct slice from,
                         struct slice to);
void matrix_backfill_kick(struct adapter *a);

// matrix_rights.c
// What we may not do there, in words, and the power level it needs; NULL: nothing.
const char *matrix_missing_right(const struct adapter *a, const struct room *room,
                                 int64_t *needs);
// Muting is less often allowed, and needed only by packs that mute.
bool matrix_may_mute(const struct adapter *a, const struct room *room, int64_t *needs);
void matrix_check_rights(struct adapter *a, struct room *room);

// matrix_act.c
enum fault matrix_act(struct adapter *a, const struct action *what, uint64_t ticket);
// Sends d->content; the answer's event becomes the deed's remote id.
void matrix_send(struct deed *d, struct slice room, const char *what);
// An edit that came after its original was hidden.
void matrix_hide_late(struct adapter *a, const struct room *room,
                      const struct matrix_event *e);
// Remembers a redaction that was seen or done; asks.
void matrix_redacted(struct adapter *a, struct slice event_id);
bool matrix_is_redacted(const struct adapter *a, const char *event_id);
void matrix_join(struct adapter *a, struct slice room, struct slice via);
void matrix_leave(struct adapter *a, struct slice room);

// matrix_alert.c
json_t *matrix_alert_content(const struct adapter *a, const struct action *what);
json_t *matrix_restore_content(const struct action *what);

// matrix_control.c
void matrix_control(struct adapter *a, struct room *room, const struct matrix_event *e);

// matrix_mute.c
void matrix_mute_load(struct adapter *a);
void matrix_mute(struct deed *d, bool lift);
void matrix_mute_kick(struct adapter *a);

// matrix_notice.c
void matrix_notice(struct deed *d);

// matrix_preview.c
MUST_USE enum fault matrix_preview_start(struct adapter *a, struct why *why);
void matrix_preview_stop(struct adapter *a);
// Its part of the health.
void matrix_preview_health(const struct adapter *a, struct adapter_health *out);

#endif
