// The simulator's people and ledger over HTTP, for tests in other languages and by hand:
//   POST /post {"channel","user","content",…}   → {"id","channel_id"}
//   POST /edit {"channel","id","content"}       POST /remove {"channel","id"}
//   POST /press {"channel","id","button","user"} → the bot's answer
//   POST /join {"name","created"}  POST /thread {"channel","name","user"}
//   POST /react {"channel","id","user","emoji"}  POST /rename {"user","nick"}
//   POST /overwrite {"channel","who","allow","deny"}  POST /allow {"content":false}
//   POST /grant {"role","bits","revoke"}
//   POST /automod {"channel","user","content","rule_id"}
//   POST /fault {…} or [{…}]  POST /limits {"on":false}  POST /reset
//   GET /ledger  GET /requests  GET /world  GET /messages?channel=NAME  GET /urls
import http from "node:http";
import * as shapes from "./shapes.mjs";

const one = (sim, q) => {
  const m = sim.world.channel(q.channel)?.byId.get(q.id);
  if (!m) throw new Error("no such message");
  return m;
};
const told = (m) => ({ id: m.id, channel_id: m.channel.id, gone: !!m.gone, deleted_by: m.deletedBy ?? null });

const verbs = {
  "POST /post": (sim, { channel, user, content, ...extra }) => told(sim.post(channel, user, content, extra)),
  "POST /edit": (sim, { content, channel, id, ...extra }) => told(sim.edit(one(sim, { channel, id }), content, extra)),
  "POST /remove": (sim, q) => { sim.remove(one(sim, q)); return {}; },
  "POST /press": async (sim, q) => {
    const i = await sim.press(one(sim, q), q.button, q.user);
    return { answer: i.answer ?? null, took_ms: i.tookMs ?? null, unanswered: !!i.unanswered };
  },
  "POST /join": (sim, q) => ({ id: sim.join(q.guild, q.name, q).id }),
  "POST /thread": (sim, { channel, name, user, ...extra }) => ({ id: sim.thread(channel, name, user, extra).id }),
  "POST /react": (sim, q) => { sim.react(one(sim, q), q.user, q.emoji); return {}; },
  "POST /rename": (sim, q) => { sim.rename(q.user, q.nick); return {}; },
  "POST /overwrite": (sim, q) => { sim.overwrite(q.channel, q.who, q); return {}; },
  "POST /grant": (sim, q) => { sim.grant(q.role, q.bits, q); return {}; },
  "POST /automod": (sim, q) => { sim.autoMod(q.channel, q.user, q.content, q.rule_id); return {}; },
  "POST /allow": (sim, q) => { sim.allow(q); return {}; },
  "POST /fault": (sim, q) => { sim.faults.play([].concat(q)); return {}; },
  "POST /limits": (sim, q) => { sim.limits.on = q.on; return {}; },
  "POST /reset": (sim) => { sim.ledger.reset(); return {}; },
  "GET /ledger": (sim) => sim.ledger.summary(),
  "GET /requests": (sim) => sim.ledger.requests,
  "GET /urls": (sim) => sim.urls(),
  "GET /messages": (sim, q) => sim.world.channel(q.channel).messages.map((m) => ({ ...shapes.message(m), ...told(m) })),
  "GET /world": (sim) => ({ bot: sim.world.bot.id,
    guilds: [...sim.world.guilds.values()].map((g) => ({ id: g.id, name: g.name,
      roles: Object.fromEntries([...g.roles.values()].map((r) => [r.name, r.id])),
      channels: Object.fromEntries([...g.channels.values()].map((c) => [c.name, c.id])),
      members: Object.fromEntries([...g.members.values()].map((m) => [m.user.global_name, m.user.id])) })) }),
};

export function control(sim, port = 0) {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (c) => chunks.push(c));
    request.on("end", async () => {
      const url = new URL(request.url, "http://sim");
      const verb = verbs[`${request.method} ${url.pathname}`];
      let status = 200, body;
      try {
        if (!verb) throw Object.assign(new Error("no such thing"), { status: 404 });
        const text = Buffer.concat(chunks).toString();
        body = await verb(sim, text ? JSON.parse(text) : Object.fromEntries(url.searchParams));
      } catch (error) {
        status = error.status ?? 400;
        body = { error: error.message };
      }
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  return new Promise((done) => server.listen(port, "127.0.0.1", () => done(server)));
}
