// The school that the simulator holds: guilds, roles, channels, members, messages.
// Everything here is plain values; shapes.mjs turns them into Discord's JSON.
import { snowflake, compare } from "./snowflake.mjs";
import { P, ordinary, botPermissions, channelPermissions } from "./permissions.mjs";

const old = Date.UTC(2021, 8, 1); // when the school's server was made
let made = 0;
const oldId = () => snowflake(old + 60000 * made++);

export class World {
  constructor({ botName = "hallmonitor" } = {}) {
    this.guilds = new Map();
    this.users = new Map();
    this.channels = new Map(); // of every guild, threads and DMs too
    this.webhooks = new Map();
    this.dms = new Map();      // user id → channel
    this.bot = this.addUser(botName, { bot: true });
    this.application = { id: this.bot.id, flags: (1 << 15) | (1 << 19) }; // small bots: GATEWAY_GUILD_MEMBERS_LIMITED, GATEWAY_MESSAGE_CONTENT_LIMITED
  }

  addUser(name, { bot = false, dmsClosed = false, global_name = null, created = null } = {}) {
    const user = { id: created ? snowflake(created) : oldId(), username: name.toLowerCase().replace(/[^a-z0-9._]/g, "_"),
      global_name: global_name ?? name, bot, dmsClosed };
    this.users.set(user.id, user);
    return user;
  }

  addGuild(name, { owner = null } = {}) {
    const id = oldId();
    const guild = { id, name, owner_id: (owner ?? this.addUser("Head Teacher")).id, roles: new Map(), channels: new Map(),
      members: new Map(), bans: new Map(), rules: new Map(), audit: [], unavailable: false };
    guild.roles.set(id, { id, name: "@everyone", permissions: ordinary, position: 0, managed: false });
    this.guilds.set(id, guild);
    this.addMember(guild, this.users.get(guild.owner_id));
    const role = this.addRole(guild, this.bot.global_name, botPermissions, { managed: true, position: 50 });
    this.addMember(guild, this.bot, [role]);
    return guild;
  }

  addRole(guild, name, permissions = 0n, { position = guild.roles.size, managed = false } = {}) {
    const role = { id: oldId(), name, permissions, position, managed };
    guild.roles.set(role.id, role);
    return role;
  }

  addChannel(guild, name, { type = 0, parent = null, overwrites = {}, topic = null } = {}) {
    const channel = { id: oldId(), guild, type, name, topic, parent_id: parent?.id ?? null, position: guild.channels.size,
      overwrites: new Map(), messages: [], byId: new Map(), thread: null };
    for (const [id, o] of Object.entries(overwrites)) channel.overwrites.set(id, { allow: o.allow ?? 0n, deny: o.deny ?? 0n, type: guild.roles.has(id) ? 0 : 1 });
    guild.channels.set(channel.id, channel);
    this.channels.set(channel.id, channel);
    return channel;
  }

  addThread(parent, name, { owner, archived = false, privately = false, at = Date.now() } = {}) {
    const thread = { id: snowflake(at), guild: parent.guild, type: privately ? 12 : 11, name, topic: null, parent_id: parent.id,
      position: 0, overwrites: new Map(), messages: [], byId: new Map(),
      thread: { owner_id: owner?.id ?? parent.guild.owner_id, archived, locked: false, archive_timestamp: new Date(at).toISOString(),
        create_timestamp: new Date(at).toISOString() } };
    parent.guild.channels.set(thread.id, thread);
    this.channels.set(thread.id, thread);
    return thread;
  }

  addMember(guild, user, roles = [], { nick = null, joined = old } = {}) {
    const member = { user, roles: new Set(roles.map((r) => r.id)), nick, joined_at: new Date(joined).toISOString(),
      communication_disabled_until: null };
    guild.members.set(user.id, member);
    return member;
  }

  dm(user) {
    let channel = this.dms.get(user.id);
    if (!channel) {
      channel = { id: snowflake(), guild: null, type: 1, recipient: user, messages: [], byId: new Map(), overwrites: new Map(), thread: null };
      this.dms.set(user.id, channel);
      this.channels.set(channel.id, channel);
    }
    return channel;
  }

  botCan(channel, bits) {
    if (!channel.guild) return true;
    return (channelPermissions(channel.guild, channel, this.bot.id) & bits) === bits;
  }

  // By name ("general" or "#general") or id.
  channel(which, guild = null) {
    if (typeof which === "object") return which;
    const name = which.replace(/^#/, "");
    return this.channels.get(which) ?? [...this.channels.values()].find((c) => c.name === name && (!guild || c.guild === guild));
  }

  user(which) {
    if (typeof which === "object") return which;
    return this.users.get(which) ?? [...this.users.values()].find((u) => u.global_name === which || u.username === which);
  }

  role(name, guild = this.guilds.values().next().value) {
    return guild.roles.get(name) ?? [...guild.roles.values()].find((r) => r.name === name);
  }
}

export function keep(channel, message) {
  channel.messages.push(message);
  channel.byId.set(message.id, message);
}

// Index of the first message whose id is greater than id.
export function indexAfter(list, id) {
  let low = 0, high = list.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (compare(list[mid].id, id) <= 0) low = mid + 1;
    else high = mid;
  }
  return low;
}

// A school as one would meet it: roles, a category a key stage, a staff room, the
// moderators' channel and some members of each kind.
export function school({ channels = 4, pupils = 8, guilds = 1, name = "Caldecote School" } = {}) {
  const world = new World();
  for (let g = 0; g < guilds; g++) {
    const guild = world.addGuild(guilds > 1 ? `${name} ${g + 1}` : name);
    const role = { pupil: world.addRole(guild, "pupil"), parent: world.addRole(guild, "parent"), staff: world.addRole(guild, "staff"),
      moderator: world.addRole(guild, "moderator", P.MANAGE_MESSAGES | P.MODERATE_MEMBERS) };
    const everyone = { [guild.id]: { deny: P.VIEW_CHANNEL } };
    const see = { allow: P.VIEW_CHANNEL };
    const pupilsPlace = world.addChannel(guild, "Pupils", { type: 4 });
    const staffPlace = world.addChannel(guild, "Staff", { type: 4 });
    world.addChannel(guild, "general", { parent: pupilsPlace, topic: "Everybody" });
    for (let i = 1; i < channels; i++) world.addChannel(guild, `class-${i}`, { parent: pupilsPlace });
    world.addChannel(guild, "staffroom", { parent: staffPlace, overwrites: { ...everyone, [role.staff.id]: see, [world.bot.id]: see } });
    world.addChannel(guild, "moderators", { parent: staffPlace, overwrites: { ...everyone, [role.moderator.id]: see, [world.bot.id]: see } });
    const suffix = guilds > 1 ? ` ${g + 1}` : "";
    for (let i = 1; i <= pupils; i++) world.addMember(guild, world.addUser(`Pupil ${i}${suffix}`), [role.pupil]);
    world.addMember(guild, world.addUser(`Sam Parent${suffix}`), [role.parent]);
    world.addMember(guild, world.addUser(`Ms Teacher${suffix}`), [role.staff]);
    world.addMember(guild, world.addUser(`Mo Moderator${suffix}`), [role.staff, role.moderator]);
  }
  return world;
}
