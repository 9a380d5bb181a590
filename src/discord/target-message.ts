import type { Client, Message } from "discord.js";

import type { GenerationPort } from "../generation/generation-port.ts";
import type { MessagePicture, PictureReference, PictureView } from "../generation/types.ts";
import { customIdsOf } from "./own-message.ts";
import { type CustomId, type CustomIds, longId, shortId } from "./custom-id.ts";
import { obstacleOf } from "./discord-error.ts";
import { picturesIn } from "./message-pictures.ts";

/** Buttons of a card whose id is the picture's at their index. */
const PICTURE_ACTIONS: ReadonlySet<string> = new Set(["vary", "vary-subtle", "upscale", "recipe"]);
/** A message where a custom id has no room for more: `channel-message`. */
const MESSAGE_ID = /^(?<channelId>\d{1,20})-(?<messageId>\d{1,20})$/;

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
      .filter((target) => target !== null && PICTURE_ACTIONS.has(target.action))
      .map((target) => [target?.index ?? 0, longId(target?.id ?? "")]),
  );
}

/** How a picture is named in a custom id: by its own id, or by the message that shows it. */
export function targetOf(
  reference: PictureReference,
  message: Message,
  index: number,
): Pick<CustomId, "id" | "index"> {
  if (reference.kind === "stored") return { id: shortId(reference.pictureId), index };
  return { id: `${message.channelId}-${message.id}`, index };
}

/**
 * The picture behind {@link targetOf}, or the one at another index of the same card or message; null when it is gone, or
 * its message is where the bot may not read.
 */
export async function findTarget(
  { client }: { readonly client: Client },
  { id, index }: CustomId,
  { generation }: { readonly generation: GenerationPort },
): Promise<PictureReference | null> {
  const { channelId, messageId } = MESSAGE_ID.exec(id)?.groups ?? {};
  if (channelId === undefined || messageId === undefined)
    return storedTarget(longId(id), index, generation);
  const message = await fetchMessage(client, channelId, messageId);
  const picture = message === null ? undefined : picturesIn(message)[index];
  return picture === undefined ? null : { kind: "message", picture };
}

/** A card's first picture, or the one at another place of the same card. */
async function storedTarget(
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

async function fetchMessage(
  client: Client,
  channelId: string,
  messageId: string,
): Promise<Message | null> {
  try {
    const channel = await client.channels.fetch(channelId);
    return channel?.isTextBased() === true ? await channel.messages.fetch(messageId) : null;
  } catch (error) {
    if (obstacleOf(error) !== null) return null;
    throw error;
  }
}

/** A picture as the message shows it that it was posted in; null when that is gone. */
export async function pictureOfMessage(
  client: Client,
  { channelId, messageId, index }: PictureView,
): Promise<MessagePicture | null> {
  const message = messageId === null ? null : await fetchMessage(client, channelId, messageId);
  return message === null ? null : (picturesIn(message)[index] ?? null);
}
