import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { symbol } from "../../src/onnx/dim.ts";
import { activationLimitBytes, withinMemory } from "../../src/pipeline/activation-limit.ts";
import { type StageAttempts, Stages } from "../../src/pipeline/stages.ts";
import type { StageName } from "../../src/pipeline/types.ts";
import { doubled, smallGraph, stage, stagesOf, x } from "../support/small-stages.ts";

/** Four terabytes of values, which no machine gives, and of which its declared shape tells nothing before. */
const greedy = smallGraph((g, input) =>
  g.node("Expand", [input, g.ints(2 ** 39, 2)], { shape: [symbol("batch"), 2] }),
);
const card = stage("cpu", greedy);
const machine = stage("cpu");

/** Stages of which every one is made in these ways, and the lines that they say. */
function told(...ways: StageAttempts): { stages: Stages; lines: string[] } {
  const lines: string[] = [];
  return { stages: stagesOf(ways, (line) => void lines.push(line)), lines };
}

describe("a stage that runs out of memory", () => {
  test("goes on with its next provider where nothing else is left to try", async () => {
    const { stages, lines } = told(card, machine);
    assert.deepEqual([...(await stages.runFor("y", "transformer", { x })).data], [2, 4]);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? "",
      /^The transformer failed on cpu and goes on with cpu: There was not/,
    );
    await stages.release();
  });

  test("is first tried again without the networks beside it", async () => {
    const lines: string[] = [];
    const only = { transformer: [machine], "vae-decoder": [card, machine] };
    const stages = new Stages(only as unknown as Record<StageName, StageAttempts>, {
      log: (line) => lines.push(line),
    });
    await stages.run("transformer", { x });
    await stages.run("vae-decoder", { x });
    assert.match(lines[0] ?? "", /^The vae-decoder ran out of memory and is tried again without/);
    assert.match(lines[1] ?? "", /^The vae-decoder failed on cpu and goes on with cpu/);
    await stages.release();
  });

  test("fails with a sentence where no provider is left", async () => {
    const { stages } = told(card);
    await assert.rejects(stages.run("transformer", { x }), {
      code: "out_of_memory",
      message: /^There was not enough memory to run the small\. Ask for a smaller picture/,
    });
    await stages.release();
  });
});

describe("the autoencoder's work, where a card runs out of memory", () => {
  /** Tries the card at each limit; by the smallest parts it has enough. */
  const workOf = (stages: Stages, limits: number[]) => async (limit: number) => {
    limits.push(limit);
    if (limit > 0) await stages.run("vae-decoder", { x });
    return stages.provider("vae-decoder");
  };

  test("is done there in smaller and smaller parts before anything goes to the processor", async () => {
    const { stages, lines } = told(card, stage("webgpu"));
    const limits: number[] = [];
    assert.equal(await withinMemory(stages, "vae-decoder", workOf(stages, limits)), "cpu");
    const [whole = 0] = limits;
    assert.ok(whole > 0 && whole <= activationLimitBytes());
    assert.deepEqual(limits, [whole, whole / 4, 0]);
    assert.equal(lines.length, 2);
    for (const line of lines)
      assert.match(line, /^The vae-decoder ran out of memory on cpu and is/);
  });

  test("goes on with the next provider where even the smallest parts do not fit the card", async () => {
    const { stages, lines } = told(card, machine);
    const made = await withinMemory(stages, "vae-decoder", () =>
      stages.runFor("y", "vae-decoder", { x }),
    );
    assert.deepEqual([...made.data], [2, 4]);
    assert.match(lines.at(-1) ?? "", /^The vae-decoder failed on cpu and goes on with cpu/);
    await stages.release();
  });

  test("that fails for another reason is not tried in parts", async () => {
    const { stages } = told(machine);
    let tries = 0;
    const work = async (): Promise<void> => {
      tries += 1;
      throw new Error("another reason");
    };
    await assert.rejects(withinMemory(stages, "vae-decoder", work), /another reason/);
    assert.equal(tries, 1);
  });
});

test("a part of a stage's work goes on with the next provider from where the first failed", async () => {
  const { stages, lines } = told(stage(process.platform === "win32" ? "cuda" : "dml"), machine);
  const used: number[][] = [];
  const runs = [1, 3].map((value) => ({
    feeds: () => ({ x: { data: Float32Array.of(value, value), dims: [1, 2] } }),
    use: ({ data }: { data: Float32Array }) => used.push([...data]),
  }));
  await stages.runPart("vae-decoder-features", { graph: doubled, output: "y" }, runs);
  assert.deepEqual(used, [
    [2, 2],
    [6, 6],
  ]);
  assert.equal(lines.length, 1);
  const [report] = stages.takeReports();
  assert.deepEqual([report?.provider, report?.calls], ["cpu", 2]);
});
