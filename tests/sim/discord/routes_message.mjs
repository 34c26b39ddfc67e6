// Messages: history, create, edit, delete, bulk delete; interactions' answers.
import * as shapes from "./shapes.mjs";
import { ApiError, unknown, missingPermissions, missingAccess, badBody } from "./rest.mjs";
import { P } from "./permissions.mjs";
import { channelOf } from "./routes_read.mjs";
import { indexAfter } from "./world.mjs";
import { compare, snowflake, snowflakeMs, isSnowflake } from "./snowflake.mjs";

const bucket = (name, limit, ms) => ({ name, limit, ms });
const fortnightMs = 14 * 86400000;

// A page is newest first, whatever was asked for; `after` gives those right after it.
function history({ sim, world, params, query }) {
  const channel = channelOf(world, params.channel_id);
  const limit = Number(query.get("limit") ?? 50);
  if (!(limit >= 1 && limit <= 100)) throw badBody("limit", "int value should be between 1 and 100");
  const forThis = (f) => !f.channel || f.channel === channel.id || f.channel === channel.name;
  if (sim.faults.take("history-gone", forThis)) throw missingAccess();
  // Without the right to read back, Discord says nothing is there.
  if (!world.botCan(channel, P.READ_MESSAGE_HISTORY) || sim.faults.take("history-empty", forThis)) return { body: [] };
  const all = channel.messages;
  let picked = [];
  const after = query.get("after"), before = query.get("before"), around = query.get("around");
  const forward = (i, n, out = []) => { for (; i < all.length && out.length < n; i++) if (!all[i].gone) out.push(all[i]); return out; };
  const backward = (i, n, out = []) => { for (; i >= 0 && out.length < n; i--) if (!all[i].gone) out.push(all[i]); return out; };
  if (after) picked = forward(indexAfter(all, after), limit).reverse();
  else if (around) picked = [...forward(indexAfter(all, around), limit >> 1).reverse(), ...backward(indexAfter(all, around) - 1, limit - (limit >> 1))];
  else picked = backward(before ? indexAfter(all, (BigInt(before) - 1n).toString()) - 1 : all.length - 1, limit);
  // A short page although more follows.
  const short = picked.length > 1 && sim.faults.take("history-short", forThis);
  if (short) picked = picked.slice(picked.length >> 1);
  if (sim.options.pageOrder === "oldest-first") picked.reverse();
  return { body: picked.map((m) => shapes.message(m)) };
}

function messageOf(channel, id) {
  const m = channel.byId.get(id);
  if (!m || m.gone) throw unknown(10008, "Message");
  return m;
}

// Our own rules beyond the specification.
function manners(sim, body, where) {
  const { ledger } = sim;
  const length = body.content?.length ?? 0;
  if (length > 2000) {
    ledger.violation("content_length", `${where}: ${length} characters`);
    throw new ApiError(400, 50035, "Invalid Form Body", { errors: { content: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH", message: "Must be 2000 or fewer in length." }] } } });
  }
  if (!body.allowed_mentions) ledger.violation("allowed_mentions", `${where}: not explicit`);
  if (body.embeds) {
    let total = 0;
    for (const e of body.embeds) {
      total += [e.title, e.description, e.footer?.text, e.author?.name, ...(e.fields ?? []).flatMap((f) => [f.name, f.value])].reduce((n, t) => n + (t?.length ?? 0), 0);
      if ((e.title?.length ?? 0) > 256 || (e.description?.length ?? 0) > 4096 || (e.fields?.length ?? 0) > 25) throw badBody("embeds", "too long");
      if ((e.fields ?? []).some((f) => !f.name || !f.value || f.name.length > 256 || f.value.length > 1024)) throw badBody("embeds", "field");
    }
    if (total > 6000) throw badBody("embeds", "Embed size exceeds maximum size of 6000");
  }
  const ids = (body.components ?? []).flatMap((row) => row.components ?? []).map((c) => c.custom_id).filter(Boolean);
  if (new Set(ids).size !== ids.length) throw badBody("components", "Component custom id cannot be duplicated");
  if (!length && !body.embeds?.length && !body.components?.length && !body.sticker_ids?.length && !body.poll) {
    throw new ApiError(400, 50006, "Cannot send an empty message");
  }
}

function create(q) {
  const { sim, world, params, body } = q;
  const channel = channelOf(world, params.channel_id);
  if (channel.type === 4) throw new ApiError(400, 50024, "Cannot execute action on this channel type");
  if (channel.guild && !world.botCan(channel, channel.thread ? P.SEND_MESSAGES_IN_THREADS : P.SEND_MESSAGES)) throw missingPermissions();
  if (channel.type === 1 && channel.recipient.dmsClosed) throw new ApiError(403, 50007, "Cannot send messages to this user");
  manners(sim, body, "POST message");
  if (body.nonce === undefined || body.nonce === null) sim.ledger.violation("nonce", "message without a nonce");
  else if (!body.enforce_nonce) sim.ledger.violation("nonce", "nonce is not enforced");
  if (body.enforce_nonce && body.nonce !== undefined) {
    const before = sim.nonces.get(`${channel.id}:${body.nonce}`);
    if (before && Date.now() - before.at < 300000) {
      sim.ledger.count("nonce_repeated");
      return { body: { ...shapes.message(before.message) } };
    }
  }
  if (body.message_reference?.message_id && body.message_reference.fail_if_not_exists !== false && !channel.byId.get(body.message_reference.message_id)) {
    throw badBody("message_reference", "Unknown message");
  }
  const may = !channel.guild || world.botCan(channel, P.EMBED_LINKS);
  const message = sim.store(channel, { author: shapes.restUser(world.bot), content: body.content ?? "", embeds: may ? received(body.embeds) : [],
    components: receivedComponents(body.components), nonce: body.nonce ?? undefined, flags: body.flags ?? 0, application_id: undefined, byBot: true,
    reference: body.message_reference && { type: 0, channel_id: channel.id, ...body.message_reference, fail_if_not_exists: undefined } });
  if (body.nonce !== undefined) sim.nonces.set(`${channel.id}:${body.nonce}`, { at: Date.now(), message });
  return { body: shapes.message(message) };
}

export const received = (embeds) => (embeds ?? []).map((e) => ({ type: "rich", ...e }));
let componentId = 0;
export const receivedComponents = (rows) => (rows ?? []).map((row) => ({ ...row, id: ++componentId,
  ...(row.components ? { components: row.components.map((c) => ({ ...c, id: ++componentId })) } : {}) }));

function edit({ sim, world, params, body }) {
  const channel = channelOf(world, params.channel_id);
  const m = messageOf(channel, params.message_id);
  if (m.author.id !== world.bot.id || m.webhook_id) throw new ApiError(403, 50005, "Cannot edit a message authored by another user");
  change(sim, m, body);
  return { body: shapes.message(m) };
}

export function change(sim, m, body) {
  if (body.content !== undefined && (body.content?.length ?? 0) > 2000) {
    sim.ledger.violation("content_length", "edit");
    throw badBody("content", "Must be 2000 or fewer in length.");
  }
  if (body.content !== undefined) m.content = body.content ?? "";
  if (body.embeds !== undefined) m.embeds = received(body.embeds);
  if (body.components !== undefined) m.components = receivedComponents(body.components);
  m.edited = new Date().toISOString();
  sim.tell("MESSAGE_UPDATE", m);
}

function remove({ sim, world, params, arrived }) {
  const channel = channelOf(world, params.channel_id);
  const m = channel.byId.get(params.message_id);
  const { deletes } = sim.ledger;
  if (m) m.deleteRequests = (m.deleteRequests ?? 0) + 1;
  if (!m || m.gone) {
    m ? deletes.again++ : deletes.unknown++;
    throw unknown(10008, "Message");
  }
  const own = m.author.id === world.bot.id;
  if (!own && !world.botCan(channel, P.MANAGE_MESSAGES)) throw missingPermissions();
  deletes.single++;
  sim.ledger.deleted(m, arrived, "single");
  sim.erase(m);
  return {};
}

function bulk({ sim, world, params, body, arrived }) {
  const channel = channelOf(world, params.channel_id);
  if (!world.botCan(channel, P.MANAGE_MESSAGES)) throw missingPermissions();
  if (!channel.guild) throw new ApiError(400, 50003, "Cannot execute action on a DM channel");
  const ids = body?.messages;
  if (!Array.isArray(ids) || ids.length < 2 || ids.length > 100 || !ids.every(isSnowflake) || new Set(ids).size !== ids.length) {
    throw new ApiError(400, 50016, "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete");
  }
  if (ids.some((id) => snowflakeMs(id) < Date.now() - fortnightMs)) {
    throw new ApiError(400, 50034, "You can only bulk delete messages that are under 14 days old.");
  }
  const { deletes } = sim.ledger;
  deletes.bulk++;
  const done = [];
  for (const id of ids) {
    const m = channel.byId.get(id);
    if (m) m.deleteRequests = (m.deleteRequests ?? 0) + 1;
    if (!m || m.gone) { m ? deletes.again++ : deletes.unknown++; continue; }
    deletes.bulkMessages++;
    sim.ledger.deleted(m, arrived, "bulk");
    m.gone = true;
    done.push(id);
  }
  if (done.length) {
    sim.gateway.dispatch("MESSAGE_DELETE_BULK", { guild: channel.guild, channel,
      json: () => JSON.stringify({ ids: done, channel_id: channel.id, guild_id: channel.guild.id }) });
  }
  return {};
}

// The answer to a button press: 4 message, 5 later, 6 later (update), 7 update, 9 modal.
function callback({ sim, params, query, body }) {
  const i = sim.interactions.get(params.interaction_id);
  if (!i || i.token !== params.interaction_token) throw unknown(10062, "interaction");
  if (i.answered) throw new ApiError(400, 40060, "Interaction has already been acknowledged.");
  const late = Date.now() - i.at;
  if (late > 3000) throw unknown(10062, "interaction");
  let message = null;
  if (body.type === 7 && i.message) {
    change(sim, i.message, body.data ?? {});
    message = i.message;
  }
  if (body.type === 4) {
    if (!body.data?.allowed_mentions) sim.ledger.violation("allowed_mentions", "interaction reply: not explicit");
    if ((body.data?.content?.length ?? 0) > 2000) throw badBody("content", "Must be 2000 or fewer in length.");
    if (body.data.flags & 64) i.ephemeral = body.data.content ?? "";
    else message = sim.store(i.channel, { author: shapes.restUser(sim.world.bot), content: body.data.content ?? "", embeds: received(body.data.embeds),
      components: receivedComponents(body.data.components), byBot: true });
  }
  i.answer = body;
  i.answered = true;
  i.tookMs = late;
  i.done?.(i);
  if (query.get("with_response") !== "true") return {};
  return { body: { interaction: { id: i.id, type: i.type, response_message_loading: false, response_message_ephemeral: !!(body.data?.flags & 64),
    ...(message ? { response_message_id: message.id } : {}) }, ...(message ? { resource: { type: body.type, message: shapes.message(message) } } : {}) } };
}

const deleteBucket = (sim, params) => {
  const old = isSnowflake(params.message_id) && snowflakeMs(params.message_id) < Date.now() - fortnightMs;
  return old ? bucket("message-delete-old", 30, 120000) : bucket("message-delete", 5, 1000);
};

export const messageRoutes = [
  { method: "GET", path: "/channels/:channel_id/messages", major: "channel_id", bucket: bucket("messages", 5, 1000), run: history },
  { method: "GET", path: "/channels/:channel_id/messages/:message_id", major: "channel_id", bucket: bucket("message", 5, 1000), run: ({ world, params }) => {
    const channel = channelOf(world, params.channel_id);
    if (!world.botCan(channel, P.READ_MESSAGE_HISTORY)) throw missingPermissions();
    return { body: shapes.message(messageOf(channel, params.message_id)) };
  } },
  { method: "POST", path: "/channels/:channel_id/messages", major: "channel_id", bucket: bucket("message-create", 5, 5000), run: create },
  { method: "PATCH", path: "/channels/:channel_id/messages/:message_id", major: "channel_id", bucket: bucket("message-edit", 5, 5000), run: edit },
  { method: "DELETE", path: "/channels/:channel_id/messages/:message_id", major: "channel_id", bucketFor: deleteBucket, run: remove },
  { method: "POST", path: "/channels/:channel_id/messages/bulk-delete", major: "channel_id", bucket: bucket("bulk-delete", 1, 1000), run: bulk },
  { method: "POST", path: "/channels/:channel_id/typing", major: "channel_id", bucket: bucket("typing", 5, 5000), run: () => ({}) },
  { method: "POST", path: "/interactions/:interaction_id/:interaction_token/callback", open: true, free: true, major: "interaction_id",
    bucket: bucket("callback", 5, 5000), run: callback },
  { method: "PATCH", path: "/webhooks/:webhook_id/:webhook_token/messages/@original", open: true, free: true, major: "webhook_token",
    bucket: bucket("interaction-edit", 5, 5000), run: ({ sim, params, body }) => {
      const i = [...sim.interactions.values()].find((x) => x.token === params.webhook_token);
      if (!i?.message) throw unknown(10015, "Webhook");
      change(sim, i.message, body);
      return { body: shapes.message(i.message) };
    } },
];
export { compare, snowflake };
