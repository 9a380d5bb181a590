import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";

import { z } from "zod";

import { restartForMemory } from "../../src/cli/restart.ts";
import { openCheckpoint } from "../../src/pipeline/checkpoint.ts";
import { temporaryFolder, tinyCheckpoint } from "../support/tiny-checkpoint.ts";

const ROOT = await temporaryFolder();

describe("a checkpoint's folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(ROOT, "checkpoint-")), "base");
    await cp(tinyCheckpoint("base"), folder, { recursive: true });
  });

  it("is refused where its scheduler's config is far too large", async () => {
    const path = join(folder, "scheduler/scheduler_config.json");
    await writeFile(path, " ".repeat(1_000_001));
    await assert.rejects(openCheckpoint(folder), {
      code: "model_invalid",
      message: `${path} has 1000001 bytes; a config has at most 1000000.`,
    });
  });

  it("is refused where the table of embeddings has another shape than its config asks for", async () => {
    const path = join(folder, "text_encoder/config.json");
    const config = z
      .looseObject({ vocab_size: z.number() })
      .parse(JSON.parse(await readFile(path, "utf8")));
    await writeFile(path, JSON.stringify({ ...config, vocab_size: config.vocab_size + 1 }));
    await assert.rejects(openCheckpoint(folder), {
      code: "model_invalid",
      message: new RegExp(`embed_tokens.weight has the shape .* for \\[${config.vocab_size + 1}, `),
    });
  });

  it("may hold a link to weights that are gone, of which whoever opens it says so", async () => {
    const weights = join(folder, "transformer/diffusion_pytorch_model.fp16.safetensors");
    await symlink(join(ROOT, "gone.safetensors"), weights);
    await restartForMemory(folder);
    await openCheckpoint(folder);
  });
});
