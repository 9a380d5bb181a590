import { tmpdir } from "node:os";

import type { RgbPicture } from "../../src/image/encode-picture.ts";
import { Upscaler } from "../../src/upscale/upscale.ts";
import { noise } from "../bench-result.ts";

/**
 * Run as a process of its own, `node upscale-run.ts ours|tensorflow SIDE`: enlarges a picture of SIDE x SIDE four times
 * with ESRGAN thick and prints as one JSON line seconds, on the clock and of all cores together (which other work on the
 * machine changes less), and memory, counted from when the network is loaded and has run once on a small picture.
 */
const SCALE = 4;
const WARM_UP_PX = 32;
const POLL_MS = 20;

const [engine = "ours", sideText = "256"] = process.argv.slice(2);
const side = Number(sideText);
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
  const upscaler = await Upscaler.load({ provider: "cpu", cacheDir: tmpdir() });
  return (picture) => upscaler.upscale(picture, { longestSide: SCALE * picture.width });
}

async function openTensorFlow(): Promise<Run> {
  const { openReference } = await import("../../test/support/tensorflow.ts");
  const network = await openReference("esrgan-thick", SCALE);
  return ({ rgb, width, height }) =>
    network.run(
      Float32Array.from(rgb, (byte) => byte / 255),
      { width, height },
    );
}

function texture(size: number): RgbPicture {
  const values = noise(3 * size * size);
  return { rgb: Uint8Array.from(values, (value) => 128 + 100 * value), width: size, height: size };
}
