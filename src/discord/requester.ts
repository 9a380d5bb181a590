import {
  type APIInteractionGuildMember,
  type BaseInteraction,
  GuildMember,
  type Message,
  PermissionFlagsBits,
  type PermissionsBitField,
} from "discord.js";

import type { Requester } from "../generation/types.ts";

/** Who asks, from what Discord sends with every interaction; nothing is looked up. */
export function requesterOf(
  interaction: BaseInteraction,
  isOwner: (userId: string) => boolean,
): Requester {
  const { user, guildId, channelId, member, memberPermissions } = interaction;
  return {
    userId: user.id,
    guildId,
    channelId: channelId ?? user.id,
    ...channelFacts(interaction.channel),
    ...memberFacts(member, memberPermissions),
    isOwner: isOwner(user.id),
    accountCreatedAt: user.createdAt,
    locale: interaction.locale,
  };
}

/** As {@link requesterOf}, for a plain message, which does not tell its author's language: the server's stands in. */
export function requesterOfMessage(
  message: Message,
  isOwner: (userId: string) => boolean,
): Requester {
  const { author, guildId, channelId, member } = message;
  return {
    userId: author.id,
    guildId,
    channelId,
    ...channelFacts(message.channel),
    ...memberFacts(member, member?.permissions ?? null),
    isOwner: isOwner(author.id),
    accountCreatedAt: author.createdAt,
    locale: message.guild?.preferredLocale ?? "en-US",
  };
}

function channelFacts(
  channel: BaseInteraction["channel"] | Message["channel"],
): Pick<Requester, "parentChannelId" | "isAgeRestrictedChannel"> {
  if (channel === null || channel.isDMBased())
    return { parentChannelId: null, isAgeRestrictedChannel: false };
  if (!channel.isThread()) return { parentChannelId: null, isAgeRestrictedChannel: channel.nsfw };
  const { parent, parentId } = channel;
  return {
    parentChannelId: parentId,
    isAgeRestrictedChannel: parent !== null && "nsfw" in parent && parent.nsfw,
  };
}

function memberFacts(
  member: GuildMember | APIInteractionGuildMember | null,
  permissions: Readonly<PermissionsBitField> | null,
): Pick<Requester, "roleIds" | "isAdmin" | "isModerator" | "joinedAt"> {
  const isAdmin = permissions?.has(PermissionFlagsBits.ManageGuild) ?? false;
  return {
    roleIds: roleIdsOf(member),
    isAdmin,
    isModerator: isAdmin || (permissions?.has(PermissionFlagsBits.ModerateMembers) ?? false),
    joinedAt: joinedAtOf(member),
  };
}

/** Without the server's own id, which stands for everyone. */
function roleIdsOf(member: GuildMember | APIInteractionGuildMember | null): string[] {
  if (member === null) return [];
  if (!(member instanceof GuildMember)) return member.roles;
  return [...member.roles.cache.keys()].filter((id) => id !== member.guild.id);
}

function joinedAtOf(member: GuildMember | APIInteractionGuildMember | null): Date | null {
  if (member === null) return null;
  if (member instanceof GuildMember) return member.joinedAt;
  return member.joined_at === null ? null : new Date(member.joined_at);
}
