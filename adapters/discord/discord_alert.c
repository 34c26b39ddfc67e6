// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_json.h"
#include "bot/base/utf8.h"

enum {
    BODY_MOST = 16384,
    TITLE_BYTES = 256, // bytes are never more than Discord's characters
    EXCERPT_BYTES = 1500,
    FIELD_BYTES = 1000,
    NAME_BYTES = 200,
    PATH_ROOM = 96,
};

enum button_style { STYLE_GREY = 2, STYLE_GREEN = 3, STYLE_RED = 4 };

static const struct {
    const char *word, *label;
    enum button_style style;
} buttons[] = {
    {"uphold", "Uphold", STYLE_RED},
    {"restore", "Restore", STYLE_GREEN},
    {"escalate", "Escalate", STYLE_GREY},
    {"claim", "Claim", STYLE_GREY},
};

static const struct {
    const char *severity;
    unsigned colour;
} colours[] = {{"low", 0x3b82f6},
               {"medium", 0xeab308},
               {"high", 0xf97316},
               {"critical", 0xdc2626}};

// Members' words as plain text: nothing in them formats, links or ends the spoiler.
static void add_escaped(struct text *out, struct slice s, size_t most)
{
    struct slice cut = utf8_prefix(s, most);
    for (size_t i = 0; i < cut.len; i++) {
        char c = cut.ptr[i];
        if (c && strchr("\\*_~`|>#[]()<:@-", c)) {
            text_add_char(out, '\\');
        }
        text_add_char(out, c == '\n' || c == '\r' ? ' ' : c);
    }
    if (cut.len < s.len) {
        text_add_str(out, "…");
    }
}

static void add_value(struct text *out, struct text *value)
{
    text_add_json(out, text_slice(value));
    text_clear(value);
}

static void add_field(struct text *out, const char *name, struct text *value,
                      bool beside)
{
    text_add_format(out, "%s{\"name\":\"%s\",\"inline\":%s,\"value\":",
                    out->ptr && out->ptr[out->len - 1] == '[' ? "" : ",", name,
                    beside ? "true" : "false");
    add_value(out, value);
    text_add_char(out, '}');
}

static unsigned colour_of(struct slice severity)
{
    for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
        if (slice_is(severity, colours[i].severity)) {
            return colours[i].colour;
        }
    }
    return 0x6b7280;
}

static void add_fields(struct text *out, const struct action *what, struct text *v)
{
    text_add_str(out, ",\"fields\":[");
    if (what->clause.len) {
        text_add(v, utf8_prefix(what->clause, FIELD_BYTES));
        add_field(out, "Why", v, false);
    }
    text_add(v, what->severity);
    add_field(out, "Severity", v, true);
    struct slice where = what->thread.len ? what->thread : what->channel;
    if (discord_id_parse(where) && !slice_equal(where, what->space)) {
        text_add_format(v, "<#%.*s>", SLICE_ARG(where));
        add_field(out, "Where", v, true);
    }
    // A restricted case has no excerpt, and its author is not for this channel either.
    if (what->excerpt.len && discord_id_parse(what->author_id)) {
        text_add_format(v, "<@%.*s> (", SLICE_ARG(what->author_id));
        add_escaped(v, what->author_name, NAME_BYTES);
        text_add_char(v, ')');
        add_field(out, "Author", v, true);
    }
    if (what->state.len) {
        text_add(v, utf8_prefix(what->state, FIELD_BYTES));
        add_field(out, "Now", v, false);
    }
    text_add_char(out, ']');
}

static void add_embed(struct text *out, const struct action *what)
{
    struct text v;
    text_init(&v, BODY_MOST);
    text_add_str(out, "\"embeds\":[{\"title\":");
    text_add_json(out, utf8_prefix(what->title, TITLE_BYTES));
    text_add_format(out, ",\"color\":%u,\"description\":", colour_of(what->severity));
    if (what->excerpt.len) {
        text_add_str(&v, "||");
        add_escaped(&v, what->excerpt, EXCERPT_BYTES);
        text_add_str(&v, "||");
    } else {
        text_add_str(&v, "The text is shown on the console only.");
    }
    add_value(out, &v);
    add_fields(out, what, &v);
    text_add_str(out, "}]");
    text_finish(&v);
}

static void add_buttons(struct text *out, const struct action *what)
{
    text_add_str(out, ",\"components\":[");
    if (what->open) {
        text_add_str(out, "{\"type\":1,\"components\":[");
        for (size_t i = 0; i < sizeof(buttons) / sizeof(buttons[0]); i++) {
            text_add_format(out,
                            "%s{\"type\":2,\"style\":%d,\"label\":\"%s\","
                            "\"custom_id\":\"hallmonitor:%s:%llu\"}",
                            i ? "," : "", (int)buttons[i].style, buttons[i].label,
                            buttons[i].word, (unsigned long long)what->case_id);
        }
        text_add_str(out, "]}");
    }
    text_add_char(out, ']');
}

enum fault discord_alert(struct adapter *a, const struct action *what, uint64_t ticket)
{
    bool update = what->kind == ACT_ALERT_UPDATE;
    if (!a->conf->alert_channel || (update && !discord_id_parse(what->remote_id))) {
        host_outcome(a->host, ticket, FAULT_NONE, NULL, slice_of(""));
        return FAULT_NONE;
    }
    struct text body;
    text_init(&body, BODY_MOST);
    text_add_char(&body, '{');
    add_embed(&body, what);
    add_buttons(&body, what);
    text_add_str(&body, ",\"allowed_mentions\":{\"parse\":[]}");
    if (!update) {
        // The row's number is the same over every retry: Discord answers a repeat with
        // the message that is already there.
        text_add_format(&body, ",\"nonce\":\"%llu\",\"enforce_nonce\":true",
                        (unsigned long long)what->id);
    }
    text_add_char(&body, '}');
    char path[PATH_ROOM];
    if (update) {
        snprintf(path, sizeof(path), "/channels/%s/messages/%.*s",
                 a->conf->alert_channel, SLICE_ARG(what->remote_id));
    } else {
        snprintf(path, sizeof(path), "/channels/%s/messages", a->conf->alert_channel);
    }
    struct discord_request r = {.method = update ? REST_PATCH : REST_POST,
                                .route = update ? "PATCH /channels/*/messages/*"
                                                : "POST /channels/*/messages",
                                .major = slice_of(a->conf->alert_channel),
                                .path = path,
                                .body = text_slice(&body),
                                .priority = PRIORITY_ALERT};
    enum fault f =
        text_failed(&body) ? FAULT_LIMIT : discord_send_ticket(a, &r, ticket, update);
    text_finish(&body);
    return f;
}
