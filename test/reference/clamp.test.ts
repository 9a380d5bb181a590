import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { buildConditioningGraph } from "../../src/models/sana-transformer/conditioning-graph.ts";
import { readTransformerConfig } from "../../src/models/sana-transformer/config.ts";
import { buildTransformerGraph } from "../../src/models/sana-transformer/transformer-graph.ts";
import { Session, type Tensor } from "../../src/onnx/session.ts";
import { openWeights } from "../../src/safetensors/checkpoint-weights.ts";
import { readFloats } from "../../src/safetensors/read-tensor.ts";
import { openSafetensors } from "../../src/safetensors/safetensors-file.ts";
import { relativeError } from "../support/compare.ts";
import { tinyCheckpoint } from "../support/tiny-checkpoint.ts";

const folder = join(tinyCheckpoint("overflow"), "transformer");
const config = await readTransformerConfig(folder);
const weights = await openWeights(folder, "diffusion_pytorch_model");
const { tensors } = await openSafetensors(
  join(import.meta.dirname, "pipelines/overflow.safetensors"),
);

async function recorded(name: string): Promise<Tensor> {
  const location = tensors.get(name);
  assert.ok(location !== undefined, name);
  return { data: await readFloats(location), dims: location.shape };
}

async function runOnce(
  graph: ReturnType<typeof buildTransformerGraph>,
  feeds: Record<string, Tensor>,
) {
  const session = await Session.create(graph, { provider: "cpu", threads: 1 });
  const outputs = await session.run(feeds);
  await session.release();
  return outputs;
}

for (const [clampAttention, name, other] of [
  [true, "clamped", "free"],
  [false, "free", "clamped"],
] as const) {
  test(`activations beyond 65504 are ${name} as in diffusers with the clamp ${clampAttention ? "on" : "off"}`, async () => {
    const cross = await runOnce(buildConditioningGraph(config, weights, "float32"), {
      encoder_hidden_states: await recorded("encoder_hidden_states"),
    });
    const { sample } = await runOnce(
      buildTransformerGraph(config, weights, { computeType: "float32", clampAttention }),
      {
        hidden_states: await recorded("hidden_states"),
        timestep: await recorded("timestep"),
        ...(cross as Record<"cross_key" | "cross_value", Tensor>),
      },
    );
    assert.ok(sample !== undefined);
    const error = async (key: string): Promise<number> =>
      relativeError(Array.from(sample.data, Number), (await recorded(key)).data as Float32Array);
    assert.ok((await error(name)) < 1e-4, `${await error(name)}`);
    assert.ok((await error(other)) > 1e-2, "the case must tell the two apart");
  });
}
