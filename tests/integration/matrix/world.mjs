// Synapse, the bot's account and hallmonitor in one, and what the tests ask of them.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon, binaries, until } from "../lib/daemon.mjs";
import { Synapse } from "./synapse.mjs";

export const bad = "Mr Hale is a useless idiot";
export const good = "See you all at the cake sale on Friday";
export const binary = binaries.asan;

// Synapse, the bot's account and hallmonitor in one; everything is removed at the end.
export async function world(options, test) {
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
  } catch (error) {
    console.error(w.daemon?.log.split("\n").slice(-12).join("\n"));
    throw error;
  } finally {
    w.daemon?.remove();
    if (!options.synapse) synapse.remove();
  }
}

export async function makeRoom(w, { members = [w.pupil, w.other], level = 50, ...options } = {}) {
  const room = await w.teacher.createRoom({ ...options });
  await w.bot.join(room);
  if (level) await w.teacher.power(room, w.bot.user, level);
  await Promise.all(members.map((m) => m.join(room)));
  return room;
}

export const adapterStatus = async (w) => (await w.daemon.get("/api/status")).adapters.find((a) => a.name === "matrix");
export const started = async (w) => {
  await w.daemon.start().up();
  await w.daemon.signIn();
  await until("the link is up", 20000, async () => (await adapterStatus(w)).link === "up");
};
export const hidden = (w, room, id, ms = 30000) => until(`${id} is redacted`, ms, () => w.other.redacted(room, id));
export const redactions = async (client, room) => (await client.history(room)).filter((x) => x.type === "m.room.redaction");
export const stopped = async (w) => {
  assert.equal(await w.daemon.stop(), 0, w.daemon.log.slice(-3000));
  assert.ok(!w.daemon.log.includes("useless"), "message text must not be in the log");
  assert.ok(!w.daemon.log.includes(w.bot.token), "the token must not be in the log");
};

let shared;
export const onShared = (test, more = {}) => async () => {
  const began = performance.now();
  shared ??= await (await new Synapse({ extra: "refreshable_access_token_lifetime: 5s\n" }).prepare()).start().up();
  const skip = await world({ synapse: shared, ...more }, test);
  console.error(`${test.name}: ${Math.round(performance.now() - began)} ms`);
  return skip;
};


export const alerts = async (w, control) => (await w.teacher.history(control)).filter((x) => x.sender === w.bot.user &&
  x.type === "m.room.message" && !x.content["m.relates_to"]);

export const caseOf = (w, id) => until(`a case for ${id}`, 10000, async () =>
  (await w.daemon.get("/api/cases?state=")).cases.find((c) => c.message_id === id));

export const stateOf = (w, number, state) => until(`case ${number} is ${state}`, 10000, async () =>
  (await w.daemon.get(`/api/case/${number}`)).state === state);
