// The simulator as a program; run by ./run. Prints one JSON line with its addresses.
import { parseArgs } from "node:util";
import { DiscordSim } from "./sim.mjs";
import { control } from "./control.mjs";
import { school } from "./world.mjs";

const { values: v } = parseArgs({ options: {
  port: { type: "string", default: "0" }, control: { type: "string", default: "0" }, token: { type: "string" }, faults: { type: "string" },
  channels: { type: "string", default: "4" }, pupils: { type: "string", default: "8" }, guilds: { type: "string", default: "1" },
  heartbeat: { type: "string" }, identify: { type: "string" }, shards: { type: "string" }, "no-limits": { type: "boolean" },
  verbose: { type: "boolean" }, help: { type: "boolean" },
} });
if (v.help) {
  console.log("usage: run [--port N] [--control N] [--token T] [--faults FILE] [--channels N] [--pupils N] [--guilds N]\n" +
    "           [--heartbeat MS] [--identify MS] [--shards N] [--no-limits] [--verbose]");
  process.exit(0);
}
const number = (s) => (s === undefined ? undefined : Number(s));
const gateway = Object.fromEntries(Object.entries({ heartbeatMs: number(v.heartbeat), identifyMs: number(v.identify), shards: number(v.shards) })
  .filter(([, n]) => n !== undefined));
const sim = new DiscordSim({ token: v.token, limits: !v["no-limits"], verbose: v.verbose, gateway,
  world: school({ channels: number(v.channels), pupils: number(v.pupils), guilds: number(v.guilds) }) });
await sim.start({ port: number(v.port) });
const server = await control(sim, number(v.control));
sim.controlUrl = `http://127.0.0.1:${server.address().port}`;
console.log(JSON.stringify(sim.urls()));
if (v.faults) sim.faults.play(v.faults);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
