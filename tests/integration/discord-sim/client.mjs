// discord.js pointed at the simulator, and a bare REST caller.
import { require } from "../../sim/discord/modules.mjs";
import { DiscordSim } from "../../sim/discord/sim.mjs";

export const djs = require("discord.js");
export const dws = require("@discordjs/ws");
export const { REST } = require("@discordjs/rest");
export const intents = 19961351;

export async function withSim(options, test) {
  const sim = await new DiscordSim({ checkAnswers: true, ...options, gateway: { heartbeatMs: 10000, ...options.gateway } }).start();
  try { return await test(sim); } finally { await sim.stop(); }
}

export async function withClient(sim, test, options = {}) {
  const { Partials } = djs;
  const client = new djs.Client({ intents, partials: [Partials.Channel, Partials.Message], rest: { api: `http://127.0.0.1:${sim.port}/api` }, ...options });
  const got = [];
  client.on("messageCreate", (m) => got.push(m));
  client.on("error", () => {});
  const ready = new Promise((done) => client.once("clientReady", done).once("ready", done));
  try {
    await client.login(sim.token);
    await ready;
    return await test(client, got);
  } finally {
    await client.destroy();
  }
}

// The gateway library below discord.js alone.
export function manager(sim, options = {}) {
  const rest = new REST({ api: `http://127.0.0.1:${sim.port}/api` }).setToken(sim.token);
  const m = new dws.WebSocketManager({ token: sim.token, intents, rest, ...options });
  m.events = [];
  m.errors = [];
  m.on(dws.WebSocketShardEvents.Dispatch, (a) => m.events.push((a.data ?? a)));
  m.on(dws.WebSocketShardEvents.Error, (a) => m.errors.push(a.error ?? a));
  return m;
}

export async function call(sim, method, path, body, headers = {}) {
  const answer = await fetch(sim.restUrl + path, { method, body: body === undefined ? undefined : JSON.stringify(body),
    headers: { authorization: `Bot ${sim.token}`, "user-agent": "DiscordBot (https://example.org, 1)", ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers } });
  const text = await answer.text();
  let parsed = text;
  try { parsed = JSON.parse(text); } catch {}
  return { status: answer.status, headers: answer.headers, body: parsed };
}
