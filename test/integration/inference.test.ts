import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";

import sharp from "sharp";

import { UserError } from "../../src/errors.ts";
import { Inference, InferenceCrash } from "../../src/inference/inference.ts";
import type { GenerateTask, TaskProgress } from "../../src/inference/messages.ts";

const STEPS = 2;
const TASK: GenerateTask = {
  kind: "generate",
  model: "emoji",
  prompt: "a red apple",
  negativePrompt: "",
  width: 256,
  height: 256,
  count: 1,
  steps: STEPS,
  guidanceScale: 2,
  seed: 7,
  source: null,
  strength: null,
  output: { limitBytes: 10 * 2 ** 20, originalName: "job", parent: null },
};

describe("the inference process", () => {
  let dataDir: string;
  let inference: Inference | undefined;
  const crashes: string[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "sanabot-inference-"));
  });
  afterEach(async () => {
    await inference?.stop();
    inference = undefined;
    crashes.length = 0;
  });
  after(() => rm(dataDir, { recursive: true, force: true }));

  function open(environment: Record<string, string> = {}, silenceMs?: number): Inference {
    inference = new Inference({
      environment: { ...process.env, DATA_DIR: dataDir, ...environment },
      log: () => undefined,
      silenceMs,
      onCrash: (cause) => crashes.push(cause),
    });
    return inference;
  }

  it("says what a model is and what its work is", async () => {
    const [model] = await open().run({ kind: "describe", models: ["emoji"] });
    assert.equal(model?.isBuiltIn, true);
    assert.equal(model.nativeSize, 256);
    assert.ok(model.work.step.perPixel > 0);
    assert.ok(model.work.decode.perPixel > 0);
  });

  it("says what is wrong with a picture in a form that every language has words for", async () => {
    const task = {
      kind: "upscale",
      model: "emoji",
      source: { kind: "file", bytes: new Uint8Array(9) },
      mode: "faithful",
      longestSide: 512,
      prompt: "",
      strength: null,
      seed: 1,
      output: TASK.output,
    } as const;
    await assert.rejects(open().run(task), {
      code: "invalid_image",
      reason: { name: "image-kind", parameters: { kinds: "PNG, JPEG, WebP, GIF, TIFF, AVIF" } },
    });
  });

  it("foresees the memory of drawing a picture anew at 4K, with the bytes of the picture itself", async () => {
    const { host, device } = await open().run({ kind: "creative", model: "emoji" });
    assert.ok(host > 30 * 4096 ** 2, `${host} bytes`);
    assert.ok(host < 64 * 2 ** 30, `${host} bytes`);
    assert.equal(device, 0);
  });

  it("draws a picture that fits its place, and keeps what its buttons need", async () => {
    const seen: TaskProgress[] = [];
    const made = await open().run(TASK, { onProgress: (progress) => seen.push(progress) });
    const [picture] = made.pictures;
    assert.ok(picture !== undefined);
    const { width, height } = await sharp(picture.file.data).metadata();
    assert.deepEqual([width, height], [256, 256]);
    assert.equal(picture.recipe.prompt, "a red apple");
    assert.equal(picture.recipe.seed, 7);
    assert.equal(picture.latents?.float16.length, 2 * 32 * 8 * 8);
    assert.deepEqual(await readdir(join(dataDir, "originals")), ["job-0.png"]);
    assert.ok((await sharp(picture.thumbnail).metadata()).width <= 256);
    const steps = seen.flatMap((at) => (at.stage === "denoise" ? [at.step] : []));
    assert.deepEqual(steps, [0, 1, 2]);
  });

  it("fails a picture whose original cannot be written, and draws the next one when it can", async () => {
    const here = open();
    const folder = join(dataDir, "originals");
    await rm(folder, { recursive: true, force: true });
    await writeFile(folder, "in the way");
    await assert.rejects(here.run(TASK));
    await rm(folder);
    assert.equal((await here.run(TASK)).pictures.length, 1);
    assert.deepEqual(crashes, []);
  });

  it("draws the same picture again from the same task", async () => {
    const lane = open();
    const [first, second] = [await lane.run(TASK), await lane.run(TASK)];
    assert.deepEqual(first.pictures[0]?.file.data, second.pictures[0]?.file.data);
  });

  it("begins from kept latents", async () => {
    const lane = open();
    const [parent] = (await lane.run(TASK)).pictures;
    assert.ok(parent?.latents);
    const source = { kind: "latents", latents: parent.latents, recipe: parent.recipe } as const;
    const [child] = (await lane.run({ ...TASK, steps: 4, seed: 8, source, strength: 0.5 }))
      .pictures;
    assert.notDeepEqual(child?.file.data, parent.file.data);
    assert.equal(child?.recipe.strength, 0.5);
  });

  it("passes on what the person can mend", async () => {
    const task = { ...TASK, steps: 0 };
    await assert.rejects(open().run(task), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.code, "invalid_option");
      return true;
    });
  });

  it("stops a cancelled task between two steps and takes the next one", async () => {
    const lane = open();
    const cancel = new AbortController();
    const running = lane.run(
      { ...TASK, steps: 500 },
      {
        signal: cancel.signal,
        onProgress: ({ stage }) => {
          if (stage === "denoise") cancel.abort("cancelled");
        },
      },
    );
    await assert.rejects(running, { code: "cancelled" });
    assert.equal((await lane.run(TASK)).pictures.length, 1);
    assert.deepEqual(crashes, []);
  });

  it("survives a native abort of the child and starts another", async () => {
    const lane = open({ FAILPOINT: "child_abort:2" });
    await lane.run({ kind: "unload" });
    await assert.rejects(lane.run(TASK), (error) => {
      assert.ok(error instanceof InferenceCrash);
      assert.equal(error.reason, "abort");
      return true;
    });
    assert.equal((await lane.run(TASK)).pictures.length, 1);
    assert.deepEqual(crashes, ["abort"]);
  });

  it("kills a child that spins, and frees the lane only when it is gone", async () => {
    const lane = open({ FAILPOINT: "child_spin" }, 3000);
    await assert.rejects(lane.run(TASK), { reason: "hang" });
    assert.equal(lane.isAlive, false);
  });

  it("kills a task at its deadline", async () => {
    await assert.rejects(open().run({ ...TASK, steps: 900 }, { deadlineMs: 2500 }), {
      reason: "deadline",
    });
  });

  it("runs one task at a time", async () => {
    const lane = open();
    const order: string[] = [];
    const note = (name: string) => (): number => order.push(name);
    await Promise.all([
      lane.run(TASK, { onProgress: note("first") }),
      lane.run({ ...TASK, seed: 8 }, { onProgress: note("second") }),
    ]);
    assert.equal(order.lastIndexOf("first") < order.indexOf("second"), true);
  });

  it("may be stopped twice", async () => {
    const lane = open();
    await lane.start();
    await lane.stop();
    await lane.stop();
    assert.equal(lane.isAlive, false);
  });
});
