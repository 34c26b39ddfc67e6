// End to end through the sandbox websocket with durable commits:
//   NODE_PATH=build/node/sandbox/node_modules node tests/bench/sandbox_load.mjs [MESSAGES_A_SECOND] [SECONDS]
// Prints the latency from a member's frame leaving to the hide frame arriving (client's
// clock, both ways over loopback), the daemon's own frame-in to hide-out, what was lost, and
// the daemon's resident memory at the start, middle and end.
import { readFileSync } from "node:fs";
import { Daemon, Member, binaries, sleep, until } from "../integration/lib/daemon.mjs";

const rate = Number(process.argv[2] ?? 5000);
const seconds = Number(process.argv[3] ?? 60);
const offend = 0.02;
const good = ["See you all at the cake sale on Friday", "is it PE tomorrow or forest school", "my mum is bringing the costumes",
  "great match today, well played everybody", "does anyone have the maths homework sheet", "the bus is ten minutes late again"];
const bad = "Mr Hale is a useless idiot";

const daemon = await new Daemon(binaries.release).prepare();
const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.process.pid}/status`, "utf8"))[1]) / 1024;
const at = (list, share) => list.length ? list[Math.min(list.length - 1, Math.floor(list.length * share))] : NaN;
try {
  await daemon.start().up();
  await daemon.signIn();
  const sent = new Map(), latency = [];
  let acked = 0;
  const member = new Member(daemon, "Load", "parent");
  member.keep = false;
  member.onframe = (frame) => {
    if (frame.op === "ack") acked++;
    if (frame.op === "hide") { latency.push(frame.arrived - sent.get(frame.id)); sent.delete(frame.id); }
  };
  await member.open();
  const memory = [rss()];
  const begin = performance.now();
  let n = 0, offending = 0;
  while (performance.now() - begin < seconds * 1000) {
    const due = Math.floor((performance.now() - begin) / 1000 * rate);
    for (; n < due; n++) {
      const id = `b${n}`;
      const offends = n % Math.round(1 / offend) === 0;
      if (offends) { offending++; sent.set(id, performance.now()); }
      member.postAs(`Load ${n}`, id, "parents", `${offends ? bad : good[n % good.length]} (${n})`);
    }
    if (memory.length === 1 && performance.now() - begin > seconds * 500) memory.push(rss());
    await sleep(1);
  }
  const elapsed = (performance.now() - begin) / 1000;
  await until("everything is acknowledged", 30000, () => acked >= n && latency.length >= offending);
  memory.push(rss());
  latency.sort((a, b) => a - b);
  const own = Object.fromEntries([...(await daemon.get("/metrics")).matchAll(/frame_to_act_seconds\{quantile="([\d.]+)"\} ([\d.]+)/g)]
    .map(([, q, v]) => [q, (v * 1000).toFixed(2)]));
  console.log(`${n} messages in ${elapsed.toFixed(1)} s = ${Math.round(n / elapsed)}/s, ${offending} offending, ` +
    `${n - acked} unacknowledged, ${offending - latency.length} not hidden`);
  console.log(`client's frame out to hide in: p50 ${at(latency, 0.5).toFixed(2)} ms, p99 ${at(latency, 0.99).toFixed(2)} ms, max ${at(latency, 1).toFixed(2)} ms`);
  console.log(`daemon's frame in to hide out: p50 ${own["0.5"]} ms, p99 ${own["0.99"]} ms, p99.9 ${own["0.999"]} ms`);
  console.log(`resident memory: ${memory.map((m) => m.toFixed(1)).join(" → ")} MiB`);
  member.close();
  await daemon.stop();
} finally {
  daemon.remove();
}
