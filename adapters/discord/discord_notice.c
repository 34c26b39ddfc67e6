// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_json.h"
#include "bot/base/utf8.h"

enum { CONTENT_BYTES = 1900, BODY_MOST = 16384, DIRECT_MOST = 50000, PATH_ROOM = 96 };

struct direct_channel {
    uint64_t user_id, channel_id;
};

// A notice that waits for its direct-message channel.
struct notice {
    struct adapter *adapter;
    uint64_t ticket, id, user_id;
    char *text;
};

static void free_notice(struct notice *n)
{
    free(n->text);
    free(n);
}

static enum fault post(struct adapter *a, uint64_t channel_id, const struct notice *n)
{
    struct text body;
    text_init(&body, BODY_MOST);
    text_add_str(&body, "{\"content\":");
    text_add_json(&body, utf8_prefix(slice_of(n->text), CONTENT_BYTES));
    text_add_format(&body,
                    ",\"allowed_mentions\":{\"parse\":[]},\"nonce\":\"%llu\","
                    "\"enforce_nonce\":true}",
                    (unsigned long long)n->id);
    char path[PATH_ROOM], id[DISCORD_ID_BYTES];
    snprintf(path, sizeof(path), "/channels/%llu/messages",
             (unsigned long long)channel_id);
    struct discord_request r = {.method = REST_POST,
                                .route = "POST /channels/*/messages",
                                .major = discord_id_text(channel_id, id),
                                .path = path,
                                .body = text_slice(&body),
                                .priority = PRIORITY_NOTICE};
    enum fault f =
        text_failed(&body) ? FAULT_LIMIT : discord_send_ticket(a, &r, n->ticket, false);
    text_finish(&body);
    return f;
}

static void on_channel(void *ctx, const struct discord_answer *answer)
{
    struct notice *n = ctx;
    struct adapter *a = n->adapter;
    uint64_t channel = discord_get_id(answer->json, "id");
    if (answer->fault) {
        discord_say_outcome(a, n->ticket, answer, slice_of(""));
        free_notice(n);
        return;
    }
    struct direct_channel *d = calloc(1, sizeof(*d));
    if (channel && d && a->direct.count < DIRECT_MOST &&
        !idmap_find(&a->direct, n->user_id)) {
        *d = (struct direct_channel){n->user_id, channel};
        if (idmap_put(&a->direct, n->user_id, d) == FAULT_NONE) {
            d = NULL;
        }
    }
    free(d);
    enum fault f = channel ? post(a, channel, n) : FAULT_OFFLINE;
    if (f) {
        host_outcome(a->host, n->ticket, f, NULL, slice_of(""));
    }
    free_notice(n);
}

static enum fault open_channel(struct adapter *a, struct notice *n)
{
    char body[64];
    snprintf(body, sizeof(body), "{\"recipient_id\":\"%llu\"}",
             (unsigned long long)n->user_id);
    struct discord_request r = {.method = REST_POST,
                                .route = "POST /users/@me/channels",
                                .path = "/users/@me/channels",
                                .body = slice_of(body),
                                .priority = PRIORITY_NOTICE,
                                .done = on_channel,
                                .ctx = n};
    return discord_client_send(a->client, &r);
}

enum fault discord_notice(struct adapter *a, const struct action *what, uint64_t ticket)
{
    uint64_t user = discord_id_parse(what->author_id);
    if (!user) {
        return FAULT_INPUT;
    }
    struct notice *n = calloc(1, sizeof(*n));
    char *text = slice_dup(what->body);
    if (!n || !text) {
        free(n);
        free(text);
        return FAULT_MEMORY;
    }
    *n = (struct notice){a, ticket, what->id, user, text};
    const struct direct_channel *d = idmap_find(&a->direct, user);
    enum fault f = d ? post(a, d->channel_id, n) : open_channel(a, n);
    if (d || f) {
        free_notice(n);
    }
    return f == FAULT_LIMIT ? FAULT_THROTTLED : f;
}

void discord_notice_finish(struct adapter *a)
{
    struct direct_channel *d;
    for (size_t at = 0; (d = idmap_next(&a->direct, &at));) {
        free(d);
    }
    idmap_finish(&a->direct);
}
