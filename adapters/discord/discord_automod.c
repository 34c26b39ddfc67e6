// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_automod.h"

#include "adapters/discord/discord_ask.h"
#include "adapters/discord/discord_json.h"
#include "bot/base/text.h"
#include "bot/base/utf8.h"

enum { BODY_MOST = 512 << 10, PATH_ROOM = 160, KEYWORD_TRIGGER = 1 };

static const char rule_name[] = "Hall monitor: words";
static const char reason[] = "hallmonitor discord automod";

bool discord_automod_takes(struct slice word)
{
    size_t characters = 0;
    for (size_t off = 0; off < word.len; characters++) {
        uint32_t cp;
        size_t n = utf8_decode(word, off, &cp);
        if (n == 0 || cp < ' ' || cp == '*' || cp == ',') {
            return false;
        }
        off += n;
    }
    return characters > 0 && characters <= AUTOMOD_WORD_CHARACTERS;
}

static void build_rule(struct text *body, const struct slice *words, size_t count)
{
    text_add_str(body, "{\"name\":");
    text_add_json(body, slice_of(rule_name));
    text_add_str(body,
                 ",\"event_type\":1,\"trigger_type\":1,\"enabled\":true,"
                 "\"actions\":[{\"type\":1,\"metadata\":{\"custom_message\":\"This "
                 "word is not for our channels.\"}}],\"trigger_metadata\":{"
                 "\"keyword_filter\":[");
    for (size_t i = 0; i < count; i++) {
        text_add_str(body, i ? "," : "");
        text_add_json(body, words[i]);
    }
    text_add_str(body, "]}}");
}

// The id of our rule in a list of rules, or 0.
static uint64_t our_rule(const json_t *rules)
{
    size_t i;
    const json_t *rule;
    json_array_foreach(rules, i, rule)
    {
        if (slice_is(discord_get_text(rule, "name"), rule_name) &&
            discord_get_u64(rule, "trigger_type", 0) == KEYWORD_TRIGGER) {
            return discord_get_id(rule, "id");
        }
    }
    return 0;
}

static enum fault mirror_one(struct discord_ask *a, uint64_t guild, struct slice body,
                             size_t count, FILE *out)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "/guilds/%llu/auto-moderation/rules",
             (unsigned long long)guild);
    if (!discord_ask_get(a, path)) {
        return a->fault;
    }
    uint64_t rule = our_rule(a->json);
    if (rule) {
        snprintf(path, sizeof(path), "/guilds/%llu/auto-moderation/rules/%llu",
                 (unsigned long long)guild, (unsigned long long)rule);
    }
    if (count == 0 && !rule) {
        return FAULT_NONE;
    }
    enum rest_method method = count == 0 ? REST_DELETE : rule ? REST_PATCH : REST_POST;
    if (!discord_ask_send(a, method, path, count ? body : slice_of(""), reason)) {
        return a->fault;
    }
    fprintf(out, "server %llu: %zu words are %s by Discord itself\n",
            (unsigned long long)guild, count, count ? "now blocked" : "blocked");
    return FAULT_NONE;
}

static enum fault explain(const struct discord_ask *a, uint64_t guild, struct why *why)
{
    if (a->fault == FAULT_DENIED) {
        return fault_say(why, FAULT_DENIED,
                         "server %llu: give the bot's role Manage Server for this",
                         (unsigned long long)guild);
    }
    *why = a->why;
    return a->fault;
}

enum fault discord_automod_mirror(const struct discord_conf *conf,
                                  const struct slice *words, size_t count, FILE *out,
                                  struct why *why)
{
    struct discord_ask a;
    enum fault f = discord_ask_open(&a, conf, why);
    if (f) {
        return f;
    }
    struct text body;
    text_init(&body, BODY_MOST);
    build_rule(&body, words, count);
    json_t *guilds = NULL;
    size_t done = 0;
    if (text_failed(&body)) {
        f = FAULT_LIMIT;
    } else if (!discord_ask_get(&a, "/users/@me/guilds")) {
        *why = a.why;
        f = a.fault;
    } else {
        guilds = json_incref(a.json);
    }
    size_t i;
    const json_t *guild;
    json_array_foreach(guilds, i, guild)
    {
        uint64_t id = discord_get_id(guild, "id");
        if (f == FAULT_NONE && id && discord_conf_guild(conf, id)) {
            f = mirror_one(&a, id, text_slice(&body), count, out);
            f = f ? explain(&a, id, why) : f;
            done++;
        }
    }
    if (f == FAULT_NONE && done == 0) {
        f = fault_say(why, FAULT_ABSENT, "the bot is on no server of the settings");
    }
    json_decref(guilds);
    text_finish(&body);
    discord_ask_close(&a);
    return f;
}
