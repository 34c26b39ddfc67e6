// The daemon as a school on Discord would run it, pointed at the simulator.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execFile, execFileSync } from "node:child_process";
import { Daemon, binaries, root, sleep, until } from "../lib/daemon.mjs";
import { Talk, good, bad, worst, harmless } from "./talk.mjs";
import { DiscordSim } from "../../sim/discord/sim.mjs";

export async function withSchool({ binary = binaries.release, sim: simOptions = {}, settings = "", alerts = true, start = true, discord = "", gateway = {} }, test) {
  const sim = await new DiscordSim({ ...simOptions, gateway: { identifyMs: 5000, ...gateway, ...simOptions.gateway } }).start();
  const daemon = new Daemon(process.env.HM_BINARY ?? binary);
  const token = join(daemon.folder, "discord.token");
  writeFileSync(token, `${sim.token}\n`, { mode: 0o600 });
  const moderators = sim.world.channel("moderators"), role = sim.world.role("moderator");
  daemon.settings = `${settings}discord:\n  token_file: ${token}\n  rest_url: ${sim.restUrl}\n  moderator_roles: ["${role.id}"]\n` +
    (alerts ? `  alert_channel: "${moderators.id}"\n` : "") + discord;
  await daemon.prepare();
  try {
    if (start) await up(daemon, sim);
    await test(daemon, sim);
  } catch (error) {
    error.stack += `\n-- daemon's log, its end:\n${daemon.log.slice(-4000)}\n-- ledger: ${JSON.stringify(sim.ledger.summary())}`;
    throw error;
  } finally {
    daemon.remove();
    await sim.stop();
  }
}

export async function up(daemon, sim, ms = 60000) {
  const before = sim.gateway.stats.identifies + sim.gateway.stats.resumed;
  await daemon.start().up(ms);
  await daemon.signIn();
  await until("the adapter is on the gateway", 15000, () => sim.gateway.stats.identifies + sim.gateway.stats.resumed > before && sim.gateway.live().length);
}

export const gone = (message, ms = 10000) => until(`"${message.content.slice(0, 60)}" is deleted`, ms, () => message.deletedBy);

export const metric = async (daemon, name) => Number(new RegExp(`^hallmonitor_${name} ([\\d.]+)$`, "m").exec(await daemon.get("/metrics"))?.[1]);

export const cases = async (daemon) => (await daemon.get("/api/cases?state=")).cases;
export const caseOf = (daemon, message) => until(`a case for ${message.id}`, 10000, async () => (await cases(daemon)).find((c) => c.message_id === message.id));

export const sql = (daemon, q) => execFileSync("sqlite3", [join(daemon.folder, "state/store.db"), q], { encoding: "utf8", maxBuffer: 1 << 28 }).trim();

// Notices to many people wait for Discord's limits on direct messages; hides must not.
export const pendingHides = (daemon) => Number(sql(daemon, "SELECT count(*) FROM outbox WHERE state = 'pending' AND kind = 'hide'"));

export const outboxEmpty = (daemon, ms) => until("the outbox is empty", ms, async () => await metric(daemon, "outbox_tasks") === 0)
  .catch((e) => { throw new Error(`${e.message}: ${sql(daemon, "SELECT kind, state, attempts, fault, next_ms - strftime('%s','now') * 1000 FROM outbox WHERE state = 'pending' LIMIT 5").replace(/\n/g, "; ")}`); });

// Not spawnSync: the simulator answers in this process.
export function doctor(daemon) {
  return new Promise((done) => {
    execFile(daemon.binary, ["discord", "doctor", "-c", daemon.config], { timeout: 60000,
      env: { ...process.env, HM_CACHE: process.env.HM_CACHE ?? join(root, "build/cache") } }, (error, stdout, stderr) => {
      done({ status: error ? error.code : 0, said: stdout + stderr });
    });
  });
}

// Talk of that school's pupils in its open channels.
export function talk(daemon, sim, options) {
  const rooms = [...sim.world.channels.values()].filter((c) => c.name === "general" || c.name?.startsWith("class-"));
  const people = [...sim.world.users.values()].filter((u) => u.global_name.startsWith("Pupil"));
  return new Talk(rooms, people, harmless(daemon.binary, { ...process.env, HM_CACHE: process.env.HM_CACHE ?? join(root, "build/cache") }), options);
}

export { sleep, until, binaries, good, bad, worst };
