// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_json.h"
#include "adapters/discord/discord_permission.h"
#include "bot/base/log.h"

enum {
    INTERACTION_BUTTON = 3,
    PATH_ROOM = 512,
    TOKEN_MOST = 300,
};

static const struct {
    const char *word;
    enum decision_kind kind;
} words[] = {
    {"uphold", DECIDE_UPHOLD},
    {"restore", DECIDE_RESTORE},
    {"escalate", DECIDE_ESCALATE},
    {"claim", DECIDE_CLAIM},
};

// "hallmonitor:WORD:CASE".
static bool parse_button(struct slice id, struct decision *out)
{
    struct slice rest = {0};
    if (!slice_is(slice_cut(id, ':', &rest), "hallmonitor")) {
        return false;
    }
    struct slice number = {0};
    struct slice word = slice_cut(rest, ':', &number);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (slice_is(word, words[i].word)) {
            out->kind = words[i].kind;
            return slice_u64(number, &out->case_id) == FAULT_NONE;
        }
    }
    return false;
}

// The configured roles; without any, those who may time members out.
static bool may_decide(const struct adapter *a, const json_t *member)
{
    const struct discord_conf *c = a->conf;
    if (c->moderator_roles_count == 0) {
        uint64_t may = discord_get_bits(member, "permissions");
        return (may & (PERMISSION_MODERATE_MEMBERS | PERMISSION_ADMINISTRATOR)) != 0;
    }
    size_t i;
    const json_t *role;
    json_array_foreach(json_object_get(member, "roles"), i, role)
    {
        if (discord_conf_lists(c->moderator_roles, c->moderator_roles_count,
                               discord_id(role))) {
            return true;
        }
    }
    return false;
}

static void on_replied(void *ctx, const struct discord_answer *answer)
{
    (void)ctx;
    if (answer->fault && answer->fault != FAULT_CANCELLED) {
        log_warn("discord: an answer to a button was not taken",
                 LOG_FAULT(answer->fault));
    }
}

static bool token_good(struct slice token)
{
    for (size_t i = 0; i < token.len; i++) {
        unsigned char c = (unsigned char)token.ptr[i];
        if (c <= ' ' || c == '/' || c == '?' || c == '#' || c >= 0x7f) {
            return false;
        }
    }
    return token.len > 0 && token.len <= TOKEN_MOST;
}

static void reply(struct adapter *a, const json_t *data, const char *body)
{
    struct slice token = discord_get_text(data, "token");
    uint64_t id = discord_get_id(data, "id");
    char path[PATH_ROOM];
    if (!id || !token_good(token)) {
        log_warn("discord: an interaction without id or token");
        return;
    }
    snprintf(path, sizeof(path), "/interactions/%llu/%.*s/callback",
             (unsigned long long)id, SLICE_ARG(token));
    struct discord_request r = {.method = REST_POST,
                                .route = "POST /interactions/*/*/callback",
                                .path = path,
                                .body = slice_of(body),
                                .priority = PRIORITY_INTERACTION,
                                .exempt = true,
                                .anonymous = true,
                                .done = on_replied};
    if (discord_client_send(a->client, &r)) {
        log_warn("discord: an answer to a button could not be queued");
    }
}

void discord_interaction(struct adapter *a, const json_t *data)
{
    struct decision decision = {0};
    const json_t *member = json_object_get(data, "member");
    const json_t *user = json_object_get(member, "user");
    struct slice button = discord_get_text(json_object_get(data, "data"), "custom_id");
    uint64_t channel = discord_get_id(data, "channel_id");
    if (discord_get_u64(data, "type", 0) != INTERACTION_BUTTON ||
        !parse_button(button, &decision)) {
        return;
    }
    bool ours = a->conf->alert_channel &&
                discord_id_parse(slice_of(a->conf->alert_channel)) == channel;
    if (!ours || !may_decide(a, member) || !discord_get_id(user, "id")) {
        reply(a, data,
              "{\"type\":4,\"data\":{\"flags\":64,\"content\":\"Only moderators may "
              "decide on cases.\",\"allowed_mentions\":{\"parse\":[]}}}");
        return;
    }
    // Acknowledged; the alert is edited once the decision is written down.
    reply(a, data, "{\"type\":6}");
    struct slice name = discord_get_text(member, "nick");
    name = name.len ? name : discord_get_text(user, "global_name");
    decision.moderator_id = discord_get_text(user, "id");
    decision.moderator_name = name.len ? name : discord_get_text(user, "username");
    host_decision(a->host, &decision);
}
