import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { activationLimitBytes } from "../src/pipeline/activation-limit.ts";
import { decodeLatents } from "../src/pipeline/decode-latents.ts";
import { denoise } from "../src/pipeline/denoise.ts";
import { foreseeMemory } from "../src/pipeline/memory-plan.ts";
import { prepareLatents } from "../src/pipeline/prepare-latents.ts";
import { resolveRequest } from "../src/pipeline/resolve-request.ts";
import { SanaPipeline } from "../src/pipeline/sana-pipeline.ts";
import { type Bench, type BenchResult, noise } from "./bench-result.ts";
import { benchFolder, fullSizeCheckpoint } from "./support/bench-folder.ts";

const SIDE_PX = 4096;
const PROMPT_TOKENS = 32;
/** Foreseen and measured may differ by a tenth. */
const GOAL = 1.1;
const POLL_MS = 50;

export const native4k: Bench = {
  about:
    "peak memory of one denoising step and the decode at 4096 px (0.6B, 4K's positions), against what was foreseen; takes half an hour",
  run,
};

async function run(): Promise<BenchResult> {
  const modelDir = await checkpointFor4k();
  const cacheDir = join(await benchFolder(), "cache");
  const load = { modelDir, cacheDir, provider: "cpu", precision: "fp32" } as const;
  const pipeline = await SanaPipeline.load({ ...load, memory: "sequential" });
  const { checkpoint, stages } = pipeline;
  const request = resolveRequest(checkpoint, {
    prompt: "",
    seed: 0,
    width: SIDE_PX,
    height: SIDE_PX,
    binning: false,
    steps: 1,
    guidanceScale: 1,
  });
  const { stages: foreseen } = await foreseeMemory(pipeline, request, "sequential");
  const [picture] = prepareLatents(checkpoint, request, null);
  if (picture === undefined) throw new Error("No picture was prepared.");
  const positive = await randomConditioning(pipeline);
  const prompt = { positive, negative: null } as Parameters<typeof denoise>[2]["prompt"];
  await stages.release();
  const step = await watched(() =>
    denoise(pipeline, picture, { prompt, guidanceScale: 1, onStep: async () => {} }),
  );
  await stages.release();
  const decode = await watched(() =>
    decodeLatents(
      { checkpoint, stages },
      { data: step.result, dims: picture.dims },
      {
        memoryLimitBytes: activationLimitBytes(),
        onTile: (tile, tiles) => process.stderr.write(`tile ${tile} of ${tiles}\n`),
      },
    ),
  );
  await pipeline.release();
  const { dims, data } = decode.result;
  if (dims.join() !== `1,3,${SIDE_PX},${SIDE_PX}` || !data.every(Number.isFinite))
    throw new Error(`The decoder made [${dims.join(", ")}], or values that are no numbers.`);
  const value = Math.max(step.peakBytes, decode.peakBytes);
  const reference = Math.max(foreseen.get("transformer") ?? 0, foreseen.get("vae-decoder") ?? 0);
  return {
    value: value / 1e9,
    unit: "GB",
    reference: reference / 1e9,
    ratio: value / reference,
    goal: `<= ${GOAL}`,
    met: value <= GOAL * reference,
    details: {
      step: { seconds: step.seconds, peakBytes: step.peakBytes },
      decode: { seconds: decode.seconds, peakBytes: decode.peakBytes },
      foreseen: Object.fromEntries(foreseen),
      stages: stages.takeReports(),
    },
  };
}

/** The cross-attention of a prompt that nobody wrote; Gemma itself is measured by `text-encode`. */
async function randomConditioning({
  checkpoint,
  stages,
}: SanaPipeline): Promise<Parameters<typeof denoise>[2]["prompt"]["positive"]> {
  const width = checkpoint.transformer.config.captionChannels;
  const made = await stages.run("conditioning", {
    encoder_hidden_states: { data: noise(PROMPT_TOKENS * width), dims: [1, PROMPT_TOKENS, width] },
  });
  const { cross_key: key, cross_value: value } = made;
  if (key === undefined || value === undefined) throw new Error("The conditioning has no output.");
  return { cross_key: key, cross_value: value };
}

/** Resident before any network was loaded; what is loaded goes between two stages, so that each counts alone. */
const idleBytes = process.memoryUsage.rss();

/** Runs something and watches the memory of this process meanwhile: its peak, beyond the idle process. */
async function watched<T>(
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; peakBytes: number }> {
  let peakBytes = 0;
  const poll = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, POLL_MS);
  const start = performance.now();
  try {
    const result = await work();
    const seconds = (performance.now() - start) / 1000;
    return { result, seconds, peakBytes: peakBytes - idleBytes };
  } finally {
    clearInterval(poll);
  }
}

/** The random checkpoint of real size, its transformer's config changed to what makes Sana's 4K checkpoint one. */
async function checkpointFor4k(): Promise<string> {
  const source = await fullSizeCheckpoint();
  const folder = `${source}-4k`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "transformer"), { recursive: true });
  for (const name of await readdir(source))
    if (name !== "transformer") await symlink(join(source, name), join(folder, name));
  for (const name of await readdir(join(source, "transformer")))
    if (name !== "config.json")
      await symlink(join(source, "transformer", name), join(folder, "transformer", name));
  const config: unknown = JSON.parse(
    await readFile(join(source, "transformer", "config.json"), "utf8"),
  );
  const changed = { ...(config as object), sample_size: SIDE_PX / 32, interpolation_scale: 2 };
  await writeFile(join(folder, "transformer", "config.json"), JSON.stringify(changed));
  return folder;
}
