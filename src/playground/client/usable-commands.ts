import {
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
} from "discord-api-types/v10";

import type { Context } from "../context.ts";
import { has } from "../world/permissions.ts";
import type { IntegrationOwners, WorldChannel, WorldCommand } from "../world/types.ts";

/** In a guild or in direct messages with the bot; group chats are not played. */
export function contextOf({ guildId }: WorldChannel): InteractionContextType {
  return guildId === null ? InteractionContextType.BotDM : InteractionContextType.Guild;
}

/** Who has installed the application for what happens here: the guild (0), the user (1), both or nobody. */
export function integrationOwners(
  { world }: Context,
  { guildId }: WorldChannel,
  userId: string,
): IntegrationOwners {
  const isInstalled = guildId === null || world.guild(guildId).hasBot;
  return {
    // In direct messages with the bot Discord writes 0 in place of a guild.
    ...(isInstalled && { [ApplicationIntegrationType.GuildInstall]: guildId ?? "0" }),
    ...(world.user(userId).hasInstalledApp && { [ApplicationIntegrationType.UserInstall]: userId }),
  };
}

/** The commands that a user's Discord offers in a channel. */
export function usableCommands(
  context: Context,
  channel: WorldChannel,
  userId: string,
): WorldCommand[] {
  const { world } = context;
  const { guildId } = channel;
  const permissions = world.permissionsIn(channel, userId);
  if (!has(permissions, PermissionFlagsBits.UseApplicationCommands)) return [];
  const owners = integrationOwners(context, channel, userId);
  const here = contextOf(channel);
  return world.commands.filter((command) => {
    if (command.nsfw && !channel.nsfw && guildId !== null) return false;
    if (command.guild_id !== undefined)
      return (
        command.guild_id === guildId && owners[0] !== undefined && isAllowed(command, permissions)
      );
    const installs = command.integration_types ?? [ApplicationIntegrationType.GuildInstall];
    return (
      (command.contexts?.includes(here) ?? true) &&
      installs.some((type) => owners[type] !== undefined) &&
      (guildId === null || isAllowed(command, permissions))
    );
  });
}

/** By `default_member_permissions`; "0" leaves administrators alone, who have everything. */
function isAllowed(command: WorldCommand, permissions: bigint): boolean {
  const needed = command.default_member_permissions;
  if (needed === null || needed === undefined) return true;
  if (has(permissions, PermissionFlagsBits.Administrator)) return true;
  return needed !== "0" && has(permissions, BigInt(needed));
}
