import assert from "node:assert/strict";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { buildTextEncoderGraph } from "../../src/models/gemma2/text-encoder-graph.ts";
import { Session } from "../../src/onnx/session.ts";
import { openCheckpoint } from "../../src/pipeline/checkpoint.ts";
import {
  assembleNegative,
  assemblePrompt,
  longestCommonPrefix,
} from "../../src/pipeline/text/prompt.ts";
import { readRows } from "../../src/safetensors/read-tensor.ts";
import { relativeError } from "../support/compare.ts";
import { loadTiny, temporaryFolder, tinyCheckpoint } from "../support/tiny-checkpoint.ts";

describe("a prompt behind the kept instruction", async () => {
  const checkpoint = await openCheckpoint(tinyCheckpoint("base"));
  const { tokenizer, manifest, textEncoder } = checkpoint;
  const { config, weights } = textEncoder;
  const { complexHumanInstruction: instruction, maxSequenceLength } = manifest;
  const instructionIds = tokenizer.encode((instruction ?? []).join("\n"));
  const total = instructionIds.length + maxSequenceLength - 2;
  const session = await Session.create(buildTextEncoderGraph(config, weights, { softcap: false }), {
    provider: "cpu",
  });
  const cacheDir = await temporaryFolder();
  const pipeline = await loadTiny("base", { cacheDir });

  /** diffusers' way: the whole text, padded to its full length. */
  const paddedRun = async (ids: readonly number[], length: number): Promise<Float32Array> => {
    const padded = Array.from({ length }, (_, i) => ids[i] ?? 0);
    const scale = Math.fround(Math.sqrt(config.hiddenSize));
    const rows = await readRows(weights.get("embed_tokens.weight"), padded);
    const output = await session.run({
      inputs_embeds: {
        data: rows.map((value) => value * scale),
        dims: [1, length, config.hiddenSize],
      },
      past_key_values: {
        data: new Float32Array(0),
        dims: [config.windows.length, 2, 1, config.keyValueHeads, 0, config.headDim],
      },
    });
    const hidden = output["last_hidden_state"]?.data;
    assert.ok(hidden instanceof Float32Array);
    return hidden;
  };

  const prompts = [
    "a red apple",
    "1024 cats!",
    "猫",
    "",
    "  \n A Cat",
    "ein Apfel, rot und rund, auf dem Tisch",
    "🍎🍎",
    "x ".repeat(400),
  ];
  for (const prompt of prompts) {
    test(`equals the full padded run for ${JSON.stringify(prompt.slice(0, 30))}`, async () => {
      const { inputIds, keep } = assemblePrompt({
        tokenizer,
        prompt,
        instruction,
        maxSequenceLength,
      });
      const shared = longestCommonPrefix(inputIds, instructionIds);
      assert.ok(shared >= instructionIds.length - 1);
      const whole = await paddedRun(inputIds, total);
      const width = config.hiddenSize;
      const expected = keep.flatMap((position) => [
        ...whole.subarray(position * width, (position + 1) * width),
      ]);
      const { data } = await pipeline.textEncoder.encode({ inputIds, keep });
      assert.ok(relativeError(data, expected) < 1e-5);
    });
  }

  test("some prompts' first words swallow the instruction's last token and others do not", () => {
    const shared = (prompt: string): number =>
      longestCommonPrefix(
        assemblePrompt({ tokenizer, prompt, instruction, maxSequenceLength }).inputIds,
        instructionIds,
      );
    assert.equal(shared("a red apple"), instructionIds.length - 1);
    assert.equal(shared("1024 cats!"), instructionIds.length);
  });

  test("equals the full padded run for a negative prompt, which has no instruction", async () => {
    const tokens = assembleNegative({ tokenizer, prompt: "blurry, dark", maxSequenceLength });
    const whole = await paddedRun(tokens.inputIds, maxSequenceLength);
    const { data } = await pipeline.textEncoder.encode(tokens);
    assert.ok(relativeError(data, whole.subarray(0, data.length)) < 1e-5);
  });

  test("is computed once for a checkpoint and kept on disk, the empty prompt's embedding with it", async () => {
    const files = await readdir(cacheDir);
    assert.equal(files.length, 1);
    const [name = ""] = files;
    const { mtimeMs } = await stat(join(cacheDir, name));
    const again = await loadTiny("base", { cacheDir });
    await again.textEncoder.encode(assembleNegative({ tokenizer, prompt: "", maxSequenceLength }));
    assert.deepEqual(again.stages.takeReports(), []);
    assert.equal((await stat(join(cacheDir, name))).mtimeMs, mtimeMs);
  });

  test("is computed anew where its file is damaged", async () => {
    const [name = ""] = await readdir(cacheDir);
    await writeFile(join(cacheDir, name), "not a safetensors file");
    const again = await loadTiny("base", { cacheDir });
    const tokens = assemblePrompt({
      tokenizer,
      prompt: "a red apple",
      instruction,
      maxSequenceLength,
    });
    const [a, b] = [
      await again.textEncoder.encode(tokens),
      await pipeline.textEncoder.encode(tokens),
    ];
    assert.deepEqual(a.data, b.data);
    await session.release();
  });
});
