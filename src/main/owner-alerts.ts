import { statfs } from "node:fs/promises";

import type { Logger } from "pino";

import type { CrashCause } from "../inference/inference.ts";

const HOUR_MS = 3_600_000;
/** The same trouble is told again after this. */
const SILENCE_MS = 24 * HOUR_MS;
/** So many crashes within this time are a loop. */
const LOOP_CRASHES = 3;
const LOOP_MS = 10 * 60_000;
const LITTLE_DISK_BYTES = 2 ** 30;

type Trouble = "crash-loop" | "disk" | "backup";

/** What the owner is told: a trouble in words, or a server that waits for their approval. */
export type OwnerAlert =
  | { readonly kind: "trouble"; readonly text: string }
  | { readonly kind: "guild"; readonly id: string; readonly name: string };

/** Tells the bot's owner, who reads no logs, what they must mend or decide; the same trouble once a day. */
export class OwnerAlerts {
  readonly #log: Logger;
  #tell: (alert: OwnerAlert) => Promise<void> = async () => undefined;
  readonly #told = new Map<Trouble, number>();
  #crashes: number[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  /** From now on by this way, besides the log. */
  tellBy(tell: (alert: OwnerAlert) => Promise<void>): void {
    this.#tell = tell;
  }

  /** Notes a crash of the inference process; three in ten minutes are a loop. */
  crashed(cause: CrashCause, now: number = Date.now()): void {
    this.#crashes = [...this.#crashes, now].filter((at) => now - at < LOOP_MS);
    if (this.#crashes.length < LOOP_CRASHES) return;
    const hint =
      cause === "killed"
        ? "The system probably ran out of memory: set MEMORY=sequential, or choose a smaller model."
        : "Run `npm run doctor`, and update the graphics driver.";
    this.#raise(
      "crash-loop",
      `The inference process crashed ${this.#crashes.length} times in ten minutes (${cause}). ${hint}`,
    );
  }

  async checkDisk(folder: string, freeOn = freeBytesOn): Promise<void> {
    const free = await freeOn(folder);
    if (free < LITTLE_DISK_BYTES)
      this.#raise(
        "disk",
        `Only ${Math.round(free / 2 ** 20)} MiB are free on the disk of ${folder}. Make room before the database stops.`,
      );
  }

  /** @throws {Error} as the backup does, after the owner was told */
  async watchBackup(backup: Promise<unknown>): Promise<void> {
    try {
      await backup;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#raise("backup", `The nightly backup failed: ${reason}`);
      throw error;
    }
  }

  /** A server waits for approval; that each is told of once is the caller's to see to. */
  guildWaits({ id, name }: { readonly id: string; readonly name: string }): void {
    this.#send({ kind: "guild", id, name });
  }

  #raise(trouble: Trouble, text: string): void {
    const before = this.#told.get(trouble);
    if (before !== undefined && Date.now() - before < SILENCE_MS) return;
    this.#told.set(trouble, Date.now());
    this.#log.error({ trouble }, text);
    this.#send({ kind: "trouble", text });
  }

  #send(alert: OwnerAlert): void {
    this.#tell(alert).catch((error: unknown) =>
      this.#log.warn({ err: error }, "the owner could not be told"),
    );
  }
}

async function freeBytesOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
