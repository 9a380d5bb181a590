import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { UserError, throwIfCancelled } from "../../errors.ts";

/** Large enough that the hash, not the calls, takes the time. */
const PIECE_BYTES = 1 << 20;

interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes of each piece. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * The SHA-256 of a whole file, in hex.
 * @throws UserError disk when it cannot be read, cancelled
 */
export async function hashFile(path: string, options: HashOptions = {}): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
      throwIfCancelled(options.signal, `while ${path} was read`);
      hash.update(piece);
      options.onBytes?.(piece.length);
    }
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error)) throw error;
    throw new UserError("disk", `${path} cannot be read: ${error.message}.`, { cause: error });
  }
  return hash.digest("hex");
}
