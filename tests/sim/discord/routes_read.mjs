// What a bot reads: gateway, itself, guilds, channels, roles, members, threads.
import * as shapes from "./shapes.mjs";
import { unknown, missingAccess, missingPermissions, badBody, ApiError } from "./rest.mjs";
import { P, guildPermissions } from "./permissions.mjs";
import { compare, snowflake } from "./snowflake.mjs";

const bucket = (name, limit, ms) => ({ name, limit, ms });
export const guildOf = (world, id) => {
  const guild = world.guilds.get(id);
  if (!guild?.members.has(world.bot.id)) throw unknown(10004, "Guild");
  return guild;
};
// The channel if the bot may see it.
export const channelOf = (world, id) => {
  const channel = world.channels.get(id);
  if (!channel) throw unknown(10003, "Channel");
  if (!world.botCan(channel, P.VIEW_CHANNEL)) throw missingAccess();
  return channel;
};
export const needGuild = (world, guild, bits) => {
  if ((guildPermissions(guild, world.bot.id) & bits) !== bits) throw missingPermissions();
};

const threadList = (threads, world, more = false) => ({
  threads: threads.map(shapes.channel), members: [], has_more: more });

function archived({ world, params, query }, privately) {
  const channel = channelOf(world, params.channel_id);
  if (!world.botCan(channel, P.READ_MESSAGE_HISTORY)) throw missingPermissions();
  if (privately && !world.botCan(channel, P.MANAGE_THREADS)) throw missingPermissions();
  const before = query.get("before");
  const limit = Number(query.get("limit") ?? 50);
  if (limit < 2 || limit > 100) throw badBody("limit", "int value should be between 2 and 100");
  const all = [...channel.guild.channels.values()]
    .filter((c) => c.thread?.archived && c.parent_id === channel.id && (c.type === 12) === privately)
    .filter((c) => !before || c.thread.archive_timestamp < new Date(before).toISOString())
    .sort((a, b) => (a.thread.archive_timestamp < b.thread.archive_timestamp ? 1 : -1));
  return { body: threadList(all.slice(0, limit), world, all.length > limit) };
}

const rules = {
  list: ({ world, params }) => {
    const guild = guildOf(world, params.guild_id);
    needGuild(world, guild, P.MANAGE_GUILD);
    return { body: [...guild.rules.values()].map(shapes.rule) };
  },
  // Limits that Discord documents: 1,000 words of 60 characters, 10 patterns of 260, 6 keyword rules a guild.
  check(guild, r, self = null) {
    const words = r.trigger_metadata?.keyword_filter ?? [], patterns = r.trigger_metadata?.regex_patterns ?? [];
    if (words.length > 1000 || words.some((w) => [...w].length > 60 || w.length < 1)) throw badBody("trigger_metadata", "keyword_filter");
    if (patterns.length > 10 || patterns.some((p) => [...p].length > 260)) throw badBody("trigger_metadata", "regex_patterns");
    if (r.trigger_type === 1 && [...guild.rules.values()].filter((o) => o.trigger_type === 1 && o !== self).length >= 6) {
      throw new ApiError(400, 50035, "Invalid Form Body", { errors: { trigger_type: { _errors: [{ code: "AUTO_MODERATION_MAX_RULES_OF_TYPE_EXCEEDED", message: "6" }] } } });
    }
  },
  create: ({ sim, world, params, body }) => {
    const guild = guildOf(world, params.guild_id);
    needGuild(world, guild, P.MANAGE_GUILD);
    rules.check(guild, body);
    const r = { ...body, id: snowflake(), guild_id: guild.id, creator_id: world.bot.id };
    guild.rules.set(r.id, r);
    sim.gateway.dispatch("AUTO_MODERATION_RULE_CREATE", { guild, json: () => JSON.stringify(shapes.rule(r)) });
    return { body: shapes.rule(r) };
  },
  one: ({ world, params }) => {
    const guild = guildOf(world, params.guild_id);
    needGuild(world, guild, P.MANAGE_GUILD);
    const r = guild.rules.get(params.rule_id);
    if (!r) throw unknown(10066, "Auto Moderation Rule");
    return { guild, r, body: shapes.rule(r) };
  },
  change: (q) => {
    const { guild, r } = rules.one(q);
    rules.check(guild, { ...r, ...q.body }, r);
    Object.assign(r, q.body);
    return { body: shapes.rule(r) };
  },
  remove: (q) => {
    const { guild, r } = rules.one(q);
    guild.rules.delete(r.id);
    return {};
  },
};

export const readRoutes = [
  { method: "GET", path: "/gateway", open: true, bucket: bucket("gateway", 10, 10000), run: ({ sim }) => ({ body: { url: sim.gatewayUrl } }) },
  { method: "GET", path: "/gateway/bot", bucket: bucket("gateway-bot", 2, 5000),
    run: ({ sim }) => ({ body: { url: sim.gatewayUrl, shards: sim.gateway.options.shards, session_start_limit: sim.gateway.startLimit() } }) },
  { method: "GET", path: "/users/@me", bucket: bucket("me", 30, 30000), run: ({ world }) => ({ body: shapes.botUser(world.bot) }) },
  { method: "GET", path: "/users/@me/guilds", bucket: bucket("my-guilds", 5, 5000), run: ({ world }) => ({ body: [...world.guilds.values()].map((g) => ({
    id: g.id, name: g.name, icon: null, banner: null, owner: false, permissions: guildPermissions(g, world.bot.id).toString(), features: [] })) }) },
  { method: "GET", path: "/users/:user_id", bucket: bucket("user", 30, 30000), run: ({ world, params }) => {
    const u = world.users.get(params.user_id);
    if (!u) throw unknown(10013, "User");
    return { body: shapes.restUser(u) };
  } },
  ...["/applications/@me", "/oauth2/applications/@me"].map((path) => ({ method: "GET", path, bucket: bucket("application", 5, 5000),
    run: ({ sim, world }) => ({ body: { id: world.application.id, name: world.bot.global_name, icon: null, description: "", type: null, summary: "",
      verify_key: "0".repeat(64), flags: sim.applicationFlags(), flags_new: String(sim.applicationFlags()), bot: shapes.restUser(world.bot), bot_public: false, bot_require_code_grant: false,
      owner: shapes.restUser(world.users.values().next().value), team: null, redirect_uris: [], interactions_endpoint_url: null,
      role_connections_verification_url: null, approximate_guild_count: world.guilds.size, approximate_user_install_count: 0,
      approximate_user_authorization_count: 0, explicit_content_filter: 0, eligible_oauth2_scopes: [] } }) })),
  { method: "GET", path: "/guilds/:guild_id", major: "guild_id", bucket: bucket("guild", 10, 10000), run: ({ world, params }) => ({ body: shapes.guild(guildOf(world, params.guild_id)) }) },
  { method: "GET", path: "/guilds/:guild_id/channels", major: "guild_id", bucket: bucket("guild-channels", 10, 10000), run: ({ world, params }) => ({
    body: [...guildOf(world, params.guild_id).channels.values()].filter((c) => !c.thread).map(shapes.channel) }) },
  { method: "GET", path: "/guilds/:guild_id/roles", major: "guild_id", bucket: bucket("guild-roles", 10, 10000), run: ({ world, params }) => ({
    body: [...guildOf(world, params.guild_id).roles.values()].map(shapes.role) }) },
  { method: "GET", path: "/guilds/:guild_id/members", major: "guild_id", bucket: bucket("guild-members", 10, 10000), run: ({ sim, world, params, query }) => {
    const guild = guildOf(world, params.guild_id);
    if (!(sim.gateway.options.allowedIntents & 2)) throw missingAccess();
    const after = query.get("after") ?? "0";
    return { body: [...guild.members.values()].filter((m) => compare(m.user.id, after) > 0).sort((a, b) => compare(a.user.id, b.user.id))
      .slice(0, Number(query.get("limit") ?? 1)).map(shapes.member) };
  } },
  { method: "GET", path: "/guilds/:guild_id/members/:user_id", major: "guild_id", bucket: bucket("guild-member", 5, 1000), run: ({ world, params }) => {
    const m = guildOf(world, params.guild_id).members.get(params.user_id);
    if (!m) throw unknown(10007, "Member");
    return { body: shapes.member(m) };
  } },
  { method: "GET", path: "/guilds/:guild_id/threads/active", major: "guild_id", bucket: bucket("threads-active", 10, 10000), run: ({ world, params }) => ({
    body: threadList([...guildOf(world, params.guild_id).channels.values()].filter((c) => c.thread && !c.thread.archived && world.botCan(c, P.VIEW_CHANNEL)), world) }) },
  { method: "GET", path: "/channels/:channel_id/threads/archived/public", major: "channel_id", bucket: bucket("threads-archived", 5, 5000), run: (q) => archived(q, false) },
  { method: "GET", path: "/channels/:channel_id/threads/archived/private", major: "channel_id", bucket: bucket("threads-archived-private", 5, 5000), run: (q) => archived(q, true) },
  { method: "GET", path: "/channels/:channel_id", major: "channel_id", bucket: bucket("channel", 5, 1000), run: ({ world, params }) => ({ body: shapes.channel(channelOf(world, params.channel_id)) }) },
  { method: "PUT", path: "/channels/:channel_id/thread-members/@me", major: "channel_id", bucket: bucket("thread-join", 5, 1000), run: ({ world, params }) => {
    channelOf(world, params.channel_id);
    return {};
  } },
  { method: "GET", path: "/guilds/:guild_id/auto-moderation/rules", major: "guild_id", bucket: bucket("rules", 5, 5000), run: rules.list },
  { method: "POST", path: "/guilds/:guild_id/auto-moderation/rules", major: "guild_id", bucket: bucket("rules-create", 5, 5000), run: rules.create },
  { method: "GET", path: "/guilds/:guild_id/auto-moderation/rules/:rule_id", major: "guild_id", bucket: bucket("rules-one", 5, 5000), run: (q) => ({ body: rules.one(q).body }) },
  { method: "PATCH", path: "/guilds/:guild_id/auto-moderation/rules/:rule_id", major: "guild_id", bucket: bucket("rules-change", 5, 5000), run: rules.change },
  { method: "DELETE", path: "/guilds/:guild_id/auto-moderation/rules/:rule_id", major: "guild_id", bucket: bucket("rules-remove", 5, 5000), run: rules.remove },
  { method: "GET", path: "/guilds/:guild_id/audit-logs", major: "guild_id", bucket: bucket("audit", 5, 5000), run: ({ world, params }) => {
    const guild = guildOf(world, params.guild_id);
    needGuild(world, guild, P.VIEW_AUDIT_LOG);
    return { body: { audit_log_entries: guild.audit.slice(-50).reverse(), users: [], webhooks: [], integrations: [], threads: [], application_commands: [],
      auto_moderation_rules: [], guild_scheduled_events: [] } };
  } },
];
