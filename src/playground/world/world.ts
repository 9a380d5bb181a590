import type { EventEmitter } from "node:events";

import {
  type APIRole,
  type APIUser,
  ChannelType,
  PermissionFlagsBits,
} from "discord-api-types/v10";

import { apiErrors } from "../rules/api-error.ts";
import { createDefaultWorld } from "./default-world.ts";
import type { WorldEvents } from "./events.ts";
import {
  channelPermissions,
  DIRECT_MESSAGE_PERMISSIONS,
  guildPermissions,
  has,
} from "./permissions.ts";
import type { Store } from "./store.ts";
import type { WorldChannel, WorldCommand, WorldGuild, WorldMember, WorldUser } from "./types.ts";

const MIB = 2 ** 20;
/** By premium tier: discord.py's table, `guild.py`; free uploads are 10 MiB in Discord's reference. */
const ATTACHMENT_LIMITS = [10 * MIB, 10 * MIB, 50 * MIB, 100 * MIB];

/** Who is where and may do what. Small, so all of it is in memory and each change is written at once. */
export class World {
  readonly #store: Store;
  readonly #events: EventEmitter<WorldEvents>;
  readonly #users = new Map<string, WorldUser>();
  readonly #guilds = new Map<string, WorldGuild>();
  readonly #channels = new Map<string, WorldChannel>();
  readonly #members = new Map<string, WorldMember>();
  readonly #commands = new Map<string, WorldCommand>();
  readonly bot: APIUser;

  constructor(store: Store, events: EventEmitter<WorldEvents>, nowMs: number) {
    this.#store = store;
    this.#events = events;
    if (store.all("user").length === 0) createDefaultWorld(store, nowMs);
    for (const user of store.all("user")) this.#users.set(user.user.id, user);
    for (const guild of store.all("guild")) this.#guilds.set(guild.id, guild);
    for (const channel of store.all("channel")) this.#channels.set(channel.id, channel);
    for (const member of store.all("member"))
      this.#members.set(memberKey(member.guildId, member.userId), member);
    for (const command of store.all("command")) this.#commands.set(command.id, command);
    const bot = [...this.#users.values()].find(({ user }) => user.bot === true);
    if (bot === undefined) throw new TypeError("The world has no bot.");
    this.bot = bot.user;
  }

  /** Also the application's. */
  get botId(): string {
    return this.bot.id;
  }

  /** Everybody but the bot, in the order in which they are shown. */
  get people(): WorldUser[] {
    return [...this.#users.values()].filter(({ user }) => user.bot !== true);
  }

  get guilds(): WorldGuild[] {
    return [...this.#guilds.values()];
  }

  get commands(): WorldCommand[] {
    return [...this.#commands.values()];
  }

  /** @throws {ApiError} 10013 */
  user(id: string): WorldUser {
    return this.#users.get(id) ?? fail(apiErrors.unknownUser);
  }

  /** @throws {ApiError} 10004 */
  guild(id: string): WorldGuild {
    return this.#guilds.get(id) ?? fail(apiErrors.unknownGuild);
  }

  /** @throws {ApiError} 10003 */
  channel(id: string): WorldChannel {
    return this.#channels.get(id) ?? fail(apiErrors.unknownChannel);
  }

  channelsOf(guildId: string): WorldChannel[] {
    return [...this.#channels.values()]
      .filter((channel) => channel.guildId === guildId)
      .sort((a, b) => a.position - b.position);
  }

  /** @throws {ApiError} 10007 */
  member(guildId: string, userId: string): WorldMember {
    return this.findMember(guildId, userId) ?? fail(apiErrors.unknownMember);
  }

  findMember(guildId: string, userId: string): WorldMember | undefined {
    return this.#members.get(memberKey(guildId, userId));
  }

  membersOf(guildId: string): WorldMember[] {
    return [...this.#members.values()].filter((member) => member.guildId === guildId);
  }

  /** @throws {ApiError} 10011 */
  role(guildId: string, roleId: string): APIRole {
    const role = this.guild(guildId).roles.find(({ id }) => id === roleId);
    return role ?? fail(apiErrors.unknownRole);
  }

  /** The direct messages of this user with the bot. */
  directMessagesOf(userId: string): WorldChannel {
    const found = [...this.#channels.values()].find(({ recipientId }) => recipientId === userId);
    return found ?? fail(apiErrors.unknownChannel);
  }

  /** What a user may do in a channel; 0 for who is not there. */
  permissionsIn(channel: WorldChannel, userId: string): bigint {
    if (channel.guildId === null) {
      const isParty = userId === channel.recipientId || userId === this.botId;
      return isParty ? DIRECT_MESSAGE_PERMISSIONS | WRITE_DIRECTLY : 0n;
    }
    const member = this.findMember(channel.guildId, userId);
    if (member === undefined) return 0n;
    if (!isThread(channel)) return channelPermissions(this.guild(channel.guildId), channel, member);
    // A thread has its channel's overwrites, and who may write in threads may write.
    const parent = this.channel(channel.parentId ?? "");
    const bits = channelPermissions(this.guild(channel.guildId), parent, member);
    return has(bits, PermissionFlagsBits.SendMessagesInThreads)
      ? bits | PermissionFlagsBits.SendMessages
      : bits & ~PermissionFlagsBits.SendMessages;
  }

  guildPermissions(guildId: string, userId: string): bigint {
    const member = this.findMember(guildId, userId);
    return member === undefined ? 0n : guildPermissions(this.guild(guildId), member);
  }

  canSee(channel: WorldChannel, userId: string): boolean {
    if (channel.guildId === null) return this.permissionsIn(channel, userId) !== 0n;
    return has(this.permissionsIn(channel, userId), PermissionFlagsBits.ViewChannel);
  }

  /** Bytes for one file, in a guild or (null) in direct messages. */
  attachmentLimit(guildId: string | null): number {
    const tier = guildId === null ? 0 : this.guild(guildId).premiumTier;
    return ATTACHMENT_LIMITS[tier] ?? 10 * MIB;
  }

  saveUser(user: WorldUser): void {
    this.#users.set(user.user.id, user);
    this.#store.put("user", user.user.id, user);
    this.#events.emit("stateChange");
  }

  /** @param roleId - Of the role that was changed, if it was one. */
  saveGuild(guild: WorldGuild, roleId: string | null = null): void {
    const before = this.#guilds.get(guild.id);
    this.#guilds.set(guild.id, guild);
    this.#store.put("guild", guild.id, guild);
    if (before?.hasBot === true && !guild.hasBot) this.#events.emit("guildLeave", guild);
    else if (before?.hasBot === false && guild.hasBot) this.#events.emit("guildJoin", guild);
    else if (roleId === null) this.#events.emit("guildUpdate", guild);
    else this.#events.emit("roleUpdate", guild, roleId);
    this.#events.emit("stateChange");
  }

  saveMember(member: WorldMember): void {
    const key = memberKey(member.guildId, member.userId);
    this.#members.set(key, member);
    this.#store.put("member", key, member);
    this.#events.emit("memberUpdate", member);
    this.#events.emit("stateChange");
  }

  saveChannel(channel: WorldChannel): void {
    this.#channels.set(channel.id, channel);
    this.#store.put("channel", channel.id, channel);
    this.#events.emit("channelUpdate", channel);
    this.#events.emit("stateChange");
  }

  saveCommand(command: WorldCommand): void {
    this.#commands.set(command.id, command);
    this.#store.put("command", command.id, command);
    this.#events.emit("stateChange");
  }

  deleteCommand(id: string): void {
    this.#commands.delete(id);
    this.#store.delete("command", id);
    this.#events.emit("stateChange");
  }
}

/** What two people in direct messages may do besides. */
const WRITE_DIRECTLY =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.AddReactions |
  PermissionFlagsBits.UseApplicationCommands;

export function isThread({ type }: WorldChannel): boolean {
  return (
    type === ChannelType.PublicThread ||
    type === ChannelType.PrivateThread ||
    type === ChannelType.AnnouncementThread
  );
}

function memberKey(guildId: string, userId: string): string {
  return `${guildId}/${userId}`;
}

function fail(error: () => Error): never {
  throw error();
}
