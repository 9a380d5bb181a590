import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";

import sharp from "sharp";

import { PROJECT_DIR, SOFTWARE } from "../../src/config.ts";
import { encodePicture } from "../../src/image/encode-picture.ts";
import { readRecipe } from "../../src/image/read-recipe.ts";
import type { Recipe } from "../../src/image/recipe.ts";
import { temporaryFolder, tinyCheckpoint } from "../support/tiny-checkpoint.ts";

const folder = await temporaryFolder();
const RECIPE: Recipe = {
  prompt: "a red apple",
  negativePrompt: "",
  width: 48,
  height: 32,
  steps: 4,
  guidanceScale: 4.5,
  scheduler: "dpm++",
  seed: 7,
  rng: "cpu",
  parent: "1234/0",
  model: { name: "emoji", hash: "00ff" },
  software: "sanabot 0.0.1",
};
const rgb = Uint8Array.from({ length: 3 * 48 * 32 }, (_, i) => (i * 7) % 256);
await writeFile(
  join(folder, "in.png"),
  await encodePicture({ rgb, width: 48, height: 32 }, { format: "png", recipe: RECIPE }),
);
const frames = { width: 4, height: 8, channels: 3, pageHeight: 4 } as const;
await sharp(
  Uint8Array.from({ length: 96 }, (_, i) => (i < 48 ? 0 : 200)),
  { raw: frames },
)
  .gif()
  .toFile(join(folder, "animated.gif"));
const veil = Uint8Array.from({ length: 4 * 64 }, (_, i) => (i % 4 === 3 ? 100 : 50));
await sharp(veil, { raw: { width: 8, height: 8, channels: 4 } })
  .png()
  .toFile(join(folder, "veil.png"));

async function run(
  ...args: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(PROJECT_DIR, "src/cli.ts"), "upscale", ...args], {
    cwd: folder,
    env: {
      ...process.env,
      DATA_DIR: join(folder, "data"),
      PROVIDER: "cpu",
      UPSCALER: "esrgan-slim",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { status: child.exitCode, stdout, stderr };
}

describe("sanabot upscale", () => {
  it("writes the bigger picture, names the method, and keeps the recipe with its parent", async () => {
    const { status, stdout, stderr } = await run("in.png", "--out", "out.webp", "--to", "144");
    assert.deepEqual([status, stderr], [0, ""]);
    assert.equal(stdout, "out.webp (144 x 96, ESRGAN slim x3)\n");
    const file = await readFile(join(folder, "out.webp"));
    const { width, height } = await sharp(file).metadata();
    assert.deepEqual([width, height], [144, 96]);
    const upscaled = { width: 144, height: 96, method: "ESRGAN slim x3" };
    assert.deepEqual(await readRecipe(file), { ...RECIPE, upscaled, software: SOFTWARE });
  });

  it("prints one JSON object about the run", async () => {
    const { status, stdout, stderr } = await run(
      "in.png",
      "--out",
      "j.png",
      "--to",
      "96",
      "--json",
    );
    assert.deepEqual([status, stderr], [0, ""]);
    const facts = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(
      [facts["files"], facts["width"], facts["height"], facts["method"], facts["name"]],
      [["j.png"], 96, 64, "faithful", "ESRGAN slim x2"],
    );
    assert.ok(Number(facts["milliseconds"]) > 0);
    assert.ok((facts["cost"] as { flops: number }).flops > 0);
    assert.ok((facts["peakMemory"] as { hostBytes: number }).hostBytes > 0);
  });

  it("says so where the provider that was asked for is missing", async () => {
    const { stdout } = await run("in.png", "--out", "p.png", "--to", "96", "--provider", "dml");
    assert.match(stdout, /ESRGAN slim x2\)\nIt ran on cpu: dml could not be used; /);
  });

  it("resizes without a network, and says so", async () => {
    const { stdout } = await run("in.png", "--out", "l.jpg", "--to", "96", "--mode", "lanczos");
    assert.equal(stdout, "l.jpg (96 x 64, Lanczos with mild sharpening)\n");
  });

  it("keeps transparency, and says where a format cannot", async () => {
    const kept = await run("veil.png", "--out", "veil-16.png", "--to", "16");
    assert.equal(kept.status, 0);
    const { hasAlpha } = await sharp(join(folder, "veil-16.png")).metadata();
    assert.equal(hasAlpha, true);
    const { stdout } = await run("veil.png", "--out", "veil.jpg", "--to", "16");
    assert.match(stdout, /JPEG knows no transparency: it became white/);
  });

  it("draws anew with a Sana model and the prompt in the file", async () => {
    const model = join(PROJECT_DIR, "models/emoji");
    const how = ["--mode", "creative", "--strength", "0.3", "--seed", "3", "--model", model];
    const { status, stdout, stderr } = await run("in.png", "--out", "c.png", "--to", "96", ...how);
    assert.equal(status, 0, stderr);
    assert.match(
      stderr,
      /^Drawing 96 x 64 anew takes [\d.]+ TFLOP and up to [\d.]+ GiB of memory\.\n$/,
    );
    assert.match(stdout, /^c\.png \(96 x 64, /);
    const recipe = await readRecipe(await readFile(join(folder, "c.png")));
    assert.deepEqual([recipe?.upscaled?.strength, recipe?.upscaled?.seed], [0.3, 3]);
  });

  it("draws anew with a Sprint model, which knows no negative prompt, what another drew with one", async () => {
    const recipe = { ...RECIPE, negativePrompt: "blurry" };
    const picture = { rgb, width: 48, height: 32 };
    await writeFile(
      join(folder, "negative.png"),
      await encodePicture(picture, { format: "png", recipe }),
    );
    const how = ["--mode", "creative", "--model", tinyCheckpoint("sprint"), "--to", "96"];
    const { status, stderr } = await run("negative.png", "--out", "s.png", ...how);
    assert.equal(status, 0, stderr);
  });

  const refused: [args: string[], words: RegExp][] = [
    [
      ["in.png", "--out", "x.png", "--to", "40"],
      /48 x 32 pixels already; upscaling to 40 would gain nothing/,
    ],
    [
      ["animated.gif", "--out", "x.png"],
      /^animated\.gif: This picture is animated; send a still one\.\n$/,
    ],
    [["none.png", "--out", "x.png"], /none\.png cannot be read/],
    [["in.png", "--out", "x.gif"], /must end in \.png, \.webp, \.jpg or \.jpeg/],
    [["in.png", "--out", "x.png", "--strength", "0.3"], /^--strength is for --mode creative/],
    [
      ["in.png", "--out", "x.png", "--mode", "lanczos", "--upscaler", "esrgan-slim"],
      /^--upscaler is for --mode faithful or creative; .* leave it out\.\n$/,
    ],
    [
      ["in.png", "--out", "x.png", "--mode", "lanczos", "--provider", "cpu"],
      /^--provider is for --mode faithful or creative/,
    ],
    [
      ["veil.png", "--out", "x.png", "--mode", "creative"],
      /needs the picture's prompt.*add --prompt TEXT/,
    ],
    [
      ["in.png", "--out", "x.png", "--upscaler", "waifu"],
      /"waifu" is not known: it must be one of/,
    ],
    [["in.png", "--out", "x.png", "--to", "9000"], /a whole number from 2 to 8192/],
    [["in.png"], /required option '--out <file>'/],
  ];
  for (const [args, words] of refused) {
    it(`refuses ${args.join(" ")} with one sentence`, async () => {
      const { status, stdout, stderr } = await run(...args);
      assert.deepEqual([status, stdout], [1, ""]);
      assert.match(stderr, words);
      assert.doesNotMatch(stderr, /^\s+at /m);
    });
  }

  it("explains itself with examples", async () => {
    const { status, stdout } = await run("--help");
    assert.equal(status, 0);
    assert.match(stdout, /Examples:\n {2}npx sanabot upscale apple\.png --out apple-4k\.png/);
  });
});
