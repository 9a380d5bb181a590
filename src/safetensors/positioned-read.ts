import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { UserError } from "../errors.ts";

/** One read call moves at most this much: some systems refuse 2 GiB and more. */
const MAX_READ_BYTES = 1 << 30;

/**
 * Fills `target` from byte `position` of an open file.
 * @throws UserError model_invalid when the file ends before that
 */
export async function readFully(
  handle: FileHandle,
  target: Uint8Array,
  { position, path }: { position: number; path: string },
): Promise<void> {
  let done = 0;
  while (done < target.byteLength) {
    const length = Math.min(target.byteLength - done, MAX_READ_BYTES);
    const { bytesRead } = await handle.read(target, done, length, position + done);
    if (bytesRead === 0) {
      throw new UserError(
        "model_invalid",
        `${path} is cut off: ${target.byteLength} bytes at ${position} were expected, and it ends at ${position + done}.`,
      );
    }
    done += bytesRead;
  }
}

/**
 * Runs `use` on the file opened for reading and closes it.
 * @throws UserError model_not_found when there is no such file, disk when it cannot be opened
 */
export async function withFile<T>(
  path: string,
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT")
      throw new UserError("model_not_found", `There is no file ${path}.`, { cause: error });
    throw new UserError("disk", `${path} cannot be read: ${error.message}.`, { cause: error });
  });
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}
