// The console's page: the sandbox channel on one side, the queue of cases on the other.
const $ = (id) => document.getElementById(id);
const shown = new Map(); // "channel/id" → message
let sandbox, events, backoff = 500;

const socket = (protocol) =>
  new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`, protocol);

function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

// ---- sandbox -------------------------------------------------------------------------

const unacked = new Map(); // id → frame, sent again after a reconnect

function send(frame) {
  if (sandbox && sandbox.readyState === WebSocket.OPEN) sandbox.send(JSON.stringify(frame));
}

function joinSandbox() {
  send({ op: "join", name: $("name").value.trim() || "Sam", role: $("role").value });
}

function drawMessages() {
  const list = $("messages");
  const channel = $("channel").value;
  list.replaceChildren();
  for (const m of shown.values()) {
    if (m.channel !== channel) continue;
    const item = element("li", m.hidden ? "gone" : "");
    if (m.hidden) {
      item.textContent = `A message was hidden (case ${m.case}).`;
    } else {
      item.append(element("span", "by", m.author), document.createTextNode(m.text));
      if (m.edited) item.append(element("span", "by", " (edited)"));
      if (m.restored) item.append(element("span", "by", " (restored by a moderator)"));
    }
    list.append(item);
  }
  list.scrollTop = list.scrollHeight;
}

function onSandbox(frame) {
  const key = `${frame.channel}/${frame.id}`;
  if (frame.op === "message") shown.set(key, frame);
  else if (frame.op === "hide") shown.set(key, { ...shown.get(key), channel: frame.channel, hidden: true, case: frame.case });
  else if (frame.op === "ack") unacked.delete(frame.id);
  else if (frame.op === "notice") $("notice").textContent = frame.text;
  else if (frame.op === "error") $("notice").textContent = frame.why;
  if (shown.size > 500) shown.delete(shown.keys().next().value);
  drawMessages();
}

function connectSandbox() {
  sandbox = socket("hallmonitor-sandbox");
  sandbox.onopen = () => {
    backoff = 500;
    joinSandbox();
    for (const frame of unacked.values()) send(frame);
  };
  sandbox.onmessage = (event) => onSandbox(JSON.parse(event.data));
  sandbox.onclose = () => setTimeout(connectSandbox, backoff = Math.min(backoff * 2, 10000));
}

$("who").addEventListener("change", () => { joinSandbox(); drawMessages(); });
$("who").addEventListener("submit", (event) => event.preventDefault());
$("post").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  const frame = { op: "post", id: crypto.randomUUID(), channel: $("channel").value, text };
  unacked.set(frame.id, frame);
  $("notice").textContent = "";
  send(frame);
  $("text").value = "";
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    $("post").requestSubmit();
  }
});

// ---- cases ---------------------------------------------------------------------------

// The text with the found words marked; offsets are bytes of UTF-8.
function marked(text, findings) {
  const quote = element("blockquote");
  const bytes = new TextEncoder().encode(text);
  const part = (from, to) => new TextDecoder().decode(bytes.subarray(from, to));
  let at = 0;
  for (const f of [...findings].sort((a, b) => a.start - b.start)) {
    if (f.start < at || f.end <= f.start || f.end > bytes.length) continue;
    quote.append(part(at, f.start), element("mark", "", part(f.start, f.end)));
    at = f.end;
  }
  quote.append(part(at, bytes.length));
  return quote;
}

async function decide(id, decision) {
  const answer = await fetch(`/api/case/${id}`, { method: "POST", body: JSON.stringify({ decision }) });
  if (!answer.ok) $("notice").textContent = (await answer.json()).error;
  refresh();
}

function drawCase(c) {
  const item = element("li", `case ${c.severity || ""}`);
  const first = c.findings[0];
  item.append(element("h3", "", `Case ${c.id}: ${first ? first.category : "for a person to look at"}`));
  item.append(element("p", "", c.evidence.explanation || ""));
  if (c.evidence.text) item.append(marked(c.evidence.text, c.findings));
  const clauses = [...new Set(c.findings.flatMap((f) => f.clauses.map((k) => `${k.policy} ${k.clause}`)))];
  const meta = [
    `${c.evidence.author_name || "nobody"} in ${c.channel}`, `severity ${c.severity || "none"}`,
    c.routes.length ? `told: ${c.routes.join(", ")}` : "", clauses.length ? `clause: ${clauses.join(", ")}` : "",
    c.hidden ? "hidden" : "in sight", `opened ${new Date(c.opened).toLocaleString()}`,
  ].filter(Boolean);
  item.append(element("p", "meta", meta.join(" · ")));
  if (c.state === "open" || c.state === "upheld") {
    const actions = element("p");
    if (c.state === "open") {
      const uphold = element("button", "", "Uphold");
      uphold.onclick = () => decide(c.id, "uphold");
      actions.append(uphold, " ");
    }
    const restore = element("button", "quiet", c.action.startsWith("hide") ? "Restore" : "Nothing wrong");
    restore.onclick = () => decide(c.id, "restore");
    actions.append(restore);
    item.append(actions);
  }
  if (c.state !== "open") item.append(element("p", `state-${c.state}`, c.state));
  return item;
}

async function refresh() {
  const [cases, status] = await Promise.all(
    [fetch(`/api/cases?state=${$("filter").value}`), fetch("/api/status")]);
  if (cases.status === 401) {
    $("status").textContent = "Signed out. Open a new sign-in link.";
    return;
  }
  const list = (await cases.json()).cases || [];
  $("cases").replaceChildren(...list.map(drawCase));
  $("empty").hidden = list.length > 0;
  drawStatus(await status.json());
}

function drawStatus(s) {
  const n = s.numbers || {};
  $("status").textContent = [
    s.school || "No school named yet", `policy ${s.policy}`, `${s.messages} messages judged since start`,
    `${n.open ?? 0} open cases`,
    ...s.adapters.map((a) => `${a.name} ${a.link}`)].join(" · ");
  $("alarm").hidden = !s.store_failing;
  $("alarm").textContent = s.store_failing
    ? `The case store is failing: ${s.store_why}. Offending messages are still hidden; cases are kept in memory until the store can be written again.` : "";
  const notes = n.notes || [];
  $("notes-section").hidden = notes.length === 0;
  $("notes").replaceChildren(...notes.map((x) => element("li", "", `${x.adapter}: ${x.sentence}`)));
}

let waiting = false;
function soon() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => { waiting = false; refresh(); }, 100);
}

function connectEvents() {
  events = socket("hallmonitor-events");
  events.onopen = soon;
  events.onmessage = soon;
  events.onclose = () => {
    $("status").textContent = "The connection was lost. Trying again…";
    setTimeout(connectEvents, 2000);
  };
}

$("filter").addEventListener("change", refresh);
connectSandbox();
connectEvents();
refresh();
