import { availableParallelism } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { SanaPipeline } from "../src/pipeline/sana-pipeline.ts";
import { assemblePrompt } from "../src/pipeline/text/prompt.ts";
import { type Bench, type BenchResult, alternately } from "./bench-result.ts";
import { benchFolder, fullSizeCheckpoint } from "./support/bench-folder.ts";
import { runPython } from "./support/python.ts";

const GOAL = 15;
const ROUNDS = 5;
const PROMPT_TOKENS = 32;

export const textEncode: Bench = {
  about:
    "how many times faster a prompt of 32 tokens is encoded than by diffusers' padded run, float32, real sizes",
  run,
};

async function run(): Promise<BenchResult> {
  const modelDir = await fullSizeCheckpoint();
  const cacheDir = join(await benchFolder(), "cache");
  const pipeline = await SanaPipeline.load({
    modelDir,
    cacheDir,
    provider: "cpu",
    precision: "fp32",
    memory: "all",
  });
  const { prompt, tokens } = promptOf(pipeline);
  const [milliseconds = Number.NaN] = await alternately(ROUNDS, [
    () => pipeline.textEncoder.encode(tokens),
  ]);
  await pipeline.release();
  const threads = String(availableParallelism());
  const reference = z
    .object({ float32: z.number(), bfloat16: z.number() })
    .safeParse(await runPython("text_encode.py", [modelDir, prompt, threads]));
  const ratio = reference.success ? reference.data.float32 / milliseconds : null;
  return {
    value: milliseconds,
    unit: "ms",
    reference: reference.success ? reference.data.float32 : null,
    ratio,
    goal: `reference / value >= ${GOAL}, and 8 against bfloat16`,
    met: reference.success && (ratio ?? 0) >= GOAL && reference.data.bfloat16 / milliseconds >= 8,
    details: reference.success ? { bfloat16Milliseconds: reference.data.bfloat16 } : {},
  };
}

/** Words until the prompt alone has 32 tokens. */
function promptOf({ checkpoint }: SanaPipeline) {
  const { tokenizer, manifest } = checkpoint;
  const parts = {
    tokenizer,
    instruction: manifest.complexHumanInstruction,
    maxSequenceLength: manifest.maxSequenceLength,
  };
  const own = assemblePrompt({ ...parts, prompt: "" }).keep.length;
  let prompt = "a red apple";
  let tokens = assemblePrompt({ ...parts, prompt });
  while (tokens.keep.length < own + PROMPT_TOKENS) {
    prompt += " and a cat";
    tokens = assemblePrompt({ ...parts, prompt });
  }
  return { prompt, tokens };
}
