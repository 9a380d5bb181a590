/**
 * The header of a safetensors file: u64 little-endian length N, N bytes of JSON, then the tensors' bytes.
 * Model files come from strangers, so nothing in it is believed before it is checked, and no allocation
 * depends on an unchecked number. The rules are those of the reference implementation (Rust, 0.8): tensors
 * cover the data without overlap, hole or trailing byte.
 */
import { z } from "zod";
import { UserError } from "../errors.ts";

/** Bytes of a value of each type that a Sana checkpoint, a trace or a cache may hold. */
const DTYPE_BYTES = { F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1 } as const;

/** An element type that is read here, spelled as in the file. */
export type Dtype = keyof typeof DTYPE_BYTES;

/** Bytes before the JSON: its length. */
export const LENGTH_BYTES = 8;
/** The reference implementation's bound; the largest real headers are some hundred kilobytes. */
const MAX_HEADER_BYTES = 100_000_000;
/** torch has no tensors of more dimensions. */
const MAX_DIMENSIONS = 64;
/** A name is printed in messages and kept in graphs; real ones are under 120 characters. */
const MAX_NAME_LENGTH = 1024;

/** Where one tensor's bytes lie, counted from the start of the file. */
interface HeaderTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly byteLength: number;
}

export interface Header {
  /** The strings under `__metadata__`; empty when there is none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, HeaderTensor>;
}

const count = z.int().nonnegative();
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(count).max(MAX_DIMENSIONS),
  data_offsets: z.tuple([count, count]),
});

/** Bytes that one value of `dtype` takes. */
export function dtypeBytes(dtype: Dtype): number {
  return DTYPE_BYTES[dtype];
}

/** Number of values in a tensor of `shape`; a scalar's shape is []. NaN where it is beyond exact integers. */
export function elementCount(shape: readonly number[]): number {
  let product = 1;
  for (const size of shape) {
    product *= size;
    if (!Number.isSafeInteger(product)) return Number.NaN;
  }
  return product;
}

/**
 * Length of the JSON part, from the first 8 bytes of a file of `fileSize` bytes.
 * @throws UserError model_invalid when the file is too short, or the length is beyond the file or 100 MB
 */
export function parseHeaderLength(prefix: Uint8Array, fileSize: number, file: string): number {
  if (prefix.byteLength < LENGTH_BYTES) {
    throw invalid(
      file,
      `it has ${fileSize} bytes, and a safetensors file has at least ${LENGTH_BYTES}`,
    );
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw invalid(
      file,
      `it announces a header of ${length} bytes, and the limit is ${MAX_HEADER_BYTES}`,
    );
  }
  if (LENGTH_BYTES + Number(length) > fileSize) {
    throw invalid(
      file,
      `it announces a header of ${length} bytes but has ${fileSize} bytes: it is cut off`,
    );
  }
  return Number(length);
}

/**
 * Checks and decodes a header.
 * @param bytes the file's beginning, at least the 8 length bytes and the JSON
 * @param fileSize bytes of the whole file, which the tensors must fill exactly
 * @param file named in messages
 * @throws UserError model_invalid naming file, tensor, value and limit
 */
export function parseHeader(
  bytes: Uint8Array,
  fileSize: number,
  file = "safetensors data",
): Header {
  const length = parseHeaderLength(bytes, fileSize, file);
  if (bytes.byteLength < LENGTH_BYTES + length) throw invalid(file, "its header is cut off");
  const entries = parseEntries(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length), file);
  const dataStart = LENGTH_BYTES + length;
  let metadata: ReadonlyMap<string, string> = new Map();
  const tensors: HeaderTensor[] = [];
  for (const [name, value] of entries) {
    if (name === "__metadata__") metadata = parseMetadata(value, file);
    else tensors.push(parseTensor(name, value, { file, dataStart, fileSize }));
  }
  tensors.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  checkCoverage(tensors, { file, dataStart, fileSize });
  return { metadata, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) };
}

interface Extent {
  readonly file: string;
  readonly dataStart: number;
  readonly fileSize: number;
}

function parseEntries(json: Uint8Array, file: string): [string, unknown][] {
  if (json[0] !== "{".charCodeAt(0)) throw invalid(file, "its header does not start with '{'");
  let value: unknown;
  let names: string[];
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(json);
    value = JSON.parse(text);
    names = [...topLevelKeys(text)];
  } catch (error) {
    throw invalid(file, "its header is not JSON in UTF-8", error);
  }
  if (typeof value !== "object" || value === null)
    throw invalid(file, "its header is not a JSON object");
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw invalid(file, `its header names ${quote(name)} twice`);
    seen.add(name);
  }
  return Object.entries(value);
}

/** The keys of the outermost object of valid JSON, repeated ones included, which JSON.parse drops. */
function* topLevelKeys(text: string): Generator<string> {
  let depth = 0;
  let isInString = false;
  /** Of the last string, its quotes included. */
  let [start, end] = [0, 0];
  for (const { 0: token, index } of text.matchAll(/\\.|["{}[\]:]/gs)) {
    if (token === '"') {
      isInString = !isInString;
      if (isInString) start = index;
      else end = index + 1;
    } else if (isInString) continue;
    else if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1) yield String(JSON.parse(text.slice(start, end)));
  }
}

function parseMetadata(value: unknown, file: string): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(file, "its __metadata__ is not an object");
  }
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== "string")
      throw invalid(file, `its __metadata__ entry ${quote(key)} is not a string`);
    metadata.set(key, entry);
  }
  return metadata;
}

function parseTensor(name: string, value: unknown, extent: Extent): HeaderTensor {
  const { file, dataStart, fileSize } = extent;
  const where = `tensor ${quote(name)}`;
  if (name.length > MAX_NAME_LENGTH) {
    throw invalid(
      file,
      `${where} has a name of ${name.length} characters, and the limit is ${MAX_NAME_LENGTH}`,
    );
  }
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) throw invalid(file, `${where}: ${firstIssue(parsed.error)}`);
  const { dtype, shape, data_offsets: range } = parsed.data;
  if (!isDtype(dtype)) {
    throw invalid(
      file,
      `${where} has the type ${quote(dtype)}; supported are ${Object.keys(DTYPE_BYTES).join(", ")}`,
    );
  }
  const [begin, end] = range;
  const byteLength = end - begin;
  const dataBytes = fileSize - dataStart;
  if (byteLength < 0 || end > dataBytes) {
    throw invalid(file, `${where} lies at bytes ${begin} to ${end} of ${dataBytes}`);
  }
  if (elementCount(shape) * DTYPE_BYTES[dtype] !== byteLength) {
    throw invalid(
      file,
      `${where} of type ${dtype} and shape [${shape.join(", ")}] does not fill ${byteLength} bytes`,
    );
  }
  return { name, dtype, shape, offset: dataStart + begin, byteLength };
}

function checkCoverage(
  sorted: readonly HeaderTensor[],
  { file, dataStart, fileSize }: Extent,
): void {
  let end = dataStart;
  for (const { name, offset, byteLength } of sorted) {
    if (offset < end)
      throw invalid(file, `tensor ${quote(name)} overlaps the one before by ${end - offset} bytes`);
    if (offset > end)
      throw invalid(file, `${offset - end} bytes before tensor ${quote(name)} belong to no tensor`);
    end = offset + byteLength;
  }
  if (end !== fileSize) throw invalid(file, `its last ${fileSize - end} bytes belong to no tensor`);
}

function isDtype(value: string): value is Dtype {
  return Object.hasOwn(DTYPE_BYTES, value);
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? "malformed" : `${issue.path.join(".")}: ${issue.message}`;
}

/** JSON-quoted and cut to a length that a person reads. */
function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

function invalid(file: string, what: string, cause?: unknown): UserError {
  return new UserError("model_invalid", `${file} is not a usable safetensors file: ${what}.`, {
    cause,
  });
}
