// REST: reads a request, asks faults, limits and the specification, calls the route, and
// writes down what was asked and answered.
import { readRoutes } from "./routes_read.mjs";
import { messageRoutes } from "./routes_message.mjs";
import { peopleRoutes } from "./routes_people.mjs";

export class ApiError extends Error {
  constructor(status, code, message, extra = {}) {
    super(message);
    Object.assign(this, { status, code, extra });
  }
}
export const unknown = (code, what) => new ApiError(404, code, `Unknown ${what}`);
export const missingPermissions = () => new ApiError(403, 50013, "Missing Permissions");
export const missingAccess = () => new ApiError(403, 50001, "Missing Access");
export const badBody = (field, text) => new ApiError(400, 50035, "Invalid Form Body",
  { errors: { [field]: { _errors: [{ code: "BASE_TYPE_BAD", message: text }] } } });

const bodyMost = 8 << 20;

export class Rest {
  constructor(sim) {
    this.sim = sim;
    this.tree = {};
    for (const route of [...readRoutes, ...messageRoutes, ...peopleRoutes]) this.add(route);
  }

  add(route) {
    let node = this.tree;
    for (const part of route.path.split("/").slice(1)) {
      const key = part[0] === ":" ? ":" : part;
      node = node[key] ??= {};
      if (key === ":") (node.names ??= {})[route.path] = part.slice(1);
    }
    (node.routes ??= {})[route.method] = route;
  }

  // So that the first request of a kind is answered as quickly as the next.
  prepare() {
    for (const route of [...readRoutes, ...messageRoutes, ...peopleRoutes]) this.sim.openapi?.prepare(route.method, route.path);
  }

  find(method, path) {
    const values = [];
    let node = this.tree;
    for (const part of path.split("/").slice(1)) {
      if (node[part] && part !== "routes" && part !== "names") node = node[part];
      else if (node[":"]) { node = node[":"]; values.push(decodeURIComponent(part)); }
      else return null;
    }
    const route = node.routes?.[method];
    if (!route) return node.routes ? { wrongMethod: true } : null;
    const names = [...route.path.matchAll(/:([a-z_]+)/g)].map((m) => m[1]);
    return { route, params: Object.fromEntries(names.map((n, i) => [n, values[i]])) };
  }

  handle(request, response) {
    const arrived = performance.now();
    const chunks = [];
    let bytes = 0;
    request.on("data", (c) => { bytes += c.length; if (bytes <= bodyMost) chunks.push(c); });
    request.on("end", () => this.answer(request, response, Buffer.concat(chunks), arrived).catch((error) => {
      console.error(error);
      response.writeHead(500).end();
    }));
  }

  async answer(request, response, bytes, arrived) {
    const { sim } = this;
    const url = new URL(request.url, "http://sim");
    const path = url.pathname.replace(/^\/api(\/v\d+)?(?=\/)/, "");
    const found = this.find(request.method, path);
    const entry = { at: arrived, time: Date.now(), method: request.method, path, search: url.search, route: found?.route?.path ?? "?", reason: request.headers["x-audit-log-reason"] ?? null,
      status: 0 };
    const reply = (status, body, headers = {}) => {
      entry.status = status;
      entry.ms = performance.now() - arrived;
      entry.scope = headers["x-ratelimit-scope"];
      sim.ledger.request(entry);
      sim.limits.note(status, entry.scope);
      const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
      const type = body === undefined ? {} : { "content-type": typeof body === "string" ? "text/html" : "application/json" };
      response.writeHead(status, { ...type, via: "1.1 google", ...headers, ...(text === undefined ? {} : { "content-length": Buffer.byteLength(text) }) });
      response.end(text);
      if (sim.openapi && sim.options.checkAnswers && found?.route && typeof body !== "string") {
        const wrong = sim.openapi.response(request.method, found.route.path, status, body && JSON.parse(text));
        if (wrong) sim.ledger.violation("answer", `${request.method} ${found.route.path} ${status}: ${wrong}`);
      }
    };
    this.manners(request, entry);
    if (sim.limits.banned()) return reply(429, "<html>error code: 1015</html>", { "retry-after": "600" });
    if (!found || found.wrongMethod) return reply(found ? 405 : 404, { message: found ? "405: Method Not Allowed" : "404: Not Found", code: 0 });
    const { route, params } = found;

    let body;
    if (bytes.length) {
      try { body = JSON.parse(bytes.toString()); } catch {
        sim.ledger.violation("body", `${entry.method} ${route.path}: not JSON`);
        return reply(400, { message: "The request body contains invalid JSON.", code: 50109 });
      }
    }
    if (sim.openapi) {
      const wrong = sim.openapi.request(request.method, route.path, { params, query: url.searchParams, body, contentType: request.headers["content-type"] });
      for (const name of sim.openapi.strange(request.method, route.path, url.searchParams)) sim.ledger.violation("query", `${entry.method} ${route.path}: ${name}`);
      if (wrong) {
        sim.ledger.violation("openapi", `${entry.method} ${route.path}: ${wrong}`);
        return reply(400, { message: "Invalid Form Body", code: 50035, errors: { _errors: [{ code: "OPENAPI", message: wrong }] } });
      }
    }
    const authorised = route.open || request.headers.authorization === `Bot ${sim.token}`;
    if (!authorised) return reply(401, { message: "401: Unauthorized", code: 0 });

    const limited = sim.limits.take({ bucket: route.bucketFor?.(sim, params) ?? route.bucket, major: params[route.major] ?? "", free: route.free });
    if (limited.refused) return reply(limited.status, limited.body, limited.headers);
    const fault = await this.faults(route, entry, reply, limited.headers, request);
    if (fault?.ended) return;

    let result;
    try {
      result = await route.run({ sim, world: sim.world, params, query: url.searchParams, body, entry, arrived });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      result = { status: error.status, body: { message: error.message, code: error.code, ...error.extra } };
    }
    if (fault?.lost) {
      entry.status = -1;
      sim.ledger.request(entry);
      return request.socket.destroy();
    }
    if (fault?.status) return reply(fault.status, `<html>${fault.status}</html>`, limited.headers);
    reply(result.status ?? (result.body === undefined ? 204 : 200), result.body, limited.headers);
  }

  // Faults of requests. "done": the request is carried out, but its answer is lost.
  async faults(route, entry, reply, headers, request) {
    const { sim } = this;
    const match = (f) => !f.route || `${entry.method} ${route.path}`.includes(f.route);
    const slow = sim.faults.take("slow", match);
    if (slow) await new Promise((done) => setTimeout(done, slow.ms ?? 1500));
    const limited = sim.faults.take("429", match);
    if (limited) {
      const r = sim.limits.refuse(limited.scope ?? "user", limited.seconds ?? 1, headers, true);
      reply(r.status, r.body, r.headers);
      return { ended: true };
    }
    const broken = sim.faults.take("5xx", match);
    if (broken && !broken.done) {
      reply(broken.code ?? 502, `<html>${broken.code ?? 502}</html>`);
      return { ended: true };
    }
    const cut = sim.faults.take("cut", match);
    if (cut && !cut.done) {
      entry.status = -1;
      sim.ledger.request(entry);
      request.socket.destroy();
      return { ended: true };
    }
    return { status: broken && (broken.code ?? 502), lost: !!cut };
  }

  // What Discord asks of every client, and what we ask of ourselves.
  manners(request, entry) {
    const { ledger } = this.sim;
    const agent = request.headers["user-agent"] ?? "";
    if (!/^DiscordBot \(\S+, \S+\)/.test(agent)) ledger.violation("user_agent", `${entry.method} ${entry.path}: ${agent}`);
    if (entry.reason && decodeURIComponent(entry.reason).length > 512) ledger.violation("reason", "longer than 512");
  }
}
