// What happened to each message, what was asked, and what ought not to have been.
const at = (sorted, share) => sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] : null;

export class Ledger {
  constructor(sim) {
    this.sim = sim;
    this.reset();
  }

  reset() {
    this.tracked = new Map(); // message id → entry; those that should be deleted
    this.violations = {};
    this.counts = {};
    this.requests = [];       // the last few thousand, newest last
    this.routes = {};
    this.statuses = {};
    this.requestsTotal = 0;
    this.deletes = { single: 0, bulk: 0, bulkMessages: 0, unknown: 0, again: 0, wrong: 0 };
  }

  count(what, by = 1) { this.counts[what] = (this.counts[what] ?? 0) + by; }

  violation(kind, detail) {
    const v = this.violations[kind] ??= { count: 0, samples: [] };
    v.count++;
    if (v.samples.length < 5) v.samples.push(String(detail).slice(0, 300));
    this.sim.options.verbose && console.error(`violation ${kind}: ${detail}`);
  }

  // A message that the bot is expected to delete.
  track(message) { this.tracked.set(message.id, message); }

  // Deleted by the bot; at: when the request was on the wire (performance.now()).
  deleted(message, at, how) {
    if (message.deletedAt === undefined) {
      message.deletedAt = at;
      message.deletedBy = how;
      if (!message.offends && !message.byBot) {
        this.deletes.wrong++;
        this.violation("deleted_wrongly", message.content);
      }
    }
  }

  request(entry) {
    this.requestsTotal++;
    this.statuses[entry.status] = (this.statuses[entry.status] ?? 0) + 1;
    const key = `${entry.method} ${entry.route}`;
    this.routes[key] = (this.routes[key] ?? 0) + 1;
    this.requests.push(entry);
    if (this.requests.length > 6000) this.requests.splice(0, 2000);
  }

  // Milliseconds from the event's last byte handed to the socket to the DELETE's head read.
  latencies(filter = () => true) {
    const out = [];
    for (const m of this.tracked.values()) {
      if (m.deletedBy && m.sentAt !== undefined && filter(m)) out.push(m.deletedAt - m.sentAt);
    }
    return out.sort((a, b) => a - b);
  }

  // The n slowest deletions: [[second in which the message was posted, milliseconds], …].
  slowest(n) {
    const done = [...this.tracked.values()].filter((m) => m.deletedBy && m.sentAt !== undefined);
    return done.map((m) => [(m.sentAt / 1000).toFixed(2), Math.round(m.deletedAt - m.sentAt)]).sort((a, b) => b[1] - a[1]).slice(0, n);
  }

  // Offending messages that still stand, by the second in which they were posted, between
  // the faults: ["142 s: cut-gateway", "143 s: 12 stand, 3 of them sent", …].
  standing() {
    const seconds = new Map();
    for (const m of this.tracked.values()) {
      if (!m.offends || m.deletedBy) continue;
      const second = Math.floor(m.created / 1000);
      const at = seconds.get(second) ?? { stand: 0, sent: 0 };
      at.stand++;
      at.sent += m.sentAt !== undefined;
      seconds.set(second, at);
    }
    if (!seconds.size) return [];
    const first = Math.min(...seconds.keys()) - 12, last = Math.max(...seconds.keys()) + 8;
    const lines = [...seconds].map(([second, n]) => [second, `${second} s: ${n.stand} stand, ${n.sent} of them sent`]);
    for (const [ms, kind] of this.sim.faults.log) if (ms / 1000 >= first && ms / 1000 <= last) lines.push([ms / 1000, `${(ms / 1000).toFixed(1)} s: ${kind}`]);
    return lines.sort((x, y) => x[0] - y[0]).map(([, line]) => line).filter((line, i, all) => line !== all[i - 1]);
  }

  summary() {
    const messages = [...this.tracked.values()].filter((m) => m.offends);
    const done = messages.filter((m) => m.deletedBy);
    const sorted = this.latencies();
    const invalid = (this.statuses[401] ?? 0) + (this.statuses[403] ?? 0) + (this.statuses[429] ?? 0) -
      this.sim.limits.stats.injected - this.sim.limits.stats.shared;
    return { offending: messages.length, deleted: done.length, missing: messages.length - done.length,
      deletedTwice: messages.filter((m) => m.deleteRequests > 1).length, deletes: this.deletes,
      latency_ms: { p50: at(sorted, 0.5), p90: at(sorted, 0.9), p99: at(sorted, 0.99), max: at(sorted, 1), count: sorted.length },
      requests: this.requestsTotal, invalid, invalidShare: this.requestsTotal ? invalid / this.requestsTotal : 0,
      statuses: this.statuses, routes: this.routes, violations: this.violations, counts: this.counts, limits: this.sim.limits.stats,
      limitsOn: this.sim.limits.on, faults: this.sim.faults.done, gateway: this.sim.gateway.stats };
  }
}
