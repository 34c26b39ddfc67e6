// Asks `hallmonitor check`: messages in, verdicts out, in order.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export const binary = process.env.HM_BINARY ?? "build/hallmonitor";
export const touching = new Set(["hide", "escalate", "hide+escalate"]);

export function judge(messages, ...options) {
  const input = messages.map((m) => JSON.stringify(typeof m === "string" ? { text: m } : m)).join("\n") + "\n";
  const run = spawnSync(binary, ["check", ...options], { input, maxBuffer: 1 << 28, timeout: 120000 });
  assert.equal(run.status, 0, run.stderr?.toString().slice(-1000));
  const verdicts = run.stdout.toString().trim().split("\n").map((l) => JSON.parse(l));
  assert.equal(verdicts.length, messages.length);
  return verdicts;
}

export function lines(path) {
  return readFileSync(path, "utf8").split("\n").filter((l) => l.trim()).map((l) => JSON.parse(l));
}

// Bytes [start, end) of text replaced.
export function replaced(text, start, end, by) {
  const bytes = Buffer.from(text);
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(by), bytes.subarray(end)]).toString();
}
