// Rate limits as Discord keeps them: a bucket a route and major parameter, 50 requests a
// second in all, and the count of invalid requests that ends in a ban.
import { createHash } from "node:crypto";

const banAt = 10000, banWindowMs = 600000;

export class Limits {
  constructor(sim) {
    this.sim = sim;
    this.on = sim.options.limits !== false;
    this.globalLimit = sim.options.globalLimit ?? 50;
    this.buckets = new Map(); // key → {remaining, resetAt}
    this.global = { remaining: this.globalLimit, resetAt: 0 };
    this.invalid = [];
    this.hashes = new Map();
    this.stats = { route: 0, global: 0, shared: 0, injected: 0 };
  }

  hash(name) {
    let h = this.hashes.get(name);
    if (!h) this.hashes.set(name, h = createHash("sha1").update(name).digest("hex").slice(0, 32));
    return h;
  }

  // Returns {refused, headers}. bucket: {name, limit, ms}; major: the id it is kept for;
  // free: not counted towards the bot's 50/s (interactions, webhooks by token).
  take({ bucket, major, free }) {
    if (!this.on) return { headers: {} };
    const now = Date.now();
    const key = `${bucket.name}:${major}`;
    let b = this.buckets.get(key);
    if (!b || now >= b.resetAt) this.buckets.set(key, b = { remaining: bucket.limit, resetAt: now + bucket.ms });
    if (this.buckets.size > 20000) for (const [k, v] of this.buckets) if (now >= v.resetAt) this.buckets.delete(k);
    if (!free) {
      if (now >= this.global.resetAt) this.global = { remaining: this.globalLimit, resetAt: now + 1000 };
      if (this.global.remaining <= 0) return this.refuse("global", (this.global.resetAt - now) / 1000, {});
      this.global.remaining--;
    }
    const headers = () => ({ "x-ratelimit-limit": bucket.limit, "x-ratelimit-remaining": b.remaining,
      "x-ratelimit-reset": (b.resetAt / 1000).toFixed(3), "x-ratelimit-reset-after": Math.max(0, (b.resetAt - now) / 1000).toFixed(3),
      "x-ratelimit-bucket": this.hash(bucket.name) });
    if (b.remaining <= 0) return this.refuse("user", (b.resetAt - now) / 1000, headers());
    b.remaining--;
    return { headers: headers() };
  }

  // A 429 of that scope; also used by the fault of that name.
  refuse(scope, seconds, headers = {}, injected = false) {
    this.stats[injected ? "injected" : scope === "user" ? "route" : scope]++;
    const retry = Math.max(0.001, seconds);
    return { refused: true, status: 429, headers: { ...headers, "retry-after": Math.ceil(retry), "x-ratelimit-scope": scope, via: "1.1 google",
      ...(scope === "global" ? { "x-ratelimit-global": "true" } : {}) },
      body: { message: "You are being rate limited.", retry_after: Number(retry.toFixed(3)), global: scope === "global", code: 0 } };
  }

  // 401, 403 and 429 (but not of shared scope) count as invalid.
  note(status, scope) {
    if (![401, 403, 429].includes(status) || scope === "shared") return;
    const now = Date.now();
    this.invalid.push(now);
    if (this.invalid.length > banAt) this.invalid = this.invalid.filter((t) => now - t < banWindowMs);
  }

  banned() {
    return this.invalid.length > banAt && Date.now() - this.invalid[this.invalid.length - banAt] < banWindowMs;
  }
}
