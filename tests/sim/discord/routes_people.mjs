// Members, bans, direct messages, webhooks.
import { randomBytes } from "node:crypto";
import * as shapes from "./shapes.mjs";
import { ApiError, unknown, missingPermissions, badBody } from "./rest.mjs";
import { P, topRolePosition } from "./permissions.mjs";
import { guildOf, channelOf, needGuild } from "./routes_read.mjs";
import { received, receivedComponents } from "./routes_message.mjs";
import { snowflake } from "./snowflake.mjs";

const bucket = (name, limit, ms) => ({ name, limit, ms });

function memberOf(guild, id) {
  const m = guild.members.get(id);
  if (!m) throw unknown(10007, "Member");
  return m;
}

// Nobody acts on the owner or on somebody whose highest role is not below their own.
function below(world, guild, userId) {
  if (topRolePosition(guild, world.bot.id) <= topRolePosition(guild, userId)) throw missingPermissions();
}

function changeMember({ sim, world, params, body, entry }) {
  const guild = guildOf(world, params.guild_id);
  const m = memberOf(guild, params.user_id);
  if (body.communication_disabled_until !== undefined) {
    needGuild(world, guild, P.MODERATE_MEMBERS);
    below(world, guild, params.user_id);
    const until = body.communication_disabled_until;
    if (until !== null && Date.parse(until) > Date.now() + 28 * 86400000 + 60000) throw badBody("communication_disabled_until", "must be within 28 days");
    m.communication_disabled_until = until === null ? null : new Date(until).toISOString();
  }
  if (body.nick !== undefined) m.nick = body.nick;
  audit(sim, guild, 24, params.user_id, entry);
  sim.tellMember("GUILD_MEMBER_UPDATE", guild, m);
  return { body: shapes.member(m) };
}

function audit(sim, guild, action, target, entry) {
  const e = { id: snowflake(), action_type: action, target_id: target, user_id: sim.world.bot.id, ...(entry.reason ? { reason: decodeURIComponent(entry.reason) } : {}) };
  guild.audit.push(e);
  sim.gateway.dispatch("GUILD_AUDIT_LOG_ENTRY_CREATE", { guild, json: () => JSON.stringify({ ...e, guild_id: guild.id, changes: [] }) });
}

function ban({ sim, world, params, body, entry }) {
  const guild = guildOf(world, params.guild_id);
  needGuild(world, guild, P.BAN_MEMBERS);
  const user = world.users.get(params.user_id);
  if (!user) throw unknown(10013, "User");
  if (guild.members.has(user.id)) below(world, guild, user.id);
  guild.bans.set(user.id, { user, reason: entry.reason && decodeURIComponent(entry.reason), delete_seconds: body?.delete_message_seconds ?? 0 });
  guild.members.delete(user.id);
  audit(sim, guild, 22, user.id, entry);
  const told = JSON.stringify({ guild_id: guild.id, user: shapes.user(user) });
  sim.gateway.dispatch("GUILD_BAN_ADD", { guild, json: () => told });
  sim.gateway.dispatch("GUILD_MEMBER_REMOVE", { guild, json: () => told });
  return {};
}

function unban({ sim, world, params, entry }) {
  const guild = guildOf(world, params.guild_id);
  needGuild(world, guild, P.BAN_MEMBERS);
  if (!guild.bans.delete(params.user_id)) throw unknown(10026, "Ban");
  audit(sim, guild, 23, params.user_id, entry);
  return {};
}

function hooksOf(world, channel) {
  if (!world.botCan(channel, P.MANAGE_WEBHOOKS)) throw missingPermissions();
  return [...world.webhooks.values()].filter((w) => w.channel_id === channel.id);
}

function createHook({ world, params, body }) {
  const channel = channelOf(world, params.channel_id);
  if (channel.thread || channel.type === 1) throw new ApiError(400, 50024, "Cannot execute action on this channel type");
  if (hooksOf(world, channel).length >= 15) throw new ApiError(400, 30007, "Maximum number of webhooks reached (15)");
  if (/clyde|discord/i.test(body.name)) throw badBody("name", "Username cannot contain \"discord\"");
  const w = { id: snowflake(), channel_id: channel.id, guild_id: channel.guild.id, name: body.name, token: randomBytes(34).toString("base64url"),
    application_id: world.application.id, user: world.bot };
  world.webhooks.set(w.id, w);
  return { body: shapes.webhook(w) };
}

function execute({ sim, world, params, query, body }) {
  const i = [...sim.interactions.values()].find((x) => x.token === params.webhook_token);
  const w = world.webhooks.get(params.webhook_id);
  if (!i && w?.token !== params.webhook_token) throw w ? new ApiError(401, 50027, "Invalid Webhook Token") : unknown(10015, "Webhook");
  if (!body.allowed_mentions) sim.ledger.violation("allowed_mentions", "webhook: not explicit");
  if ((body.content?.length ?? 0) > 2000) {
    sim.ledger.violation("content_length", "webhook");
    throw badBody("content", "Must be 2000 or fewer in length.");
  }
  if (body.username !== undefined && (body.username.length < 1 || body.username.length > 80 || /clyde|discord/i.test(body.username))) throw badBody("username", "name");
  if (!body.content && !body.embeds?.length) throw new ApiError(400, 50006, "Cannot send an empty message");
  const home = i ? i.channel : world.channels.get(w.channel_id);
  const thread = query.get("thread_id");
  const channel = thread ? world.channels.get(thread) : home;
  if (!channel || (thread && channel.parent_id !== home.id)) throw unknown(10003, "Channel");
  const author = i ? shapes.restUser(world.bot) : { ...shapes.restUser({ id: w.id, username: body.username ?? w.name, global_name: null, bot: true }), discriminator: "0000" };
  const m = sim.store(channel, { author, content: body.content ?? "", embeds: received(body.embeds), components: receivedComponents(body.components),
    webhook_id: i ? world.application.id : w.id, application_id: world.application.id, byBot: true, flags: body.flags ?? 0 });
  return query.get("wait") === "true" || i ? { body: shapes.message(m) } : {};
}

export const peopleRoutes = [
  { method: "PATCH", path: "/guilds/:guild_id/members/:user_id", major: "guild_id", bucket: bucket("member-change", 10, 10000), run: changeMember },
  { method: "DELETE", path: "/guilds/:guild_id/members/:user_id", major: "guild_id", bucket: bucket("member-kick", 5, 1000), run: ({ sim, world, params, entry }) => {
    const guild = guildOf(world, params.guild_id);
    needGuild(world, guild, P.KICK_MEMBERS);
    const m = memberOf(guild, params.user_id);
    below(world, guild, params.user_id);
    guild.members.delete(params.user_id);
    audit(sim, guild, 20, params.user_id, entry);
    sim.gateway.dispatch("GUILD_MEMBER_REMOVE", { guild, json: () => JSON.stringify({ guild_id: guild.id, user: shapes.user(m.user) }) });
    return {};
  } },
  { method: "GET", path: "/guilds/:guild_id/bans", major: "guild_id", bucket: bucket("bans", 5, 5000), run: ({ world, params }) => {
    const guild = guildOf(world, params.guild_id);
    needGuild(world, guild, P.BAN_MEMBERS);
    return { body: [...guild.bans.values()].map((b) => ({ user: shapes.restUser(b.user), reason: b.reason })) };
  } },
  { method: "PUT", path: "/guilds/:guild_id/bans/:user_id", major: "guild_id", bucket: bucket("ban", 5, 1000), run: ban },
  { method: "DELETE", path: "/guilds/:guild_id/bans/:user_id", major: "guild_id", bucket: bucket("unban", 5, 1000), run: unban },
  { method: "POST", path: "/users/@me/channels", bucket: bucket("dm", 10, 10000), run: ({ world, body }) => {
    const user = world.users.get(body?.recipient_id);
    if (!user || user.bot) throw new ApiError(400, 50033, "Invalid Recipient(s)");
    return { body: shapes.channel(world.dm(user)) };
  } },
  { method: "GET", path: "/channels/:channel_id/webhooks", major: "channel_id", bucket: bucket("hooks", 5, 1000), run: ({ world, params }) => ({
    body: hooksOf(world, channelOf(world, params.channel_id)).map(shapes.webhook) }) },
  { method: "POST", path: "/channels/:channel_id/webhooks", major: "channel_id", bucket: bucket("hook-create", 5, 5000), run: createHook },
  { method: "POST", path: "/webhooks/:webhook_id/:webhook_token", open: true, free: true, major: "webhook_id", bucket: bucket("hook-execute", 5, 2000), run: execute },
];
