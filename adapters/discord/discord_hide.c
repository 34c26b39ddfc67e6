// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_hide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/discord_idmap.h"
#include "adapters/discord/discord_json.h"
#include "bot/base/text.h"

enum {
    BULK_MOST = 100,
    REASON_BYTES = 400,
    SEVERITY_MOST = 4,
    PATH_ROOM = 96,
    WAITING_MOST = 200000,
};

// Discord refuses bulk deletes of messages that are two weeks old; a margin for clocks.
static const uint64_t bulk_age_ms = (14ull * 24 - 1) * 60 * 60 * 1000;

static const char single_route[] = "DELETE /channels/*/messages/*";
static const char bulk_route[] = "POST /channels/*/messages/bulk-delete";

struct doomed {
    struct doomed *next;
    uint64_t message_id, ticket, order;
    unsigned severity;
    bool alone; // not by bulk delete
    char *reason;
};

// The deletes of one channel. Freed when nothing waits and nothing is queued.
struct ward {
    struct discord_hide *hide;
    uint64_t channel_id;
    struct doomed *first; // most severe first
    size_t waiting;
    // Requests in the client that will take from here, and for how severe a message.
    unsigned single_slots, bulk_slots, slot_severity;
    unsigned asking; // ask() is at work: must stay
    char path[PATH_ROOM];
    struct text body;
};

// What one request takes with it.
struct batch {
    struct ward *ward;
    struct discord_hide *hide;
    uint64_t channel_id;
    struct doomed *first;
    size_t count;
    bool bulk;
};

struct discord_hide {
    struct adapter_host *host;
    struct discord_client *client;
    struct idmap wards; // struct ward by channel
    uint64_t last_order;
    uint32_t waiting;
    bool stopping;
};

enum fault discord_hide_create(struct discord_hide **out, struct adapter_host *host,
                               struct discord_client *client)
{
    struct discord_hide *h = calloc(1, sizeof(*h));
    if (!h) {
        return FAULT_MEMORY;
    }
    h->host = host;
    h->client = client;
    *out = h;
    return FAULT_NONE;
}

static void free_doomed(struct doomed *d)
{
    free(d->reason);
    free(d);
}

static void answer_all(struct discord_hide *h, struct doomed *list, enum fault f,
                       const struct why *why)
{
    while (list) {
        struct doomed *d = list;
        list = d->next;
        host_outcome(h->host, d->ticket, f, why, slice_of(""));
        free_doomed(d);
    }
}

static struct ward *ward_of(struct discord_hide *h, uint64_t channel_id)
{
    struct ward *w = idmap_find(&h->wards, channel_id);
    if (w) {
        return w;
    }
    w = calloc(1, sizeof(*w));
    if (!w || idmap_put(&h->wards, channel_id, w)) {
        free(w);
        return NULL;
    }
    w->hide = h;
    w->channel_id = channel_id;
    text_init(&w->body, 8192);
    return w;
}

static void drop_if_idle(struct ward *w)
{
    if (!w->first && !w->single_slots && !w->bulk_slots && !w->asking) {
        idmap_remove(&w->hide->wards, w->channel_id);
        text_finish(&w->body);
        free(w);
    }
}

static void insert(struct ward *w, struct doomed *d)
{
    struct doomed **at = &w->first;
    while (*at && ((*at)->severity > d->severity ||
                   ((*at)->severity == d->severity && (*at)->order < d->order))) {
        at = &(*at)->next;
    }
    d->next = *at;
    *at = d;
    w->waiting++;
    w->hide->waiting++;
}

static bool bulkable(const struct discord_hide *h, const struct doomed *d)
{
    return !d->alone && discord_id_unix_ms(d->message_id) + bulk_age_ms >
                            clock_unix_ms(h->host->clock);
}

// Takes up to most out of the ward, the most severe first.
static struct doomed *take(struct ward *w, size_t most, bool for_bulk, size_t *count)
{
    struct doomed *taken = NULL;
    struct doomed **end = &taken;
    *count = 0;
    for (struct doomed **at = &w->first; *at && *count < most;) {
        struct doomed *d = *at;
        if (for_bulk && !bulkable(w->hide, d)) {
            at = &d->next;
            continue;
        }
        *at = d->next;
        d->next = NULL;
        *end = d;
        end = &d->next;
        ++*count;
    }
    w->waiting -= *count;
    w->hide->waiting -= (uint32_t)*count;
    return taken;
}

static size_t count_bulkable(const struct ward *w)
{
    size_t n = 0;
    for (const struct doomed *d = w->first; d && n < 2; d = d->next) {
        n += bulkable(w->hide, d);
    }
    return n;
}

static void ask(struct ward *w);

static void put_back(struct discord_hide *h, struct batch *b)
{
    struct ward *w = ward_of(h, b->channel_id);
    if (!w) {
        answer_all(h, b->first, FAULT_MEMORY, NULL);
        return;
    }
    while (b->first) {
        struct doomed *d = b->first;
        b->first = d->next;
        d->alone = true;
        insert(w, d);
    }
    ask(w);
}

static void on_deleted(void *ctx, const struct discord_answer *answer)
{
    struct batch *b = ctx;
    struct discord_hide *h = b->hide;
    enum fault f = answer->fault;
    if (answer->code == ERROR_UNKNOWN_MESSAGE ||
        answer->code == ERROR_UNKNOWN_CHANNEL) {
        f = FAULT_NONE; // gone is as good as hidden
    }
    if (b->bulk && f == FAULT_INPUT && !h->stopping) {
        put_back(h, b); // one of them was too old, or no longer there
        free(b);
        return;
    }
    struct why why = answer->why;
    if (f == FAULT_DENIED) {
        fault_say(&why, f,
                  "the bot may not delete messages in channel %llu; give its role "
                  "Manage Messages there",
                  (unsigned long long)b->channel_id);
    }
    struct ward *w = idmap_find(&h->wards, b->channel_id);
    answer_all(h, b->first, f, f ? &why : NULL);
    free(b);
    if (w) {
        drop_if_idle(w);
    }
}

// A request of the client that was never prepared ends here as well.
static void on_slot_done(void *ctx, const struct discord_answer *answer)
{
    struct batch *slot = ctx;
    if (slot->first) {
        on_deleted(slot, answer);
        return;
    }
    struct ward *w = slot->ward;
    --*(slot->bulk ? &w->bulk_slots : &w->single_slots);
    drop_if_idle(w);
    free(slot);
}

static void fill_single(struct ward *w, struct batch *b, struct discord_request *r)
{
    snprintf(w->path, sizeof(w->path), "/channels/%llu/messages/%llu",
             (unsigned long long)w->channel_id,
             (unsigned long long)b->first->message_id);
    r->path = w->path;
    r->body = slice_of("");
    r->reason = slice_of(b->first->reason);
}

static void fill_bulk(struct ward *w, struct batch *b, struct discord_request *r)
{
    snprintf(w->path, sizeof(w->path), "/channels/%llu/messages/bulk-delete",
             (unsigned long long)w->channel_id);
    text_clear(&w->body);
    text_add_str(&w->body, "{\"messages\":[");
    for (const struct doomed *d = b->first; d; d = d->next) {
        text_add_format(&w->body, "%s\"%llu\"", d == b->first ? "" : ",",
                        (unsigned long long)d->message_id);
    }
    text_add_str(&w->body, "]}");
    r->path = w->path;
    r->body = text_slice(&w->body);
    r->reason = slice_of(b->first->reason);
}

static bool prepare(void *ctx, struct discord_request *r)
{
    struct batch *b = ctx;
    struct ward *w = b->ward;
    --*(b->bulk ? &w->bulk_slots : &w->single_slots);
    // Two of them make a bulk delete worth while; one is left to the other request.
    size_t worth = b->bulk ? count_bulkable(w) : w->waiting;
    if (worth < (b->bulk ? 2 : 1) || w->hide->stopping) {
        drop_if_idle(w);
        free(b);
        return false;
    }
    b->first = take(w, b->bulk ? BULK_MOST : 1, b->bulk, &b->count);
    if (b->bulk) {
        fill_bulk(w, b, r);
    } else {
        fill_single(w, b, r);
    }
    b->ward = NULL; // may be gone when the answer comes
    // The ward stays until the path was sent: asking again cannot free it.
    if (w->first) {
        ask(w);
    }
    return true;
}

// Without memory the messages wait for the next one of their channel.
static void queue_slot(struct ward *w, bool bulk)
{
    struct discord_hide *h = w->hide;
    struct batch *b = calloc(1, sizeof(*b));
    if (!b) {
        return;
    }
    *b =
        (struct batch){.ward = w, .hide = h, .channel_id = w->channel_id, .bulk = bulk};
    char id[DISCORD_ID_BYTES];
    struct discord_request r = {.method = bulk ? REST_POST : REST_DELETE,
                                .route = bulk ? bulk_route : single_route,
                                .major = discord_id_text(w->channel_id, id),
                                .priority = PRIORITY_HIDE + w->first->severity * 2 +
                                            (bulk ? 1 : 0),
                                .prepare = prepare,
                                .done = on_slot_done,
                                .ctx = b};
    unsigned *slots = bulk ? &w->bulk_slots : &w->single_slots;
    ++*slots;
    if (discord_client_send(h->client, &r)) {
        --*slots;
        free(b);
    }
}

// Makes sure that requests are under way for what waits, as urgent as the worst of it.
static void ask(struct ward *w)
{
    w->asking++;
    bool worse = w->first && w->first->severity > w->slot_severity;
    if (w->first) {
        w->slot_severity = w->first->severity;
    }
    if ((!w->bulk_slots || worse) && count_bulkable(w) >= 2) {
        queue_slot(w, true);
    }
    if (w->first && (!w->single_slots || worse)) {
        queue_slot(w, false);
    }
    w->asking--;
}

static bool already_waits(struct ward *w, uint64_t message_id, uint64_t ticket,
                          struct discord_hide *h)
{
    for (const struct doomed *d = w->first; d; d = d->next) {
        if (d->message_id == message_id) {
            // The same message again (an edit): it goes with the first.
            host_outcome(h->host, ticket, FAULT_NONE, NULL, slice_of(""));
            return true;
        }
    }
    return false;
}

enum fault discord_hide_add(struct discord_hide *h, uint64_t channel_id,
                            uint64_t message_id, unsigned severity, struct slice reason,
                            uint64_t ticket)
{
    if (h->stopping) {
        return FAULT_CANCELLED;
    }
    struct ward *w = h->waiting < WAITING_MOST ? ward_of(h, channel_id) : NULL;
    if (!w) {
        return FAULT_MEMORY;
    }
    if (already_waits(w, message_id, ticket, h)) {
        return FAULT_NONE;
    }
    struct doomed *d = calloc(1, sizeof(*d));
    char *said = slice_dup(slice_sub(reason, 0, REASON_BYTES));
    if (!d || !said) {
        free(d);
        free(said);
        drop_if_idle(w);
        return FAULT_MEMORY;
    }
    *d =
        (struct doomed){.message_id = message_id,
                        .ticket = ticket,
                        .order = ++h->last_order,
                        .severity = severity < SEVERITY_MOST ? severity : SEVERITY_MOST,
                        .reason = said};
    insert(w, d);
    ask(w);
    return FAULT_NONE;
}

void discord_hide_gone(struct discord_hide *h, uint64_t channel_id, uint64_t message_id)
{
    struct ward *w = idmap_find(&h->wards, channel_id);
    for (struct doomed **at = w ? &w->first : NULL; at && *at; at = &(*at)->next) {
        struct doomed *d = *at;
        if (d->message_id == message_id) {
            *at = d->next;
            d->next = NULL;
            w->waiting--;
            h->waiting--;
            answer_all(h, d, FAULT_NONE, NULL);
            drop_if_idle(w);
            return;
        }
    }
}

uint32_t discord_hide_waiting(const struct discord_hide *h)
{
    return h->waiting;
}

void discord_hide_stop(struct discord_hide *h)
{
    h->stopping = true;
    struct ward *w;
    for (size_t at = 0; (w = idmap_next(&h->wards, &at));) {
        struct doomed *list = w->first;
        w->first = NULL;
        h->waiting -= (uint32_t)w->waiting;
        w->waiting = 0;
        answer_all(h, list, FAULT_CANCELLED, NULL);
    }
}

void discord_hide_destroy(struct discord_hide *h)
{
    if (!h) {
        return;
    }
    struct ward *w;
    for (size_t at = 0; (w = idmap_next(&h->wards, &at));) {
        text_finish(&w->body);
        free(w);
    }
    idmap_finish(&h->wards);
    free(h);
}
