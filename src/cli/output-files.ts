import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, lstat, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, extname, format, join, parse } from "node:path";

import { UserError } from "../errors.ts";
import type { PictureFormat } from "../image/encode-picture.ts";

const FORMATS: Readonly<Record<string, PictureFormat>> = {
  ".png": "png",
  ".webp": "webp",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
};
const MAX_NAME_LENGTH = 48;

/** Where the pictures go, and in which format. */
export interface OutputFiles {
  /** One for each picture, in order. */
  paths: string[];
  format: PictureFormat;
}

/**
 * Settles the names of the files before any work is done. With `out`, picture k of several is `NAME-k.EXT` and files
 * of these names are replaced; without, names that are not in use are made from the prompt and the seed.
 *
 * @throws {UserError} `invalid_option` for an unknown extension, `disk` for a place that cannot be written.
 */
export async function planOutput(
  out: string | undefined,
  { prompt, seed, count }: { prompt: string; seed: number; count: number },
): Promise<OutputFiles> {
  const file = out ?? (await unusedName(prompt, { seed, count }));
  const pictureFormat = FORMATS[extname(file).toLowerCase()];
  if (pictureFormat === undefined) {
    throw new UserError("invalid_option", `--out ${file} must end in .png, .webp, .jpg or .jpeg.`);
  }
  const paths = numbered(file, count);
  for (const path of paths) await checkWritable(path, "--out");
  return { paths, format: pictureFormat };
}

/**
 * Makes sure that a file can be written, without touching it.
 *
 * @param option - Named in the message.
 * @throws {UserError} `disk`, naming the path and the reason.
 */
export async function checkWritable(path: string, option: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true)
    throw new UserError("disk", `${option} ${path} is a folder; name a file in it.`);
  const target = found ? path : dirname(path);
  const folder = await stat(dirname(path)).catch(() => null);
  if (folder?.isDirectory() !== true) {
    throw new UserError(
      "disk",
      `${option} ${path} cannot be written: there is no folder ${dirname(path)}.`,
    );
  }
  try {
    await access(target, constants.W_OK);
  } catch (cause) {
    throw new UserError(
      "disk",
      `${option} ${path} cannot be written: no permission to write ${target}.`,
      { cause },
    );
  }
}

/**
 * Writes a picture, which replaces a file of this name only when it is whole.
 *
 * @throws {UserError} `disk` when the file cannot be written.
 */
export async function writePicture(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await replaceFile(path, bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("disk", `The picture could not be written to ${path}: ${reason}`, {
      cause,
    });
  }
}

/** A link stays one, and what is no file (a pipe, a terminal) is written to. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const found = await stat(path).catch(() => null);
  const isEmptyLink = found === null && (await lstat(path).catch(() => null)) !== null;
  if (isEmptyLink || found?.isFile() === false) return writeFile(path, bytes);
  const target = found === null ? path : await realpath(path);
  const temporary = join(dirname(target), `.${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, bytes, { flag: "wx" });
    if (found !== null) await chmod(temporary, found.mode);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    // A file may be writable in a folder that is not.
    if (found === null || !isDenied(error)) throw error;
    await writeFile(path, bytes);
  }
}

function isDenied(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  return error.code === "EACCES" || error.code === "EPERM";
}

function numbered(file: string, count: number): string[] {
  if (count === 1) return [file];
  const { dir, name, ext } = parse(file);
  return Array.from({ length: count }, (_, index) =>
    format({ dir, name: `${name}-${index + 1}`, ext }),
  );
}

async function unusedName(
  prompt: string,
  { seed, count }: { seed: number; count: number },
): Promise<string> {
  const words = prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const slug = words
    .join("-")
    .slice(0, MAX_NAME_LENGTH)
    .replace(/[-\uD800-\uDFFF]+$/, "");
  const stem = `${slug === "" ? "picture" : slug}-${seed}`;
  for (let attempt = 1; ; attempt += 1) {
    const name = attempt === 1 ? `${stem}.png` : `${stem}_${attempt}.png`;
    const taken = await Promise.all(
      numbered(name, count).map((path) => stat(path).catch(() => null)),
    );
    if (taken.every((found) => found === null)) return name;
  }
}
