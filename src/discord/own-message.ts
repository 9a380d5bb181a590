import { type APIMessage, ComponentType, type REST, Routes } from "discord.js";

import { type CustomIds, shortId } from "./custom-id.ts";

interface Wanted {
  readonly channelId: string;
  readonly jobId: string;
  readonly nonce: string;
  readonly signal: AbortSignal;
}

/** So far back a job's message is looked for; it is looked for seconds or minutes after it was posted. */
const MESSAGES = 50;

/**
 * The message that shows a job already, among a channel's newest: the one that bears its nonce, or buttons of ours with
 * its id. Null when there is none, or when the bot may not read the channel's history.
 */
export async function findOwnMessage(
  { rest, customIds }: { rest: REST; customIds: CustomIds },
  { channelId, jobId, nonce, signal }: Wanted,
): Promise<string | null> {
  const messages = await newestMessages(rest, channelId, signal);
  const id = shortId(jobId);
  const own = messages.find(
    (message) =>
      message.nonce === nonce ||
      customIdsOf(message).some((text) => customIds.read(text)?.id === id),
  );
  return own?.id ?? null;
}

async function newestMessages(
  rest: REST,
  channelId: string,
  signal: AbortSignal,
): Promise<readonly APIMessage[]> {
  const query = new URLSearchParams({ limit: String(MESSAGES) });
  const found = await rest.get(Routes.channelMessages(channelId), { query, signal });
  return found as APIMessage[];
}

/** Of every button and select in a message's containers. */
export function customIdsOf({ components = [] }: Pick<APIMessage, "components">): string[] {
  return components
    .flatMap((component) =>
      component.type === ComponentType.Container ? component.components : [component],
    )
    .flatMap((component) =>
      component.type === ComponentType.ActionRow ? component.components : [],
    )
    .flatMap((component) => ("custom_id" in component ? [component.custom_id] : []));
}
