import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readGemma2Config } from "../../src/models/gemma2/config.ts";
import { int8Linear, int8Weights } from "../../src/models/gemma2/int8-linear.ts";
import { buildTextEncoderGraph } from "../../src/models/gemma2/text-encoder-graph.ts";
import { Session, type Tensor } from "../../src/onnx/session.ts";
import { openWeights } from "../../src/safetensors/checkpoint-weights.ts";
import { relativeError } from "../support/compare.ts";
import { tinyCheckpoint } from "../support/tiny-checkpoint.ts";

const folder = join(tinyCheckpoint("base"), "text_encoder");
const cacheDir = await mkdtemp(join(tmpdir(), "sanabot-int8-"));
after(() => rm(cacheDir, { recursive: true }));
const config = await readGemma2Config(folder);
const weights = await openWeights(folder, "model");

test("the rounded copy is made once and tells its relative error", async () => {
  const { file, relativeError: error } = await int8Weights({ config, weights }, cacheDir);
  const made = await stat(file.path);
  const again = await int8Weights({ config, weights }, cacheDir);
  assert.equal((await stat(again.file.path)).mtimeMs, made.mtimeMs);
  assert.equal((await readdir(cacheDir)).length, 1);
  // 127 levels of a block's largest weight: a uniform rounding error of about 1/127/sqrt(12) of it.
  assert.ok(error > 1e-4 && error < 6e-3, `relative error ${error}`);
});

test("the text encoder in 8-bit weights stays within 5 % of float32", async () => {
  const { linear } = await int8Linear({ config, weights }, cacheDir);
  const { hiddenSize, windows, keyValueHeads, headDim } = config;
  const data = Float32Array.from({ length: 7 * hiddenSize }, (_, i) => 3 * Math.sin(i * i));
  const inputs_embeds: Tensor = { data, dims: [1, 7, hiddenSize] };
  const past_key_values: Tensor = {
    data: new Float32Array(0),
    dims: [windows.length, 2, 1, keyValueHeads, 0, headDim],
  };
  const results = [];
  for (const options of [{ softcap: false }, { softcap: false, linear }]) {
    const graph = buildTextEncoderGraph(config, weights, options);
    const session = await Session.create(graph, { provider: "cpu", threads: 1 });
    const { last_hidden_state } = await session.run({ inputs_embeds, past_key_values });
    await session.release();
    assert.ok(last_hidden_state?.data instanceof Float32Array);
    results.push(last_hidden_state.data);
  }
  const [exact, rounded] = results;
  assert.ok(exact !== undefined && rounded !== undefined);
  const error = relativeError(rounded, exact);
  assert.ok(error > 0 && error < 0.05, `relative error ${error}`);
});
