// A Discord of our own: one school (or more), REST and gateway on loopback, and what its
// people do. Use it in-process, or over HTTP through control.mjs.
import http from "node:http";
import { Gateway, privileged, validIntents } from "./gateway.mjs";
import { Rest } from "./rest.mjs";
import { Limits } from "./limits.mjs";
import { OpenApi } from "./openapi.mjs";
import { Ledger } from "./ledger.mjs";
import { Faults } from "./faults.mjs";
import { school, keep } from "./world.mjs";
import * as shapes from "./shapes.mjs";
import { snowflake } from "./snowflake.mjs";
import { P } from "./permissions.mjs";
import { randomBytes } from "node:crypto";

const appFlags = { presence: 1 << 13, members: 1 << 15, content: 1 << 19 };

export class DiscordSim {
  // options: token, world, limits (false: off), globalLimit, gateway {heartbeatMs, identifyMs,
  // resumeMs, replayLimit, shards, requireShards, allowedIntents}, openapi (false: off),
  // checkAnswers, pageOrder, keepMessages, verbose.
  constructor(options = {}) {
    this.options = options;
    this.token = options.token ?? "sim.token.hallmonitor";
    this.world = options.world ?? school();
    this.shapes = shapes;
    this.faults = new Faults(this);
    this.limits = new Limits(this);
    this.ledger = new Ledger(this);
    this.openapi = options.openapi === false ? null : OpenApi.load();
    if (!this.openapi && options.openapi !== false) console.error("discord simulator: no OpenAPI at hand (HM_SHARED); requests are not checked against it");
    this.gateway = new Gateway(this);
    this.rest = new Rest(this);
    this.nonces = new Map();
    this.interactions = new Map();
  }

  async start({ port = 0 } = {}) {
    const listen = (server, at) => new Promise((done, failed) => {
      server.on("error", failed);
      server.keepAliveTimeout = 60000;
      server.on("connection", (s) => s.setNoDelay(true));
      server.listen(at, "127.0.0.1", () => done(server.address().port));
    });
    this.server = http.createServer((q, r) => this.rest.handle(q, r));
    this.server.on("upgrade", (q, s, h) => this.gateway.upgrade(q, s, h, false));
    // Resuming happens elsewhere, as on Discord, so that a client that ignores
    // resume_gateway_url is found.
    this.resumeServer = http.createServer((q, r) => r.writeHead(404).end());
    this.resumeServer.on("upgrade", (q, s, h) => this.gateway.upgrade(q, s, h, true));
    this.port = await listen(this.server, port);
    this.resumePort = await listen(this.resumeServer, 0);
    this.restUrl = `http://127.0.0.1:${this.port}/api/v10`;
    this.gatewayUrl = `ws://127.0.0.1:${this.port}`;
    this.resumeUrl = `ws://127.0.0.1:${this.resumePort}`;
    return this;
  }

  async stop() {
    this.faults.stop();
    this.gateway.stop();
    for (const s of [this.server, this.resumeServer]) {
      s?.closeAllConnections?.();
      await new Promise((done) => (s ? s.close(done) : done()));
    }
  }

  urls() {
    return { rest_url: this.restUrl, gateway_url: this.gatewayUrl, resume_url: this.resumeUrl, control_url: this.controlUrl, token: this.token };
  }

  applicationFlags() {
    const { allowedIntents } = this.gateway.options;
    return (allowedIntents & (1 << 15) ? appFlags.content : 0) | (allowedIntents & 2 ? appFlags.members : 0);
  }

  // In the developer portal: privileged intents switched on or off.
  allow({ members = true, content = true, presences = true } = {}) {
    this.gateway.options.allowedIntents = (validIntents & ~privileged) | (members ? 2 : 0) | (content ? 1 << 15 : 0) | (presences ? 1 << 8 : 0);
  }

  // ---- what people do -----------------------------------------------------------------

  // A member posts. extra: offends (the bot should delete it), embeds, attachments, poll,
  // sticker_items, reference, snapshots, at (ms, for old messages), silent (no event: sent
  // while nobody listened), id.
  post(channelName, userName, content, extra = {}) {
    const channel = this.world.channel(channelName);
    const u = this.world.user(userName);
    const member = channel.guild?.members.get(u.id);
    const message = this.store(channel, { author: (u.json ??= shapes.restUser(u)), member: member && shapes.memberPart(member), content, ...extra });
    if (extra.offends) this.ledger.track(message);
    return message;
  }

  store(channel, values) {
    const at = values.at ?? Date.now();
    const message = { type: 0, edited: null, ...values, id: values.id ?? snowflake(at), channel, timestamp: new Date(at).toISOString(), created: performance.now() };
    keep(channel, message);
    const most = this.options.keepMessages;
    if (most && channel.messages.length > most * 2) {
      for (const old of channel.messages.splice(0, channel.messages.length - most)) channel.byId.delete(old.id);
    }
    if (!values.silent) this.tell("MESSAGE_CREATE", message);
    return message;
  }

  tell(t, message) {
    const { channel } = message;
    if (!this.world.botCan(channel, P.VIEW_CHANNEL)) return;
    let open = null, plain = null;
    const own = message.author.id === this.world.bot.id || !channel.guild || message.mentions?.some((u) => u.id === this.world.bot.id);
    const json = () => (open ??= JSON.stringify(shapes.message(message, { event: true })));
    this.gateway.dispatch(t, { guild: channel.guild, channel, json, message: t === "MESSAGE_CREATE" || message.watchEdit ? message : null,
      plainJson: own ? null : () => (plain ??= JSON.stringify(shapes.message(message, { event: true, hideContent: true }))) });
  }

  // A member edits; offends as in post().
  edit(message, content, extra = {}) {
    Object.assign(message, { content, edited: new Date().toISOString() }, extra);
    if (extra.offends) {
      message.sentAt = undefined;
      message.watchEdit = true;
      this.ledger.track(message);
    }
    this.tell("MESSAGE_UPDATE", message);
    return message;
  }

  // The author (or somebody else than the bot) deletes it.
  remove(message) {
    message.removedByPeople = true;
    this.erase(message);
  }

  erase(message) {
    message.gone = true;
    const { channel } = message;
    this.gateway.dispatch("MESSAGE_DELETE", { guild: channel.guild, channel,
      json: () => JSON.stringify({ id: message.id, channel_id: channel.id, ...(channel.guild ? { guild_id: channel.guild.id } : {}) }) });
  }

  react(message, userName, emoji) {
    const u = this.world.user(userName);
    const { channel } = message;
    this.gateway.dispatch("MESSAGE_REACTION_ADD", { guild: channel.guild, channel, json: () => JSON.stringify({ user_id: u.id, channel_id: channel.id,
      message_id: message.id, message_author_id: message.author.id, ...(channel.guild ? { guild_id: channel.guild.id, member: shapes.member(channel.guild.members.get(u.id)) } : {}),
      emoji: typeof emoji === "string" ? { id: null, name: emoji } : emoji, burst: false, type: 0 }) });
  }

  // Somebody joins; created: when the account was made (ms).
  join(guildName, name, { created = Date.now(), roles = [] } = {}) {
    const guild = this.guild(guildName);
    const u = this.world.addUser(name, { created });
    const m = this.world.addMember(guild, u, roles.map((r) => this.world.role(r, guild)), { joined: Date.now() });
    this.tellMember("GUILD_MEMBER_ADD", guild, m);
    return u;
  }

  guild(name) {
    if (typeof name === "object" && name) return name;
    return this.world.guilds.get(name) ?? [...this.world.guilds.values()].find((g) => g.name === name) ?? this.world.guilds.values().next().value;
  }

  tellMember(t, guild, m) {
    this.gateway.dispatch(t, { guild, json: () => JSON.stringify({ ...shapes.member(m), guild_id: guild.id }) });
  }

  rename(userName, nick, guildName) {
    const guild = this.guild(guildName);
    const m = guild.members.get(this.world.user(userName).id);
    m.nick = nick;
    this.tellMember("GUILD_MEMBER_UPDATE", guild, m);
  }

  thread(channelName, name, userName, extra = {}) {
    const parent = this.world.channel(channelName);
    const thread = this.world.addThread(parent, name, { owner: this.world.user(userName), ...extra });
    if (this.world.botCan(thread, P.VIEW_CHANNEL) && !extra.silent) {
      this.gateway.dispatch("THREAD_CREATE", { guild: parent.guild, channel: thread, json: () => JSON.stringify({ ...shapes.channel(thread), newly_created: true }) });
    }
    return thread;
  }

  // Changes what a role or member may do in a channel, as in its settings.
  overwrite(channelName, who, { allow = 0n, deny = 0n }) {
    const channel = this.world.channel(channelName);
    const id = channel.guild.roles.has(who) ? who : this.world.role(who, channel.guild)?.id ?? this.world.user(who).id;
    channel.overwrites.set(id, { allow: BigInt(allow), deny: BigInt(deny), type: channel.guild.roles.has(id) ? 0 : 1 });
    this.gateway.dispatch("CHANNEL_UPDATE", { guild: channel.guild, channel, json: () => JSON.stringify(shapes.channel(channel)) });
  }

  // Gives a role more permissions, or takes some away, as in the server's settings.
  grant(roleName, bits, { revoke = false, guild = this.guild() } = {}) {
    const role = this.world.role(roleName, guild);
    role.permissions = revoke ? role.permissions & ~BigInt(bits) : role.permissions | BigInt(bits);
    this.gateway.dispatch("GUILD_ROLE_UPDATE", { guild, json: () => JSON.stringify({ guild_id: guild.id, role: shapes.role(role) }) });
  }

  // Native AutoMod stopped a message before anybody saw it.
  autoMod(channelName, userName, content, ruleId, { matched = content, keyword = content } = {}) {
    const channel = this.world.channel(channelName);
    const d = { guild_id: channel.guild.id, action: { type: 1, metadata: {} }, rule_id: ruleId, rule_trigger_type: 1, user_id: this.world.user(userName).id,
      channel_id: channel.id, content, matched_keyword: keyword, matched_content: matched };
    this.gateway.dispatch("AUTO_MODERATION_ACTION_EXECUTION", { guild: channel.guild, channel, json: () => JSON.stringify(d) });
  }

  // Somebody presses a button; resolves to {answer, tookMs, ephemeral} or {unanswered: true}
  // after three seconds. button: its custom_id or label.
  press(message, button, userName) {
    const u = this.world.user(userName);
    const { channel } = message;
    const m = channel.guild?.members.get(u.id);
    const buttons = (message.components ?? []).flatMap((row) => row.components ?? []);
    const found = buttons.find((b) => b.custom_id === button || b.label === button || b.custom_id?.startsWith(`${button}:`));
    if (!found) throw new Error(`no button ${button}; there are ${buttons.map((b) => b.label)}`);
    if (found.disabled) throw new Error(`button ${button} is disabled`);
    const i = { id: snowflake(), token: randomBytes(40).toString("base64url"), type: 3, at: Date.now(), channel, message, answered: false };
    this.interactions.set(i.id, i);
    const may = (bits) => bits.toString();
    const d = { id: i.id, application_id: this.world.application.id, type: 3, token: i.token, version: 1, channel_id: channel.id, channel: shapes.channel(channel),
      ...(channel.guild ? { guild_id: channel.guild.id, guild: { id: channel.guild.id, locale: "en-GB", features: [] }, guild_locale: "en-GB",
        member: { ...shapes.member(m), user: shapes.user(u), permissions: may(0n) } } : { user: shapes.user(u) }),
      message: shapes.message(message), data: { custom_id: found.custom_id, component_type: 2, id: found.id }, locale: "en-GB", app_permissions: "1392107449536",
      entitlements: [], authorizing_integration_owners: {}, context: channel.guild ? 0 : 1, attachment_size_limit: 10485760 };
    return new Promise((done) => {
      const timer = setTimeout(() => {
        this.ledger.violation("interaction_late", "no answer within 3 s");
        done({ unanswered: true });
      }, 3000);
      i.done = () => { clearTimeout(timer); done(i); };
      this.gateway.dispatch("INTERACTION_CREATE", { guild: channel.guild, channel, json: () => JSON.stringify(d) });
    });
  }
}
