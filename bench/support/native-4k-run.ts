import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { encodePicture } from "../../src/image/encode-picture.ts";
import { activationLimitBytes } from "../../src/pipeline/activation-limit.ts";
import { decodeLatents } from "../../src/pipeline/decode-latents.ts";
import { denoise, type DenoiseOptions } from "../../src/pipeline/denoise.ts";
import { foreseeMemory } from "../../src/pipeline/memory-plan.ts";
import { prepareLatents } from "../../src/pipeline/prepare-latents.ts";
import { resolveRequest } from "../../src/pipeline/resolve-request.ts";
import { SanaPipeline } from "../../src/pipeline/sana-pipeline.ts";
import { toRgb8 } from "../../src/pipeline/to-rgb8.ts";
import { noise } from "../bench-result.ts";

/**
 * Run as a process of its own, `node native-4k-run.ts step|decode MODEL_DIR FOLDER`: one guided denoising step at
 * 4096 x 4096 that leaves its latents in FOLDER, or the decode of these, which leaves a PNG there. Prints as one JSON
 * line seconds, on the clock and of all cores together, the memory of the idle process, the peak of the whole process
 * as the system counted it, and what was foreseen of each stage.
 */
const SIDE_PX = 4096;
const PROMPT_TOKENS = 32;

const [what = "step", modelDir = "", folder = ""] = process.argv.slice(2);
const load = {
  modelDir,
  cacheDir: join(folder, "cache"),
  provider: "cpu",
  precision: "fp32",
} as const;
const pipeline = await SanaPipeline.load({ ...load, memory: "sequential" });
const { checkpoint, stages } = pipeline;
const request = resolveRequest(checkpoint, {
  prompt: "",
  seed: 0,
  width: SIDE_PX,
  height: SIDE_PX,
  binning: false,
  steps: 1,
});
const [picture] = prepareLatents(checkpoint, request, null);
if (picture === undefined) throw new Error("No picture was prepared.");
const { dims } = picture;
const { stages: foreseen } = await foreseeMemory(pipeline, request, "sequential");
const latentsFile = join(folder, "native-4k.latents");

const idleBytes = process.memoryUsage.rss();
const start = performance.now();
const cpuStart = process.cpuUsage();
const values = what === "step" ? await step() : await decode();
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpuStart);
const peakBytes = await highWaterBytes();
if (!values.every(Number.isFinite)) throw new Error(`The ${what} made values that are no numbers.`);
if (what === "step") await writeFile(latentsFile, values);
else await show(values);
const result = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  idleBytes,
  peakBytes,
  foreseen: Object.fromEntries(foreseen),
  stages: stages.takeReports(),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await pipeline.release();

async function step(): Promise<Float32Array> {
  const positive = await randomConditioning(PROMPT_TOKENS);
  const negative = await randomConditioning(1);
  const { guidanceScale } = request;
  const onStep = async (): Promise<void> => {};
  if (picture === undefined) throw new Error("No picture was prepared.");
  return denoise(pipeline, picture, { prompt: { positive, negative }, guidanceScale, onStep });
}

async function decode(): Promise<Float32Array> {
  const bytes = await readFile(latentsFile);
  const data = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  );
  const { data: decoded, dims: size } = await decodeLatents(
    pipeline,
    { data, dims },
    {
      memoryLimitBytes: activationLimitBytes(stages.memoryBytes("vae-decoder")),
      onTile: (tile, tiles) => {
        const passed = ((performance.now() - start) / 1000).toFixed(0);
        process.stderr.write(`tile ${tile} of ${tiles} after ${passed} s\n`);
      },
    },
  );
  if (size.join() !== `1,3,${SIDE_PX},${SIDE_PX}`) throw new Error(`Decoded to ${size.join()}.`);
  return decoded;
}

/** The cross-attention of a prompt that nobody wrote; Gemma itself is measured by `text-encode`. */
async function randomConditioning(tokens: number): Promise<DenoiseOptions["prompt"]["positive"]> {
  const width = checkpoint.transformer.config.captionChannels;
  const made = await stages.run("conditioning", {
    encoder_hidden_states: { data: noise(tokens * width), dims: [1, tokens, width] },
  });
  const { cross_key: key, cross_value: value } = made;
  if (key === undefined || value === undefined) throw new Error("The conditioning has no output.");
  return { cross_key: key, cross_value: value };
}

/** The most that this process ever held. `maxRSS` will not do: a child begins with its parent's. */
async function highWaterBytes(): Promise<number> {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile("/proc/self/status", "utf8"));
  if (line === null) throw new Error("This system does not tell a process's peak.");
  return Number(line[1]) * 1024;
}

async function show(decoded: Float32Array): Promise<void> {
  const rgb = toRgb8(decoded, { height: SIDE_PX, width: SIDE_PX });
  const size = { width: SIDE_PX, height: SIDE_PX };
  const png = await encodePicture({ rgb, ...size }, { format: "png", recipe: null });
  await writeFile(join(folder, "native-4k.png"), png);
}
