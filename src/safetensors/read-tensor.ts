import { UserError } from "../errors.ts";
import { bfloat16ToFloat32, float16ToFloat32 } from "./float16.ts";
import { dtypeBytes, elementCount } from "./header.ts";
import { readFully, withFile } from "./positioned-read.ts";
import type { TensorLocation } from "./safetensors-file.ts";

/** A tensor in memory. 16-bit floats arrive as Float32Array. */
export type TensorValues = Float32Array | BigInt64Array | Int32Array | Uint8Array;

/** Narrow floats are widened piece by piece, so that a tensor and its file bytes are never both whole in memory. */
const WIDENING_PIECE_BYTES = 4 * 1024 * 1024;
/** Adjacent rows are read together up to this size: fewer calls, still a small buffer. */
const ROW_RUN_BYTES = 4 * 1024 * 1024;

/**
 * Reads one whole tensor, row-major: F32, F16 and BF16 as float32, I64, I32 and U8 as they are.
 * The file is little-endian, and so is every machine that Node runs this project on.
 * @throws UserError model_invalid when the file has been cut off since it was opened, model_not_found, disk
 */
export async function readTensor(location: TensorLocation): Promise<TensorValues> {
  const { dtype, path, offset, byteLength } = location;
  if (dtype === "F16" || dtype === "BF16") return readWidened(location);
  const buffer = new ArrayBuffer(byteLength);
  await withFile(path, (handle) =>
    readFully(handle, new Uint8Array(buffer), { position: offset, path }),
  );
  return viewAs(dtype, buffer);
}

function viewAs(dtype: "F32" | "I64" | "I32" | "U8", buffer: ArrayBuffer): TensorValues {
  if (dtype === "F32") return new Float32Array(buffer);
  if (dtype === "I64") return new BigInt64Array(buffer);
  return dtype === "I32" ? new Int32Array(buffer) : new Uint8Array(buffer);
}

/**
 * Reads one whole tensor of floats as float32.
 * @throws UserError as {@link readTensor}, and model_invalid when it holds integers
 */
export async function readFloats(location: TensorLocation): Promise<Float32Array> {
  const values = await readTensor(location);
  if (values instanceof Float32Array) return values;
  throw notFloats(location);
}

/**
 * Reads chosen rows (along the first axis) of a tensor of floats, as an embedding lookup does, without the rest.
 * @param rows indices in any order, repeats allowed
 * @returns float32 [rows.length * width], width = product of the other axes
 * @throws UserError model_invalid for a row outside the table, integers, or a file that was cut off
 */
export async function readRows(
  location: TensorLocation,
  rows: readonly number[],
): Promise<Float32Array> {
  const [rowCount = 0, ...rest] = location.shape;
  const width = elementCount(rest);
  if (!isFloat(location)) throw notFloats(location);
  for (const row of rows) {
    if (!(Number.isInteger(row) && row >= 0 && row < rowCount)) {
      throw new UserError(
        "model_invalid",
        `Row ${row} was asked of ${location.name} in ${location.path}, which has rows 0 to ${rowCount - 1}: ` +
          "tokenizer and weights do not belong together.",
      );
    }
  }
  const result = new Float32Array(rows.length * width);
  const rowBytes = width * dtypeBytes(location.dtype);
  const positions = positionsByRow(rows);
  await withFile(location.path, async (handle) => {
    for (const run of adjacentRuns([...positions.keys()], rowBytes)) {
      const bytes = new Uint8Array(run.count * rowBytes);
      await readFully(handle, bytes, {
        position: location.offset + run.first * rowBytes,
        path: location.path,
      });
      const values = widen(bytes, location.dtype);
      for (let k = 0; k < run.count; k++) {
        const row = values.subarray(k * width, (k + 1) * width);
        for (const position of positions.get(run.first + k) ?? [])
          result.set(row, position * width);
      }
    }
  });
  return result;
}

/** Where each distinct row is wanted. */
function positionsByRow(rows: readonly number[]): Map<number, number[]> {
  const positions = new Map<number, number[]>();
  for (const [position, row] of rows.entries()) {
    const wanted = positions.get(row);
    if (wanted === undefined) positions.set(row, [position]);
    else wanted.push(position);
  }
  return positions;
}

function adjacentRuns(
  distinctRows: number[],
  rowBytes: number,
): { first: number; count: number }[] {
  const longest = Math.max(1, Math.floor(ROW_RUN_BYTES / Math.max(1, rowBytes)));
  const runs: { first: number; count: number }[] = [];
  let current: { first: number; count: number } | undefined;
  for (const row of distinctRows.sort((a, b) => a - b)) {
    if (current !== undefined && row === current.first + current.count && current.count < longest) {
      current.count++;
    } else {
      current = { first: row, count: 1 };
      runs.push(current);
    }
  }
  return runs;
}

async function readWidened({
  dtype,
  path,
  offset,
  byteLength,
}: TensorLocation): Promise<Float32Array> {
  const result = new Float32Array(byteLength / 2);
  const piece = new Uint8Array(Math.min(byteLength, WIDENING_PIECE_BYTES));
  await withFile(path, async (handle) => {
    for (let done = 0; done < byteLength; done += piece.byteLength) {
      const bytes = piece.subarray(0, Math.min(piece.byteLength, byteLength - done));
      await readFully(handle, bytes, { position: offset + done, path });
      widen(bytes, dtype, result.subarray(done / 2, (done + bytes.byteLength) / 2));
    }
  });
  return result;
}

/** Bytes of a float type, which start at an even offset of their buffer, as float32. */
function widen(
  bytes: Uint8Array,
  dtype: TensorLocation["dtype"],
  target?: Float32Array,
): Float32Array {
  if (dtype === "F32")
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  return dtype === "F16" ? float16ToFloat32(halves, target) : bfloat16ToFloat32(halves, target);
}

function isFloat({ dtype }: TensorLocation): boolean {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16";
}

function notFloats({ name, path, dtype }: TensorLocation): UserError {
  return new UserError(
    "model_invalid",
    `${name} in ${path} holds ${dtype} values, and floats are needed.`,
  );
}
