import type { SanaPipeline } from "../src/pipeline/sana-pipeline.ts";
import type { SchedulerName } from "../src/pipeline/schedulers/schedule.ts";
import type { Bench, BenchResult } from "./bench-result.ts";
import {
  type EmojiBench,
  type EmojiPrompt,
  PICTURE_SIDE,
  judge,
  loadEmoji,
  prepareEmojiBench,
} from "./support/emoji-pictures.ts";

/** Half single objects, half objects on a colour. */
const PROMPTS = 16;
/** Where both solvers arrive at the same picture. */
const REFERENCE: Solver = { scheduler: "euler", steps: 200 };
const SOLVERS: readonly Solver[] = [
  { scheduler: "dpm++", steps: 8 },
  { scheduler: "dpm++", steps: 14 },
  { scheduler: "dpm++", steps: 20 },
  { scheduler: "euler", steps: 14 },
  { scheduler: "euler", steps: 28 },
  { scheduler: "euler", steps: 50 },
];
const GOAL = "Flow-DPM-Solver at 14 steps at most as far from the reference as Flow-Euler at 28";

interface Solver {
  readonly scheduler: SchedulerName;
  readonly steps: number;
}

/** What a solver drew for every prompt. */
interface Drawn {
  readonly latents: readonly Float32Array[];
  readonly pictures: Uint8Array;
}

export const solver: Bench = {
  about:
    "how far Flow-DPM-Solver at 14 steps is from a 200-step reference on the built-in model, against Flow-Euler at 28",
  run,
};

async function run(): Promise<BenchResult> {
  const bench = await prepareEmojiBench();
  if (bench === null) {
    const none = { reference: null, ratio: null, goal: GOAL, met: false };
    return { value: 0, unit: "relative distance of latents", ...none };
  }
  const { prompts } = bench;
  const chosen = ["single", "colour"].flatMap((wanted) =>
    prompts.filter(({ kind }) => kind === wanted).slice(0, PROMPTS / 2),
  );
  const pipeline = await loadEmoji();
  const exact = await draw(pipeline, chosen, REFERENCE);
  const rows: Record<string, { distance: number; retrieval: number }> = {};
  for (const each of SOLVERS) {
    const drawn = await draw(pipeline, chosen, each);
    const distances = drawn.latents.map((latents, i) =>
      relativeDistance(latents, exact.latents[i]),
    );
    rows[`${each.scheduler} ${each.steps}`] = {
      distance: distances.reduce((sum, value) => sum + value, 0) / distances.length,
      retrieval: await retrieval(bench, chosen, drawn),
    };
  }
  await pipeline.release();
  const value = rows["dpm++ 14"]?.distance ?? Number.NaN;
  const reference = rows["euler 28"]?.distance ?? Number.NaN;
  return {
    value,
    unit: "relative distance of latents",
    reference,
    ratio: value / reference,
    goal: GOAL,
    met: value <= reference,
    details: { ...rows, referenceRetrieval: await retrieval(bench, chosen, exact) },
  };
}

async function draw(
  pipeline: SanaPipeline,
  prompts: readonly EmojiPrompt[],
  settings: Solver,
): Promise<Drawn> {
  const bytes = 3 * PICTURE_SIDE ** 2;
  const pictures = new Uint8Array(bytes * prompts.length);
  const latents: Float32Array[] = [];
  for (const [seed, { prompt }] of prompts.entries()) {
    const { pictures: drawn } = await pipeline.generate({ prompt, seed, ...settings });
    const [picture] = drawn;
    if (picture === undefined) throw new Error("no picture was made");
    pictures.set(picture.rgb, bytes * seed);
    latents.push(picture.latents.data);
  }
  return { latents, pictures };
}

async function retrieval(
  bench: EmojiBench,
  prompts: readonly EmojiPrompt[],
  { pictures }: Drawn,
): Promise<number> {
  const { kinds } = await judge(bench, prompts, pictures);
  const shares = Object.values(kinds).map((kind) => kind.retrieval);
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** The root of the squared differences over that of the reference's squares. */
function relativeDistance(values: Float32Array, reference: Float32Array | undefined): number {
  let [difference, size] = [0, 0];
  for (const [i, value] of values.entries()) {
    const expected = reference?.[i] ?? Number.NaN;
    difference += (value - expected) ** 2;
    size += expected ** 2;
  }
  return Math.sqrt(difference / size);
}
