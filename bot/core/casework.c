// SPDX-License-Identifier: MIT
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/utf8.h"
#include "bot/core/bot.h"
#include "bot/core/outbox.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, EVENT_RETENTION_DAYS = 90 };

// What a record request carries through the store and back.
struct record_note {
    struct link *link;
    uint64_t token;
    uint64_t frame_at_ns;
    struct store_request *next; // in bot->held
};

static struct slice copied(struct arena *a, struct slice s)
{
    return arena_copy(a, s);
}

static void add_key(struct text *json, const char *key, struct slice value)
{
    text_add_format(json, "%s\"%s\":", json->len > 1 ? "," : "", key);
    text_add_json(json, value);
}

static struct slice json_list(struct arena *a, const struct slice *items, size_t count)
{
    struct text json;
    text_init(&json, 1 << 16);
    text_add_char(&json, '[');
    for (size_t i = 0; i < count; i++) {
        text_add_str(&json, i ? "," : "");
        text_add_json(&json, items[i]);
    }
    text_add_char(&json, ']');
    struct slice out = copied(a, text_slice(&json));
    text_finish(&json);
    return out;
}

static struct slice clauses_json(struct arena *a, const struct finding *x)
{
    struct text json;
    text_init(&json, 1 << 16);
    text_add_char(&json, '[');
    for (size_t i = 0; i < x->clause_count; i++) {
        text_add_str(&json, i ? ",{\"policy\":" : "{\"policy\":");
        text_add_json(&json, x->clauses[i].policy);
        text_add_str(&json, ",\"clause\":");
        text_add_json(&json, x->clauses[i].clause);
        text_add_char(&json, '}');
    }
    text_add_char(&json, ']');
    struct slice out = copied(a, text_slice(&json));
    text_finish(&json);
    return out;
}

// Everything that is personal, as one JSON object that the store seals. What must never
// be kept (indecent images of children) leaves no content behind.
static struct slice evidence_json(struct arena *a, const struct message *m,
                                  struct slice text, const struct verdict *v,
                                  bool refused)
{
    struct text json;
    text_init(&json, 8 << 20);
    text_add_char(&json, '{');
    add_key(&json, "text", v->never_store ? slice_of("") : text);
    add_key(&json, "written", v->never_store ? slice_of("") : m->text);
    add_key(&json, "author_id", m->author_id);
    add_key(&json, "author_name", m->author_name);
    add_key(&json, "explanation", v->explanation);
    add_key(&json, "reply", v->reply);
    if (refused) {
        add_key(&json, "refused", SLICE("true"));
    }
    text_add_str(&json, ",\"attachments\":");
    struct slice list = json_list(a, m->attachments, m->attachment_count);
    text_add(&json, list);
    text_add_str(&json, ",\"signposts\":");
    list = json_list(a, v->signposts, v->signpost_count);
    text_add(&json, list);
    text_add_char(&json, '}');
    struct slice out =
        text_failed(&json) ? slice_of(NULL) : copied(a, text_slice(&json));
    text_finish(&json);
    return out;
}

static struct store_finding *copy_findings(struct arena *a, const struct verdict *v)
{
    struct store_finding *list = arena_zalloc(a, v->finding_count + 1, sizeof(*list));
    for (size_t i = 0; list && i < v->finding_count; i++) {
        const struct finding *x = &v->findings[i];
        list[i] = (struct store_finding){.category = x->category,
                                         .target = x->target,
                                         .severity = x->severity,
                                         .confidence = x->confidence,
                                         .start = x->start,
                                         .end = x->end,
                                         .rule = copied(a, x->rule),
                                         .because = copied(a, x->because),
                                         .clauses = clauses_json(a, x)};
    }
    return list;
}

static struct store_case *build_case(struct store_request *r, struct link *link,
                                     const struct message *m, struct slice text,
                                     const struct verdict *v, bool refused)
{
    struct arena *a = &r->arena;
    struct bot *bot = link->bot;
    struct store_case *c = arena_zalloc(a, 1, sizeof(*c));
    if (!c) {
        return NULL;
    }
    const struct policy *policy =
        generation_policy(&bot->now, config_channel(config_values(bot->now.config),
                                                    link->ops->name, m->channel));
    uint64_t days =
        v->retention_days ? v->retention_days : config_case_days(bot->now.config);
    uint64_t now = clock_unix_ms(&bot->clock);
    *c = (struct store_case){
        .id = store_case_id(bot->store),
        .adapter = slice_of(link->ops->name),
        .space = copied(a, m->space),
        .channel = copied(a, m->channel),
        .thread = copied(a, m->thread),
        .message_id = copied(a, m->id),
        .revision = copied(a, m->revision),
        .author_id = copied(a, m->author_id),
        .posted_ms = m->at_unix_ms,
        .created_ms = now,
        .action = v->action,
        .severity = v->severity,
        .target = v->target,
        .monitoring = v->monitoring,
        .restricted = v->restricted,
        .policy = policy ? copied(a, policy_id(policy)) : SLICE("default"),
        .routes = json_list(a, v->routes, v->route_count),
        .purge_after_ms = now + days * DAY_MS,
        .evidence = evidence_json(a, m, text, v, refused),
        .findings = copy_findings(a, v),
        .finding_count = v->finding_count,
    };
    return c->findings && c->evidence.ptr ? c : NULL;
}

static void add_task(struct store_request *r, struct bot *bot, enum act_kind kind,
                     struct slice extra)
{
    struct store_task *t = &r->record.tasks[r->record.task_count++];
    *t = (struct store_task){.id = store_task_id(bot->store),
                             .case_id = r->record.the_case->id,
                             .kind = kind,
                             .next_ms = r->record.the_case->created_ms,
                             .extra = extra};
}

static struct slice reason_json(struct arena *a, const struct verdict *v,
                                uint64_t case_id)
{
    const struct finding *main = v->finding_count ? &v->findings[0] : NULL;
    struct text json;
    text_init(&json, 8192);
    text_add_char(&json, '{');
    struct slice reason =
        main && main->clause_count
            ? arena_format(a, "hallmonitor case %llu: %s (%.*s, clause %.*s)",
                           (unsigned long long)case_id,
                           category_info(main->category)->phrase,
                           SLICE_ARG(main->clauses[0].policy),
                           SLICE_ARG(main->clauses[0].clause))
            : arena_format(a, "hallmonitor case %llu: %s", (unsigned long long)case_id,
                           main ? category_info(main->category)->phrase
                                : "to be looked at");
    add_key(&json, "reason", reason);
    if (v->mute_ms) {
        text_add_format(&json, ",\"duration_ms\":%llu", (unsigned long long)v->mute_ms);
    }
    text_add_char(&json, '}');
    struct slice out = copied(a, text_slice(&json));
    text_finish(&json);
    return out;
}

static bool add_tasks(struct store_request *r, struct link *link,
                      const struct verdict *v, bool refused)
{
    enum { MOST = 4 };
    struct bot *bot = link->bot;
    r->record.tasks = arena_zalloc(&r->arena, MOST, sizeof(*r->record.tasks));
    if (!r->record.tasks) {
        return false;
    }
    struct slice reason = reason_json(&r->arena, v, r->record.the_case->id);
    uint32_t can = link->ops->can;
    if (action_hides(v->action) && (can & CAN_HIDE) && !refused) {
        add_task(r, bot, ACT_HIDE, reason);
    }
    if (v->mute_ms && (can & CAN_MUTE)) {
        add_task(r, bot, ACT_MUTE, reason);
    }
    if (v->action > ACTION_NOTE && (can & CAN_ALERT)) {
        add_task(r, bot, ACT_ALERT, reason);
    }
    if (v->reply.len && (can & CAN_NOTICE) && !refused) {
        add_task(r, bot, ACT_NOTICE, reason);
    }
    return true;
}

static void hold(struct bot *bot, struct store_request *r)
{
    struct record_note *note = r->ctx;
    note->next = NULL;
    if (bot->held_last) {
        ((struct record_note *)bot->held_last->ctx)->next = r;
    } else {
        bot->held = r;
    }
    bot->held_last = r;
}

// Records come back in the order in which they were submitted.
static void unhold(struct bot *bot, struct store_request *r)
{
    if (bot->held != r) {
        return;
    }
    bot->held = ((struct record_note *)r->ctx)->next;
    if (!bot->held) {
        bot->held_last = NULL;
    }
}

static void on_recorded(struct store_request *r)
{
    struct record_note *note = r->ctx;
    struct link *link = note->link;
    struct bot *bot = link->bot;
    unhold(bot, r);
    if (r->fault) {
        // Stopped before it was written: the platform's cursor has not moved, so the
        // message comes again.
        if (r->fault != FAULT_CANCELLED) {
            log_error("casework: a record was refused by the store",
                      LOG_FAULT(r->fault), LOG_WHY(&r->why));
        }
        for (size_t i = 0; i < r->record.task_count; i++) {
            outbox_drop(bot->outbox, r->record.tasks[i].id);
        }
        return;
    }
    bot->numbers.duplicates += r->record.duplicate;
    for (size_t i = 0; i < r->record.task_count; i++) {
        const struct store_task *t = &r->record.tasks[i];
        if (r->record.duplicate) {
            outbox_drop(bot->outbox, t->id);
        } else {
            if (t->kind == ACT_HIDE && note->frame_at_ns) {
                latency_add(&bot->numbers.frame_to_act,
                            clock_monotonic_ns(&bot->clock) - note->frame_at_ns);
            }
            outbox_release(bot->outbox, t->id, r->record.the_case, t);
        }
    }
    if (link->ops->committed && link->adapter && !link->stopped && note->token) {
        link->ops->committed(link->adapter, note->token);
    }
    if (r->record.the_case && !r->record.duplicate) {
        bot->numbers.cases++;
        bot_event(bot, "case", r->record.the_case->id);
    }
}

static struct store_request *new_record(struct link *link, const struct slice *identity,
                                        size_t count)
{
    struct store_request *r = store_request_create(STORE_RECORD);
    struct record_note *note = r ? arena_zalloc(&r->arena, 1, sizeof(*note)) : NULL;
    if (!note) {
        store_request_destroy(r);
        return NULL;
    }
    note->link = link;
    r->ctx = note;
    r->done = on_recorded;
    seal_hash(store_key(link->bot->store), identity, count, r->record.seen);
    return r;
}

static void submit(struct link *link, struct store_request *r)
{
    struct bot *bot = link->bot;
    for (size_t i = 0; i < r->record.task_count; i++) {
        outbox_add(bot->outbox, &r->record.tasks[i], true);
    }
    hold(bot, r);
    store_submit(bot->store, r);
    if (bot->store_failing) {
        casework_hide_unsaved(bot);
    }
}

void casework_record(struct link *link, const struct message *m,
                     struct slice judged_text, const struct verdict *v, bool refused)
{
    struct slice identity[] = {slice_of(link->ops->name),
                               m->space,
                               m->channel,
                               m->id,
                               m->revision,
                               refused ? SLICE("refused") : SLICE("")};
    struct store_request *r =
        new_record(link, identity, sizeof(identity) / sizeof(identity[0]));
    if (r) {
        struct record_note *note = r->ctx;
        note->token = m->token;
        note->frame_at_ns = m->frame_at_ns;
        if (v->action > ACTION_ALLOW) {
            r->record.the_case = build_case(r, link, m, judged_text, v, refused);
            if (!r->record.the_case || !add_tasks(r, link, v, refused)) {
                store_request_destroy(r);
                r = NULL;
            }
        }
    }
    if (!r) {
        // Not recorded and not acknowledged: the platform gives it again.
        log_error("casework: out of memory; a message was not recorded",
                  LOG_STR("adapter", link->ops->name));
        return;
    }
    submit(link, r);
}

void casework_event(struct link *link, struct slice channel, const char *kind,
                    struct slice sentence, enum severity severity)
{
    struct bot *bot = link->bot;
    char at[CLOCK_TEXT_BYTES];
    clock_text(clock_unix_ms(&bot->clock), at);
    struct slice identity[] = {slice_of(link->ops->name), channel, slice_of(kind),
                               sentence, slice_of(at)};
    struct store_request *r = new_record(link, identity, 5);
    if (!r) {
        return;
    }
    struct message m = {.channel = channel, .id = slice_of(kind)};
    struct verdict v = {.action = ACTION_ESCALATE,
                        .severity = severity,
                        .explanation = sentence,
                        .retention_days = EVENT_RETENTION_DAYS};
    r->record.the_case = build_case(r, link, &m, slice_of(""), &v, false);
    if (!r->record.the_case || !add_tasks(r, link, &v, true)) {
        store_request_destroy(r);
        return;
    }
    submit(link, r);
}

void casework_hide_unsaved(struct bot *bot)
{
    for (struct store_request *r = bot->held; r;
         r = ((struct record_note *)r->ctx)->next) {
        for (size_t i = 0; i < r->record.task_count; i++) {
            if (r->record.tasks[i].kind == ACT_HIDE) {
                outbox_hurry(bot->outbox, &r->record.tasks[i], r->record.the_case);
            }
        }
    }
}

struct decide_note {
    struct bot *bot;
    decided_fn *done;
    void *ctx;
};

static void on_decided(struct store_request *r)
{
    struct decide_note *note = r->ctx;
    if (r->fault == FAULT_NONE) {
        for (size_t i = 0; i < r->decide.task_count; i++) {
            outbox_add(note->bot->outbox, &r->decide.tasks[i], false);
        }
        bot_event(note->bot, "decision", r->decide.case_id);
    }
    if (note->done) {
        note->done(note->ctx, r->fault, &r->why);
    }
}

void casework_decide(struct bot *bot, uint64_t case_id, enum decision_kind kind,
                     struct slice moderator, const char *source, decided_fn *done,
                     void *ctx)
{
    struct store_request *r = store_request_create(STORE_DECIDE);
    struct decide_note *note = r ? arena_zalloc(&r->arena, 1, sizeof(*note)) : NULL;
    if (!note) {
        store_request_destroy(r);
        if (done) {
            done(ctx, FAULT_MEMORY, NULL);
        }
        return;
    }
    *note = (struct decide_note){bot, done, ctx};
    r->ctx = note;
    r->done = on_decided;
    r->decide.case_id = case_id;
    r->decide.kind = kind;
    r->decide.moderator = copied(&r->arena, utf8_prefix(moderator, 200));
    r->decide.source = slice_of(source);
    r->decide.task_ids[0] = store_task_id(bot->store);
    r->decide.task_ids[1] = store_task_id(bot->store);
    store_submit(bot->store, r);
}
