import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon, binaries, freePort, sleep, suite, until } from "../lib/daemon.mjs";
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
  for (const m of members) await m.join(room);
  return room;
}

const started = async (w) => {
  await w.daemon.start().up();
  await w.daemon.signIn();
  await until("the link is up", 20000, async () => {
    const status = await w.daemon.get("/api/status");
    return status.adapters.find((a) => a.name === "matrix")?.link === "up";
  });
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
  shared ??= await (await new Synapse().prepare()).start().up();
  return world({ synapse: shared, ...more }, test);
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

const tests = {
  offending_messages_and_edits_vanish: onShared(story),
};

await suite("matrix", tests);
