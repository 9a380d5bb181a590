import {
  type APIOverwrite,
  type APIRole,
  type APIUser,
  ChannelType,
  OverwriteType,
  PermissionFlagsBits as P,
  type RoleFlags,
  type UserFlags,
} from "discord-api-types/v10";

import { snowflakeAt } from "./snowflake.ts";
import type { Store } from "./store.ts";
import type { WorldChannel, WorldGuild, WorldMember } from "./types.ts";

/** Every world has the same ids, so that tests and stored messages can name them. */
const id = (day: string, n: number): string =>
  (BigInt(snowflakeAt(Date.parse(`${day}T00:00:00Z`))) + BigInt(n)).toString();

export const BOT_ID = id("2024-01-15", 1);
/** The first is the application's owner and owns the first guild. */
const PEOPLE = [
  { name: "olivia", display: "Olivia", id: id("2017-05-02", 1), locale: "en-US" },
  { name: "morgan", display: "Morgan", id: id("2018-03-11", 2), locale: "en-GB" },
  { name: "ada", display: "Ada", id: id("2019-08-23", 3), locale: "en-US" },
  { name: "bjoern", display: "Björn", id: id("2020-11-30", 4), locale: "de" },
  { name: "yuki", display: "Yuki", id: id("2021-02-14", 5), locale: "ja" },
] as const;
const [OLIVIA, MORGAN, ADA, BJOERN, YUKI] = PEOPLE;

const EVERYONE =
  P.ViewChannel |
  P.SendMessages |
  P.SendMessagesInThreads |
  P.EmbedLinks |
  P.AttachFiles |
  P.ReadMessageHistory |
  P.AddReactions |
  P.UseExternalEmojis |
  P.UseApplicationCommands |
  P.UseExternalApps |
  P.ChangeNickname |
  P.CreateInstantInvite |
  P.Connect |
  P.Speak;
const MODERATOR =
  P.ModerateMembers | P.ManageMessages | P.KickMembers | P.ManageThreads | P.ViewAuditLog;
const NO_FLAGS = 0 as RoleFlags;
const NO_USER_FLAGS = 0 as UserFlags;
/** What the bot's invite link asks for. */
const BOT =
  P.ViewChannel |
  P.SendMessages |
  P.SendMessagesInThreads |
  P.EmbedLinks |
  P.AttachFiles |
  P.ReadMessageHistory;

/**
 * The world as it is at first: a guild with channels of every kind that matters to a bot, people with different rights,
 * languages and ages of account, and a second, boosted guild that belongs to someone else.
 */
export function createDefaultWorld(store: Store, nowMs: number): void {
  // Made an hour ago: old enough to be a member, too new to be trusted.
  const newcomer = {
    name: "nova",
    display: "Nova",
    id: snowflakeAt(nowMs - 60 * 60_000),
    locale: "en-US",
  };
  const everybody = [...PEOPLE, newcomer];
  for (const person of everybody) {
    store.put("user", person.id, {
      user: user(person),
      locale: person.locale,
      allowsDirectMessages: true,
      hasInstalledApp: false,
    });
    store.put("channel", directMessages(person.id).id, directMessages(person.id));
  }
  store.put("user", BOT_ID, {
    user: { ...user({ id: BOT_ID, name: "sanabot", display: null }), bot: true },
    locale: "en-US",
    allowsDirectMessages: false,
    hasInstalledApp: false,
  });
  createGuild(store, playgroundGuild(), [
    member(OLIVIA.id, []),
    member(MORGAN.id, [ROLES.moderator]),
    member(ADA.id, [ROLES.artist]),
    member(BJOERN.id, []),
    member(YUKI.id, []),
    { ...member(newcomer.id, []), joinedAt: new Date(nowMs).toISOString() },
    member(BOT_ID, [ROLES.bot]),
  ]);
  createGuild(store, studioGuild(), [
    member(ADA.id, []),
    member(OLIVIA.id, []),
    member(BOT_ID, [ROLES.studioBot]),
  ]);
}

const PLAYGROUND_ID = id("2022-06-01", 10);
const STUDIO_ID = id("2023-04-01", 10);
const ROLES = {
  moderator: id("2022-06-01", 11),
  artist: id("2022-06-01", 12),
  bot: id("2024-01-15", 13),
  studioBot: id("2024-01-15", 14),
};

interface NewGuild {
  guild: WorldGuild;
  channels: WorldChannel[];
}

function createGuild(
  store: Store,
  { guild, channels }: NewGuild,
  members: Omit<WorldMember, "guildId">[],
): void {
  store.put("guild", guild.id, guild);
  for (const place of channels) store.put("channel", place.id, place);
  for (const one of members)
    store.put("member", `${guild.id}/${one.userId}`, { ...one, guildId: guild.id });
}

function playgroundGuild(): NewGuild {
  const guildId = PLAYGROUND_ID;
  const deny = (roleId: string, bits: bigint) => overwrite(roleId, { deny: bits });
  const allow = (roleId: string, bits: bigint) => overwrite(roleId, { allow: bits });
  const place = (n: number, name: string, more: Partial<WorldChannel> = {}): WorldChannel =>
    channel({ id: id("2022-06-01", 20 + n), guildId, name, position: n, ...more });
  return {
    guild: {
      id: guildId,
      name: "Playground",
      ownerId: OLIVIA.id,
      premiumTier: 0,
      preferredLocale: "en-US",
      hasBot: true,
      roles: [
        role(guildId, "@everyone", { permissions: EVERYONE }),
        role(ROLES.artist, "Artist", { position: 1, color: 0x2e_cc_71 }),
        role(ROLES.moderator, "Moderator", {
          position: 2,
          color: 0x34_98_db,
          permissions: MODERATOR,
        }),
        botRole(ROLES.bot, 3),
      ],
    },
    channels: [
      place(0, "general", { topic: "Everything that has no other place" }),
      place(1, "art", { topic: "Pictures and how they were made" }),
      place(2, "after-dark", { nsfw: true, topic: "Age-restricted" }),
      place(3, "announcements", {
        topic: "Only moderators write here, and no bot",
        overwrites: [
          deny(guildId, P.SendMessages),
          allow(ROLES.moderator, P.SendMessages),
          deny(ROLES.bot, P.SendMessages),
        ],
      }),
      place(4, "no-files", {
        topic: "Nobody may attach files here",
        overwrites: [deny(guildId, P.AttachFiles), deny(ROLES.bot, P.AttachFiles)],
      }),
      place(5, "moderators", {
        topic: "Members do not see this, neither does the bot",
        overwrites: [
          deny(guildId, P.ViewChannel),
          allow(ROLES.moderator, P.ViewChannel),
          deny(ROLES.bot, P.ViewChannel),
        ],
      }),
      place(6, "a thread about cats", {
        type: ChannelType.PublicThread,
        parentId: id("2022-06-01", 21),
      }),
    ],
  };
}

function studioGuild(): NewGuild {
  const guildId = STUDIO_ID;
  return {
    guild: {
      id: guildId,
      name: "Ada's studio",
      ownerId: ADA.id,
      premiumTier: 2,
      preferredLocale: "de",
      hasBot: true,
      roles: [role(guildId, "@everyone", { permissions: EVERYONE }), botRole(ROLES.studioBot, 1)],
    },
    channels: [
      channel({ id: id("2023-04-01", 20), guildId, name: "lobby", position: 0 }),
      channel({ id: id("2023-04-01", 21), guildId, name: "renders", position: 1 }),
    ],
  };
}

function user(person: { id: string; name: string; display: string | null }): APIUser {
  return {
    id: person.id,
    username: person.name,
    global_name: person.display,
    discriminator: "0",
    avatar: null,
    public_flags: NO_USER_FLAGS,
    flags: NO_USER_FLAGS,
    primary_guild: null,
  };
}

function member(userId: string, roles: string[]): Omit<WorldMember, "guildId"> {
  return { userId, nick: null, roles, joinedAt: "2024-02-01T12:00:00.000Z" };
}

function role(
  roleId: string,
  name: string,
  {
    permissions = 0n,
    position = 0,
    color = 0,
  }: Partial<Record<"permissions", bigint>> & {
    position?: number;
    color?: number;
  },
): APIRole {
  return {
    id: roleId,
    name,
    color,
    colors: { primary_color: color, secondary_color: null, tertiary_color: null },
    hoist: color !== 0,
    icon: null,
    unicode_emoji: null,
    position,
    permissions: permissions.toString(),
    managed: false,
    mentionable: false,
    flags: NO_FLAGS,
  };
}

function botRole(roleId: string, position: number): APIRole {
  return {
    ...role(roleId, "sanabot", { permissions: BOT, position }),
    managed: true,
    tags: { bot_id: BOT_ID },
  };
}

function overwrite(
  roleId: string,
  { allow = 0n, deny = 0n }: { allow?: bigint; deny?: bigint },
): APIOverwrite {
  return {
    id: roleId,
    type: OverwriteType.Role,
    allow: allow.toString(),
    deny: deny.toString(),
  };
}

function channel(
  one: Pick<WorldChannel, "id" | "guildId" | "name" | "position"> & Partial<WorldChannel>,
): WorldChannel {
  return {
    recipientId: null,
    type: ChannelType.GuildText,
    topic: null,
    parentId: null,
    nsfw: false,
    overwrites: [],
    ...one,
  };
}

function directMessages(userId: string): WorldChannel {
  return channel({
    id: (BigInt(userId) + 1n).toString(),
    guildId: null,
    recipientId: userId,
    type: ChannelType.DM,
    name: "sanabot",
    position: 0,
  });
}
