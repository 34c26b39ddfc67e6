import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { connect } from "node:net";
import { join } from "node:path";
import { Daemon, Member, WebSocket, binaries, root, sleep, suite, until } from "../lib/daemon.mjs";

const bad = "Mr Hale is a useless idiot";
const good = "See you all at the cake sale on Friday";

async function withDaemon(binary, settings, test) {
  const daemon = await new Daemon(binary, settings).prepare();
  try {
    await test(daemon);
  } finally {
    daemon.remove();
  }
}

async function started(daemon) {
  await daemon.start().up();
  await daemon.signIn();
  return daemon;
}

const caseOf = (daemon, id) => until(`a case for ${id}`, 10000, async () =>
  (await daemon.get("/api/cases?state=")).cases.find((c) => c.message_id === id));

async function story() {
  await withDaemon(binaries.asan, "", async (daemon) => {
    await started(daemon);
    const parent = await new Member(daemon, "Sam", "parent").open();
    const other = await new Member(daemon, "Kim", "parent").open();
    parent.post("m1", "parents", good);
    parent.post("m2", "parents", bad);
    await parent.wait("ack", { id: "m1" });
    await other.wait("hide", { id: "m2" });
    assert.equal(other.frame("hide", { id: "m1" }), undefined);

    const found = await caseOf(daemon, "m2");
    assert.equal(found.evidence.text, bad);
    assert.match(found.action, /^hide/);
    assert.ok(found.evidence.explanation.length > 10);
    assert.ok(found.findings.every((f) => f.end > f.start && f.end <= bad.length));

    const late = await new Member(daemon, "Lee", "parent").open();
    await late.wait("message", { id: "m1" });
    assert.equal(late.frame("message", { id: "m2" }), undefined, "a window that opens later must not see it");

    assert.equal((await daemon.post(`/api/case/${found.id}`, { decision: "restore" })).status, 200);
    const back = await other.wait("message", { id: "m2", restored: true });
    assert.equal(back.text, bad);
    await until("the case is restored and no longer hidden", 5000, async () => {
      const c = await daemon.get(`/api/case/${found.id}`);
      return c.state === "restored" && !c.hidden && c.actions.every((a) => a.state === "done");
    });
    assert.equal((await daemon.post(`/api/case/${found.id}`, { decision: "uphold" })).status, 409);
    assert.equal((await daemon.post("/api/case/999", { decision: "uphold" })).status, 404);
    for (const m of [parent, other, late]) m.close();
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    assert.match(daemon.run("audit", "verify"), /entries, whole/);
  });
}

async function edits() {
  await withDaemon(binaries.asan, "", async (daemon) => {
    await started(daemon);
    const member = await new Member(daemon, "Sam", "pupil").open();
    member.post("m1", "pupils", good);
    await member.wait("ack", { id: "m1" });
    member.send({ op: "edit", id: "m1", channel: "pupils", revision: "1", text: bad });
    await member.wait("hide", { id: "m1" });
    const cases = (await daemon.get("/api/cases?state=")).cases;
    assert.equal(cases.length, 1);
    member.close();
  });
}

async function commandLine() {
  await withDaemon(binaries.asan, "", async (daemon) => {
    await started(daemon);
    const member = await new Member(daemon, "Sam", "parent").open();
    member.post("m1", "parents", bad);
    await member.wait("hide", { id: "m1" });
    const { id } = await caseOf(daemon, "m1");
    assert.match(daemon.run("cases", "list"), /open/);
    assert.match(daemon.run("cases", "show", String(id)), /abuse|defamation/);
    daemon.run("cases", "restore", String(id));
    await member.wait("message", { id: "m1", restored: true });
    member.close();
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    assert.match(daemon.run("cases", "list", "--state", "restored"), /restored/);
  });
}

async function access() {
  await withDaemon(binaries.asan, "", async (daemon) => {
    await daemon.start().up();
    for (const path of ["/", "/api/cases", "/api/status", "/metrics", "/app.js", "/api/case/1", "/../etc/passwd"]) {
      assert.equal((await fetch(daemon.url + path)).status, 401, path);
    }
    const link = daemon.signinLink();
    assert.equal((await fetch(link)).status, 200);
    assert.equal((await fetch(link)).status, 403, "a link works once");
    assert.equal((await fetch(`${daemon.url}/signin?token=${"0".repeat(64)}`)).status, 403);
    assert.equal((await fetch(`${daemon.url}/signin?token=../../evidence.key`)).status, 403);
    await daemon.signIn();
    assert.equal((await daemon.post("/api/case/1", { decision: "restore" }, { origin: "http://evil.example" })).status, 403);
    assert.equal((await daemon.post("/api/case/1", { decision: "erase" })).status, 400);
    assert.equal((await daemon.post("/api/case/1", { decision: "x".repeat(1 << 20) })).status, 413);
    const forged = daemon.cookie.replace(/.$/, (c) => (c === "0" ? "1" : "0"));
    assert.equal((await fetch(`${daemon.url}/api/cases`, { headers: { cookie: forged } })).status, 401);
    const refused = (headers, protocol) => new Promise((done) => {
      const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}/`, protocol, { headers });
      socket.on("open", () => { socket.terminate(); done(false); });
      socket.on("error", () => done(true));
    });
    for (const protocol of ["hallmonitor-sandbox", "hallmonitor-events"]) {
      assert.ok(await refused({ origin: daemon.url }, protocol), "no cookie");
      assert.ok(await refused({ cookie: daemon.cookie, origin: "http://evil.example" }, protocol), "other origin");
      assert.ok(!(await refused({ cookie: daemon.cookie, origin: daemon.url }, protocol)), "the page itself");
    }
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
  });
}

async function hostileFrames() {
  await withDaemon(binaries.asan, "", async (daemon) => {
    await started(daemon);
    const member = await new Member(daemon, "Sam", "parent").open();
    const raw = (text) => member.socket.send(text);
    raw("not json");
    raw("[]");
    raw('{"op":7}');
    raw('{"op":"post"}');
    raw('{"op":"post","id":"","channel":"parents","text":"x"}');
    raw(`{"op":"post","id":"${"i".repeat(500)}","channel":"parents","text":"x"}`);
    raw(`{"op":"post","id":"n","channel":"parents","text":${"[".repeat(50000)}`);
    raw('{"op":"post","id":"u","channel":"parents","text":"x","unknown":{"a":[1,2,{"b":null}]}}');
    raw(JSON.stringify({ op: "post", id: "nul", channel: "parents", text: `a\u0000b ${bad} \u0000` }));
    raw(JSON.stringify({ op: "post", id: "marks", channel: "parents", text: "a" + "\u0301".repeat(100000) }));
    raw(JSON.stringify({ op: "post", id: "bidi", channel: "parents", text: "\u202e\u2066 abc \ufeff\u200b \u{1F600}" }));
    await member.wait("ack", { id: "u" });
    await member.wait("hide", { id: "nul" });
    await member.wait("ack", { id: "marks" });
    await member.wait("ack", { id: "bidi" });
    assert.ok(member.frames.filter((f) => f.op === "error").length >= 7);

    // Ten megabytes end that connection, not the process.
    const flooder = await new Member(daemon, "Big", "parent").open();
    const closed = new Promise((done) => flooder.socket.once("close", done));
    flooder.socket.on("error", () => {});
    flooder.post("big", "parents", "x".repeat(10 << 20));
    await closed;

    // Invalid UTF-8 in a text frame, and half a handshake.
    const socket = connect(daemon.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(Buffer.from([0x16, 0x03, 0x01, 0xff, 0xfe, 0x00, 0x0a]));
    await sleep(50);
    socket.destroy();
    member.socket.send(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { binary: false });
    await sleep(100);

    const next = await new Member(daemon, "Ann", "parent").open();
    next.post("after", "parents", bad);
    await next.wait("hide", { id: "after" });
    for (const m of [member, flooder, next]) m.close();
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    assert.ok(!daemon.log.includes("useless"), "message text must not be in the log");
    assert.ok(!daemon.log.includes(daemon.cookie.split("=")[1]), "a session must not be in the log");
  });
}

async function reload() {
  await withDaemon(binaries.asan, "", async (daemon) => {
    await started(daemon);
    daemon.configure("wombat: 5\n");
    daemon.process.kill("SIGHUP");
    await until("the bad settings are refused by name", 20000, () => /reload refused.*wombat/.test(daemon.log));
    daemon.configure("channels:\n  - {adapter: sandbox, id: quiet, ignore: true}\n");
    daemon.process.kill("SIGHUP");
    await until("the good settings are taken", 20000, () => daemon.log.includes("reloaded"));
    const member = await new Member(daemon, "Sam", "parent").open();
    member.post("m1", "quiet", bad);
    member.post("m2", "parents", bad);
    await member.wait("hide", { id: "m2" });
    assert.equal(member.frame("hide", { id: "m1" }), undefined);
    member.close();
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
  });
}

async function badSettings() {
  await withDaemon(binaries.asan, "consle: {port: 1}\n", async (daemon) => {
    assert.throws(() => daemon.run("config", "check"), (error) =>
      /school\.yaml:4: consle: no such setting; did you mean 'console'\?/.test(error.stderr));
    daemon.start();
    assert.equal(await daemon.exited, 78);
    daemon.configure("");
    assert.match(daemon.run("config", "check"), /good/);
  });
}

async function storeFaults() {
  await withDaemon(binaries.release, "", async (daemon) => {
    await started(daemon);
    const second = await new Daemon(binaries.release).prepare();
    writeFileSync(second.config, readFileSync(daemon.config, "utf8").replace(`port: ${daemon.port}`, `port: ${second.port}`) +
      `state: ${join(daemon.folder, "state")}\n`);
    second.start();
    assert.equal(await second.exited, 77);
    assert.match(second.log, /another hallmonitor \(process \d+\)/);
    second.remove();
    assert.equal(await daemon.stop(), 0);

    const key = join(daemon.folder, "state/evidence.key");
    copyFileSync(key, `${key}.kept`);
    chmodSync(key, 0o644);
    daemon.start();
    assert.equal(await daemon.exited, 77);
    assert.match(daemon.log, /chmod 600/);
    rmSync(key);
    writeFileSync(key, `${"ab".repeat(32)}\n`, { mode: 0o600 });
    daemon.start();
    assert.equal(await daemon.exited, 77);
    assert.match(daemon.log, /not the key of the case store/);
    copyFileSync(`${key}.kept`, key);
    chmodSync(key, 0o600);

    const db = join(daemon.folder, "state/store.db");
    const bytes = readFileSync(db);
    writeFileSync(db, Buffer.concat([Buffer.from("garbage ".repeat(64)), bytes.subarray(512)]));
    daemon.start();
    assert.equal(await daemon.exited, 74);
    assert.match(daemon.log, /damaged or not a case store/);
    writeFileSync(db, bytes);
    await daemon.start().up();
    assert.equal(await daemon.stop(), 0);
  });
}

// A full disk: hiding goes on, the console says so, and nothing committed or in hand is lost.
async function diskFull() {
  const mount = join(root, "build/tiny-disk");
  mkdirSync(mount, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", mount], { stdio: "ignore" });
  } catch {
    return "needs the right to mount a tmpfs";
  }
  try {
    await withDaemon(binaries.release, `state: ${mount}/state\n`, async (daemon) => {
      await started(daemon);
      const member = await new Member(daemon, "Sam", "parent").open();
      member.post("before", "parents", bad);
      await member.wait("hide", { id: "before" });
      const filler = join(mount, "filler");
      try { execFileSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"], { stdio: "ignore" }); } catch { /* full: as wanted */ }
      for (let i = 0; i < 60; i++) member.post(`full-${i}`, "parents", `${bad} ${i} ${"x".repeat(3000)}`);
      for (let i = 0; i < 60; i++) await member.wait("hide", { id: `full-${i}` }, 20000);
      const failing = (await (await fetch(`${daemon.url}/metrics`, { headers: { cookie: daemon.cookie } })).text());
      assert.match(failing, /hallmonitor_store_failing 1/);
      rmSync(filler);
      for (let i = 0; i < 60; i++) await until(`ack of full-${i}`, 20000, () => member.acks.has(`full-${i}`));
      await until("the store works again", 10000, async () => /store_failing 0/.test(await daemon.get("/metrics")));
      const cases = daemon.run("cases", "list", "--state", "all", "--json").trim().split("\n");
      assert.equal(cases.length, 61);
      member.close();
      assert.equal(await daemon.stop(), 0);
      assert.match(daemon.run("audit", "verify"), /whole/);
    });
  } finally {
    execFileSync("umount", [mount]);
  }
}

// A store that becomes read only while the daemon runs: as with a full disk.
async function readOnly() {
  const mount = join(root, "build/read-only-disk");
  mkdirSync(mount, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", mount], { stdio: "ignore" });
  } catch {
    return "needs the right to mount a tmpfs";
  }
  try {
    await withDaemon(binaries.release, `state: ${mount}/state\n`, async (daemon) => {
      await started(daemon);
      const member = await new Member(daemon, "Sam", "parent").open();
      member.post("before", "parents", bad);
      await member.wait("hide", { id: "before" });
      assert.equal(await daemon.stop(), 0);
      execFileSync("mount", ["-o", "remount,ro", mount]);
      daemon.start();
      assert.equal(await daemon.exited, 74);
      assert.match(daemon.log, /Read-only file system|read only|cannot be written/);
      execFileSync("mount", ["-o", "remount,rw", mount]);
      await daemon.start().up();
      assert.equal(daemon.run("cases", "list", "--state", "all", "--json").trim().split("\n").length, 1);
      member.close();
      assert.equal(await daemon.stop(), 0);
    });
  } finally {
    execFileSync("umount", [mount]);
  }
}

// A recording is judged as it would have been, with its cases; a restart goes on behind it.
async function replayed() {
  const file = join(mkdtempSync(join(tmpdir(), "hm-replay-")), "term.ndjson");
  const lines = [];
  for (let i = 0; i < 300; i++) {
    lines.push(JSON.stringify({ id: `r${i}`, text: i % 50 === 0 ? bad : good, author_role: "parent", channel: "parents" }));
  }
  lines.splice(7, 0, "not json");
  writeFileSync(file, `${lines.join("\n")}\n`);
  await withDaemon(binaries.asan, `replay: {file: ${file}}\n`, async (daemon) => {
    await started(daemon);
    await until("the recording's cases", 20000, async () => (await daemon.get("/api/cases?state=")).cases.length === 6);
    await until("the end of the recording", 5000, () => /at its end.*messages=301.*bad_lines=1/.test(daemon.log));
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    daemon.log = "";
    await daemon.start().up();
    await until("the end of the recording", 5000, () => /at its end/.test(daemon.log));
    assert.match(await daemon.get("/metrics"), /hallmonitor_messages_total 0\n/);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
  });
  rmSync(file);
}

// `check`: one verdict a line in order, whatever comes; bad lines are named, exit status 65.
async function check() {
  const deep = `{"text":"x","context":${"[".repeat(20000)}${"]".repeat(20000)}}`;
  const input = Buffer.concat([
    Buffer.from(`${JSON.stringify({ id: "1", text: bad })}\n`),
    Buffer.from('{"id":"2","text":"a\\u0000b"}\n'),
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d, 0x0a]),
    Buffer.from("not json\n"),
    Buffer.from(`${deep}\n`),
    Buffer.from('{"id":"6","text":7}\n'),
    Buffer.from(`${JSON.stringify({ id: "7", text: "a" + "\u0301".repeat(100000), unknown: { a: [null] } })}\n`),
    Buffer.from(`${JSON.stringify({ id: "8", text: "word ".repeat(2 << 20) })}\n`),
    Buffer.from(`${JSON.stringify({ id: "9", text: bad })}\n`),
  ]);
  const run = spawnSync(binaries.asan, ["check"], { input, maxBuffer: 1 << 28 });
  const out = run.stdout.toString().trim().split("\n").map((l) => JSON.parse(l));
  assert.equal(out.length, 9, run.stderr.toString().slice(-2000));
  assert.equal(run.status, 65);
  assert.equal(out[0].id, "1");
  assert.match(out[0].action, /^hide/);
  for (const n of [3, 4, 5, 6]) assert.equal(out[n - 1].line, n, JSON.stringify(out[n - 1]));
  assert.equal(out[8].id, "9");
  assert.match(out[8].action, /^hide/);
  const plain = spawnSync(binaries.asan, ["check", "--plain"], { input: `${bad}\n${good}\n` });
  const actions = plain.stdout.toString().trim().split("\n").map((l) => JSON.parse(l).action);
  assert.match(actions[0], /^hide/);
  assert.equal(actions[1], "allow");
  assert.equal(plain.status, 0);
}

// kill -9 at random moments under load: no message unjudged, none judged into two cases, no
// action lost, audit chain whole.
async function killTest() {
  const kills = Number(process.env.HM_KILLS ?? 12);
  await withDaemon(binaries.release, "", async (daemon) => {
    await started(daemon);
    const want = new Map(); // id → offending
    const acked = new Set();
    const hidden = new Set();
    let member, n = 0, stopped = false;
    const post = (id) => member.postAs(`Sam ${id}`, id, "parents", `${want.get(id) ? bad : good} (${id})`);
    const connectMember = async () => {
      member = new Member(daemon, "Sam", "parent");
      member.keep = false;
      member.onframe = (f) => {
        if (f.op === "ack") acked.add(f.id);
        if (f.op === "hide") hidden.add(f.id);
      };
      await member.open();
      member.socket.on("error", () => {});
      for (const id of want.keys()) if (!acked.has(id)) post(id);
    };
    const load = (async () => {
      while (!stopped) {
        for (let i = 0; i < 5; i++) {
          const id = `k${n++}`;
          want.set(id, n % 10 === 0);
          if (member?.socket.readyState === WebSocket.OPEN) post(id);
        }
        await sleep(5);
      }
    })();
    await connectMember();
    for (let k = 0; k < kills; k++) {
      await sleep(20 + Math.random() * 300);
      await daemon.kill();
      member.close();
      await daemon.start().up();
      await connectMember();
    }
    stopped = true;
    await load;
    await until("every message is acknowledged", 30000, () => [...want.keys()].every((id) => acked.has(id)));
    const offending = [...want].filter(([, o]) => o).map(([id]) => id);
    await until("no task is pending", 30000, async () => /hallmonitor_outbox_tasks 0\n/.test(await daemon.get("/metrics")));
    member.close();
    assert.equal(await daemon.stop(), 0);
    const db = join(daemon.folder, "state/store.db");
    const sql = (q) => execFileSync("sqlite3", [db, q], { encoding: "utf8" }).trim();
    assert.equal(Number(sql("SELECT count(*) FROM seen")), want.size, "every message was judged once");
    const cases = sql("SELECT message_id FROM cases ORDER BY id").split("\n");
    assert.equal(new Set(cases).size, cases.length, "no message has two cases");
    assert.deepEqual([...cases].sort(), [...offending].sort());
    assert.equal(sql("SELECT count(*) FROM cases WHERE hidden = 0"), "0", "no hide was lost");
    assert.equal(sql("SELECT count(*) FROM outbox WHERE state <> 'done'"), "0");
    assert.match(daemon.run("audit", "verify"), /whole/);
    console.error(`${kills} kills, ${want.size} messages, ${offending.length} offending, each hidden`);
  });
}

await suite("sandbox", {
  member_sees_it_vanish_and_moderator_brings_it_back: story,
  edit_is_judged_again: edits,
  command_line_restores_beside_the_daemon: commandLine,
  nobody_gets_in_without_the_link: access,
  hostile_frames_end_nothing_but_themselves: hostileFrames,
  reload_keeps_the_old_settings_when_the_new_are_bad: reload,
  bad_settings_name_line_and_remedy: badSettings,
  store_faults_are_named: storeFaults,
  full_disk_loses_nothing: diskFull,
  read_only_store_is_named: readOnly,
  recording_is_judged_once: replayed,
  check_answers_every_line: check,
  kill_minus_nine_loses_nothing: killTest,
});
