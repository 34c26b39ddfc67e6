// usage: tests/bench/matrix_load   (installs Synapse, then runs this)
// Three questions, on real Synapses on this machine, answered as JSON lines on stdout:
//   latency  how much later than by a bot that judges nothing is an offending event redacted
//   load     many users, rooms and messages with edits, a line that is cut again and again, and
//            three kills of hallmonitor and two of Synapse in the middle (HM_RESTARTS=no: none);
//            beside them, in a room of its own, the bot that judges nothing, on a line that is not
//            cut (simple_): what of the time to a redaction is the busy Synapse's own
//   preview  what the question before delivery adds to sending
// HM_USERS, HM_ROOMS, HM_MESSAGES, HM_MINUTES, HM_SAMPLES set the size; HM_BENCH names one of the three.
import { fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon, binaries, freePort, sleep, until } from "../integration/lib/daemon.mjs";
import { Client, Proxy, Synapse } from "../integration/matrix/synapse.mjs";

const size = {
  users: Number(process.env.HM_USERS ?? 100),
  rooms: Number(process.env.HM_ROOMS ?? 20),
  messages: Number(process.env.HM_MESSAGES ?? 20000),
  minutes: Number(process.env.HM_MINUTES ?? 60), // of load at most
  samples: Number(process.env.HM_SAMPLES ?? 200),
};
const bad = ["Mr Hale is a useless idiot", "what an idiot that Mrs Marsh is, useless", "you are such an idiot, Sam"];
const good = ["See you all at the cake sale on Friday", "Has anybody found a blue jumper", "Which page was the homework on",
  "The bus is late again this morning", "Thank you for the lovely concert", "Swimming is on Tuesday this week"];
const quantile = (values, q) => { const s = [...values].sort((a, b) => a - b); return s.length ? Number(s[Math.min(s.length - 1, Math.floor(q * s.length))].toFixed(1)) : null; };
const report = (name, values) => ({ [`${name}_p50_ms`]: quantile(values, 0.5), [`${name}_p95_ms`]: quantile(values, 0.95), [`${name}_p99_ms`]: quantile(values, 0.99) });
const cpu = (pid) => { const f = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" "); return (Number(f[11]) + Number(f[12])) / 100; };
const resident = (pid) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024);

// A bot that redacts whatever begins with "judged by nobody": what redacting costs at least.
async function simpleBot(url, token) {
  const client = new Client({ url }, "", token, "");
  client.patient = true;
  await client.watch((event, room) => {
    if (event.content?.body?.startsWith("judged by nobody")) client.redact(room, event.event_id);
  });
  process.send("ready");
}

async function hallmonitor(synapse, bot, more = "", url = synapse.url) {
  const daemon = await new Daemon(binaries.release).prepare();
  writeFileSync(join(daemon.folder, "token"), bot.token, { mode: 0o600 });
  daemon.configure(`matrix:\n  homeserver: ${url}\n  token_file: ${daemon.folder}/token\n${more}`);
  await daemon.start().up();
  await daemon.signIn();
  await until("the link is up", 60000, async () => (await daemon.get("/api/status")).adapters.find((x) => x.name === "matrix").link === "up");
  return daemon;
}

async function startSimple(synapse, token) {
  const child = fork(new URL(import.meta.url), ["simple-bot", synapse.url, token], { env: process.env });
  await new Promise((done) => child.once("message", done));
  return child;
}

const ownTimes = async (daemon) => Object.fromEntries([...(await daemon.get("/metrics")).matchAll(/frame_to_act_seconds\{quantile="([\d.]+)"\} ([\d.]+)/g)]
  .map(([, q, v]) => [`frame_to_act_p${q * 100}_ms`, Number((v * 1000).toFixed(2))]));

async function inTurn(count, width, task) {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => { while (next < count) await task(next++); }));
}

async function moderatedRoom(owner, bots, members) {
  const room = await owner.createRoom({ preset: "public_chat" });
  for (const bot of bots) { await bot.join(room); await owner.power(room, bot.user, 50); }
  await inTurn(members.length, 8, (i) => members[i].join(room));
  return room;
}

// Both bots in one run, by turns; a third client sees when.
async function latency() {
  const synapse = await (await new Synapse().prepare()).start().up();
  const [owner, bot, simple, observer] = await Promise.all(["owner", "monitor", "simple", "observer"].map((n) => synapse.register(n)));
  const people = await synapse.crowd(20);
  const room = await moderatedRoom(owner, [bot, simple], [...people, observer]);
  const daemon = await hallmonitor(synapse, bot);
  const child = await startSimple(synapse, simple.token);
  const seen = new Map(), gone = new Map();
  await observer.watch((event, _, at) => {
    if (event.type === "m.room.redaction") gone.set(event.redacts ?? event.content.redacts, at);
    else seen.set(event.event_id, at);
  });
  const sent = { ours: [], simple: [] }, visible = { ours: [], simple: [] };
  // The first of each person opens a private room for the notice: that is not measured.
  for (let i = -2 * people.length; i < size.samples * 2; i++) {
    const who = i % 2 ? "ours" : "simple";
    const began = performance.now();
    const id = await people[(i + 40) % 20].send(room, i % 2 ? `${bad[(i + 40) % 3]} (${i})` : `judged by nobody ${i}`);
    await until("the redaction", 20000, () => gone.has(id) && seen.has(id));
    if (i >= 0) {
      sent[who].push(gone.get(id) - began);
      visible[who].push(Math.max(0, gone.get(id) - seen.get(id)));
    }
    await sleep(i < 0 ? 500 : 250);
  }
  const median = (values) => quantile(values, 0.5);
  console.log(JSON.stringify({ bench: "latency", samples: size.samples, ...report("sent_to_redacted", sent.ours), ...report("simple_sent_to_redacted", sent.simple),
    ...report("visible_to_redacted", visible.ours), ...report("simple_visible_to_redacted", visible.simple),
    ...await ownTimes(daemon), added_median_ms: Number((median(sent.ours) - median(sent.simple)).toFixed(1)) }));
  child.kill();
  await observer.unwatch();
  await daemon.stop();
  daemon.remove();
  synapse.remove();
}

async function load() {
  const synapse = await (await new Synapse().prepare()).start().up();
  const [owner, bot, simple, observer] = await Promise.all(["owner", "monitor", "simple", "observer"].map((n) => synapse.register(n)));
  const people = await synapse.crowd(size.users);
  const plain = await moderatedRoom(owner, [simple], [...people.slice(0, 20), observer]);
  const child = await startSimple(synapse, simple.token);
  const rooms = [];
  for (let r = 0; r < size.rooms; r++) {
    const members = people.filter((_, i) => [0, 1, 2, 3].some((k) => (i * 7 + k * 5) % size.rooms === r));
    rooms.push({ id: await moderatedRoom(owner, [bot], [...members, observer]), members });
  }
  const seen = new Map(), gone = new Map(), reasons = new Map();
  await observer.watch((event, _, at) => {
    if (event.type === "m.room.redaction") {
      const id = event.redacts ?? event.content.redacts;
      gone.set(id, [...(gone.get(id) ?? []), at]);
      reasons.set(id, event.content.reason);
    } else seen.set(event.event_id, at);
  });
  // Synapse alone first: the same talk without the bot.
  const talk = async (first, count, onsent = () => {}) => {
    const record = { bad: [], simple: [], edits: 0, sent: 0, took: [] };
    const began = performance.now();
    await inTurn(count, 12, async (k) => {
      if (performance.now() > deadline) return;
      onsent(++record.sent);
      const i = first + k;
      const room = rooms[i % rooms.length];
      const author = room.members[Math.floor(i / rooms.length) % room.members.length];
      const offends = i % 20 === 7;
      const text = `${(offends ? bad : good)[Math.floor(i / 20) % (offends ? bad : good).length]} (${i})`;
      // As often as somebody offends.
      if (i % 20 === 17) record.simple.push(await people[Math.floor(i / 20) % 20].send(plain, `judged by nobody ${i}`));
      const at = performance.now();
      // A tenth are edits of something harmless, of which one in twenty offends as well.
      if (i % 10 === 4) {
        const original = await author.send(room.id, `${good[i % good.length]} (${i})`);
        const offending = i % 200 === 104;
        const edit = await author.edit(room.id, original, offending ? `${bad[i % 3]} (${i})` : `${good[(i + 1) % good.length]} (${i})`);
        record.edits++;
        if (offending) record.bad.push([room.id, edit]);
      } else {
        const id = await author.send(room.id, text);
        record.took.push(performance.now() - at);
        if (offends) record.bad.push([room.id, id]);
      }
    });
    return { ...record, seconds: (performance.now() - began) / 1000 };
  };
  const deadline = performance.now() + size.minutes * 60000;
  const slice = Math.floor(size.messages / 10);
  const before = synapse.cpu();
  const alone = await talk(0, slice);
  const aloneCpu = synapse.cpu() - before;

  const proxy = await new Proxy(synapse.port).listen();
  const daemon = await hallmonitor(synapse, bot, "", proxy.url);
  let cutting = true, cuts = 0;
  const cutter = (async () => { while (cutting) { await sleep(2000 + Math.random() * 3000); proxy.cut(); cuts++; } })();
  const cpuBefore = { synapse: synapse.cpu(), ours: cpu(daemon.process.pid) };
  const memory = [resident(daemon.process.pid)];
  const sampler = setInterval(() => { try { memory.push(resident(daemon.process.pid)); } catch { /* being killed */ } }, 5000);
  // Kills at these shares of the talk; who is away meanwhile is waited for.
  const kills = process.env.HM_RESTARTS === "no" ? [] : [[0.15, daemon], [0.3, synapse], [0.5, daemon], [0.7, synapse], [0.85, daemon]];
  const used = { synapse: 0, ours: 0 };
  const killed = [];
  for (const who of people) who.patient = true;
  const run = await talk(slice, size.messages, (sent) => {
    if (!kills.length || sent < kills[0][0] * size.messages) return;
    const [, victim] = kills.shift();
    killed.push((async () => {
      used[victim === daemon ? "ours" : "synapse"] += cpu(victim.process.pid);
      await victim.kill();
      await victim.start().up();
    })());
  });
  await Promise.all(killed);
  const offending = run.bad;
  await until("every redaction", 600000, () => offending.every(([, id]) => gone.has(id)) && run.simple.every((id) => gone.has(id))).catch(() => {});
  cutting = false;
  await cutter;
  await sleep(3000);
  clearInterval(sampler);
  const wanted = new Set(offending.map(([, id]) => id));
  // Offending words of the first part in a room that the bot had joined just before.
  for (const [, id] of alone.bad) gone.delete(id);
  const timesOf = (ids) => ids.filter((id) => gone.has(id) && seen.has(id)).map((id) => Math.max(0, gone.get(id)[0] - seen.get(id)));
  const times = timesOf(offending.map(([, id]) => id));
  const simpleTimes = timesOf(run.simple), aloneTimes = timesOf(alone.simple);
  for (const id of [...run.simple, ...alone.simple]) gone.delete(id);
  for (const [id] of gone) if (!wanted.has(id)) console.error(`not wanted: ${id}: ${reasons.get(id)}`);
  console.log(JSON.stringify({ bench: "load", users: size.users, rooms: size.rooms, messages: run.sent, edits: run.edits, offending: wanted.size, cuts, kills: killed.length,
    connections: proxy.connections, missed: offending.filter(([, id]) => !gone.has(id)).length,
    redacted_twice: [...gone.values()].filter((x) => x.length > 1).length, redacted_wrongly: [...gone.keys()].filter((id) => !wanted.has(id)).length,
    ...report("visible_to_redacted", times), ...report("simple_visible_to_redacted", simpleTimes), ...report("alone_simple_visible_to_redacted", aloneTimes),
    simple_share_of_median: Number((quantile(simpleTimes, 0.5) / quantile(times, 0.5)).toFixed(2)), ...await ownTimes(daemon),
    messages_a_second: Number((run.sent / run.seconds).toFixed(1)), alone_messages_a_second: Number((slice / alone.seconds).toFixed(1)),
    ...report("send", run.took), ...report("alone_send", alone.took),
    synapse_cpu_ms_a_message: Number(((synapse.cpu() + used.synapse - cpuBefore.synapse) * 1000 / run.sent).toFixed(2)),
    alone_synapse_cpu_ms_a_message: Number((aloneCpu * 1000 / slice).toFixed(2)),
    our_cpu_ms_a_message: Number(((cpu(daemon.process.pid) + used.ours - cpuBefore.ours) * 1000 / run.sent).toFixed(3)),
    our_memory_mib: { first: memory[0], most: Math.max(...memory), last: memory.at(-1) } }));
  child.kill();
  await observer.unwatch();
  await daemon.stop();
  daemon.remove();
  proxy.close();
  synapse.remove();
}

// Two Synapses, one that asks and one that does not, by turns.
async function preview() {
  const question = { port: await freePort(), token: "t".repeat(40) };
  const asking = await (await new Synapse({ preview: question }).prepare()).start().up();
  const plain = await (await new Synapse().prepare()).start().up();
  const setting = async (synapse) => {
    const [owner, bot] = await Promise.all(["owner", "monitor"].map((n) => synapse.register(n)));
    const people = await synapse.crowd(20);
    return { bot, people, room: await moderatedRoom(owner, [bot], people) };
  };
  const a = await setting(asking), b = await setting(plain);
  const daemon = await new Daemon(binaries.release).prepare();
  writeFileSync(join(daemon.folder, "token"), a.bot.token, { mode: 0o600 });
  writeFileSync(join(daemon.folder, "preview"), question.token, { mode: 0o600 });
  daemon.configure(`matrix:\n  homeserver: ${asking.url}\n  token_file: ${daemon.folder}/token\n  preview: {port: ${question.port}, token_file: ${daemon.folder}/preview}\n`);
  await daemon.start().up();
  await daemon.signIn();
  await until("the link is up", 60000, async () => (await daemon.get("/api/status")).adapters.find((x) => x.name === "matrix").link === "up");
  const seen = [];
  await a.people[0].watch((event) => seen.push(event));
  const took = { asking: [], plain: [] };
  let refused = 0, tried = 0;
  for (let i = 0; i < size.samples * 5; i++) {
    for (const [name, s] of i % 2 ? [["asking", a], ["plain", b]] : [["plain", b], ["asking", a]]) {
      const began = performance.now();
      await s.people[i % 20].send(s.room, `${good[i % good.length]} (${i})`);
      took[name].push(performance.now() - began);
    }
    if (i % 20 === 3) {
      tried++;
      await a.people[i % 20].send(a.room, `${bad[i % 3]} (${i})`).catch((x) => { if (x.status === 403) refused++; });
    }
    await sleep(70); // what twenty people may say without being a flood
  }
  await sleep(1000);
  await a.people[0].unwatch();
  // The answer alone, without a homeserver around it.
  const alone = [];
  for (let i = 0; i < 500; i++) {
    const began = performance.now();
    await (await fetch(`http://127.0.0.1:${question.port}/check_event_for_spam`, { method: "POST", headers: { authorization: `Bearer ${question.token}` },
      body: JSON.stringify({ event: { type: "m.room.message", event_id: `$${i}`, sender: a.people[i % 20].user, room_id: a.room,
        content: { msgtype: "m.text", body: `${good[i % good.length]} (${i})` } } }) })).text();
    alone.push(performance.now() - began);
  }
  const { previews_timed_out: timed_out, preview_longest_ms: longest_ms } = (await daemon.get("/api/status")).adapters.find((x) => x.name === "matrix");
  const visible = seen.filter((x) => bad.some((t) => x.content?.body?.startsWith(t))).length;
  console.log(JSON.stringify({ bench: "preview", sent: size.samples * 5, offending: tried, refused, offending_visible: visible, timed_out, longest_ms,
    ...report("send", took.asking), ...report("plain_send", took.plain), ...report("answer_alone", alone),
    added_p50_ms: Number((quantile(took.asking, 0.5) - quantile(took.plain, 0.5)).toFixed(1)),
    added_p99_ms: Number((quantile(took.asking, 0.99) - quantile(took.plain, 0.99)).toFixed(1)) }));
  await daemon.stop();
  daemon.remove();
  asking.remove();
  plain.remove();
}

if (process.argv[2] === "simple-bot") {
  await simpleBot(process.argv[3], process.argv[4]);
} else {
  const benches = { latency, load, preview };
  for (const [name, bench] of Object.entries(benches)) {
    if (!process.env.HM_BENCH || process.env.HM_BENCH === name) await bench();
  }
  process.exit(0);
}
