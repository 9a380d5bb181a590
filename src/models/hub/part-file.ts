import { createHash, type Hash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { HubFile } from "./hub-client.ts";

/** What has to be the same for the rest of a file to be appended. */
const stateSchema = z.object({
  digest: z.string(),
  sizeBytes: z.number(),
  /** The server's name for these bytes; null where it gave none that is exact. */
  etag: z.string().nullable(),
});

/** A file on its way: `NAME.part` with the bytes that have come, `NAME.part.json` with what they belong to. */
export class PartFile {
  readonly #target: string;
  readonly #file: HubFile;
  #handle: FileHandle | null = null;
  #hashes: { sha256: Hash; listed: Hash };
  #bytes = 0;
  #etag: string | null = null;

  private constructor(target: string, file: HubFile) {
    this.#target = target;
    this.#file = file;
    this.#hashes = startHashes(file);
  }

  /** Opens what an earlier transfer left, if it belongs to the same bytes; otherwise begins anew. */
  static async open(target: string, file: HubFile): Promise<PartFile> {
    const part = new PartFile(target, file);
    await part.#resume().catch((error: unknown) => {
      throw diskError(error, part.#path);
    });
    return part;
  }

  /** Bytes that have come, from the file's start. */
  get bytes(): number {
    return this.#bytes;
  }

  get etag(): string | null {
    return this.#etag;
  }

  /** Forgets all bytes; the next ones are those of `etag`. */
  async restart(etag: string | null): Promise<void> {
    const { digest } = this.#file.hash;
    await this.#onDisk(async () => {
      await this.#handle?.truncate(0);
      const state = { digest, sizeBytes: this.#file.sizeBytes, etag };
      await writeFile(this.#statePath, JSON.stringify(state));
    });
    this.#hashes = startHashes(this.#file);
    this.#bytes = 0;
    this.#etag = etag;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#onDisk(async () => {
      let done = 0;
      while (done < chunk.byteLength) {
        const length = chunk.byteLength - done;
        const written = await this.#handle?.write(chunk, done, length, this.#bytes + done);
        done += written?.bytesWritten ?? length;
      }
    });
    this.#update(chunk);
  }

  /**
   * Checks the hash and gives the file its name; a file with another hash is deleted.
   * @returns its SHA-256
   * @throws UserError network when the bytes are not those that the hub listed
   */
  async finish(): Promise<string> {
    const { algorithm, digest } = this.#file.hash;
    const sha256 = this.#hashes.sha256.digest("hex");
    const actual = algorithm === "sha256" ? sha256 : this.#hashes.listed.digest("hex");
    if (actual !== digest) {
      await this.close();
      await rm(this.#path, { force: true });
      await rm(this.#statePath, { force: true });
      throw new UserError(
        "network",
        `${this.#file.path} arrived damaged and was deleted: its ${algorithm} is ${actual}, the hub lists ${digest}. Pull again to fetch it anew.`,
      );
    }
    await this.#onDisk(async () => {
      await this.#handle?.sync();
      await this.close();
      await rename(this.#path, this.#target);
      await rm(this.#statePath, { force: true });
    });
    return sha256;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  get #path(): string {
    return `${this.#target}.part`;
  }

  get #statePath(): string {
    return `${this.#target}.part.json`;
  }

  async #resume(): Promise<void> {
    const state = await this.#readState();
    const handle = await open(this.#path, constants.O_RDWR | constants.O_CREAT);
    this.#handle = handle;
    const { size } = await handle.stat();
    if (state === null || size > this.#file.sizeBytes) return this.restart(null);
    for await (const chunk of createReadStream(this.#path, { highWaterMark: 1 << 20 })) {
      this.#update(chunk);
    }
    this.#etag = state.etag;
  }

  #update(bytes: Uint8Array): void {
    const { sha256, listed } = this.#hashes;
    sha256.update(bytes);
    if (listed !== sha256) listed.update(bytes);
    this.#bytes += bytes.byteLength;
  }

  async #readState(): Promise<z.infer<typeof stateSchema> | null> {
    const text = await readFile(this.#statePath, "utf8").catch(() => null);
    if (text === null) return null;
    try {
      const state = stateSchema.parse(JSON.parse(text));
      const { hash, sizeBytes } = this.#file;
      return state.digest === hash.digest && state.sizeBytes === sizeBytes ? state : null;
    } catch {
      return null;
    }
  }

  async #onDisk<T>(work: () => Promise<T>): Promise<T> {
    return work().catch((error: unknown) => {
      throw diskError(error, this.#path);
    });
  }
}

/** The SHA-256 that is recorded, and the hash that the hub lists, which may be the same. */
function startHashes({ sizeBytes, hash }: HubFile): { sha256: Hash; listed: Hash } {
  const sha256 = createHash("sha256");
  if (hash.algorithm === "sha256") return { sha256, listed: sha256 };
  // A git blob's name is the hash of this header and the content.
  return { sha256, listed: createHash("sha1").update(`blob ${sizeBytes}\0`) };
}

/** A fault of the disk in words; anything else as it was. */
export function diskError(error: unknown, path: string): unknown {
  if (error instanceof UserError || !(error instanceof Error) || !("syscall" in error))
    return error;
  const isFull = "code" in error && error.code === "ENOSPC";
  const message = isFull
    ? `The disk is full at ${path}. Free some space and pull again: what has arrived is kept.`
    : `${path} cannot be written: ${error.message}.`;
  return new UserError("disk", message, { cause: error });
}
