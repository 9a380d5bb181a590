import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";

import { PROJECT_DIR, SOFTWARE } from "../../src/config.ts";
import { readRecipe } from "../../src/image/read-recipe.ts";
import { openSafetensors } from "../../src/safetensors/safetensors-file.ts";
import { temporaryFolder, tinyCheckpoint } from "../support/tiny-checkpoint.ts";

const folder = await temporaryFolder();

function start(args: string[], dataDir = "data") {
  const settings = [
    "--model",
    tinyCheckpoint("base"),
    "--no-binning",
    "--width",
    "64",
    "--height",
    "96",
  ];
  return spawn(
    process.execPath,
    [join(PROJECT_DIR, "src/cli.ts"), "imagine", "A red", "apple", ...settings, ...args],
    {
      cwd: folder,
      env: { ...process.env, DATA_DIR: join(folder, dataDir) },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
}

async function run(args: string[]) {
  const child = start(args);
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { status: child.exitCode, stdout, stderr };
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function until(isReached: () => Promise<boolean>): Promise<void> {
  while (!(await isReached())) await setTimeout(20);
}

describe("sanabot imagine with a checkpoint", () => {
  it("writes numbered pictures that hold their recipe, and nothing to stderr", async () => {
    const { status, stdout, stderr } = await run([
      "--steps",
      "2",
      "--seed",
      "5",
      "--count",
      "2",
      "--out",
      "a.webp",
    ]);
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.equal(stdout, "a-1.webp (64 x 96, seed 5)\na-2.webp (64 x 96, seed 6)\n");
    const recipe = await readRecipe(await readFile(join(folder, "a-2.webp")));
    assert.equal(recipe?.prompt, "A red apple");
    assert.equal(recipe.seed, 6);
    assert.equal(recipe.software, SOFTWARE);
  });

  it("prints one JSON object with files, seed, stages, memory and the model's hash", async () => {
    const { stdout } = await run(["--steps", "2", "--seed", "5", "--out", "b.png", "--json"]);
    const facts = JSON.parse(stdout);
    assert.deepEqual(facts.files, ["b.png"]);
    assert.equal(facts.seed, 5);
    assert.match(facts.model.hash, /^[0-9a-f]+$/);
    assert.ok(facts.peakMemory.hostBytes > 2 ** 20);
    assert.equal(facts.peakMemory.deviceBytes, null);
    const decoder = facts.stages.find(({ stage }: { stage: string }) => stage === "vae-decoder");
    assert.equal(decoder.provider, "cpu");
    assert.equal(decoder.precision, "fp32");
    assert.ok(decoder.milliseconds > 0);
  });

  it("says how much 8-bit weights of the text encoder were rounded", async () => {
    const { stdout } = await run(["--steps", "1", "--out", "int8.png", "--precision", "int8"]);
    assert.match(
      stdout,
      /\nThe text-encoder had weights in 8 bits, rounded by 0\.\d % of their size; all else is float32\.\n$/,
    );
  });

  it("writes the tensors between the stages under their fixed names", async () => {
    await run(["--steps", "2", "--seed", "5", "--out", "c.png", "--trace", "c.safetensors"]);
    const file = await openSafetensors(join(folder, "c.safetensors"));
    const names = [...file.tensors.keys()].sort();
    const latents = ["latents.0", "latents.1", "latents.2"];
    const expected = [
      "decoded",
      "input_ids",
      ...latents,
      "noise",
      "prompt_embeds",
      "prompt_mask",
      "sigmas",
      "timesteps",
    ];
    assert.deepEqual(names, expected);
  });

  it("names files itself and never replaces one of them", async () => {
    const first = await run(["--steps", "1", "--seed", "9"]);
    const second = await run(["--steps", "1", "--seed", "9"]);
    assert.match(first.stdout, /^a-red-apple-9\.png /);
    assert.match(second.stdout, /^a-red-apple-9_2\.png /);
  });

  it("starts from a picture that it is given", async () => {
    const { status, stderr } = await run([
      "--steps",
      "4",
      "--seed",
      "5",
      "--init-image",
      "a-1.webp",
      "--strength",
      "0.5",
      "--out",
      "d.jpg",
    ]);
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.equal((await readRecipe(await readFile(join(folder, "d.jpg"))))?.strength, 0.5);
  });

  it(
    "stops between two steps at Ctrl-C with exit code 130 and no file",
    { skip: process.platform === "win32" && "Windows cannot send SIGINT to a child" },
    async () => {
      const child = start(["--steps", "1000", "--seed", "5", "--out", "e.png"], "fresh");
      const closed = Promise.all([text(child.stderr), once(child, "close")]);
      // The prompt's cache is written when Ctrl-C is caught already and the steps have not begun.
      await until(async () => child.exitCode !== null || (await exists(join(folder, "fresh"))));
      child.kill("SIGINT");
      const [stderr] = await closed;
      assert.match(stderr, /^Stopping after this step.*\nCancelled .*\.\n$/);
      assert.equal(child.exitCode, 130);
      assert.equal(await exists(join(folder, "e.png")), false);
    },
  );
});
