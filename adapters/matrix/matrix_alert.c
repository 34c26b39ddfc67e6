// SPDX-License-Identifier: MIT
// What the bot itself says in rooms: alerts and reposts.
#include "adapters/matrix/matrix_internal.h"
#include "bot/base/utf8.h"

enum { CONTENT_MOST = 60 << 10, RESTORED_MOST = 20 << 10 };

// Escaped, with its line breaks.
static void add_lines(struct text *out, struct slice s)
{
    size_t from = 0;
    for (size_t i = 0; i <= s.len; i++) {
        if (i == s.len || s.ptr[i] == '\n') {
            text_add_html(out, slice_sub(s, from, i - from));
            text_add_str(out, i < s.len ? "<br>" : "");
            from = i + 1;
        }
    }
}

static void set(json_t *object, const char *key, struct slice s)
{
    json_t *value = json_stringn(s.ptr ? s.ptr : "", s.len);
    json_object_set_new(object, key, value ? value : json_string(""));
}

// body and html become the message; both are finished.
static json_t *message(struct text *body, struct text *html)
{
    // Nobody is to be called by what the bot repeats.
    json_t *content = json_pack("{ss ss s{}}", "msgtype", "m.notice", "format",
                                "org.matrix.custom.html", "m.mentions");
    if (content && !text_failed(body) && !text_failed(html)) {
        set(content, "body", text_slice(body));
        set(content, "formatted_body", text_slice(html));
    } else {
        json_decref(content);
        content = NULL;
    }
    text_finish(body);
    text_finish(html);
    return content;
}

static const char deciding[] =
    "React or reply: \u2705 uphold, \u21a9\ufe0f restore, \U0001f6a8 escalate, "
    "\U0001f440 claim";

static void add_line(struct text *body, struct text *html, struct slice line)
{
    if (line.len) {
        text_add_char(body, '\n');
        text_add(body, line);
        text_add_str(html, "<br>");
        add_lines(html, line);
    }
}

static struct slice where(struct text *line, const struct adapter *a,
                          const struct action *what)
{
    const struct room *room = rooms_find(&a->rooms, what->space);
    struct slice channel = room ? room_channel(room) : what->channel;
    if (channel.len) {
        text_add_str(line, "In ");
        text_add(line, channel);
    }
    // A case that may not be shown names nobody here either.
    if (what->excerpt.len && what->author_id.len) {
        text_add_str(line, ", by ");
        text_add(line, what->author_id);
    }
    text_add_format(line, "%sseverity %.*s", line->len ? ", " : "",
                    SLICE_ARG(what->severity));
    return text_slice(line);
}

json_t *matrix_alert_content(const struct adapter *a, const struct action *what)
{
    struct text body;
    struct text html;
    struct text line;
    text_init(&body, CONTENT_MOST);
    text_init(&html, CONTENT_MOST);
    text_init(&line, 4096);
    text_add(&body, what->title);
    text_add_str(&html, "<strong>");
    add_lines(&html, what->title);
    text_add_str(&html, "</strong>");
    add_line(&body, &html, where(&line, a, what));
    // Both repeat the author's words: not in the plain body, which notifications show, and
    // not at all when the case is for few eyes.
    if (what->excerpt.len || what->author_id.len == 0) {
        text_add_str(&html, "<br>");
        add_lines(&html, utf8_prefix(what->clause, 4096));
    }
    if (what->excerpt.len) {
        text_add_str(&html, "<br><span data-mx-spoiler=\"message\">");
        add_lines(&html, what->excerpt);
        text_add_str(&html, "</span>");
    }
    add_line(&body, &html, what->state);
    if (what->open) {
        add_line(&body, &html, slice_of(deciding));
    }
    text_finish(&line);
    json_t *content = message(&body, &html);
    if (!content) {
        return NULL;
    }
    json_object_set_new(content, "hallmonitor.case",
                        json_integer((json_int_t)what->case_id));
    if (what->kind == ACT_ALERT) {
        return content;
    }
    json_t *edit = json_deep_copy(content);
    if (edit) {
        json_object_set(edit, "m.new_content", content);
        json_object_set_new(edit, "m.relates_to",
                            json_pack("{ss ss%}", "rel_type", "m.replace", "event_id",
                                      what->remote_id.ptr, what->remote_id.len));
    }
    json_decref(content);
    return edit;
}

json_t *matrix_restore_content(const struct action *what)
{
    struct text body;
    struct text html;
    struct slice name = what->author_name.len ? what->author_name : what->author_id;
    struct slice said = utf8_prefix(what->body, RESTORED_MOST);
    text_init(&body, CONTENT_MOST);
    text_init(&html, CONTENT_MOST);
    text_add(&body, name);
    text_add_str(&body, " wrote (brought back by a moderator):\n");
    text_add(&body, said);
    text_add_str(&html, "<strong>");
    add_lines(&html, name);
    text_add_str(&html, "</strong> wrote (brought back by a moderator):<blockquote>");
    add_lines(&html, said);
    text_add_str(&html, "</blockquote>");
    json_t *content = message(&body, &html);
    if (!content) {
        return NULL;
    }
    json_t *reply = json_pack("{s{ss%}}", "m.in_reply_to", "event_id",
                              what->message_id.ptr, what->message_id.len);
    if (reply && what->thread.len) {
        json_object_set_new(reply, "rel_type", json_string("m.thread"));
        set(reply, "event_id", what->thread);
        json_object_set_new(reply, "is_falling_back", json_false());
    }
    json_object_set_new(content, "m.relates_to", reply);
    return content;
}
