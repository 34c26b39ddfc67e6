// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "adapters/discord/discord_adapter.h"
#include "adapters/discord/discord_backfill.h"
#include "adapters/discord/discord_json.h"

enum {
    KEY_BYTES = 64,
    VALUE_MOST = 4096,
    ALIVE_TICKS = 10,
    CHANNEL_TICKS = 5,
};

static struct slice key_of(char out[KEY_BYTES], const char *what, uint64_t id)
{
    int n = snprintf(out, KEY_BYTES, "%s:%llu", what, (unsigned long long)id);
    return slice_make(out, (size_t)n);
}

static uint64_t read_number(struct adapter *a, struct slice key)
{
    struct text value;
    text_init(&value, VALUE_MOST);
    uint64_t number = 0;
    if (host_cursor_find(a->host, key, &value) ||
        slice_u64(text_slice(&value), &number)) {
        number = 0;
    }
    text_finish(&value);
    return number;
}

static void write_number(struct adapter *a, struct slice key, uint64_t number)
{
    char value[DISCORD_ID_BYTES];
    host_cursor(a->host, key, discord_id_text(number, value));
}

static void write_session(struct adapter *a, uint32_t shard)
{
    const struct discord_gateway_session *s = discord_gateway_session(a->shards[shard]);
    if (s->sequence == a->written_sequence[shard]) {
        return;
    }
    a->written_sequence[shard] = s->sequence;
    char key[KEY_BYTES];
    struct text value;
    text_init(&value, VALUE_MOST);
    text_add_str(&value, "{\"session\":");
    text_add_json(&value, slice_of(s->id));
    text_add_str(&value, ",\"url\":");
    text_add_json(&value, slice_of(s->url));
    text_add_format(&value,
                    ",\"sequence\":%llu,\"shards\":%u,\"application\":\"%llu\"}",
                    (unsigned long long)s->sequence, a->shard_count,
                    (unsigned long long)a->application_id);
    if (!text_failed(&value)) {
        host_cursor(a->host, key_of(key, "shard", shard), text_slice(&value));
    }
    text_finish(&value);
}

// A channel's cursor only matters when the session is lost as well: now and then will do.
static bool its_turn(const struct adapter *a, const struct discord_channel *c)
{
    return (c->id * 0x9e3779b97f4a7c15u >> 32) % CHANNEL_TICKS ==
           a->ticks % CHANNEL_TICKS;
}

// A session that is resumed says nothing of a history that was not read to its end.
static void write_catching_up(struct adapter *a, bool now)
{
    if (now != a->catching_up_written) {
        a->catching_up_written = now;
        write_number(a, SLICE("catching_up"), now);
    }
}

// true: messages of some channel are missing.
static bool write_channels(struct adapter *a)
{
    bool missing = false;
    struct discord_channel *c;
    for (size_t at = 0; (c = idmap_next(&a->state.channels, &at));) {
        uint64_t cursor = discord_reach_cursor(&c->reach);
        missing = missing || c->reach.count;
        if (cursor != c->written_id && (a->stopping || its_turn(a, c))) {
            char key[KEY_BYTES];
            c->written_id = cursor;
            write_number(a, key_of(key, "channel", c->id), cursor);
        }
    }
    return missing;
}

void discord_cursors_write(struct adapter *a)
{
    bool missing = write_channels(a) || discord_backfill_left(a->backfill) > 0;
    write_catching_up(a, missing); // before the sessions, which a restart resumes
    for (uint32_t i = 0; i < a->shard_count; i++) {
        write_session(a, i);
    }
    // Not while catching up: what the time before last knew must survive another end.
    if (a->link == LINK_UP && !missing) {
        a->alive_before_ms = clock_unix_ms(a->host->clock);
        if (a->stopping || a->ticks % ALIVE_TICKS == 0) {
            write_number(a, SLICE("alive"), a->alive_before_ms);
        }
    }
}

static json_t *read_session(struct adapter *a, uint32_t shard)
{
    char key[KEY_BYTES];
    struct text value;
    text_init(&value, VALUE_MOST);
    json_t *json = NULL;
    if (host_cursor_find(a->host, key_of(key, "shard", shard), &value) == FAULT_NONE) {
        json = discord_parse(text_slice(&value));
    }
    text_finish(&value);
    return json;
}

uint32_t discord_session_shards(struct adapter *a)
{
    json_t *json = read_session(a, 0);
    uint64_t shards =
        discord_get_text(json, "session").len ? discord_get_u64(json, "shards", 0) : 0;
    json_decref(json);
    return shards <= SHARDS_MOST ? (uint32_t)shards : 0;
}

bool discord_session_read(struct adapter *a, uint32_t shard, uint32_t shards,
                          struct discord_gateway_session *out)
{
    json_t *json = read_session(a, shard);
    struct slice id = discord_get_text(json, "session");
    struct slice url = discord_get_text(json, "url");
    uint64_t application = discord_get_id(json, "application");
    bool good = id.len && id.len < sizeof(out->id) && url.len < sizeof(out->url) &&
                discord_get_u64(json, "shards", 0) == shards;
    *out = (struct discord_gateway_session){0};
    if (good) {
        snprintf(out->id, sizeof(out->id), "%.*s", SLICE_ARG(id));
        snprintf(out->url, sizeof(out->url), "%.*s", SLICE_ARG(url));
        out->sequence = discord_get_u64(json, "sequence", 0);
        a->written_sequence[shard] = out->sequence;
        a->application_id = application ? application : a->application_id;
    }
    json_decref(json);
    return good;
}

void discord_alive_read(struct adapter *a)
{
    a->alive_before_ms = read_number(a, SLICE("alive"));
    a->away_since_ms = a->alive_before_ms;
    a->catching_up_written = read_number(a, SLICE("catching_up")) != 0;
    a->catch_up_again = a->catching_up_written;
}

void discord_turns_read(struct adapter *a)
{
    struct text value;
    text_init(&value, VALUE_MOST);
    if (host_cursor_find(a->host, SLICE("identify"), &value) == FAULT_NONE) {
        turns_parse(&a->turns, text_slice(&value),
                    clock_monotonic_ns(a->host->clock) / 1000000,
                    clock_unix_ms(a->host->clock));
    }
    text_finish(&value);
}

void discord_turns_write(struct adapter *a)
{
    struct text value;
    text_init(&value, VALUE_MOST);
    turns_encode(&a->turns, &value);
    host_cursor(a->host, SLICE("identify"), text_slice(&value));
    text_finish(&value);
}

bool discord_guild_known(struct adapter *a, uint64_t guild_id)
{
    char key[KEY_BYTES];
    bool known = read_number(a, key_of(key, "guild", guild_id)) != 0;
    if (!known) {
        write_number(a, key_of(key, "guild", guild_id), 1);
    }
    return known;
}

void discord_channel_cursor(struct adapter *a, struct discord_channel *c,
                            bool guild_known)
{
    if (c->cursor_known) {
        return;
    }
    char key[KEY_BYTES];
    c->cursor_known = true;
    c->written_id = read_number(a, key_of(key, "channel", c->id));
    uint64_t from = c->written_id;
    if (!from) {
        // Of a server that we watched before, everything since we were last there; the
        // history from before our time is not ours to judge.
        from = guild_known && a->away_since_ms ? discord_id_at(a->away_since_ms)
                                               : c->last_message_id;
    }
    discord_reach_begin(&c->reach, from);
}
