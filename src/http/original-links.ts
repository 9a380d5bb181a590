import { createHmac, timingSafeEqual } from "node:crypto";

/** A link that is posted today should work for a while, and not for ever. */
const LIFE_MS = 7 * 24 * 60 * 60_000;

/** Links to lossless originals: signed, so that nobody guesses another picture's, and expiring. */
export class OriginalLinks {
  readonly #key: Uint8Array;
  readonly #publicUrl: string | undefined;

  /** @param publicUrl - How others reach our pages; undefined: no links are given. */
  constructor(key: Uint8Array, publicUrl: string | undefined) {
    this.#key = key;
    this.#publicUrl = publicUrl;
  }

  /** @param name - Of the file under `originals`. */
  linkTo(name: string, now: number = Date.now()): string | null {
    if (this.#publicUrl === undefined) return null;
    const expires = now + LIFE_MS;
    const query = `expires=${expires}&signature=${this.#sign(name, expires)}`;
    return `${this.#publicUrl}/originals/${encodeURIComponent(name)}?${query}`;
  }

  /** Whether a link is one of ours and has not expired. */
  isValid(
    name: string,
    { expires, signature }: { expires: string; signature: string },
    now: number = Date.now(),
  ): boolean {
    const moment = Number(expires);
    if (!Number.isSafeInteger(moment) || moment < now) return false;
    const expected = Buffer.from(this.#sign(name, moment));
    const given = Buffer.from(signature);
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  #sign(name: string, expires: number): string {
    return createHmac("sha256", this.#key)
      .update(`original ${expires} ${name}`)
      .digest("base64url");
  }
}
