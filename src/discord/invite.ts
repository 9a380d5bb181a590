import { OAuth2Scopes, PermissionFlagsBits } from "discord.js";

/** What the bot needs in a channel, and nothing more. */
export const NEEDED_PERMISSIONS = {
  viewChannel: PermissionFlagsBits.ViewChannel,
  sendMessages: PermissionFlagsBits.SendMessages,
  embedLinks: PermissionFlagsBits.EmbedLinks,
  attachFiles: PermissionFlagsBits.AttachFiles,
  readMessageHistory: PermissionFlagsBits.ReadMessageHistory,
  sendMessagesInThreads: PermissionFlagsBits.SendMessagesInThreads,
} as const;

/** 274878024704, as Discord's developer portal counts them together. */
const PERMISSIONS = Object.values(NEEDED_PERMISSIONS).reduce((all, one) => all | one, 0n);

/** The address where a server's admin adds the bot, with the permissions that it needs. */
export function inviteLink(applicationId: string): string {
  const query = new URLSearchParams({
    client_id: applicationId,
    permissions: String(PERMISSIONS),
    scope: `${OAuth2Scopes.Bot} ${OAuth2Scopes.ApplicationsCommands}`,
  });
  return `https://discord.com/oauth2/authorize?${query.toString()}`;
}
