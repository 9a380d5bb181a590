import assert from "node:assert/strict";
import { test } from "node:test";
import type { GenerateRequest } from "../../src/pipeline/types.ts";
import { relativeError } from "../support/compare.ts";
import { noWebgpu } from "../support/software-vulkan.ts";
import { loadTiny } from "../support/tiny-checkpoint.ts";

const request: GenerateRequest = {
  prompt: "a red apple",
  seed: 11,
  width: 64,
  height: 32,
  steps: 2,
  binning: false,
};

test(
  "the tiny pipeline on WebGPU draws what it draws on the CPU",
  { skip: noWebgpu, timeout: 300_000 },
  async () => {
    const drawn = [];
    for (const provider of ["cpu", "webgpu"] as const) {
      const pipeline = await loadTiny("base", { provider });
      const tensors = new Map<string, Float32Array>();
      const add = (name: string, data: Float32Array | BigInt64Array): void => {
        if (data instanceof Float32Array) tensors.set(name, Float32Array.from(data));
      };
      const { stages } = await pipeline.generate(request, { trace: { add } });
      drawn.push({ tensors, stages });
      await pipeline.release();
    }
    const [cpu, gpu] = drawn;
    assert.ok(cpu !== undefined && gpu !== undefined);
    // Gemma stays on the CPU there; the transformer and the decoder do not.
    assert.deepEqual(
      gpu.stages.map(({ provider }) => provider),
      ["cpu", "webgpu", "webgpu", "webgpu"],
    );
    for (const [name, limit] of [
      ["latents.2", 1e-3],
      ["decoded", 5e-3],
    ] as const) {
      const error = relativeError(gpu.tensors.get(name) ?? [], cpu.tensors.get(name) ?? []);
      assert.ok(error < limit, `${name}: relative error ${error}`);
    }
  },
);
