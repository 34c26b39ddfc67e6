// SPDX-License-Identifier: MIT
#include "bot/cmd/messages.h"

#include <jansson.h>

static enum fault text_field(const json_t *json, const char *key, struct slice *out,
                             struct why *why)
{
    const json_t *value = json_object_get(json, key);
    if (!value || json_is_null(value)) {
        return FAULT_NONE;
    }
    if (!json_is_string(value)) {
        return fault_say(why, FAULT_INPUT, "'%s' is not a string", key);
    }
    *out = slice_make(json_string_value(value), json_string_length(value));
    return FAULT_NONE;
}

static enum fault text_list(const json_t *json, const char *key, struct slice *out,
                            size_t *count, struct why *why)
{
    const json_t *list = json_object_get(json, key);
    *count = 0;
    if (!list || json_is_null(list)) {
        return FAULT_NONE;
    }
    if (!json_is_array(list) || json_array_size(list) > LINE_SLICES_MOST) {
        return fault_say(why, FAULT_INPUT, "'%s' is not a list of at most %d strings",
                         key, LINE_SLICES_MOST);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_string(value)) {
            return fault_say(why, FAULT_INPUT, "'%s' holds something else than strings",
                             key);
        }
        out[(*count)++] =
            slice_make(json_string_value(value), json_string_length(value));
    }
    return FAULT_NONE;
}

static enum fault number_field(const json_t *json, const char *key, uint64_t *out,
                               struct why *why)
{
    const json_t *value = json_object_get(json, key);
    if (!value || json_is_null(value)) {
        return FAULT_NONE;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return fault_say(why, FAULT_INPUT, "'%s' is not a whole number", key);
    }
    *out = (uint64_t)json_integer_value(value);
    return FAULT_NONE;
}

static enum fault names_of(struct judge_message *m, struct slice role,
                           struct slice channel, struct why *why)
{
    if (role.len && !author_role_parse(role, &m->author_role)) {
        return fault_say(why, FAULT_INPUT, "no such author_role: '%.*s'",
                         SLICE_ARG(role));
    }
    if (channel.len && !audience_parse(channel, &m->audience)) {
        return fault_say(why, FAULT_INPUT, "no such channel: '%.*s'",
                         SLICE_ARG(channel));
    }
    return FAULT_NONE;
}

static enum fault read_message(struct corpus_line *out, const json_t *json,
                               struct why *why)
{
    struct judge_message *m = &out->message;
    struct slice role = {0}, channel = {0};
    uint64_t mentions = 0;
    enum fault f = text_field(json, "id", &out->id, why);
    if (!f && !json_object_get(json, "text")) {
        f = fault_say(why, FAULT_INPUT, "'text' is missing");
    }
    f = f ? f : text_field(json, "text", &m->text, why);
    f = f ? f : text_field(json, "author_role", &role, why);
    f = f ? f : text_field(json, "channel", &channel, why);
    f = f ? f : text_field(json, "channel_id", &m->channel_id, why);
    f = f ? f : text_field(json, "author_id", &m->author_id, why);
    f = f ? f : number_field(json, "at_unix_ms", &m->at_unix_ms, why);
    f = f ? f : number_field(json, "mentions", &mentions, why);
    f = f ? f : names_of(m, role, channel, why);
    f = f ? f
          : text_list(json, "attachments", out->attachments, &m->attachment_count, why);
    f = f ? f : text_list(json, "context", out->context, &m->context_count, why);
    m->mention_count = mentions > UINT32_MAX ? UINT32_MAX : (uint32_t)mentions;
    m->attachments = out->attachments;
    m->context = out->context;
    return f;
}

enum fault corpus_line_parse(struct corpus_line *out, struct slice line,
                             struct why *why)
{
    json_error_t error;
    *out = (struct corpus_line){0};
    json_t *json = json_loadb(line.ptr, line.len, JSON_ALLOW_NUL, &error);
    if (!json) {
        return fault_say(why, FAULT_INPUT, "not JSON: %.150s", error.text);
    }
    out->json = json;
    if (!json_is_object(json)) {
        return fault_say(why, FAULT_INPUT, "not a JSON object");
    }
    return read_message(out, json, why);
}

void corpus_line_finish(struct corpus_line *l)
{
    json_decref(l->json);
    *l = (struct corpus_line){0};
}

// One `key=value` or `key="value with spaces"` of an example's braces.
static enum fault read_pair(struct corpus_line *out, struct slice *rest,
                            struct slice *role, struct slice *channel, struct why *why)
{
    struct slice value;
    struct slice key = slice_trim(slice_cut(*rest, '=', &value));
    if (value.len && value.ptr[0] == '"') {
        value = slice_cut(slice_sub(value, 1, value.len), '"', rest);
    } else {
        value = slice_cut(value, ' ', rest);
    }
    *rest = slice_trim(*rest);
    struct judge_message *m = &out->message;
    if (slice_is(key, "author")) {
        *role = value;
    } else if (slice_is(key, "channel")) {
        *channel = value;
    } else if (slice_is(key, "context") && m->context_count < LINE_SLICES_MOST) {
        out->context[m->context_count++] = value;
    } else if (slice_is(key, "attachment") && m->attachment_count < LINE_SLICES_MOST) {
        out->attachments[m->attachment_count++] =
            slice_is(value, "image") ? SLICE("image/jpeg") : value;
    } else if (slice_is(key, "mentions")) {
        uint64_t n = 0;
        enum fault f = slice_u64(value, &n);
        m->mention_count = (uint32_t)n;
        return f;
    } else {
        return fault_say(why, FAULT_INPUT,
                         "'%.*s' in an example's braces; known: author, channel, "
                         "context, attachment, mentions",
                         SLICE_ARG(key));
    }
    return FAULT_NONE;
}

enum fault example_parse(struct corpus_line *out, struct slice example, struct why *why)
{
    *out = (struct corpus_line){0};
    struct judge_message *m = &out->message;
    m->attachments = out->attachments;
    m->context = out->context;
    struct slice role = {0}, channel = {0};
    m->text = example;
    if (slice_starts_with(example, SLICE("{"))) {
        struct slice rest =
            slice_trim(slice_cut(slice_sub(example, 1, example.len), '}', &m->text));
        m->text = slice_trim(m->text);
        while (rest.len) {
            enum fault f = read_pair(out, &rest, &role, &channel, why);
            if (f) {
                return f;
            }
        }
    }
    return names_of(m, role, channel, why);
}

static void add_strings(struct text *out, const char *key, const struct slice *list,
                        size_t count)
{
    text_add_format(out, ",\"%s\":[", key);
    for (size_t i = 0; i < count; i++) {
        text_add_str(out, i ? "," : "");
        text_add_json(out, list[i]);
    }
    text_add_char(out, ']');
}

static void add_finding(struct text *out, const struct finding *f, struct slice message)
{
    text_add_format(out,
                    "{\"category\":\"%s\",\"rule\":", category_info(f->category)->name);
    text_add_json(out, f->rule);
    text_add_format(out,
                    ",\"target\":\"%s\",\"severity\":\"%s\",\"confidence\":%u.%02u,"
                    "\"start\":%zu,\"end\":%zu,\"text\":",
                    target_name(f->target), severity_name(f->severity),
                    f->confidence / 100u, f->confidence % 100u, f->start, f->end);
    text_add_json(out, slice_sub(message, f->start, f->end - f->start));
    text_add_str(out, ",\"because\":");
    text_add_json(out, f->because);
    if (f->origin == ORIGIN_CLASSIFIER) {
        text_add_str(out, ",\"by\":\"classifier\"");
    }
    text_add_str(out, ",\"clauses\":[");
    for (size_t i = 0; i < f->clause_count; i++) {
        text_add_str(out, i ? ",{\"policy\":" : "{\"policy\":");
        text_add_json(out, f->clauses[i].policy);
        text_add_str(out, ",\"clause\":");
        text_add_json(out, f->clauses[i].clause);
        text_add_char(out, '}');
    }
    text_add_str(out, "]}");
}

static void add_categories(struct text *out, const struct verdict *v)
{
    uint64_t done = 0;
    text_add_str(out, ",\"categories\":[");
    for (size_t i = 0; i < v->finding_count; i++) {
        uint64_t bit = UINT64_C(1) << v->findings[i].category;
        if (!(done & bit)) {
            text_add_format(out, "%s\"%s\"", done ? "," : "",
                            category_info(v->findings[i].category)->name);
        }
        done |= bit;
    }
    text_add_char(out, ']');
}

void verdict_add_json(struct text *out, const struct verdict *v, struct slice id,
                      struct slice message)
{
    text_add_char(out, '{');
    if (id.ptr) {
        text_add_str(out, "\"id\":");
        text_add_json(out, id);
        text_add_char(out, ',');
    }
    text_add_format(out, "\"action\":\"%s\",\"severity\":", action_name(v->action));
    const char *severity = severity_name(v->severity);
    text_add_format(out, severity ? "\"%s\"" : "null", severity);
    add_categories(out, v);
    text_add_format(out, ",\"target\":\"%s\",\"findings\":[", target_name(v->target));
    for (size_t i = 0; i < v->finding_count; i++) {
        text_add_str(out, i ? "," : "");
        add_finding(out, &v->findings[i], message);
    }
    text_add_str(out, "],\"monitoring\":[");
    bool first = true;
    for (int m = 0; m < MONITORING_COUNT; m++) {
        if (v->monitoring >> m & 1) {
            text_add_format(out, "%s\"%s\"", first ? "" : ",",
                            monitoring_name((enum monitoring)m));
            first = false;
        }
    }
    text_add_char(out, ']');
    add_strings(out, "routes", v->routes, v->route_count);
    text_add_str(out, ",\"explanation\":");
    text_add_json(out, v->explanation);
    text_add_str(out, "}\n");
}
