/** Questions about the world that the server told. */
import type { APIApplicationCommand, APIRole } from "discord-api-types/v10";

import type {
  ClientChannel,
  ClientGuild,
  ClientMember,
  ClientState,
  ClientUser,
} from "../../client-api.ts";

interface Person {
  id: string;
  username: string;
  global_name?: string | null;
}

export function guildOf(world: ClientState, guildId: string | null): ClientGuild | null {
  return world.guilds.find(({ id }) => id === guildId) ?? null;
}

export function channelOf(world: ClientState, channelId: string | null): ClientChannel | null {
  if (world.directMessages.id === channelId) return world.directMessages;
  for (const guild of world.guilds) {
    const channel = guild.channels.find(({ id }) => id === channelId);
    if (channel !== undefined) return channel;
  }
  return null;
}

export function actingUser(world: ClientState): ClientUser {
  const user = world.users.find(({ id }) => id === world.userId);
  if (user === undefined) throw new Error(`The acting user ${world.userId} is not in the world`);
  return user;
}

export function personOf(world: ClientState, userId: string): Person | null {
  if (world.bot.user.id === userId) return world.bot.user;
  return world.users.find(({ id }) => id === userId) ?? null;
}

export function memberOf(guild: ClientGuild | null, userId: string): ClientMember | null {
  return guild?.members.find((member) => member.userId === userId) ?? null;
}

/** As the guild shows the person's name. */
export function nameIn(guild: ClientGuild | null, person: Person): string {
  return memberOf(guild, person.id)?.nick ?? person.global_name ?? person.username;
}

export function roleOf(guild: ClientGuild | null, roleId: string): APIRole | null {
  return guild?.roles.find(({ id }) => id === roleId) ?? null;
}

/** The member's roles, the highest first. */
export function rolesOf(guild: ClientGuild | null, userId: string): APIRole[] {
  const ids = memberOf(guild, userId)?.roles ?? [];
  return (guild?.roles ?? [])
    .filter(({ id }) => ids.includes(id))
    .sort((a, b) => b.position - a.position);
}

/** The colour of the name, as CSS has it, or null. */
export function colourOf(guild: ClientGuild | null, userId: string): string | null {
  const role = rolesOf(guild, userId).find(({ color }) => color !== 0);
  return role === undefined ? null : cssColour(role.color);
}

export function cssColour(rgb: number): string {
  return `#${rgb.toString(16).padStart(6, "0")}`;
}

/** The commands that the acting user may use in a channel. */
export function commandsIn(
  world: ClientState,
  channel: ClientChannel | null,
): APIApplicationCommand[] {
  const ids = new Set(channel?.commandIds);
  return world.commands.filter(({ id }) => ids.has(id));
}

/** A name or description in the acting user's language. */
export function localized(
  world: ClientState,
  thing: {
    [Key in "name" | "description"]?: string;
  } & {
    name_localizations?: Partial<Record<string, string | null>> | null | undefined;
    description_localizations?: Partial<Record<string, string | null>> | null | undefined;
  },
  key: "name" | "description",
): string {
  const { locale } = actingUser(world);
  return thing[`${key}_localizations`]?.[locale] ?? thing[key] ?? "";
}
