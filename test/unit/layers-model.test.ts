import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { UserError, type UserErrorCode } from "../../src/errors.ts";
import { buildLayersGraph } from "../../src/models/super-resolution/layers-graph.ts";
import { readLayersModel } from "../../src/models/super-resolution/layers-model.ts";
import { Session } from "../../src/onnx/session.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const folder = await temporaryFolder();
let count = 0;

const input = { name: "LR", class_name: "InputLayer", config: {}, inbound_nodes: [] };
const conv = {
  name: "SR",
  class_name: "Conv2D",
  config: {
    kernel_size: [1, 1],
    strides: [1, 1],
    padding: "valid",
    data_format: "channels_last",
    dilation_rate: [1, 1],
    groups: 1,
    activation: "linear",
    use_bias: true,
  },
  inbound_nodes: [[["LR", 0, 0, {}]]],
};
/** Red from green, green from blue, blue from red; each plus its own bias. */
const KERNEL = [0, 0, 1, 1, 0, 0, 0, 1, 0];
const BIAS = [0.1, 0.2, 0.3];

interface Parts {
  layers?: object[];
  shards?: Uint8Array[];
  dtype?: string;
}

/** Writes a network of one convolution, or what `parts` say instead, its weights cut into two files. */
async function write({
  layers = [input, conv],
  shards,
  dtype = "float32",
}: Parts = {}): Promise<string> {
  const at = join(folder, `model-${count++}`);
  await mkdir(at);
  const bytes = new Uint8Array(Float32Array.from([...KERNEL, ...BIAS]).buffer);
  // The cut goes through a value.
  const files = shards ?? [bytes.subarray(0, 17), bytes.subarray(17)];
  for (const [index, shard] of files.entries())
    await writeFile(join(at, `shard${index}.bin`), shard);
  const weights = [
    { name: "SR/kernel", shape: [1, 1, 3, 3], dtype },
    { name: "SR/bias", shape: [3], dtype },
  ];
  const config = { layers, output_layers: [["SR", 0, 0]] };
  const paths = files.map((_, index) => `shard${index}.bin`);
  const model = {
    format: "layers-model",
    modelTopology: { model_config: { config } },
    weightsManifest: [{ paths, weights }],
  };
  await writeFile(join(at, "model.json"), JSON.stringify(model));
  return join(at, "model.json");
}

function refuses(path: Promise<string>, code: UserErrorCode, words: RegExp): Promise<void> {
  return assert.rejects(path.then(readLayersModel), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, words);
    return true;
  });
}

describe("a layers model", () => {
  it("is computed with its channels and ranges in their places", async () => {
    const model = await readLayersModel(await write());
    const graph = buildLayersGraph(model, { name: "turn", range: 2 });
    const session = await Session.create(graph, { provider: "cpu" });
    const image = { data: Float32Array.of(0.5, 0.25, 0.75), dims: [1, 3, 1, 1] };
    const { enlarged } = await session.run({ image });
    await session.release();
    // Doubled on the way in, halved on the way out.
    const expected = [0.25 + 0.05, 0.75 + 0.1, 0.5 + 0.15];
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs(Number(enlarged?.data[i]) - value) < 1e-6);
  });

  it("is refused when a file is missing", async () => {
    await refuses(Promise.resolve(join(folder, "none/model.json")), "model_not_found", /none/);
  });

  it("is refused when its weights are too short, too long or of another type", async () => {
    await refuses(write({ shards: [new Uint8Array(40)] }), "model_invalid", /end before SR\/bias/);
    await refuses(
      write({ shards: [new Uint8Array(52)] }),
      "model_invalid",
      /longer than their list/,
    );
    await refuses(write({ dtype: "uint8" }), "model_invalid", /dtype/);
  });

  it("is refused when it is something else", async () => {
    const path = join(folder, "other.json");
    await writeFile(path, "[]");
    await refuses(Promise.resolve(path), "model_invalid", /no layers model/);
    await writeFile(path, "{");
    await refuses(Promise.resolve(path), "model_invalid", /it is not JSON/);
  });

  it("is refused when it has a layer that these networks do not have", async () => {
    const pool = { ...conv, class_name: "MaxPooling2D" };
    const model = await readLayersModel(await write({ layers: [input, pool] }));
    assert.throws(() => buildLayersGraph(model, { name: "pool", range: 1 }), /SR \(MaxPooling2D\)/);
  });

  it("is refused when a layer has a setting that is not computed here", async () => {
    const strided = { ...conv, config: { ...conv.config, strides: [2, 2] } };
    const model = await readLayersModel(await write({ layers: [input, strided] }));
    assert.throws(() => buildLayersGraph(model, { name: "strided", range: 1 }), /strides/);
  });
});
