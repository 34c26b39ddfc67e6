// SPDX-License-Identifier: MIT
//
// Puts a message back: through a webhook with the author's name and picture, or as an
// embed of our own where webhooks are not allowed.
//
//   webhook known? ──no──► list ──none──► create ──refused──► embed
//        │                   │               │
//        └──────► author's picture ◄─────────┘ ──► there already? ──no──► execute
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_repost.h"
#include "bot/base/utf8.h"

enum {
    CONTENT_BYTES = 1950, // with the note under Discord's 2,000 characters
    // Some members may write 4,000 characters, an embed holds 4,096.
    EMBED_BYTES = 4000 * 3,
    BODY_MOST = 6 * EMBED_BYTES + 8192, // every byte escaped
    PATH_ROOM = 512,
    TOKEN_BYTES = 128,
    NAME_BYTES = 80,
    PICTURE_BYTES = 160,
};

static const char webhook_name[] = "Hall monitor";
static const char note[] = "\n-# " REPOST_NOTE;

struct own_webhook {
    uint64_t channel_id, id;
    char token[TOKEN_BYTES];
};

struct restore {
    struct adapter *adapter;
    uint64_t ticket, id, original_id;
    uint64_t channel_id, thread_id, author_id;
    char *text;
    char name[NAME_BYTES + 4];
    char picture[PICTURE_BYTES];
    bool again; // the webhook was gone once already
};

static void end(struct restore *r)
{
    free(r->text);
    free(r);
}

static void fail(struct restore *r, enum fault f)
{
    host_outcome(r->adapter->host, r->ticket, f, NULL, slice_of(""));
    end(r);
}

// When it cannot be queued, the ticket is answered and r is gone.
static void hand_in(struct restore *r, const struct discord_request *request)
{
    struct discord_request mine = *request;
    mine.ctx = r;
    mine.priority = PRIORITY_RESTORE;
    enum fault f = discord_client_send(r->adapter->client, &mine);
    if (f) {
        fail(r, f == FAULT_LIMIT ? FAULT_THROTTLED : f);
    }
}

// What Discord takes as a webhook's name: 1 to 80 characters, neither "discord" nor
// "clyde" in it.
static void take_name(struct restore *r, struct slice name)
{
    struct slice cut = utf8_prefix(name, NAME_BYTES);
    snprintf(r->name, sizeof(r->name), "%.*s", SLICE_ARG(cut));
    static const char *const refused[] = {"discord", "clyde"};
    for (size_t i = 0; i < 2; i++) {
        for (char *at; (at = strcasestr(r->name, refused[i]));) {
            at[1] = '.';
        }
    }
    if (slice_trim(slice_of(r->name)).len == 0) {
        snprintf(r->name, sizeof(r->name), "A member");
    }
}

static void on_posted(void *ctx, const struct discord_answer *answer)
{
    struct restore *r = ctx;
    discord_say_outcome(r->adapter, r->ticket, answer,
                        discord_get_text(answer->json, "id"));
    end(r);
}

static void post_embed(struct restore *r)
{
    struct text body;
    text_init(&body, BODY_MOST);
    text_add_str(&body, "{\"embeds\":[{\"author\":{\"name\":");
    text_add_json(&body, slice_of(r->name));
    text_add_str(&body, "},\"description\":");
    text_add_json(&body, utf8_prefix(slice_of(r->text), EMBED_BYTES));
    text_add_format(&body,
                    ",\"footer\":{\"text\":\"" REPOST_NOTE "\"}}],"
                    "\"allowed_mentions\":{\"parse\":[]},\"nonce\":\"%llu\","
                    "\"enforce_nonce\":true}",
                    (unsigned long long)r->id);
    uint64_t where = r->thread_id ? r->thread_id : r->channel_id;
    char path[PATH_ROOM], id[DISCORD_ID_BYTES];
    snprintf(path, sizeof(path), "/channels/%llu/messages", (unsigned long long)where);
    struct discord_request request = {.method = REST_POST,
                                      .route = "POST /channels/*/messages",
                                      .major = discord_id_text(where, id),
                                      .path = path,
                                      .body = text_slice(&body),
                                      .done = on_posted};
    hand_in(r, &request);
    text_finish(&body);
}

static void find_webhook(struct restore *r);

static void on_executed(void *ctx, const struct discord_answer *answer)
{
    struct restore *r = ctx;
    if (answer->fault == FAULT_ABSENT && !r->again) {
        r->again = true; // somebody removed the webhook
        free(idmap_remove(&r->adapter->webhooks, r->channel_id));
        find_webhook(r);
        return;
    }
    on_posted(r, answer);
}

static void execute(struct restore *r, const struct own_webhook *w)
{
    struct text body, content;
    text_init(&body, BODY_MOST);
    text_init(&content, BODY_MOST);
    bool is_long = strlen(r->text) > CONTENT_BYTES;
    if (!is_long) {
        text_add_str(&content, r->text);
    }
    text_add_str(&content, note);
    text_add_str(&body, "{\"content\":");
    text_add_json(&body, slice_trim(text_slice(&content)));
    if (is_long) {
        text_add_str(&body, ",\"embeds\":[{\"description\":");
        text_add_json(&body, utf8_prefix(slice_of(r->text), EMBED_BYTES));
        text_add_str(&body, "}]");
    }
    text_add_str(&body, ",\"username\":");
    text_add_json(&body, slice_of(r->name));
    if (r->picture[0]) {
        text_add_str(&body, ",\"avatar_url\":");
        text_add_json(&body, slice_of(r->picture));
    }
    text_add_str(&body, ",\"allowed_mentions\":{\"parse\":[]}}");
    char path[PATH_ROOM], id[DISCORD_ID_BYTES];
    int n = snprintf(path, sizeof(path), "/webhooks/%llu/%s?wait=true",
                     (unsigned long long)w->id, w->token);
    if (r->thread_id) {
        snprintf(path + n, sizeof(path) - (size_t)n, "&thread_id=%llu",
                 (unsigned long long)r->thread_id);
    }
    struct discord_request request = {.method = REST_POST,
                                      .route = "POST /webhooks/*/*",
                                      .major = discord_id_text(w->id, id),
                                      .path = path,
                                      .body = text_slice(&body),
                                      .anonymous = true,
                                      .once = true,
                                      .done = on_executed};
    hand_in(r, &request);
    text_finish(&body);
    text_finish(&content);
}

static void on_looked(void *ctx, enum repost_found found, struct slice id)
{
    struct restore *r = ctx;
    if (found == REPOST_UNKNOWN) {
        fail(r, r->adapter->stopping ? FAULT_CANCELLED : FAULT_OFFLINE);
        return;
    }
    if (found == REPOST_THERE) {
        host_outcome(r->adapter->host, r->ticket, FAULT_NONE, NULL, id);
        end(r);
        return;
    }
    const struct own_webhook *w = idmap_find(&r->adapter->webhooks, r->channel_id);
    if (w) {
        execute(r, w);
    } else {
        post_embed(r);
    }
}

// An earlier try may have come through although we do not know it.
static void look(struct restore *r)
{
    const struct own_webhook *w = idmap_find(&r->adapter->webhooks, r->channel_id);
    struct discord_repost repost = {.action_id = r->id,
                                    .original_id = r->original_id,
                                    .where =
                                        r->thread_id ? r->thread_id : r->channel_id,
                                    .webhook_id = w ? w->id : 0,
                                    .name = slice_of(r->name),
                                    .text = slice_of(r->text)};
    discord_repost_look(r->adapter, &repost, on_looked, r);
}

static void on_author(void *ctx, const struct discord_answer *answer)
{
    struct restore *r = ctx;
    if (answer->fault == FAULT_CANCELLED) {
        fail(r, FAULT_CANCELLED);
        return;
    }
    struct slice picture = discord_get_text(answer->json, "avatar");
    bool plain = picture.len > 0 && picture.len < 64;
    for (size_t i = 0; plain && i < picture.len; i++) {
        plain = strchr("0123456789abcdef_", picture.ptr[i]) && picture.ptr[i];
    }
    if (plain) {
        snprintf(r->picture, sizeof(r->picture),
                 "https://cdn.discordapp.com/avatars/%llu/%.*s.png",
                 (unsigned long long)r->author_id, SLICE_ARG(picture));
    }
    look(r);
}

static void ask_author(struct restore *r)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "/users/%llu", (unsigned long long)r->author_id);
    struct discord_request request = {
        .method = REST_GET, .route = "GET /users/*", .path = path, .done = on_author};
    hand_in(r, &request);
}

static bool keep(struct restore *r, const json_t *webhook)
{
    struct adapter *a = r->adapter;
    struct slice token = discord_get_text(webhook, "token");
    uint64_t id = discord_get_id(webhook, "id");
    bool plain = id && token.len > 0 && token.len < TOKEN_BYTES;
    for (size_t i = 0; plain && i < token.len; i++) {
        unsigned char c = (unsigned char)token.ptr[i];
        plain = c > ' ' && c < 0x7f && c != '/' && c != '?' && c != '#';
    }
    struct own_webhook *w = plain ? calloc(1, sizeof(*w)) : NULL;
    if (!w) {
        return false;
    }
    w->channel_id = r->channel_id;
    w->id = id;
    snprintf(w->token, sizeof(w->token), "%.*s", SLICE_ARG(token));
    free(idmap_remove(&a->webhooks, r->channel_id));
    if (idmap_put(&a->webhooks, r->channel_id, w)) {
        free(w);
        return false;
    }
    return true;
}

static void on_created(void *ctx, const struct discord_answer *answer)
{
    struct restore *r = ctx;
    if (answer->fault == FAULT_NONE && keep(r, answer->json)) {
        ask_author(r);
    } else if (answer->fault == FAULT_NONE || answer->fault == FAULT_DENIED ||
               answer->fault == FAULT_INPUT) {
        look(r); // not allowed, or too many webhooks: as an embed
    } else {
        on_posted(r, answer);
    }
}

static void create(struct restore *r)
{
    char path[PATH_ROOM], id[DISCORD_ID_BYTES], body[64];
    snprintf(path, sizeof(path), "/channels/%llu/webhooks",
             (unsigned long long)r->channel_id);
    snprintf(body, sizeof(body), "{\"name\":\"%s\"}", webhook_name);
    struct discord_request request = {.method = REST_POST,
                                      .route = "POST /channels/*/webhooks",
                                      .major = discord_id_text(r->channel_id, id),
                                      .path = path,
                                      .body = slice_of(body),
                                      .reason = SLICE("to put messages back"),
                                      .done = on_created};
    hand_in(r, &request);
}

static bool ours(const struct adapter *a, const json_t *webhook)
{
    uint64_t application = discord_get_id(webhook, "application_id");
    uint64_t user = discord_get_id(json_object_get(webhook, "user"), "id");
    return (application && application == a->application_id) || user == a->state.me;
}

static void on_listed(void *ctx, const struct discord_answer *answer)
{
    struct restore *r = ctx;
    if (answer->fault == FAULT_DENIED) {
        look(r);
        return;
    }
    if (answer->fault) {
        on_posted(r, answer);
        return;
    }
    size_t i;
    const json_t *webhook;
    json_array_foreach(answer->json, i, webhook)
    {
        if (ours(r->adapter, webhook) && keep(r, webhook)) {
            ask_author(r);
            return;
        }
    }
    create(r);
}

static void find_webhook(struct restore *r)
{
    if (idmap_find(&r->adapter->webhooks, r->channel_id)) {
        ask_author(r);
        return;
    }
    char path[PATH_ROOM], id[DISCORD_ID_BYTES];
    snprintf(path, sizeof(path), "/channels/%llu/webhooks",
             (unsigned long long)r->channel_id);
    struct discord_request request = {.method = REST_GET,
                                      .route = "GET /channels/*/webhooks",
                                      .major = discord_id_text(r->channel_id, id),
                                      .path = path,
                                      .done = on_listed};
    hand_in(r, &request);
}

enum fault discord_restore(struct adapter *a, const struct action *what,
                           uint64_t ticket)
{
    if (what->remote_id.len) {
        // It was put back already.
        host_outcome(a->host, ticket, FAULT_NONE, NULL, what->remote_id);
        return FAULT_NONE;
    }
    uint64_t channel = discord_id_parse(what->channel);
    if (!channel || !discord_id_parse(what->message_id)) {
        // Names, titles and reactions: their owner sets them again.
        host_outcome(a->host, ticket, FAULT_NONE, NULL, slice_of(""));
        return FAULT_NONE;
    }
    struct restore *r = calloc(1, sizeof(*r));
    char *text =
        slice_dup(what->body.len ? what->body
                                 : SLICE("(A message without words was put back; its "
                                         "files could not be.)"));
    if (!r || !text) {
        free(r);
        free(text);
        return FAULT_MEMORY;
    }
    *r = (struct restore){.adapter = a,
                          .ticket = ticket,
                          .id = what->id,
                          .original_id = discord_id_parse(what->message_id),
                          .channel_id = channel,
                          .thread_id = discord_id_parse(what->thread),
                          .author_id = discord_id_parse(what->author_id),
                          .text = text};
    take_name(r, what->author_name);
    find_webhook(r);
    return FAULT_NONE;
}

void discord_restore_finish(struct adapter *a)
{
    struct own_webhook *w;
    for (size_t at = 0; (w = idmap_next(&a->webhooks, &at));) {
        free(w);
    }
    idmap_finish(&a->webhooks);
}
