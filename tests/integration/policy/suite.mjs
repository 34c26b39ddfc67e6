import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Daemon, Member, binaries, root, suite, until } from "../lib/daemon.mjs";

const binary = existsSync(binaries.asan) ? binaries.asan : binaries.release;
// Many runs need no sanitizer; what is hostile gets one.
const quick = existsSync(binaries.release) ? binaries.release : binary;
const env = { ...process.env, HM_CACHE: process.env.HM_CACHE ?? join(root, "build/cache"),
  LSAN_OPTIONS: `suppressions=${join(root, "tests/lsan.supp")}:print_suppressions=0` };
const samples = join(root, "tests/policies");
const shared = process.env.HM_SHARED ?? join(root, "../shared");
const schools = ["bicester-learning-academy", "caldecote-primary-school", "libra-school",
  "parallel-learning-trust", "park-lane-learning-trust"];

function policy(args, { input, from = binary } = {}) {
  const done = spawnSync(from, ["policy", ...args], { env, input, encoding: "utf8", maxBuffer: 1 << 28 });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

function good(args, options) {
  const done = policy(args, options);
  assert.equal(done.status, 0, `${args.join(" ")}: ${done.status}: ${done.err}${done.out.slice(-500)}`);
  return done.out;
}

async function inFolder(test) {
  const folder = mkdtempSync(join(tmpdir(), "hm-policy-"));
  try {
    await test(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function documents() {
  const own = ["tuned", "unseen"].flatMap((kind) => readdirSync(join(samples, kind))
    .filter((name) => name.endsWith(".txt")).map((name) => join(samples, kind, name)));
  const five = schools.map((name) => join(shared, "policies", `${name}.txt`)).filter(existsSync);
  return [...own, ...five];
}

const strings = (list) => Array.isArray(list) && list.every((s) => typeof s === "string");

function checkShape(proposal) {
  assert.deepEqual(Object.keys(proposal), ["title", "clauses", "roles", "official_routes", "ages"]);
  assert.ok(strings(proposal.roles) && strings(proposal.official_routes));
  assert.ok(proposal.ages.every(Number.isInteger));
  const ids = new Set();
  for (const c of proposal.clauses) {
    assert.deepEqual(Object.keys(c), ["id", "section", "quote", "categories", "applies_to", "tell", "within",
      "people_only", "confidence"]);
    assert.match(c.id, /^[a-z0-9-]+$/);
    assert.ok(!ids.has(c.id));
    ids.add(c.id);
    assert.ok(strings(c.categories) && strings(c.tell));
    assert.ok(c.applies_to.length && c.applies_to.every((who) => ["staff", "pupil", "parent", "all"].includes(who)));
    assert.ok(c.within === null || typeof c.within === "string");
    assert.equal(c.people_only, c.categories.length === 0);
    assert.ok(c.confidence >= 0 && c.confidence <= 1);
    assert.ok(c.quote.length > 0);
  }
}

async function deriveJson() {
  for (const path of documents()) {
    const proposal = JSON.parse(good(["derive", "--json", path], { from: quick }));
    checkShape(proposal);
    assert.ok(proposal.clauses.length > 5, path);
    const text = readFileSync(path, "utf8").replace(/\s+/g, " ");
    const quoted = proposal.clauses.filter((c) => text.includes(c.quote.slice(0, 20)));
    assert.ok(quoted.length >= 0.9 * proposal.clauses.length, `${path}: the quotes are the document's own words`);
  }
}

async function deriveLints() {
  await inFolder(async (folder) => {
    for (const path of documents()) {
      const pack = join(folder, "pack.yaml");
      writeFileSync(pack, good(["derive", path], { from: quick }));
      good(["lint", pack], { from: quick });
      good(["show", pack], { from: quick });
    }
  });
}

async function deriveFast() {
  const times = documents().map((path) => {
    const began = performance.now();
    good(["derive", path], { from: quick });
    return performance.now() - began;
  });
  assert.ok(Math.max(...times) < 1000, `slowest ${Math.max(...times)} ms`);
}

async function deriveStdin() {
  const path = join(samples, "tuned/us-district.txt");
  assert.equal(good(["derive", "-"], { input: readFileSync(path) }), good(["derive", path]));
  checkShape(JSON.parse(good(["derive", "--json", "-"], { input: "" })));
}

async function deriveOther() {
  await inFolder(async (folder) => {
    assert.equal(policy(["derive", join(folder, "none.txt")]).status, 66);
    assert.match(policy(["derive", join(folder, "none.pdf")]).err, /none\.pdf/);
    assert.match(policy(["derive", "-"], { input: "%PDF-1.7\n" }).err, /plain text/);
    writeFileSync(join(folder, "a.docx"), "PK\u0003\u0004 no document");
    const broken = policy(["derive", join(folder, "a.docx")]);
    assert.notEqual(broken.status, 0);
    assert.match(broken.err, /a\.docx: pandoc/);
    assert.equal(policy(["derive"]).status, 64);
  });
}

const installed = (program) => spawnSync("which", [program]).status === 0;

async function deriveConverted() {
  if (!installed("pandoc")) return "pandoc is not installed";
  return inFolder(async (folder) => {
    const source = join(samples, "tuned/sports-club.txt");
    for (const kind of ["docx", "odt", "rtf", "html"]) {
      const path = join(folder, `policy.${kind}`);
      execFileSync("pandoc", ["-fmarkdown", "-s", source, "-o", path]);
      const proposal = JSON.parse(good(["derive", "--json", path]));
      checkShape(proposal);
      assert.ok(proposal.clauses.some((c) => c.categories.includes("illegal.gambling")), kind);
    }
  });
}

async function deriveHostile() {
  const inputs = ["\u0000\u0001\u0002", "\ufeff# \n## \n- \n", "(a) (b) ".repeat(5000), "- x:\n".repeat(3000),
    "must not ".repeat(20000), "\n".repeat(9000), "🙂 ".repeat(5000), "A".repeat(1 << 20), "|a|b|\n|-|-|\n".repeat(2000)];
  for (const input of inputs) checkShape(JSON.parse(good(["derive", "--json", "-"], { input })));
  assert.equal(policy(["derive", "-"], { input: "a\n".repeat(20000) }).status, 65);
  assert.equal(policy(["derive", "-"], { input: Buffer.alloc(5 << 20, "a") }).status, 65);
}

async function shippedPacks() {
  const out = good(["lint", "--strict"]);
  for (const name of ["default", ...schools]) assert.match(out, new RegExp(`${name}\\.yaml: .*: fine`));
}

// What the five documents ask is in the packs, by the ids of the list of requirements.
async function requirementsServed() {
  const list = join(shared, "REQUIREMENTS.md");
  if (!existsSync(list)) return "the list of requirements is not here";
  const ids = [...readFileSync(list, "utf8").matchAll(/^\| ((?:PLT|BLA|CPS|PLLT|LIB)-\d+) /gm)].map((m) => m[1]);
  const packs = schools.map((name) => readFileSync(join(root, "rules/policies", `${name}.yaml`), "utf8")).join("\n");
  const served = new Set([...packs.matchAll(/serves: \[(.*)\]/g)].flatMap((m) => m[1].split(", ")));
  assert.ok(ids.length >= 80);
  assert.deepEqual(ids.filter((id) => !served.has(id)), []);
  assert.deepEqual([...served].filter((id) => !ids.includes(id)), []);
}

const head = "id: x\ntitle: X\nextends: default\n";
const clause = (rest) => `clauses:\n  - id: a\n    section: S\n    says: T\n${rest}`;
const badPacks = [
  [head + clause("    forbids: [abuse.rude]\n"), /:8: .*'abuse\.rude' is no category; write/],
  [head + clause("    forbids: [abuse.*]\n    tell: [matron]\n"), /:9: .*matron, a role nobody holds; add it/],
  ["id: x\ntitle: X\n" + clause("    people_only: true\n"), /:1: retention is missing; add/],
  ["id: x\ntitle: X\nextends: PATH\n", /:3: builds on itself through 'extends'; remove/],
  [head + clause("    forbid: [abuse.*]\n"), /:8: .*forbid.*did you mean 'forbids'/],
];

async function badPacksRefused() {
  await inFolder(async (folder) => {
    const path = join(folder, "pack.yaml");
    for (const [text, want] of badPacks) {
      writeFileSync(path, text.replace("PATH", path));
      const done = policy(["lint", path]);
      assert.equal(done.status, 65, text);
      assert.ok(done.out.startsWith(`${path}:`) && want.test(done.out), done.out);
    }
    writeFileSync(path, head + clause("    forbids: [abuse.*]\n    applies_to: [all]\n    trigger: nice day\n") +
      "sentences: {hidden: \"{wat}\"}\n");
    const remarks = good(["lint", path]);
    assert.match(remarks, /its trigger does not fall under it/);
    assert.match(remarks, /a place that nothing fills: \{wat\}/);
    assert.equal(policy(["lint", "--strict", path]).status, 65);
  });
}

async function shownToPeople() {
  await inFolder(async (folder) => {
    const table = good(["show", "libra-school"]);
    assert.match(table, /Only people can keep these/);
    assert.ok(table.split("\n").every((line) => [...line].length <= 116));
    const path = join(folder, "pack.yaml");
    writeFileSync(path, `id: x\ntitle: "<script>alert(1)</script>"\nschool: "A & B's \\"School\\""\nextends: default\n` +
      clause("    says: \"<img src=x onerror=alert(1)>\"\n".replace("says", "advice") + "    forbids: [abuse.*]\n"));
    const page = good(["show", "--html", path]);
    assert.ok(!/<script|<img|onerror=alert\(1\)>/.test(page));
    assert.match(page, /&lt;script&gt;/);
    assert.match(page, /A &amp; B&#39;s &quot;School&quot;/);
    assert.match(page, /@media print/);
  });
}

async function compared() {
  await inFolder(async (folder) => {
    const corpus = join(folder, "corpus.ndjson");
    writeFileSync(corpus, [
      { id: "m1", text: "See you all at the cake sale on Friday", author_role: "parent", channel: "parents" },
      { id: "m2", text: "Mr Hale is a useless idiot", author_role: "parent", channel: "parents" },
    ].map((m) => JSON.stringify(m)).join("\n") + "\n");
    const same = good(["diff", "default", "default", corpus]).trim().split("\n").map(JSON.parse);
    assert.deepEqual(same, [{ messages: 2, changed: 0, stricter: 0, milder: 0, unreadable: 0 }]);
    const lines = good(["diff", "default", "libra-school", "-"], { input: readFileSync(corpus) })
      .trim().split("\n").map(JSON.parse);
    assert.equal(lines.length, 2);
    assert.equal(lines[0].id, "m2");
    assert.ok(lines[0].after.clauses.includes("libra-school/abuse-of-staff"));
    assert.ok(lines[0].after.at_once);
    assert.ok(!lines[0].before.clauses.some((name) => name.startsWith("libra")));
    assert.equal(policy(["diff", "default", "libra-school", "-"], { input: "no json\n" }).status, 65);
  });
}

async function covered() {
  const out = good(["coverage", "caldecote-primary-school"]);
  assert.match(out, /^personal_data\.image .*parents-pictures/m);
  assert.match(out, /Clauses without a detector\n {4}none/);
  assert.match(out, /Clauses for people only\n/);
  assert.match(out, /Detectors without a clause\n {4}none/);
}

// A daemon that is given a bad pack says so and goes on judging by the old one.
async function reload() {
  const daemon = await new Daemon(binary).prepare();
  const pack = join(daemon.folder, "pack.yaml");
  const strict = head + "without: [respect]\n" + clause("    forbids: [abuse.insult]\n    tell: [headteacher]\n");
  writeFileSync(pack, strict);
  daemon.configure(`policy: ${pack}\nchannels:\n  - {adapter: sandbox, id: staffroom, policy: libra-school}\n`);
  try {
    await daemon.start().up();
    await daemon.signIn();
    const caseOf = (id) => until(`a case for ${id}`, 10000, async () =>
      (await daemon.get("/api/cases?state=")).cases.find((c) => c.message_id === id));
    const clauses = async (id) => JSON.stringify(await caseOf(id));
    const member = await new Member(daemon, "Sam", "parent").open();
    member.post("m1", "parents", "Mr Hale is a useless idiot");
    assert.match(await clauses("m1"), /"x/);
    member.post("m2", "staffroom", "Mr Hale is a useless idiot");
    assert.match(await clauses("m2"), /libra-school/);
    writeFileSync(pack, strict.replace("abuse.insult", "abuse.rudeness"));
    daemon.process.kill("SIGHUP");
    await until("the bad pack is refused by file and line", 20000, () =>
      /reload refused.*pack\.yaml:\d+: .*abuse\.rudeness/.test(daemon.log));
    member.post("m3", "parents", "Mrs Vale is a pathetic idiot");
    assert.match(await clauses("m3"), /"x/);
    member.close();
    assert.equal(await daemon.stop(), 0, daemon.log.slice(-2000));
  } finally {
    daemon.remove();
  }
}

await suite("policy", {
  derive_prints_the_agreed_json: deriveJson,
  derived_packs_pass_lint_as_they_are: deriveLints,
  derive_takes_less_than_a_second: deriveFast,
  derive_reads_standard_input: deriveStdin,
  derive_says_what_it_cannot_read: deriveOther,
  derive_reads_word_processor_files_where_pandoc_is: deriveConverted,
  derive_bears_hostile_documents: deriveHostile,
  shipped_packs_are_fine_and_every_trigger_falls_under_its_clause: shippedPacks,
  what_the_five_documents_ask_is_served: requirementsServed,
  bad_packs_are_refused_with_file_line_and_remedy: badPacksRefused,
  policies_are_shown_to_people_escaped: shownToPeople,
  policies_are_compared_on_messages: compared,
  coverage_is_shown: covered,
  bad_reload_keeps_the_old_pack: reload,
});
