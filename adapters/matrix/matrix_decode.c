// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_decode.h"

#include <string.h>

#include "adapters/matrix/matrix_html.h"
#include "bot/base/utf8.h"

enum {
    PARTS_MOST = 64,
    DEPTH_MOST = 8,         // of texts inside content
    SHOWN_MOST = 128 << 10, // bytes of one formatted body, shown
    EVERYBODY = 50,         // what "@room" counts as
};

struct reading {
    struct arena *arena;
    struct message *m;
    struct part *parts;
    size_t count;
    enum part_kind kind; // what texts without a better name are
    bool failed;
};

struct slice matrix_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value)
               ? slice_make(json_string_value(value), json_string_length(value))
               : slice_of("");
}

static bool is_id(struct slice s)
{
    return s.len > 0 && s.len <= MATRIX_ID_MOST;
}

enum fault matrix_event_read(struct matrix_event *out, const json_t *json)
{
    const json_t *content = json_object_get(json, "content");
    const json_t *key = json_object_get(json, "state_key");
    json_int_t at = json_integer_value(json_object_get(json, "origin_server_ts"));
    *out = (struct matrix_event){
        .json = json,
        .content = content,
        .type = matrix_text(json, "type"),
        .id = matrix_text(json, "event_id"),
        .sender = matrix_text(json, "sender"),
        .state_key = matrix_text(json, "state_key"),
        .is_state = json_is_string(key),
        .at_unix_ms = at > 0 ? (uint64_t)at : 0,
    };
    bool good = json_is_object(content) && is_id(out->type) && is_id(out->id) &&
                is_id(out->sender) && out->state_key.len <= MATRIX_ID_MOST;
    return good ? FAULT_NONE : FAULT_INPUT;
}

static const json_t *relates(const struct matrix_event *e)
{
    return json_object_get(e->content, "m.relates_to");
}

struct slice matrix_relation(const struct matrix_event *e, const char *rel_type)
{
    struct slice target = matrix_text(relates(e), "event_id");
    bool is = slice_is(matrix_text(relates(e), "rel_type"), rel_type);
    return is && is_id(target) ? target : slice_of("");
}

static void add_part(struct reading *r, enum part_kind kind, struct slice text)
{
    text = slice_trim(text);
    if (text.len == 0 || r->count == PARTS_MOST ||
        slice_equal(text, slice_trim(r->m->text))) {
        return;
    }
    for (size_t i = 0; i < r->count; i++) {
        if (slice_equal(r->parts[i].text, text)) {
            return;
        }
    }
    r->parts[r->count++] = (struct part){kind, text};
}

static void add_html(struct reading *r, struct slice html)
{
    struct text shown;
    text_init(&shown, SHOWN_MOST);
    matrix_html_text(&shown, html);
    struct slice copy = arena_copy(r->arena, slice_trim(text_slice(&shown)));
    r->failed = r->failed || shown.fault == FAULT_MEMORY || !copy.ptr;
    text_finish(&shown);
    add_part(r, PART_FORMATTED, copy);
}

// Keys whose strings clients put on the screen, wherever in the content they stand.
static const struct {
    const char *key;
    enum {
        AS_TEXT, // what the event's type makes of it
        AS_EMBED,
        AS_FILE_NAME,
        AS_HTML,
    } as;
} readable[] = {
    {"body", AS_TEXT},
    {"org.matrix.msc1767.text", AS_TEXT},
    {"m.text", AS_TEXT},
    {"name", AS_TEXT},
    {"topic", AS_TEXT},
    {"title", AS_TEXT},
    {"description", AS_TEXT},
    {"reason", AS_TEXT},
    {"formatted_body", AS_HTML},
    {"org.matrix.msc1767.html", AS_HTML},
    {"m.html", AS_HTML},
    {"display_name", AS_TEXT}, // of image packs, and who is invited by mail
    {"shortcode", AS_TEXT},    // of a picture as reaction
    {"com.beeper.reaction.shortcode", AS_TEXT},
    {"filename", AS_FILE_NAME},
    {"og:title", AS_EMBED},
    {"og:description", AS_EMBED},
    {"og:site_name", AS_EMBED},
    {"matched_url", AS_EMBED},
};

static void add_readable(struct reading *r, const char *key, const json_t *value)
{
    struct slice text = slice_make(json_string_value(value), json_string_length(value));
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
        if (strcmp(readable[i].key, key) != 0) {
            continue;
        }
        switch (readable[i].as) {
        case AS_TEXT:
            add_part(r, r->kind, text);
            break;
        case AS_EMBED:
            add_part(r, PART_EMBED, text);
            break;
        case AS_FILE_NAME:
            add_part(r, PART_FILE_NAME, text);
            break;
        case AS_HTML:
            add_html(r, text);
            break;
        }
        return;
    }
}

// Every readable string below value, but for the relation and the replacement, which the
// callers treat apart.
static void walk(struct reading *r, const json_t *value, unsigned depth)
{
    if (depth == DEPTH_MOST) {
        return;
    }
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value) && r->count < PARTS_MOST; i++) {
            walk(r, json_array_get(value, i), depth + 1);
        }
        return;
    }
    const char *key;
    json_t *member;
    // One of several ways of writing the same: {"body": "<b>…", "mimetype": "text/html"}.
    bool html = slice_is(matrix_text(value, "mimetype"), "text/html") &&
                !json_object_get(value, "url");
    // jansson's macro wants a mutable object; nothing is changed.
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (json_is_string(member)) {
            add_readable(r, html && strcmp(key, "body") == 0 ? "m.html" : key, member);
        } else if (strcmp(key, "m.relates_to") != 0 &&
                   strcmp(key, "m.new_content") != 0) {
            walk(r, member, depth + 1);
        }
    }
}

// "> <@user> words" in front of a reply: what is quoted, not what the author says.
static struct slice cut_quote(struct slice body, struct slice *quote)
{
    size_t at = 0;
    while (at < body.len && body.ptr[at] == '>') {
        const char *end = memchr(body.ptr + at, '\n', body.len - at);
        at = end ? (size_t)(end - body.ptr) + 1 : body.len;
    }
    *quote = slice_sub(body, 0, at);
    return slice_sub(body, at, body.len);
}

static void add_attachment(struct reading *r, const json_t *content)
{
    struct slice type = matrix_text(json_object_get(content, "info"), "mimetype");
    if (type.len == 0 && json_object_get(content, "url")) {
        type = SLICE("application/octet-stream");
    }
    struct slice *list = type.len ? arena_zalloc(r->arena, 1, sizeof(*list)) : NULL;
    if (list) {
        list[0] = slice_sub(type, 0, 128);
        r->m->attachments = list;
        r->m->attachment_count = 1;
    }
}

static void count_mentions(struct message *m, const json_t *content)
{
    const json_t *mentions = json_object_get(content, "m.mentions");
    size_t users = json_array_size(json_object_get(mentions, "user_ids"));
    m->mention_count = users < EVERYBODY ? (uint32_t)users : EVERYBODY;
    if (json_is_true(json_object_get(mentions, "room"))) {
        m->mention_count = EVERYBODY;
    }
}

static void read_post(struct reading *r, const struct matrix_event *e)
{
    struct message *m = r->m;
    const json_t *content = e->content;
    struct slice original = matrix_relation(e, "m.replace");
    const json_t *replacement = json_object_get(content, "m.new_content");
    if (original.len && json_is_object(replacement)) {
        m->kind = MESSAGE_EDIT;
        m->id = original;
        m->revision = e->id;
        content = replacement;
    }
    struct slice quote = slice_of("");
    struct slice reply =
        matrix_text(json_object_get(relates(e), "m.in_reply_to"), "event_id");
    m->text = matrix_text(content, "body");
    if (is_id(reply) && m->kind == MESSAGE_POST) {
        m->reply_to = reply;
        m->text = cut_quote(m->text, &quote);
    }
    m->thread = matrix_relation(e, "m.thread");
    add_part(r, PART_QUOTE, quote);
    walk(r, content, 0);
    add_attachment(r, content);
    count_mentions(m, content);
    if (m->kind == MESSAGE_EDIT) {
        // What clients show that know no edits; usually the same behind a star.
        struct slice fallback = matrix_text(e->content, "body");
        if (slice_starts_with(fallback, SLICE("* "))) {
            fallback = slice_sub(fallback, 2, fallback.len);
        }
        add_part(r, PART_FORMATTED, fallback);
    }
    m->by_bot = slice_is(matrix_text(content, "msgtype"), "m.notice");
}

static void read_member(struct reading *r, const struct matrix_event *e)
{
    const json_t *was =
        json_object_get(json_object_get(e->json, "unsigned"), "prev_content");
    struct slice name = matrix_text(e->content, "displayname");
    bool same = slice_equal(name, matrix_text(was, "displayname")) &&
                slice_equal(matrix_text(e->content, "membership"),
                            matrix_text(was, "membership"));
    r->m->kind = MESSAGE_NAME;
    r->kind = PART_DISPLAY_NAME;
    if (!same) {
        r->m->text = name;
    }
    add_part(r, PART_TITLE, matrix_text(e->content, "reason"));
}

// Emoji say nothing that rules know; letters, also drawn ones, may spell anything.
static bool has_letters(struct slice s)
{
    static const struct {
        uint32_t first, last;
    } letters[] = {{'A', 'Z'},         {'a', 'z'},         {0xaa, 0x1fff},
                   {0x2100, 0x214f},   {0x2460, 0x24ff},   {0x2c00, 0x2dff},
                   {0x2e80, 0xd7ff},   {0xf900, 0xfdff},   {0xfe30, 0xffdc},
                   {0x10000, 0x1efff}, {0x1f100, 0x1f1ff}, {0x20000, 0x10ffff}};
    uint32_t cp;
    for (size_t at = 0, n; at < s.len; at += n) {
        n = utf8_decode(s, at, &cp);
        if (n == 0) {
            return true;
        }
        for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
            if (cp >= letters[i].first && cp <= letters[i].last) {
                return true;
            }
        }
    }
    return false;
}

static void read_reaction(struct reading *r, const struct matrix_event *e)
{
    struct slice key = matrix_text(relates(e), "key");
    r->m->kind = MESSAGE_REACTION;
    r->m->reply_to = matrix_relation(e, "m.annotation");
    r->m->text = has_letters(key) ? key : slice_of("");
    r->kind = PART_REACTION;
    walk(r, e->content, 0);
}

static void read_title(struct reading *r, const struct matrix_event *e)
{
    r->m->kind = MESSAGE_NAME;
    r->kind = PART_TITLE;
    r->m->text = matrix_text(e->content, "name");
    if (r->m->text.len == 0) {
        r->m->text = matrix_text(e->content, "topic");
    }
    if (r->m->text.len == 0) {
        r->m->text = matrix_text(e->content, "alias");
    }
    const json_t *more = json_object_get(e->content, "alt_aliases");
    for (size_t i = 0; i < json_array_size(more) && r->count < PARTS_MOST; i++) {
        const json_t *alias = json_array_get(more, i);
        if (json_is_string(alias)) {
            add_part(r, PART_TITLE,
                     slice_make(json_string_value(alias), json_string_length(alias)));
        }
    }
    walk(r, e->content, 0);
}

static bool has_prefix(struct slice type, const char *prefix)
{
    return slice_starts_with(type, slice_of(prefix));
}

enum fault matrix_decode(struct message *out, struct arena *arena,
                         const struct matrix_event *e)
{
    *out = (struct message){
        .kind = MESSAGE_POST,
        .id = e->id,
        .author_id = e->sender,
        .text = slice_of(""),
        .at_unix_ms = e->at_unix_ms,
    };
    struct reading r = {.arena = arena, .m = out, .kind = PART_EMBED};
    r.parts = arena_zalloc(arena, PARTS_MOST, sizeof(*r.parts));
    if (!r.parts) {
        return FAULT_MEMORY;
    }
    if (slice_is(e->type, "m.room.member")) {
        read_member(&r, e);
    } else if (slice_is(e->type, "m.reaction")) {
        read_reaction(&r, e);
    } else if (slice_is(e->type, "m.room.redaction")) {
        out->text = matrix_text(e->content, "reason");
    } else if (e->is_state) {
        read_title(&r, e);
    } else if (!slice_is(e->type, "m.room.encrypted")) {
        bool poll = has_prefix(e->type, "m.poll.") ||
                    has_prefix(e->type, "org.matrix.msc3381.poll.");
        if (poll) {
            r.kind = PART_POLL;
        } else if (slice_is(e->type, "m.sticker")) {
            r.kind = PART_STICKER;
        }
        read_post(&r, e);
    }
    out->parts = r.parts;
    out->part_count = r.count;
    if (r.failed) {
        return FAULT_MEMORY;
    }
    return out->text.len || out->part_count ? FAULT_NONE : FAULT_ABSENT;
}
