// Getting there: rooms, accounts, the doctor, and the question before delivery.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, sleep, until } from "../lib/daemon.mjs";
import { Synapse, server } from "./synapse.mjs";
import { bad, good, binary, world, adapterStatus, started, hidden, stopped, caseOf } from "./world.mjs";

export async function invitations(w) {
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

// With a password: tokens that end are renewed, softly or not; a bad token is said plainly.
export async function logins(w) {
  const room = await w.room();
  const secret = join(w.daemon.folder, "password");
  writeFileSync(secret, w.bot.password, { mode: 0o600 });
  w.daemon.configure(`matrix:\n  homeserver: ${w.synapse.url}/\n  user: "${w.bot.user}"\n  password_file: ${secret}\n`);
  await started(w);
  await hidden(w, room, await w.pupil.send(room, bad));
  // Tokens live for five seconds here: it gets a new one when the homeserver says so.
  await sleep(6000);
  const renewed = await w.other.send(room, `${bad} still`);
  await hidden(w, room, renewed);
  assert.match(w.daemon.log, /token ended; logging in again/);
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

// The doctor names what is missing, in words, and finds nothing once it is there.
export async function doctor(w) {
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

// The homeserver asks before it delivers: nobody ever sees it, and the sender is told why.
export async function beforeDelivery() {
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
