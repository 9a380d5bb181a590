import { randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import type { Dtype } from "./header.ts";
import { dtypeBytes, elementCount, LENGTH_BYTES } from "./header.ts";

/** Values as they lie in the file; 16-bit floats as their bit patterns. */
type WritableValues = Float32Array | BigInt64Array | Int32Array | Uint8Array | Uint16Array;

/** What a header says of a tensor. */
interface TensorSpec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: WritableValues;
  /** Needed only for a Uint16Array that holds BF16; otherwise it follows from the array's class (Uint16Array: F16). */
  readonly dtype?: Dtype;
}

export interface StreamedTensors {
  /** All tensors, in the order in which they will come. */
  readonly specs: readonly TensorSpec[];
  /** The tensors themselves, each asked for only when the one before is written. */
  readonly tensors: AsyncIterable<NamedTensor>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** One write call moves at most this much: Node refuses 2 GiB and more. */
const MAX_WRITE_BYTES = 1 << 30;
/** Data starts at a multiple of this, so that readers may map values in place. */
const ALIGNMENT_BYTES = 8;

/**
 * Writes tensors, row-major and in the given order, to a new file that replaces `path` only when it is whole.
 * @throws UserError disk when the file cannot be written; TypeError for values that do not fill their shape
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const list = [...tensors];
  const specs = list.map(({ name, shape, values, dtype }) => {
    return { name, shape, dtype: dtype ?? dtypeOf(values) };
  });
  await writeSafetensorsStream(path, {
    specs,
    tensors: oneByOne(list),
    ...(metadata === undefined ? {} : { metadata }),
  });
}

/**
 * As {@link writeSafetensors}, with one tensor at a time in memory.
 * @throws UserError disk; TypeError when the tensors that come are not the announced ones
 */
export async function writeSafetensorsStream(
  path: string,
  streamed: StreamedTensors,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, "wx");
    try {
      await writeAll(handle, streamed);
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    if (!isSystemError(error)) throw error;
    throw new UserError("disk", `${path} cannot be written: ${error.message}.`, { cause: error });
  }
}

async function writeAll(
  handle: FileHandle,
  { specs, tensors, metadata }: StreamedTensors,
): Promise<void> {
  const header = encodeHeader(specs, metadata);
  let position = await writeBytes(handle, header, 0);
  let next = 0;
  for await (const tensor of tensors) {
    const spec = specs[next++];
    if (spec === undefined) throw new TypeError(`Tensor ${tensor.name} was not announced.`);
    checkAgainst(spec, tensor);
    const { buffer, byteOffset, byteLength } = tensor.values;
    position = await writeBytes(handle, new Uint8Array(buffer, byteOffset, byteLength), position);
  }
  if (next < specs.length)
    throw new TypeError(`${specs.length} tensors were announced and ${next} came.`);
}

function encodeHeader(
  specs: readonly TensorSpec[],
  metadata: StreamedTensors["metadata"],
): Uint8Array {
  const entries = new Map<string, unknown>();
  if (metadata !== undefined) entries.set("__metadata__", metadata);
  let end = 0;
  for (const { name, dtype, shape } of specs) {
    if (entries.has(name)) throw new TypeError(`Tensor ${name} is written twice.`);
    const begin = end;
    end += elementCount(shape) * dtypeBytes(dtype);
    entries.set(name, { dtype, shape, data_offsets: [begin, end] });
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.byteLength / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const header = new Uint8Array(LENGTH_BYTES + padded).fill(" ".charCodeAt(0));
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, LENGTH_BYTES);
  return header;
}

function checkAgainst(spec: TensorSpec, { name, shape, values, dtype }: NamedTensor): void {
  const fits =
    name === spec.name &&
    (dtype ?? dtypeOf(values)) === spec.dtype &&
    shape.length === spec.shape.length &&
    shape.every((size, axis) => size === spec.shape[axis]) &&
    values.byteLength === elementCount(shape) * dtypeBytes(spec.dtype);
  if (fits) return;
  throw new TypeError(
    `Tensor ${name} [${shape.join(", ")}] of ${values.length} values came, ` +
      `and ${spec.dtype} ${spec.name} [${spec.shape.join(", ")}] was announced.`,
  );
}

async function writeBytes(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(
      bytes,
      done,
      Math.min(bytes.byteLength - done, MAX_WRITE_BYTES),
      position + done,
    );
    done += bytesWritten;
  }
  return position + done;
}

function dtypeOf(values: WritableValues): Dtype {
  if (values instanceof Float32Array) return "F32";
  if (values instanceof BigInt64Array) return "I64";
  if (values instanceof Int32Array) return "I32";
  return values instanceof Uint16Array ? "F16" : "U8";
}

// eslint-disable-next-line typescript/require-await
async function* oneByOne(tensors: readonly NamedTensor[]): AsyncGenerator<NamedTensor> {
  yield* tensors;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}
