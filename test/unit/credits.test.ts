import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { COMPONENT_CONFIGS, FAMILIES } from "../../bench/support/full-size-configs.ts";
import { readTensorList, type TensorList } from "../../bench/support/tensor-lists.ts";
import { readAutoencoderConfig } from "../../src/models/autoencoder-dc/config.ts";
import { readTransformerConfig } from "../../src/models/sana-transformer/config.ts";
import type { Checkpoint } from "../../src/pipeline/checkpoint.ts";
import { workModelOf, workOf } from "../../src/pipeline/work.ts";
import { creditsOf, FLOPS_PER_CREDIT } from "../../src/quota/credits.ts";
import type { Weights } from "../../src/safetensors/checkpoint-weights.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

/** A 1024 x 1024 picture in 20 steps with guidance. */
const UNIT = { width: 1024, height: 1024, steps: 20, count: 1, guidanceScale: 4.5 } as const;
const ROOT = await temporaryFolder();

/** Names and shapes of a published checkpoint's tensors; no graph is run, so they need no bytes. */
function hollowWeights(tensors: TensorList): Weights {
  return {
    files: [],
    fingerprint: () => "hollow",
    names: () => Object.keys(tensors),
    has: (name) => name in tensors,
    get: (name) => {
      const shape = tensors[name];
      assert.ok(shape !== undefined, name);
      const byteLength = 2 * shape.reduce((total, dim) => total * dim, 1);
      return { name, path: join(ROOT, "weights"), dtype: "BF16", shape, offset: 0, byteLength };
    },
  };
}

async function folderWith(config: object): Promise<string> {
  const folder = await mkdtemp(join(ROOT, "component-"));
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}

describe("a credit", () => {
  it("is a 1024 x 1024 picture of Sana 0.6B in 20 steps with guidance, by this program's own graphs", async () => {
    const checkpoint = {
      transformer: {
        config: await readTransformerConfig(await folderWith(FAMILIES["sana-0.6b"].transformer)),
        weights: hollowWeights(await readTensorList("sana-0.6b")),
      },
      vae: {
        config: await readAutoencoderConfig(await folderWith(COMPONENT_CONFIGS.vae)),
        weights: hollowWeights(await readTensorList("dc-ae-f32c32")),
      },
      manifest: { clampAttention: false },
    } as unknown as Checkpoint;
    const flops = workOf(workModelOf(checkpoint), { ...UNIT, strength: null, isEncoded: false });
    assert.ok(Math.abs(flops / FLOPS_PER_CREDIT - 1) < 1e-4, `${flops}`);
    assert.equal(creditsOf(flops), 1000);
  });

  it("costs a thousandth at least", () => {
    assert.equal(creditsOf(0), 1);
    assert.equal(creditsOf(1), 1);
  });

  it("counts work in proportion, in whole thousandths", () => {
    assert.equal(creditsOf(FLOPS_PER_CREDIT * 2.5), 2500);
    assert.equal(creditsOf(FLOPS_PER_CREDIT * 0.0104), 10);
  });
});
