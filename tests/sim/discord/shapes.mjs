// World's values as Discord's JSON.
export function user(u) {
  return { id: u.id, username: u.username, discriminator: "0", global_name: u.global_name, avatar: null, avatar_decoration_data: null,
    collectibles: null, primary_guild: null, clan: null, public_flags: 0, ...(u.bot ? { bot: true } : {}) };
}

// As REST answers: what OpenAPI asks for of UserResponse.
export const restUser = (u) => ({ ...user(u), banner: null, accent_color: null, flags: 0 });

export const botUser = (u) => ({ ...restUser(u), mfa_enabled: true, locale: "en-GB", verified: true, email: null, premium_type: 0 });

export function memberPart(m) {
  return { roles: [...m.roles], nick: m.nick, avatar: null, banner: null, joined_at: m.joined_at, premium_since: null, deaf: false, mute: false,
    pending: false, flags: 0, communication_disabled_until: m.communication_disabled_until };
}
export const member = (m) => ({ ...memberPart(m), user: restUser(m.user) });

export function role(r) {
  return { id: r.id, name: r.name, description: null, permissions: r.permissions.toString(), position: r.position, color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null }, hoist: false, managed: r.managed, mentionable: false,
    icon: null, unicode_emoji: null, flags: 0 };
}

export function channel(c) {
  if (c.type === 1) return { id: c.id, type: 1, last_message_id: c.messages.at(-1)?.id ?? null, flags: 0, recipients: [restUser(c.recipient)] };
  const base = { id: c.id, type: c.type, guild_id: c.guild.id, name: c.name, parent_id: c.parent_id, flags: 0 };
  const last = c.messages.at(-1)?.id ?? null;
  if (c.thread) {
    const { owner_id, ...meta } = c.thread;
    return { ...base, owner_id, last_message_id: last, message_count: c.messages.length, member_count: 1, total_message_sent: c.messages.length,
      rate_limit_per_user: 0, thread_metadata: { ...meta, auto_archive_duration: 1440 } };
  }
  return { ...base, position: c.position, topic: c.topic, nsfw: false, rate_limit_per_user: 0, last_message_id: last,
    permission_overwrites: [...c.overwrites].map(([id, o]) => ({ id, type: o.type, allow: o.allow.toString(), deny: o.deny.toString() })) };
}

function guildPart(g) {
  return { id: g.id, name: g.name, icon: null, description: null, home_header: null, splash: null, discovery_splash: null, features: [], banner: null,
    owner_id: g.owner_id, application_id: null, region: "deprecated", afk_channel_id: null, afk_timeout: 300, system_channel_id: null,
    system_channel_flags: 0, widget_enabled: false, widget_channel_id: null, verification_level: 1, default_message_notifications: 1,
    mfa_level: 0, explicit_content_filter: 2, max_presences: null, max_members: 500000, max_stage_video_channel_users: 50, max_video_channel_users: 25,
    vanity_url_code: null, premium_tier: 0, premium_subscription_count: 0, preferred_locale: "en-GB", rules_channel_id: null,
    safety_alerts_channel_id: null, public_updates_channel_id: null, premium_progress_bar_enabled: false, nsfw: false, nsfw_level: 0,
    emojis: [], stickers: [], incidents_data: null, roles: [...g.roles.values()].map(role) };
}
export const guild = guildPart;

// GUILD_CREATE. Discord sends at most its own members to large guilds; we send all below 250.
export function guildCreate(g) {
  const channels = [...g.channels.values()];
  const members = [...g.members.values()];
  return { ...guildPart(g), joined_at: new Date(0).toISOString(), large: members.length > 250, unavailable: false, member_count: members.length,
    members: (members.length > 250 ? members.filter((m) => m.user.bot) : members).map(member), presences: [], voice_states: [],
    stage_instances: [], guild_scheduled_events: [], soundboard_sounds: [],
    channels: channels.filter((c) => !c.thread).map(channel), threads: channels.filter((c) => c.thread && !c.thread.archived).map(channel) };
}

export function message(m, { event = false, hideContent = false } = {}) {
  const hide = hideContent;
  const out = { id: m.id, channel_id: m.channel.id, type: m.type, author: m.author, content: hide ? "" : m.content, timestamp: m.timestamp,
    edited_timestamp: m.edited, tts: false, mention_everyone: false, mentions: m.mentions ?? [], mention_roles: [],
    attachments: hide ? [] : m.attachments ?? [], embeds: hide ? [] : m.embeds ?? [], pinned: false, flags: m.flags ?? 0,
    components: hide ? [] : m.components ?? [] };
  if (m.nonce !== undefined) out.nonce = m.nonce;
  if (m.webhook_id) out.webhook_id = m.webhook_id;
  if (m.application_id) out.application_id = m.application_id;
  if (m.reference) out.message_reference = m.reference;
  if (m.snapshots) out.message_snapshots = m.snapshots;
  if (m.sticker_items) out.sticker_items = m.sticker_items;
  if (m.poll && !hide) out.poll = m.poll;
  if (event && m.channel.guild) {
    out.guild_id = m.channel.guild.id;
    out.channel_type = m.channel.type;
    if (m.member) out.member = m.member;
  }
  return out;
}

export const webhook = (w) => ({ id: w.id, type: 1, application_id: w.application_id, avatar: null, channel_id: w.channel_id, guild_id: w.guild_id,
  name: w.name, token: w.token, user: restUser(w.user) });

export const rule = (r) => ({ id: r.id, guild_id: r.guild_id, creator_id: r.creator_id, name: r.name, event_type: r.event_type, trigger_type: r.trigger_type,
  trigger_metadata: { allow_list: [], regex_patterns: [], keyword_filter: [], ...r.trigger_metadata }, actions: r.actions, enabled: r.enabled ?? false,
  exempt_roles: r.exempt_roles ?? [], exempt_channels: r.exempt_channels ?? [] });
