import {
  type APIChannel,
  type APIGuild,
  type APITextChannel,
  type APIGuildMember,
  ChannelType,
  DiscordAPIError,
  OverwriteType,
  PermissionsBitField,
  REST,
  Routes,
} from "discord.js";

import type { Config } from "../../config.ts";
import { inviteLink, NEEDED_PERMISSIONS } from "../../discord/invite.ts";
import { type Check, fault, type Finding, ok, skipped, warning } from "./check.ts";

const DEADLINE_MS = 10_000;
/** Discord signs and expires by its own clock; more than this and tokens seem dead too early. */
const MAX_CLOCK_DIFFERENCE_MS = 5000;

interface Self {
  readonly id: string;
  readonly username: string;
}

/** What can be wrong between the bot and Discord. */
export function discordChecks({ discordToken, discordApiBase, devGuildId }: Config): Check[] {
  if (discordToken === undefined) {
    const detail = "DISCORD_TOKEN is not set: npm start opens the playground";
    return [{ name: "Discord", run: async () => skipped(detail) }];
  }
  const rest = new REST({ api: discordApiBase, timeout: DEADLINE_MS, retries: 1 }).setToken(
    discordToken,
  );
  const self = (): Promise<Self> => rest.get(Routes.user()) as Promise<Self>;
  return [
    { name: "token", run: () => checkToken(self) },
    { name: "clock", run: () => checkClock(discordApiBase) },
    {
      name: "commands",
      after: "token",
      run: async () => checkCommands(rest, (await self()).id, devGuildId),
    },
    { name: "servers", after: "token", run: async () => checkGuilds(rest, (await self()).id) },
  ];
}

async function checkToken(self: () => Promise<Self>): Promise<Finding> {
  try {
    const { username } = await self();
    return ok(`${username}; no privileged intent is needed`);
  } catch (error) {
    if (error instanceof DiscordAPIError && error.status === 401)
      return fault(
        "Discord does not accept DISCORD_TOKEN",
        "Copy it anew: https://discord.com/developers/applications, page Bot, Reset Token.",
      );
    const reason = error instanceof Error ? error.message : String(error);
    return fault(`Discord cannot be reached: ${reason}`, "Check the network and DISCORD_API_BASE.");
  }
}

async function checkClock(apiBase: string): Promise<Finding> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const response = await fetch(`${apiBase}/v10/gateway`, { signal }).catch(() => null);
  const theirs = Date.parse(response?.headers.get("date") ?? "");
  if (Number.isNaN(theirs)) return skipped("Discord did not tell the time");
  const difference = Math.abs(Date.now() - theirs);
  if (difference <= MAX_CLOCK_DIFFERENCE_MS) return ok("agrees with Discord's");
  return fault(
    `${Math.round(difference / 1000)} s off from Discord's`,
    "Switch on the system's time synchronisation (NTP).",
  );
}

async function checkCommands(
  rest: REST,
  id: string,
  guildId: string | undefined,
): Promise<Finding> {
  const route =
    guildId === undefined
      ? Routes.applicationCommands(id)
      : Routes.applicationGuildCommands(id, guildId);
  const commands = (await rest.get(route)) as unknown[];
  if (commands.length > 0) return ok(`${commands.length} are registered`);
  return warning("none are registered", "They are registered at the first start: npm start.");
}

async function checkGuilds(rest: REST, id: string): Promise<Finding[]> {
  const guilds = (await rest.get(Routes.userGuilds())) as { id: string; name: string }[];
  if (guilds.length === 0)
    return [warning("the bot is in no server", `Invite it: ${inviteLink(id)}`)];
  const findings = await Promise.all(guilds.map((guild) => checkGuild(rest, id, guild)));
  return findings.flat();
}

/** The channels in which the bot lacks what it needs for posting pictures. */
async function checkGuild(
  rest: REST,
  id: string,
  { id: guildId, name }: { id: string; name: string },
): Promise<Finding[]> {
  const guild = (await rest.get(Routes.guild(guildId))) as APIGuild;
  const member = (await rest.get(Routes.guildMember(guildId, id))) as APIGuildMember;
  const channels = (await rest.get(Routes.guildChannels(guildId))) as APIChannel[];
  const texts = channels.filter(
    (channel): channel is APITextChannel => channel.type === ChannelType.GuildText,
  );
  const lacking = texts.flatMap((channel) => {
    const missing = permissionsIn(channel, { guild, roleIds: member.roles, id }).missing(
      Object.values(NEEDED_PERMISSIONS),
    );
    return missing.length === 0
      ? []
      : [
          warning(
            `${name}, #${channel.name ?? channel.id}: no ${missing.join(", ")}`,
            "Allow it for the bot's role in the channel's settings, if it shall draw there.",
          ),
        ];
  });
  return lacking.length === 0
    ? [ok(`${name}: may post in all ${texts.length} text channels`)]
    : lacking;
}

interface Whose {
  readonly guild: APIGuild;
  readonly roleIds: readonly string[];
  readonly id: string;
}

/** Discord's rule: the roles' permissions, then the overwrites of everyone, of roles, and of the member. */
function permissionsIn(
  channel: APITextChannel,
  { guild, roleIds, id }: Whose,
): PermissionsBitField {
  const roles = guild.roles.filter((role) => role.id === guild.id || roleIds.includes(role.id));
  const base = roles.reduce((bits, role) => bits | BigInt(role.permissions), 0n);
  if ((base & PermissionsBitField.Flags.Administrator) !== 0n)
    return new PermissionsBitField(PermissionsBitField.All);
  const { permission_overwrites: overwrites = [] } = channel;
  const of = (applies: (overwriteId: string, type: OverwriteType) => boolean) =>
    overwrites.filter((overwrite) => applies(overwrite.id, overwrite.type));
  const layers = [
    of((overwriteId) => overwriteId === guild.id),
    of((overwriteId, type) => type === OverwriteType.Role && roleIds.includes(overwriteId)),
    of((overwriteId, type) => type === OverwriteType.Member && overwriteId === id),
  ];
  const bits = layers.reduce((before, layer) => {
    const deny = layer.reduce((sum, overwrite) => sum | BigInt(overwrite.deny), 0n);
    const allow = layer.reduce((sum, overwrite) => sum | BigInt(overwrite.allow), 0n);
    return (before & ~deny) | allow;
  }, base);
  return new PermissionsBitField(bits);
}
