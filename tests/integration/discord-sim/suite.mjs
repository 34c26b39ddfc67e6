// Does the simulator behave? discord.js, its gateway library and bare requests say so.
import assert from "node:assert/strict";
import { suite, until, sleep } from "../lib/daemon.mjs";
import { djs, dws, withSim, withClient, manager, call } from "./client.mjs";
import { P } from "../../sim/discord/permissions.mjs";
import { school } from "../../sim/discord/world.mjs";
import { control } from "../../sim/discord/control.mjs";

// What the ledger asks of our own adapter only: discord.js deletes whatever a test tells it to.
const ours = ["gateway_user_agent", "allowed_mentions", "nonce", "deleted_wrongly"];
const clean = (sim, ...but) => {
  const found = Object.entries(sim.ledger.violations).filter(([k]) => ![...ours, ...but].includes(k));
  assert.deepEqual(found, [], JSON.stringify(found));
};

// What bots do, each request and each answer held against the OpenAPI.
async function talks() {
  await withSim({ limits: false }, (sim) => withClient(sim, async (client, got) => {
    sim.post("general", "Pupil 1", "hello there");
    const m = await until("the message arrives", 5000, () => got.find((x) => x.content === "hello there"));
    assert.equal(m.author.username, "pupil_1");
    assert.ok(m.member.roles.cache.some((r) => r.name === "pupil"));
    const reply = await m.reply("hello yourself");
    await reply.edit("hello again");
    assert.equal(sim.world.channel("general").byId.get(reply.id).content, "hello again");
    await m.delete();
    assert.ok(sim.world.channel("general").byId.get(m.id).gone);
    const guild = client.guilds.cache.first();
    assert.equal((await guild.fetch()).name, "Caldecote School");
    assert.equal((await guild.roles.fetch()).size, sim.world.guilds.values().next().value.roles.size);
    assert.equal((await guild.channels.fetch()).size, guild.channels.cache.size);
    assert.ok((await guild.members.fetch({ limit: 10, query: "Pupil" })).size > 0);
    const channel = guild.channels.cache.find((c) => c.name === "class-1");
    const ids = [];
    for (let i = 0; i < 250; i++) ids.push(sim.post("class-1", "Pupil 2", `line ${i}`).id);
    const page = await channel.messages.fetch({ after: ids[9], limit: 100 });
    assert.deepEqual([...page.keys()].sort(), ids.slice(10, 110), "the hundred right after");
    assert.equal([...page.keys()][0], ids[109], "newest first");
    const recent = await channel.messages.fetch({ limit: 5 });
    assert.deepEqual([...recent.keys()], ids.slice(-5).reverse());
    assert.equal((await channel.bulkDelete(ids.slice(0, 20))).size, 20);
    const hook = await channel.createWebhook({ name: "Restored" });
    const put = await hook.send({ content: "as it was", username: "Pupil 2" });
    assert.equal(put.author.username, "Pupil 2");
    assert.equal((await channel.fetchWebhooks()).size, 1);
    const pupil = await guild.members.fetch(sim.world.user("Pupil 3").id);
    await pupil.timeout(60000, "because");
    assert.ok(sim.world.guilds.values().next().value.members.get(pupil.id).communication_disabled_until);
    await pupil.send("a private word");
    assert.equal(sim.world.dm(sim.world.user("Pupil 3")).messages.at(-1).content, "a private word");
    sim.world.user("Pupil 4").dmsClosed = true;
    await assert.rejects((await guild.members.fetch(sim.world.user("Pupil 4").id)).send("x"), { code: 50007 });
    await assert.rejects(guild.autoModerationRules.fetch(), { code: 50013 });
    sim.grant("hallmonitor", P.MANAGE_GUILD | P.BAN_MEMBERS);
    const rule = await guild.autoModerationRules.create({ name: "words", eventType: 1, triggerType: 1, triggerMetadata: { keywordFilter: ["idiot*"] },
      actions: [{ type: 1, metadata: { customMessage: "no" } }], enabled: true });
    assert.equal((await guild.autoModerationRules.fetch()).size, 1);
    const blocked = new Promise((done) => client.once("autoModerationActionExecution", done));
    sim.autoMod("general", "Pupil 5", "idiots", rule.id, { keyword: "idiot*" });
    assert.equal((await blocked).content, "idiots");
    await rule.delete();
    const thread = sim.thread("general", "a thread", "Pupil 1");
    sim.thread("general", "an old thread", "Pupil 1", { archived: true, silent: true });
    assert.ok((await guild.channels.fetchActiveThreads()).threads.has(thread.id));
    assert.equal((await guild.channels.cache.find((c) => c.name === "general").threads.fetchArchived()).threads.size, 1);
    await guild.members.ban(sim.world.user("Pupil 6").id, { reason: "raid" });
    assert.equal((await guild.bans.fetch()).size, 1);
    const came = new Promise((done) => client.once("guildMemberAdd", done));
    sim.join(null, "Newcomer", { created: Date.now() - 60000 });
    assert.ok(Date.now() - (await came).user.createdTimestamp < 120000);
    await client.application.fetch();
    clean(sim);
  }));
}

async function buttons() {
  await withSim({ limits: false }, (sim) => withClient(sim, async (client) => {
    const { ActionRowBuilder, ButtonBuilder, ButtonStyle, MessageFlags } = djs;
    const channel = client.channels.cache.find((c) => c.name === "moderators");
    const row = new ActionRowBuilder().addComponents(["uphold", "restore"].map((id) => new ButtonBuilder().setCustomId(`${id}:7`).setLabel(id).setStyle(ButtonStyle.Primary)));
    const alert = await channel.send({ content: "a case", components: [row] });
    client.on("interactionCreate", async (i) => {
      if (i.customId === "uphold:7") await i.update({ content: `upheld by ${i.user.globalName}`, components: [] });
      else await i.reply({ content: "not you", flags: MessageFlags.Ephemeral });
    });
    const message = sim.world.channel("moderators").byId.get(alert.id);
    const refused = await sim.press(message, "restore", "Pupil 1");
    assert.equal(refused.ephemeral, "not you");
    const done = await sim.press(message, "uphold", "Mo Moderator");
    assert.equal(done.answer.type, 7);
    assert.equal(message.content, "upheld by Mo Moderator");
    assert.deepEqual(message.components, []);
    clean(sim);
    client.removeAllListeners("interactionCreate");
    message.components = [{ type: 1, components: [{ type: 2, label: "again", custom_id: "again", style: 1 }] }];
    assert.ok((await sim.press(message, "again", "Mo Moderator")).unanswered, "three seconds, then it counts as unanswered");
    assert.equal(sim.ledger.violations.interaction_late.count, 1);
  }));
}

// A cut, then what was posted meanwhile arrives by resuming, once each and in order.
async function resumes() {
  await withSim({}, (sim) => withClient(sim, async (client, got) => {
    const resumed = new Promise((done) => client.once("shardResume", (_, n) => done(n)));
    sim.post("general", "Pupil 1", "before");
    await until("before", 5000, () => got.length === 1);
    for (const c of sim.gateway.live()) c.terminate();
    for (let i = 0; i < 50; i++) sim.post("general", "Pupil 1", `during ${i}`);
    await resumed;
    sim.post("general", "Pupil 1", "after");
    await until("after", 5000, () => got.length === 52);
    assert.deepEqual(got.map((m) => m.content), ["before", ...Array.from({ length: 50 }, (_, i) => `during ${i}`), "after"]);
    assert.equal(sim.gateway.stats.identifies, 1);
    assert.equal(sim.gateway.stats.resumed, 1);
    clean(sim);
  }));
}

// Each fault of the gateway, one after the other, on one client that must come back.
async function gatewayFaults() {
  const faults = [{ do: "op7" }, { do: "op9", resumable: true }, { do: "half-frame" }, { do: "cut-gateway" }, { do: "lost-ack" }, { do: "hang" },
    ...[4000, 4001, 4002].map((code) => ({ do: "close", code }))];
  await withSim({ gateway: { heartbeatMs: 500, identifyMs: 100, commandLimit: 10000 } }, (sim) => withClient(sim, async (client, got) => {
    let resumes = 0, n = 0;
    client.on("shardResume", () => resumes++);
    for (const fault of faults) {
      const before = resumes;
      sim.faults.play([fault]);
      sim.post("general", "Pupil 1", `m${n++}`);
      await until(`resumed after ${JSON.stringify(fault)}`, 10000, () => resumes > before);
      await until("everything arrived", 5000, () => new Set(got.map((m) => m.content)).size === n);
    }
    assert.equal(sim.gateway.stats.identifies, 1, "none of these needs a new session");
    const beats = sim.ledger.counts.heartbeat_on_request ?? 0;
    sim.faults.play([{ do: "op1" }]);
    await until("a heartbeat on request", 400, () => (sim.ledger.counts.heartbeat_on_request ?? 0) > beats);
    const seen = got.length;
    sim.faults.play([{ do: "duplicate" }]);
    sim.post("general", "Pupil 1", "twice");
    await until("twice", 5000, () => sim.gateway.stats.dispatched && got.length >= seen + 1);
    sim.faults.play([{ do: "reorder" }]);
    sim.post("general", "Pupil 1", "first");
    sim.post("general", "Pupil 1", "second");
    await until("both", 5000, () => got.some((m) => m.content === "first"));
    const order = got.map((m) => m.content);
    assert.ok(order.indexOf("second") < order.indexOf("first"), "the later came first");
    clean(sim, "heartbeat_seq");
    for (const f of ["op1", "op7", "op9 true", "half-frame", "cut-gateway", "lost-ack", "hang", "duplicate", "reorder", "close 4002"]) assert.ok(sim.faults.done[f], f);
  }));
}

async function newSessions() {
  const faults = [{ do: "op9", resumable: false }, { do: "op9-on-resume" }, ...[4003, 4005, 4007, 4008, 4009].map((code) => ({ do: "close", code }))];
  await Promise.all(faults.map((fault) => withSim({ gateway: { identifyMs: 100 } }, async (sim) => {
      const m = manager(sim);
      await m.connect();
      sim.faults.play([fault, ...(fault.do === "op9-on-resume" ? [{ do: "cut-gateway" }] : [])]);
      await until(`a new session after ${JSON.stringify(fault)}`, 12000, () => sim.gateway.stats.identifies === 2);
      await until("ready again", 5000, () => m.events.filter((e) => e.t === "READY").length === 2);
      await m.destroy();
      clean(sim);
    })));
}

async function fatalCodes() {
  await Promise.all([4004, 4010, 4011, 4012, 4013, 4014].map((code) => withSim({ gateway: { identifyMs: 100 } }, async (sim) => {
      const m = manager(sim);
      await m.connect();
      const connects = sim.gateway.stats.connects;
      sim.faults.play([{ do: "close", code }]);
      await until(`the client gives up at ${code}`, 5000, () => m.errors.length > 0);
      await sleep(200);
      assert.equal(sim.gateway.stats.connects, connects, "it did not come back");
      await m.destroy();
    })));
  // And the real causes of some of them.
  const refused = async (options, managed, code, before) => withSim({ gateway: { identifyMs: 10, ...options } }, async (sim) => {
    before?.(sim);
    const m = manager(sim, managed);
    m.connect().catch(() => {});
    await until(`${code} at identify`, 5000, () => sim.gateway.stats.closes[code]);
    await m.destroy();
  });
  await refused({}, { token: "wrong" }, 4004);
  await refused({}, { intents: 1 << 23 }, 4013);
  await refused({}, {}, 4014, (sim) => sim.allow({ content: false }));
  await refused({ requireShards: true, shards: 2 }, { shardCount: 1 }, 4011);
}

async function zlibStream() {
  await withSim({}, async (sim) => {
    const m = manager(sim, { compression: dws.CompressionMethod.ZlibNative });
    await m.connect();
    for (let i = 0; i < 500; i++) sim.post("general", "Pupil 1", `compressed ${i} ${"x".repeat(i * 3)}`);
    const contents = () => m.events.filter((e) => e.t === "MESSAGE_CREATE").map((e) => e.d.content.split(" ")[1]);
    assert.equal(sim.gateway.stats.compressed, 1);
    await until("all inflated", 5000, () => contents().length === 500);
    sim.faults.play([{ do: "bad-zlib" }]);
    await sleep(300);
    await m.destroy();
  });
}

async function shards() {
  const world = school({ guilds: 6 });
  await withSim({ world, gateway: { shards: 2, maxConcurrency: 2 } }, async (sim) => {
    const m = manager(sim, { shardCount: 2 });
    const by = [[], []];
    m.on(dws.WebSocketShardEvents.Dispatch, (a, id) => { const d = a.data ?? a; if (d.t === "MESSAGE_CREATE") by[a.shardId ?? id].push(d.d.guild_id); });
    await m.connect();
    for (const g of world.guilds.values()) sim.post(world.channel("general", g), [...g.members.values()].at(-1).user, "hello");
    await until("all six", 5000, () => by.flat().length === 6);
    for (const [i, list] of by.entries()) for (const id of list) assert.equal(Number((BigInt(id) >> 22n) % 2n), i);
    await m.destroy();
    clean(sim);
  });
}

// discord.js honours the limits, so that they must look like Discord's.
async function limitsHonoured() {
  await withSim({}, (sim) => withClient(sim, async (client) => {
    const channel = client.channels.cache.find((c) => c.name === "general");
    const ids = Array.from({ length: 13 }, (_, i) => sim.post("general", "Pupil 1", `x${i}`).id);
    const begin = performance.now();
    await Promise.all(ids.map((id) => channel.messages.delete(id)));
    const took = performance.now() - begin;
    assert.ok(took >= 1900, `13 deletes at 5/s took ${took} ms`);
    assert.equal(sim.ledger.statuses[429] ?? 0, 0, "none was refused");
    for (const scope of ["user", "global", "shared"]) {
      sim.faults.play([{ do: "429", scope, seconds: 0.3 }]);
      await channel.send(`after ${scope}`);
      assert.equal(sim.world.channel("general").messages.at(-1).content, `after ${scope}`);
    }
    sim.faults.play([{ do: "5xx", code: 503 }]);
    await channel.send("after 503");
    sim.faults.play([{ do: "slow", ms: 800 }]);
    const at = performance.now();
    await channel.fetchWebhooks();
    assert.ok(performance.now() - at >= 790);
    sim.faults.play([{ do: "5xx", code: 502, done: true }]);
    const nonce = "424242";
    await channel.send({ content: "once", nonce, enforceNonce: true });
    assert.equal(sim.world.channel("general").messages.filter((m) => m.content === "once").length, 1, "the nonce makes a retry harmless");
    assert.equal(sim.ledger.counts.nonce_repeated, 1);
    clean(sim);
  }));
}

async function limitsHeld() {
  await withSim({}, async (sim) => {
    const c = sim.world.channel("general");
    const ids = Array.from({ length: 8 }, (_, i) => sim.post("general", "Pupil 1", `x${i}`).id);
    const answers = [];
    for (const id of ids) answers.push(await call(sim, "DELETE", `/channels/${c.id}/messages/${id}`));
    assert.deepEqual(answers.map((a) => a.status), [204, 204, 204, 204, 204, 429, 429, 429]);
    assert.equal(answers[0].headers.get("content-type"), null, "204 carries no type");
    assert.equal(answers[4].headers.get("x-ratelimit-remaining"), "0");
    assert.equal(answers[5].headers.get("x-ratelimit-scope"), "user");
    assert.ok(answers[5].body.retry_after > 0 && answers[5].body.retry_after <= 1);
    await sleep(1100);
    const burst = await Promise.all(Array.from({ length: 60 }, (_, i) => call(sim, "GET", `/guilds/${c.guild.id}${i % 2 ? "/nothing" : ""}`)));
    assert.ok(burst.some((a) => a.status === 404));
    await sleep(1100);
    const hits = await Promise.all([...sim.world.channels.values()].filter((x) => x.type === 0).flatMap((x) => Array.from({ length: 12 }, () => call(sim, "GET", `/channels/${x.id}`))));
    assert.ok(hits.some((a) => a.headers.get("x-ratelimit-global") === "true" && a.body.global === true), "50 a second in all");
  });
}

async function refusals() {
  await withSim({ limits: false }, async (sim) => {
    const c = sim.world.channel("general");
    const m = sim.post("general", "Pupil 1", "hello");
    const is = async (status, codes, method, path, body, headers) => {
      const a = await call(sim, method, path, body, headers);
      assert.equal(a.status, status, `${method} ${path} ${JSON.stringify(a.body)}`);
      assert.ok([codes].flat().includes(a.body?.code), `${method} ${path} ${JSON.stringify(a.body)}`);
    };
    const messages = `/channels/${c.id}/messages`;
    await is(401, 0, "GET", "/users/@me", undefined, { authorization: "Bot nobody" });
    await is(404, 10008, "DELETE", `${messages}/123456789012345678`);
    const old = sim.post("general", "Pupil 1", "long ago", { at: Date.now() - 20 * 86400000, silent: true });
    await is(400, 50034, "POST", `${messages}/bulk-delete`, { messages: [old.id, m.id] });
    // 50035 where the OpenAPI is at hand, which forbids it first.
    await is(400, [50035, 50016], "POST", `${messages}/bulk-delete`, { messages: [m.id] });
    await is(400, 50035, "POST", messages, { content: "x".repeat(2001), allowed_mentions: { parse: [] }, nonce: 1, enforce_nonce: true });
    assert.equal(sim.ledger.violations.content_length.count, 1);
    await is(400, 50006, "POST", messages, { allowed_mentions: { parse: [] }, nonce: 2, enforce_nonce: true });
    await is(400, 50035, "GET", `${messages}?limit=101`);
    await is(400, [50035, 50006], "POST", messages, { content: 7 });
    sim.overwrite("general", "hallmonitor", { deny: P.READ_MESSAGE_HISTORY });
    const empty = await call(sim, "GET", `${messages}?after=0&limit=100`);
    assert.deepEqual([empty.status, empty.body], [200, []], "no history is an empty page");
    sim.overwrite("general", "hallmonitor", { deny: P.MANAGE_MESSAGES });
    await is(403, 50013, "DELETE", `${messages}/${m.id}`);
    sim.overwrite("general", "hallmonitor", { deny: P.VIEW_CHANNEL });
    await is(403, 50001, "GET", messages);
    await is(403, 50013, "PATCH", `/guilds/${c.guild.id}/members/${c.guild.owner_id}`, { communication_disabled_until: null });
    const a = await fetch(`${sim.restUrl}/users/@me`, { headers: { authorization: `Bot ${sim.token}`, "user-agent": "curl" } });
    assert.ok(a.ok && sim.ledger.violations.user_agent.count === 1);
  });
}

async function withheld() {
  await withSim({}, async (sim) => {
    const m = manager(sim, { intents: (1 << 0) | (1 << 9) });
    await m.connect();
    sim.post("general", "Pupil 1", "secret without the intent");
    const e = await until("arrives", 5000, () => m.events.find((x) => x.t === "MESSAGE_CREATE"));
    assert.equal(e.d.content, "");
    sim.overwrite("class-1", "hallmonitor", { deny: P.VIEW_CHANNEL });
    sim.post("class-1", "Pupil 1", "unseen");
    sim.post("general", "Pupil 1", "seen");
    await until("the seen one", 5000, () => m.events.filter((x) => x.t === "MESSAGE_CREATE").length === 2);
    await m.destroy();
  });
}

async function controlled() {
  await withSim({}, async (sim) => {
    const server = await control(sim);
    const url = `http://127.0.0.1:${server.address().port}`;
    const post = async (path, body) => (await fetch(url + path, { method: "POST", body: JSON.stringify(body) })).json();
    const m = await post("/post", { channel: "general", user: "Pupil 1", content: "by http", offends: true });
    await call(sim, "DELETE", `/channels/${m.channel_id}/messages/${m.id}`);
    const ledger = await (await fetch(`${url}/ledger`)).json();
    assert.equal(ledger.offending, 1);
    assert.equal(ledger.deleted, 1);
    assert.equal((await (await fetch(`${url}/messages?channel=general`)).json())[0].gone, true);
    server.close();
  });
}

await suite("discord-sim", {
  discord_js_does_what_bots_do_and_each_answer_fits_the_openapi: talks,
  buttons_are_pressed_answered_and_timed: buttons,
  cut_connection_resumes_without_loss: resumes,
  faults_that_resume_are_seen: gatewayFaults,
  faults_that_end_the_session_are_seen: newSessions,
  fatal_close_codes_stop_the_client: fatalCodes,
  zlib_stream_inflates: zlibStream,
  shards_get_their_guilds: shards,
  limits_are_understood_by_discord_js: limitsHonoured,
  limits_are_held_against_the_hasty: limitsHeld,
  refusals_carry_discords_codes: refusals,
  content_and_channels_are_withheld_by_intent_and_permission: withheld,
  control_speaks_http: controlled,
});
