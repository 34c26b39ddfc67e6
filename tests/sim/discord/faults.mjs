// Faults from a script: JSON lines such as
//   {"at": 3000, "do": "close", "code": 4000}
//   {"after_events": 500, "do": "duplicate", "count": 2}
//   {"at": 1000, "every": 5000, "do": "op7"}
// "at" is ms since play(), "every" repeats it, "after_events" counts dispatches since then.
import { readFileSync } from "node:fs";

// Those that wait for the next frame or request to strike, `count` times.
const armed = new Set(["lost-ack", "half-frame", "duplicate", "reorder", "junk", "op9-on-resume", "op9-on-identify", "refuse-upgrade", "hang-upgrade",
  "429", "5xx", "slow", "cut", "history-short", "history-empty", "history-gone"]);

const junk = [
  '{"op":0,"s":null,"t":"MESSAGE_CREATE","d":{"id":7,"channel_id":[],"author":"x","content":{}}}',
  '{"op":0,"s":"4","t":"MESSAGE_CREATE","d":null}',
  '{"op":0,"t":"MESSAGE_CREATE","d":{"id":"99999999999999999999999999","channel_id":"-1","author":{"id":""},"content":"x"}}',
  '{"op":"0","d":[]}', '{"op":99,"d":{}}', "[1,2,3]", "null", '{"op":0,"t":"MESSAGE_UPDATE","d":{}}', '{"op":10,"d":{"heartbeat_interval":-5}}',
  '{"op":0,"t":"GUILD_CREATE","d":{"id":"1","channels":{},"roles":7,"members":[null,{"user":null}]}}',
  '{"op":0,"t":"MESSAGE_DELETE_BULK","d":{"ids":"x"}}', '{"op":0,"t":"INTERACTION_CREATE","d":{"id":"1","token":null,"data":[],"member":{}}}',
  '{"op":0,"t":"AUTO_MODERATION_ACTION_EXECUTION","d":{"content":7,"rule_id":{}}}', '{"op":9,"d":"perhaps"}'.replace("9", "12"),
  '{"op":0,"t":"THREAD_LIST_SYNC","d":{"threads":[{"id":null}]}}', '{"op":0,"t":"GUILD_MEMBER_ADD","d":{"guild_id":true}}',
];

export class Faults {
  constructor(sim) {
    this.sim = sim;
    this.left = new Map();    // armed: kind → [{...fault, count}]
    this.waiting = [];        // after_events
    this.timers = new Set();
    this.done = {};
    this.log = []; // [ms, kind], the newest last
    this.junkNext = 0;
  }

  play(script) {
    const list = typeof script === "string" ? readFileSync(script, "utf8").split("\n").filter((l) => l.trim() && !l.startsWith("#")).map((l) => JSON.parse(l)) : script;
    for (const fault of list) this.schedule(fault);
  }

  schedule(fault) {
    if (fault.after_events !== undefined) return void this.waiting.push({ ...fault, due: this.sim.gateway.events + fault.after_events });
    const later = (ms, run) => {
      const timer = setTimeout(() => { this.timers.delete(timer); run(); }, ms);
      this.timers.add(timer);
    };
    const strike = () => {
      this.strike(fault);
      if (fault.every) later(fault.every, strike);
    };
    if (fault.at) later(fault.at, strike);
    else strike();
  }

  afterEvents(events) {
    if (!this.waiting.length) return;
    const due = this.waiting.filter((f) => f.due <= events);
    this.waiting = this.waiting.filter((f) => f.due > events);
    for (const f of due) this.strike(f);
  }

  note(kind) {
    this.done[kind] = (this.done[kind] ?? 0) + 1;
    this.log.push([Math.round(performance.now()), kind]);
    if (this.log.length > 2000) this.log.splice(0, 1000);
  }

  strike(fault) {
    const { gateway } = this.sim;
    const kind = String(fault.do);
    if (armed.has(kind)) {
      const list = this.left.get(kind) ?? [];
      list.push({ ...fault, left: fault.count ?? 1 });
      this.left.set(kind, list);
      return;
    }
    this.note(kind === "close" ? `close ${fault.code}` : kind === "op9" ? `op9 ${!!fault.resumable}` : kind);
    for (const c of gateway.live()) {
      if (kind === "op7") c.reconnect();
      else if (kind === "op9") c.invalidSession(!!fault.resumable);
      else if (kind === "close") c.close(fault.code, fault.reason ?? "");
      else if (kind === "cut-gateway") c.terminate();
      else if (kind === "hang") c.mute = true;
      else if (kind === "op1") c.askHeartbeat();
      else if (kind === "oversized") c.raw(`{"op":0,"t":"MESSAGE_CREATE","d":{"content":"${"x".repeat(fault.bytes ?? 32 << 20)}"}}`);
      else if (kind === "bad-zlib") c.ws.send(Buffer.from("789cdeadbeef00112233440000ffff", "hex"), { binary: true });
      else if (kind === "raw") c.raw(fault.text);
      else throw new Error(`no such fault: ${kind}`);
    }
  }

  // The armed fault of that kind, once, or null.
  take(kind, match = () => true) {
    const list = this.left.get(kind);
    if (!list?.length) return null;
    const fault = list.find(match);
    if (!fault) return null;
    if (--fault.left <= 0) list.splice(list.indexOf(fault), 1);
    this.note(kind === "429" ? `429 ${fault.scope ?? "user"}` : kind);
    return fault;
  }

  junk() { return junk[this.junkNext++ % junk.length]; }
  get junkKinds() { return junk.length; }

  stop() {
    for (const t of this.timers) clearTimeout(t);
    this.timers.clear();
    this.left.clear();
    this.waiting = [];
  }
}
