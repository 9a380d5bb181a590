import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { UserError } from "../../src/errors.ts";
import type { SanaPipeline } from "../../src/pipeline/sana-pipeline.ts";
import type { GenerateRequest } from "../../src/pipeline/types.ts";
import { psnr } from "../support/compare.ts";
import { loadTiny } from "../support/tiny-checkpoint.ts";

const request: GenerateRequest = { prompt: "a cat", seed: 3, steps: 2, width: 640, height: 416 };

/** The networks whose names these are run out of memory, as a card's driver lets them; the others do as always. */
function runOutOfMemory(
  t: TestContext,
  { stages }: SanaPipeline,
  names: readonly string[],
): string[] {
  const ran: string[] = [];
  const runFor = stages.runFor.bind(stages);
  t.mock.method(stages, "runFor", async (...given: Parameters<typeof runFor>) => {
    const [, name] = given;
    if (names.includes(name)) throw new UserError("out_of_memory", `No memory for ${name}.`);
    ran.push(name);
    return runFor(...given);
  });
  return ran;
}

describe("a picture whose decoder runs out of memory", async () => {
  const pipeline = await loadTiny("base");
  const { pictures } = await pipeline.generate(request);

  test("is decoded once more in the smallest parts, and is the same picture", async (t) => {
    const ran = runOutOfMemory(t, pipeline, ["vae-decoder"]);
    const again = (await pipeline.generate(request)).pictures;
    assert.ok(ran.filter((name) => name === "vae-decoder-picture").length > 1, ran.join(" "));
    assert.ok(psnr(again[0]?.rgb ?? [], pictures[0]?.rgb ?? [], 255) > 50);
  });

  test("is given up where the parts do not fit either", async (t) => {
    runOutOfMemory(t, pipeline, ["vae-decoder", "vae-decoder-picture"]);
    await assert.rejects(pipeline.generate(request), { code: "out_of_memory" });
  });

  test("is drawn as always by the next request", async () => {
    const again = (await pipeline.generate(request)).pictures;
    assert.deepEqual(again[0]?.rgb, pictures[0]?.rgb);
  });
});

test("a picture to begin from that the encoder has no memory for is encoded in parts", async (t) => {
  const pipeline = await loadTiny("base");
  const [picture] = (await pipeline.generate(request)).pictures;
  assert.ok(picture);
  const varied = { ...request, initImage: picture, strength: 0.5 };
  const [whole] = (await pipeline.generate(varied)).pictures;
  const ran = runOutOfMemory(t, pipeline, ["vae-encoder"]);
  const [inParts] = (await pipeline.generate(varied)).pictures;
  assert.ok(ran.includes("vae-encoder-features"), ran.join(" "));
  assert.ok(psnr(inParts?.rgb ?? [], whole?.rgb ?? [], 255) > 50);
});
