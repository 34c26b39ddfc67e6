// The daemon on the Discord simulator under load:
//   NODE_PATH=build/node/discord/node_modules node --max-old-space-size=3000 tests/bench/discord_load.mjs [RATE] [SECONDS] [limits|free] [FAULT_EVERY_MS]
// RATE messages a second (2000) over 200 channels for SECONDS (600), 2 % offending, a fault
// every FAULT_EVERY_MS (3000; 0: none), Discord's limits on ("limits") or off ("free", for
// the latency). Prints what was judged and deleted, latency from the event's frame to the
// DELETE's head as the simulator saw both, invalid requests, heartbeats, memory.
import { load, told } from "../integration/discord/load.mjs";

const [rate = "2000", seconds = "600", mode = "limits", every = "3000"] = process.argv.slice(2);
const r = await load({ rate: Number(rate), seconds: Number(seconds), limits: mode !== "free", discord: mode === "free" ? "  requests_per_second: 5000\n" : "", faultsEveryMs: Number(every), drainMs: Number(process.env.HM_DRAIN_MS ?? 300000),
  offend: Number(process.env.HM_OFFEND ?? 0.02) });
console.log(told(r));
for (const line of r.standing) console.log(line);
if (process.env.HM_VERBOSE) console.log(JSON.stringify(r.slowest), JSON.stringify(r.summary, null, 1), r.log);
process.exit(r.stuck || r.summary.missing || r.summary.deletes.wrong ? 1 : 0);
