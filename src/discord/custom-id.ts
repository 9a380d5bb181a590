import { createHmac, timingSafeEqual } from "node:crypto";

/** What a button, a select or a modal of ours stands for; nothing of it is kept in memory. */
export interface CustomId {
  /** Which component handles it: lower-case letters and dashes. */
  readonly action: string;
  /** A job's or a picture's id by {@link shortId}, or other text of `A-Z a-z 0-9 _ -`; may be empty. */
  readonly id: string;
  /** A picture's place on its card, a page, or whatever the action counts. */
  readonly index: number;
}

/** Discord's limit. */
const MAX_LENGTH = 100;
const VERSION = "v1";
/** 60 bits: guessing one by pressing buttons is hopeless, and 100 characters are soon full. */
const SIGNATURE_LENGTH = 10;
const PATTERN =
  /^(?<signed>v1:(?<action>[a-z-]+):(?<id>[\w-]*):(?<index>\d{1,6})):(?<signature>[\w-]{10})$/;

/** Writes and reads `v1:<action>:<id>:<index>:<hmac>`. */
export class CustomIds {
  readonly #key: Uint8Array;

  /** @param key - Kept in the database and shared by all processes, so that buttons outlive each of them. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  write({ action, id, index }: CustomId): string {
    const signed = `${VERSION}:${action}:${id}:${index}`;
    const written = `${signed}:${this.#sign(signed)}`;
    if (written.length > MAX_LENGTH || !PATTERN.test(written))
      throw new RangeError(`${written} is no custom id`);
    return written;
  }

  /** Null for what this key has not signed: forged, foreign, or older than the key. */
  read(customId: string): CustomId | null {
    const { signed, action, id, index, signature } = PATTERN.exec(customId)?.groups ?? {};
    if (signed === undefined || signature === undefined) return null;
    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(this.#sign(signed)))) return null;
    return { action: action ?? "", id: id ?? "", index: Number(index) };
  }

  #sign(text: string): string {
    return createHmac("sha256", this.#key)
      .update(text)
      .digest("base64url")
      .slice(0, SIGNATURE_LENGTH);
  }
}

/** A UUID in 22 characters instead of 36. */
export function shortId(uuid: string): string {
  return Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
}

/** The UUID of {@link shortId}. */
export function longId(short: string): string {
  const hex = Buffer.from(short, "base64url").toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
