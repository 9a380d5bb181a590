import { type APIMediaGalleryItem, ComponentType, type Message } from "discord.js";

import type { MessagePicture, PictureReference } from "../generation/types.ts";
import { unescapeMarkdown } from "./cards/markdown.ts";

/** A picture of a button's own message, for the day when the database no longer knows it. */
export function referenceTo(
  message: Message | null,
  picture: { readonly pictureId: string; readonly index: number },
): PictureReference {
  const shown = message === null ? [] : picturesIn(message);
  return {
    kind: "stored",
    pictureId: picture.pictureId,
    fallback: shown[picture.index] ?? null,
  };
}

/** The still pictures that a message shows, in their order: those of our cards, or anybody's attachments. */
export function picturesIn(message: Message): MessagePicture[] {
  const isOurs = message.author.id === message.client.user?.id;
  const place = { channelId: message.channelId, messageId: message.id };
  const prompt = isOurs ? promptOf(message) : null;
  const shown = galleryOf(message).map(({ media }): MessagePicture => {
    // A card may show pictures of another message by their addresses, to ask about them.
    const isOwnFile = isOurs && media.attachment_id !== undefined;
    return {
      source: {
        kind: "attachment",
        url: media.url,
        ...place,
        attachmentId: media.attachment_id ?? "",
      },
      isOurs: isOwnFile,
      width: media.width ?? null,
      height: media.height ?? null,
      prompt: isOwnFile ? prompt : null,
      recipe: null,
    };
  });
  if (shown.length > 0) return shown;
  return [...message.attachments.values()]
    .filter(({ contentType }) => contentType?.startsWith("image/") === true)
    .map(({ id, url, width, height }) => ({
      source: { kind: "attachment", url, ...place, attachmentId: id },
      isOurs,
      width,
      height,
      prompt: null,
      recipe: null,
    }));
}

/** What stands above the pictures on a card of ours. */
function promptOf(message: Message): string | null {
  const [first] = partsOf(message);
  return first?.type === ComponentType.TextDisplay ? unescapeMarkdown(first.content) : null;
}

function galleryOf(message: Message): APIMediaGalleryItem[] {
  return partsOf(message).flatMap((part) =>
    part.type === ComponentType.MediaGallery ? part.items : [],
  );
}

function partsOf(message: Message) {
  return message.components
    .map((component) => component.toJSON())
    .flatMap((component) =>
      component.type === ComponentType.Container ? component.components : [component],
    );
}
