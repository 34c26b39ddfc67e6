// Gateway v10, JSON, optional zlib-stream: sessions, sequence numbers, replay, shards.
import { randomBytes } from "node:crypto";
import { WebSocketServer } from "./modules.mjs";
import { Connection } from "./connection.mjs";
import { ZStream } from "./zstream.mjs";
import * as shapes from "./shapes.mjs";

export const INTENT = { GUILDS: 1 << 0, GUILD_MEMBERS: 1 << 1, GUILD_MODERATION: 1 << 2, GUILD_WEBHOOKS: 1 << 5, GUILD_PRESENCES: 1 << 8,
  GUILD_MESSAGES: 1 << 9, GUILD_MESSAGE_REACTIONS: 1 << 10, DIRECT_MESSAGES: 1 << 12, DIRECT_MESSAGE_REACTIONS: 1 << 13,
  MESSAGE_CONTENT: 1 << 15, AUTO_MODERATION_CONFIGURATION: 1 << 20, AUTO_MODERATION_EXECUTION: 1 << 21 };
export const validIntents = 0x1ffff | (3 << 20) | (3 << 24);
export const privileged = INTENT.GUILD_MEMBERS | INTENT.GUILD_PRESENCES | INTENT.MESSAGE_CONTENT;

const intentOf = (t, direct) => {
  if (t.startsWith("MESSAGE_REACTION")) return direct ? INTENT.DIRECT_MESSAGE_REACTIONS : INTENT.GUILD_MESSAGE_REACTIONS;
  if (t.startsWith("MESSAGE_")) return direct ? INTENT.DIRECT_MESSAGES : INTENT.GUILD_MESSAGES;
  if (t.startsWith("GUILD_MEMBER_")) return INTENT.GUILD_MEMBERS;
  if (t.startsWith("GUILD_BAN_") || t === "GUILD_AUDIT_LOG_ENTRY_CREATE") return INTENT.GUILD_MODERATION;
  if (t === "AUTO_MODERATION_ACTION_EXECUTION") return INTENT.AUTO_MODERATION_EXECUTION;
  if (t.startsWith("AUTO_MODERATION_RULE")) return INTENT.AUTO_MODERATION_CONFIGURATION;
  if (t === "WEBHOOKS_UPDATE") return INTENT.GUILD_WEBHOOKS;
  if (t === "INTERACTION_CREATE") return 0;
  return direct ? 0 : INTENT.GUILDS;
};

export class Session {
  constructor(gateway, { intents, shard }) {
    Object.assign(this, { gateway, intents, shard, id: randomBytes(16).toString("hex"), seq: 0, buffer: [], connection: null, goneAt: 0, goneSeq: 0 });
  }

  // Whether this session is told of events of that guild (null: direct messages).
  covers(guild) {
    const [index, count] = this.shard;
    return guild ? Number((BigInt(guild.id) >> 22n) % BigInt(count)) === index : index === 0;
  }

  push(t, json, message = null) {
    const event = { s: ++this.seq, text: `{"t":"${t}","s":${this.seq},"op":0,"d":${json}}`, t, message };
    this.buffer.push(event);
    const limit = this.gateway.options.replayLimit;
    if (this.buffer.length > limit * 1.5) this.buffer.splice(0, this.buffer.length - limit);
    this.connection?.event(event);
  }
}

export class Gateway {
  constructor(sim) {
    this.sim = sim;
    this.options = { heartbeatMs: 41250, identifyMs: 5000, maxConcurrency: 1, resumeMs: 120000, replayLimit: 20000, shards: 1,
      requireShards: false, allowedIntents: validIntents, commandLimit: 120, identifyTotal: 1000, ...sim.options.gateway };
    this.sessions = new Map();
    this.connections = new Set();
    this.identifiedAt = new Map(); // bucket → ms
    this.identifiesLeft = this.options.identifyTotal;
    this.events = 0; // dispatches so far
    this.sockets = new WebSocketServer({ noServer: true, maxPayload: 1 << 20, perMessageDeflate: false });
    this.stats = { connects: 0, compressed: 0, identifies: 0, resumes: 0, resumed: 0, replayed: 0, invalid: 0, commands: 0, closes: {}, clientCloses: {},
      heartbeats: 0, heartbeatsLate: 0, heartbeatWorst: 0, unacked: 0, dispatched: 0 };
  }

  upgrade(request, socket, head, resumeUrl) {
    const url = new URL(request.url, "http://sim");
    this.stats.connects++;
    const { sim } = this;
    if (!request.headers["user-agent"]) sim.ledger.violation("gateway_user_agent", "no User-Agent on the websocket");
    if (sim.faults.take("hang-upgrade")) {
      socket.on("error", () => {}).on("end", () => socket.destroy()).resume();
      return;
    }
    if (sim.faults.take("refuse-upgrade")) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      return;
    }
    this.sockets.handleUpgrade(request, socket, head, (ws) => {
      socket.setNoDelay(true);
      const deflate = url.searchParams.get("compress") === "zlib-stream" ? new ZStream() : null;
      if (deflate) this.stats.compressed++;
      const connection = new Connection(this, ws, { deflate, resumeUrl, since: performance.now() });
      if (url.searchParams.get("v") !== "10") return connection.close(4012, "Invalid API version");
      if (url.searchParams.get("encoding") !== "json") return connection.close(4002, "encoding");
      connection.hello();
    });
  }

  identified(connection, { intents, shard }) {
    const session = new Session(this, { intents, shard });
    this.sessions.set(session.id, session);
    this.attach(session, connection);
    const { world } = this.sim;
    const guilds = [...world.guilds.values()].filter((g) => session.covers(g));
    session.push("READY", JSON.stringify({ v: 10, user: shapes.botUser(world.bot), private_channels: [], relationships: [],
      guilds: guilds.map((g) => ({ id: g.id, unavailable: true })), session_id: session.id, session_type: "normal",
      resume_gateway_url: this.sim.resumeUrl, shard, application: world.application, user_settings: {}, _trace: ["sim"] }));
    if (intents & INTENT.GUILDS) {
      for (const g of guilds) if (!g.unavailable) session.push("GUILD_CREATE", JSON.stringify(shapes.guildCreate(g)));
    }
    return session;
  }

  attach(session, connection) {
    session.connection?.close(4000, "replaced");
    session.connection = connection;
    connection.session = session;
  }

  // Tells each session that may know. message: the ledger's entry, its latency begins here.
  dispatch(t, { guild = null, channel = null, json, plainJson = null, message = null }) {
    this.expire();
    const intent = intentOf(t, !guild);
    for (const session of this.sessions.values()) {
      if (!session.covers(guild)) continue;
      if (intent && !(session.intents & intent)) continue;
      const open = !plainJson || session.intents & INTENT.MESSAGE_CONTENT;
      session.push(t, open ? json() : plainJson(), message);
    }
    this.events++;
    this.sim.faults.afterEvents(this.events);
  }

  expire() {
    const now = performance.now();
    for (const session of this.sessions.values()) {
      if (session.connection || !session.goneAt) continue;
      const overflow = session.seq - session.goneSeq > this.options.replayLimit;
      if (now - session.goneAt > this.options.resumeMs || overflow) this.sessions.delete(session.id);
    }
  }

  // Connections that have identified or resumed.
  live() { return [...this.connections].filter((c) => c.session); }

  startLimit() {
    return { total: this.options.identifyTotal, remaining: this.identifiesLeft, reset_after: 86400000, max_concurrency: this.options.maxConcurrency };
  }

  stop() {
    for (const c of this.connections) c.terminate();
    this.sockets.close();
  }
}
