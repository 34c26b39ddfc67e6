// Permission bits and how roles and overwrites of a channel come together.
const names = ["CREATE_INSTANT_INVITE", "KICK_MEMBERS", "BAN_MEMBERS", "ADMINISTRATOR", "MANAGE_CHANNELS", "MANAGE_GUILD",
  "ADD_REACTIONS", "VIEW_AUDIT_LOG", "PRIORITY_SPEAKER", "STREAM", "VIEW_CHANNEL", "SEND_MESSAGES", "SEND_TTS_MESSAGES",
  "MANAGE_MESSAGES", "EMBED_LINKS", "ATTACH_FILES", "READ_MESSAGE_HISTORY", "MENTION_EVERYONE", "USE_EXTERNAL_EMOJIS",
  "VIEW_GUILD_INSIGHTS", "CONNECT", "SPEAK", "MUTE_MEMBERS", "DEAFEN_MEMBERS", "MOVE_MEMBERS", "USE_VAD", "CHANGE_NICKNAME",
  "MANAGE_NICKNAMES", "MANAGE_ROLES", "MANAGE_WEBHOOKS", "MANAGE_GUILD_EXPRESSIONS", "USE_APPLICATION_COMMANDS",
  "REQUEST_TO_SPEAK", "MANAGE_EVENTS", "MANAGE_THREADS", "CREATE_PUBLIC_THREADS", "CREATE_PRIVATE_THREADS",
  "USE_EXTERNAL_STICKERS", "SEND_MESSAGES_IN_THREADS", "USE_EMBEDDED_ACTIVITIES", "MODERATE_MEMBERS"];

export const P = Object.fromEntries(names.map((name, bit) => [name, 1n << BigInt(bit)]));
export const all = (1n << 53n) - 1n;
// What an ordinary member has: see, talk, read back, react, threads.
export const ordinary = P.VIEW_CHANNEL | P.SEND_MESSAGES | P.READ_MESSAGE_HISTORY | P.ADD_REACTIONS | P.EMBED_LINKS |
  P.ATTACH_FILES | P.CREATE_PUBLIC_THREADS | P.SEND_MESSAGES_IN_THREADS;
export const botPermissions = 1392107449536n; // what docs/discord.md asks for

export function guildPermissions(guild, userId) {
  if (guild.owner_id === userId) return all;
  const member = guild.members.get(userId);
  if (!member) return 0n;
  let bits = guild.roles.get(guild.id).permissions;
  for (const id of member.roles) bits |= guild.roles.get(id)?.permissions ?? 0n;
  return bits & P.ADMINISTRATOR ? all : bits;
}

// Threads take their parent's overwrites.
export function channelPermissions(guild, channel, userId) {
  let bits = guildPermissions(guild, userId);
  if (bits === all) return all;
  const home = channel.thread ? guild.channels.get(channel.parent_id) : channel;
  const over = (id) => home?.overwrites.get(id);
  const apply = (o) => { if (o) bits = (bits & ~o.deny) | o.allow; };
  apply(over(guild.id));
  const member = guild.members.get(userId);
  let allow = 0n, deny = 0n;
  for (const id of member?.roles ?? []) { const o = over(id); if (o) { allow |= o.allow; deny |= o.deny; } }
  bits = (bits & ~deny) | allow;
  apply(over(userId));
  if (!(bits & P.VIEW_CHANNEL)) return 0n;
  if (member?.communication_disabled_until && Date.parse(member.communication_disabled_until) > Date.now()) {
    bits &= P.VIEW_CHANNEL | P.READ_MESSAGE_HISTORY;
  }
  return bits;
}

export function topRolePosition(guild, userId) {
  if (guild.owner_id === userId) return Infinity;
  return Math.max(0, ...[...(guild.members.get(userId)?.roles ?? [])].map((id) => guild.roles.get(id)?.position ?? 0));
}
