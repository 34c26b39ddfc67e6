// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_repost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_page.h"

enum {
    MARKS = 64, // reposts of which we know when they were first tried
    KEY_BYTES = 32,
    VALUE_BYTES = 64,
    PATH_ROOM = 128,
    PAGES_MOST = 10,
    CLOCKS_MS = 60 * 1000, // Discord's clock and ours
};

struct look {
    struct adapter *adapter;
    struct discord_repost is;
    repost_found_fn *found;
    void *ctx;
    uint64_t after_id; // 0: the latest page only
    unsigned pages;
};

static struct slice mark_key(char out[KEY_BYTES], uint64_t action_id)
{
    snprintf(out, KEY_BYTES, "repost:%u", (unsigned)(action_id % MARKS));
    return slice_of(out);
}

// When this was first tried; 0: never, as far as we know.
static uint64_t marked_ms(struct adapter *a, uint64_t action_id)
{
    char key[KEY_BYTES];
    struct text value;
    struct slice at = {0};
    uint64_t id = 0, unix_ms = 0;
    text_init(&value, VALUE_BYTES);
    if (host_cursor_find(a->host, mark_key(key, action_id), &value) == FAULT_NONE &&
        slice_u64(slice_cut(text_slice(&value), ' ', &at), &id) == FAULT_NONE &&
        id == action_id && slice_u64(at, &unix_ms)) {
        unix_ms = 0;
    }
    text_finish(&value);
    return id == action_id ? unix_ms : 0;
}

static void mark(struct adapter *a, uint64_t action_id)
{
    char key[KEY_BYTES], value[VALUE_BYTES];
    snprintf(value, sizeof(value), "%llu %llu", (unsigned long long)action_id,
             (unsigned long long)clock_unix_ms(a->host->clock));
    host_cursor(a->host, mark_key(key, action_id), slice_of(value));
}

static bool blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// The same but for white space, which Discord changes; b may go on with the note.
static bool same_words(struct slice a, struct slice b)
{
    size_t i = 0, j = 0;
    while (i < a.len) {
        if (blank(a.ptr[i])) {
            i++;
        } else if (j < b.len && blank(b.ptr[j])) {
            j++;
        } else if (j < b.len && a.ptr[i] == b.ptr[j]) {
            i++;
            j++;
        } else {
            return false;
        }
    }
    struct slice rest = slice_trim(slice_make(b.ptr + j, b.len - j));
    return rest.len == 0 || slice_is(rest, "-# " REPOST_NOTE);
}

bool discord_repost_is(const struct discord_repost *r, uint64_t me,
                       const json_t *message)
{
    const json_t *embed = json_array_get(json_object_get(message, "embeds"), 0);
    const json_t *author = json_object_get(message, "author");
    struct slice content = discord_get_text(message, "content");
    struct slice described = discord_get_text(embed, "description");
    if (discord_get_id(message, "id") <= r->original_id) {
        return false;
    }
    if (r->webhook_id) {
        return discord_get_id(message, "webhook_id") == r->webhook_id &&
               same_words(r->name, discord_get_text(author, "username")) &&
               same_words(r->text, described.len ? described : content);
    }
    return discord_get_id(author, "id") == me &&
           slice_is(discord_get_text(json_object_get(embed, "footer"), "text"),
                    REPOST_NOTE) &&
           same_words(r->name,
                      discord_get_text(json_object_get(embed, "author"), "name")) &&
           same_words(r->text, described);
}

static void end(struct look *l, enum repost_found found, struct slice id)
{
    l->found(l->ctx, found, id);
    free(l);
}

static void ask(struct look *l);

static void on_page(void *ctx, const struct discord_answer *answer)
{
    struct look *l = ctx;
    struct discord_page p;
    if (answer->fault == FAULT_DENIED || answer->fault == FAULT_ABSENT ||
        answer->fault == FAULT_INPUT) {
        end(l, REPOST_ABSENT, slice_of("")); // posting may be allowed all the same
        return;
    }
    if (answer->fault || discord_page_take(&p, answer->json)) {
        end(l, REPOST_UNKNOWN, slice_of(""));
        return;
    }
    const json_t *it = NULL;
    for (size_t i = 0; i < p.count && !it; i++) {
        bool is = discord_repost_is(&l->is, l->adapter->state.me, p.list[i].message);
        it = is ? p.list[i].message : NULL;
    }
    bool more = !it && l->after_id && p.full && p.highest > l->after_id &&
                ++l->pages < PAGES_MOST;
    l->after_id = p.highest;
    if (more) {
        ask(l);
    } else {
        end(l, it ? REPOST_THERE : REPOST_ABSENT, discord_get_text(it, "id"));
    }
    discord_page_drop(&p);
}

static void ask(struct look *l)
{
    char path[PATH_ROOM], id[DISCORD_ID_BYTES];
    int n = snprintf(path, sizeof(path), "/channels/%llu/messages?limit=%d",
                     (unsigned long long)l->is.where, DISCORD_PAGE_MOST);
    if (l->after_id) {
        snprintf(path + n, sizeof(path) - (size_t)n, "&after=%llu",
                 (unsigned long long)l->after_id);
    }
    struct discord_request request = {.method = REST_GET,
                                      .route = "GET /channels/*/messages",
                                      .major = discord_id_text(l->is.where, id),
                                      .path = path,
                                      .priority = PRIORITY_RESTORE,
                                      .done = on_page,
                                      .ctx = l};
    if (discord_client_send(l->adapter->client, &request)) {
        end(l, REPOST_UNKNOWN, slice_of(""));
    }
}

void discord_repost_look(struct adapter *a, const struct discord_repost *r,
                         repost_found_fn *found, void *ctx)
{
    struct look *l = calloc(1, sizeof(*l));
    if (!l) {
        found(ctx, REPOST_UNKNOWN, slice_of(""));
        return;
    }
    *l = (struct look){.adapter = a, .is = *r, .found = found, .ctx = ctx};
    uint64_t tried_ms = marked_ms(a, r->action_id);
    if (tried_ms > CLOCKS_MS) {
        uint64_t from = discord_id_at(tried_ms - CLOCKS_MS);
        l->after_id = from > r->original_id ? from : r->original_id;
    } else {
        // Not tried as far as we know: the end of the channel will do for a mark that
        // was not written any more.
        mark(a, r->action_id);
    }
    ask(l);
}
