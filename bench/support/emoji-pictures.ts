import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { PROJECT_DIR } from "../../src/config.ts";
import { SanaPipeline } from "../../src/pipeline/sana-pipeline.ts";
import type { GenerateRequest } from "../../src/pipeline/types.ts";
import { benchFolder } from "./bench-folder.ts";
import { runPython } from "./python.ts";

const run = promisify(execFile);
const DEADLINE_MS = 10 * 60_000;

/** The embedded checkpoint. */
export const EMOJI_CHECKPOINT = join(PROJECT_DIR, "models/emoji");
/** Its native side in pixels. */
export const PICTURE_SIDE = 256;

const promptsSchema = z.array(z.looseObject({ kind: z.string(), prompt: z.string() }));
const judgementSchema = z.object({
  classifierOnOriginals: z.number(),
  everyday: z.record(z.string(), z.object({ right: z.number(), of: z.number() })),
  kinds: z.record(
    z.string(),
    z.object({
      retrieval: z.number(),
      shuffled: z.number(),
      classifier: z.number().optional(),
      missed: z.array(z.string()),
    }),
  ),
});

/** What is asked for, and whatever else the judge needs to know about it. */
export type EmojiPrompt = z.infer<typeof promptsSchema>[number];
/** Shares by category; see bench/python/emoji_judge.py. */
export type Judgement = z.infer<typeof judgementSchema>;

/** Where prompts, reference pictures and the second judge lie. */
export interface EmojiBench {
  readonly data: string;
  readonly out: string;
  readonly prompts: readonly EmojiPrompt[];
}

/**
 * Draws the reference pictures from the npm packages (two minutes, 1.3 GB), writes the prompts, and trains the second judge,
 * each once.
 * @returns null where Python or its packages cannot be had
 */
export async function prepareEmojiBench(): Promise<EmojiBench | null> {
  const folder = join(await benchFolder(), "embedded");
  const data = process.env["SANABOT_EMOJI_DATA"] ?? (await rasterize(join(folder, "data")));
  const out = join(folder, "judge");
  await mkdir(out, { recursive: true });
  if (!existsSync(join(data, "vocabulary.json"))) {
    await runPython("../../training/vocabulary.py", [data]);
  }
  if ((await runPython("emoji_judge.py", ["prepare", data, out])) === null) return null;
  if (!existsSync(join(out, "classifier.pt"))) {
    process.stderr.write("Training the second judge on augmented originals (minutes) ...\n");
    if ((await runPython("emoji_judge.py", ["classifier", data, out])) === null) return null;
  }
  const prompts = promptsSchema.parse(
    JSON.parse(await readFile(join(out, "prompts.json"), "utf8")),
  );
  return { data, out, prompts };
}

/** The folder of training/README.md's data, made anew. */
async function rasterize(folder: string): Promise<string> {
  if (existsSync(join(folder, "pictures.json"))) return folder;
  process.stderr.write(`Drawing the reference pictures into ${folder} (two minutes, 1.3 GB) ...\n`);
  const part = `${folder}.part`;
  await mkdir(part, { recursive: true });
  await copyFile(join(PROJECT_DIR, "training/package.json"), join(part, "package.json"));
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const shell = process.platform === "win32";
  await run(npm, ["install", "--prefix", part], { timeout: DEADLINE_MS, shell });
  const script = join(PROJECT_DIR, "training/rasterize.mjs");
  await run(process.execPath, [script, part], { timeout: DEADLINE_MS });
  await rename(part, folder);
  return folder;
}

/** The embedded checkpoint on the CPU in float32. */
export async function loadEmoji(): Promise<SanaPipeline> {
  return SanaPipeline.load({
    modelDir: EMOJI_CHECKPOINT,
    cacheDir: join(await benchFolder(), "emoji-cache"),
    provider: "cpu",
    precision: "fp32",
    memory: "all",
  });
}

/** One native picture for each prompt, prompt i with seed i: interleaved RGB one after another. */
export async function drawAll(
  pipeline: SanaPipeline,
  prompts: readonly EmojiPrompt[],
  settings: Partial<GenerateRequest> = {},
): Promise<Uint8Array> {
  const bytes = 3 * PICTURE_SIDE ** 2;
  const pictures = new Uint8Array(bytes * prompts.length);
  for (const [seed, { prompt }] of prompts.entries()) {
    const { pictures: drawn } = await pipeline.generate({ prompt, seed, ...settings });
    pictures.set(drawn[0]?.rgb ?? new Uint8Array(), bytes * seed);
  }
  return pictures;
}

/** What the judges say about these pictures. */
export async function judge(
  { data, out }: EmojiBench,
  prompts: readonly EmojiPrompt[],
  pictures: Uint8Array,
): Promise<Judgement> {
  const name = `pictures-${process.pid}`;
  await writeFile(join(out, `${name}.json`), JSON.stringify(prompts));
  await writeFile(join(out, `${name}.raw`), pictures);
  return judgementSchema.parse(await runPython("emoji_judge.py", ["judge", data, out, name]));
}
