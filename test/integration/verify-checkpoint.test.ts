import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";

import { writeDownloadRecord } from "../../src/models/hub/download-record.ts";
import { hashFile } from "../../src/models/hub/hash-file.ts";
import { type VerifyEvent, verifyCheckpoint } from "../../src/pipeline/verify-checkpoint.ts";
import { readTensor } from "../../src/safetensors/read-tensor.ts";
import { openSafetensors } from "../../src/safetensors/safetensors-file.ts";
import { type NamedTensor, writeSafetensors } from "../../src/safetensors/write-safetensors.ts";
import { temporaryFolder, tinyCheckpoint } from "../support/tiny-checkpoint.ts";

const ROOT = await temporaryFolder();
const WEIGHTS = "transformer/diffusion_pytorch_model.safetensors";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(ROOT, "verify-")), "model");
  await cp(tinyCheckpoint("base"), folder, { recursive: true });
});

function verify(options: { dryRun?: boolean; onProgress?: (event: VerifyEvent) => void } = {}) {
  return verifyCheckpoint({
    modelDir: folder,
    cacheDir: join(ROOT, "cache"),
    provider: "cpu",
    precision: "fp32",
    memory: "all",
    ...options,
  });
}

/** Writes the transformer's tensors again, each as `change` leaves it; null leaves it out. */
async function rewrite(
  change: (tensor: NamedTensor) => NamedTensor | null,
  extra: NamedTensor[] = [],
): Promise<void> {
  const { tensors } = await openSafetensors(join(folder, WEIGHTS));
  const kept: NamedTensor[] = [...extra];
  for (const location of tensors.values()) {
    const values = (await readTensor(location)) as Float32Array;
    const changed = change({ name: location.name, shape: location.shape, values });
    if (changed !== null) kept.push(changed);
  }
  await writeSafetensors(join(folder, WEIGHTS), kept);
}

describe("verifyCheckpoint", () => {
  it("accepts checkpoints as diffusers saves them, with no tensor left over", async () => {
    for (const name of ["base", "bf16", "sprint", "sana15", "lite"]) {
      folder = tinyCheckpoint(name);
      const { unusedTensors, dryRun } = await verify();
      assert.deepEqual(unusedTensors, [], name);
      assert.ok((dryRun?.milliseconds ?? 0) > 0, name);
    }
  });

  it("names a tensor that is missing", async () => {
    await rewrite((tensor) => (tensor.name === "caption_norm.weight" ? null : tensor));
    await assert.rejects(verify({ dryRun: false }), {
      code: "model_invalid",
      message: /have no tensor caption_norm\.weight/,
    });
  });

  it("names a tensor of another shape than its config asks for", async () => {
    await rewrite((tensor) =>
      tensor.name === "proj_out.weight"
        ? { ...tensor, shape: [...tensor.shape].reverse() }
        : tensor,
    );
    await assert.rejects(verify({ dryRun: false }), {
      code: "model_invalid",
      message: /proj_out\.weight has the shape \[40, 8\]; its config asks for \[8, 40\]/,
    });
  });

  it("names a tensor whose values are no floats", async () => {
    await rewrite((tensor) =>
      tensor.name === "proj_out.bias"
        ? { ...tensor, values: new Int32Array(tensor.values.length) }
        : tensor,
    );
    await assert.rejects(verify({ dryRun: false }), { code: "model_invalid", message: /is I32/ });
  });

  it("lists tensors that no network uses", async () => {
    const extra = { name: "lora.up", shape: [2], values: new Float32Array(2) };
    await rewrite((tensor) => tensor, [extra]);
    const { unusedTensors } = await verify({ dryRun: false });
    assert.deepEqual(unusedTensors, ["transformer: lora.up"]);
  });

  it("lists tensors that the index of the shards does not know", async () => {
    const shard = "diffusion_pytorch_model-00001-of-00001.safetensors";
    await cp(join(folder, WEIGHTS), join(folder, "transformer", shard));
    const { tensors } = await openSafetensors(join(folder, WEIGHTS));
    await rewrite(
      (tensor) => tensor,
      [{ name: "forgotten", shape: [1], values: new Float32Array(1) }],
    );
    await cp(join(folder, WEIGHTS), join(folder, "transformer", shard));
    const weightMap = Object.fromEntries([...tensors.keys()].map((name) => [name, shard]));
    await writeFile(
      join(folder, `${WEIGHTS}.index.json`),
      JSON.stringify({ weight_map: weightMap }),
    );
    const { unusedTensors } = await verify({ dryRun: false });
    assert.deepEqual(unusedTensors, ["transformer: forgotten"]);
  });

  it("finds a file that changed since the download", async () => {
    const path = join(folder, WEIGHTS);
    const bytes = await readFile(path);
    const files = [{ path: WEIGHTS, sizeBytes: bytes.byteLength, sha256: await hashFile(path) }];
    await writeDownloadRecord(folder, { id: "a/b", commit: "c", files });
    assert.equal((await verify({ dryRun: false })).hashedFiles, 1);
    bytes[bytes.byteLength - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    await assert.rejects(verify({ dryRun: false }), {
      code: "model_invalid",
      message: /diffusion_pytorch_model\.safetensors in .* changed since the download/,
    });
  });

  it("says that a folder without a download's record has no hashes to check", async () => {
    assert.equal((await verify({ dryRun: false })).hashedFiles, null);
  });

  it("finds weights that compute no numbers", async () => {
    await rewrite((tensor) =>
      tensor.name === "proj_out.bias"
        ? { ...tensor, values: new Float32Array(tensor.values.length).fill(Number.NaN) }
        : tensor,
    );
    await assert.rejects(verify(), { code: "model_invalid", message: /not numbers/ });
  });

  it("tells its steps in order", async () => {
    const steps: string[] = [];
    await verify({ onProgress: ({ step }) => steps.push(step) });
    assert.deepEqual(steps, ["shapes", "dry-run"]);
  });
});
