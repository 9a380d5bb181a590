import { UserError } from "../errors.ts";
import type { Source } from "./job-request.ts";
import { Refusal } from "./refusal.ts";

/** Discord signs the addresses of its attachments for a day; `discord/` asks for the message again where one has expired. */
export interface AttachmentFinder {
  /** A fresh address, or null when the message or its attachment is gone, or this process cannot ask. */
  readonly refresh: (source: AttachmentSource, signal: AbortSignal) => Promise<string | null>;
  /** Whether an address is one of Discord's own file servers: nothing else is fetched. */
  readonly isTrusted: (url: string) => boolean;
}

export type AttachmentSource = Extract<Source, { kind: "attachment" }>;

const DEADLINE_MS = 60_000;
/** As `image/decode-picture.ts` reads at most. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * Downloads an attachment.
 *
 * @throws {Refusal} `refusal.picture-gone`
 * @throws {UserError} `invalid_image` when it is too large, or nowhere that is trusted
 */
export async function fetchAttachment(
  source: AttachmentSource,
  finder: AttachmentFinder,
  signal: AbortSignal = new AbortController().signal,
): Promise<Uint8Array> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  const first = await download(source.url, finder, deadline);
  if (first !== null) return first;
  const fresh = await finder.refresh(source, deadline);
  const bytes = fresh === null ? null : await download(fresh, finder, deadline);
  if (bytes === null) throw new Refusal("refusal.picture-gone");
  return bytes;
}

/** Null where the server says that it has no such file, or no longer at this address. */
async function download(
  url: string,
  finder: AttachmentFinder,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  if (!finder.isTrusted(url))
    throw new UserError("invalid_image", "Only pictures that were sent in Discord can be used.", {
      reason: { name: "image-elsewhere", parameters: {} },
    });
  const response = await fetch(url, { signal, redirect: "error" });
  if (response.status === 403 || response.status === 404) return null;
  if (!response.ok || response.body === null)
    throw new Error(`The attachment could not be fetched: HTTP ${response.status}`);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body) {
    length += part.length;
    if (length > MAX_BYTES)
      throw new UserError(
        "invalid_image",
        `The picture is larger than ${MAX_BYTES / 2 ** 20} MiB.`,
        { reason: { name: "image-bytes", parameters: { mebibytes: MAX_BYTES / 2 ** 20 } } },
      );
    parts.push(part);
  }
  return Buffer.concat(parts);
}
