import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../src/errors.ts";
import { dtypeBytes, elementCount, parseHeader } from "../../src/safetensors/header.ts";
import { encodeFile } from "../support/safetensors-bytes.ts";
import { seededIntegers } from "../support/seeded-random.ts";

const VALID = {
  __metadata__: { format: "pt" },
  "blocks.0.weight": { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
  "blocks.0.bias": { dtype: "BF16", shape: [3], data_offsets: [24, 30] },
  ids: { dtype: "I64", shape: [1, 2], data_offsets: [30, 46] },
  scalar: { dtype: "F16", shape: [], data_offsets: [46, 48] },
};
const DATA_BYTES = 48;
const DEEP = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
/** Replacements, separated by blanks. */
const VALUES = [
  '-1 -0 0.5 1e3 1e400 9007199254740993 18446744073709551616 null true "x" {} [] ["F32"] "F64" "__proto__"',
  '[1,1,1] [4294967296,4294967296,4294967296] [0,24] {"__proto__":{"dtype":"U8"}} [24,0] [-24,0] [0,1e18] [0,0]',
  `[${"1,".repeat(100)}1] ${DEEP}`,
].flatMap((line) => line.split(" "));

type Integers = (bound: number) => number;

/** Parses a file and, when it is accepted, checks the promises that readers rely on. */
function parseOrRefuse(bytes: Uint8Array): "parsed" | "refused" {
  let header: ReturnType<typeof parseHeader>;
  try {
    header = parseHeader(bytes, bytes.byteLength);
  } catch (error) {
    assert.ok(error instanceof UserError, `${String(error)} is no UserError`);
    assert.equal(error.code, "model_invalid");
    assert.ok(error.message.length < 2000, "the message is readable");
    return "refused";
  }
  for (const { shape, dtype, offset, byteLength } of header.tensors.values()) {
    assert.equal(elementCount(shape) * dtypeBytes(dtype), byteLength);
    assert.ok(offset >= 8 && offset + byteLength <= bytes.byteLength);
  }
  return "parsed";
}

function counts(
  rounds: number,
  mutate: (random: Integers) => Uint8Array,
): { parsed: number; refused: number } {
  const random = seededIntegers(rounds);
  const result = { parsed: 0, refused: 0 };
  for (let i = 0; i < rounds; i++) result[parseOrRefuse(mutate(random))]++;
  return result;
}

function replaceOne(
  text: string,
  pattern: RegExp,
  { random, by }: { random: Integers; by: string },
): string {
  const matches = [...text.matchAll(pattern)];
  const match = matches[random(matches.length)];
  assert.ok(match !== undefined);
  return text.slice(0, match.index) + by + text.slice(match.index + match[0].length);
}

test("flipped bits give a sound header or a UserError", () => {
  const { refused } = counts(2500, (random) => {
    const bytes = encodeFile(VALID, DATA_BYTES);
    for (let flips = 1 + random(4); flips > 0; flips--) {
      const at = random(bytes.byteLength - DATA_BYTES);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    }
    return bytes;
  });
  assert.ok(refused > 1000);
});

test("files cut anywhere are refused", () => {
  const whole = encodeFile(VALID, DATA_BYTES);
  for (let length = 0; length < whole.byteLength; length++) {
    assert.equal(parseOrRefuse(whole.subarray(0, length)), "refused");
  }
  assert.equal(parseOrRefuse(whole), "parsed");
});

test("announced header lengths of any size are refused without an allocation", () => {
  const before = process.memoryUsage();
  const { refused } = counts(500, (random) => {
    const bytes = encodeFile(VALID, DATA_BYTES);
    const length = (1n << BigInt(random(64))) + BigInt(random(1000));
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, length), true);
    return bytes;
  });
  assert.equal(refused, 500);
  assert.ok(process.memoryUsage().arrayBuffers - before.arrayBuffers < 32 * 1024 * 1024);
});

test("numbers, shapes and ranges replaced by wrong values give a sound header or a UserError", () => {
  const text = JSON.stringify(VALID);
  const { refused } = counts(1500, (random) => {
    const by = VALUES[random(VALUES.length)] ?? "null";
    return encodeFile(
      replaceOne(text, /\[[^\]]*\]|\d+|"[^"]*"(?!:)|\{[^{}]*\}/g, { random, by }),
      DATA_BYTES,
    );
  });
  assert.ok(refused > 1000);
});

test("names replaced by prototype keys, repeated names and odd strings give a sound header or a UserError", () => {
  const text = JSON.stringify(VALID);
  const names = [
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"ids"',
    '""',
    '"\\ud800"',
    '"dtype"',
    '"__metadata__"',
  ];
  counts(500, (random) => {
    const by = names[random(names.length)] ?? '""';
    return encodeFile(replaceOne(text, /"[^"]*"(?=:)/g, { random, by }), DATA_BYTES);
  });
  assert.equal(Object.hasOwn(Object.prototype, "dtype"), false);
});

test("bytes replaced at random give a sound header or a UserError", () => {
  counts(500, (random) => {
    const bytes = encodeFile(VALID, DATA_BYTES);
    const start = 8 + random(bytes.byteLength - DATA_BYTES - 8);
    for (let at = start; at < start + random(20); at++) bytes[at] = random(256);
    return bytes;
  });
});

test("a header of twenty thousand tensors is read in linear time", () => {
  const entries = Array.from({ length: 20_000 }, (_, i) => {
    return `"t${i}":{"dtype":"U8","shape":[1],"data_offsets":[${i},${i + 1}]}`;
  });
  const bytes = encodeFile(`{${entries.join(",")}}`, 20_000);
  assert.equal(parseHeader(bytes, bytes.byteLength).tensors.size, 20_000);
});
