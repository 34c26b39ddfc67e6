// Discord's own OpenAPI as a judge of what is asked and what we answer.
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { join } from "node:path";
import { require, root } from "./modules.mjs";

const formats = {
  snowflake: (s) => typeof s !== "string" || (/^(0|[1-9][0-9]*)$/.test(s) && BigInt(s) < 1n << 64n),
  nonce: true, uri: (s) => { try { new URL(s); return true; } catch { return /^attachment:/.test(s); } },
  "date-time": (s) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(s) && !Number.isNaN(Date.parse(s)),
  int32: { type: "number", validate: (n) => Number.isInteger(n) && Math.abs(n) <= 2 ** 31 },
  int64: { type: "number", validate: Number.isInteger }, double: { type: "number", validate: Number.isFinite },
};
const escape = (s) => s.replace(/~/g, "~0").replace(/\//g, "~1").replace(/%/g, "%25").replace(/\{/g, "%7B").replace(/\}/g, "%7D");

export function specPath() {
  return join(process.env.HM_SHARED ?? join(root, "../shared"), "specs/discord-openapi.json.gz");
}

export class OpenApi {
  // null where the specification is not at hand.
  static load(path = specPath()) {
    return existsSync(path) ? new OpenApi(JSON.parse(gunzipSync(readFileSync(path)))) : null;
  }

  constructor(doc) {
    const Ajv = require("ajv/dist/2020").default;
    this.doc = doc;
    this.ajv = new Ajv({ strict: false, allErrors: false, formats, validateSchema: false, addUsedSchema: false });
    this.ajv.addSchema({ $id: "discord", ...doc });
    this.byShape = new Map(); // "/channels/{}/messages" → [path template]
    for (const path of Object.keys(doc.paths)) {
      const shape = path.replace(/\{[^}]+\}/g, "{}");
      this.byShape.set(shape, path);
    }
    this.compiled = new Map();
  }

  path(template) {
    return this.byShape.get(template.replace(/:[a-z_]+/g, "{}")) ?? null;
  }

  validator(...pointer) {
    const ref = `discord#/${pointer.map((p) => escape(String(p))).join("/")}`;
    let v = this.compiled.get(ref);
    if (!v) this.compiled.set(ref, v = this.ajv.compile({ $ref: ref }));
    return v;
  }

  // Compiles what a request is checked by: that takes tenths of a second, which would
  // otherwise fall on the first request.
  prepare(method, template) {
    const path = this.path(template);
    const operation = path && this.doc.paths[path][method.toLowerCase()];
    if (!operation) return;
    const at = ["paths", path, method.toLowerCase()];
    (this.doc.paths[path].parameters ?? []).forEach((_, i) => this.validator("paths", path, "parameters", i, "schema"));
    (operation.parameters ?? []).forEach((_, i) => this.validator(...at, "parameters", i, "schema"));
    if (operation.requestBody?.content?.["application/json"]) this.validator(...at, "requestBody", "content", "application/json", "schema");
  }

  check(value, pointer) {
    const v = this.validator(...pointer);
    if (v(value)) return null;
    return v.errors.slice(0, 3).map((e) => `${e.instancePath || "/"} ${e.message}`).join("; ");
  }

  // What is wrong with a request, or null.
  request(method, template, { params, query, body, contentType }) {
    const path = this.path(template);
    const operation = path && this.doc.paths[path][method.toLowerCase()];
    if (!operation) return `${method} ${template} is not in the specification`;
    const parameters = [...(this.doc.paths[path].parameters ?? []).map((p, i) => [p, ["paths", path, "parameters", i]]),
      ...(operation.parameters ?? []).map((p, i) => [p, ["paths", path, method.toLowerCase(), "parameters", i]])];
    const ordered = Object.values(params);
    const names = [...path.matchAll(/\{([^}]+)\}/g)].map((m) => m[1]);
    for (const [p, pointer] of parameters) {
      const given = p.in === "path" ? ordered[names.indexOf(p.name)] : p.in === "query" ? query.get(p.name) : undefined;
      if (given === undefined || given === null) {
        if (p.required) return `${p.in} parameter ${p.name} is missing`;
        continue;
      }
      const wrong = this.check(p.in === "query" ? this.coerce(given) : given, [...pointer, "schema"]);
      const raw = wrong && this.check(given, [...pointer, "schema"]);
      if (raw) return `${p.in} parameter ${p.name}: ${wrong}`;
    }
    if (!operation.requestBody) return body === undefined ? null : "a body where none belongs";
    if (body === undefined) return operation.requestBody.required ? "no body" : null;
    if (!/^application\/json\b/.test(contentType ?? "")) return `content type ${contentType}`;
    const wrong = this.check(body, ["paths", path, method.toLowerCase(), "requestBody", "content", "application/json", "schema"]);
    return wrong && `body ${wrong}`;
  }

  // Query parameters that the specification does not know; Discord ignores them.
  strange(method, template, query) {
    const path = this.path(template);
    const known = [...(this.doc.paths[path]?.parameters ?? []), ...(this.doc.paths[path]?.[method.toLowerCase()]?.parameters ?? [])];
    return [...query.keys()].filter((name) => !known.some((p) => p.in === "query" && p.name === name));
  }

  coerce(text) {
    if (/^-?\d{1,15}$/.test(text)) return Number(text);
    if (text === "true" || text === "false") return text === "true";
    return text;
  }

  // What is wrong with an answer of ours, or null.
  response(method, template, status, body) {
    const path = this.path(template);
    const responses = path && this.doc.paths[path][method.toLowerCase()]?.responses;
    if (!responses) return null;
    const key = responses[status] ? String(status) : `${String(status)[0]}XX`;
    let entry = responses[key];
    if (!entry) return `status ${status} is not in the specification`;
    let pointer = ["paths", path, method.toLowerCase(), "responses", key];
    if (entry.$ref) {
      pointer = entry.$ref.slice(2).split("/");
      entry = pointer.reduce((o, k) => o[k], this.doc);
    }
    if (!entry.content?.["application/json"]) return body === undefined ? null : "a body where none belongs";
    return this.check(body, [...pointer, "content", "application/json", "schema"]);
  }
}
