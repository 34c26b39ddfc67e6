// Harmless talk and insults as a school's channels carry them: no text comes round in a
// channel for a while, and nobody talks there too often, for both would be spam.
import { spawnSync } from "node:child_process";

const said = ["See you all at the cake sale on Friday", "is it PE tomorrow or forest school", "my mum is bringing the costumes",
  "great match today, well played everybody", "does anyone have the maths homework sheet", "the bus is ten minutes late again",
  "thanks for helping me with the fractions", "who is coming to choir practice after lunch", "the library is open until five today",
  "our team won the quiz by two points", "can somebody send me the reading list", "the school play starts at seven on Thursday",
  "I left my coat in the music room", "what time does the trip leave on Monday", "the new science lab looks great"];
const before = ["", "hi all, ", "by the way, ", "also, ", "quick one, ", "hello everybody, "];
export const good = said;
export const bad = ["Mr Hale is a useless idiot", "you are such an idiot", "Mrs Fenn is a stupid cow", "nobody likes you so just leave"];
export const worst = "I'm going to smash your face in after school";

function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// What the judge lets through on its own: these tests are about the platform.
export function harmless(binary, env) {
  const all = before.flatMap((b) => said.map((s) => b + s));
  const run = spawnSync(binary, ["check", "--plain"], { input: `${all.join("\n")}\n`, env, encoding: "utf8" });
  const actions = run.stdout.trim().split("\n").map((l) => JSON.parse(l).action);
  const kept = all.filter((_, i) => actions[i] === "allow");
  if (kept.length < 45) throw new Error(`only ${kept.length} of ${all.length} harmless sentences are let through`);
  return kept;
}

export class Talk {
  constructor(rooms, people, texts = said, { offend = 0.02, seed = 1 } = {}) {
    Object.assign(this, { rooms, people, texts, offend, next: random(seed), visits: new Map(), bads: 0 });
  }

  // The next message: {room, user, text, offends}.
  say(offends = this.next() < this.offend, room = this.rooms[Math.floor(this.next() * this.rooms.length)]) {
    const visit = this.visits.get(room) ?? 0;
    this.visits.set(room, visit + 1);
    const at = this.rooms.indexOf(room) + 1;
    return { room, offends, user: this.people[(visit * 7 + at * 13) % this.people.length],
      text: offends ? bad[this.bads++ % bad.length] : this.texts[(visit + at) % this.texts.length] };
  }
}
