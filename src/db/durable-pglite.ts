import { fsyncSync } from "node:fs";

import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

import { BYTES } from "./pglite-bytes.ts";

/** The part of Emscripten's module that our hook changes. */
interface EmscriptenModule {
  FS: { filesystems: { NODEFS: { stream_ops: Record<string, unknown> } } };
}

/** EIO of Emscripten's list. */
const ERRNO_EIO = 29;

/**
 * A NodeFS whose fsync reaches the disk. The stock one has none, and PGlite runs Postgres without it: a power cut
 * then loses every commit (QUEUE.md section 5; PGlite issue 1107).
 */
export class DurableNodeFS extends NodeFS {
  override async init(...given: Parameters<NodeFS["init"]>): ReturnType<NodeFS["init"]> {
    const result = await super.init(...given);
    const { emscriptenOpts } = result;
    const before = emscriptenOpts.preRun ?? [];
    emscriptenOpts.preRun = [...(Array.isArray(before) ? before : [before]), addFsync];
    return result;
  }
}

/** The hook answers with an error number: an exception in it would end Postgres in a panic. */
function addFsync(module: unknown): void {
  const operations = (module as EmscriptenModule).FS.filesystems.NODEFS.stream_ops;
  // `nfd` is Node's file descriptor; what is no file has none.
  operations["fsync"] = ({ nfd }: { nfd?: number }): number => {
    try {
      if (nfd !== undefined) fsyncSync(nfd);
      return 0;
    } catch {
      return ERRNO_EIO;
    }
  };
}

/** Postgres' own parameters, with fsync; the buffers are smaller than usual, which saves 150 MB (QUEUE.md section 5). */
const START_PARAMETERS = PGlite.defaultStartParams
  .filter((parameter) => parameter !== "-F")
  .concat(["-c", "wal_sync_method=fsync", "-c", "shared_buffers=16MB"]);

/**
 * Opens or makes a PGlite in a folder; a commit that was acknowledged survives a power cut.
 *
 * @param fs - Another one for tests.
 */
export async function openDurablePglite(
  folder: string,
  fs = new DurableNodeFS(folder),
): Promise<PGlite> {
  return PGlite.create({ fs, startParams: START_PARAMETERS, ...BYTES });
}
