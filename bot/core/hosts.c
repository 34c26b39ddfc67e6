// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/console/console.h"
#include "bot/core/bot.h"
#include "bot/core/outbox.h"
#include "bot/core/raid.h"

enum { BUSY_RECORDS = 4096 }; // records on their way to the disk

// What each adapter last said about where it stands; the store has the durable copy.
struct cursor_entry {
    struct cursor_entry *next;
    struct slice adapter, key;
    struct text value;
};

static struct link *link_of(struct adapter_host *h)
{
    return (struct link *)h;
}

static struct cursor_entry *cursor_at(struct bot *bot, struct slice adapter,
                                      struct slice key)
{
    for (struct cursor_entry *c = bot->cursors; c; c = c->next) {
        if (slice_equal(c->key, key) && slice_equal(c->adapter, adapter)) {
            return c;
        }
    }
    return NULL;
}

static void free_cursor(struct cursor_entry *c)
{
    text_finish(&c->value);
    free((char *)(uintptr_t)c->adapter.ptr);
    free((char *)(uintptr_t)c->key.ptr);
    free(c);
}

static void remember_cursor(struct bot *bot, struct slice adapter, struct slice key,
                            struct slice value)
{
    struct cursor_entry *c = cursor_at(bot, adapter, key);
    if (!c) {
        c = calloc(1, sizeof(*c));
        if (!c) {
            return;
        }
        c->adapter = slice_make(slice_dup(adapter), adapter.len);
        c->key = slice_make(slice_dup(key), key.len);
        text_init(&c->value, 1 << 20);
        if (!c->adapter.ptr || !c->key.ptr) {
            free_cursor(c);
            return;
        }
        c->next = bot->cursors;
        bot->cursors = c;
    }
    text_clear(&c->value);
    if (text_add(&c->value, value)) {
        text_clear(&c->value);
    }
}

void bot_load_cursors(struct bot *bot, const struct store_request *loaded)
{
    for (size_t i = 0; i < loaded->cursors.count; i++) {
        const struct store_cursor *c = &loaded->cursors.list[i];
        remember_cursor(bot, c->adapter, c->key, c->value);
    }
}

void bot_free_cursors(struct bot *bot)
{
    while (bot->cursors) {
        struct cursor_entry *c = bot->cursors;
        bot->cursors = c->next;
        free_cursor(c);
    }
}

static void on_message(struct adapter_host *h, const struct message *m)
{
    intake_message(link_of(h), m);
}

static void on_preview(struct adapter_host *h, const struct message *m,
                       struct preview *out)
{
    intake_preview(link_of(h), m, out);
}

static void on_decision(struct adapter_host *h, const struct decision *d)
{
    struct link *link = link_of(h);
    casework_decide(link->bot, d->case_id, d->kind,
                    d->moderator_name.len ? d->moderator_name : d->moderator_id,
                    link->ops->name, NULL, NULL);
}

static void on_gap(struct adapter_host *h, const struct gap *g)
{
    struct link *link = link_of(h);
    char from[CLOCK_TEXT_BYTES] = "an unknown time";
    char to[CLOCK_TEXT_BYTES] = "now";
    if (g->from_unix_ms) {
        clock_text(g->from_unix_ms, from);
    }
    if (g->to_unix_ms) {
        clock_text(g->to_unix_ms, to);
    }
    char sentence[700];
    snprintf(sentence, sizeof(sentence),
             "Messages from %s to %s could not be fetched and were not judged: %.*s",
             from, to, (int)(g->reason.len < 400 ? g->reason.len : 400),
             g->reason.ptr ? g->reason.ptr : "");
    log_warn("a gap in the history cannot be fetched",
             LOG_STR("adapter", link->ops->name));
    casework_event(link, g->channel, "gap", slice_of(sentence), SEVERITY_MEDIUM);
}

static void on_link(struct adapter_host *h, enum link_state now, const struct why *why)
{
    static const char *const words[] = {"down", "connecting", "up", "refused"};
    struct link *link = link_of(h);
    enum link_state before = link->state;
    link->state = now;
    link->why = why ? *why : (struct why){0};
    if (now == LINK_REFUSED) {
        log_error("an adapter stopped for good", LOG_STR("adapter", link->ops->name),
                  LOG_WHY(&link->why));
        host_technician(h, SLICE("refused"), slice_of(link->why.text));
    } else if (now != before) {
        log_info("an adapter's link changed", LOG_STR("adapter", link->ops->name),
                 LOG_STR("now", words[now]), LOG_WHY(&link->why));
    }
    if (now == LINK_UP && before != LINK_UP && link->bot->outbox) {
        outbox_kick(link->bot->outbox);
    }
    bot_event(link->bot, "link", 0);
}

static void on_outcome(struct adapter_host *h, uint64_t ticket, enum fault f,
                       const struct why *why, struct slice remote_id)
{
    outbox_outcome(link_of(h)->bot->outbox, ticket, f, why, remote_id);
}

static void on_cursor(struct adapter_host *h, struct slice key, struct slice value)
{
    struct link *link = link_of(h);
    struct bot *bot = link->bot;
    remember_cursor(bot, slice_of(link->ops->name), key, value);
    struct store_request *r = store_request_create(STORE_CURSOR);
    if (!r) {
        return; // an older cursor: the same messages come again and are known
    }
    r->adapter = slice_of(link->ops->name);
    r->cursor.key = arena_copy(&r->arena, key);
    r->cursor.value = arena_copy(&r->arena, value);
    if (!r->cursor.key.ptr || !r->cursor.value.ptr) {
        store_request_destroy(r);
        return;
    }
    store_submit(bot->store, r);
}

static enum fault on_cursor_find(struct adapter_host *h, struct slice key,
                                 struct text *out)
{
    struct link *link = link_of(h);
    struct cursor_entry *c = cursor_at(link->bot, slice_of(link->ops->name), key);
    return c ? text_add(out, text_slice(&c->value)) : FAULT_ABSENT;
}

static void on_technician(struct adapter_host *h, struct slice key,
                          struct slice sentence)
{
    struct link *link = link_of(h);
    struct store_request *r = store_request_create(STORE_NOTE);
    if (!r) {
        return;
    }
    r->adapter = slice_of(link->ops->name);
    r->note.key = arena_copy(&r->arena, key);
    r->note.sentence = arena_copy(&r->arena, sentence);
    store_submit(link->bot->store, r);
    log_warn("for the technician: see the console's notes",
             LOG_STR("adapter", link->ops->name));
    bot_event(link->bot, "note", 0);
}

static void on_joined(struct adapter_host *h, struct slice space,
                      struct slice member_id, uint64_t at_unix_ms,
                      uint64_t account_created_unix_ms)
{
    (void)member_id;
    struct link *link = link_of(h);
    if (raid_joined(&link->raid, at_unix_ms, account_created_unix_ms)) {
        casework_event(
            link, space, "raid",
            SLICE("Many new accounts joined within a minute: this may be a raid. "
                  "Consider closing invitations for a while."),
            SEVERITY_HIGH);
    }
}

static bool on_busy(const struct adapter_host *h)
{
    return store_waiting(((const struct link *)h)->bot->store) > BUSY_RECORDS;
}

static void on_serve(struct adapter_host *h, const struct lws_protocols *protocol)
{
    console_offer(link_of(h)->bot->console, protocol);
}

void host_fill(struct link *link)
{
    struct bot *bot = link->bot;
    link->host = (struct adapter_host){.loop = bot->loop,
                                       .lws = bot->lws,
                                       .clock = &bot->clock,
                                       .message = on_message,
                                       .preview = on_preview,
                                       .decision = on_decision,
                                       .gap = on_gap,
                                       .link = on_link,
                                       .outcome = on_outcome,
                                       .cursor = on_cursor,
                                       .cursor_find = on_cursor_find,
                                       .technician = on_technician,
                                       .joined = on_joined,
                                       .busy = on_busy,
                                       .serve = on_serve};
}

struct link *bot_link(struct bot *bot, struct slice adapter_name)
{
    for (size_t i = 0; i < bot->link_count; i++) {
        if (slice_is(adapter_name, bot->links[i].ops->name)) {
            return &bot->links[i];
        }
    }
    return NULL;
}

void bot_event(struct bot *bot, const char *what, uint64_t case_id)
{
    if (bot->console) {
        console_event(bot->console, what, case_id);
    }
}
