import { z } from "zod";
import { UserError } from "../../errors.ts";

/** A name in the index's own folder: no separator, no drive, no leading dot. */
const shardName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,250}\.safetensors$/);
const indexSchema = z.object({ weight_map: z.record(z.string(), shardName) });
/** The largest Sana checkpoints have two. */
const MAX_SHARDS = 100;

/**
 * The files that an index names, each once.
 * @throws UserError model_invalid
 */
export function parseShardNames(text: string, what: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError("model_invalid", `${what} is not JSON.`, { cause });
  }
  const parsed = indexSchema.safeParse(value);
  const names = parsed.success ? [...new Set(Object.values(parsed.data.weight_map))].sort() : [];
  if (names.length > 0 && names.length <= MAX_SHARDS) return names;
  throw new UserError(
    "model_invalid",
    `${what} does not name 1 to ${MAX_SHARDS} safetensors files.`,
  );
}
