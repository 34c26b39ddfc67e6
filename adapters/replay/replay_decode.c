// SPDX-License-Identifier: MIT
#include "adapters/replay/replay_decode.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static struct slice text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value)
               ? slice_make(json_string_value(value), json_string_length(value))
               : slice_of("");
}

// "2026-03-05T14:02:11.123+00:00" or "…Z", to the second; 0 when it is no time.
static uint64_t time_of(struct slice iso)
{
    struct tm tm = {0};
    char copy[24] = "";
    if (iso.len < 19) {
        return 0;
    }
    memcpy(copy, iso.ptr, 19);
    if (!strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm)) {
        return 0;
    }
    time_t seconds = timegm(&tm);
    return seconds < 0 ? 0 : (uint64_t)seconds * 1000u;
}

static bool is_export(const json_t *document)
{
    return json_is_array(json_object_get(document, "messages"));
}

enum fault replay_open(struct replay_decoder *d, struct slice bytes, struct why *why)
{
    *d = (struct replay_decoder){.rest = bytes};
    json_error_t error;
    // An export is one JSON document; NDJSON is one only when it has a single line.
    json_t *document =
        json_loadb(bytes.ptr ? bytes.ptr : "", bytes.len, JSON_ALLOW_NUL, &error);
    if (document && is_export(document)) {
        d->document = document;
        d->messages = json_object_get(document, "messages");
        const json_t *channel = json_object_get(document, "channel");
        d->matrix = json_is_string(json_object_get(document, "room_name"));
        d->channel = d->matrix
                         ? json_string_value(json_object_get(document, "room_name"))
                         : json_string_value(json_object_get(channel, "name"));
        return FAULT_NONE;
    }
    json_decref(document);
    struct slice start = slice_trim(bytes);
    if (start.len && start.ptr[0] != '{') {
        return fault_say(
            why, FAULT_INPUT,
            "not a recording: wants NDJSON lines, a DiscordChatExporter or an "
            "Element JSON export");
    }
    return FAULT_NONE;
}

void replay_finish(struct replay_decoder *d)
{
    json_decref(d->line);
    json_decref(d->document);
    *d = (struct replay_decoder){0};
}

static size_t list_of(const json_t *array, const char *key, struct slice *out)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(array) && n < REPLAY_LIST_MOST; i++) {
        const json_t *item = json_array_get(array, i);
        if (key) {
            item = json_object_get(item, key);
        }
        if (json_is_string(item)) {
            out[n++] = slice_make(json_string_value(item), json_string_length(item));
        }
    }
    return n;
}

static struct slice numbered(struct replay_decoder *d, struct slice id, uint64_t n)
{
    if (id.len) {
        return id;
    }
    snprintf(d->id, sizeof(d->id), "line-%llu", (unsigned long long)n);
    return slice_of(d->id);
}

static void from_line(struct replay_decoder *d, struct message *out)
{
    const json_t *o = d->line;
    d->roles[0] = text_of(o, "author_role");
    *out = (struct message){
        .channel = text_of(o, "channel"),
        .id = numbered(d, text_of(o, "id"), d->line_number),
        .author_id = text_of(o, "author_id"),
        .author_name = text_of(o, "author_name"),
        .author_roles = d->roles,
        .author_role_count = d->roles[0].len > 0,
        .text = text_of(o, "text"),
        .attachments = d->attachments,
        .attachment_count =
            list_of(json_object_get(o, "attachments"), NULL, d->attachments),
        .context = d->context,
        .context_count = list_of(json_object_get(o, "context"), NULL, d->context),
        .at_unix_ms = time_of(text_of(o, "at")),
        .backfilled = true,
    };
}

static enum fault next_line(struct replay_decoder *d, struct message *out,
                            struct why *why)
{
    json_decref(d->line);
    d->line = NULL;
    struct slice line = {NULL, 0};
    while (d->rest.len && line.len == 0) {
        line = slice_trim(slice_cut(d->rest, '\n', &d->rest));
        d->line_number++;
    }
    if (line.len == 0) {
        return FAULT_ABSENT;
    }
    json_error_t error;
    d->line = json_loadb(line.ptr, line.len, JSON_ALLOW_NUL, &error);
    if (!json_is_object(d->line) || !json_is_string(json_object_get(d->line, "text"))) {
        return fault_say(why, FAULT_INPUT, "line %llu: wants a JSON object with a text",
                         (unsigned long long)d->line_number);
    }
    from_line(d, out);
    return FAULT_NONE;
}

static void from_discord(struct replay_decoder *d, const json_t *m, struct message *out)
{
    const json_t *author = json_object_get(m, "author");
    *out = (struct message){
        .channel = slice_of(d->channel ? d->channel : "export"),
        .id = numbered(d, text_of(m, "id"), d->next),
        .author_id = text_of(author, "id"),
        .author_name = text_of(author, "name"),
        .text = text_of(m, "content"),
        .attachments = d->attachments,
        .attachment_count = 0,
        .at_unix_ms = time_of(text_of(m, "timestamp")),
        .by_bot = json_is_true(json_object_get(author, "isBot")),
        .backfilled = true,
    };
}

static void from_matrix(struct replay_decoder *d, const json_t *m, struct message *out)
{
    const json_t *content = json_object_get(m, "content");
    *out = (struct message){
        .channel = slice_of(d->channel ? d->channel : "export"),
        .id = numbered(d, text_of(m, "event_id"), d->next),
        .author_id = text_of(m, "sender"),
        .author_name = text_of(m, "sender"),
        .text = text_of(content, "body"),
        .at_unix_ms =
            (uint64_t)json_integer_value(json_object_get(m, "origin_server_ts")),
        .backfilled = true,
    };
}

enum fault replay_next(struct replay_decoder *d, struct message *out, struct why *why)
{
    if (!d->document) {
        return next_line(d, out, why);
    }
    while (d->next < json_array_size(d->messages)) {
        const json_t *m = json_array_get(d->messages, d->next++);
        if (!json_is_object(m)) {
            return fault_say(why, FAULT_INPUT, "message %zu: is no JSON object",
                             d->next);
        }
        if (d->matrix) {
            from_matrix(d, m, out);
        } else {
            from_discord(d, m, out);
        }
        if (out->text.len) {
            return FAULT_NONE;
        }
    }
    return FAULT_ABSENT;
}
