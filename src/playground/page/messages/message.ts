import { Component, h, type JSX } from "preact";

import type { ClientGuild, ClientMessage, ClientState } from "../../client-api.ts";
import { MessageContext } from "../components/message-context.ts";
import { hasFlag, MessageFlag } from "../discord.ts";
import { api } from "../state/api.ts";
import { serverNow } from "../state/clock.ts";
import { removePending } from "../state/interactions.ts";
import { removeMessage } from "../state/logs.ts";
import { report } from "../state/session.ts";
import { type PendingInteraction, store, useApp } from "../state/store.ts";
import { actingUser, colourOf, nameIn, personOf } from "../state/world.ts";
import { avatar } from "../ui/avatar.ts";
import { icon } from "../ui/icons.ts";
import { headerOf } from "./grouping.ts";
import { MessageBody } from "./message-body.ts";
import { MessageHeader, UsedCommand } from "./message-header.ts";
import { messageHandlers, MessageToolbar } from "./message-actions.ts";
import { clockTime, longTime, shortTime } from "./times.ts";

interface MessageProps {
  message: ClientMessage;
  world: ClientState;
  guild: ClientGuild | null;
  /** Goes on under the heading of the one before. */
  isContinued: boolean;
}

/** One message; drawn again only when it or the world is another one, so that 500 of them cost nothing. */
export class Message extends Component<MessageProps> {
  override shouldComponentUpdate(next: MessageProps): boolean {
    const { message, world, isContinued } = this.props;
    return next.message !== message || next.world !== world || next.isContinued !== isContinued;
  }

  override render({ message, world, guild, isContinued }: MessageProps): JSX.Element {
    const name = nameIn(guild, message.author);
    const isEphemeral = hasFlag(message, MessageFlag.ephemeral);
    const isMentioned = message.mentions.some(({ id }) => id === world.userId);
    const header = headerOf(message);
    const { locale } = actingUser(world);
    return h(
      "article",
      {
        class: classes({
          message: true,
          "is-continued": isContinued,
          "is-ephemeral": isEphemeral,
          "is-mention": isMentioned,
        }),
        tabIndex: -1,
        "data-message-id": message.id,
        "aria-label": `${name}, ${longTime(message.timestamp, locale)}`,
        ...messageHandlers(message),
      },
      header !== null && h(MessageHeader, { header, world, guild, message }),
      h(
        "div",
        { class: "message-side" },
        isContinued
          ? h("time", { class: "message-time" }, clockTime(message.timestamp, locale))
          : avatar(message.author),
      ),
      h(
        "div",
        { class: "message-main" },
        !isContinued && heading({ message, world, guild }, name),
        h(MessageContext.Provider, { value: message }, h(MessageBody, { message })),
        h(PressFailure, { messageId: message.id }),
        isEphemeral && ephemeralNote(() => void dismiss(message)),
      ),
      h(MessageToolbar, { message }),
    );
  }
}

function classes(names: Readonly<Record<string, boolean>>): string {
  return Object.keys(names)
    .filter((name) => names[name] === true)
    .join(" ");
}

function heading(
  { message, world, guild }: Pick<MessageProps, "message" | "world" | "guild">,
  name: string,
): JSX.Element {
  const { locale } = actingUser(world);
  const colour = colourOf(guild, message.author.id);
  return h(
    "h2",
    { class: "message-heading" },
    h("span", { class: "author", style: colour === null ? {} : { "--role": colour } }, name),
    message.author.bot === true && h("span", { class: "app-tag" }, "APP"),
    h(
      "time",
      {
        class: "message-time",
        datetime: message.timestamp,
        title: longTime(message.timestamp, locale),
      },
      shortTime(message.timestamp, serverNow(), locale),
    ),
  );
}

/** Under a message whose control was pressed without success. */
function PressFailure({ messageId }: { messageId: string }): JSX.Element | null {
  const failure = useApp(
    (state) =>
      state.pending.find((one) => one.messageId === messageId && one.failure !== null)?.failure,
  );
  if (failure === undefined || failure === null) return null;
  return h("p", { class: "failure", role: "alert" }, icon("warning", 16), failure);
}

function ephemeralNote(onDismiss: () => void): JSX.Element {
  return h(
    "p",
    { class: "ephemeral-note" },
    icon("eye", 16),
    "Only you can see this · ",
    h("button", { type: "button", class: "link", onClick: onDismiss }, "Dismiss message"),
  );
}

async function dismiss(message: ClientMessage): Promise<void> {
  const { world } = store.state;
  if (world === null) return;
  try {
    await api.deleteMessage(world.userId, message);
    removeMessage(message.channel_id, message.id);
  } catch (error) {
    report(error);
  }
}

interface PendingProps {
  pending: PendingInteraction;
  world: ClientState;
  guild: ClientGuild | null;
}

/** A command on its way, or one that came to nothing. */
export function PendingMessage({ pending, world, guild }: PendingProps): JSX.Element {
  const { failure } = pending;
  const bot = { ...world.bot.user, bot: true };
  const user = personOf(world, world.userId);
  return h(
    "article",
    { class: `message ${failure === null ? "is-pending" : "is-ephemeral"}`, tabIndex: -1 },
    user !== null &&
      h(UsedCommand, { userId: user.id, commandName: pending.commandName ?? "", world, guild }),
    h("div", { class: "message-side" }, avatar(bot)),
    h(
      "div",
      { class: "message-main" },
      h(
        "h2",
        { class: "message-heading" },
        h("span", { class: "author" }, nameIn(guild, world.bot.user)),
        h("span", { class: "app-tag" }, "APP"),
      ),
      failure === null
        ? h("p", { class: "thinking" }, "Sending command…")
        : h("p", { class: "failure", role: "alert" }, icon("warning", 16), failure),
      failure !== null && ephemeralNote(() => removePending(pending.key)),
    ),
  );
}
