import { PermissionFlagsBits as P } from "discord-api-types/v10";

import type { ClientChannel, ClientMessage, ClientState } from "../client-api.ts";
import type { Context } from "../context.ts";
import { has } from "../world/permissions.ts";
import type { WorldChannel, WorldMessage } from "../world/types.ts";
import { usableCommands } from "./usable-commands.ts";

/** All that a page shows around the messages. */
export function clientState(context: Context, userId: string): ClientState {
  const { world, gateway, clock } = context;
  return {
    now: clock.now(),
    userId,
    users: world.people.map(({ user, ...rest }) => ({ ...user, ...rest })),
    bot: { user: world.bot, isOnline: gateway.isOnline },
    guilds: world.guilds.map(({ roles, ...guild }) => ({
      ...guild,
      roles,
      members: world.membersOf(guild.id).map(({ userId: id, nick, roles: roleIds, joinedAt }) => ({
        userId: id,
        nick,
        roles: roleIds,
        joinedAt,
      })),
      channels: world
        .channelsOf(guild.id)
        .map((channel) => clientChannel(context, channel, userId)),
    })),
    directMessages: clientChannel(context, world.directMessagesOf(userId), userId),
    commands: world.commands,
  };
}

function clientChannel(context: Context, channel: WorldChannel, userId: string): ClientChannel {
  const { world } = context;
  const bits = world.permissionsIn(channel, userId);
  const { recipientId: _, position: _position, ...shown } = channel;
  return {
    ...shown,
    permissions: {
      view: world.canSee(channel, userId),
      send: has(bits, P.SendMessages),
      attach: has(bits, P.AttachFiles),
      useCommands: has(bits, P.UseApplicationCommands),
      manageMessages: channel.guildId !== null && has(bits, P.ManageMessages),
      bits: bits.toString(),
    },
    commandIds: usableCommands(context, channel, userId).map(({ id }) => id),
    attachmentSizeLimit: world.attachmentLimit(channel.guildId),
  };
}

/** As the page shows it: links relative to the page's own address. */
export function clientMessage({ render }: Context, message: WorldMessage): ClientMessage {
  const commandName = message.interaction?.commandName ?? null;
  return { ...render.message(message, ""), ...(commandName !== null && { commandName }) };
}
