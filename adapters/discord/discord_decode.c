// SPDX-License-Identifier: MIT
#include "adapters/discord/discord_decode.h"

#include <string.h>

#include "adapters/discord/discord_json.h"

enum {
    PARTS_MOST = 4096,
    ROLES_MOST = 1024,
    FILES_MOST = 64,
    DEPTH_MOST = 8, // of components in components
};

// A list of parts that grows in the arena.
struct parts {
    struct arena *arena;
    struct part *list;
    size_t count, room;
};

static void add_part(struct parts *p, enum part_kind kind, struct slice text)
{
    if (text.len == 0 || p->count >= PARTS_MOST) {
        return;
    }
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 16;
        struct part *list = arena_alloc(p->arena, room * sizeof(*list));
        if (!list) {
            return;
        }
        if (p->count) {
            memcpy(list, p->list, p->count * sizeof(*list));
        }
        p->list = list;
        p->room = room;
    }
    p->list[p->count++] = (struct part){kind, text};
}

static void add_field(struct parts *p, enum part_kind kind, const json_t *object,
                      const char *key)
{
    add_part(p, kind, discord_get_text(object, key));
}

static void add_embed(struct parts *p, const json_t *embed)
{
    add_field(p, PART_EMBED, json_object_get(embed, "provider"), "name");
    add_field(p, PART_EMBED, json_object_get(embed, "author"), "name");
    add_field(p, PART_EMBED, embed, "title");
    add_field(p, PART_EMBED, embed, "description");
    size_t i;
    const json_t *field;
    json_array_foreach(json_object_get(embed, "fields"), i, field)
    {
        add_field(p, PART_EMBED, field, "name");
        add_field(p, PART_EMBED, field, "value");
    }
    add_field(p, PART_EMBED, json_object_get(embed, "footer"), "text");
    add_field(p, PART_EMBED, embed, "url");
}

static void add_embeds(struct parts *p, const json_t *message)
{
    size_t i;
    const json_t *embed;
    json_array_foreach(json_object_get(message, "embeds"), i, embed)
    {
        add_embed(p, embed);
    }
}

static void add_components(struct parts *p, const json_t *list, unsigned depth)
{
    if (depth > DEPTH_MOST) {
        return;
    }
    size_t i;
    const json_t *component;
    json_array_foreach(list, i, component)
    {
        static const char *const keys[] = {"content", "label", "placeholder",
                                           "description"};
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
            add_field(p, PART_EMBED, component, keys[k]);
        }
        add_components(p, json_object_get(component, "components"), depth + 1);
        add_components(p, json_object_get(component, "options"), depth + 1);
        add_components(p, json_object_get(component, "items"), depth + 1);
        const json_t *accessory = json_object_get(component, "accessory");
        add_field(p, PART_EMBED, accessory, "label");
        add_field(p, PART_EMBED, accessory, "description");
    }
}

static void add_poll(struct parts *p, const json_t *poll)
{
    add_field(p, PART_POLL, json_object_get(poll, "question"), "text");
    size_t i;
    const json_t *answer;
    json_array_foreach(json_object_get(poll, "answers"), i, answer)
    {
        add_field(p, PART_POLL, json_object_get(answer, "poll_media"), "text");
    }
}

static void add_named(struct parts *p, enum part_kind kind, const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        add_field(p, kind, item, "name");
    }
}

static void add_files(struct parts *p, const json_t *message)
{
    size_t i;
    const json_t *file;
    json_array_foreach(json_object_get(message, "attachments"), i, file)
    {
        add_field(p, PART_FILE_NAME, file, "filename");
        add_field(p, PART_FILE_NAME, file, "title");
        add_field(p, PART_FILE_NAME, file, "description");
    }
}

// Everything beside the text itself.
static void add_extras(struct parts *p, const json_t *message)
{
    add_files(p, message);
    add_embeds(p, message);
    add_poll(p, json_object_get(message, "poll"));
    add_named(p, PART_STICKER, json_object_get(message, "sticker_items"));
    add_components(p, json_object_get(message, "components"), 0);
}

static void add_snapshots(struct parts *p, const json_t *message)
{
    size_t i;
    const json_t *snapshot;
    json_array_foreach(json_object_get(message, "message_snapshots"), i, snapshot)
    {
        const json_t *forwarded = json_object_get(snapshot, "message");
        add_field(p, PART_QUOTE, forwarded, "content");
        add_extras(p, forwarded);
    }
}

static void take_roles(const json_t *member, struct arena *arena, struct message *m)
{
    const json_t *roles = json_object_get(member, "roles");
    size_t count = json_array_size(roles);
    count = count < ROLES_MOST ? count : ROLES_MOST;
    struct slice *list = count ? arena_alloc(arena, count * sizeof(*list)) : NULL;
    for (size_t i = 0; list && i < count; i++) {
        list[m->author_role_count++] = discord_text(json_array_get(roles, i));
    }
    m->author_roles = list;
}

static void take_attachments(const json_t *d, struct arena *arena, struct message *m)
{
    const json_t *files = json_object_get(d, "attachments");
    size_t count = json_array_size(files);
    count = count < FILES_MOST ? count : FILES_MOST;
    struct slice *list = count ? arena_alloc(arena, count * sizeof(*list)) : NULL;
    for (size_t i = 0; list && i < count; i++) {
        struct slice type = discord_get_text(json_array_get(files, i), "content_type");
        list[m->attachment_count++] =
            type.len ? type : SLICE("application/octet-stream");
    }
    m->attachments = list;
}

static struct slice shown_name(const json_t *member, const json_t *user)
{
    struct slice name = discord_get_text(member, "nick");
    name = name.len ? name : discord_get_text(user, "global_name");
    return name.len ? name : discord_get_text(user, "username");
}

static uint64_t embeds_hash(const json_t *d, struct arena *arena)
{
    struct parts p = {.arena = arena};
    add_embeds(&p, d);
    uint64_t hash = 0;
    for (size_t i = 0; i < p.count; i++) {
        hash = hash * 1099511628211u ^ slice_hash(p.list[i].text);
    }
    return hash;
}

// A message changes by its author (edited_timestamp) and by link previews that appear
// after a while; both count, a pin or a thread on it does not.
static void take_revision(const json_t *d, enum discord_source source,
                          struct arena *arena, struct message *m)
{
    uint64_t edited = discord_time_ms(discord_get_text(d, "edited_timestamp"));
    uint64_t embeds =
        source == DISCORD_CREATED || (source == DISCORD_HISTORY && !edited)
            ? 0
            : embeds_hash(d, arena);
    if (source == DISCORD_CREATED || (!edited && !embeds)) {
        return;
    }
    m->kind = MESSAGE_EDIT;
    m->revision = embeds ? arena_format(arena, "%llu.%llx", (unsigned long long)edited,
                                        (unsigned long long)embeds)
                         : arena_format(arena, "%llu", (unsigned long long)edited);
}

static enum fault take_ids(const json_t *d, struct discord_message *out,
                           struct why *why)
{
    out->id = discord_get_id(d, "id");
    out->channel_id = discord_get_id(d, "channel_id");
    out->guild_id = discord_get_id(d, "guild_id");
    if (!out->id) {
        return fault_say(why, FAULT_INPUT, "message.id: not a snowflake");
    }
    if (!out->channel_id) {
        return fault_say(why, FAULT_INPUT, "message.channel_id: not a snowflake");
    }
    return FAULT_NONE;
}

static void take_author(const json_t *d, struct arena *arena,
                        struct discord_message *out, struct parts *p)
{
    struct message *m = &out->message;
    const json_t *author = json_object_get(d, "author");
    const json_t *member = json_object_get(d, "member");
    out->author_id = discord_get_id(author, "id");
    out->has_author = out->author_id != 0;
    out->webhook_id = discord_get_id(d, "webhook_id");
    out->application_id = discord_get_id(d, "application_id");
    m->author_id = discord_get_text(author, "id");
    m->author_name = shown_name(member, author);
    m->by_bot = discord_get_bool(author, "bot") || out->webhook_id;
    if (out->webhook_id) {
        add_part(p, PART_DISPLAY_NAME, m->author_name); // chosen anew for each post
    }
    take_roles(member, arena, m);
}

static bool always_readable(uint64_t type)
{
    return type == DISCORD_TYPE_POST || type == DISCORD_TYPE_REPLY ||
           type == DISCORD_TYPE_COMMAND || type == DISCORD_TYPE_MENU_COMMAND;
}

static uint32_t count_mentions(const json_t *d)
{
    size_t count = json_array_size(json_object_get(d, "mentions")) +
                   json_array_size(json_object_get(d, "mention_roles")) +
                   discord_get_bool(d, "mention_everyone");
    return count < UINT16_MAX ? (uint32_t)count : UINT16_MAX;
}

enum fault discord_decode_message(const json_t *d, enum discord_source source,
                                  struct arena *arena, struct discord_message *out,
                                  struct why *why)
{
    *out = (struct discord_message){0};
    if (!json_is_object(d)) {
        return fault_say(why, FAULT_INPUT, "message: not an object");
    }
    enum fault f = take_ids(d, out, why);
    if (f) {
        return f;
    }
    struct message *m = &out->message;
    struct parts p = {.arena = arena};
    out->type = discord_get_u64(d, "type", DISCORD_TYPE_POST);
    m->kind = MESSAGE_POST;
    m->space = discord_get_text(d, "guild_id");
    m->channel = discord_get_text(d, "channel_id");
    m->id = discord_get_text(d, "id");
    m->at_unix_ms = discord_id_unix_ms(out->id);
    m->text = discord_get_text(d, "content");
    m->backfilled = source == DISCORD_HISTORY;
    m->mention_count = count_mentions(d);
    m->reply_to =
        out->type == DISCORD_TYPE_REPLY
            ? discord_get_text(json_object_get(d, "message_reference"), "message_id")
            : slice_of("");
    take_author(d, arena, out, &p);
    take_attachments(d, arena, m);
    take_revision(d, source, arena, m);
    add_extras(&p, d);
    add_snapshots(&p, d);
    m->parts = p.list;
    m->part_count = p.count;
    // Discord's own report of its AutoMod quotes what it blocked, to moderators only.
    out->readable = out->type != DISCORD_TYPE_AUTOMOD &&
                    (always_readable(out->type) || m->text.len || p.count) &&
                    (source != DISCORD_UPDATED || m->kind == MESSAGE_EDIT);
    return FAULT_NONE;
}

static void one_part(struct discord_message *out, struct arena *arena,
                     enum part_kind kind, struct slice text)
{
    struct parts p = {.arena = arena};
    add_part(&p, kind, text);
    out->message.parts = p.list;
    out->message.part_count = p.count;
    out->readable = p.count > 0;
}

// The same name is the same revision, however often it is announced.
static struct slice name_revision(struct arena *arena, struct slice name)
{
    return arena_format(arena, "%016llx", (unsigned long long)slice_hash(name));
}

enum fault discord_decode_name(const json_t *d, struct arena *arena,
                               struct discord_message *out, struct why *why)
{
    *out = (struct discord_message){0};
    const json_t *user = json_object_get(d, "user");
    out->guild_id = discord_get_id(d, "guild_id");
    out->author_id = discord_get_id(user, "id");
    if (!out->guild_id || !out->author_id) {
        return fault_say(why, FAULT_INPUT, "member.%s: not a snowflake",
                         out->guild_id ? "user.id" : "guild_id");
    }
    struct message *m = &out->message;
    struct slice name = shown_name(d, user);
    m->kind = MESSAGE_NAME;
    m->space = discord_get_text(d, "guild_id");
    m->channel = m->space;
    m->author_id = discord_get_text(user, "id");
    m->author_name = name;
    m->id = arena_format(arena, "name:%.*s", SLICE_ARG(m->author_id));
    m->revision = name_revision(arena, name);
    m->by_bot = discord_get_bool(user, "bot");
    out->has_author = true;
    take_roles(d, arena, m);
    one_part(out, arena, PART_DISPLAY_NAME, name);
    return out->readable ? FAULT_NONE : FAULT_ABSENT;
}

enum fault discord_decode_title(const json_t *d, struct arena *arena,
                                struct discord_message *out, struct why *why)
{
    *out = (struct discord_message){0};
    out->guild_id = discord_get_id(d, "guild_id");
    out->channel_id = discord_get_id(d, "id");
    out->author_id = discord_get_id(d, "owner_id");
    if (!out->guild_id || !out->channel_id) {
        return fault_say(why, FAULT_INPUT, "channel.%s: not a snowflake",
                         out->guild_id ? "id" : "guild_id");
    }
    struct message *m = &out->message;
    struct slice name = discord_get_text(d, "name");
    struct slice topic = discord_get_text(d, "topic");
    m->kind = MESSAGE_NAME;
    m->space = discord_get_text(d, "guild_id");
    m->channel = discord_get_text(d, "id");
    m->author_id = discord_get_text(d, "owner_id");
    m->id = arena_format(arena, "title:%.*s", SLICE_ARG(m->channel));
    m->revision = name_revision(
        arena, arena_format(arena, "%.*s\n%.*s", SLICE_ARG(name), SLICE_ARG(topic)));
    out->has_author = out->author_id != 0;
    struct parts p = {.arena = arena};
    add_part(&p, PART_TITLE, name);
    add_part(&p, PART_TITLE, topic);
    add_named(&p, PART_TITLE, json_object_get(d, "available_tags"));
    m->parts = p.list;
    m->part_count = p.count;
    out->readable = p.count > 0;
    return out->readable ? FAULT_NONE : FAULT_ABSENT;
}

enum fault discord_decode_reaction(const json_t *d, struct arena *arena,
                                   struct discord_message *out, struct why *why)
{
    *out = (struct discord_message){0};
    const json_t *emoji = json_object_get(d, "emoji");
    const json_t *member = json_object_get(d, "member");
    uint64_t message_id = discord_get_id(d, "message_id");
    out->guild_id = discord_get_id(d, "guild_id");
    out->channel_id = discord_get_id(d, "channel_id");
    out->author_id = discord_get_id(d, "user_id");
    if (!message_id || !out->channel_id || !out->author_id) {
        return fault_say(why, FAULT_INPUT, "reaction.%s: not a snowflake",
                         !message_id       ? "message_id"
                         : out->channel_id ? "user_id"
                                           : "channel_id");
    }
    struct slice name = discord_get_text(emoji, "name");
    if (!discord_get_id(emoji, "id") || name.len == 0) {
        return FAULT_ABSENT; // plain emoji say nothing in letters
    }
    struct message *m = &out->message;
    m->kind = MESSAGE_REACTION;
    m->space = discord_get_text(d, "guild_id");
    m->channel = discord_get_text(d, "channel_id");
    m->author_id = discord_get_text(d, "user_id");
    m->author_name = shown_name(member, json_object_get(member, "user"));
    m->by_bot = discord_get_bool(json_object_get(member, "user"), "bot");
    m->id =
        arena_format(arena, "reaction:%llu:%.*s:%llu", (unsigned long long)message_id,
                     SLICE_ARG(name), (unsigned long long)discord_get_id(emoji, "id"));
    m->revision = m->author_id;
    out->has_author = true;
    take_roles(member, arena, m);
    one_part(out, arena, PART_REACTION, name);
    return FAULT_NONE;
}

enum fault discord_decode_automod(const json_t *d, struct arena *arena,
                                  struct discord_message *out, struct why *why)
{
    *out = (struct discord_message){0};
    out->guild_id = discord_get_id(d, "guild_id");
    out->channel_id = discord_get_id(d, "channel_id");
    out->author_id = discord_get_id(d, "user_id");
    uint64_t rule = discord_get_id(d, "rule_id");
    if (!out->guild_id || !out->author_id) {
        return fault_say(why, FAULT_INPUT, "automod.%s: not a snowflake",
                         out->guild_id ? "user_id" : "guild_id");
    }
    struct message *m = &out->message;
    m->kind = MESSAGE_POST;
    m->space = discord_get_text(d, "guild_id");
    m->channel = out->channel_id ? discord_get_text(d, "channel_id") : m->space;
    m->author_id = discord_get_text(d, "user_id");
    m->text = discord_get_text(d, "content");
    m->text = m->text.len ? m->text : discord_get_text(d, "matched_content");
    out->id = discord_get_id(d, "message_id");
    uint64_t report = discord_get_id(d, "alert_system_message_id");
    m->id = out->id ? discord_get_text(d, "message_id")
                    : arena_format(arena, "automod:%llu:%llu:%016llx",
                                   (unsigned long long)rule, (unsigned long long)report,
                                   (unsigned long long)slice_hash(m->text));
    m->at_unix_ms = out->id ? discord_id_unix_ms(out->id) : 0;
    out->has_author = true;
    out->readable = m->text.len > 0;
    return out->readable ? FAULT_NONE : FAULT_ABSENT;
}
