import type { RgbPicture } from "../../src/image/encode-picture.ts";
import type { Rectangle, Tile } from "../../src/pipeline/tiles.ts";
import { enlarge, planNetworkTiles } from "../../src/upscale/enlarge.ts";
import { DEFAULT_UPSCALER, loadNetwork, planNetwork } from "../../src/upscale/network.ts";
import { noise } from "../bench-result.ts";

/**
 * Run as a process of its own, `node upscale-run.ts ours|tensorflow SIDE [ROWS]`: enlarges a picture of SIDE x SIDE four
 * times with ESRGAN thick, both engines in our tiles or only in the given rows of them ("0,1"), and prints as one JSON
 * line seconds, on the clock and of all cores together (which other work on the machine changes less), and memory,
 * counted from when the network is loaded and has run once on a small picture.
 */
const SCALE = 4;
const WARM_UP_PX = 32;
const POLL_MS = 20;

const [engine = "ours", sideText = "256", rowsText = ""] = process.argv.slice(2);
const side = Number(sideText);
const rows = rowsText === "" ? null : new Set(rowsText.split(",").map(Number));
const plan = await planNetwork(DEFAULT_UPSCALER, SCALE);
const run = engine === "ours" ? await openOurs() : await openTensorFlow();
await run(texture(WARM_UP_PX));
const baseBytes = process.memoryUsage.rss();
let peakBytes = baseBytes;
const poll = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, POLL_MS);
const start = performance.now();
const cpuStart = process.cpuUsage();
await run(texture(side));
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpuStart);
const cpuSeconds = (user + system) / 1e6;
clearInterval(poll);
peakBytes = Math.max(peakBytes, process.memoryUsage.rss(), process.resourceUsage().maxRSS * 1024);
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds, baseBytes, peakBytes })}\n`);
// WebAssembly's memory and ONNX Runtime's threads need no farewell.
process.exit(0);

type Run = (picture: RgbPicture) => Promise<unknown>;

async function openOurs(): Promise<Run> {
  const network = await loadNetwork(plan, { provider: "cpu" });
  return (picture) => {
    const tiles = tilesOf(picture);
    const onTile = (index: number): void => report(index, tiles);
    return enlarge(network, picture, { tiles, onTile });
  };
}

async function openTensorFlow(): Promise<Run> {
  const { openReference } = await import("../../test/support/tensorflow.ts");
  const network = await openReference(DEFAULT_UPSCALER, SCALE);
  return async (picture) => {
    const tiles = tilesOf(picture);
    for (const [index, { outer }] of tiles.entries()) {
      report(index, tiles);
      await network.run(cutInterleaved(picture, outer), outer);
    }
  };
}

function tilesOf(picture: RgbPicture): Tile[] {
  const tiles = planNetworkTiles(plan, picture);
  const tops = [...new Set(tiles.map(({ inner }) => inner.top))];
  // The warm-up has one row only.
  if (rows === null || tops.length === 1) return tiles;
  return tiles.filter(({ inner }) => rows.has(tops.indexOf(inner.top)));
}

function report(index: number, tiles: readonly Tile[]): void {
  if (tiles.length === 1) return;
  const passed = ((performance.now() - start) / 1000).toFixed(1);
  const cpu = (process.cpuUsage(cpuStart).user / 1e6).toFixed(1);
  process.stderr.write(
    `${engine}: ${index} of ${tiles.length} tiles in ${passed} s, ${cpu} s of CPU time\n`,
  );
}

/** [H, W, 3] in [0, 1]. */
function cutInterleaved({ rgb, width }: RgbPicture, outer: Rectangle): Float32Array {
  const cut = new Float32Array(3 * outer.height * outer.width);
  for (let y = 0; y < outer.height; y += 1) {
    const from = 3 * ((outer.top + y) * width + outer.left);
    const row = rgb.subarray(from, from + 3 * outer.width);
    cut.set(
      Float32Array.from(row, (byte) => byte / 255),
      3 * y * outer.width,
    );
  }
  return cut;
}

function texture(size: number): RgbPicture {
  const values = noise(3 * size * size);
  return { rgb: Uint8Array.from(values, (value) => 128 + 100 * value), width: size, height: size };
}
