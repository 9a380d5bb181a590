import { h, type JSX } from "preact";

import type { ClientGuild, ClientMessage, ClientState } from "../../client-api.ts";
import { useApp } from "../state/store.ts";
import { colourOf, nameIn, personOf } from "../state/world.ts";
import { avatar } from "../ui/avatar.ts";
import { icon } from "../ui/icons.ts";
import type { Header } from "./grouping.ts";
import { revealMessage } from "./reveal.ts";
import { summaryOf } from "./summary.ts";

interface Surroundings {
  world: ClientState;
  guild: ClientGuild | null;
}

/** The line above a message that says what it belongs to. */
export function MessageHeader({
  header,
  message,
  world,
  guild,
}: Surroundings & { header: Header; message: ClientMessage }): JSX.Element {
  if (header.type === "command") return h(UsedCommand, { ...header, world, guild });
  return h(Answered, { header, channelId: message.channel_id, world, guild });
}

interface AnsweredProps extends Surroundings {
  header: Extract<Header, { type: "reply" }>;
  channelId: string;
}

/** The message that this one answers, in one line. */
function Answered({ header, channelId, world, guild }: AnsweredProps): JSX.Element {
  const { messageId, message, otherwise } = header;
  const known = useApp(({ logs }) => logs[channelId]?.messages.find(({ id }) => id === messageId));
  // What the page knows itself is newer than what the server sent along.
  const answered = known ?? message;
  if (answered === null && otherwise !== null)
    return h(UsedCommand, { ...otherwise, world, guild });
  return h(
    "div",
    { class: "message-context" },
    icon("reply", 15),
    answered === null
      ? h("span", { class: "muted" }, "The message that this answers is gone")
      : h(
          "button",
          {
            type: "button",
            class: "message-context-link",
            onClick: () => revealMessage(messageId),
          },
          avatar(answered.author, 16),
          h("strong", null, nameIn(guild, answered.author)),
          h("span", { class: "message-context-text" }, summaryOf(answered)),
        ),
  );
}

/** Who used which command. */
export function UsedCommand({
  userId,
  commandName,
  world,
  guild,
}: Surroundings & { userId: string; commandName: string }): JSX.Element {
  const user = personOf(world, userId);
  const colour = colourOf(guild, userId);
  // Commands of context menus have names in title case and no slash, as in Discord.
  const isSlash = !/[A-Z]/.test(commandName);
  return h(
    "div",
    { class: "message-context" },
    icon("reply", 15),
    user !== null && avatar(user, 16),
    h(
      "strong",
      { style: colour === null ? {} : { "--role": colour } },
      user === null ? "Someone" : nameIn(guild, user),
    ),
    "used",
    h("span", { class: "message-context-command" }, `${isSlash ? "/" : ""}${commandName}`),
  );
}
