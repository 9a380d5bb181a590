import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { foreseeMemory, planMemory } from "../../src/pipeline/memory-plan.ts";
import { resolveRequest } from "../../src/pipeline/resolve-request.ts";
import { defineStages } from "../../src/pipeline/stage-definitions.ts";
import { Stages } from "../../src/pipeline/stages.ts";
import { smallGraph, stage, stagesOf, x } from "../support/small-stages.ts";
import { loadTiny } from "../support/tiny-checkpoint.ts";

/** Loads, and fails when it is run: the reshape's length is not that of the values. */
const broken = smallGraph((g, input) => g.reshapeTo(input, g.ints(7), [7]));

describe("a stage", () => {
  for (const [what, first] of [
    // Neither library is there: the first is refused before, the second by ONNX Runtime.
    ["cannot be loaded", stage(process.platform === "win32" ? "cuda" : "dml")],
    ["fails in a run", stage("cpu", broken)],
  ] as const) {
    test(`whose provider ${what} goes on with the next, says so, and reports the one that ran`, async () => {
      const lines: string[] = [];
      const stages = stagesOf([first, stage("cpu")], (line) => lines.push(line));
      const { data } = await stages.runFor("y", "transformer", { x });
      assert.deepEqual([...data], [2, 4]);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? "", /^The transformer failed on \w+ and goes on with cpu: /);
      const [report] = stages.takeReports();
      assert.deepEqual([report?.provider, report?.calls], ["cpu", 1]);
      assert.equal(report?.insteadOf, first.provider);
      await stages.release();
    });
  }

  test("stays with the next provider in later runs", async () => {
    const lines: string[] = [];
    const stages = stagesOf([stage("cpu", broken), stage("cpu")], (line) => lines.push(line));
    await stages.run("transformer", { x });
    await stages.run("transformer", { x });
    assert.equal(lines.length, 1);
    await stages.release();
  });

  test("whose last provider fails fails with its error", async () => {
    const stages = stagesOf([stage("cpu", broken)]);
    await assert.rejects(stages.run("transformer", { x }), /small could not be run on cpu/);
    await stages.release();
  });

  test("is unloaded when nothing was run for a while, and loads again when it is needed", async () => {
    let unloaded = (): void => undefined;
    const idle = new Promise<void>((resolve) => (unloaded = resolve));
    const stages = stagesOf([stage("cpu")], () => unloaded(), 1);
    await stages.run("transformer", { x });
    // The idle clock does not keep a process alive by itself.
    const alive = setInterval(() => undefined, 1000);
    await idle;
    clearInterval(alive);
    assert.equal(stages.heldBytes, 0);
    assert.deepEqual([...(await stages.runFor("y", "transformer", { x })).data], [2, 4]);
    await stages.release();
  });

  test("is tried by its best provider again after it was unloaded", async () => {
    let unloaded = (): void => undefined;
    const idle = new Promise<void>((resolve) => (unloaded = resolve));
    const log = (line: string): void => {
      if (line.startsWith("The model was unloaded")) unloaded();
    };
    const missing = process.platform === "win32" ? "cuda" : "dml";
    const stages = stagesOf([stage(missing), stage("cpu")], log, 1);
    await stages.run("transformer", { x });
    assert.equal(stages.provider("transformer"), "cpu");
    const alive = setInterval(() => undefined, 1000);
    await idle;
    clearInterval(alive);
    await stages.release();
    assert.equal(stages.provider("transformer"), missing);
  });

  test("that is needed next to others takes no more at a time than one where they are sequential", async () => {
    const stages = stagesOf([stage("cpu")]);
    stages.isSequential = true;
    await stages.run("transformer", { x });
    const one = stages.heldBytes;
    await stages.run("vae-decoder", { x });
    assert.equal(stages.heldBytes, one);
    stages.isSequential = false;
    await stages.run("transformer", { x });
    assert.equal(stages.heldBytes, 2 * one);
    await stages.release();
  });
});

describe("the plan of a request's memory", async () => {
  const pipeline = await loadTiny("base");
  const request = (width: number, height: number) =>
    resolveRequest(pipeline.checkpoint, { prompt: "", seed: 0, width, height, binning: false });

  test("holds all networks where that is comfortable", async () => {
    const plan = await planMemory(pipeline, request(64, 64), "auto");
    assert.equal(plan.policy, "all");
    const sum = [...plan.stages.values()].reduce((total, bytes) => total + bytes, 0);
    assert.equal(plan.peakBytes, sum);
  });

  test("takes as much as the largest stage where only one is held", async () => {
    const plan = await planMemory(pipeline, request(64, 64), "sequential");
    assert.equal(plan.peakBytes, Math.max(...plan.stages.values()));
  });

  test("grows with the picture", async () => {
    const [small, large] = [request(64, 64), request(1024, 1024)];
    const bytes = async (size: typeof small) =>
      (await foreseeMemory(pipeline, size, "all")).stages.get("transformer") ?? 0;
    assert.ok((await bytes(large)) > (await bytes(small)));
  });

  test("refuses what does not fit before anything is loaded, and says what would help", async (t) => {
    t.mock.method(process, "availableMemory", () => 20e6);
    await assert.rejects(planMemory(pipeline, request(512, 512), "auto"), (error: Error) => {
      assert.match(
        error.message,
        /^A picture of 512 x 512 with .* needs .* GiB of memory and 0\.0 GiB are free\. Ask/,
      );
      return true;
    });
    assert.equal(pipeline.stages.heldBytes, 0);
  });

  /** Graphs on a card that is not there: what is foreseen needs no driver. */
  const onCard = (deviceMemoryBytes: number) => {
    const { checkpoint } = pipeline;
    const load = {
      modelDir: checkpoint.folder,
      cacheDir: "",
      precision: "fp32",
      memory: "auto",
    } as const;
    const attempts = defineStages(checkpoint, { ...load, provider: "cuda", deviceMemoryBytes });
    return { checkpoint, stages: new Stages(attempts, { deviceMemoryBytes }) };
  };

  test("leaves the text encoder to the CPU where the card is too small for it", () => {
    assert.equal(onCard(1000).stages.provider("text-encoder"), "cpu");
    assert.equal(onCard(1e9).stages.provider("text-encoder"), "cuda");
  });

  test("holds one network at a time where they do not fit the card together", async () => {
    const { devicePeakBytes } = await foreseeMemory(onCard(24e9), request(64, 64), "all");
    assert.equal((await planMemory(onCard(24e9), request(64, 64), "auto")).policy, "all");
    const small = onCard(devicePeakBytes - 1e6);
    assert.equal((await planMemory(small, request(64, 64), "auto")).policy, "sequential");
  });

  test("refuses what the card cannot hold, since its driver may spill instead", async () => {
    await assert.rejects(
      planMemory(onCard(5e6), request(64, 64), "auto"),
      /needs .* GiB of the graphics card's memory and/,
    );
  });
});
