import { Fragment, h, type JSX } from "preact";
import { useMemo } from "preact/hooks";

import type { ClientChannel, ClientGuild, ClientMessage, ClientState } from "../../client-api.ts";
import { type PendingInteraction, useApp } from "../state/store.ts";
import { actingUser, personOf, nameIn } from "../state/world.ts";
import { icon } from "../ui/icons.ts";
import { continues, startsDay } from "./grouping.ts";
import { Message, PendingMessage } from "./message.ts";
import { dayName } from "./times.ts";
import { useMessageKeys } from "./use-message-keys.ts";
import { useScroll } from "./use-scroll.ts";
import { Welcome } from "./welcome.ts";

interface MessageListProps {
  channel: ClientChannel;
  world: ClientState;
  guild: ClientGuild | null;
}

const NO_MESSAGES: readonly ClientMessage[] = [];

/** The channel's messages, newest below; follows them while the reader is at the end. */
export function MessageList({ channel, world, guild }: MessageListProps): JSX.Element {
  const log = useApp((state) => state.logs[channel.id]);
  const pending = useApp((state) => state.pending);
  const messages = log?.messages ?? NO_MESSAGES;
  const waiting = useMemo(() => commandsIn(pending, channel.id), [pending, channel.id]);
  const { scroller, content, unseen, onScroll, toEnd } = useScroll(channel.id, {
    messages,
    ownActions: useApp((state) => state.ownActions),
  });
  const onKeyDown = useMessageKeys();
  return h(
    "div",
    { class: "messages" },
    h(
      "div",
      { class: "scroller", ref: scroller, onScroll, onKeyDown },
      h(
        "div",
        { class: "messages-content", ref: content },
        log !== undefined && !log.hasMore && h(Welcome, { channel, world }),
        log?.hasMore === true && h("p", { class: "loading-older" }, "Loading older messages…"),
        h(
          "ol",
          { class: "message-items", "aria-label": `Messages in ${channel.name}` },
          inOrder(messages, waiting).map((entry) =>
            h(
              "li",
              { key: entry.key },
              entry.type === "pending"
                ? h(PendingMessage, { pending: entry.pending, world, guild })
                : item(entry.message, { before: entry.before, world, guild }),
            ),
          ),
        ),
      ),
    ),
    h(Typing, { world, guild }),
    unseen > 0 &&
      h(
        "button",
        { type: "button", class: "new-pill", onClick: toEnd },
        unseen === 1 ? "1 new message" : `${unseen} new messages`,
        icon("down", 16),
      ),
  );
}

function commandsIn(
  pending: readonly PendingInteraction[],
  channelId: string,
): PendingInteraction[] {
  return pending.filter((one) => one.channelId === channelId && one.messageId === null);
}

type Entry =
  | { type: "message"; key: string; message: ClientMessage; before: ClientMessage | undefined }
  | { type: "pending"; key: string; pending: PendingInteraction };

/** Commands on their way stand where their answer will: after what was there when they were sent. */
function inOrder(
  messages: readonly ClientMessage[],
  waiting: readonly PendingInteraction[],
): Entry[] {
  const entries: Entry[] = messages.map((message, index) => ({
    type: "message",
    key: message.id,
    message,
    before: messages[index - 1],
  }));
  for (const pending of waiting) {
    const at = entries.findLastIndex(
      (entry) =>
        entry.type === "pending" || Date.parse(entry.message.timestamp) <= pending.startedAt,
    );
    entries.splice(at + 1, 0, { type: "pending", key: pending.key, pending });
  }
  return entries;
}

interface Surroundings {
  before: ClientMessage | undefined;
  world: ClientState;
  guild: ClientGuild | null;
}

function item(message: ClientMessage, { before, world, guild }: Surroundings): JSX.Element {
  return h(
    Fragment,
    null,
    startsDay(before, message) &&
      h(
        "div",
        { class: "day", role: "separator" },
        h("span", null, dayName(message.timestamp, actingUser(world).locale)),
      ),
    h(Message, { message, world, guild, isContinued: continues(before, message) }),
  );
}

function Typing({ world, guild }: { world: ClientState; guild: ClientGuild | null }): JSX.Element {
  const typing = useApp((state) => state.typing);
  const names = typing.flatMap((id) => {
    const person = personOf(world, id);
    return person === null || id === world.userId ? [] : [nameIn(guild, person)];
  });
  return h(
    "div",
    { class: "typing", "aria-live": "polite" },
    names.length > 0 &&
      h(
        Fragment,
        null,
        h(
          "span",
          { class: "dots", "aria-hidden": "true" },
          h("i", null),
          h("i", null),
          h("i", null),
        ),
        `${names.join(", ")} ${names.length === 1 ? "is" : "are"} typing…`,
      ),
  );
}
