import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { UserError } from "../errors.ts";
import type { Dtype } from "./header.ts";
import { LENGTH_BYTES, parseHeader, parseHeaderLength } from "./header.ts";
import { readFully, withFile } from "./positioned-read.ts";

/** One tensor's bytes in a file: all that a reader, or ONNX external data, needs. */
export interface TensorLocation {
  readonly name: string;
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface SafetensorsFile {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorLocation>;
  /** Hex SHA-256 of the header's bytes, the file's size and its time of change: cheap, for files of a trusted owner. */
  readonly fingerprint: string;
}

/**
 * Reads and checks a file's header; no tensor is read.
 * @throws UserError model_not_found, disk, or model_invalid naming what is wrong
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  return withFile(path, async (handle) => {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new UserError("model_invalid", `${path} is not a file.`);
    const prefix = new Uint8Array(Math.min(LENGTH_BYTES, stats.size));
    await readFully(handle, prefix, { position: 0, path });
    const headerBytes = new Uint8Array(LENGTH_BYTES + parseHeaderLength(prefix, stats.size, path));
    await readFully(handle, headerBytes, { position: 0, path });
    const { metadata, tensors } = parseHeader(headerBytes, stats.size, path);
    const resolved = await realpath(path);
    const located = Array.from(
      tensors.values(),
      (tensor) => [tensor.name, { ...tensor, path: resolved }] as const,
    );
    const fingerprint = createHash("sha256")
      .update(headerBytes)
      .update(`\n${stats.size}\n${stats.mtimeMs}`)
      .digest("hex");
    return { path: resolved, metadata, tensors: new Map(located), fingerprint };
  });
}
