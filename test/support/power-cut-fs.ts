import {
  closeSync,
  cpSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { DurableNodeFS } from "../../src/db/durable-pglite.ts";

/** What Emscripten's NODEFS has of a file or folder. */
type FsNode = object;
interface FsStream {
  readonly node: FsNode;
  readonly nfd?: number;
}
/** From where in a buffer how much goes to where in the file. */
type WriteRange = [buffer: unknown, offset: number, length: number, position: number];
interface NodeFsModule {
  readonly FS: {
    readonly filesystems: {
      readonly NODEFS: {
        readonly realPath: (node: FsNode) => string;
        readonly stream_ops: {
          write: (stream: FsStream, ...range: WriteRange) => number;
          fsync: (stream: FsStream) => number;
        };
        readonly node_ops: {
          rename: (node: FsNode, folder: FsNode, name: string) => unknown;
          unlink: (folder: FsNode, name: string) => unknown;
        };
      };
    };
  };
}

/**
 * A file system that keeps beside its folder the image that a power cut would leave: names are kept as they come, as a
 * journal does, contents only when they are synced.
 */
export class PowerCutFS extends DurableNodeFS {
  readonly #folder: string;
  readonly #image: string;
  /** Written and not yet synced: `[position, length]` by file. */
  readonly #dirty = new Map<string, (readonly [number, number])[]>();
  syncs = 0;

  /** @param folder - A closed database, which the image begins as a copy of. */
  constructor(folder: string, image: string) {
    super(folder);
    this.#folder = resolve(folder);
    this.#image = image;
    cpSync(folder, image, { recursive: true });
  }

  override async init(
    ...given: Parameters<DurableNodeFS["init"]>
  ): ReturnType<DurableNodeFS["init"]> {
    const result = await super.init(...given);
    const before = result.emscriptenOpts.preRun ?? [];
    const watch = (module: unknown): void => this.#watch(module as NodeFsModule);
    result.emscriptenOpts.preRun = [...(Array.isArray(before) ? before : [before]), watch];
    return result;
  }

  /** Takes the image: what was never synced is empty, what was deleted is gone. */
  finishImage(): void {
    for (const path of pathsIn(this.#folder)) {
      const copy = join(this.#image, path);
      if (existsSync(copy)) continue;
      if (path.endsWith("/")) mkdirSync(copy, { recursive: true });
      else writeFileSync(copy, "");
    }
    for (const path of pathsIn(this.#image))
      if (!existsSync(join(this.#folder, path))) rmSync(join(this.#image, path), { force: true });
  }

  #watch({ FS }: NodeFsModule): void {
    const { NODEFS } = FS.filesystems;
    const pathOf = (node: FsNode): string => relative(this.#folder, NODEFS.realPath(node));
    const { write, fsync } = NODEFS.stream_ops;
    NODEFS.stream_ops.write = (stream, ...range) => {
      const written = write(stream, ...range);
      const [, , , position] = range;
      const path = pathOf(stream.node);
      this.#dirty.set(path, [...(this.#dirty.get(path) ?? []), [position, written]]);
      return written;
    };
    NODEFS.stream_ops.fsync = (stream) => {
      const errno = fsync(stream);
      if (errno === 0 && stream.nfd !== undefined) this.#sync(pathOf(stream.node));
      return errno;
    };
    const { rename, unlink } = NODEFS.node_ops;
    NODEFS.node_ops.rename = (node, folder, name) => {
      const [from, to] = [pathOf(node), join(pathOf(folder), name)];
      const renamed = rename(node, folder, name);
      this.#rename(from, to);
      return renamed;
    };
    NODEFS.node_ops.unlink = (folder, name) => {
      const path = join(pathOf(folder), name);
      const unlinked = unlink(folder, name);
      rmSync(join(this.#image, path), { force: true });
      this.#dirty.delete(path);
      return unlinked;
    };
  }

  /** No file is written by two at once, so a file's ranges may be copied in any order. */
  #sync(path: string): void {
    const copy = join(this.#image, path);
    const source = join(this.#folder, path);
    if (!existsSync(source) || path.endsWith("/")) return;
    this.syncs += 1;
    const from = openSync(source, "r");
    try {
      if (fstatSync(from).isDirectory()) return;
      mkdirSync(dirname(copy), { recursive: true });
      const to = openSync(copy, existsSync(copy) ? "r+" : "w+");
      for (const [position, length] of this.#dirty.get(path) ?? []) {
        const bytes = Buffer.alloc(length);
        writeSync(to, bytes, 0, readSync(from, bytes, 0, length, position), position);
      }
      ftruncateSync(to, fstatSync(from).size);
      closeSync(to);
      this.#dirty.delete(path);
    } finally {
      closeSync(from);
    }
  }

  #rename(from: string, to: string): void {
    const [source, target] = [join(this.#image, from), join(this.#image, to)];
    if (existsSync(source)) {
      mkdirSync(dirname(target), { recursive: true });
      renameSync(source, target);
    } else if (existsSync(target)) writeFileSync(target, "");
    const dirty = this.#dirty.get(from);
    this.#dirty.delete(from);
    if (dirty === undefined) this.#dirty.delete(to);
    else this.#dirty.set(to, dirty);
  }
}

/** Folders end in a slash. */
function pathsIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.map((entry) => {
    const path = relative(folder, join(entry.parentPath, entry.name));
    return entry.isDirectory() ? `${path}/` : path;
  });
}
