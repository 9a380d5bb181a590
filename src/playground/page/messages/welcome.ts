import { h, type JSX } from "preact";

import type { ClientChannel, ClientState } from "../../client-api.ts";
import { ChannelType } from "../discord.ts";
import { avatar } from "../ui/avatar.ts";
import { icon } from "../ui/icons.ts";

/** The beginning of a channel. */
export function Welcome({
  channel,
  world,
}: {
  channel: ClientChannel;
  world: ClientState;
}): JSX.Element {
  if (channel.type === ChannelType.DM) {
    const bot = { ...world.bot.user, bot: true };
    return h(
      "header",
      { class: "welcome" },
      avatar(bot, 72),
      h("h2", null, bot.username),
      h("p", null, `This is where your direct messages with ${bot.username} begin.`),
    );
  }
  const isThread = channel.type === ChannelType.PublicThread;
  return h(
    "header",
    { class: "welcome" },
    h("span", { class: "welcome-icon" }, icon(isThread ? "thread" : "hash", 40)),
    h("h2", null, `Welcome to ${isThread ? "" : "#"}${channel.name}`),
    h("p", null, channel.topic ?? `This is where ${channel.name} begins.`),
  );
}
