// What the simulator and loopback cost by themselves, without a bot that thinks:
//   NODE_PATH=build/node/discord/node_modules node tests/bench/discord_floor.mjs [RATE] [SECONDS] [json|zlib]
// A second process deletes every message that says "bad" without parsing the rest.
import { fork } from "node:child_process";
import http from "node:http";
import zlib from "node:zlib";
import { fileURLToPath } from "node:url";
import { WebSocket } from "../sim/discord/modules.mjs";
import { ZStream } from "../sim/discord/zstream.mjs";
import { DiscordSim } from "../sim/discord/sim.mjs";
import { school } from "../sim/discord/world.mjs";

if (process.argv[2] === "bot") bot(process.argv[3], process.argv[4], process.argv[5]);
else await measure();

function bot(gatewayUrl, restUrl, encoding) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  const ws = new WebSocket(`${gatewayUrl}?v=10&encoding=json${encoding === "zlib" ? "&compress=zlib-stream" : ""}`, { headers: { "user-agent": "floor" }, perMessageDeflate: false });
  const inflate = new ZStream(zlib.createInflate);
  ws.on("message", (bytes) => {
    const text = (encoding === "zlib" ? inflate.push(bytes) : bytes).toString();
    if (text.includes('"op":10')) ws.send(JSON.stringify({ op: 2, d: { token: "sim.token.hallmonitor", intents: 19961351, properties: { os: "linux", browser: "floor", device: "floor" } } }));
    if (!text.startsWith('{"t":"MESSAGE_CREATE"') || !text.includes('"content":"bad"')) return;
    const [, id, channel] = /"d":\{"id":"(\d+)","channel_id":"(\d+)"/.exec(text);
    http.request(`${restUrl}/channels/${channel}/messages/${id}`, { method: "DELETE", agent,
      headers: { authorization: "Bot sim.token.hallmonitor", "user-agent": "DiscordBot (https://example.org, 1)" } }, (r) => r.resume()).end();
  });
  process.on("disconnect", () => process.exit());
}

async function measure() {
  const [rate = "2000", seconds = "10", encoding = "json"] = process.argv.slice(2);
  const world = school({ channels: 200, pupils: 400 });
  const sim = await new DiscordSim({ limits: false, world, keepMessages: 2000 }).start();
  const child = fork(fileURLToPath(import.meta.url), ["bot", sim.gatewayUrl, sim.restUrl, encoding]);
  while (!sim.gateway.live().length) await new Promise((done) => setTimeout(done, 50));
  const rooms = [...world.channels.values()].filter((c) => c.name === "general" || c.name?.startsWith("class-"));
  const people = [...world.users.values()].filter((u) => u.global_name.startsWith("Pupil"));
  const begin = performance.now();
  let n = 0;
  while (performance.now() - begin < Number(seconds) * 1000) {
    const due = Math.floor((performance.now() - begin) / 1000 * Number(rate));
    for (; n < due; n++) sim.post(rooms[(n * 7) % rooms.length], people[(n * 11) % people.length], n % 50 ? "something harmless to read" : "bad", { offends: n % 50 === 0 });
    await new Promise((done) => setTimeout(done, 1));
  }
  await new Promise((done) => setTimeout(done, 500));
  const s = sim.ledger.summary();
  console.log(`${n} messages at ${Math.round(n / Number(seconds))}/s, ${encoding}: ${s.deleted} of ${s.offending} deleted; p50 ${s.latency_ms.p50.toFixed(2)} ms, ` +
    `p99 ${s.latency_ms.p99.toFixed(2)} ms, max ${s.latency_ms.max.toFixed(2)} ms; simulator's cpu ${(process.cpuUsage().user / 1e6 / Number(seconds)).toFixed(2)} cores`);
  child.disconnect();
  await sim.stop();
}
