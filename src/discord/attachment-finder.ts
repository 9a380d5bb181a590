import { type APIMessage, type REST, Routes } from "discord.js";

import type { AttachmentFinder } from "../generation/attachment.ts";

/** Discord's file servers. */
const TRUSTED_HOSTS: ReadonlySet<string> = new Set(["cdn.discordapp.com", "media.discordapp.net"]);
const DISCORD_API_HOST = "discord.com";

interface FinderParts {
  /** Null where this process has no bot token, and so cannot ask for messages. */
  readonly rest: REST | null;
  /** As configured; a server that takes Discord's place has its files beside its API. */
  readonly apiBase: string;
}

/** Finds attachments again whose signed addresses have expired. */
export function createAttachmentFinder({ rest, apiBase }: FinderParts): AttachmentFinder {
  const api = new URL(apiBase);
  const trusted =
    api.host === DISCORD_API_HOST ? TRUSTED_HOSTS : new Set([...TRUSTED_HOSTS, api.host]);
  return {
    isTrusted: (url) => {
      const { protocol, host } = new URL(url);
      return trusted.has(host) && (protocol === "https:" || protocol === api.protocol);
    },
    refresh: async ({ channelId, messageId, attachmentId }, signal) => {
      if (rest === null || channelId === null || messageId === null) return null;
      try {
        const route = Routes.channelMessage(channelId, messageId);
        const message = (await rest.get(route, { signal })) as APIMessage;
        return message.attachments.find(({ id }) => id === attachmentId)?.url ?? null;
      } catch {
        signal.throwIfAborted();
        return null;
      }
    },
  };
}
