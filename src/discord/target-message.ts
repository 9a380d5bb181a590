import type { Client, Message } from "discord.js";

import type { GenerationPort } from "../generation/generation-port.ts";
import type { MessagePicture, PictureReference, PictureView } from "../generation/types.ts";
import { type CustomIds, longId } from "./custom-id.ts";
import { obstacleOf } from "./discord-error.ts";
import { picturesIn } from "./message-pictures.ts";
import { customIdsOf } from "./own-message.ts";

/** Buttons of a card whose id is the picture's at their index. */
const PICTURE_ACTIONS: ReadonlySet<string> = new Set(["vary", "vary-subtle", "upscale", "recipe"]);

/** The pictures of any message, those of our own cards by their ids. */
export function referencesIn(message: Message, customIds: CustomIds): PictureReference[] {
  const known = pictureIdsOn(message, customIds);
  return picturesIn(message).map((picture, index) => referenceFor(picture, known.get(index)));
}

function referenceFor(picture: MessagePicture, pictureId: string | undefined): PictureReference {
  if (!picture.isOurs || pictureId === undefined) return { kind: "message", picture };
  return { kind: "stored", pictureId, fallback: picture };
}

function pictureIdsOn(message: Message, customIds: CustomIds): ReadonlyMap<number, string> {
  const components = message.components.map((component) => component.toJSON());
  return new Map(
    customIdsOf({ components })
      .map((text) => customIds.read(text))
      .filter((target) => target !== null)
      .filter(({ action }) => PICTURE_ACTIONS.has(action))
      .map(({ index, id }) => [index, longId(id)]),
  );
}

/** The picture at a place of the card that this one is the first of; null when it is gone. */
export async function siblingOf(
  firstId: string,
  index: number,
  generation: GenerationPort,
): Promise<PictureReference | null> {
  if (index === 0) return { kind: "stored", pictureId: firstId, fallback: null };
  const first = await generation.picture(firstId);
  const all = first === null ? [] : await generation.picturesOf(first.jobId);
  const picture = all[index];
  return picture === undefined ? null : { kind: "stored", pictureId: picture.id, fallback: null };
}

/** A picture as the message of ours shows it that it was posted in; null when that is gone. */
export async function pictureOfMessage(
  client: Client,
  { channelId, messageId, index }: PictureView,
): Promise<MessagePicture | null> {
  const message = messageId === null ? null : await fetchMessage(client, { channelId, messageId });
  return message === null ? null : (picturesIn(message)[index] ?? null);
}

/** Null when it is gone, or out of the bot's reach. */
export async function fetchMessage(
  client: Client,
  { channelId, messageId }: { readonly channelId: string; readonly messageId: string },
): Promise<Message | null> {
  try {
    const channel = await client.channels.fetch(channelId);
    return channel?.isTextBased() === true ? await channel.messages.fetch(messageId) : null;
  } catch (error) {
    if (obstacleOf(error) !== null) return null;
    throw error;
  }
}
