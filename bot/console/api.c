// SPDX-License-Identifier: MIT
#include "bot/console/api.h"

#include <jansson.h>
#include <stdlib.h>

#include "bot/core/outbox.h"

enum { ANSWER_MOST = 16 << 20, LIST_MOST = 100 };

struct api_ticket {
    api_answer_fn *fn; // NULL: forgotten
    void *ctx;
    struct bot *bot;
};

static void give(struct api_ticket *t, unsigned status, struct slice json)
{
    api_answer_fn *fn = t->fn;
    void *ctx = t->ctx;
    free(t);
    if (fn) {
        fn(ctx, status, json);
    }
}

static void give_error(struct api_ticket *t, enum fault f, const struct why *why)
{
    struct text body;
    text_init(&body, 2048);
    text_add_str(&body, "{\"error\":");
    text_add_json(&body, slice_of(why_text(why, f)));
    text_add_str(&body, "}\n");
    give(t, f == FAULT_ABSENT ? 404 : f == FAULT_INPUT ? 409 : 503, text_slice(&body));
    text_finish(&body);
}

void api_forget(struct api_ticket *t)
{
    if (t) {
        t->fn = NULL;
    }
}

static void add_key(struct text *out, const char *key, struct slice value)
{
    text_add_format(out, ",\"%s\":", key);
    text_add_json(out, value);
}

static void add_time(struct text *out, const char *key, uint64_t at_ms)
{
    char at[CLOCK_TEXT_BYTES];
    text_add_format(out, ",\"%s\":\"%s\"", key, at_ms ? clock_text(at_ms, at) : "");
}

static struct slice named(const char *name)
{
    return slice_of(name ? name : "");
}

static void add_findings(struct text *out, const struct store_case *c)
{
    text_add_str(out, ",\"findings\":[");
    for (size_t i = 0; i < c->finding_count; i++) {
        const struct store_finding *x = &c->findings[i];
        text_add_format(out, "%s{\"confidence\":%u,\"start\":%llu,\"end\":%llu",
                        i ? "," : "", x->confidence, (unsigned long long)x->start,
                        (unsigned long long)x->end);
        add_key(out, "category", slice_of(category_info(x->category)->name));
        add_key(out, "target", named(target_name(x->target)));
        add_key(out, "severity", named(severity_name(x->severity)));
        add_key(out, "rule", x->rule);
        add_key(out, "because", x->because);
        text_add_str(out, ",\"clauses\":");
        text_add(out, x->clauses.len ? x->clauses : SLICE("[]"));
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}

static void add_tasks(struct text *out, const struct store_case *c)
{
    text_add_str(out, ",\"actions\":[");
    for (size_t i = 0; i < c->task_count; i++) {
        const struct store_task *t = &c->tasks[i];
        text_add_format(out, "%s{\"attempts\":%u", i ? "," : "", t->attempts);
        add_key(out, "kind", slice_of(act_kind_name(t->kind)));
        add_key(out, "state", slice_of(task_state_name(t->state)));
        add_key(out, "fault", t->fault);
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}

void api_case_json(struct text *out, const struct store_case *c, bool whole)
{
    text_add_format(out,
                    "{\"id\":%llu,\"restricted\":%s,\"hidden\":%s,\"escalated\":%s",
                    (unsigned long long)c->id, c->restricted ? "true" : "false",
                    c->hidden ? "true" : "false", c->escalated ? "true" : "false");
    add_key(out, "adapter", c->adapter);
    add_key(out, "channel", c->channel);
    add_key(out, "message_id", c->message_id);
    add_key(out, "state", slice_of(case_state_name(c->state)));
    add_key(out, "action", slice_of(action_name(c->action)));
    add_key(out, "severity", named(severity_name(c->severity)));
    add_key(out, "target", named(target_name(c->target)));
    add_key(out, "policy", c->policy);
    add_key(out, "claimed_by", c->claimed_by);
    add_time(out, "posted", c->posted_ms);
    add_time(out, "opened", c->created_ms);
    add_time(out, "decided", c->decided_ms);
    add_time(out, "kept_until", c->purge_after_ms);
    text_add_str(out, ",\"routes\":");
    text_add(out, c->routes.len ? c->routes : SLICE("[]"));
    add_findings(out, c);
    text_add_str(out, ",\"evidence\":");
    text_add(out, c->evidence.len ? c->evidence : SLICE("{}"));
    if (whole) {
        add_tasks(out, c);
        text_add_str(out, ",\"history\":");
        text_add(out, c->history.len ? c->history : SLICE("[]"));
    }
    text_add_char(out, '}');
}

static void on_cases(struct store_request *r)
{
    struct api_ticket *t = r->ctx;
    if (r->fault) {
        give_error(t, r->fault, &r->why);
        return;
    }
    struct text body;
    text_init(&body, ANSWER_MOST);
    text_add_str(&body, "{\"cases\":[");
    for (size_t i = 0; i < r->cases.case_count; i++) {
        text_add_str(&body, i ? ",\n" : "\n");
        api_case_json(&body, &r->cases.cases[i], false);
    }
    text_add_str(&body, "]}\n");
    give(t, text_failed(&body) ? 503 : 200, text_slice(&body));
    text_finish(&body);
}

static void on_case(struct store_request *r)
{
    struct api_ticket *t = r->ctx;
    if (r->fault) {
        give_error(t, r->fault, &r->why);
        return;
    }
    struct text body;
    text_init(&body, ANSWER_MOST);
    api_case_json(&body, r->one.the_case, true);
    text_add_char(&body, '\n');
    give(t, 200, text_slice(&body));
    text_finish(&body);
}

static void add_links(struct text *out, const struct bot *bot)
{
    static const char *const words[] = {"down", "connecting", "up", "refused"};
    text_add_str(out, ",\"adapters\":[");
    for (size_t i = 0; i < bot->link_count; i++) {
        const struct link *link = &bot->links[i];
        struct adapter_health h = {0};
        if (link->adapter) {
            link->ops->health(link->adapter, &h);
        }
        text_add_format(out, "%s{\"name\":\"%s\",\"link\":\"%s\"", i ? "," : "",
                        link->ops->name, words[link->state]);
        add_key(out, "why", slice_of(link->why.text));
        add_time(out, "up_since", h.up_since_unix_ms);
        add_time(out, "last_event", h.last_event_unix_ms);
        text_add_format(out,
                        ",\"round_trip_ms\":%u,\"backlog\":%u,\"waiting\":%u,"
                        "\"throttled\":%llu,\"reconnects\":%llu",
                        h.round_trip_ms, h.backlog, h.waiting,
                        (unsigned long long)h.throttled,
                        (unsigned long long)h.reconnects);
        text_add_format(out,
                        ",\"previews\":%llu,\"previews_timed_out\":%llu,"
                        "\"preview_longest_ms\":%u}",
                        (unsigned long long)h.previews,
                        (unsigned long long)h.previews_timed_out, h.preview_longest_ms);
    }
    text_add_char(out, ']');
}

static void on_status(struct store_request *r)
{
    struct api_ticket *t = r->ctx;
    const struct bot *bot = t->bot;
    struct text body;
    text_init(&body, ANSWER_MOST);
    text_add_format(&body, "{\"version\":\"%s\"", HM_VERSION);
    const struct config *config = config_values(bot->now.config);
    add_key(&body, "school", named(config->school ? config->school->name : NULL));
    add_key(&body, "policy", policy_id(generation_policy(&bot->now, NULL)));
    text_add_format(&body, ",\"store_failing\":%s",
                    bot->store_failing ? "true" : "false");
    add_key(&body, "store_why", slice_of(bot->store_why.text));
    text_add_format(&body, ",\"messages\":%llu",
                    (unsigned long long)bot->numbers.messages);
    add_links(&body, bot);
    text_add_str(&body, ",\"numbers\":");
    text_add(&body, r->fault == FAULT_NONE ? r->numbers.json : SLICE("{}"));
    text_add_str(&body, "}\n");
    give(t, 200, text_slice(&body));
    text_finish(&body);
}

static struct api_ticket *ticket(struct bot *bot, api_answer_fn *fn, void *ctx)
{
    struct api_ticket *t = calloc(1, sizeof(*t));
    if (t) {
        *t = (struct api_ticket){fn, ctx, bot};
    }
    return t;
}

static struct api_ticket *ask(struct bot *bot, struct store_request *r,
                              void (*done)(struct store_request *), api_answer_fn *fn,
                              void *ctx)
{
    struct api_ticket *t = r ? ticket(bot, fn, ctx) : NULL;
    if (!t || !bot->store) {
        free(t);
        store_request_destroy(r);
        fn(ctx, 503, SLICE("{\"error\":\"out of memory or stopping\"}\n"));
        return NULL;
    }
    r->done = done;
    r->ctx = t;
    store_submit(bot->store, r);
    return t;
}

static bool case_number(struct slice path, uint64_t *out)
{
    struct slice prefix = SLICE("/api/case/");
    return slice_starts_with(path, prefix) &&
           slice_u64(slice_sub(path, prefix.len, path.len), out) == FAULT_NONE;
}

struct api_ticket *api_get(struct bot *bot, struct slice path, struct slice state,
                           api_answer_fn *fn, void *ctx)
{
    uint64_t id = 0;
    struct store_request *r = NULL;
    if (slice_is(path, "/api/status")) {
        return ask(bot, store_request_create(STORE_NUMBERS), on_status, fn, ctx);
    }
    if (slice_is(path, "/api/cases")) {
        r = store_request_create(STORE_CASES);
        if (r) {
            r->cases.any_state = !case_state_parse(state, &r->cases.state);
            r->cases.with_restricted = true;
            r->cases.limit = LIST_MOST;
        }
        return ask(bot, r, on_cases, fn, ctx);
    }
    if (case_number(path, &id)) {
        r = store_request_create(STORE_CASE);
        if (r) {
            r->one.case_id = id;
        }
        return ask(bot, r, on_case, fn, ctx);
    }
    fn(ctx, 404, SLICE("{\"error\":\"no such thing\"}\n"));
    return NULL;
}

static void on_decided(void *ctx, enum fault f, const struct why *why)
{
    struct api_ticket *t = ctx;
    if (f) {
        give_error(t, f, why);
    } else {
        give(t, 200, SLICE("{\"done\":true}\n"));
    }
}

struct api_ticket *api_post(struct bot *bot, struct slice path, struct slice body,
                            api_answer_fn *fn, void *ctx)
{
    static const struct {
        const char *word;
        enum decision_kind kind;
    } decisions[] = {{"uphold", DECIDE_UPHOLD},
                     {"restore", DECIDE_RESTORE},
                     {"escalate", DECIDE_ESCALATE},
                     {"claim", DECIDE_CLAIM}};
    uint64_t id = 0;
    if (!case_number(path, &id)) {
        fn(ctx, 404, SLICE("{\"error\":\"no such thing\"}\n"));
        return NULL;
    }
    json_t *object = json_loadb(body.ptr ? body.ptr : "", body.len, 0, NULL);
    const char *word = json_string_value(json_object_get(object, "decision"));
    struct api_ticket *t = NULL;
    for (size_t i = 0; word && i < sizeof(decisions) / sizeof(decisions[0]); i++) {
        if (slice_is(slice_of(word), decisions[i].word) && bot->store) {
            t = ticket(bot, fn, ctx);
            if (t) {
                casework_decide(bot, id, decisions[i].kind, SLICE("console"), "console",
                                on_decided, t);
            }
            break;
        }
    }
    json_decref(object);
    if (!t) {
        fn(ctx, 400,
           SLICE("{\"error\":\"decision must be uphold, restore, escalate or "
                 "claim\"}\n"));
    }
    return t;
}

static void metric(struct text *out, const char *name, uint64_t value)
{
    text_add_format(out, "hallmonitor_%s %llu\n", name, (unsigned long long)value);
}

static void quantiles(struct text *out, const char *name, const struct latency *l)
{
    static const double shares[] = {0.5, 0.9, 0.99, 0.999};
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        text_add_format(out, "hallmonitor_%s{quantile=\"%g\"} %.9f\n", name, shares[i],
                        (double)latency_at(l, shares[i]) / 1e9);
    }
    text_add_format(out, "hallmonitor_%s_count %llu\n", name,
                    (unsigned long long)l->count);
}

void api_metrics(struct bot *bot, struct text *out)
{
    const struct numbers *n = &bot->numbers;
    metric(out, "messages_total", n->messages);
    metric(out, "cases_total", n->cases);
    metric(out, "duplicates_total", n->duplicates);
    metric(out, "unjudged_total", n->unjudged);
    metric(out, "refused_total", n->refused);
    metric(out, "actions_done_total", n->actions_done);
    metric(out, "actions_failed_total", n->actions_failed);
    metric(out, "action_retries_total", n->action_retries);
    metric(out, "outbox_tasks", outbox_size(bot->outbox));
    metric(out, "store_waiting", bot->store ? store_waiting(bot->store) : 0);
    metric(out, "store_failing", bot->store_failing);
    quantiles(out, "frame_to_act_seconds", &n->frame_to_act);
    quantiles(out, "judge_seconds", &n->judged);
    for (size_t i = 0; i < bot->link_count; i++) {
        const struct link *link = &bot->links[i];
        struct adapter_health h = {0};
        if (link->adapter) {
            link->ops->health(link->adapter, &h);
        }
        text_add_format(out,
                        "hallmonitor_link_up{adapter=\"%s\"} %d\n"
                        "hallmonitor_backlog{adapter=\"%s\"} %u\n"
                        "hallmonitor_throttled_total{adapter=\"%s\"} %llu\n"
                        "hallmonitor_reconnects_total{adapter=\"%s\"} %llu\n",
                        link->ops->name, link->state == LINK_UP, link->ops->name,
                        h.backlog, link->ops->name, (unsigned long long)h.throttled,
                        link->ops->name, (unsigned long long)h.reconnects);
        if (link->ops->can & CAN_PREVIEW) {
            text_add_format(
                out,
                "hallmonitor_previews_total{adapter=\"%s\"} %llu\n"
                "hallmonitor_previews_timed_out_total{adapter=\"%s\"} %llu\n"
                "hallmonitor_preview_longest_seconds{adapter=\"%s\"} %.3f\n",
                link->ops->name, (unsigned long long)h.previews, link->ops->name,
                (unsigned long long)h.previews_timed_out, link->ops->name,
                (double)h.preview_longest_ms / 1000);
        }
    }
}
