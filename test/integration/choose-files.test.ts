import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import { chooseFiles, type WeightDtype } from "../../src/models/hub/choose-files.ts";
import { HubClient } from "../../src/models/hub/hub-client.ts";
import {
  indexOf,
  REPOSITORY_ID,
  tinyRepositoryFiles,
  weightsOf,
} from "../support/hub-repository.ts";
import { HubServer } from "../support/hub-server.ts";

const TINY = await tinyRepositoryFiles();
/** Without weights: each test adds its own. */
const CONFIGS = Object.fromEntries(
  Object.entries(TINY).filter(([path]) => !path.endsWith(".safetensors")),
);

let hub: HubServer;
let files: Record<string, Uint8Array>;
before(async () => {
  hub = await HubServer.start();
});
beforeEach(() => {
  files = {
    ...CONFIGS,
    "transformer/diffusion_pytorch_model.safetensors": weightsOf("F32"),
    "vae/diffusion_pytorch_model.safetensors": weightsOf("F32"),
    "text_encoder/model.safetensors": weightsOf("BF16"),
  };
});
after(() => hub.stop());

async function chosen(
  dtype: WeightDtype | null = null,
  listedSizes: Record<string, number> = {},
): Promise<string[]> {
  hub.repositories.set(REPOSITORY_ID, { files, listedSizes });
  const client = new HubClient({ endpoint: hub.endpoint });
  const repository = await client.readRepository(REPOSITORY_ID);
  const choice = await chooseFiles(client, repository, dtype);
  return choice.files.map(({ path }) => path);
}

async function weightsChosen(dtype?: WeightDtype | null): Promise<string[]> {
  return (await chosen(dtype)).filter((path) => path.includes(".safetensors"));
}

describe("chooseFiles", () => {
  it("takes configs, tokenizer, licence and model card, and nothing else that is lying about", async () => {
    Object.assign(files, {
      "transformer/diffusion_pytorch_model.bin": weightsOf("F32"),
      "transformer/diffusion_pytorch_model.int4.safetensors": weightsOf("F32"),
      "transformer/model.onnx": weightsOf("F32"),
      "assets/teaser.jpg": weightsOf("F32"),
      "tokenizer/../../evil.json": weightsOf("F32"),
    });
    assert.deepEqual(await chosen(), [
      "LICENSE",
      "model_index.json",
      "README.md",
      "scheduler/scheduler_config.json",
      "text_encoder/config.json",
      "text_encoder/model.safetensors",
      "tokenizer/special_tokens_map.json",
      "tokenizer/tokenizer_config.json",
      "tokenizer/tokenizer.json",
      "transformer/config.json",
      "transformer/diffusion_pytorch_model.safetensors",
      "vae/config.json",
      "vae/diffusion_pytorch_model.safetensors",
    ]);
  });

  it("takes the shards and not the stray single file beside their index", async () => {
    const shards = [1, 2].map((n) => `diffusion_pytorch_model-0000${n}-of-00002.safetensors`);
    files["transformer/diffusion_pytorch_model.safetensors.index.json"] = indexOf(...shards);
    for (const shard of shards) files[`transformer/${shard}`] = weightsOf("F32");
    assert.deepEqual(
      (await weightsChosen()).filter((path) => path.startsWith("transformer")),
      [
        "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
        "transformer/diffusion_pytorch_model-00002-of-00002.safetensors",
        "transformer/diffusion_pytorch_model.safetensors.index.json",
      ],
    );
  });

  it("takes the transformer's variant of the recommended dtype", async () => {
    files["transformer/diffusion_pytorch_model.fp16.safetensors"] = weightsOf("F16");
    files["vae/diffusion_pytorch_model.fp16.safetensors"] = weightsOf("F16");
    assert.deepEqual(await weightsChosen("F16"), [
      "text_encoder/model.safetensors",
      "transformer/diffusion_pytorch_model.fp16.safetensors",
      "vae/diffusion_pytorch_model.safetensors",
    ]);
  });

  it("takes the plain files where no dtype is asked for", async () => {
    files["transformer/diffusion_pytorch_model.fp16.safetensors"] = weightsOf("F16");
    assert.ok((await chosen()).includes("transformer/diffusion_pytorch_model.safetensors"));
  });

  it("believes a header and not a name", async () => {
    files["transformer/diffusion_pytorch_model.bf16.safetensors"] = weightsOf("F32");
    files["transformer/diffusion_pytorch_model.fp16.safetensors"] = weightsOf("BF16");
    assert.ok(
      (await chosen("BF16")).includes("transformer/diffusion_pytorch_model.fp16.safetensors"),
    );
  });

  it("never takes the fp16 variant of Gemma", async () => {
    files["text_encoder/model.fp16.safetensors"] = weightsOf("F16");
    const weights = await weightsChosen("F16");
    assert.ok(weights.includes("text_encoder/model.safetensors"));
    assert.ok(!weights.includes("text_encoder/model.fp16.safetensors"));
  });

  it("refuses a repository that has Gemma in fp16 alone", async () => {
    files["text_encoder/model.safetensors"] = weightsOf("F16");
    await assert.rejects(chosen(), {
      code: "model_invalid",
      message: /has its text_encoder only as F16; usable are BF16, F32/,
    });
  });

  it("takes a variant's shards by either form of their index's name", async () => {
    for (const index of [
      "model.safetensors.index.bf16.json",
      "model.safetensors.bf16.index.json",
    ]) {
      const { "text_encoder/model.safetensors": _, ...rest } = files;
      const shard = "model.bf16-00001-of-00001.safetensors";
      files = {
        ...rest,
        [`text_encoder/${index}`]: indexOf(shard),
        [`text_encoder/${shard}`]: weightsOf("BF16"),
      };
      const weights = await weightsChosen();
      assert.deepEqual(
        weights.filter((path) => path.startsWith("text_encoder")).sort(),
        [`text_encoder/${shard}`, `text_encoder/${index}`].sort(),
      );
      files = { ...rest, "text_encoder/model.safetensors": weightsOf("BF16") };
    }
  });

  it("refuses an index that names files outside of its folder", async () => {
    files["vae/diffusion_pytorch_model.safetensors.index.json"] = indexOf("../../x.safetensors");
    await assert.rejects(chosen(), { code: "model_invalid", message: /does not name 1 to 100/ });
  });

  it("refuses an index whose shards are missing", async () => {
    files["vae/diffusion_pytorch_model.safetensors.index.json"] = indexOf("gone.safetensors");
    await assert.rejects(chosen(), { code: "model_not_found", message: /vae\/gone\.safetensors/ });
  });

  it("says what a repository of another kind lacks", async () => {
    const { "transformer/config.json": _, ...rest } = files;
    files = rest;
    await assert.rejects(chosen(), {
      code: "model_invalid",
      message:
        /not a Sana checkpoint in the layout of diffusers: it has no transformer\/config\.json/,
    });
  });

  it("refuses a config that is far too large", async () => {
    const listedSizes = { "scheduler/scheduler_config.json": 50_000_001 };
    await assert.rejects(chosen(null, listedSizes), {
      code: "model_invalid",
      message:
        /^scheduler\/scheduler_config\.json of .* has 50000001 bytes; .* at most 50000000\.$/,
    });
  });
});
