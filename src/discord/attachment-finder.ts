import { type APIMessage, ComponentType, type REST, Routes } from "discord.js";

import type { AttachmentFinder, AttachmentSource } from "../generation/attachment.ts";
import { obstacleOf } from "./discord-error.ts";

const DISCORD_FILE_SERVERS: ReadonlySet<string> = new Set([
  "cdn.discordapp.com",
  "media.discordapp.net",
]);

/** Finds attachments again by their messages. */
export class DiscordAttachmentFinder implements AttachmentFinder {
  readonly #rest: REST | null;
  readonly #apiHost: string;

  /**
   * @param rest - With the bot's token; null in a worker, which cannot ask for a message.
   * @param apiBase - Whose own host is trusted too: the playground serves its files itself.
   */
  constructor(rest: REST | null, apiBase: string) {
    this.#rest = rest;
    this.#apiHost = new URL(apiBase).host;
  }

  readonly isTrusted = (url: string): boolean => {
    if (!URL.canParse(url)) return false;
    const { host, hostname, protocol } = new URL(url);
    if (host === this.#apiHost) return true;
    return protocol === "https:" && DISCORD_FILE_SERVERS.has(hostname);
  };

  readonly refresh = async (
    { channelId, messageId, attachmentId }: AttachmentSource,
    signal: AbortSignal,
  ): Promise<string | null> => {
    if (this.#rest === null || channelId === null || messageId === null) return null;
    try {
      const message = await this.#rest.get(Routes.channelMessage(channelId, messageId), { signal });
      return urlOf(message as APIMessage, attachmentId);
    } catch (error) {
      if (obstacleOf(error) !== null) return null;
      throw error;
    }
  };
}

function urlOf({ attachments, components = [] }: APIMessage, attachmentId: string): string | null {
  const attached = attachments.find(({ id }) => id === attachmentId);
  if (attached !== undefined) return attached.url;
  const shown = components
    .flatMap((component) =>
      component.type === ComponentType.Container ? component.components : [component],
    )
    .flatMap((part) => (part.type === ComponentType.MediaGallery ? part.items : []))
    .find(({ media }) => media.attachment_id === attachmentId);
  return shown?.media.url ?? null;
}
