// Starts the real daemon in a folder of its own and talks to it as a browser would.
export { suite } from "./suite.mjs";
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { createRequire } from "node:module";

// Modules lie in the build folder that the suite's run script installed them into.
const require = createRequire(resolve(process.env.NODE_PATH ?? ".", "x.js"));
export const WebSocket = require("ws");

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
export const binaries = {
  asan: join(root, "build/asan/hallmonitor"),
  release: join(root, "build/hallmonitor"),
};
const environment = {
  ...process.env,
  ASAN_OPTIONS: "detect_leaks=1",
  LSAN_OPTIONS: `suppressions=${join(root, "tests/lsan.supp")}:print_suppressions=0`,
  HM_CACHE: process.env.HM_CACHE ?? join(root, "build/cache"),
};
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export async function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export async function until(what, ms, condition) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(20);
  }
}

export class Daemon {
  constructor(binary, settings = "") {
    this.binary = binary;
    this.settings = settings;
    this.folder = mkdtempSync(join(tmpdir(), "hm-test-"));
    this.log = "";
  }

  async prepare() {
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    this.config = join(this.folder, "school.yaml");
    this.configure(this.settings);
    return this;
  }

  configure(settings) {
    writeFileSync(this.config, `school: {name: Test School}\nconsole: {port: ${this.port}}\nsandbox: {}\n${settings}`);
  }

  start(wrap = []) {
    const [command, ...args] = [...wrap, this.binary, "run", "-c", this.config];
    this.process = spawn(command, args, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
    this.exited = new Promise((done) => this.process.once("exit", (code, signal) => done(code ?? signal)));
    this.process.stderr.on("data", (bytes) => { this.log += bytes; });
    return this;
  }

  async up(ms = 60000) {
    await until("the daemon is up", ms, async () => {
      if (this.process.exitCode !== null) throw new Error(`the daemon ended: ${this.log.slice(-2000)}`);
      try { return (await fetch(`${this.url}/healthz`)).ok; } catch { return false; }
    });
    return this;
  }

  run(...args) {
    return execFileSync(this.binary, [...args.slice(0, 2), "-c", this.config, ...args.slice(2)],
      { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
  }

  signinLink() {
    return execFileSync(this.binary, ["signin", "-c", this.config], { env: environment, encoding: "utf8" }).trim();
  }

  async signIn() {
    const answer = await fetch(this.signinLink());
    if (!answer.ok) throw new Error(`sign-in refused: ${answer.status}`);
    this.cookie = answer.headers.get("set-cookie").split(";")[0];
    return this;
  }

  async get(path) {
    const answer = await fetch(this.url + path, { headers: { cookie: this.cookie } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.headers.get("content-type").includes("json") ? answer.json() : answer.text();
  }

  post(path, body, headers = {}) {
    return fetch(this.url + path, { method: "POST", body: JSON.stringify(body),
      headers: { cookie: this.cookie, origin: this.url, ...headers } });
  }

  async stop() {
    this.process.kill("SIGTERM");
    return this.exited;
  }

  async kill() {
    this.process.kill("SIGKILL");
    return this.exited;
  }

  remove() {
    if (this.process?.exitCode === null) this.process.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// One member in one browser window.
export class Member {
  constructor(daemon, name, role) {
    Object.assign(this, { daemon, name, role, frames: [], acks: new Set() });
  }

  open() {
    return new Promise((done, failed) => {
      this.socket = new WebSocket(`ws://127.0.0.1:${this.daemon.port}/`, "hallmonitor-sandbox",
        { headers: { cookie: this.daemon.cookie, origin: this.daemon.url } });
      this.socket.on("message", (bytes) => {
        const frame = JSON.parse(bytes);
        frame.arrived = performance.now();
        if (frame.op === "ack") this.acks.add(frame.id);
        this.onframe?.(frame);
        if (this.keep !== false) this.frames.push(frame);
      });
      this.socket.on("error", failed);
      this.socket.on("open", () => {
        this.send({ op: "join", name: this.name, role: this.role });
        done(this);
      });
    });
  }

  send(frame) { this.socket.send(JSON.stringify(frame)); }
  post(id, channel, text) { this.send({ op: "post", id, channel, text }); }
  // As somebody else each time: what one person sends in masses is rightly a flood.
  postAs(name, id, channel, text) {
    this.send({ op: "join", name, role: this.role });
    this.post(id, channel, text);
  }
  close() { this.socket?.removeAllListeners("error"); this.socket?.on("error", () => {}); this.socket?.terminate(); }

  frame(op, match = {}) {
    return this.frames.find((f) => f.op === op && Object.entries(match).every(([k, v]) => f[k] === v));
  }

  wait(op, match = {}, ms = 10000) {
    return until(`${op} ${JSON.stringify(match)}`, ms, () => this.frame(op, match));
  }
}
