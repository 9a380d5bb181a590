import { createHash } from "node:crypto";

import type { Store } from "../world/store.ts";
import type { WorldMessage } from "../world/types.ts";

/** One request of the bot. */
export interface TranscriptCall {
  /** By the world's clock, in ms since 1970. */
  atMs: number;
  method: string;
  /** After `/api/v10`. */
  path: string;
  /** The path with its ids and tokens as `:id` and `:token`. */
  route: string;
  /** The JSON that was sent, of a multipart request its `payload_json`. */
  body: unknown;
  files: { filename: string; sizeBytes: number; sha256: string }[];
  /** Null when the connection was broken before an answer. */
  status: number | null;
  /** Discord's code of an answer that is not 2xx. */
  errorCode: number | null;
}

/** Calls that are kept; a longer run loses its oldest. */
const MAX_CALLS = 50_000;

/** What the bot did, for tests to compare and for the crash test to count. */
export class Transcript {
  readonly #store: Store;
  /** Outside of tests nobody asks, and bodies and files are not looked at. */
  readonly isKept: boolean;
  #calls: TranscriptCall[] = [];

  constructor(store: Store, isKept: boolean) {
    this.#store = store;
    this.isKept = isKept;
  }

  add(call: TranscriptCall): void {
    if (!this.isKept) return;
    this.#calls.push(call);
    if (this.#calls.length > MAX_CALLS) this.#calls = this.#calls.slice(MAX_CALLS / 10);
  }

  clear(): void {
    this.#calls = [];
  }

  get calls(): readonly TranscriptCall[] {
    return this.#calls;
  }

  /** Every message that was ever made, as it is now, deleted ones included. */
  get messages(): WorldMessage[] {
    return this.#store.everyMessage();
  }

  /** How many messages were made with each nonce. */
  get creationsByNonce(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { nonce } of this.messages)
      if (nonce !== null) counts[nonce] = (counts[nonce] ?? 0) + 1;
    return counts;
  }
}

/** `/channels/1/messages/2` is `/channels/:id/messages/:id`. */
export function routeOf(path: string): string {
  return path
    .replace(/^\/(webhooks\/\d+|interactions\/\d+)\/[^/]+/, "/$1/:token")
    .replaceAll(/\/\d{15,20}(?=\/|$)/g, "/:id")
    .replace(/\/reactions\/[^/]+/, "/reactions/:emoji")
    .replace("%40", "@");
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
