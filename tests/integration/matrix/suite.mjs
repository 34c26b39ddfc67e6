import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Daemon, binaries, freePort, root, sleep, suite, until } from "../lib/daemon.mjs";
import { Proxy, Synapse, server } from "./synapse.mjs";

const bad = "Mr Hale is a useless idiot";
const good = "See you all at the cake sale on Friday";
const binary = binaries.asan;

// Synapse, the bot's account and hallmonitor in one; everything is removed at the end.
async function world(options, test) {
  const synapse = options.synapse ?? await new Synapse(options).prepare();
  const w = { synapse };
  try {
    if (!options.synapse) await synapse.start().up();
    const n = world.count = (world.count ?? 0) + 1;
    w.bot = await synapse.register(`monitor${n}`);
    w.teacher = await synapse.register(`teacher${n}`);
    w.pupil = await synapse.register(`pupil${n}`);
    w.other = await synapse.register(`other${n}`);
    w.token = undefined;
    w.daemon = await new Daemon(options.binary ?? binary).prepare();
    w.tokenFile = join(w.daemon.folder, "token");
    writeFileSync(w.tokenFile, w.bot.token, { mode: 0o600 });
    // A room as a school makes it: the bot is its moderator.
    w.room = (settings = {}) => makeRoom(w, settings);
    w.configure = (more = "", url = synapse.url) => w.daemon.configure(
      `matrix:\n  homeserver: ${url}\n  token_file: ${w.tokenFile}\n  inviters: ["${w.teacher.user}"]\n${more}`);
    await test(w);
  } finally {
    w.daemon?.remove();
    if (!options.synapse) synapse.remove();
  }
}

async function makeRoom(w, { members = [w.pupil, w.other], level = 50, ...options } = {}) {
  const room = await w.teacher.createRoom({ ...options });
  await w.bot.join(room);
  if (level) await w.teacher.power(room, w.bot.user, level);
  await Promise.all(members.map((m) => m.join(room)));
  return room;
}

const adapterStatus = async (w) => (await w.daemon.get("/api/status")).adapters.find((a) => a.name === "matrix");
const started = async (w) => {
  await w.daemon.start().up();
  await w.daemon.signIn();
  await until("the link is up", 20000, async () => (await adapterStatus(w)).link === "up");
};
const hidden = (w, room, id, ms = 10000) => until(`${id} is redacted`, ms, () => w.other.redacted(room, id));
const redactions = async (client, room) => (await client.history(room)).filter((x) => x.type === "m.room.redaction");
const stopped = async (w) => {
  assert.equal(await w.daemon.stop(), 0, w.daemon.log.slice(-3000));
  assert.ok(!w.daemon.log.includes("useless"), "message text must not be in the log");
  assert.ok(!w.daemon.log.includes(w.bot.token), "the token must not be in the log");
};

let shared;
const onShared = (test, more = {}) => async () => {
  const began = performance.now();
  shared ??= await (await new Synapse().prepare()).start().up();
  const skip = await world({ synapse: shared, ...more }, test);
  console.error(`${test.name}: ${Math.round(performance.now() - began)} ms`);
  return skip;
};

async function story(w) {
  const room = await w.room();
  w.configure();
  await w.pupil.send(room, `${bad}, said before the bot was there`);
  await started(w);
  const fine = await w.pupil.send(room, good);
  const offending = await w.pupil.send(room, bad);
  await hidden(w, room, offending);
  const shown = await w.pupil.send(room, good, { format: "org.matrix.custom.html", formatted_body: "Mr Hale is a <b>use</b>less id&#105;ot" });
  await hidden(w, room, shown);
  const edited = await w.pupil.send(room, "Hello all");
  const edit = await w.pupil.edit(room, edited, bad);
  await hidden(w, room, edit);
  assert.equal(await w.other.redacted(room, edited), false, "the original said nothing wrong");

  // The original goes with all its edits, also with one that comes later.
  const first = await w.pupil.send(room, good);
  const second = await w.pupil.edit(room, first, "Hello there");
  await sleep(300);
  const third = await w.pupil.send(room, bad);
  const fourth = await w.pupil.edit(room, third, "something harmless");
  await hidden(w, room, third);
  await hidden(w, room, fourth);
  const late = await w.pupil.edit(room, third, "something harmless again");
  await hidden(w, room, late);
  const notTheirs = await w.other.edit(room, third, "somebody else's words");
  await sleep(500);
  for (const id of [fine, first, second, notTheirs]) assert.equal(await w.other.redacted(room, id), false, id);

  const all = await redactions(w.other, room);
  const targets = all.map((x) => x.redacts ?? x.content.redacts);
  assert.equal(new Set(targets).size, targets.length, "nothing is redacted twice");
  assert.ok(all.every((x) => x.sender === w.bot.user));
  assert.match(all[0].content.reason, /case \d+/);
  await stopped(w);
}


// Whatever members can read, in every way of writing it.
async function everythingReadable(w) {
  const room = await w.room();
  w.configure();
  await started(w);
  const p = w.pupil;
  const thread = await p.send(room, "about Friday");
  const posts = {
    text: p.send(room, bad),
    notice: p.send(room, bad, { msgtype: "m.notice" }),
    caption: p.send(room, bad, { msgtype: "m.image", url: "mxc://school.test/x", filename: "x.png", info: { mimetype: "image/png" } }),
    fileName: p.send(room, "a picture", { msgtype: "m.file", url: "mxc://school.test/x", filename: `${bad}.png` }),
    spoiler: p.send(room, "look", { format: "org.matrix.custom.html", formatted_body: `<span data-mx-spoiler="${bad}">?</span>` }),
    link: p.send(room, "look", { format: "org.matrix.custom.html", formatted_body: `<a href="https://x.test/" title="${bad}">here</a>` }),
    inThread: p.send(room, bad, { "m.relates_to": { rel_type: "m.thread", event_id: thread } }),
    sticker: p.sendEvent(room, "m.sticker", { body: bad, url: "mxc://school.test/x", info: {} }),
    poll: p.sendEvent(room, "org.matrix.msc3381.poll.start", { "org.matrix.msc3381.poll.start": {
      question: { "org.matrix.msc1767.text": "Lunch?" }, answers: [{ id: "a", "org.matrix.msc1767.text": "Soup" }, { id: "b", "org.matrix.msc1767.text": bad }] } }),
    stablePoll: p.sendEvent(room, "m.poll.start", { "m.poll": { question: { "m.text": [{ body: bad }] }, answers: [] } }),
    reaction: p.react(room, thread, bad),
    preview: p.send(room, "https://x.test/", { "com.beeper.linkpreviews": [{ matched_url: "https://x.test/", "og:title": bad }] }),
    unknownType: p.sendEvent(room, "test.school.note", { body: bad }),
    roomName: w.teacher.state(room, "m.room.name", "", { name: bad }),
    topic: w.teacher.state(room, "m.room.topic", "", { topic: bad }),
  };
  for (const [what, id] of Object.entries(posts)) await hidden(w, room, await id).catch((x) => assert.fail(`${what}: ${x.message}`));
  await p.call("PUT", `/profile/${encodeURIComponent(p.user)}/displayname`, { displayname: bad });
  await until("the display name is gone from the room", 10000, async () =>
    !(await w.other.getState(room, "m.room.member", p.user)).displayname);
  const fine = [w.other.send(room, good), w.other.react(room, thread, "\u{1F44D}"), w.teacher.state(room, "m.room.name", "", { name: "Year 7 parents" })];
  await sleep(700);
  for (const id of fine) assert.equal(await w.other.redacted(room, await id), false);

  // What a real client library shows of it.
  const { createClient } = await import(pathToFileURL(join(process.env.NODE_PATH, "matrix-js-sdk/lib/index.js")));
  const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => quiet };
  const client = createClient({ baseUrl: w.synapse.url, accessToken: w.other.token, userId: w.other.user, logger: quiet });
  await client.startClient({ initialSyncLimit: 200, disablePresence: true });
  await until("the client has the room", 10000, () => client.isInitialSyncComplete() && client.getRoom(room));
  const shown = JSON.stringify(client.getRoom(room).getLiveTimeline().getEvents().map((x) => x.getContent()));
  client.stopClient();
  assert.ok(!shown.includes("useless"), shown.slice(0, 2000));
  assert.ok(shown.includes("cake sale"));
  await stopped(w);
}

const alerts = async (w, control) => (await w.teacher.history(control)).filter((x) => x.sender === w.bot.user &&
  x.type === "m.room.message" && !x.content["m.relates_to"]);
const caseOf = (w, id) => until(`a case for ${id}`, 10000, async () =>
  (await w.daemon.get("/api/cases?state=")).cases.find((c) => c.message_id === id));
const stateOf = (w, number, state) => until(`case ${number} is ${state}`, 10000, async () =>
  (await w.daemon.get(`/api/case/${number}`)).state === state);

async function controlRoom(w) {
  const room = await w.room();
  const control = await w.room({ members: [w.other] });
  w.configure(`  control_room: "${control}"\n`);
  await started(w);
  const thread = await w.pupil.send(room, "about Friday");
  const one = await w.pupil.send(room, bad, { "m.relates_to": { rel_type: "m.thread", event_id: thread } });
  await hidden(w, room, one);
  const first = await caseOf(w, one);
  const [alert] = await until("an alert", 10000, async () => { const all = await alerts(w, control); return all.length && all; });
  assert.equal(alert.content["hallmonitor.case"], first.id);
  assert.match(alert.content.body, /React or reply/);
  assert.ok(!alert.content.body.includes("useless"), "in what notifications show, the words are behind a spoiler only");
  assert.match(alert.content.formatted_body, /data-mx-spoiler="message">[^<]*useless/);

  // Neither a member nor a made-up alert decides.
  await w.other.react(control, alert.event_id, "\u21a9\ufe0f");
  const fake = await w.other.send(control, "Case", { "hallmonitor.case": first.id });
  await w.teacher.react(control, fake, "\u21a9\ufe0f");
  await w.teacher.react(control, alert.event_id, "\u{1F44D}");
  await w.other.send(control, "what a useless idiot rule"); // moderators' own words stay
  await sleep(700);
  assert.equal((await w.daemon.get(`/api/case/${first.id}`)).state, "open");

  await w.teacher.react(control, alert.event_id, "\u21a9\ufe0f");
  await stateOf(w, first.id, "restored");
  const back = await until("the message is back", 10000, async () => (await w.other.history(room)).find((x) =>
    x.sender === w.bot.user && x.content.body?.includes(bad)));
  assert.equal(back.content["m.relates_to"].event_id, thread);
  assert.equal(back.content["m.relates_to"]["m.in_reply_to"].event_id, one);
  assert.match(back.content.body, /brought back/);
  const updated = await until("the alert is updated", 10000, async () => (await w.teacher.history(control)).find((x) =>
    x.sender === w.bot.user && x.content["m.relates_to"]?.rel_type === "m.replace"));
  assert.equal(updated.content["m.relates_to"].event_id, alert.event_id);
  assert.match(updated.content["m.new_content"].body, /estored/);

  // A decision by word, on an alert of an earlier run.
  const two = await w.pupil.send(room, bad);
  await hidden(w, room, two);
  const second = await caseOf(w, two);
  const next = await until("a second alert", 10000, async () => (await alerts(w, control)).find((x) => x.content["hallmonitor.case"] === second.id));
  assert.equal(await w.daemon.stop(), 0);
  await w.teacher.send(control, `> <@x:y> quoted\n> more\n\nuphold`, { "m.relates_to": { "m.in_reply_to": { event_id: next.event_id } } });
  await started(w);
  await stateOf(w, second.id, "upheld");
  assert.equal(await w.other.redacted(room, two), true);
  await stopped(w);
}

// Down for a while, with more said than one answer holds: all of it is judged, oldest first.
async function limitedTimelines(w) {
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

async function faultyLine(w) {
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
    assert.ok(proxy.connections > 10, "every cut made it connect again");
    await stopped(w);
  } finally {
    proxy.close();
  }
}

async function invitations(w) {
  const aliased = await w.teacher.createRoom({ preset: "public_chat", room_alias_name: `pupils${world.count}` });
  const alias = `#pupils${world.count}:${server}`;
  await w.pupil.join(aliased);
  await w.teacher.power(aliased, w.bot.user, 50);
  await w.other.join(aliased);
  w.configure(`  rooms: ["${alias}", "#nowhere:${server}"]\nchannels:\n  - {adapter: matrix, id: "${alias}", audience: pupils}\n`);
  await started(w);
  const offending = await w.pupil.send(aliased, bad);
  await hidden(w, aliased, offending);
  assert.equal((await caseOf(w, offending)).channel, alias);
  const notes = async () => JSON.stringify(await w.daemon.get("/api/status"));
  await until("a note about the room that is not there", 5000, async () => (await notes()).includes("#nowhere"));

  // Invited by a listed person: comes, and says that it lacks power until it has it.
  const invited = await w.teacher.createRoom({ preset: "private_chat", invite: [w.bot.user, w.pupil.user] });
  await w.pupil.join(invited);
  const member = (room) => w.teacher.getState(room, "m.room.member", w.bot.user).then((x) => x.membership, () => "none");
  await until("it joins", 10000, async () => (await member(invited)) === "join");
  await until("a note about the power level", 5000, async () => (await notes()).includes(`power level of 0 and needs 50`));
  await w.teacher.power(invited, w.bot.user, 50);
  const there = await w.pupil.send(invited, bad);
  await until("redacted there", 10000, () => w.teacher.redacted(invited, there));
  // By anybody else: not.
  const refused = await w.pupil.createRoom({ preset: "private_chat", invite: [w.bot.user] });
  await until("it declines", 10000, async () => (await w.pupil.getState(refused, "m.room.member", w.bot.user)).membership === "leave");

  // A replaced room is followed.
  const next = (await w.teacher.call("POST", `/rooms/${encodeURIComponent(invited)}/upgrade`, { new_version: "11" })).replacement_room;
  await w.teacher.invite(next, w.bot.user).catch(() => {});
  await until("it follows", 10000, async () => (await member(next)) === "join");

  // An encrypted room is reported once.
  await w.teacher.state(aliased, "m.room.encryption", "", { algorithm: "m.megolm.v1.aes-sha2" });
  await w.pupil.sendEvent(aliased, "m.room.encrypted", { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "x", session_id: "y" });
  await until("a note about encryption", 5000, async () => (await notes()).includes("is encrypted"));
  await stopped(w);
}

async function hostileEvents(w) {
  const room = await w.room();
  w.configure();
  await started(w);
  const p = w.pupil;
  const target = await w.other.send(room, good);
  const deep = (n) => { let x = { body: "x" }; for (let i = 0; i < n; i++) x = { a: x }; return x; };
  const html = (formatted_body) => ({ format: "org.matrix.custom.html", formatted_body });
  const tries = [
    () => p.sendEvent(room, "m.room.message", {}),
    () => p.sendEvent(room, "m.room.message", { body: 7, msgtype: [] }),
    () => p.sendEvent(room, "m.room.message", { body: { a: 1 }, msgtype: "m.text", formatted_body: [1] }),
    () => p.send(room, "x".repeat(60000)),
    () => p.send(room, "deep", html("<div>".repeat(9000))),
    () => p.send(room, "open", html("<a href=\"".repeat(5000))),
    () => p.send(room, "entities", html("&#x110000;&#0;&#xd800;&bogus;&amp".repeat(1000))),
    () => p.send(room, "nul \u0000 inside"),
    () => p.sendEvent(room, "m.room.message", { msgtype: "m.text", body: "nested", x: deep(60) }),
    () => p.sendEvent(room, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: 5, key: {} } }),
    () => p.sendEvent(room, "m.reaction", { "m.relates_to": [] }),
    () => p.send(room, "a", { "m.relates_to": { rel_type: "m.replace", event_id: "$none" }, "m.new_content": 5 }),
    () => p.send(room, "a", { "m.relates_to": { rel_type: "m.replace", event_id: `$${"x".repeat(400)}` }, "m.new_content": { body: "a", msgtype: "m.text" } }),
    () => p.edit(room, target, "not my message"),
    () => p.sendEvent(room, "org.matrix.msc3381.poll.start", { "org.matrix.msc3381.poll.start": { question: [], answers: { a: 1 } } }),
    () => p.sendEvent(room, "m.room.redaction", { redacts: target }),
    () => p.send(room, "m", { "m.mentions": { user_ids: "all", room: "yes" } }),
    () => p.send(room, "control", { "hallmonitor.case": 1 }),
  ];
  for (const attempt of tries) await attempt().catch((x) => { if (x.status !== 400 && x.status !== 413 && x.status !== 404 && x.status !== 403) throw x; });
  const fakeEdit = await p.edit(room, target, bad); // of somebody else's message: judged as what it is
  await hidden(w, room, fakeEdit);
  assert.equal(await w.other.redacted(room, target), false, "the message that was not theirs stays");
  const after = await p.send(room, bad);
  await hidden(w, room, after);
  const all = (await redactions(w.other, room)).filter((x) => x.sender === w.bot.user).map((x) => x.content.redacts ?? x.redacts);
  assert.ok(all.includes(fakeEdit) && !all.includes(target));
  assert.equal(new Set(all).size, all.length);
  await stopped(w);
}


// The homeserver asks before it delivers: nobody ever sees it, and the sender is told why.
async function beforeDelivery() {
  const preview = { port: await freePort(), token: "t".repeat(40) };
  const synapse = await new Synapse({ preview }).prepare();
  await synapse.start().up();
  await world({ synapse }, async (w) => {
    const room = await w.room();
    const secret = join(w.daemon.folder, "preview-token");
    writeFileSync(secret, preview.token, { mode: 0o600 });
    w.configure(`  preview: {port: ${preview.port}, token_file: ${secret}}\n`);
    // Not there yet: the homeserver lets everything through.
    const open = await w.pupil.send(room, good);
    await started(w);
    const seen = [];
    await w.other.watch((event) => seen.push(event));
    await w.pupil.send(room, good);
    const refusal = await w.pupil.send(room, bad).then(() => assert.fail("it was delivered"), (x) => x);
    assert.equal(refusal.status, 403, refusal.message);
    assert.ok(refusal.body.error.length > 10, "a sentence for the author");
    const sent = await w.pupil.send(room, "Hello all");
    await assert.rejects(w.pupil.edit(room, sent, bad), /403/);
    await assert.rejects(w.pupil.react(room, sent, bad), /403/);
    const refused = await until("the cases", 10000, async () => {
      const { cases } = await w.daemon.get("/api/cases?state=");
      return cases.length === 3 && cases;
    });
    assert.ok(refused.every((c) => !c.hidden));

    // Strangers get no answer that counts, and what makes no sense is let through.
    const ask = (path, token, body, method = "POST") => fetch(`http://127.0.0.1:${preview.port}${path}`,
      { method, headers: { authorization: `Bearer ${token}` }, body });
    const event = JSON.stringify({ event: { type: "m.room.message", sender: w.pupil.user, room_id: room, event_id: "$x", content: { body: bad } } });
    assert.equal((await ask("/check_event_for_spam", "wrong", event)).status, 401);
    assert.equal((await ask("/check_event_for_spam", "", event)).status, 401);
    assert.equal((await ask("/check_event_for_spam", preview.token, event)).status, 403);
    assert.equal((await ask("/elsewhere", preview.token, event)).status, 404);
    assert.equal((await ask("/check_event_for_spam", preview.token, undefined, "GET")).status, 405);
    for (const body of ["", "[]", "{", '{"event":7}', '{"event":{"content":[]}}', "x".repeat(400 << 10), "[".repeat(5000)]) {
      assert.equal((await ask("/check_event_for_spam", preview.token, body)).status, 200, body.slice(0, 20));
    }
    assert.deepEqual(await (await ask("/ping", preview.token, '{"id":"abc"}')).json(), { id: "abc", status: "ok" });
    assert.equal(await w.daemon.stop(), 0, w.daemon.log.slice(-3000));
    // Gone: fails open; what was said meanwhile is found at the next start.
    const meanwhile = await w.pupil.send(room, bad);
    await started(w);
    await hidden(w, room, meanwhile);
    await w.other.unwatch();
    const shown = seen.filter((x) => JSON.stringify(x.content).includes("useless")).map((x) => x.event_id);
    assert.deepEqual(shown, [meanwhile]);
    assert.equal(await w.other.redacted(room, open), false);
    await stopped(w);
  }).finally(() => synapse.remove());
}

// kill -9 of hallmonitor three times and Synapse restarted twice, while people talk.
async function restarts() {
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

// With a password: tokens that end are renewed, softly or not; a bad token is said plainly.
async function logins(w) {
  const room = await w.room();
  const secret = join(w.daemon.folder, "password");
  writeFileSync(secret, w.bot.password, { mode: 0o600 });
  w.daemon.configure(`matrix:\n  homeserver: ${w.synapse.url}/\n  user: "${w.bot.user}"\n  password_file: ${secret}\n`);
  await started(w);
  await hidden(w, room, await w.pupil.send(room, bad));
  // Ends every device: the token is unknown from now on.
  await w.bot.call("POST", "/logout/all", {});
  const after = await w.pupil.send(room, `${bad} again`);
  await hidden(w, room, after);
  assert.match(w.daemon.log, /logging in again/);
  await stopped(w);

  writeFileSync(w.tokenFile, "not a token", { mode: 0o600 });
  w.configure();
  w.daemon.log = "";
  await w.daemon.start().up();
  await w.daemon.signIn();
  await until("it is refused", 10000, async () => (await adapterStatus(w)).link === "refused");
  assert.match(w.daemon.log, /does not accept the access token\. Make a new one/);
  await sleep(300);
  assert.equal((await adapterStatus(w)).link, "refused");
  assert.equal(await w.daemon.stop(), 0, w.daemon.log.slice(-3000));

  writeFileSync(secret, "wrong", { mode: 0o600 });
  w.daemon.configure(`matrix:\n  homeserver: ${w.synapse.url}\n  user: "${w.bot.user}"\n  password_file: ${secret}\n`);
  w.daemon.log = "";
  await w.daemon.start().up();
  await w.daemon.signIn();
  await until("it is refused", 10000, async () => (await adapterStatus(w)).link === "refused");
  assert.match(w.daemon.log, /refused the password/);
  assert.equal(await w.daemon.stop(), 0, w.daemon.log.slice(-3000));
}

// The author gets a private word; a clause with mute_hours takes the voice away for a time.
async function noticesAndMutes(w) {
  const room = await w.room({ level: 100 });
  const pack = join(w.daemon.folder, "strict.yaml");
  const text = readFileSync(join(root, "rules/policies/default.yaml"), "utf8").replace("id: default\n", "id: strict\n")
    .replaceAll(/^(  - id: .*)$/gm, "$1\n    mute_hours: 1");
  writeFileSync(pack, text);
  w.configure(`policy: ${pack}\n`);
  await started(w);
  const level = async () => (await w.teacher.getState(room, "m.room.power_levels")).users[w.pupil.user];
  const offending = await w.pupil.send(room, bad);
  await hidden(w, room, offending);
  await until("the pupil is muted", 10000, async () => (await level()) === -1);
  await assert.rejects(w.pupil.send(room, good), /403/);
  let asked = 0; // the homeserver repeats its answer to the same question for a while
  const dm = await until("an invitation to a private room", 10000, async () => {
    const sync = await w.pupil.call("GET", `/sync?timeout=${asked++}`);
    return Object.keys(sync.rooms?.invite ?? {})[0];
  });
  await w.pupil.join(dm);
  const note = await until("the notice", 5000, async () => (await w.pupil.history(dm)).find((x) => x.type === "m.room.message"));
  assert.match(note.content.body, /Your message was hidden because/);
  assert.equal(note.content.msgtype, "m.notice");
  // The teacher stands above the bot: that mute is refused and said so, the rest is done.
  const theirs = await w.teacher.send(room, bad);
  await hidden(w, room, theirs);
  assert.equal(await w.daemon.stop(), 0, w.daemon.log.slice(-3000));

  // The time is over while nobody was running.
  const db = join(w.daemon.folder, "state/store.db");
  execFileSync("sqlite3", [db, `UPDATE cursors SET value = CAST(replace(CAST(value AS TEXT), '"until":', '"until":1,"x":') AS BLOB) WHERE key = 'mutes'`]);
  await started(w);
  await until("the mute is lifted", 10000, async () => (await level()) === undefined);
  await w.pupil.send(room, good);
  await stopped(w);
}

// The doctor names what is missing, in words, and finds nothing once it is there.
async function doctor(w) {
  const ask = (...more) => {
    const run = spawnSync(binary, ["matrix", "doctor", "-c", w.daemon.config, ...more], { encoding: "utf8" });
    return { status: run.status, said: run.stdout + run.stderr };
  };
  const weak = await w.room({ level: 0, name: "weak" });
  const secret = await w.room({ initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }] });
  w.configure(`  control_room: "#moderators:${server}"\n  rooms: ["${weak}"]\n`);
  const first = ask();
  assert.equal(first.status, 78, first.said);
  assert.match(first.said, new RegExp(`hallmonitor is ${w.bot.user}`));
  assert.match(first.said, /cannot hide messages: it has a power level of 0 and needs 50/);
  assert.match(first.said, /is encrypted/);
  assert.match(first.said, /not in #moderators/);
  await w.teacher.power(weak, w.bot.user, 50);
  await w.bot.call("POST", `/rooms/${encodeURIComponent(secret)}/leave`, {});
  w.configure(`  control_room: "${weak}"\n  rooms: ["${weak}"]\n`);
  const second = ask("--limits");
  assert.equal(second.status, 0, second.said);
  assert.match(second.said, /does not slow hallmonitor down/);
  assert.match(second.said, /0 things to put right/);
  writeFileSync(w.tokenFile, "nonsense", { mode: 0o600 });
  assert.match(ask().said, /does not accept the access token/);
  writeFileSync(w.tokenFile, "nonsense", { mode: 0o644 });
  chmodSync(w.tokenFile, 0o644);
  assert.match(ask().said, /chmod 600/);
  w.configure("", "http://127.0.0.1:1");
  assert.match(ask().said, /does not answer/);
}

// At Synapse's own limits nothing is lost, only later; the doctor says what to do about it.
async function defaultLimits() {
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
    const offending = [];
    for (let i = 0; i < 12; i++) offending.push(await (i % 2 ? w.pupil : w.other).send(room, `${bad} (${i})`));
    for (const id of offending) await hidden(w, room, id, 40000);
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

const tests = {
  offending_messages_and_edits_vanish: onShared(story),
  everything_that_can_be_read_is_judged: onShared(everythingReadable),
  control_room_decides: onShared(controlRoom),
  limited_timelines_are_filled: onShared(limitedTimelines),
  faulty_line_loses_nothing: onShared(faultyLine),
  invitations_aliases_tombstones_and_encryption: onShared(invitations),
  hostile_events_are_never_obeyed: onShared(hostileEvents),
  logins_and_tokens_that_end: onShared(logins),
  authors_are_told_and_muted_for_a_time: onShared(noticesAndMutes),
  doctor_says_what_is_missing: onShared(doctor),
  default_limits_only_delay: defaultLimits,
  nobody_sees_what_is_refused_before_delivery: beforeDelivery,
  restarts_lose_nothing: restarts,
};

await suite("matrix", tests);
