// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_hide.h"
#include "adapters/discord/discord_json.h"

enum { PATH_ROOM = 400 };

static const uint64_t mute_most_ms = 28ull * 24 * 60 * 60 * 1000 - 60000;

// A ticket on its way through the client.
struct ticket {
    struct adapter *adapter;
    uint64_t number;
    bool gone_is_done;
};

static bool gone(const struct discord_answer *answer)
{
    return answer->fault == FAULT_ABSENT || answer->code == ERROR_UNKNOWN_MESSAGE ||
           answer->code == ERROR_UNKNOWN_CHANNEL;
}

void discord_say_outcome(struct adapter *a, uint64_t ticket,
                         const struct discord_answer *answer, struct slice remote_id)
{
    struct why why = answer->why;
    if (answer->code == ERROR_CANNOT_MESSAGE_USER) {
        fault_say(&why, answer->fault, "this person takes no direct messages");
    } else if (answer->fault == FAULT_DENIED) {
        fault_say(&why, answer->fault,
                  "Discord refuses it to the bot (code %llu): its role lacks a "
                  "permission or stands below the member's",
                  (unsigned long long)answer->code);
    }
    host_outcome(a->host, ticket, answer->fault, answer->fault ? &why : NULL,
                 remote_id);
}

static void on_ticket_done(void *ctx, const struct discord_answer *answer)
{
    struct ticket *t = ctx;
    if (t->gone_is_done && gone(answer)) {
        host_outcome(t->adapter->host, t->number, FAULT_NONE, NULL, slice_of(""));
    } else {
        discord_say_outcome(t->adapter, t->number, answer,
                            discord_get_text(answer->json, "id"));
    }
    free(t);
}

enum fault discord_send_ticket(struct adapter *a, const struct discord_request *r,
                               uint64_t ticket, bool gone_is_done)
{
    struct ticket *t = malloc(sizeof(*t));
    if (!t) {
        return FAULT_MEMORY;
    }
    *t = (struct ticket){a, ticket, gone_is_done};
    struct discord_request mine = *r;
    mine.done = on_ticket_done;
    mine.ctx = t;
    enum fault f = discord_client_send(a->client, &mine);
    if (f) {
        free(t);
        return f == FAULT_LIMIT ? FAULT_THROTTLED : f; // full now, not for ever
    }
    return FAULT_NONE;
}

static unsigned severity_of(struct slice word)
{
    static const char *const words[] = {"low", "medium", "high", "critical"};
    for (unsigned i = 0; i < 4; i++) {
        if (slice_is(word, words[i])) {
            return i + 1;
        }
    }
    return 0;
}

static struct slice where(const struct action *what)
{
    return what->thread.len ? what->thread : what->channel;
}

// PATCH with a body, for names and timeouts.
static enum fault patch(struct adapter *a, const struct action *what, const char *route,
                        struct slice major, const char *path, const char *body,
                        uint64_t ticket, unsigned priority)
{
    struct discord_request r = {.method = REST_PATCH,
                                .route = route,
                                .major = major,
                                .path = path,
                                .body = slice_of(body),
                                .reason = what->reason,
                                .priority = priority};
    return discord_send_ticket(a, &r, ticket, true);
}

static enum fault hide_name(struct adapter *a, const struct action *what,
                            struct slice user, uint64_t ticket)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "/guilds/%.*s/members/%.*s", SLICE_ARG(what->space),
             SLICE_ARG(user));
    return patch(a, what, "PATCH /guilds/*/members/*", what->space, path,
                 "{\"nick\":\"Name hidden\"}", ticket, PRIORITY_HIDE);
}

static enum fault hide_title(struct adapter *a, const struct action *what,
                             struct slice channel, uint64_t ticket)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "/channels/%.*s", SLICE_ARG(channel));
    return patch(a, what, "PATCH /channels/*", channel, path,
                 "{\"name\":\"title-hidden\"}", ticket, PRIORITY_HIDE);
}

// "MESSAGE:NAME:ID", the name of letters, digits and underscores.
static enum fault hide_reaction(struct adapter *a, const struct action *what,
                                struct slice key, uint64_t ticket)
{
    struct slice emoji = {0};
    struct slice message = slice_cut(key, ':', &emoji);
    char path[PATH_ROOM];
    for (size_t i = 0; i < emoji.len; i++) {
        unsigned char c = (unsigned char)emoji.ptr[i];
        if (c <= ' ' || c == '/' || c == '?' || c == '#' || c == '%' || c >= 0x7f) {
            return FAULT_INPUT;
        }
    }
    int n = snprintf(path, sizeof(path), "/channels/%.*s/messages/%.*s/reactions/%.*s",
                     SLICE_ARG(where(what)), SLICE_ARG(message), SLICE_ARG(emoji));
    if (n >= PATH_ROOM) {
        return FAULT_INPUT;
    }
    struct discord_request r = {.method = REST_DELETE,
                                .route = "DELETE /channels/*/messages/*/reactions/*",
                                .major = where(what),
                                .path = path,
                                .reason = what->reason,
                                .priority = PRIORITY_HIDE};
    return discord_send_ticket(a, &r, ticket, true);
}

// What stands behind "prefix:" in an id that is none of a message.
static bool special(struct slice id, struct slice prefix, struct slice *rest)
{
    if (!slice_starts_with(id, prefix)) {
        return false;
    }
    *rest = slice_sub(id, prefix.len, id.len);
    return true;
}

static enum fault hide(struct adapter *a, const struct action *what, uint64_t ticket)
{
    struct slice rest;
    if (special(what->message_id, SLICE("name:"), &rest)) {
        return hide_name(a, what, rest, ticket);
    }
    if (special(what->message_id, SLICE("title:"), &rest)) {
        return hide_title(a, what, rest, ticket);
    }
    if (special(what->message_id, SLICE("reaction:"), &rest)) {
        return hide_reaction(a, what, rest, ticket);
    }
    if (special(what->message_id, SLICE("automod:"), &rest)) {
        host_outcome(a->host, ticket, FAULT_NONE, NULL, slice_of("")); // never appeared
        return FAULT_NONE;
    }
    uint64_t channel = discord_id_parse(where(what));
    uint64_t message = discord_id_parse(what->message_id);
    if (!channel || !message) {
        return FAULT_INPUT;
    }
    return discord_hide_add(a->hide, channel, message, severity_of(what->severity),
                            what->reason, ticket);
}

static enum fault mute(struct adapter *a, const struct action *what, uint64_t ticket)
{
    char path[PATH_ROOM], body[128], until[40];
    snprintf(path, sizeof(path), "/guilds/%.*s/members/%.*s", SLICE_ARG(what->space),
             SLICE_ARG(what->author_id));
    if (what->kind == ACT_UNMUTE) {
        snprintf(body, sizeof(body), "{\"communication_disabled_until\":null}");
    } else {
        uint64_t length =
            what->duration_ms < mute_most_ms ? what->duration_ms : mute_most_ms;
        discord_time_text(clock_unix_ms(a->host->clock) + length, until);
        snprintf(body, sizeof(body), "{\"communication_disabled_until\":\"%s\"}",
                 until);
    }
    return patch(a, what, "PATCH /guilds/*/members/*", what->space, path, body, ticket,
                 PRIORITY_MUTE);
}

static enum fault ban(struct adapter *a, const struct action *what, uint64_t ticket)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "/guilds/%.*s/bans/%.*s", SLICE_ARG(what->space),
             SLICE_ARG(what->author_id));
    struct discord_request r = {.method = REST_PUT,
                                .route = "PUT /guilds/*/bans/*",
                                .major = what->space,
                                .path = path,
                                .body = SLICE("{}"),
                                .reason = what->reason,
                                .priority = PRIORITY_MUTE};
    return discord_send_ticket(a, &r, ticket, false);
}

enum fault discord_act(struct adapter *a, const struct action *what, uint64_t ticket)
{
    if (a->link == LINK_REFUSED || !a->started) {
        return FAULT_OFFLINE;
    }
    bool needs_person =
        what->kind == ACT_MUTE || what->kind == ACT_UNMUTE || what->kind == ACT_BAN;
    if (needs_person &&
        (!discord_id_parse(what->space) || !discord_id_parse(what->author_id))) {
        return FAULT_INPUT;
    }
    switch (what->kind) {
    case ACT_HIDE:
        return hide(a, what, ticket);
    case ACT_RESTORE:
        return discord_restore(a, what, ticket);
    case ACT_MUTE:
    case ACT_UNMUTE:
        return mute(a, what, ticket);
    case ACT_BAN:
        return ban(a, what, ticket);
    case ACT_NOTICE:
        return discord_notice(a, what, ticket);
    case ACT_ALERT:
    case ACT_ALERT_UPDATE:
        return discord_alert(a, what, ticket);
    }
    return FAULT_INPUT;
}
