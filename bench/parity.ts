import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, BenchResult } from "./bench-result.ts";
import { psnr } from "./support/psnr.ts";
import { benchFolder } from "./support/bench-folder.ts";
import { EMOJI_CHECKPOINT, drawAll, loadEmoji } from "./support/emoji-pictures.ts";
import { runPython } from "./support/python.ts";

const PROMPTS = [
  "a red apple",
  "A DOG ON A BLUE BACKGROUND",
  "two cats",
  "ein hund",
  "猫",
  "🍕",
  "a tree next to a house",
  "a small rocket",
  "draw me a unicorn at night, please",
  "something that nobody has ever drawn",
];
/** Decibels of the prompt that agrees least. */
const GOAL = 50;

export const parity: Bench = {
  about: "lowest PSNR in dB between ten pictures of the built-in model here and in diffusers",
  run,
};

async function run(): Promise<BenchResult> {
  const folder = await benchFolder();
  const [prompts, out] = [join(folder, "parity.json"), join(folder, "parity.raw")];
  await writeFile(prompts, JSON.stringify(PROMPTS));
  const result = { unit: "dB", reference: null, ratio: null, goal: `> ${GOAL}` };
  if ((await runPython("emoji_parity.py", [EMOJI_CHECKPOINT, prompts, out])) === null) {
    return { value: 0, ...result, met: false };
  }
  const pipeline = await loadEmoji();
  const ours = await drawAll(
    pipeline,
    PROMPTS.map((prompt) => ({ kind: "parity", prompt })),
    { binning: false },
  );
  await pipeline.release();
  const theirs = await readFile(out);
  const bytes = ours.length / PROMPTS.length;
  const decibels = PROMPTS.map((_, i) => {
    const part = [i * bytes, (i + 1) * bytes] as const;
    return psnr(ours.subarray(...part), theirs.subarray(...part));
  });
  const value = Math.min(...decibels);
  return { value, ...result, met: value > GOAL, details: { decibels } };
}
