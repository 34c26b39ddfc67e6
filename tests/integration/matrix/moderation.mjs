// What members see, and what moderators do about it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, sleep, until } from "../lib/daemon.mjs";
import { bad, good, started, hidden, redactions, stopped, alerts, caseOf, stateOf } from "./world.mjs";

export async function story(w) {
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
export async function everythingReadable(w) {
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
    htmlOnly: p.send(room, "", { format: "org.matrix.custom.html", formatted_body: bad.replace("useless", "use<b>less</b>") }),
    htmlText: p.sendEvent(room, "m.message", { "m.text": [{ mimetype: "text/html", body: bad.replace("useless", "<i>use</i>less") }] }),
    editedCaption: p.send(room, "* y", { msgtype: "m.image", url: "mxc://school.test/x", "m.relates_to": { rel_type: "m.replace", event_id: await p.send(room, "x", { msgtype: "m.image", url: "mxc://school.test/x" }) },
      "m.new_content": { msgtype: "m.image", url: "mxc://school.test/x", filename: "x.png", body: bad } }),
    pictureReaction: p.sendEvent(room, "m.reaction", { shortcode: bad, "m.relates_to": { rel_type: "m.annotation", event_id: thread, key: "mxc://school.test/x" } }),
    pollEnd: p.sendEvent(room, "org.matrix.msc3381.poll.end", { "org.matrix.msc1767.text": bad, "m.relates_to": { rel_type: "m.reference", event_id: thread } }),
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

// The ways of redacting differ between versions of rooms, and so do their power levels.
export async function roomVersions(w) {
  const rooms = await Promise.all(["6", "9", "10", "11", "12"].map((version) => w.room({ room_version: version })));
  w.configure();
  await started(w);
  for (const room of rooms) {
    const offending = await w.pupil.send(room, bad);
    const original = await w.pupil.send(room, good);
    const edit = await w.pupil.edit(room, original, bad);
    await hidden(w, room, offending);
    await hidden(w, room, edit);
    const all = (await redactions(w.other, room)).map((x) => x.redacts ?? x.content.redacts);
    assert.deepEqual([...all].sort(), [offending, edit].sort());
  }
  assert.doesNotMatch(JSON.stringify(await w.daemon.get("/api/status")), /cannot hide/);
  await stopped(w);
}

export async function controlRoom(w) {
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
  assert.ok(!alert.content.body.includes("idiot"), "in what notifications show, the words are behind a spoiler only");
  assert.match(alert.content.formatted_body, /data-mx-spoiler="message">[^<]*idiot/);

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

  // An edit in a thread comes back there; moderators may talk about an alert in a thread of its own.
  const harmless = await w.pupil.send(room, good, { "m.relates_to": { rel_type: "m.thread", event_id: thread } });
  const edit = await w.pupil.edit(room, harmless, bad);
  await hidden(w, room, edit);
  const third = await until("a third case", 10000, async () => (await w.daemon.get("/api/cases?state=open")).cases.find((c) => c.revision === edit || c.message_id === harmless));
  const last = await until("a third alert", 10000, async () => (await alerts(w, control)).find((x) => x.content["hallmonitor.case"] === third.id));
  const talk = (body, before) => w.teacher.send(control, body, { "m.relates_to": { rel_type: "m.thread", event_id: last.event_id, is_falling_back: true, "m.in_reply_to": { event_id: before } } });
  await talk("restore", await talk("What do you think?", last.event_id));
  await stateOf(w, third.id, "restored");
  const again = await until("the edit is back", 10000, async () => (await w.other.history(room)).find((x) =>
    x.sender === w.bot.user && x.content["m.relates_to"]?.["m.in_reply_to"]?.event_id === harmless));
  assert.equal(again.content["m.relates_to"].event_id, thread);

  // Encryption takes the moderators' words away.
  await w.teacher.state(control, "m.room.encryption", "", { algorithm: "m.megolm.v1.aes-sha2" });
  await until("a note about it", 5000, async () => JSON.stringify(await w.daemon.get("/api/status")).includes("only reactions decide"));
  await stopped(w);
}

// The author gets a private word; a clause with mute_hours takes the voice away for a time.
export async function noticesAndMutes(w) {
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
  // Asked again because an answer was lost, it is the same room.
  await w.bot.call("PUT", `/user/${encodeURIComponent(w.bot.user)}/account_data/m.direct`, {});
  assert.equal(await w.daemon.stop(), 0, w.daemon.log.slice(-3000));
  await started(w);
  await w.teacher.power(room, w.pupil.user, 0);
  await hidden(w, room, await w.pupil.send(room, `${bad} once more`));
  await until("the second notice", 10000, async () => (await w.pupil.history(dm)).filter((x) => x.type === "m.room.message").length === 2);
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

export async function hostileEvents(w) {
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
  // What JSON allows and many readers do not.
  for (const odd of ['"\\ud800"', '"x","\\u0000":1', `"x","y":${"[".repeat(3000)}${"]".repeat(3000)}`, '"x","n":1e400', '"x","n":123456789012345678901234567890']) {
    await fetch(`${w.synapse.url}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/odd${odd.length}`,
      { method: "PUT", headers: { authorization: `Bearer ${p.token}` }, body: `{"msgtype":"m.text","body":${odd}}` });
  }
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
