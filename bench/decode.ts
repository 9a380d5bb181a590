import { join } from "node:path";
import { readAutoencoderConfig } from "../src/models/autoencoder-dc/config.ts";
import { buildDecoderGraph } from "../src/models/autoencoder-dc/decoder-graph.ts";
import { symbol } from "../src/onnx/dim.ts";
import { GraphBuilder } from "../src/onnx/graph-builder.ts";
import type { OnnxGraph } from "../src/onnx/graph-core.ts";
import { Session } from "../src/onnx/session.ts";
import { openWeights } from "../src/safetensors/checkpoint-weights.ts";
import { type Bench, type BenchResult, alternately, noise, rateResult } from "./bench-result.ts";
import { fullSizeCheckpoint } from "./support/bench-folder.ts";

const GOAL = 0.95;
const ROUNDS = 5;
/** A 512 px picture. */
const LATENT = 16;
/** A plain 3x3 convolution of a middle stage: 256 channels at 256 x 256. */
const PLAIN = { channels: 256, side: 256 };

export const decode: Bench = {
  about: "GFLOP/s of the DC-AE decoder at 512 px in float32, against a plain 3x3 convolution",
  run,
};

async function run(): Promise<BenchResult> {
  const folder = join(await fullSizeCheckpoint(), "vae");
  const config = await readAutoencoderConfig(folder);
  const weights = await openWeights(folder, "diffusion_pytorch_model");
  const decoder = buildDecoderGraph(config, weights, "float32");
  const plain = plainConvolution();
  const sessions = [
    await Session.create(decoder, { provider: "cpu" }),
    await Session.create(plain, { provider: "cpu" }),
  ] as const;
  const latents = {
    data: noise(config.latentChannels * LATENT ** 2),
    dims: [1, config.latentChannels, LATENT, LATENT],
  };
  const x = {
    data: noise(PLAIN.channels * PLAIN.side ** 2),
    dims: [1, PLAIN.channels, PLAIN.side, PLAIN.side],
  };
  const [decodeMs = Number.NaN, plainMs = Number.NaN] = await alternately(ROUNDS, [
    () => sessions[0].run({ latents }),
    () => sessions[1].run({ x }),
  ]);
  await Promise.all(sessions.map((session) => session.release()));
  const value = decoder.flops({ batch: 1, height: LATENT, width: LATENT }) / decodeMs / 1e6;
  const reference = plain.flops({ height: PLAIN.side, width: PLAIN.side }) / plainMs / 1e6;
  return rateResult(
    { value, reference },
    { goal: GOAL, details: { seconds: decodeMs / 1000, rounds: ROUNDS } },
  );
}

function plainConvolution(): OnnxGraph {
  const g = new GraphBuilder("plain-convolution");
  const { channels } = PLAIN;
  const x = g.input("x", "float32", [1, channels, symbol("height"), symbol("width")]);
  const kernel = g.constant("float32", Array.from(noise(channels * channels * 9)), [
    channels,
    channels,
    3,
    3,
  ]);
  g.output("y", g.conv(x, kernel, { pads: [1, 1, 1, 1] }));
  return g.finish();
}
