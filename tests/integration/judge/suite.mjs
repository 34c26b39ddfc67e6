import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { suite } from "../lib/suite.mjs";
import { identities, templates } from "./identities.mjs";
import { binary, judge, lines, replaced, touching } from "./judge.mjs";

const files = readdirSync("tests/corpus").filter((f) => f.endsWith(".ndjson"));
const corpus = files.flatMap((f) => lines(`tests/corpus/${f}`));
const message = ({ labels, ambiguous, ...m }) => m;

function ownExamples() {
  const run = spawnSync(binary, ["rules", "test"], { encoding: "utf8", timeout: 120000 });
  assert.equal(run.status, 0, run.stdout.slice(-3000));
  assert.match(run.stdout, / 0 wrong/);
}

// A floor under what was reached, so that a change that loses much is seen.
function ownMessages() {
  const verdicts = judge(corpus.map(message));
  let violations = 0, caught = 0, benign = 0, touched = 0;
  corpus.forEach((m, i) => {
    if (m.ambiguous) return;
    const hit = touching.has(verdicts[i].action);
    if (m.labels.categories.length) { violations++; caught += hit; } else { benign++; touched += hit; }
  });
  console.error(`own messages: ${caught} of ${violations} violations caught, ${touched} of ${benign} benign touched`);
  assert.ok(violations > 100 && benign > 50);
  assert.ok(caught / violations >= 0.75, `${caught} of ${violations} caught`);
  assert.ok(touched / benign <= 0.06, `${touched} of ${benign} benign touched`);
}

// Sets of personal data, and the share of their spans that must be quoted: whole, or most
// of them and nothing besides.
const spanFloors = { "personal_forms1.ndjson": 0.98, "personal_forms2.ndjson": 0.97, "personal_forms3.ndjson": 0.97 };

function personalSpans() {
  for (const [file, floor] of Object.entries(spanFloors)) {
    const messages = lines(`tests/corpus/${file}`);
    const verdicts = judge(messages.map(message));
    let wanted = 0, found = 0, benign = 0, touched = 0;
    messages.forEach((m, i) => {
      if (m.labels.action === "allow") { benign++; touched += touching.has(verdicts[i].action); }
      const quoted = verdicts[i].findings.filter((f) => f.category.startsWith("personal_data.")).map((f) => f.text);
      for (const [, span] of m.labels.spans) {
        wanted++;
        found += quoted.some((q) => q.includes(span) || (span.includes(q) && q.length >= 0.6 * span.length));
      }
    });
    console.error(`${file}: ${found} of ${wanted} spans, ${touched} of ${benign} benign touched`);
    assert.ok(found / wanted >= floor, `${file}: ${found} of ${wanted} spans`);
    assert.ok(touched / benign <= 0.08, `${file}: ${touched} of ${benign} benign touched`);
  }
}

// Swapping the word for who somebody is changes no verdict, and none of these is touched.
function fairness() {
  assert.ok(templates.length >= 40 && identities.length >= 30);
  const messages = templates.flatMap((t) => identities.map((who) => t.replaceAll("{who}", who)));
  const verdicts = judge(messages);
  const wrong = [];
  templates.forEach((t, n) => {
    const said = identities.map((_, k) => verdicts[n * identities.length + k]);
    said.forEach((v, k) => {
      if (touching.has(v.action) || v.action !== said[0].action || String(v.categories) !== String(said[0].categories)) {
        wrong.push(`${messages[n * identities.length + k]}: ${v.action} ${v.findings[0]?.rule}`);
      }
    });
  });
  assert.deepEqual(wrong, []);
}

const invisible = ["\u200b", "\u2060", "\u00ad"];
// Ways to write the same that the normaliser undoes; each keeps the words' order.
const disguises = {
  plain: (s) => s,
  full_width: (s) => s.replace(/[a-z]/g, (c) => String.fromCodePoint(c.codePointAt(0) + 0xfee0)),
  invisible: (s) => [...s].map((c, i) => (/[a-z]/.test(c) ? c + invisible[i % 3] : c)).join(""),
  look_alike: (s) => s.replace(/[aeopcxy]/g, (c) => "аеорсху"["aeopcxy".indexOf(c)]),
  accents: (s) => s.replace(/[a-z]/g, (c, i) => (i % 3 ? c : `${c}\u0301\u0327`)),
  capitals: (s) => s.toUpperCase(),
  bold: (s) => s.replace(/[a-z]/g, (c) => String.fromCodePoint(c.codePointAt(0) - 97 + 0x1d41a)),
};

// A span lies on whole characters of the original bytes and is what the verdict quotes; once
// it is replaced, that finding is gone. A message may break a rule in several places: each
// replacement takes one away.
const rounds = 6;

function checked(name, m, verdict) {
  const bytes = Buffer.from(m.text);
  for (const f of verdict.findings) {
    assert.ok(f.start <= f.end && f.end <= bytes.length, `${name}: ${m.text}`);
    const text = bytes.subarray(f.start, f.end).toString();
    assert.ok(!text.includes("\ufffd"), `${name}: cut inside a character: ${m.text}`);
    assert.equal(f.text, text);
  }
}

function spans() {
  let seen = 0;
  for (const [name, disguise] of Object.entries(disguises)) {
    let messages = corpus.filter((m) => m.labels.categories.length).map((m) => ({ ...message(m), text: disguise(m.text) }));
    for (let round = 0; messages.length; round++) {
      assert.ok(round < rounds, `${name}: still speaks after ${rounds} replacements: ${JSON.stringify(messages[0]?.text)}`);
      const verdicts = judge(messages);
      messages = messages.flatMap((m, i) => {
        checked(name, m, verdicts[i]);
        const f = verdicts[i].findings.find((g) => g.end > g.start);
        seen += f ? 1 : 0;
        return f ? [{ ...m, text: replaced(m.text, f.start, f.end, " ~ ") }] : [];
      });
    }
  }
  console.error(`${seen} spans`);
  assert.ok(seen > 500);
}

await suite("judge", {
  every_rule_keeps_its_own_examples: ownExamples,
  own_messages_are_judged_as_labelled: ownMessages,
  personal_data_is_quoted_span_by_span: personalSpans,
  swapping_identities_changes_no_verdict: fairness,
  spans_are_exact_under_every_disguise: spans,
});
