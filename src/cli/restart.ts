import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { ALLOCATOR_ENVIRONMENT } from "../onnx/allocator-environment.ts";

/** Below this, a process that starts anew (60 ms) loses more than it saves. */
const LARGE_BYTES = 1e9;

/**
 * Starts this process anew under the allocator's settings where it is about to load large networks and was started
 * without them, as the settings count only from a process's start. On Linux; elsewhere there is nothing to set.
 */
export async function restartForMemory(modelDir: string): Promise<void> {
  const isSet = Object.keys(ALLOCATOR_ENVIRONMENT).every((name) => name in process.env);
  if (process.platform !== "linux" || isSet || (await weightFileBytes(modelDir)) < LARGE_BYTES)
    return;
  process.execve?.(
    process.execPath,
    [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { ...process.env, ...ALLOCATOR_ENVIRONMENT },
  );
}

/** What cannot be read counts for nothing here; whoever opens it says so. */
async function weightFileBytes(modelDir: string): Promise<number> {
  const names = await readdir(modelDir, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith(".safetensors"));
  const sizes = await Promise.all(
    files.map((name) =>
      stat(join(modelDir, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
