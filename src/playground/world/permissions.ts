import { OverwriteType, PermissionFlagsBits } from "discord-api-types/v10";

import type { WorldChannel, WorldGuild, WorldMember } from "./types.ts";

const ALL = Object.values(PermissionFlagsBits).reduce((bits, bit) => bits | bit, 0n);

/** In a direct message with the bot, as the documentation of interactions lists them. */
export const DIRECT_MESSAGE_PERMISSIONS =
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.MentionEveryone |
  PermissionFlagsBits.UseExternalEmojis;

/** What a member may do in the guild as a whole: owner, roles, Administrator. */
export function guildPermissions(guild: WorldGuild, member: WorldMember): bigint {
  if (member.userId === guild.ownerId) return ALL;
  const bits = guild.roles
    .filter((role) => role.id === guild.id || member.roles.includes(role.id))
    .reduce((sum, role) => sum | BigInt(role.permissions), 0n);
  return has(bits, PermissionFlagsBits.Administrator) ? ALL : bits;
}

/**
 * What a member may do in a channel: Discord's order is @everyone's overwrite, then all of the member's roles together,
 * then the member's own; who cannot see the channel can do nothing in it.
 */
export function channelPermissions(
  guild: WorldGuild,
  channel: WorldChannel,
  member: WorldMember,
): bigint {
  const base = guildPermissions(guild, member);
  if (base === ALL) return ALL;
  const { overwrites } = channel;
  const everyone = overwrites.filter(({ id }) => id === guild.id);
  const roles = overwrites.filter(
    ({ id, type }) => type === OverwriteType.Role && id !== guild.id && member.roles.includes(id),
  );
  const own = overwrites.filter(
    ({ id, type }) => type === OverwriteType.Member && id === member.userId,
  );
  const bits = [everyone, roles, own].reduce((sum, group) => {
    const deny = group.reduce((all, overwrite) => all | BigInt(overwrite.deny), 0n);
    const allow = group.reduce((all, overwrite) => all | BigInt(overwrite.allow), 0n);
    return (sum & ~deny) | allow;
  }, base);
  return has(bits, PermissionFlagsBits.ViewChannel) ? bits : 0n;
}

export function has(bits: bigint, needed: bigint): boolean {
  return (bits & needed) === needed;
}
