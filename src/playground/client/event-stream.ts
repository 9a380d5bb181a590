import type { Context as HonoContext } from "hono";
import { streamSSE } from "hono/streaming";

import type { ClientEvent } from "../client-api.ts";
import type { Context } from "../context.ts";
import type { WorldMessage } from "../world/types.ts";
import { clientMessage } from "./state.ts";

/** A comment in the stream, so that proxies and browsers keep it open, in ms. */
const KEEP_ALIVE_MS = 20_000;
/** How long changes of the state are gathered before the page is told, in ms. */
const STATE_DELAY_MS = 30;

/** Everything that a user's page should show as it happens. */
export function eventStream(context: Context, c: HonoContext, userId: string): Response {
  const { clock } = context;
  return streamSSE(c, async (stream) => {
    const send = (event: ClientEvent) => void stream.writeSSE({ data: JSON.stringify(event) });
    // Registering forty commands changes the state forty times: the page is told once.
    let isStateTold = true;
    const tellState = (): void => {
      if (isStateTold) return;
      isStateTold = true;
      send({ type: "state" });
    };
    const stop = subscribe(context, userId, (event) => {
      if (event.type !== "state") return send(event);
      if (isStateTold) setTimeout(tellState, STATE_DELAY_MS);
      isStateTold = false;
      return undefined;
    });
    const closed = new Promise<void>((resolve) => stream.onAbort(resolve));
    const keepAlive = setInterval(() => void stream.write(":\n\n"), KEEP_ALIVE_MS);
    send({ type: "hello", now: clock.now() });
    await closed;
    clearInterval(keepAlive);
    stop();
  });
}

/** @returns what ends it. */
export function subscribe(
  context: Context,
  userId: string,
  send: (event: ClientEvent) => void,
): () => void {
  const { world, events } = context;
  const isForUser = ({ ephemeralFor, channelId, isDismissed }: WorldMessage): boolean =>
    ephemeralFor === null
      ? world.canSee(world.channel(channelId), userId)
      : ephemeralFor === userId && !isDismissed;
  const shown = (type: "message_create" | "message_update") => (message: WorldMessage) => {
    if (isForUser(message))
      send({ type, channelId: message.channelId, message: clientMessage(context, message) });
  };
  const listeners = {
    messageCreate: shown("message_create"),
    messageUpdate: shown("message_update"),
    messageDelete: (message: WorldMessage) => {
      if (!isForUser(message)) return;
      send({ type: "message_delete", channelId: message.channelId, messageId: message.id });
    },
    typing: (channelId: string, whoId: string) => {
      if (world.canSee(world.channel(channelId), userId))
        send({ type: "typing", channelId, userId: whoId });
    },
    stateChange: () => send({ type: "state" }),
    client: (toId: string, event: ClientEvent) => {
      if (toId === userId) send(event);
    },
  };
  events.on("messageCreate", listeners.messageCreate);
  events.on("messageUpdate", listeners.messageUpdate);
  events.on("messageDelete", listeners.messageDelete);
  events.on("typing", listeners.typing);
  events.on("stateChange", listeners.stateChange);
  events.on("client", listeners.client);
  return () => {
    events.off("messageCreate", listeners.messageCreate);
    events.off("messageUpdate", listeners.messageUpdate);
    events.off("messageDelete", listeners.messageDelete);
    events.off("typing", listeners.typing);
    events.off("stateChange", listeners.stateChange);
    events.off("client", listeners.client);
  };
}
