/**
 * Run as a process of its own, `node measure-stage.ts FOLDER STAGE SIZES`: prints the most memory that loading a stage
 * and running it took above what the process held before, and what was foreseen, in bytes, as one JSON line. Linux only.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readAutoencoderConfig } from "../../src/models/autoencoder-dc/config.ts";
import { buildDecoderGraph } from "../../src/models/autoencoder-dc/decoder-graph.ts";
import { buildEncoderGraph } from "../../src/models/autoencoder-dc/encoder-graph.ts";
import { ESRGAN_NAMES, openEsrgan } from "../../src/models/super-resolution/esrgan.ts";
import { readTransformerConfig } from "../../src/models/sana-transformer/config.ts";
import { buildTransformerGraph } from "../../src/models/sana-transformer/transformer-graph.ts";
import { evaluate } from "../../src/onnx/dim.ts";
import type { OnnxGraph } from "../../src/onnx/graph-core.ts";
import { GraphBuilder } from "../../src/onnx/graph-builder.ts";
import { peakBytes } from "../../src/onnx/peak-memory.ts";
import { Session, type Tensor } from "../../src/onnx/session.ts";
import { openWeights } from "../../src/safetensors/checkpoint-weights.ts";

const [folder = "", stage = "", sizesText = "{}"] = process.argv.slice(2);
const sizes = JSON.parse(sizesText) as Record<string, number>;
const graph = await build();
const foreseen = peakBytes(graph, sizes);
// ONNX Runtime's own pages come first.
const g = new GraphBuilder("first");
g.output("y", g.add(g.input("x", "float32", [1]), g.scalar(1)));
const first = await Session.create(g.finish(), { provider: "cpu" });
await first.run({ x: { data: Float32Array.of(1), dims: [1] } });
await first.release();

// What lies behind a dead buffer is given back some turns after the collection that found it dead.
for (let turn = 0; turn < 10; turn += 1) {
  globalThis.gc?.();
  await new Promise(setImmediate);
}
const before = status("VmRSS");
writeFileSync("/proc/self/clear_refs", "5"); // Sets the high-water mark to what is held now.
const session = await Session.create(graph, { provider: "cpu" });
await session.run(
  Object.fromEntries(
    graph.inputs.map(({ name, type, shape }): [string, Tensor] => {
      const dims = shape.map((dim) => evaluate(dim, sizes));
      const length = dims.reduce((total, dim) => total * dim, 1);
      const data =
        type === "int64" ? new BigInt64Array(length).fill(1n) : new Float32Array(length).fill(0.5);
      return [name, { data, dims }];
    }),
  ),
);
process.stdout.write(`${JSON.stringify({ foreseen, measured: status("VmHWM") - before })}\n`);

/** The graph of a stage of the checkpoint, of one block of a 4K transformer, or of a network that enlarges four times. */
async function build(): Promise<OnnxGraph> {
  const upscaler = ESRGAN_NAMES.find((name) => name === stage);
  if (upscaler !== undefined) return openEsrgan(upscaler, 4);
  if (stage.startsWith("transformer")) {
    const at = join(folder, "transformer");
    const weights = await openWeights(at, "diffusion_pytorch_model");
    const config = await readTransformerConfig(at);
    const options = { computeType: "float32", clampAttention: true } as const;
    // A 4K picture's values are the same in every block, and one takes 8 seconds.
    const of4k = { ...config, interpolationScale: 2, layers: 1 };
    return buildTransformerGraph(stage === "transformer" ? config : of4k, weights, options);
  }
  const at = join(folder, "vae");
  const weights = await openWeights(at, "diffusion_pytorch_model");
  const config = await readAutoencoderConfig(at);
  return stage === "vae-decoder"
    ? buildDecoderGraph(config, weights, "float32")
    : buildEncoderGraph(config, weights, "float32");
}

function status(field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(
    readFileSync("/proc/self/status", "utf8"),
  );
  return 1024 * Number(line?.[1]);
}
