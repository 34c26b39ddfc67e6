// Traffic over many channels while things go wrong; says what became of every message.
import { readFileSync, writeFileSync } from "node:fs";
import { withSchool, talk, sleep, until, sql, metric } from "./school.mjs";
import { school } from "../../sim/discord/world.mjs";

// One after the other, each a few seconds after the one before.
const troubles = [{ do: "op7" }, { do: "429", scope: "user", seconds: 0.5 }, { do: "op9", resumable: true }, { do: "5xx", code: 503, count: 3 },
  { do: "close", code: 4000 }, { do: "duplicate", count: 20 }, { do: "half-frame" }, { do: "429", scope: "global", seconds: 0.5 },
  { do: "reorder", count: 10 }, { do: "op9", resumable: false }, { do: "lost-ack" }, { do: "cut", count: 2, done: true, route: "DELETE" },
  { do: "close", code: 4008 }, { do: "junk", count: 20 }, { do: "cut-gateway" }, { do: "slow", ms: 2500, count: 2 }, { do: "close", code: 4007 },
  { do: "429", scope: "shared", seconds: 0.5, route: "DELETE" }, { do: "hang" }, { do: "op1" }, { do: "close", code: 4009 }, { do: "history-short", count: 5 },
  { do: "close", code: 4001 }, { do: "refuse-upgrade" }, { do: "cut-gateway" }, { do: "close", code: 4002 }, { do: "5xx", code: 500, count: 2, done: true, route: "DELETE" },
  { do: "close", code: 4003 }, { do: "op9-on-resume" }, { do: "cut-gateway" }, { do: "close", code: 4005 }, { do: "cut", count: 2 }];

export async function load({ rate, seconds, channels = 200, offend = 0.02, limits = true, faultsEveryMs = 3000, binary, pupils = 400, drainMs = 60000, heartbeatMs = 5000,
  settings = "", discord = "" }) {
  const world = school({ channels, pupils });
  let result;
  await withSchool({ binary, alerts: false, settings, discord, sim: { world, limits, gateway: { heartbeatMs }, keepMessages: 4000 } }, async (daemon, sim) => {
    sim.rest.prepare();
    const says = talk(daemon, sim, { offend });
    const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.process.pid}/status`, "utf8"))[1]) / 1024;
    await sleep(500); // what the start reads
    // Each once: what came again is known again when it is written down.
    const judged = async () => (await metric(daemon, "messages_total")) - (await metric(daemon, "duplicates_total"));
    const judgedBefore = await judged();
    const memory = [rss()];
    if (faultsEveryMs) sim.faults.play(troubles.map((f, i) => ({ ...f, at: (i + 1) * faultsEveryMs, every: troubles.length * faultsEveryMs })));
    const begin = performance.now();
    let n = 0;
    while (performance.now() - begin < seconds * 1000) {
      const due = Math.floor((performance.now() - begin) / 1000 * rate);
      for (; n < due; n++) {
        const { room, user, text, offends } = says.say();
        sim.post(room, user, text, { offends });
      }
      if (memory.length === 1 && performance.now() - begin > seconds * 500) memory.push(rss());
      await sleep(1);
    }
    const elapsed = (performance.now() - begin) / 1000;
    sim.faults.stop();
    const posted = n;
    let stuck = null;
    await until("every offending message is deleted", drainMs, () => sim.ledger.summary().missing === 0).catch((e) => { stuck = e.message; });
    await until("every message is judged", drainMs, async () => await judged() - judgedBefore >= posted).catch((e) => { stuck ??= e.message; });
    await until("the history is read", drainMs, async () => /hallmonitor_backlog\{adapter="discord"\} 0\n/.test(await daemon.get("/metrics"))).catch((e) => { stuck ??= e.message; });
    await sleep(500);
    memory.push(rss());
    const metrics = await daemon.get("/metrics");
    const own = Object.fromEntries([...metrics.matchAll(/frame_to_act_seconds\{quantile="([\d.]+)"\} ([\d.]+)/g)].map(([, q, v]) => [q, Number(v) * 1000]));
    const status = await daemon.stop();
    if (process.env.HM_LOG) writeFileSync(process.env.HM_LOG, `clock 0 is ${new Date(Date.now() - performance.now()).toISOString()}\n${daemon.log}`);
    const seen = Number(sql(daemon, "SELECT count(*) FROM seen"));
    const caseRows = Number(sql(daemon, "SELECT count(*) FROM cases WHERE message_id <> ''"));
    const caseMessages = Number(sql(daemon, "SELECT count(DISTINCT message_id || revision) FROM cases WHERE message_id <> ''"));
    const pending = Number(sql(daemon, "SELECT count(*) FROM outbox WHERE state = 'pending' AND kind = 'hide'"));
    result = { posted, elapsed, judged: seen, caseRows, caseMessages, pendingHides: pending, status, stuck, own, memory, summary: sim.ledger.summary(), standing: sim.ledger.standing(), slowest: sim.ledger.slowest(30), log: daemon.log.slice(-3000) };
  });
  return result;
}

export function told(r) {
  const { summary: s } = r;
  const ms = (v) => (v === null || v === undefined ? "-" : v.toFixed(2));
  const faults = Object.values(s.faults).reduce((a, b) => a + b, 0);
  return [
    `${r.posted} messages in ${r.elapsed.toFixed(1)} s = ${Math.round(r.posted / r.elapsed)}/s; judged ${r.judged}; ${s.offending} offending, ${s.deleted} deleted, ${s.missing} not; ` +
      `${s.deletes.wrong} deleted wrongly; cases ${r.caseRows} for ${r.caseMessages} messages${r.stuck ? `; ${r.stuck}` : ""}`,
    `deletes: ${s.deletes.single} single, ${s.deletes.bulk} bulk of ${s.deletes.bulkMessages} messages, asked again ${s.deletes.again}, unknown ${s.deletes.unknown}`,
    `event to DELETE on the wire: p50 ${ms(s.latency_ms.p50)} ms, p90 ${ms(s.latency_ms.p90)}, p99 ${ms(s.latency_ms.p99)}, max ${ms(s.latency_ms.max)} (${s.latency_ms.count}); ` +
      `daemon's own frame to act: p50 ${ms(r.own["0.5"])}, p99 ${ms(r.own["0.99"])}`,
    `requests ${s.requests}, invalid ${s.invalid} (${(s.invalidShare * 100).toFixed(3)} %), statuses ${JSON.stringify(s.statuses)}, limits ${s.limitsOn ? "on" : "off"} ${JSON.stringify(s.limits)}`,
    `gateway: ${s.gateway.connects} connects, ${s.gateway.identifies} identifies, ${s.gateway.resumed} resumed of ${s.gateway.resumes}, ${s.gateway.replayed} replayed, ` +
      `${s.gateway.heartbeats} heartbeats, worst ${(s.gateway.heartbeatWorst * 100).toFixed(1)} % late; faults ${faults} of ${Object.keys(s.faults).length} kinds`,
    `violations ${JSON.stringify(s.violations)}`,
    `resident memory ${r.memory.map((m) => m.toFixed(1)).join(" → ")} MiB`,
  ].join("\n");
}
