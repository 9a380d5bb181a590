import type { EventEmitter } from "node:events";

import { type APIMessage, GatewayIntentBits } from "discord-api-types/v10";

import type { WorldEvents } from "../world/events.ts";
import type { Renderer } from "../world/render.ts";
import type { WorldMessage } from "../world/types.ts";
import { isThread, type World } from "../world/world.ts";
import type { Gateway } from "./gateway.ts";
import { guildCreate } from "./guild-create.ts";
import type { Identity } from "./session.ts";

interface Parts {
  world: World;
  events: EventEmitter<WorldEvents>;
  render: Renderer;
  origin: () => string;
}

/** Tells connected bots of what happens in the world, each event to those whose intents ask for it. */
export function publishWorld(gateway: Gateway, { world, events, render, origin }: Parts): void {
  const inGuild = (guildId: string | null) => ({ guildId, intents: GatewayIntentBits.Guilds });

  publishMessages(gateway, { world, events, render, origin });
  events.on("channelUpdate", (channel) => {
    const name = isThread(channel) ? "THREAD_UPDATE" : "CHANNEL_UPDATE";
    gateway.dispatch(name, render.channel(channel), inGuild(channel.guildId));
  });
  events.on("memberUpdate", (member) => {
    const payload = { ...render.member(member), guild_id: member.guildId };
    // A bot hears of itself without the privileged intent.
    const intents = member.userId === world.botId ? 0 : GatewayIntentBits.GuildMembers;
    gateway.dispatch("GUILD_MEMBER_UPDATE", payload, { guildId: member.guildId, intents });
  });
  events.on("roleUpdate", (guild, roleId) => {
    const payload = { guild_id: guild.id, role: world.role(guild.id, roleId) };
    gateway.dispatch("GUILD_ROLE_UPDATE", payload, inGuild(guild.id));
  });
  events.on("guildUpdate", (guild) => {
    if (guild.hasBot) gateway.dispatch("GUILD_UPDATE", render.guild(guild), inGuild(guild.id));
  });
  events.on("guildJoin", (guild) =>
    gateway.dispatch("GUILD_CREATE", guildCreate(guild, { world, render }), inGuild(guild.id)),
  );
  events.on("guildLeave", (guild) =>
    gateway.dispatch("GUILD_DELETE", { id: guild.id }, inGuild(guild.id)),
  );
}

function publishMessages(gateway: Gateway, { world, events, render, origin }: Parts): void {
  events.on("messageCreate", (message) => publishMessage("MESSAGE_CREATE", message));
  events.on("messageUpdate", (message) => publishMessage("MESSAGE_UPDATE", message));
  events.on("messageDelete", (message) => {
    if (message.ephemeralFor !== null || !isForBot(message)) return;
    const { id, channelId: channel_id, guildId: guild_id } = message;
    const payload = { id, channel_id, ...(guild_id !== null && { guild_id }) };
    gateway.dispatch("MESSAGE_DELETE", payload, messageAudience(message));
  });

  function publishMessage(name: string, message: WorldMessage): void {
    if (message.ephemeralFor !== null || !isForBot(message)) return;
    const rendered = render.message(message, origin());
    const member =
      message.guildId === null ? undefined : world.findMember(message.guildId, message.authorId);
    const { user: _, ...partialMember } = member === undefined ? {} : { ...render.member(member) };
    const extra = {
      channel_type: world.channel(message.channelId).type,
      ...(message.guildId !== null && { guild_id: message.guildId }),
      ...(member !== undefined && { member: partialMember }),
    };
    gateway.dispatch(
      name,
      (identity: Identity) => ({
        ...redact(rendered, {
          botId: world.botId,
          intents: identity.intents,
          isDirect: message.guildId === null,
        }),
        ...extra,
      }),
      messageAudience(message),
    );
  }

  function isForBot({ channelId, guildId }: WorldMessage): boolean {
    if (guildId !== null && !world.guild(guildId).hasBot) return false;
    return world.canSee(world.channel(channelId), world.botId);
  }
}

function messageAudience({ guildId }: WorldMessage): { guildId: string | null; intents: number } {
  const { GuildMessages, DirectMessages } = GatewayIntentBits;
  return { guildId, intents: guildId === null ? DirectMessages : GuildMessages };
}

/**
 * Without the privileged intent a bot reads only its own messages, those that mention it and direct ones; the rest come
 * empty.
 */
export function redact(
  message: APIMessage,
  { botId, intents, isDirect }: { botId: string; intents: number; isDirect: boolean },
): APIMessage {
  const isOpen =
    (intents & GatewayIntentBits.MessageContent) !== 0 ||
    message.author.id === botId ||
    isDirect ||
    message.mentions.some(({ id }) => id === botId);
  if (isOpen) return message;
  return { ...message, content: "", embeds: [], attachments: [], components: [] };
}
