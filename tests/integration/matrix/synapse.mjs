// A real Synapse on loopback with SQLite, and small clients that talk to it.
import { createHmac } from "node:crypto";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort, root, sleep, until } from "../lib/daemon.mjs";

const venv = process.env.HM_SYNAPSE ?? join(root, "build/synapse-venv");
export const server = "school.test";
const secret = "only for this test";

const unlimited = `
rc_message: {per_second: 100000, burst_count: 100000}
rc_registration: {per_second: 100000, burst_count: 100000}
rc_login:
  address: {per_second: 100000, burst_count: 100000}
  account: {per_second: 100000, burst_count: 100000}
rc_joins:
  local: {per_second: 100000, burst_count: 100000}
  remote: {per_second: 100000, burst_count: 100000}
rc_joins_per_room: {per_second: 100000, burst_count: 100000}
rc_invites:
  per_room: {per_second: 100000, burst_count: 100000}
  per_user: {per_second: 100000, burst_count: 100000}
  per_issuer: {per_second: 100000, burst_count: 100000}
rc_room_creation: {per_second: 100000, burst_count: 100000}
`;

export class Synapse {
  // limits: false switches the rate limits off. preview: {port, token} asks hallmonitor.
  constructor({ limits = false, preview = null, extra = "" } = {}) {
    Object.assign(this, { limits, preview, extra, log: "" });
    this.folder = mkdtempSync(join(tmpdir(), "hm-synapse-"));
    process.once("exit", () => this.remove());
  }

  async prepare() {
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    const module = this.preview ? `
modules:
  - module: synapse_http_antispam.HTTPAntispam
    config:
      base_url: http://127.0.0.1:${this.preview.port}
      authorization: ${this.preview.token}
      enabled_callbacks: [check_event_for_spam]
      fail_open: {check_event_for_spam: true}
` : "";
    writeFileSync(join(this.folder, "log.yaml"), `version: 1
formatters: {f: {format: '%(asctime)s %(levelname)s %(name)s %(message)s'}}
handlers: {h: {class: logging.StreamHandler, formatter: f}}
root: {level: WARNING, handlers: [h]}
`);
    writeFileSync(join(this.folder, "homeserver.yaml"), `server_name: ${server}
public_baseurl: ${this.url}/
pid_file: ${this.folder}/homeserver.pid
report_stats: false
bcrypt_rounds: 4
listeners:
  - {port: ${this.port}, bind_addresses: [127.0.0.1], type: http, tls: false, resources: [{names: [client]}]}
database: {name: sqlite3, args: {database: ${this.folder}/homeserver.db}}
log_config: ${this.folder}/log.yaml
media_store_path: ${this.folder}/media
signing_key_path: ${this.folder}/signing.key
registration_shared_secret: ${JSON.stringify(secret)}
macaroon_secret_key: tests
form_secret: tests
suppress_key_server_warning: true
trusted_key_servers: []
presence: {enabled: false}
${this.limits ? "" : unlimited}${module}${this.extra}`);
    execFileSync(join(venv, "bin/python"), ["-m", "synapse.app.homeserver", "-c", join(this.folder, "homeserver.yaml"),
      "--generate-keys"], { stdio: ["ignore", "ignore", "pipe"] });
    return this;
  }

  start() {
    this.process = spawn(join(venv, "bin/python"), ["-m", "synapse.app.homeserver", "-c", join(this.folder, "homeserver.yaml")],
      { stdio: ["ignore", "pipe", "pipe"] });
    this.exited = new Promise((done) => this.process.once("exit", (code, signal) => done(code ?? signal)));
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (bytes) => { this.log = (this.log + bytes).slice(-200000); });
    }
    return this;
  }

  async up(ms = 90000) {
    await until("Synapse is up", ms, async () => {
      if (this.process.exitCode !== null) throw new Error(`Synapse ended: ${this.log.slice(-3000)}`);
      try { return (await fetch(`${this.url}/health`)).ok; } catch { return false; }
    });
    return this;
  }

  async stop() { this.process.kill("SIGTERM"); return this.exited; }
  async kill() { this.process.kill("SIGKILL"); return this.exited; }
  remove() {
    if (this.process?.exitCode === null) this.process.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  // Many people, since what one person sends in masses is rightly a flood.
  async crowd(count) {
    this.people ??= [];
    const names = Array.from({ length: Math.max(0, count - this.people.length) }, (_, i) => `person${this.people.length + i}`);
    this.people.push(...await Promise.all(names.map((name) => this.register(name))));
    return this.people.slice(0, count);
  }

  // CPU seconds that the process used so far.
  cpu() {
    const fields = readFileSync(`/proc/${this.process.pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async register(name, admin = false) {
    const { nonce } = await (await fetch(`${this.url}/_synapse/admin/v1/register`)).json();
    const password = `password of ${name}`;
    const mac = createHmac("sha1", secret).update([nonce, name, password, admin ? "admin" : "notadmin"].join("\0")).digest("hex");
    const answer = await fetch(`${this.url}/_synapse/admin/v1/register`, { method: "POST",
      body: JSON.stringify({ nonce, username: name, password, admin, mac }) });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`register ${name}: ${JSON.stringify(body)}`);
    return new Client(this, body.user_id, body.access_token, password);
  }
}

export class MatrixError extends Error {
  constructor(status, body) {
    super(`${status} ${body.errcode}: ${body.error}`);
    Object.assign(this, { status, body });
  }
}

const e = encodeURIComponent;

export class Client {
  constructor(synapse, user, token, password) {
    Object.assign(this, { synapse, user, token, password, txn: 0, seen: [], rooms: new Map() });
  }

  // patient: a server that is away is asked again (with the same transaction id).
  async call(method, path, body, base = "/_matrix/client/v3") {
    for (;;) {
      let answer, said;
      try {
        answer = await fetch(this.synapse.url + base + path, { method,
          headers: { authorization: `Bearer ${this.token}` }, body: body === undefined ? undefined : JSON.stringify(body) });
        said = await answer.json();
      } catch (fault) {
        if (!this.patient) throw fault;
        await sleep(250);
        continue;
      }
      if (answer.ok) return said;
      if (answer.status !== 429) throw new MatrixError(answer.status, said);
      await sleep((said.retry_after_ms ?? 1000) + 10);
    }
  }

  createRoom(options = {}) {
    return this.call("POST", "/createRoom", { preset: "public_chat", ...options }).then((r) => r.room_id);
  }
  join(room) { return this.call("POST", `/join/${e(room)}`, {}).then((r) => r.room_id); }
  invite(room, user) { return this.call("POST", `/rooms/${e(room)}/invite`, { user_id: user }); }
  state(room, type, key, content) { return this.call("PUT", `/rooms/${e(room)}/state/${e(type)}/${e(key)}`, content).then((r) => r.event_id); }
  getState(room, type, key = "") { return this.call("GET", `/rooms/${e(room)}/state/${e(type)}/${e(key)}`); }
  async power(room, user, level) {
    const levels = await this.getState(room, "m.room.power_levels");
    levels.users = { ...levels.users, [user]: level };
    return this.state(room, "m.room.power_levels", "", levels);
  }
  sendEvent(room, type, content) {
    return this.call("PUT", `/rooms/${e(room)}/send/${e(type)}/t${Date.now()}-${this.txn++}`, content).then((r) => r.event_id);
  }
  send(room, body, more = {}) { return this.sendEvent(room, "m.room.message", { msgtype: "m.text", body, ...more }); }
  edit(room, original, body, more = {}) {
    return this.send(room, `* ${body}`, { "m.new_content": { msgtype: "m.text", body },
      "m.relates_to": { rel_type: "m.replace", event_id: original }, ...more });
  }
  react(room, event, key) {
    return this.sendEvent(room, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: event, key } });
  }
  redact(room, event) { return this.call("PUT", `/rooms/${e(room)}/redact/${e(event)}/t${this.txn++}`, {}); }
  event(room, id) { return this.call("GET", `/rooms/${e(room)}/event/${e(id)}`); }
  redacted(room, id) { return this.event(room, id).then((x) => Boolean(x.unsigned?.redacted_because)); }

  // Reads /sync until stopped; every timeline event goes to onevent(event, room).
  async watch(onevent) {
    this.watching = true;
    let since = (await this.call("GET", "/sync?timeout=0&filter=" + e('{"room":{"timeline":{"limit":1}}}'))).next_batch;
    this.watcher = (async () => {
      while (this.watching) {
        let news;
        try {
          news = await this.call("GET", `/sync?timeout=1000&since=${e(since)}&filter=${e('{"room":{"timeline":{"limit":500}}}')}`);
        } catch {
          await sleep(200);
          continue;
        }
        const at = performance.now();
        since = news.next_batch;
        for (const [id, room] of Object.entries(news.rooms?.join ?? {})) {
          for (const event of room.timeline.events) onevent(event, id, at);
        }
      }
    })();
    return this;
  }
  async unwatch() { this.watching = false; await this.watcher; }

  // Every event of a room, oldest first.
  async history(room) {
    const all = [];
    let from = "";
    for (;;) {
      const page = await this.call("GET", `/rooms/${e(room)}/messages?dir=b&limit=500${from && `&from=${e(from)}`}`);
      all.push(...page.chunk);
      if (!page.end || page.chunk.length === 0) return all.reverse();
      from = page.end;
    }
  }
}

// A TCP proxy between the bot and Synapse that cuts, stalls or trickles.
export class Proxy {
  constructor(port) { this.target = port; this.mode = "pass"; this.sockets = new Set(); }
  async listen() {
    this.server = createServer((client) => this.#join(client));
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }
  #join(client) {
    this.connections = (this.connections ?? 0) + 1;
    const upstream = connect(this.target, "127.0.0.1");
    const pair = { client, upstream };
    this.sockets.add(pair);
    const end = () => { client.destroy(); upstream.destroy(); this.sockets.delete(pair); };
    for (const s of [client, upstream]) { s.on("error", end); s.on("close", end); s.setNoDelay(true); }
    client.on("data", (bytes) => { if (this.mode !== "stall") upstream.write(bytes); });
    upstream.on("data", async (bytes) => {
      if (this.mode === "stall") return;
      if (this.mode !== "trickle") { client.write(bytes); return; }
      upstream.pause();
      for (let i = 0; i < bytes.length && !client.destroyed; i += 512) {
        client.write(bytes.subarray(i, i + 512));
        await sleep(5);
      }
      upstream.resume();
    });
  }
  cut() { for (const { client, upstream } of this.sockets) { client.destroy(); upstream.destroy(); } }
  close() { this.cut(); this.server.close(); }
}
