import type { APIOverwrite, OverwriteType } from "discord-api-types/v10";
import { h, type JSX } from "preact";

import type { ClientChannel, ClientGuild, ClientState } from "../../client-api.ts";
import { ChannelType, Permission } from "../discord.ts";
import { api } from "../state/api.ts";
import { report } from "../state/session.ts";
import { Dialog } from "./dialog.ts";
import { SettingsGroup, SettingsHeader, Toggle } from "./fields.ts";

/** Discord's number for an overwrite of one member. */
const MEMBER_OVERWRITE = 1 as OverwriteType;

/** What the bot needs in a channel. */
const BOT_NEEDS = [
  { label: "See the channel", bit: Permission.viewChannel },
  { label: "Send messages", bit: Permission.sendMessages },
  { label: "Attach files", bit: Permission.attachFiles },
  { label: "Embed links", bit: Permission.embedLinks },
] as const;

interface ChannelSettingsProps {
  world: ClientState;
  guild: ClientGuild;
  channel: ClientChannel;
  onClose: () => void;
}

export function ChannelSettings({
  world,
  guild,
  channel,
  onClose,
}: ChannelSettingsProps): JSX.Element {
  const isThread = channel.type === ChannelType.PublicThread;
  const botId = world.bot.user.id;
  const own = channel.overwrites.find(({ id }) => id === botId);
  const deny = BigInt(own?.deny ?? 0);
  return h(
    Dialog,
    { label: `Settings of ${channel.name}`, class: "settings", onClose },
    h(SettingsHeader, { title: `#${channel.name}`, onClose }),
    h(
      "div",
      { class: "settings-body" },
      channel.topic !== null && h("p", { class: "muted" }, channel.topic),
      isThread
        ? h("p", null, "A thread has the settings of its channel.")
        : h(Toggle, {
            label: "Age-restricted channel",
            description: "Members must confirm that they are adults; the bot may show more here",
            isOn: channel.nsfw,
            onChange: (nsfw) => void api.changeChannel(channel.id, { nsfw }).catch(report),
          }),
      !isThread &&
        h(
          SettingsGroup,
          { title: `What ${world.bot.user.username} may do here` },
          h(
            "p",
            { class: "muted" },
            "Take something away to see how the bot says that it is missing.",
          ),
          BOT_NEEDS.map(({ label, bit }) =>
            h(Toggle, {
              key: label,
              label,
              isOn: (deny & bit) === 0n && !isDeniedToRole(channel, { guild, botId, bit }),
              onChange: (isOn) => {
                const overwrites = withBotOverwrite(channel, { guild, botId, bit, isOn });
                void api.changeChannel(channel.id, { overwrites }).catch(report);
              },
            }),
          ),
        ),
    ),
  );
}

interface BotBit {
  guild: ClientGuild;
  botId: string;
  bit: bigint;
}

/** Whether a role of the bot's, @everyone included, is denied it and the bot itself is not allowed it. */
function isDeniedToRole({ overwrites }: ClientChannel, { guild, botId, bit }: BotBit): boolean {
  const roles = new Set([
    guild.id,
    ...(guild.members.find(({ userId }) => userId === botId)?.roles ?? []),
  ]);
  const isAllowed = overwrites.some(
    ({ id, allow }) => id === botId && (BigInt(allow) & bit) !== 0n,
  );
  return (
    !isAllowed && overwrites.some(({ id, deny }) => roles.has(id) && (BigInt(deny) & bit) !== 0n)
  );
}

function withBotOverwrite(
  channel: ClientChannel,
  { guild, botId, bit, isOn }: BotBit & { isOn: boolean },
): APIOverwrite[] {
  const others = channel.overwrites.filter(({ id }) => id !== botId);
  const own = channel.overwrites.find(({ id }) => id === botId);
  const deny = BigInt(own?.deny ?? 0) & ~bit;
  const allow = BigInt(own?.allow ?? 0) & ~bit;
  const needsAllow =
    isOn && isDeniedToRole({ ...channel, overwrites: others }, { guild, botId, bit });
  return [
    ...others,
    {
      id: botId,
      type: MEMBER_OVERWRITE,
      deny: (isOn ? deny : deny | bit).toString(),
      allow: (needsAllow ? allow | bit : allow).toString(),
    },
  ];
}
