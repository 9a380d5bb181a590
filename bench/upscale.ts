import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

import type { RgbPicture } from "../src/image/encode-picture.ts";
import { resizeLanczos } from "../src/image/resize-lanczos.ts";
import { Upscaler } from "../src/upscale/upscale.ts";
import type { Bench, BenchResult } from "./bench-result.ts";
import { benchFolder } from "./support/bench-folder.ts";
import { type OpenPicture, openPictures, PICTURE_SOURCES } from "./support/open-pictures.ts";
import { luminance, psnrOf, ssimOf } from "./support/picture-quality.ts";
import { writeSideBySide } from "./support/side-by-side.ts";

const SCALE = 4;
const DEFAULT = "esrgan-thick";
const NETWORKS = ["esrgan-slim", "esrgan-medium", DEFAULT] as const;
/** Beyond the loaded network, from 1024 to 4096. */
const MAX_PEAK_BYTES = 1.5e9;
/** What TensorFlow.js is given: one of our tiles. The whole picture takes it a quarter of an hour; see {@link runWhole}. */
const TILE_PX = 256;
const WHOLE_PX = 1024;
const SHOWN = new Set([
  "astronaut.png",
  "chelsea.png",
  "nature/Garden.jpg",
  "logo.png",
  "samples-0",
]);

export const upscale: Bench = {
  about:
    "PSNR and SSIM of ESRGAN x4 against Lanczos on open pictures; 1024 to 4096 in time and memory (UPSCALE_WHOLE=1: only that, against TensorFlow.js)",
  run: () => (process.env["UPSCALE_WHOLE"] === undefined ? run() : runWhole()),
};

async function run(): Promise<BenchResult> {
  const quality = await measureQuality(await openPictures());
  const ours = await runApart("ours", TILE_PX);
  const tensorFlow = await runApart("tensorflow", TILE_PX);
  const large = await runApart("ours", WHOLE_PX);
  const { [DEFAULT]: chosen, lanczos } = quality;
  if (chosen === undefined || lanczos === undefined) throw new Error("Nothing was measured.");
  const peakBytes = large.peakBytes - large.baseBytes;
  return {
    value: chosen.psnr,
    unit: "dB",
    reference: lanczos.psnr,
    ratio: chosen.psnr / lanczos.psnr,
    goal: "> 1, SSIM too, and 1024 to 4096 under 1.5 GB beyond the network",
    met: chosen.psnr > lanczos.psnr && chosen.ssim > lanczos.ssim && peakBytes < MAX_PEAK_BYTES,
    details: {
      quality,
      sources: [...PICTURE_SOURCES, "models/emoji/samples.png (our own)"],
      to4096: describe(large),
      tile: { px: TILE_PX, ...describe(ours) },
      tensorFlowTile: describe(tensorFlow),
      timesFasterThanTensorFlow: tensorFlow.seconds / ours.seconds,
    },
  };
}

/**
 * 1024 to 4096 against TensorFlow.js in the same tiles: ten minutes and more. UPSCALE_ROWS=0,1 takes only these of the
 * four rows of tiles; the last two are as large as the first two.
 */
async function runWhole(): Promise<BenchResult> {
  const rows = process.env["UPSCALE_ROWS"] ?? "";
  const ours = await runApart("ours", WHOLE_PX, rows);
  const tensorFlow = await runApart("tensorflow", WHOLE_PX, rows);
  return {
    value: ours.seconds,
    unit: "s",
    reference: tensorFlow.seconds,
    ratio: ours.seconds / tensorFlow.seconds,
    goal: "< 1",
    met: ours.seconds < tensorFlow.seconds,
    details: {
      rows: rows === "" ? "all" : rows,
      ours: describe(ours),
      tensorFlow: describe(tensorFlow),
      cpuRatio: ours.cpuSeconds / tensorFlow.cpuSeconds,
    },
  };
}

interface Quality {
  psnr: number;
  ssim: number;
  /** All pictures together. */
  seconds: number;
  pictures: number;
}

type Enlarge = (
  picture: RgbPicture,
  size: { width: number; height: number },
) => Promise<RgbPicture>;

/** Reduces each picture by 4 and enlarges it again in every way; means over all pictures. */
async function measureQuality(pictures: readonly OpenPicture[]): Promise<Record<string, Quality>> {
  const ways: [string, Enlarge][] = [
    ["lanczos", (picture, size) => Promise.resolve(resizeLanczos(picture, size))],
    ...(await Promise.all(
      NETWORKS.map(async (name) => [name, await openWay(name)] as [string, Enlarge]),
    )),
  ];
  const sums: Record<string, Quality> = {};
  const rows: RgbPicture[][] = [];
  for (const { name, picture } of pictures) {
    const { width, height } = picture;
    const reduced = resizeLanczos(picture, { width: width / SCALE, height: height / SCALE });
    const expected = luminance(picture, SCALE);
    const versions: RgbPicture[] = [];
    for (const [way, enlarge] of ways) {
      const start = performance.now();
      const enlarged = await enlarge(reduced, { width, height });
      const seconds = (performance.now() - start) / 1000;
      const actual = luminance(enlarged, SCALE);
      const sum = (sums[way] ??= { psnr: 0, ssim: 0, seconds: 0, pictures: pictures.length });
      sum.psnr += psnrOf(actual, expected) / pictures.length;
      sum.ssim += ssimOf(actual, expected) / pictures.length;
      sum.seconds += seconds;
      if (way === "lanczos" || way === DEFAULT) versions.push(enlarged);
    }
    if (SHOWN.has(name)) rows.push([...versions, picture]);
  }
  await writeSideBySide(join(await benchFolder(), "upscale.png"), rows);
  return sums;
}

async function openWay(upscaler: string): Promise<Enlarge> {
  const network = await Upscaler.load({ upscaler, provider: "cpu", cacheDir: tmpdir() });
  return async (picture, { width, height }) => {
    const made = await network.upscale(picture, { longestSide: Math.max(width, height) });
    if (made.method !== "faithful" || !("rgb" in made.picture))
      throw new Error(`${upscaler} did not run.`);
    return made.picture;
  };
}

function describe({
  seconds,
  cpuSeconds,
  baseBytes,
  peakBytes,
}: z.infer<typeof runSchema>): object {
  return { seconds, cpuSeconds, peakBytes: peakBytes - baseBytes };
}

const runSchema = z.object({
  seconds: z.number(),
  cpuSeconds: z.number(),
  baseBytes: z.number(),
  peakBytes: z.number(),
});

/** In a process of its own, so that one engine's memory is not the other's. */
async function runApart(
  engine: "ours" | "tensorflow",
  side: number,
  rows = "",
): Promise<z.infer<typeof runSchema>> {
  const script = join(import.meta.dirname, "support/upscale-run.ts");
  const running = promisify(execFile)(process.execPath, [script, engine, String(side), rows]);
  running.child.stderr?.pipe(process.stderr);
  const { stdout } = await running;
  return runSchema.parse(JSON.parse(stdout));
}
