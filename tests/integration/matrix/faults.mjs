// Lines that break, servers that restart and slow down: nothing is lost.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { binaries, sleep, until } from "../lib/daemon.mjs";
import { Proxy, Synapse } from "./synapse.mjs";
import { bad, good, binary, world, adapterStatus, started, hidden, redactions, stopped } from "./world.mjs";

// Down for a while, with more said than one answer holds: all of it is judged, oldest first.
export async function limitedTimelines(w) {
  const crowd = await w.synapse.crowd(40);
  const room = await w.room({ members: [...crowd, w.other] });
  const quiet = await w.room();
  w.configure();
  await started(w);
  await w.pupil.send(quiet, good);
  await sleep(300);
  assert.equal(await w.daemon.stop(), 0);
  const offending = new Map();
  for (let i = 0; i < 240; i++) {
    const id = await crowd[i % 40].send(room, i % 40 === 7 ? `${bad} (${i})` : `${good} (${i})`);
    if (i % 40 === 7) offending.set(id, room);
    if (i === 200) offending.set(await w.pupil.send(quiet, bad), quiet);
  }
  await started(w);
  const live = await w.other.send(quiet, bad);
  offending.set(live, quiet);
  for (const [id, where] of offending) await hidden(w, where, id, 20000);
  await until("the gap is filled", 10000, async () => (await adapterStatus(w)).backlog === 0);
  const all = (await redactions(w.other, room)).concat(await redactions(w.other, quiet)).map((x) => x.content.redacts ?? x.redacts);
  assert.deepEqual([...all].sort(), [...offending.keys()].sort());
  // What came in the answer itself was not kept waiting; the hundreds before it follow in order.
  const cases = (await w.daemon.get("/api/cases?state=")).cases.sort((x, y) => x.id - y.id).map((c) => c.message_id);
  const before = [...offending].filter(([, r]) => r === room).map(([id]) => id).slice(0, 4);
  assert.deepEqual(cases.filter((id) => before.includes(id)), before, "oldest first");
  await stopped(w);
}

export async function faultyLine(w) {
  const proxy = await new Proxy(w.synapse.port).listen();
  try {
    const crowd = await w.synapse.crowd(40);
    const room = await w.room({ members: [...crowd, w.other] });
    w.configure("", proxy.url);
    await started(w);
    const offending = [], fine = [];
    let talking = true;
    const talk = (async () => {
      for (let i = 0; talking; i++) {
        if (i % 10 === 3) offending.push(await crowd[i % 40].send(room, `${bad} (${i})`));
        else fine.push(await crowd[i % 40].send(room, `${good} (${i})`));
        await sleep(30);
      }
    })();
    for (let i = 0; i < 6; i++) {
      await sleep(300 + Math.random() * 400);
      proxy.cut();
    }
    proxy.mode = "trickle";
    await sleep(1500);
    proxy.mode = "stall";
    await sleep(1000);
    proxy.mode = "pass";
    proxy.cut();
    await sleep(300);
    talking = false;
    await talk;
    for (const id of offending) await hidden(w, room, id, 30000);
    const all = (await redactions(w.other, room)).map((x) => x.content.redacts ?? x.redacts);
    assert.deepEqual([...all].sort(), [...offending].sort(), "each offending event once, nothing else");
    assert.ok(proxy.connections > 6, "it connected again and again");
    await stopped(w);
  } finally {
    proxy.close();
  }
}

// kill -9 of hallmonitor three times and Synapse restarted twice, while people talk.
export async function restarts() {
  const synapse = await new Synapse().prepare();
  await synapse.start().up();
  await world({ synapse, binary: binaries.release }, async (w) => {
    const crowd = await synapse.crowd(30);
    const room = await w.room({ members: [...crowd, w.other] });
    w.configure();
    await started(w);
    const offending = [], fine = [];
    let talking = true, next = 0;
    const talk = Promise.all([1, 2, 3, 4].map(async () => {
      while (talking) {
        const i = next++;
        const said = i % 8 === 3 ? `${bad} (${i})` : `${good} (${i})`;
        // A sender repeats with the same transaction id, as clients do.
        for (let id; !id;) {
          id = await crowd[i % 30].call("PUT", `/rooms/${encodeURIComponent(room)}/send/m.room.message/r${i}`, { msgtype: "m.text", body: said })
            .then((x) => x.event_id, () => sleep(100));
          if (id) (i % 8 === 3 ? offending : fine).push(id);
        }
        await sleep(30);
      }
    }));
    for (let k = 0; k < 3; k++) {
      await sleep(700 + Math.random() * 600);
      await w.daemon.kill();
      if (k < 2) {
        if (k === 0) await synapse.stop(); else await synapse.kill();
        w.daemon.start();
        await synapse.start().up();
        await w.daemon.up();
      } else {
        await w.daemon.start().up();
      }
    }
    await sleep(500);
    talking = false;
    await talk;
    for (const id of offending) await hidden(w, room, id, 30000);
    const all = (await redactions(w.other, room)).map((x) => x.content.redacts ?? x.redacts);
    assert.deepEqual([...all].sort(), [...offending].sort(), "each offending event once, nothing else");
    console.error(`${offending.length + fine.length} messages, ${offending.length} offending, each redacted once`);
    await stopped(w);
    assert.match(w.daemon.run("audit", "verify"), /whole/);
  }).finally(() => synapse.remove());
}

// At Synapse's own limits nothing is lost, only later; the doctor says what to do about it.
export async function defaultLimits() {
  const synapse = await new Synapse({ limits: true, extra: "rc_registration: {per_second: 1000, burst_count: 1000}\nrc_joins: {local: {per_second: 100, burst_count: 100}}\n" }).prepare();
  await synapse.start().up();
  await world({ synapse }, async (w) => {
    const room = await w.room({ members: [w.pupil, w.other] });
    const admin = await synapse.register("admin", true);
    for (const m of [w.pupil, w.other]) {
      await admin.call("POST", `/v1/users/${encodeURIComponent(m.user)}/override_ratelimit`, { messages_per_second: 0, burst_count: 0 }, "/_synapse/admin");
    }
    w.configure();
    await started(w);
    // At once: what is to be redacted goes before the notices to their authors, which count as well.
    const offending = await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 ? w.pupil : w.other).send(room, `${bad} (${i})`)));
    for (const id of offending) await hidden(w, room, id, 60000);
    assert.ok((await adapterStatus(w)).throttled > 0, "the homeserver did slow it down");
    const all = (await redactions(w.other, room)).map((x) => x.content.redacts ?? x.redacts);
    assert.deepEqual([...all].sort(), [...offending].sort());
    const said = () => spawnSync(binary, ["matrix", "doctor", "-c", w.daemon.config, "--limits"], { encoding: "utf8" }).stdout;
    assert.match(said(), /slows hallmonitor down after \d+ events.*override_ratelimit/);
    await admin.call("POST", `/v1/users/${encodeURIComponent(w.bot.user)}/override_ratelimit`, { messages_per_second: 0, burst_count: 0 }, "/_synapse/admin");
    assert.match(said(), /does not slow hallmonitor down/);
    await stopped(w);
  }).finally(() => synapse.remove());
}
