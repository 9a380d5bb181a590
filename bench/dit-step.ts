import { join } from "node:path";
import { buildConditioningGraph } from "../src/models/sana-transformer/conditioning-graph.ts";
import { readTransformerConfig } from "../src/models/sana-transformer/config.ts";
import { buildTransformerGraph } from "../src/models/sana-transformer/transformer-graph.ts";
import { symbol } from "../src/onnx/dim.ts";
import { GraphBuilder } from "../src/onnx/graph-builder.ts";
import type { OnnxGraph } from "../src/onnx/graph-core.ts";
import { Session, type Tensor } from "../src/onnx/session.ts";
import { openWeights } from "../src/safetensors/checkpoint-weights.ts";
import { type Bench, type BenchResult, alternately, noise, rateResult } from "./bench-result.ts";
import { fullSizeCheckpoint } from "./support/bench-folder.ts";

const GOAL = 0.9;
const ROUNDS = 5;
/** A 1024 px picture: 1,024 tokens. */
const LATENT = 32;
/** A prompt of twenty words. */
const CAPTION_TOKENS = 24;

export const ditStep: Bench = {
  about:
    "GFLOP/s of one call of Sana 0.6B's transformer at 1024 px in float32, against a plain MatMul of its size",
  run,
};

async function run(): Promise<BenchResult> {
  const folder = join(await fullSizeCheckpoint(), "transformer");
  const config = await readTransformerConfig(folder);
  const weights = await openWeights(folder, "diffusion_pytorch_model");
  const network = buildTransformerGraph(config, weights, {
    computeType: "float32",
    clampAttention: true,
  });
  const conditioning = await Session.create(buildConditioningGraph(config, weights, "float32"), {
    provider: "cpu",
  });
  const caption = {
    data: noise(CAPTION_TOKENS * config.captionChannels),
    dims: [1, CAPTION_TOKENS, config.captionChannels],
  };
  const cross = await conditioning.run({ encoder_hidden_states: caption });
  await conditioning.release();

  const plain = plainMatMul(config.innerDim, 2 * config.mlpHidden);
  const sessions = [
    await Session.create(network, { provider: "cpu" }),
    await Session.create(plain, { provider: "cpu" }),
  ] as const;
  const feeds: Record<string, Tensor> = {
    hidden_states: {
      data: noise(config.inChannels * LATENT ** 2),
      dims: [1, config.inChannels, LATENT, LATENT],
    },
    timestep: { data: Float32Array.of(500), dims: [1] },
    ...cross,
  };
  const tokens = LATENT ** 2;
  const x = { data: noise(tokens * config.innerDim), dims: [tokens, config.innerDim] };
  const [stepMs = Number.NaN, plainMs = Number.NaN] = await alternately(ROUNDS, [
    () => sessions[0].run(feeds),
    async () => {
      for (let i = 0; i < 10; i++) await sessions[1].run({ x });
    },
  ]);
  await Promise.all(sessions.map((session) => session.release()));
  const value =
    network.flops({ batch: 1, height: LATENT, width: LATENT, tokens: CAPTION_TOKENS }) /
    stepMs /
    1e6;
  const reference = (10 * plain.flops({ tokens })) / plainMs / 1e6;
  return rateResult(
    { value, reference },
    { goal: GOAL, details: { seconds: stepMs / 1000, rounds: ROUNDS } },
  );
}

/** [tokens, width] x [width, wide], the second a constant, as the feed-forward's first layer. */
function plainMatMul(width: number, wide: number): OnnxGraph {
  const g = new GraphBuilder("plain-matmul");
  const x = g.input("x", "float32", [symbol("tokens"), width]);
  g.output("y", g.matMul(x, g.constant("float32", Array.from(noise(width * wide)), [width, wide])));
  return g.finish();
}
