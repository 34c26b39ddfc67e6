// SPDX-License-Identifier: MIT
#include <string.h>

#include "bot/core/bot.h"

enum {
    JUDGED_MOST = 256 << 10
}; // bytes of one message that are judged; the rest is cut

// The text and everything else that members can read, one part a line.
static struct slice joined_text(struct arena *a, const struct message *m)
{
    if (m->part_count == 0) {
        return slice_sub(m->text, 0, JUDGED_MOST);
    }
    size_t len = m->text.len;
    for (size_t i = 0; i < m->part_count; i++) {
        len += 1 + m->parts[i].text.len;
    }
    char *bytes = len < JUDGED_MOST * 64 ? arena_alloc(a, len + 1) : NULL;
    if (!bytes) {
        return slice_sub(m->text, 0, JUDGED_MOST);
    }
    size_t at = 0;
    if (m->text.len) {
        memcpy(bytes, m->text.ptr, m->text.len);
        at = m->text.len;
    }
    for (size_t i = 0; i < m->part_count; i++) {
        struct slice part = m->parts[i].text;
        if (part.len == 0) {
            continue;
        }
        bytes[at++] = '\n';
        memcpy(bytes + at, part.ptr, part.len);
        at += part.len;
    }
    return slice_sub(slice_make(bytes, at), 0, JUDGED_MOST);
}

static enum audience audience_of(const struct config_channel *channel, struct slice id)
{
    if (channel) {
        return channel->audience;
    }
    enum audience named = AUDIENCE_PARENTS;
    audience_parse(id, &named); // a channel literally named "pupils" is one
    return named;
}

// Judges m. Returns false when nothing is to be done (ignored channel).
static bool judge_one(struct link *link, const struct message *m, bool preview,
                      struct slice *text, struct verdict *v)
{
    struct bot *bot = link->bot;
    const struct config *config = config_values(bot->now.config);
    const struct config_channel *channel =
        config_channel(config, link->ops->name, m->channel);
    if (channel && channel->ignore) {
        return false;
    }
    *text = joined_text(&bot->message_arena, m);
    struct judge_message jm = {
        .text = *text,
        .author_role =
            config_role(config, link->ops->name, m->author_roles, m->author_role_count),
        .audience = audience_of(channel, m->channel),
        .channel_id = m->channel,
        .author_id = m->author_id,
        .author_name = m->author_name,
        .at_unix_ms = m->at_unix_ms,
        .attachments = m->attachments,
        .attachment_count = m->attachment_count,
        .context = m->context,
        .context_count = m->context_count,
        .mention_count = m->mention_count,
        // What is delivered comes again as a message: it counts for history then.
        .is_edit = m->kind == MESSAGE_EDIT || preview,
    };
    uint64_t before = clock_monotonic_ns(&bot->clock);
    enum fault f =
        judge_message(bot->judge, generation_policy(&bot->now, channel), &jm, v);
    latency_add(&bot->numbers.judged, clock_monotonic_ns(&bot->clock) - before);
    if (f) {
        // What could not be judged is shown to a person rather than let through unseen.
        bot->numbers.unjudged++;
        log_error("intake: a message could not be judged",
                  LOG_STR("adapter", link->ops->name), LOG_FAULT(f));
        *v = (struct verdict){
            .action = ACTION_ESCALATE,
            .severity = SEVERITY_MEDIUM,
            .explanation =
                SLICE("This message could not be judged by the machine; a person "
                      "should read it."),
        };
    }
    return true;
}

void intake_message(struct link *link, const struct message *m)
{
    struct bot *bot = link->bot;
    struct slice text;
    struct verdict v;
    bot->numbers.messages++;
    if (judge_one(link, m, false, &text, &v)) {
        casework_record(link, m, text, &v, false);
    }
    arena_drop(&bot->message_arena);
}

void intake_preview(struct link *link, const struct message *m, struct preview *out)
{
    struct bot *bot = link->bot;
    struct slice text;
    struct verdict v;
    out->refuse = false;
    out->sentence[0] = '\0';
    if (judge_one(link, m, true, &text, &v) && action_hides(v.action) &&
        (!out->claim || out->claim(out->ctx))) {
        struct slice said = v.reply.len ? v.reply : v.explanation;
        said = slice_sub(said, 0, sizeof(out->sentence) - 1);
        memcpy(out->sentence, said.ptr ? said.ptr : "", said.len);
        out->sentence[said.len] = '\0';
        out->refuse = true;
        bot->numbers.messages++;
        bot->numbers.refused++;
        casework_record(link, m, text, &v, true);
    }
    arena_drop(&bot->message_arena);
}
