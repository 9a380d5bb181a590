import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type FolderLock, lockFolder } from "../db/folder-lock.ts";
import { UserError } from "../errors.ts";

/**
 * Holds a GPU of this machine for one process, however many bots and workers are installed on it: two pictures at once
 * would not fit into its memory. The operating system gives it back when the process ends, however that ends.
 *
 * @param device - What names the GPU on this machine, such as `cuda:0` or `cpu`.
 * @throws {UserError} `invalid_config` naming the process that has it.
 */
export function lockGpu(device: string): FolderLock {
  const name = createHash("sha256").update(device).digest("hex").slice(0, 16);
  // Of all users of the machine, so not under DATA_DIR; each user has his own, since nobody can write another's files.
  const folder = join(tmpdir(), `sanabot-gpu-${process.getuid?.() ?? "all"}-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return lockFolder(folder, (holder) => {
    return new UserError(
      "invalid_config",
      `The GPU (${device}) is in use by ${holder}. Only one sanabot can draw on it: stop that first.`,
    );
  });
}
