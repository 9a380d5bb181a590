import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { UserError } from "../../src/errors.ts";
import { CATALOGUE, catalogueEntryOf } from "../../src/models/catalogue.ts";
import { COMPLEX_HUMAN_INSTRUCTION } from "../../src/models/complex-human-instruction.ts";
import { readManifest } from "../../src/models/model-manifest.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "sanabot-manifest-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function folderWith(name: string, files: Record<string, unknown>): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    await writeFile(
      join(folder, file),
      typeof content === "string" ? content : JSON.stringify(content),
    );
  }
  return folder;
}

describe("readManifest", () => {
  it("gives an unknown folder diffusers' defaults", async () => {
    assert.deepEqual(await readManifest(await folderWith("my-model", {})), {
      name: "my-model",
      license: null,
      description: null,
      complexHumanInstruction: COMPLEX_HUMAN_INSTRUCTION,
      maxSequenceLength: 300,
      resolutionBins: null,
      defaultHeight: null,
      defaultWidth: null,
      numInferenceSteps: 20,
      guidanceScale: 4.5,
      clampAttention: false,
      attnLogitSoftcapping: false,
    });
  });

  it("gives an unknown Sprint folder two steps", async () => {
    const folder = await folderWith("my-sprint", {
      "model_index.json": { _class_name: "SanaSprintPipeline" },
    });
    assert.equal((await readManifest(folder)).numInferenceSteps, 2);
  });

  it("takes every key of sanabot.json", async () => {
    const file = {
      name: "emoji",
      license: "CC-BY-4.0",
      description: "draws emoji",
      complex_human_instruction: null,
      max_sequence_length: 32,
      resolution_bins: { "0.5": [64, 128], "1.0": [96, 96] },
      default_height: 128,
      default_width: 64,
      num_inference_steps: 12,
      guidance_scale: 3,
      clamp_attention: true,
      attn_logit_softcapping: true,
    };
    assert.deepEqual(await readManifest(await folderWith("whole", { "sanabot.json": file })), {
      name: "emoji",
      license: "CC-BY-4.0",
      description: "draws emoji",
      complexHumanInstruction: null,
      maxSequenceLength: 32,
      resolutionBins: { "0.5": [64, 128], "1.0": [96, 96] },
      defaultHeight: 128,
      defaultWidth: 64,
      numInferenceSteps: 12,
      guidanceScale: 3,
      clampAttention: true,
      attnLogitSoftcapping: true,
    });
  });

  it("turns the clamp on for a checkpoint that was trained in fp16", async () => {
    const manifest = await readManifest(await folderWith("Sana_600M_512px_diffusers", {}));
    assert.equal(manifest.clampAttention, true);
    assert.equal(manifest.name, "Efficient-Large-Model/Sana_600M_512px_diffusers");
  });

  it("lets sanabot.json overrule the catalogue", async () => {
    const folder = await folderWith("Sana_1600M_512px_diffusers", {
      "sanabot.json": { clamp_attention: false },
    });
    assert.equal((await readManifest(folder)).clampAttention, false);
  });

  const faults: [string, unknown, RegExp][] = [
    ["not-json", "{", /sanabot\.json is not JSON/],
    ["typo", { clamp_atention: true }, /clamp_atention/],
    ["odd-size", { default_height: 100 }, /default_height/],
    ["no-bins", { resolution_bins: {} }, /at least one bin/],
    ["bad-ratio", { resolution_bins: { wide: [64, 64] } }, /resolution_bins/],
    ["no-steps", { num_inference_steps: 0 }, /num_inference_steps/],
  ];
  for (const [name, content, words] of faults) {
    it(`names the fault of a sanabot.json with ${name}`, async () => {
      const folder = await folderWith(name, { "sanabot.json": content });
      await assert.rejects(readManifest(folder), (error) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.code, "model_invalid");
        assert.match(error.message, words);
        return true;
      });
    });
  }
});

describe("the catalogue", () => {
  it("clamps exactly the checkpoints that were trained in fp16", () => {
    const unclamped = CATALOGUE.filter((entry) => !entry.clampAttention).map(({ id }) => id);
    assert.ok(unclamped.every((id) => /BF16|SANA1\.5|Sprint/.test(id)));
    assert.equal(unclamped.length, 9);
  });

  it("recognises a folder by the repository's name, by owner--name and as a hub cache's snapshot", () => {
    const id = "Efficient-Large-Model/Sana_Sprint_0.6B_1024px_diffusers";
    const snapshot =
      "models--Efficient-Large-Model--Sana_Sprint_0.6B_1024px_diffusers/snapshots/0123abcd";
    assert.equal(catalogueEntryOf("/models/Sana_Sprint_0.6B_1024px_diffusers/")?.id, id);
    assert.equal(
      catalogueEntryOf("models/Efficient-Large-Model--Sana_Sprint_0.6B_1024px_diffusers")?.id,
      id,
    );
    assert.equal(catalogueEntryOf(`/cache/${snapshot}`)?.id, id);
    assert.equal(catalogueEntryOf("/models/other"), undefined);
  });
});
