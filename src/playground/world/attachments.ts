import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";

import type { APIAttachment } from "discord-api-types/v10";

import { cleanFilename } from "../rules/filename.ts";
import type { Clock } from "./clock.ts";
import { type SnowflakeSource, snowflakeTime } from "./snowflake.ts";
import type { Store } from "./store.ts";
import type { WorldAttachment } from "./types.ts";

/** Discord's links live about a day. */
const LINK_LIFE_MS = 24 * 60 * 60_000;
/** In real time, for it is the page that may still be loading. */
const DISCARD_MS = 60_000;
/** In the spoiler flag of attachments. */
const IS_SPOILER = 1 << 3;

const CONTENT_TYPES: Record<string, string> = {
  ".txt": "text/plain; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".zip": "application/zip",
  ".pdf": "application/pdf",
  ".mp4": "video/mp4",
  ".svg": "image/svg+xml",
};
const PICTURE_TYPES: Record<string, string> = {
  png: "image/png",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  heif: "image/avif",
};

export interface NewAttachment {
  filename: string;
  bytes: Uint8Array;
  description: string | null;
  isSpoiler: boolean;
  placeId: string;
  isEphemeral: boolean;
}

/** Uploaded files, and the signed links that expire, as Discord's CDN has them. */
export class Attachments {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: SnowflakeSource;
  readonly #dir: string;
  readonly #key: Buffer;

  constructor(parts: { store: Store; clock: Clock; ids: SnowflakeSource; dataDir: string }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
    this.#dir = join(parts.dataDir, "files");
    mkdirSync(this.#dir, { recursive: true });
    let key = this.#store.get("secret", "links");
    if (key === null) {
      key = randomBytes(32).toString("hex");
      this.#store.put("secret", "links", key);
    }
    this.#key = Buffer.from(key, "hex");
  }

  async add(upload: NewAttachment): Promise<WorldAttachment> {
    const filename = cleanFilename(upload.filename);
    const picture = await pictureOf(upload.bytes);
    const attachment: WorldAttachment = {
      id: this.#ids.next(),
      filename,
      description: upload.description,
      contentType: picture?.contentType ?? CONTENT_TYPES[extname(filename).toLowerCase()] ?? null,
      sizeBytes: upload.bytes.byteLength,
      size: picture?.size ?? null,
      isSpoiler: upload.isSpoiler || filename.startsWith("SPOILER_"),
      placeId: upload.placeId,
      isEphemeral: upload.isEphemeral,
    };
    await writeFile(join(this.#dir, attachment.id), upload.bytes);
    this.#store.put("attachment", attachment.id, attachment);
    return attachment;
  }

  get(id: string): WorldAttachment | null {
    return this.#store.get("attachment", id);
  }

  put(attachment: WorldAttachment): void {
    this.#store.put("attachment", attachment.id, attachment);
  }

  /** Deletes files that no message shows any more, after a moment in which a page may still be loading them. */
  discard(ids: readonly string[]): void {
    for (const id of ids)
      setTimeout(() => {
        this.#delete(id);
      }, DISCARD_MS).unref();
  }

  /** Deletes what an earlier process did not come to: files of no message that are older than any link to them. */
  sweep(): void {
    const shown = new Set(
      this.#store.everyMessage().flatMap((one) => (one.isDeleted ? [] : one.attachmentIds)),
    );
    const oldestMs = this.#clock.now() - 2 * LINK_LIFE_MS;
    for (const { id } of this.#store.all("attachment"))
      if (!shown.has(id) && snowflakeTime(id) < oldestMs) this.#delete(id);
  }

  #delete(id: string): void {
    if (!this.#store.isOpen) return;
    this.#store.delete("attachment", id);
    rmSync(join(this.#dir, id), { force: true });
  }

  /** A link that works for a day from now. @param base - What it begins with: an origin, or nothing. */
  url(attachment: WorldAttachment, base: string): string {
    const path = pathOf(attachment);
    // Rounded to hours, so that a message reads the same twice; hexadecimal seconds, as Discord writes them.
    const hourMs = 60 * 60_000;
    const issuedMs = Math.floor(this.#clock.now() / hourMs) * hourMs;
    const ex = Math.floor((issuedMs + LINK_LIFE_MS) / 1000).toString(16);
    const is = Math.floor(issuedMs / 1000).toString(16);
    return `${base}${path}?ex=${ex}&is=${is}&hm=${this.#sign(path, ex, is)}&`;
  }

  /** The attachment of a link of ours, whether it still works or not. */
  byPath(path: string): WorldAttachment | null {
    const match = /\/(?:ephemeral-)?attachments\/\d+\/(?<id>\d+)\//.exec(path);
    const attachment = this.get(match?.groups?.["id"] ?? "");
    return attachment !== null && path.includes(pathOf(attachment)) ? attachment : null;
  }

  /** Null when the link is not one of ours or is too old. */
  async read(path: string, query: URLSearchParams): Promise<OpenedAttachment | null> {
    const attachment = this.byPath(path);
    const ex = query.get("ex") ?? "";
    const expected = Buffer.from(this.#sign(path, ex, query.get("is") ?? ""));
    const given = Buffer.from(query.get("hm") ?? "");
    if (attachment === null || expected.length !== given.length) return null;
    if (!timingSafeEqual(expected, given)) return null;
    if (Number.parseInt(ex, 16) * 1000 < this.#clock.now()) return null;
    try {
      return { attachment, bytes: await readFile(join(this.#dir, attachment.id)) };
    } catch (error) {
      // It was discarded since.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  render(attachment: WorldAttachment, base: string): APIAttachment {
    const url = this.url(attachment, base);
    const { size, description, contentType } = attachment;
    return {
      id: attachment.id,
      filename: attachment.filename,
      size: attachment.sizeBytes,
      url,
      proxy_url: url,
      ...(description !== null && { description }),
      ...(contentType !== null && { content_type: contentType }),
      ...(size !== null && { width: size.width, height: size.height }),
      ...(attachment.isEphemeral && { ephemeral: true }),
      ...(attachment.isSpoiler && { flags: IS_SPOILER }),
    };
  }

  #sign(path: string, ex: string, is: string): string {
    return createHmac("sha256", this.#key).update(`${path}\n${ex}\n${is}`).digest("hex");
  }
}

export interface OpenedAttachment {
  attachment: WorldAttachment;
  bytes: Buffer;
}

function pathOf(attachment: WorldAttachment): string {
  const folder = attachment.isEphemeral ? "ephemeral-attachments" : "attachments";
  const name = encodeURIComponent(attachment.filename);
  return `/${folder}/${attachment.placeId}/${attachment.id}/${name}`;
}

async function pictureOf(
  bytes: Uint8Array,
): Promise<{ contentType: string; size: { width: number; height: number } } | null> {
  // Loaded at the first upload: a server that only starts need not wait for it.
  const { default: sharp } = await import("sharp");
  try {
    const { format, width, height } = await sharp(bytes).metadata();
    const contentType = PICTURE_TYPES[format];
    return contentType === undefined ? null : { contentType, size: { width, height } };
  } catch {
    // Not a picture: any file may be uploaded.
    return null;
  }
}
