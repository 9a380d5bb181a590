import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import {
  COMPONENT_CONFIGS,
  FAMILIES,
  TEXT_ENCODER,
} from "../../bench/support/full-size-configs.ts";
import {
  gemma2Tensors,
  readTensorList,
  type TensorList,
  transformerTensors,
} from "../../bench/support/tensor-lists.ts";
import { readAutoencoderConfig } from "../../src/models/autoencoder-dc/config.ts";
import { buildDecoderGraph } from "../../src/models/autoencoder-dc/decoder-graph.ts";
import { buildEncoderGraph } from "../../src/models/autoencoder-dc/encoder-graph.ts";
import { readGemma2Config } from "../../src/models/gemma2/config.ts";
import { buildTextEncoderGraph } from "../../src/models/gemma2/text-encoder-graph.ts";
import { buildConditioningGraph } from "../../src/models/sana-transformer/conditioning-graph.ts";
import { readTransformerConfig } from "../../src/models/sana-transformer/config.ts";
import { buildTransformerGraph } from "../../src/models/sana-transformer/transformer-graph.ts";
import { CATALOGUE } from "../../src/models/catalogue.ts";
import { transformerParameters } from "../../src/models/model-sizes.ts";
import type { Weights } from "../../src/safetensors/checkpoint-weights.ts";
import { elementCount } from "../../src/safetensors/header.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const ROOT = await temporaryFolder();

/** Tensors of these names and shapes, without bytes, and the names that nobody has asked for. */
function hollowWeights(tensors: TensorList): { weights: Weights; unused: Set<string> } {
  const unused = new Set(Object.keys(tensors));
  const weights: Weights = {
    files: [],
    fingerprint: () => "hollow",
    names: () => Object.keys(tensors),
    has: (name) => name in tensors,
    get: (name) => {
      const shape = tensors[name];
      assert.ok(shape !== undefined, `${name} is in no published checkpoint`);
      unused.delete(name);
      const byteLength = 2 * shape.reduce((total, dim) => total * dim, 1);
      return { name, path: join(ROOT, "weights"), dtype: "BF16", shape, offset: 0, byteLength };
    },
  };
  return { weights, unused };
}

async function folderWith(config: object): Promise<string> {
  const folder = await mkdtemp(join(ROOT, "component-"));
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}

describe("the graphs at Sana's real sizes", () => {
  for (const family of new Set(CATALOGUE.map((entry) => entry.family))) {
    it(`use each tensor of diffusers' ${family} transformer in its shape`, async () => {
      const config = await readTransformerConfig(await folderWith(FAMILIES[family].transformer));
      const tensors = await transformerTensors(family);
      const parameters = Object.values(tensors).map(elementCount);
      assert.equal(
        parameters.reduce((sum, count) => sum + count, 0),
        transformerParameters(family),
      );
      const { weights, unused } = hollowWeights(tensors);
      buildTransformerGraph(config, weights, { computeType: "float32", clampAttention: false });
      buildConditioningGraph(config, weights, "float32");
      assert.deepEqual([...unused], []);
    });
  }

  for (const [px, interpolation_scale] of [
    [2048, 1],
    [4096, 2],
  ]) {
    it(`need no other tensors for the positions of ${px} px`, async () => {
      const { transformer } = FAMILIES["sana-1.6b"];
      const large = { ...transformer, sample_size: (px ?? 0) / 32, interpolation_scale };
      const config = await readTransformerConfig(await folderWith(large));
      const { weights, unused } = hollowWeights(await transformerTensors("sana-1.6b"));
      buildTransformerGraph(config, weights, { computeType: "float32", clampAttention: false });
      buildConditioningGraph(config, weights, "float32");
      assert.deepEqual([...unused], []);
    });
  }

  it("use each tensor of diffusers' DC-AE in its shape", async () => {
    const config = await readAutoencoderConfig(await folderWith(COMPONENT_CONFIGS.vae));
    const { weights, unused } = hollowWeights(await readTensorList("dc-ae-f32c32"));
    buildEncoderGraph(config, weights, "float32");
    buildDecoderGraph(config, weights, "float32");
    assert.deepEqual([...unused], []);
  });

  it("use each tensor of Gemma 2 2B in its shape, but for the table that the host reads", async () => {
    const config = await readGemma2Config(await folderWith(TEXT_ENCODER));
    const tensors = gemma2Tensors(TEXT_ENCODER);
    assert.equal(Object.keys(tensors).length, 288);
    const { weights, unused } = hollowWeights(tensors);
    buildTextEncoderGraph(config, weights, { softcap: false });
    assert.deepEqual([...unused], ["embed_tokens.weight"]);
  });
});
