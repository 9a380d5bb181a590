/** Bytes of a file that every server without boosts takes, and messages that say nothing of it. */
export const DEFAULT_ATTACHMENT_LIMIT = 10 * 2 ** 20;
/** Room for the message's own text beside a file of the allowed size. */
const MARGIN_BYTES = 64 * 1024;
/** Discord's limit of one request, however large each file may be (DISCORD.md 3.2). */
const REQUEST_LIMIT_BYTES = 24 * 2 ** 20;

/** Bytes that each of so many files of one message may have. */
export function fileLimit(attachmentSizeLimit: number, files: number): number {
  return Math.min(attachmentSizeLimit, Math.floor(REQUEST_LIMIT_BYTES / files)) - MARGIN_BYTES;
}
