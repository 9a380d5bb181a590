import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../src/errors.ts";
import { parseHeader } from "../../src/safetensors/header.ts";
import { encodeFile } from "../support/safetensors-bytes.ts";

const tensor = (dtype: string, shape: number[], range: number[]): unknown => {
  return { dtype, shape, data_offsets: range };
};

function parse(header: unknown, dataBytes: number): ReturnType<typeof parseHeader> {
  const bytes = encodeFile(header, dataBytes);
  return parseHeader(bytes, bytes.byteLength, "w.safetensors");
}

function refuses(header: unknown, dataBytes: number, message: RegExp): void {
  assert.throws(
    () => parse(header, dataBytes),
    (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.code, "model_invalid");
      assert.match(error.message, /w\.safetensors/);
      assert.match(error.message, message);
      return true;
    },
  );
}

test("tensors are placed after the header, in the order of their bytes, whatever the order of names", () => {
  const header = { b: tensor("F16", [2], [4, 8]), a: tensor("F32", [], [0, 4]) };
  const { tensors } = parse(header, 8);
  const start = encodeFile(header, 0).byteLength;
  assert.deepEqual(
    [...tensors.values()],
    [
      { name: "a", dtype: "F32", shape: [], offset: start, byteLength: 4 },
      { name: "b", dtype: "F16", shape: [2], offset: start + 4, byteLength: 4 },
    ],
  );
});

test("metadata strings are kept apart from the tensors", () => {
  const { metadata, tensors } = parse(
    { __metadata__: { format: "pt" }, a: tensor("U8", [1], [0, 1]) },
    1,
  );
  assert.equal(metadata.get("format"), "pt");
  assert.deepEqual([...tensors.keys()], ["a"]);
});

test("a header padded with spaces and tensors without values are accepted", () => {
  const bytes = encodeFile(`{"a":{"dtype":"I64","shape":[0,3],"data_offsets":[0,0]}}      `, 0);
  assert.equal(parseHeader(bytes, bytes.byteLength).tensors.get("a")?.byteLength, 0);
});

test("a tensor may be called __proto__ or constructor", () => {
  const bytes = encodeFile(
    `{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`,
    2,
  );
  assert.deepEqual(
    [...parseHeader(bytes, bytes.byteLength).tensors.keys()],
    ["__proto__", "constructor"],
  );
});

test("a type that is not read here is refused with the ones that are", () => {
  refuses({ a: tensor("F64", [1], [0, 8]) }, 8, /"a".*"F64".*F32, F16, BF16, I64/);
  refuses({ a: tensor("toString", [1], [0, 8]) }, 8, /"toString"/);
});

test("a shape that does not fill its bytes is refused", () => {
  refuses(
    { a: tensor("F32", [2, 3], [0, 20]) },
    20,
    /F32 and shape \[2, 3\] does not fill 20 bytes/,
  );
});

test("a shape whose product is beyond exact integers is refused", () => {
  refuses({ a: tensor("U8", [2 ** 52, 2 ** 52, 0], [0, 0]) }, 0, /does not fill/);
});

test("a tensor beyond the end of the file is refused", () => {
  refuses({ a: tensor("U8", [9], [0, 9]) }, 8, /bytes 0 to 9 of 8/);
  refuses({ a: tensor("U8", [1], [2, 1]) }, 8, /bytes 2 to 1 of 8/);
});

test("tensors that overlap, leave a hole or leave bytes at the end are refused", () => {
  refuses(
    { a: tensor("U8", [4], [0, 4]), b: tensor("U8", [4], [3, 7]) },
    7,
    /"b" overlaps.*1 bytes/,
  );
  refuses(
    { a: tensor("U8", [4], [0, 4]), b: tensor("U8", [2], [5, 7]) },
    7,
    /1 bytes before tensor "b"/,
  );
  refuses({ a: tensor("U8", [4], [0, 4]) }, 7, /last 3 bytes/);
});

test("a name that comes twice is refused, however it is escaped", () => {
  const entry = `{"dtype":"U8","shape":[1],"data_offsets":[0,1]}`;
  refuses(`{"a":${entry},"\\u0061":${entry}}`, 1, /names "a" twice/);
});

test("names that repeat inside entries or metadata values are no repetition", () => {
  const { tensors } = parse({ __metadata__: { a: '{"a":{' }, a: tensor("U8", [1], [0, 1]) }, 1);
  assert.equal(tensors.size, 1);
});

test("a string of many megabytes is read like any other, and with a fault in one sentence", () => {
  const long = "n".repeat(20_000_000);
  const { metadata } = parse({ __metadata__: { a: long } }, 0);
  assert.equal(metadata.get("a"), long);
  refuses({ [long]: tensor("U8", [1], [0, 1]) }, 1, /20000000 characters, and the limit is 1024/);
});

test("negative, fractional and missing numbers are refused with their place", () => {
  refuses({ a: tensor("U8", [-1], [0, 1]) }, 1, /"a": shape\.0/);
  refuses({ a: tensor("U8", [1], [0.5, 1]) }, 1, /"a": data_offsets\.0/);
  refuses({ a: tensor("U8", [1], [0]) }, 1, /"a": data_offsets/);
  refuses({ a: { dtype: "U8" } }, 1, /"a": shape/);
});

test("too many dimensions and an overlong name are refused", () => {
  refuses(
    {
      a: tensor(
        "U8",
        Array.from({ length: 65 }, () => 1),
        [0, 1],
      ),
    },
    1,
    /"a": shape/,
  );
  refuses(
    { ["n".repeat(1025)]: tensor("U8", [1], [0, 1]) },
    1,
    /1025 characters, and the limit is 1024/,
  );
});

test("a header that is no JSON object is refused", () => {
  refuses("[1]", 0, /does not start with '\{'/);
  refuses("{", 0, /not JSON/);
  refuses(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), 0, /not JSON in UTF-8/);
});

test("metadata that are no strings are refused", () => {
  refuses({ __metadata__: { a: 1 } }, 0, /"a" is not a string/);
  refuses({ __metadata__: [] }, 0, /__metadata__ is not an object/);
});

test("an announced header beyond 100 MB or beyond the file is refused before anything is allocated", () => {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 2n ** 63n, true);
  assert.throws(() => parseHeader(bytes, 2 ** 50), /limit is 100000000/);
  view.setBigUint64(0, 9n, true);
  assert.throws(() => parseHeader(bytes, 16), /cut off/);
  assert.throws(() => parseHeader(bytes.subarray(0, 3), 3), /at least 8/);
});
