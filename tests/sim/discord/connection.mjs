// One websocket: hello, heartbeats, commands, and what goes wrong on purpose.
import { validIntents } from "./gateway.mjs";

export class Connection {
  constructor(gateway, ws, { deflate, resumeUrl, since }) {
    Object.assign(this, { gateway, ws, deflate, resumeUrl, since, session: null, closed: false, commands: [], held: null, mute: false });
    gateway.connections.add(this);
    ws.on("message", (bytes, binary) => this.command(bytes, binary));
    ws.on("close", (code) => this.ended(code));
    ws.on("error", () => {});
  }

  get sim() { return this.gateway.sim; }

  hello() {
    const interval = this.gateway.options.heartbeatMs;
    this.send(JSON.stringify({ t: null, s: null, op: 10, d: { heartbeat_interval: interval, _trace: ["sim"] } }));
    this.beatAt = performance.now();
    this.beats = 0;
    this.watch = setInterval(() => {
      const quiet = performance.now() - this.beatAt;
      if (quiet > interval * 1.5 && !this.mute) {
        this.late(quiet / interval - 1);
        this.gateway.stats.unacked++;
        this.close(4000, "no heartbeat");
      }
    }, Math.max(50, interval / 4));
  }

  late(share) {
    const { stats } = this.gateway;
    if (share > stats.heartbeatWorst) stats.heartbeatWorst = share;
    if (share > 0.1) stats.heartbeatsLate++;
  }

  raw(text) {
    if (this.closed || this.mute) return;
    if (this.deflate) this.ws.send(this.deflate.push(Buffer.from(text)), { binary: true });
    else this.ws.send(text);
  }

  send(text) { this.raw(text); }

  // A dispatch, with the faults that touch dispatches.
  event(event) {
    if (this.closed) return;
    const { faults } = this.sim;
    if (faults.take("half-frame")) return this.half(event.text);
    if (faults.take("junk")) this.raw(faults.junk());
    if (!this.held && faults.take("reorder")) {
      this.held = event;
      // Nobody may follow: let go after a while.
      setTimeout(() => this.release(), 200);
      return;
    }
    this.write(event);
    if (faults.take("duplicate")) this.write(event);
    this.release();
  }

  release() {
    const event = this.held;
    this.held = null;
    if (event) this.write(event);
  }

  write(event) {
    if (event.message && event.message.sentAt === undefined && !this.closed && !this.mute) event.message.sentAt = performance.now();
    this.gateway.stats.dispatched++;
    this.raw(event.text);
  }

  half(text) {
    const plain = Buffer.from(text);
    const bytes = this.deflate ? this.deflate.push(plain) : plain;
    const head = Buffer.alloc(4);
    head.writeUInt8(this.deflate ? 0x82 : 0x81, 0);
    head.writeUInt8(126, 1);
    head.writeUInt16BE(Math.min(65535, bytes.length), 2);
    this.ws._socket?.write(Buffer.concat([head, bytes.subarray(0, bytes.length >> 1)]), () => this.terminate());
    this.mute = true;
  }

  command(bytes, binary) {
    const { gateway, sim } = this;
    const now = performance.now();
    gateway.stats.commands++;
    if (bytes.length > 4096) {
      sim.ledger.violation("gateway_size", `${bytes.length} bytes`);
      return this.close(4002, "Payload too large");
    }
    this.commands = this.commands.filter((t) => now - t < 60000);
    this.commands.push(now);
    if (this.commands.length > gateway.options.commandLimit) {
      sim.ledger.violation("gateway_rate", `${this.commands.length} commands in a minute`);
      return this.close(4008, "Rate limited");
    }
    let frame;
    try { frame = JSON.parse(bytes.toString()); } catch { frame = null; }
    if (binary || typeof frame !== "object" || frame === null || !Number.isInteger(frame.op)) {
      sim.ledger.violation("gateway_decode", "not a JSON command");
      return this.close(4002, "Decode error");
    }
    if (frame.op === 1) return this.heartbeat(frame, now);
    if (frame.op === 2) return this.identify(frame.d);
    if (frame.op === 6) return this.resume(frame.d);
    if (![3, 4, 8, 31].includes(frame.op)) return this.close(4001, "Unknown opcode");
    if (!this.session) return this.close(4003, "Not authenticated");
    if (frame.op === 8) this.members(frame.d);
  }

  heartbeat(frame, now) {
    const { gateway, sim } = this;
    const interval = gateway.options.heartbeatMs;
    gateway.stats.heartbeats++;
    const asked = this.askedBeat;
    this.askedBeat = false;
    this.late((now - this.beatAt) / interval - 1);
    this.beatAt = now;
    this.beats++;
    const last = this.session?.buffer.at(-1)?.s ?? 0;
    if (frame.d !== null && !(Number.isInteger(frame.d) && frame.d >= 0 && (!this.session || frame.d <= last))) {
      sim.ledger.violation("heartbeat_seq", `sequence ${frame.d}, we are at ${last}`);
    }
    if (asked) sim.ledger.count("heartbeat_on_request");
    if (sim.faults.take("lost-ack")) return;
    this.send('{"t":null,"s":null,"op":11,"d":null}');
  }

  identify(d) {
    const { gateway, sim } = this;
    const { options, stats } = gateway;
    if (this.session) return this.close(4005, "Already authenticated");
    stats.identifies++;
    if (typeof d?.token !== "string" || d.token.replace(/^Bot /, "") !== sim.token) return this.close(4004, "Authentication failed");
    if (!d.properties || typeof d.properties.os !== "string") sim.ledger.violation("identify_properties", "no properties.os");
    const shard = d.shard ?? [0, 1];
    if (!Array.isArray(shard) || !shard.every(Number.isInteger) || shard[0] < 0 || shard[0] >= shard[1]) return this.close(4010, "Invalid shard");
    if (options.requireShards && shard[1] < options.shards) return this.close(4011, "Sharding required");
    if (!Number.isInteger(d.intents) || d.intents < 0 || d.intents & ~validIntents) return this.close(4013, "Invalid intent(s)");
    if (d.intents & ~options.allowedIntents) return this.close(4014, "Disallowed intent(s)");
    const bucket = shard[0] % options.maxConcurrency;
    const now = performance.now();
    const before = gateway.identifiedAt.get(bucket);
    if (gateway.identifiesLeft <= 0) sim.ledger.violation("identify_total", "no identifies left today");
    gateway.identifiedAt.set(bucket, now);
    if (before !== undefined && now - before < options.identifyMs - 50) {
      sim.ledger.violation("identify_rate", `${Math.round(now - before)} ms after the one before`);
      return this.invalidSession(false);
    }
    gateway.identifiesLeft--;
    if (sim.faults.take("op9-on-identify")) return this.invalidSession(false);
    gateway.identified(this, { intents: d.intents, shard });
  }

  resume(d) {
    const { gateway, sim } = this;
    const { stats } = gateway;
    if (this.session) return this.close(4005, "Already authenticated");
    stats.resumes++;
    if (typeof d?.token !== "string" || d.token.replace(/^Bot /, "") !== sim.token) return this.close(4004, "Authentication failed");
    if (!this.resumeUrl) sim.ledger.violation("resume_url", "resumed elsewhere than at resume_gateway_url");
    gateway.expire();
    const session = gateway.sessions.get(d.session_id);
    if (!session || sim.faults.take("op9-on-resume")) {
      gateway.sessions.delete(d.session_id);
      return this.invalidSession(false);
    }
    if (!Number.isInteger(d.seq) || d.seq < 0 || d.seq > session.seq) {
      gateway.sessions.delete(d.session_id);
      return this.close(4007, "Invalid seq");
    }
    if (session.buffer.length && session.buffer[0].s > d.seq + 1) {
      gateway.sessions.delete(d.session_id);
      return this.invalidSession(false);
    }
    gateway.attach(session, this);
    stats.resumed++;
    const from = session.buffer.findIndex((e) => e.s > d.seq);
    for (const event of from < 0 ? [] : session.buffer.slice(from)) {
      stats.replayed++;
      this.write(event);
    }
    session.push("RESUMED", '{"_trace":["sim"]}');
  }

  // Request guild members.
  members(d) {
    const guild = this.sim.world.guilds.get(d?.guild_id);
    if (!guild) return;
    const ids = [].concat(d.user_ids ?? []);
    const found = [...guild.members.values()].filter((m) => (ids.length ? ids.includes(m.user.id) : (m.nick ?? m.user.global_name ?? "").startsWith(d.query ?? "")))
      .slice(0, d.limit || 1000);
    this.session.push("GUILD_MEMBERS_CHUNK", JSON.stringify({ guild_id: guild.id, members: found.map(this.sim.shapes.member), chunk_index: 0, chunk_count: 1,
      not_found: ids.filter((id) => !guild.members.has(id)), ...(d.nonce ? { nonce: d.nonce } : {}) }));
  }

  invalidSession(resumable) {
    this.gateway.stats.invalid++;
    if (!resumable && this.session) this.gateway.sessions.delete(this.session.id);
    this.send(JSON.stringify({ t: null, s: null, op: 9, d: resumable }));
    if (this.session) this.detach();
  }

  reconnect() { this.send('{"t":null,"s":null,"op":7,"d":null}'); }
  askHeartbeat() { this.askedBeat = true; this.send('{"t":null,"s":null,"op":1,"d":null}'); }

  detach() {
    if (this.session?.connection === this) {
      this.session.connection = null;
      this.session.goneAt = performance.now();
      this.session.goneSeq = this.session.seq;
    }
    this.session = null;
  }

  close(code, reason = "") {
    if (this.closed) return;
    const { closes } = this.gateway.stats;
    closes[code] = (closes[code] ?? 0) + 1;
    this.sentClose = code;
    if ([4007, 4009].includes(code) && this.session) this.gateway.sessions.delete(this.session.id);
    this.detach();
    this.ws.close(code, reason);
    setTimeout(() => this.ws.terminate(), 2000).unref();
  }

  terminate() { this.ws.terminate(); }

  ended(code) {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.watch);
    this.deflate?.close();
    this.gateway.connections.delete(this);
    if (!this.sentClose) {
      const { clientCloses } = this.gateway.stats;
      clientCloses[code] = (clientCloses[code] ?? 0) + 1;
      // A client that closes with 1000 or 1001 gives its session up.
      if ([1000, 1001].includes(code) && this.session) this.gateway.sessions.delete(this.session.id);
    }
    this.detach();
  }
}
