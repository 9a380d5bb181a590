import assert from "node:assert/strict";
import {
  mkdir,
  mkdtemp,
  readdir,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { UserError } from "../../src/errors.ts";
import { openWeights } from "../../src/safetensors/checkpoint-weights.ts";
import { readFloats, readRows, readTensor } from "../../src/safetensors/read-tensor.ts";
import type { TensorLocation } from "../../src/safetensors/safetensors-file.ts";
import { openSafetensors } from "../../src/safetensors/safetensors-file.ts";
import type { NamedTensor } from "../../src/safetensors/write-safetensors.ts";
import {
  writeSafetensors,
  writeSafetensorsStream,
} from "../../src/safetensors/write-safetensors.ts";

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sanabot-safetensors-"));
});
after(() => rm(folder, { recursive: true }));

const table = Float32Array.from({ length: 40 }, (_, i) => i / 4);

async function newFolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}

async function write(name: string, tensors: NamedTensor[]): Promise<string> {
  const path = join(folder, name);
  await writeSafetensors(path, tensors);
  return path;
}

async function locate(path: string, name: string): Promise<TensorLocation> {
  const location = (await openSafetensors(path)).tensors.get(name);
  assert.ok(location !== undefined);
  return location;
}

function one(name: string, value: number): NamedTensor {
  return { name, shape: [1], values: Float32Array.of(value) };
}

function userError(code: string, message: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

test("all types come back as written, with metadata and data aligned to 8 bytes", async () => {
  const path = join(folder, "all.safetensors");
  const tensors: NamedTensor[] = [
    { name: "f", shape: [2, 2], values: Float32Array.of(1, -2, 0.5, 3) },
    { name: "i", shape: [], values: BigInt64Array.of(-(2n ** 62n)) },
    { name: "j", shape: [1], values: Int32Array.of(-7) },
    { name: "u", shape: [3], values: Uint8Array.of(1, 2, 255) },
    { name: "h", shape: [2], values: Uint16Array.of(0x3c00, 0xc000) },
    { name: "b", shape: [1, 1], values: Uint16Array.of(0x3fc0), dtype: "BF16" },
  ];
  await writeSafetensors(path, tensors, { recipe: "a red apple" });
  const file = await openSafetensors(path);
  assert.equal(file.metadata.get("recipe"), "a red apple");
  assert.equal((file.tensors.get("f")?.offset ?? 1) % 8, 0);
  const read = await Promise.all(Array.from(file.tensors.values(), readTensor));
  assert.deepEqual(
    read.slice(0, 4),
    tensors.slice(0, 4).map(({ values }) => values),
  );
  assert.deepEqual(read.slice(4), [Float32Array.of(1, -2), Float32Array.of(1.5)]);
  assert.deepEqual(file.tensors.get("b")?.shape, [1, 1]);
});

test("a narrow tensor larger than one piece is widened whole", async () => {
  const values = new Uint16Array(2_500_001).map((_, i) => i & 0x7bff);
  const path = await write("large.safetensors", [{ name: "w", shape: [values.length], values }]);
  const read = await readFloats(await locate(path, "w"));
  const expected = new Float32Array(new Float16Array(values.buffer));
  assert.deepEqual(read, expected);
});

test("integers are refused where floats are needed", async () => {
  const path = await write("ints.safetensors", [
    { name: "n", shape: [1, 1], values: BigInt64Array.of(1n) },
  ]);
  const location = await locate(path, "n");
  await assert.rejects(readFloats(location), userError("model_invalid", /n in .* holds I64/));
  await assert.rejects(readRows(location, [0]), userError("model_invalid", /n in .* holds I64/));
});

test("rows are read in any order, repeated and adjacent ones too", async () => {
  const path = await write("rows.safetensors", [{ name: "e", shape: [10, 2, 2], values: table }]);
  const rows = [9, 3, 4, 3, 0, 5];
  const read = await readRows(await locate(path, "e"), rows);
  assert.deepEqual(
    read,
    Float32Array.from({ length: 24 }, (_, i) => (4 * (rows[i >> 2] ?? 0) + (i & 3)) / 4),
  );
});

test("rows of 16-bit tables at odd places are widened", async () => {
  const values = Uint16Array.from([0x3c00, 0x4000, 0x4200, 0x4400]);
  const path = await write("half-rows.safetensors", [
    { name: "odd", shape: [1], values: Uint8Array.of(9) },
    { name: "e", shape: [4, 1], values },
  ]);
  assert.deepEqual(await readRows(await locate(path, "e"), [3, 0]), Float32Array.of(4, 1));
});

test("no rows give an empty array, and a row outside the table is refused", async () => {
  const path = await write("few.safetensors", [{ name: "e", shape: [10, 4], values: table }]);
  const location = await locate(path, "e");
  assert.equal((await readRows(location, [])).length, 0);
  await assert.rejects(
    readRows(location, [10]),
    userError("model_invalid", /Row 10 .* rows 0 to 9/),
  );
  await assert.rejects(readRows(location, [-1]), userError("model_invalid", /Row -1/));
});

test("a file that is cut off after it was opened is named when it is read", async () => {
  const path = await write("cut.safetensors", [{ name: "e", shape: [10, 4], values: table }]);
  const location = await locate(path, "e");
  await truncate(path, location.offset + 50);
  await assert.rejects(
    readTensor(location),
    userError("model_invalid", /cut\.safetensors is cut off/),
  );
  await assert.rejects(
    readRows(location, [9]),
    userError("model_invalid", /cut\.safetensors is cut off/),
  );
});

test("a missing file, a folder and an empty file are told apart", async () => {
  await assert.rejects(
    openSafetensors(join(folder, "none")),
    userError("model_not_found", /no file/),
  );
  await assert.rejects(openSafetensors(folder), userError("model_invalid", /is not a file/));
  const empty = join(folder, "empty.safetensors");
  await writeFile(empty, "");
  await assert.rejects(openSafetensors(empty), userError("model_invalid", /has 0 bytes/));
});

test("a stream is written one tensor at a time", async () => {
  const path = join(folder, "stream.safetensors");
  const specs = ["x", "y"].map((name) => ({ name, dtype: "F32" as const, shape: [40] }));
  async function* tensors(): AsyncGenerator<NamedTensor> {
    for (const { name, shape } of specs) {
      await Promise.resolve();
      yield { name, shape, values: table };
    }
  }
  await writeSafetensorsStream(path, { specs, tensors: tensors() });
  assert.deepEqual(await readTensor(await locate(path, "y")), table);
});

test("a write that fails leaves the old file and no temporary one", async () => {
  const place = await newFolder("atomic");
  const path = join(place, "t.safetensors");
  await writeSafetensors(path, [one("a", 1)]);
  const wrong = { name: "a", shape: [3], values: Float32Array.of(1) };
  await assert.rejects(writeSafetensors(path, [wrong]), TypeError);
  assert.deepEqual(await readdir(place), ["t.safetensors"]);
  assert.deepEqual(await readTensor(await locate(path, "a")), Float32Array.of(1));
});

test("a place that cannot be written is the person's to mend", async () => {
  const path = join(folder, "no", "such", "t.safetensors");
  await assert.rejects(
    writeSafetensors(path, [one("a", 1)]),
    userError("disk", /t\.safetensors cannot be written/),
  );
});

test("a plain index wins over a plain file, and its tensors come from the shards", async () => {
  const place = await newFolder("sharded");
  const stem = "diffusion_pytorch_model";
  await writeSafetensors(join(place, `${stem}.safetensors`), [one("a", 9), one("b", 9)]);
  await writeSafetensors(join(place, `${stem}-00001-of-00002.safetensors`), [one("a", 1)]);
  await writeSafetensors(join(place, `${stem}-00002-of-00002.safetensors`), [one("b", 2)]);
  const weightMap = {
    a: `${stem}-00001-of-00002.safetensors`,
    b: `${stem}-00002-of-00002.safetensors`,
  };
  await writeFile(
    join(place, `${stem}.safetensors.index.json`),
    JSON.stringify({ weight_map: weightMap }),
  );
  const weights = await openWeights(place, stem);
  assert.equal(weights.files.length, 2);
  assert.deepEqual([...weights.names()], ["a", "b"]);
  assert.deepEqual(await readTensor(weights.get("b")), Float32Array.of(2));
});

test("a variant is opened only where nothing plain is, fp32 before bf16 before fp16", async () => {
  const place = await newFolder("variants");
  await writeSafetensors(join(place, "model.fp16.safetensors"), [one("a", 16)]);
  await writeSafetensors(join(place, "model.bf16-00001-of-00001.safetensors"), [one("a", 17)]);
  const shards = JSON.stringify({ weight_map: { a: "model.bf16-00001-of-00001.safetensors" } });
  await writeFile(join(place, "model.safetensors.index.bf16.json"), shards);
  const open = async () => readTensor((await openWeights(place, "model")).get("a"));
  assert.deepEqual(await open(), Float32Array.of(17));
  await writeSafetensors(join(place, "model.safetensors"), [one("a", 32)]);
  assert.deepEqual(await open(), Float32Array.of(32));
});

test("a folder without weights is reported with the name that was looked for", async () => {
  const place = await newFolder("bare");
  await writeFile(join(place, "model.bin"), "");
  await assert.rejects(
    openWeights(place, "model"),
    userError("model_not_found", /model\.safetensors/),
  );
  await assert.rejects(
    openWeights(join(place, "x"), "model"),
    userError("model_not_found", /cannot be read/),
  );
});

test("an index that leads out of its folder or is malformed is refused", async () => {
  const place = await newFolder("traversal");
  const index = join(place, "model.safetensors.index.json");
  const cases: [string, RegExp][] = [
    [`{"weight_map":{"a":"../few.safetensors"}}`, /"\.\.\/few\.safetensors"/],
    [`{"weight_map":{"a":"/etc/x.safetensors"}}`, /not one in its folder/],
    [`{"weight_map":{"a":"..\\\\x.safetensors"}}`, /not one in its folder/],
    [`{"weight_map":{"a":"C:x.safetensors"}}`, /not one in its folder/],
    [`{"weight_map":{"a":7}}`, /names the file 7/],
    [`{"weight_map":{}}`, /empty/],
    [`{"weight_map":[]}`, /weight_map/],
    [`{`, /not JSON/],
  ];
  for (const [text, message] of cases) {
    await writeFile(index, text);
    await assert.rejects(openWeights(place, "model"), userError("model_invalid", message));
  }
});

test("an index that names a tensor its shard lacks, or a shard that is not there, is refused", async () => {
  const place = await newFolder("contradiction");
  await writeSafetensors(join(place, "s1.safetensors"), [one("a", 1)]);
  const index = join(place, "model.safetensors.index.json");
  await writeFile(index, `{"weight_map":{"b":"s1.safetensors"}}`);
  await assert.rejects(
    openWeights(place, "model"),
    userError("model_invalid", /tensor b into s1\.safetensors/),
  );
  await writeFile(index, `{"weight_map":{"a":"s2.safetensors"}}`);
  await assert.rejects(
    openWeights(place, "model"),
    userError("model_not_found", /s2\.safetensors/),
  );
});

test("a missing tensor is reported with the nearest names", async () => {
  const place = await newFolder("nearest");
  const names = ["blocks.0.attn.to_q.weight", "blocks.0.attn.to_k.weight", "proj_out.bias", "x"];
  await writeSafetensors(
    join(place, "model.safetensors"),
    names.map((name) => one(name, 0)),
  );
  const weights = await openWeights(place, "model");
  assert.equal(weights.has("proj_out.weight"), false);
  assert.throws(
    () => weights.get("blocks.0.attn.to_q.weigth"),
    userError(
      "model_invalid",
      /no tensor blocks\.0\.attn\.to_q\.weigth; .* 4 names are blocks\.0\.attn\.to_q\.weight,/,
    ),
  );
});

test("the fingerprint follows header, size and time of change, and not the folder", async () => {
  const place = await newFolder("fingerprint");
  const path = join(place, "model.safetensors");
  const fingerprint = async (from = place) => (await openWeights(from, "model")).fingerprint();
  await writeSafetensors(path, [one("a", 1)]);
  await utimes(path, 1000, 1000);
  const first = await fingerprint();
  assert.match(first, /^[0-9a-f]{64}$/);
  assert.equal(await fingerprint(), first);
  await utimes(path, 1000, 2000);
  assert.notEqual(await fingerprint(), first);
  await writeSafetensors(path, [one("b", 1)]);
  await utimes(path, 1000, 1000);
  assert.notEqual(await fingerprint(), first);
});

const noLinks = process.platform === "win32" && "symbolic links need a privilege on Windows";
test(
  "files behind symbolic links, as in a hub cache, are located where they really are",
  { skip: noLinks },
  async () => {
    const place = await newFolder("snapshot");
    const blob = await write("blob", [one("a", 5)]);
    await symlink(blob, join(place, "model.safetensors"));
    const weights = await openWeights(place, "model");
    const real = (await openSafetensors(blob)).path;
    assert.deepEqual(weights.files, [real]);
    assert.equal(weights.get("a").path, real);
  },
);

test("a file written by Python's safetensors is read with its types, shapes and values", async () => {
  // torch 2.13, safetensors.torch.save_file 0.8.0; tensors are ordered by type width there, not by name
  const file = await openSafetensors(
    join(import.meta.dirname, "../fixtures/python-safetensors-0.8.0.safetensors"),
  );
  const read = async (name: string) => {
    const location = file.tensors.get(name);
    assert.ok(location !== undefined);
    return [location.dtype, location.shape, await readTensor(location)];
  };
  assert.deepEqual(await read("f32"), [
    "F32",
    [2, 3],
    Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25),
  ]);
  assert.deepEqual(await read("f16"), ["F16", [2], Float32Array.of(1.5, -65504)]);
  assert.deepEqual(await read("bf16"), [
    "BF16",
    [2, 1],
    Float32Array.of(3.140625, -1.0002555517425873e30),
  ]);
  assert.deepEqual(await read("i64"), ["I64", [], BigInt64Array.of(-(2n ** 40n))]);
  assert.deepEqual(await read("u8"), ["U8", [2], Uint8Array.of(7, 255)]);
  assert.deepEqual(await read("i32"), ["I32", [0, 3], new Int32Array(0)]);
  assert.deepEqual(Object.fromEntries(file.metadata), { format: "pt" });
});
