// A school's Discord, its members and moderators, against the real daemon.
import assert from "node:assert/strict";
import { suite } from "../lib/daemon.mjs";
import { withSchool, up, gone, talk, good, bad, worst, caseOf, cases, outboxEmpty, pendingHides, doctor, metric, sql, sleep, until, binaries } from "./school.mjs";
import { load, told } from "./load.mjs";
import { P } from "../../sim/discord/permissions.mjs";
import { school } from "../../sim/discord/world.mjs";

// Nothing of ours may be refused by the specification or break what we ask of ourselves.
const mannerly = (sim, ...but) => {
  const found = Object.entries(sim.ledger.violations).filter(([k]) => !but.includes(k));
  assert.deepEqual(found, [], JSON.stringify(found));
};
const quick = { gateway: { heartbeatMs: 5000, identifyMs: 500 } };
const alertFor = (sim, c) => until("an alert in #moderators", 10000, () => sim.world.channel("moderators").messages
  .find((m) => m.byBot && !m.gone && (m.components ?? []).length && JSON.stringify(m.components).includes(String(c.id))));
const button = (message, what) => message.components.flatMap((r) => r.components).find((b) => new RegExp(what, "i").test(`${b.label} ${b.custom_id}`)).custom_id;

async function story() {
  await withSchool({ binary: binaries.asan, sim: quick }, async (daemon, sim) => {
    const hello = sim.post("general", "Pupil 1", good[0]);
    const insult = sim.post("general", "Pupil 1", bad[0], { offends: true });
    await gone(insult);
    const request = sim.ledger.requests.find((r) => r.method === "DELETE" && r.path.endsWith(insult.id));
    assert.ok(request.reason, "the platform's audit log is told why");
    assert.ok(!decodeURIComponent(request.reason).includes("Hale"), "and not what was said");
    assert.ok(!hello.gone);

    // A harmless message turns.
    sim.edit(hello, bad[1], { offends: true });
    await gone(hello);

    // The moderators see the case; only they may press.
    const c = await caseOf(daemon, insult);
    const alert = await alertFor(sim, c);
    const shown = JSON.stringify([alert.content, alert.embeds]);
    assert.match(shown, /\|\|.*Hale.*\|\|/, "the excerpt is behind a spoiler");
    const refused = await sim.press(alert, button(alert, "restore"), "Pupil 2");
    assert.ok(refused.ephemeral, `not for pupils, and they are told: ${JSON.stringify(refused.answer)}`);
    assert.equal((await daemon.get(`/api/case/${c.id}`)).state, "open");
    const pressed = await sim.press(alert, button(alert, "restore"), "Mo Moderator");
    assert.ok(!pressed.unanswered && pressed.tookMs < 3000);
    const back = await until("the message is back", 10000, () => sim.world.channel("general").messages.find((m) => m.byBot && m.content.includes(bad[0])));
    assert.equal(back.author.username, "Pupil 1", "under its author's name");
    await until("the alert says who did what", 10000, () => /Mo Moderator/.test(JSON.stringify([alert.content, alert.embeds])));
    assert.equal((await daemon.get(`/api/case/${c.id}`)).state, "restored");

    const second = await caseOf(daemon, hello);
    const alert2 = await alertFor(sim, second);
    await sim.press(alert2, button(alert2, "uphold"), "Mo Moderator");
    await until("upheld", 5000, async () => (await daemon.get(`/api/case/${second.id}`)).state === "upheld");
    await outboxEmpty(daemon, 20000);
    assert.equal((await cases(daemon)).length, 2, "what it reposts and says itself is no case");
    mannerly(sim);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    assert.match(daemon.run("audit", "verify"), /whole/);
    for (const secret of [sim.token, bad[0], bad[1]]) assert.ok(!daemon.log.includes(secret), "the log keeps to itself");
  });
}

// Everything that others can read is judged.
async function parts() {
  await withSchool({ binary: binaries.asan, sim: { ...quick, limits: false } }, async (daemon, sim) => {
    const text = bad[0];
    const user = "Pupil 2";
    const posts = {
      embed: sim.post("general", user, "look", { offends: true, embeds: [{ type: "rich", title: "news", description: text }] }),
      field: sim.post("general", user, "look", { offends: true, embeds: [{ type: "rich", fields: [{ name: "fact", value: text, inline: false }] }] }),
      file: sim.post("general", user, "", { offends: true, attachments: [{ id: "1", filename: "mr_hale_is_a_useless_idiot.png", title: text, size: 10, url: "https://cdn.example/x", proxy_url: "https://cdn.example/x", content_type: "image/png" }] }),
      poll: sim.post("general", user, "", { offends: true, poll: { question: { text }, answers: [{ answer_id: 1, poll_media: { text: "yes" } }], expiry: null, allow_multiselect: false, layout_type: 1 } }),
      option: sim.post("general", user, "", { offends: true, poll: { question: { text: "who?" }, answers: [{ answer_id: 1, poll_media: { text } }], expiry: null, allow_multiselect: false, layout_type: 1 } }),
      sticker: sim.post("general", user, "", { offends: true, sticker_items: [{ id: "5", name: text, format_type: 1 }] }),
      forwarded: sim.post("general", user, "", { offends: true, reference: { type: 1, channel_id: "1", message_id: "2" },
        snapshots: [{ message: { type: 0, content: text, embeds: [], attachments: [], timestamp: new Date().toISOString(), edited_timestamp: null, flags: 0, mentions: [], mention_roles: [], components: [] } }] }),
      webhook: sim.store(sim.world.channel("general"), { author: { id: "77", username: "feed", global_name: null, discriminator: "0000", avatar: null, bot: true }, webhook_id: "77", content: text, offends: true }),
    };
    for (const [what, m] of Object.entries(posts)) {
      sim.ledger.track(m);
      await gone(m).catch(() => assert.fail(`${what} was not judged`));
    }
    const thread = sim.thread("general", "revision for Friday", user);
    await gone(sim.post(thread, user, text, { offends: true }));
    sim.thread("general", text, user);
    await until("a thread's title makes a case", 10000, async () => (await cases(daemon)).some((c) => c.evidence?.parts?.some?.((p) => p.text === text) || JSON.stringify(c).includes("title")) ||
      (await metric(daemon, "cases_total")) > Object.keys(posts).length + 1);
    const before = await metric(daemon, "cases_total");
    sim.rename("Pupil 3", "Mr Hale is an idiot");
    await until("a display name makes a case", 10000, async () => await metric(daemon, "cases_total") > before);
    mannerly(sim);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
  });
}

async function doctorSays() {
  await withSchool({ sim: quick, start: false }, async (daemon, sim) => {
    const fine = await doctor(daemon);
    assert.equal(fine.status, 0, fine.said);
    sim.overwrite("class-2", "hallmonitor", { deny: P.MANAGE_MESSAGES });
    const missing = await doctor(daemon);
    assert.match(missing.said, /class-2/);
    assert.match(missing.said, /manage messages/i);
    sim.allow({ content: false });
    const intent = await doctor(daemon);
    assert.notEqual(intent.status, 0);
    assert.match(intent.said, /message content/i);
    sim.allow();
    sim.token = "another";
    const token = await doctor(daemon);
    assert.notEqual(token.status, 0);
    assert.match(token.said, /token/i);
    assert.ok(!(token.said).includes("sim.token.hallmonitor"), "the token is not shown");
    mannerly(sim, "identify_rate");
  });
}

// Refused for good: said once, not tried again, and the rest goes on.
async function refusedForGood() {
  await withSchool({ sim: quick, start: false }, async (daemon, sim) => {
    sim.allow({ content: false });
    await daemon.start().up();
    await daemon.signIn();
    await until("4014", 10000, () => sim.gateway.stats.closes[4014]);
    await sleep(3000);
    assert.equal(sim.gateway.stats.connects, 1, "it does not spin");
    assert.match(daemon.log, /message content/i);
    assert.match(JSON.stringify(await daemon.get("/api/status")), /message content/i);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
  });
}

async function permissionsNamed() {
  const world = school({});
  await withSchool({ sim: { ...quick, world }, start: false }, async (daemon, sim) => {
    sim.overwrite("class-1", "hallmonitor", { deny: P.MANAGE_MESSAGES });
    sim.overwrite("class-3", "hallmonitor", { deny: P.READ_MESSAGE_HISTORY });
    await up(daemon, sim);
    const words = () => until("the technician is told", 10000, async () => {
      const all = daemon.log + JSON.stringify(await daemon.get("/api/cases?state=")) + JSON.stringify(await daemon.get("/api/status"));
      return /manage messages/i.test(all) && /read message history/i.test(all) ? all : null;
    });
    await words();
    mannerly(sim);
  });
}

// Many at once in one channel: bulk delete, the worst first, nothing refused.
async function flood() {
  await withSchool({ sim: quick, alerts: false }, async (daemon, sim) => {
    const posts = Array.from({ length: 120 }, (_, i) => sim.post("general", `Pupil ${1 + (i % 8)}`, bad[i % bad.length], { offends: true }));
    const threat = sim.post("general", "Pupil 3", worst, { offends: true });
    await gone(threat, 5000);
    for (const m of posts) await gone(m, 20000);
    const s = sim.ledger.summary();
    assert.ok(s.deletes.bulk >= 1, "bulk delete was used");
    assert.ok(posts.filter((m) => m.deletedAt > threat.deletedAt).length > 60, "the threat did not wait its turn");
    assert.equal(s.deletedTwice, 0);
    assert.ok((s.statuses[429] ?? 0) <= 1, JSON.stringify(s.statuses));
    mannerly(sim);
  });
}

// Switched off while people talk; switched on again: oldest first, and live is not kept waiting.
async function gap() {
  await withSchool({ sim: { ...quick, gateway: { ...quick.gateway, resumeMs: 1 }, world: school({ channels: 30, pupils: 60 }) }, alerts: false }, async (daemon, sim) => {
    // All before the gap is two hours old, for ids carry time.
    const before = () => ({ at: Date.now() - 7200000 });
    const first = sim.post("general", "Pupil 1", bad[0], { offends: true, ...before() });
    await gone(first);
    const says = talk(daemon, sim);
    for (const r of says.rooms) sim.post(r, "Pupil 1", says.say(false, r).text, before());
    const thread = sim.thread("general", "homework", "Pupil 1", before());
    sim.post(thread, "Pupil 1", good[3], before());
    await until("all judged", 10000, async () => await metric(daemon, "messages_total") >= 32);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    const judged = Number(sql(daemon, "SELECT count(*) FROM seen"));
    const missed = [];
    const now = Date.now();
    // An hour passes: short outages do not look for threads that were closed meanwhile.
    sql(daemon, `INSERT OR REPLACE INTO cursors VALUES ('discord', 'alive', CAST('${now - 3600000}' AS BLOB), ${now})`);
    let n = 0;
    says.rooms.push(thread);
    for (let i = 0; i < 6000; i++) {
      const { room, user, text, offends } = says.say();
      const m = sim.post(room, user, text, { offends, silent: true, at: now - 3600000 + i * 500 });
      n++;
      if (offends) missed.push(m);
    }
    // Threads opened meanwhile: their titles are judged, and what stands in them.
    for (const archived of [true, false]) {
      const quiet = sim.thread("class-2", "an evening's thread", "Pupil 4", { at: now - 1800000, archived, silent: true });
      missed.push(sim.post(quiet, "Pupil 4", bad[1], { offends: true, silent: true, at: now - 1700000 }));
      n += 2;
    }
    // More than a page of them; the oldest holds something.
    for (let i = 0; i < 240; i++) {
      const one = sim.thread("class-3", "revision for Friday", "Pupil 5", { at: now - 1600000 + i * 1000, archived: true, silent: true, privately: i % 2 === 0 });
      if (i < 2) missed.push(sim.post(one, "Pupil 5", bad[2], { offends: true, silent: true, at: now - 1500000 }));
      n += i < 2 ? 2 : 1;
    }
    await up(daemon, sim);
    const live = [];
    const begin = performance.now();
    while (missed.some((m) => !m.deletedBy) && performance.now() - begin < 45000) {
      const m = sim.post(`class-${1 + (live.length % 29)}`, "Pupil 9", bad[live.length % bad.length], { offends: true });
      live.push(m);
      await sleep(400);
    }
    for (const m of live) await gone(m);
    const left = missed.filter((m) => !m.deletedBy);
    assert.deepEqual(left.map((m) => m.channel.name), [], "the whole gap was judged");
    const waits = live.filter((m) => m.deletedBy).map((m) => m.deletedAt - m.sentAt).sort((a, b) => a - b);
    console.error(`gap of ${n} messages, ${missed.length} offending, closed in ${((performance.now() - begin) / 1000).toFixed(1)} s; ` +
      `${live.length} live ones hidden meanwhile, median ${waits[waits.length >> 1]?.toFixed(1)} ms, worst ${waits.at(-1)?.toFixed(1)} ms`);
    assert.ok(waits[waits.length >> 1] < 250, `live median ${waits[waits.length >> 1]} ms`);
    // Oldest first within each channel.
    for (const c of new Set(missed.map((m) => m.channel))) {
      const order = missed.filter((m) => m.channel === c && m.deletedBy === "single").map((m) => m.deletedAt);
      assert.ok(order.length < 3 || order[0] <= order.at(-1), `${c.name}: oldest first`);
    }
    await until("the history is read", 20000, async () => /hallmonitor_backlog\{adapter="discord"\} 0\n/.test(await daemon.get("/metrics")));
    await until("nothing is left to hide", 20000, async () => await metric(daemon, "store_waiting") === 0 && pendingHides(daemon) === 0);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    assert.equal(Number(sql(daemon, "SELECT count(*) FROM seen")) - judged, n + live.length, "every message once");
    mannerly(sim);
  });
}

// Killed again and again while it reads the gap.
async function killedInTheGap() {
  await withSchool({ sim: { ...quick, gateway: { ...quick.gateway, resumeMs: 1 }, world: school({ channels: 20, pupils: 60 }) }, alerts: false }, async (daemon, sim) => {
    const says = talk(daemon, sim);
    for (const r of says.rooms) sim.post(r, "Pupil 1", says.say(false, r).text, { at: Date.now() - 7200000 });
    await until("all judged", 10000, async () => await metric(daemon, "messages_total") >= says.rooms.length);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    const judged = Number(sql(daemon, "SELECT count(*) FROM seen"));
    const missed = [];
    for (let i = 0; i < 4000; i++) {
      const { room, user, text, offends } = says.say();
      const m = sim.post(room, user, text, { offends, silent: true, at: Date.now() - 3600000 + i * 800 });
      if (offends) missed.push(m);
    }
    for (let k = 0; k < 3; k++) {
      await up(daemon, sim);
      await sleep(Math.random() * 700);
      await daemon.kill();
    }
    await up(daemon, sim);
    for (const m of missed) await gone(m, 30000);
    await until("the history is read", 20000, async () => /hallmonitor_backlog\{adapter="discord"\} 0\n/.test(await daemon.get("/metrics")));
    await until("no hide is pending", 20000, () => pendingHides(daemon) === 0);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    assert.equal(Number(sql(daemon, "SELECT count(*) FROM seen")) - judged, 4000, "every message once");
    mannerly(sim);
  });
}

// What else a platform tells: raids, Discord's own findings, closed doors, messages gone.
async function signals() {
  await withSchool({ binary: binaries.asan, sim: { ...quick, limits: false }, discord: "  automod: true\n" }, async (daemon, sim) => {
    const count = () => metric(daemon, "cases_total");
    sim.world.user("Pupil 4").dmsClosed = true;
    await gone(sim.post("general", "Pupil 4", bad[0], { offends: true }));
    await outboxEmpty(daemon, 20000);
    const tries = sim.ledger.requests.filter((r) => r.status === 403).length;
    assert.ok(tries <= 1, `a closed door was knocked at ${tries} times`);

    const swift = sim.post("general", "Pupil 5", bad[1], {});
    sim.remove(swift);
    await caseOf(daemon, swift);
    await outboxEmpty(daemon, 20000);
    assert.equal(sql(daemon, "SELECT count(*) FROM outbox WHERE kind = 'hide' AND state <> 'done'"), "0");

    const before = await count();
    sim.autoMod("general", "Pupil 6", bad[2], "1234", { keyword: "idiot*" });
    await until("Discord's own finding is a case", 10000, async () => await count() > before);
    const then = await count();
    for (let i = 0; i < 14; i++) sim.join(null, `newcomer${i}`, { created: Date.now() - 3600000 });
    await until("a raid is a case", 10000, async () => await count() > then);
    mannerly(sim);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
  });
}

// Texts and rights at their limits.
async function edges() {
  await withSchool({ binary: binaries.asan, sim: { ...quick, limits: false } }, async (daemon, sim) => {
    const restored = async (m) => {
      const c = await caseOf(daemon, m);
      const alert = await alertFor(sim, c);
      await sim.press(alert, button(alert, "restore"), "Mo Moderator");
      await until(`case ${c.id} is restored`, 10000, async () => (await daemon.get(`/api/case/${c.id}`)).state === "restored");
      await outboxEmpty(daemon, 20000);
      return [alert, m.channel.messages.filter((x) => x.byBot && x.created > m.created)];
    };
    const tail = " and that is all that I have to say about it";
    const long = sim.post("general", "Pupil 1", `${bad[0]}. ${good.filter((g) => !g.includes("play")).join(". ")}. `.repeat(9).slice(0, 3900) + tail, { offends: true });
    await gone(long);
    const [, parts] = await restored(long);
    assert.ok(JSON.stringify(parts.map((p) => [p.content, p.embeds])).includes(tail.trim()), "a long text comes back whole");

    const rude = sim.post("class-1", "Pupil 2", `|| \`\`\` @everyone <@&${sim.world.role("staff").id}> ${bad[1]} || [x](https://example.org)`, { offends: true });
    await gone(rude);
    const [alert] = await restored(rude);
    assert.ok(!/\|\|[^|]*\|\|[^|]*\|\|[^|]*\|\|/.test(JSON.stringify(alert.embeds)), "the spoiler is not broken up");

    sim.grant("hallmonitor", P.MANAGE_WEBHOOKS, { revoke: true });
    const plain = sim.post("class-2", "Pupil 3", bad[2], { offends: true });
    await gone(plain);
    const [, back] = await restored(plain);
    assert.ok(back.some((m) => !m.webhook_id && JSON.stringify([m.content, m.embeds]).includes(bad[2])), "without webhooks as an embed");

    const thread = sim.thread("general", "homework help", "Pupil 1");
    sim.grant("hallmonitor", P.MANAGE_WEBHOOKS);
    const inThread = sim.post(thread, "Pupil 4", bad[3], { offends: true });
    await gone(inThread);
    const [, there] = await restored(inThread);
    assert.equal(there.length, 1, "a thread's message comes back to the thread");

    const told = () => until("a person is told that it stays in sight", 10000, async () =>
      /manage messages|could not be hidden|not hidden|stays/i.test(JSON.stringify(await cases(daemon)) + JSON.stringify(await daemon.get("/api/status"))));
    sim.overwrite("class-3", "hallmonitor", { deny: P.MANAGE_MESSAGES });
    sim.post("class-3", "Pupil 5", bad[0], {});
    await told();
    mannerly(sim);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
  });
}

// A thread that is closed in a lost session is in no list of active ones.
async function closedThread() {
  await withSchool({ sim: { ...quick, gateway: { ...quick.gateway, resumeMs: 1 } }, alerts: false }, async (daemon, sim) => {
    const thread = sim.thread("general", "homework", "Pupil 1");
    sim.post(thread, "Pupil 1", good[0]);
    await until("judged", 10000, async () => await metric(daemon, "messages_total") >= 2);
    for (const c of sim.gateway.live()) c.terminate();
    await sleep(20);
    const m = sim.post(thread, "Pupil 1", bad[0], { offends: true });
    thread.thread.archived = true;
    const other = sim.thread("general", bad[1], "Pupil 2"); // nobody is told
    await gone(m, 20000);
    await until("the title is a case", 10000, async () => (await cases(daemon)).some((c) => c.channel === other.id || c.message_id?.includes(other.id)));
    mannerly(sim);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
  });
}

// A gateway that takes the connection and never says a word.
async function silentUpgrade() {
  await withSchool({ sim: quick, alerts: false }, async (daemon, sim) => {
    sim.faults.play([{ do: "hang-upgrade" }]);
    for (const c of sim.gateway.live()) c.terminate();
    await until("a connection hangs", 10000, () => sim.faults.done["hang-upgrade"]);
    await gone(sim.post("general", "Pupil 1", bad[0], { offends: true }), 40000);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
  });
}

// Discord takes one identify in five seconds, whoever asks: a new process waits for what
// the old one did.
async function identifiesApart() {
  await withSchool({ sim: { gateway: { heartbeatMs: 5000, identifyMs: 5000, resumeMs: 1 } }, alerts: false }, async (daemon, sim) => {
    await daemon.kill();
    await up(daemon, sim);
    await gone(sim.post("general", "Pupil 1", bad[0], { offends: true }));
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    await up(daemon, sim);
    await gone(sim.post("general", "Pupil 1", bad[1], { offends: true }));
    assert.equal(sim.gateway.stats.identifies, 3);
    mannerly(sim);
  });
}

// A webhook takes no nonce: what was put back is not put back again, whether its answer
// was lost or we were killed before it came.
async function repostOnce() {
  await withSchool({ sim: { ...quick, limits: false } }, async (daemon, sim) => {
    const backs = (m) => m.channel.messages.filter((x) => x.byBot && !x.gone && x.created > m.created && JSON.stringify([x.content, x.embeds]).includes(m.content));
    const restore = async (m) => {
      await gone(m);
      const c = await caseOf(daemon, m);
      const alert = await alertFor(sim, c);
      await sim.press(alert, button(alert, "restore"), "Mo Moderator");
      return c;
    };
    const once = async (m, c) => {
      await until("it is back", 30000, () => backs(m).length);
      await until("nothing waits", 30000, () => sql(daemon, "SELECT count(*) FROM outbox WHERE state = 'pending' AND kind = 'restore'") === "0");
      assert.equal(backs(m).length, 1, JSON.stringify(backs(m).map((x) => x.content)));
      assert.equal((await daemon.get(`/api/case/${c.id}`)).state, "restored");
    };
    sim.faults.play([{ do: "cut", done: true, route: "POST /webhooks" }]);
    const lost = sim.post("general", "Pupil 1", bad[0], { offends: true });
    await once(lost, await restore(lost));
    assert.equal(sim.faults.done.cut, 1);

    sim.faults.play([{ do: "slow", ms: 400, route: "POST /webhooks" }]);
    const killed = sim.post("class-1", "Pupil 2", bad[1], { offends: true });
    const c = await restore(killed);
    await until("the repost is on its way", 10000, () => sim.faults.done.slow);
    await daemon.kill();
    await until("it is there", 5000, () => backs(killed).length);
    await up(daemon, sim);
    await once(killed, c);

    // Said again and put back again: that is another one.
    const again = sim.post("class-1", "Pupil 2", bad[1], { offends: true });
    await once(again, await restore(again));

    sim.grant("hallmonitor", P.MANAGE_WEBHOOKS, { revoke: true });
    sim.nonces = { get: () => undefined, set: () => {} }; // Discord forgets them after minutes
    const plain = sim.post("class-2", "Pupil 3", bad[2], { offends: true });
    await gone(plain);
    const p = await caseOf(daemon, plain);
    const alert = await alertFor(sim, p);
    await outboxEmpty(daemon, 20000);
    sim.faults.play([{ do: "5xx", code: 502, done: true, route: "POST /channels/:channel_id/messages" }]);
    await sim.press(alert, button(alert, "restore"), "Mo Moderator");
    await once(plain, p);
    mannerly(sim);
  });
}

// An edit that no session told of is found by reading again.
async function unseenEdit() {
  await withSchool({ sim: { ...quick, gateway: { ...quick.gateway, resumeMs: 1 } }, alerts: false }, async (daemon, sim) => {
    const m = sim.post("general", "Pupil 1", good[0]);
    await until("judged", 10000, async () => await metric(daemon, "messages_total") >= 1);
    for (const c of sim.gateway.live()) c.terminate();
    await sleep(20);
    sim.edit(m, bad[0], { offends: true });
    await gone(m, 20000);
  });
}

async function shards() {
  const world = school({ guilds: 5 });
  await withSchool({ sim: { ...quick, world, gateway: { ...quick.gateway, shards: 2, maxConcurrency: 2, requireShards: true } }, alerts: false }, async (daemon, sim) => {
    await until("two shards", 15000, () => sim.gateway.live().length === 2);
    for (const g of world.guilds.values()) {
      const pupil = [...g.members.values()].find((m) => m.user.global_name.startsWith("Pupil")).user;
      await gone(sim.post(world.channel("general", g), pupil, bad[0], { offends: true }));
    }
    for (const c of sim.gateway.live()) c.terminate();
    await until("both resumed", 15000, () => sim.gateway.stats.resumed === 2);
    mannerly(sim);
  });
}

// kill -9 at any moment: a new start resumes or reads back, and finishes the work.
async function kills() {
  await withSchool({ sim: { ...quick, world: school({ channels: 20, pupils: 200 }) }, alerts: false }, async (daemon, sim) => {
    let stop = false, n = 0;
    const says = talk(daemon, sim);
    const traffic = (async () => {
      while (!stop) {
        const { room, user, text, offends } = says.say();
        sim.post(room, user, text, { offends });
        n++;
        await sleep(10);
      }
    })();
    for (let k = 0; k < Number(process.env.HM_KILLS ?? 4); k++) {
      await sleep(500 + Math.random() * 1200);
      await daemon.kill();
      await up(daemon, sim);
    }
    await sleep(500);
    stop = true;
    await traffic;
    await until("every offending message is deleted", 30000, () => sim.ledger.summary().missing === 0);
    await until("no hide is pending", 20000, () => pendingHides(daemon) === 0);
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
    assert.ok(Number(sql(daemon, "SELECT count(*) FROM seen")) >= n, "every message was judged");
    assert.equal(sql(daemon, "SELECT message_id FROM cases WHERE message_id <> '' GROUP BY message_id, revision HAVING count(*) > 1"), "");
    mannerly(sim);
  });
}

async function faults() {
  const r = await load({ rate: Number(process.env.HM_RATE ?? 1000), seconds: Number(process.env.HM_SECONDS ?? 60), faultsEveryMs: 1500, heartbeatMs: 2000, binary: binaries.release });
  console.error(told(r));
  const s = r.summary;
  assert.equal(r.stuck, null, r.stuck);
  assert.equal(s.missing, 0);
  assert.equal(s.deletes.wrong, 0, "nothing harmless was deleted");
  assert.equal(r.judged, r.posted, "every message was judged, once");
  assert.equal(r.caseRows, s.offending);
  assert.equal(r.caseMessages, s.offending, "no message has two cases");
  assert.ok(s.gateway.heartbeatWorst <= 0.1, `a heartbeat was ${s.gateway.heartbeatWorst} late`);
  assert.deepEqual(Object.entries(s.violations), []);
  assert.ok(s.invalidShare < 0.001, `${s.invalid} invalid requests of ${s.requests}`);
  assert.equal(r.status, 0, r.log);
}

async function hostile() {
  await withSchool({ binary: binaries.asan, sim: quick, alerts: false }, async (daemon, sim) => {
    const alive = async (what) => {
      const m = sim.post("general", "Pupil 1", bad[0], { offends: true });
      await gone(m, 15000).catch(() => assert.fail(`no answer after ${what}; exit ${daemon.process.exitCode}`));
      assert.equal(daemon.process.exitCode, null, what);
    };
    sim.faults.play([{ do: "junk", count: sim.faults.junkKinds }]);
    for (let i = 0; i < sim.faults.junkKinds; i++) sim.post("general", "Pupil 1", good[i % good.length]);
    await alive("junk");
    for (const text of ["", "{", "[".repeat(100000), '{"op":0,"d":', `{"op":0,"t":"MESSAGE_CREATE","s":5,"d":${"{\"a\":".repeat(500)}1${"}".repeat(500)}}`,
      "\u0000", '{"op":11,"op":11}', '{"op":0,"s":99999999999999999999999,"t":"X","d":{}}', '{"op":0,"s":-1,"t":"X","d":{}}', '{"op":10,"d":{"heartbeat_interval":0}}']) {
      if (text) sim.faults.play([{ do: "raw", text }]);
      await alive(`raw ${text.slice(0, 40)}`);
    }
    sim.faults.play([{ do: "bad-zlib" }]);
    await alive("bad zlib");
    sim.faults.play([{ do: "oversized", bytes: 40 << 20 }]);
    await alive("an oversized frame");
    const rss = Number(/VmHWM:\s+(\d+)/.exec((await import("node:fs")).readFileSync(`/proc/${daemon.process.pid}/status`, "utf8"))[1]) / 1024;
    console.error(`resident memory at most ${rss.toFixed(0)} MiB with sanitizers`);
    const sessions = sim.gateway.stats.identifies;
    sim.faults.play([{ do: "history-gone", count: 1000 }, { do: "op9", resumable: false }]);
    await until("a new session", 30000, () => sim.gateway.stats.identifies > sessions && sim.gateway.live().length);
    await alive("history refused");
    sim.faults.left.clear();
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-3000));
  });
}

await suite("discord", {
  member_posts_edits_and_moderators_press_buttons: story,
  everything_readable_is_judged: parts,
  doctor_says_what_to_fix: doctorSays,
  refused_for_good_is_said_once: refusedForGood,
  missing_permissions_are_named: permissionsNamed,
  flood_is_deleted_in_bulk_worst_first: flood,
  gap_is_judged_oldest_first_while_live_goes_on: gap,
  kill_minus_nine_loses_nothing: kills,
  killed_in_the_gap_reads_on: killedInTheGap,
  identifies_keep_their_distance_over_a_kill: identifiesApart,
  repost_comes_once_whatever_is_lost: repostOnce,
  signals_become_cases: signals,
  texts_and_rights_at_their_limits: edges,
  edit_in_a_lost_session_is_found: unseenEdit,
  thread_closed_in_a_lost_session_is_read: closedThread,
  shards_are_watched_together: shards,
  faults_under_load_lose_nothing: faults,
  hostile_gateway_ends_nothing: hostile,
  silent_gateway_is_left_and_tried_again: silentUpgrade,
});
