import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { UserError } from "../errors.ts";

/** A config.json of this field has a few kilobytes; a larger file is no config. */
const MAX_CONFIG_BYTES = 1_000_000;

/**
 * Reads `folder/name` and parses it with `schema`.
 * @throws UserError model_not_found when the file is missing, model_invalid when it does not fit, naming each field
 */
export async function readConfig<T>(
  folder: string,
  name: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const path = join(folder, name);
  const parsed = schema.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  throw new UserError("model_invalid", `${path} does not fit: ${faultsOf(parsed.error)}.`);
}

/** In one sentence each field with what is wrong with it. */
export function faultsOf({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");
}

async function readJson(path: string): Promise<unknown> {
  const text = await readConfigText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(
      "model_invalid",
      `${path} is not JSON: ${cause instanceof Error ? cause.message : ""}`,
      { cause },
    );
  }
}

/** @throws UserError model_not_found when the file is missing, model_invalid when it is no file or far too large */
export async function readConfigText(path: string): Promise<string> {
  try {
    const file = await stat(path);
    if (!file.isFile()) throw new UserError("model_invalid", `${path} is not a file.`);
    const { size } = file;
    if (size > MAX_CONFIG_BYTES) {
      throw new UserError(
        "model_invalid",
        `${path} has ${size} bytes; a config has at most ${MAX_CONFIG_BYTES}.`,
      );
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      "model_not_found",
      `${path} cannot be read. Is this a folder in the diffusers layout?`,
      {
        cause: error,
      },
    );
  }
}
