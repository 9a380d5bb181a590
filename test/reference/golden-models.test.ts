import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { z } from "zod";
import { readAutoencoderConfig } from "../../src/models/autoencoder-dc/config.ts";
import { buildDecoderGraph } from "../../src/models/autoencoder-dc/decoder-graph.ts";
import { buildEncoderGraph } from "../../src/models/autoencoder-dc/encoder-graph.ts";
import { readGemma2Config } from "../../src/models/gemma2/config.ts";
import { buildTextEncoderGraph } from "../../src/models/gemma2/text-encoder-graph.ts";
import { buildConditioningGraph } from "../../src/models/sana-transformer/conditioning-graph.ts";
import { readTransformerConfig } from "../../src/models/sana-transformer/config.ts";
import { positionEmbedding } from "../../src/models/sana-transformer/position-embedding.ts";
import { buildTransformerGraph } from "../../src/models/sana-transformer/transformer-graph.ts";
import type { OnnxGraph } from "../../src/onnx/graph-core.ts";
import { Session, type Tensor } from "../../src/onnx/session.ts";
import { decoderTiles, encoderTiles, runBlended } from "../../src/pipeline/blended-tiles.ts";
import type { Planes } from "../../src/pipeline/tiles.ts";
import { openWeights } from "../../src/safetensors/checkpoint-weights.ts";
import { readRows } from "../../src/safetensors/read-tensor.ts";
import { relativeError } from "../support/compare.ts";

/** Measured on these goldens: at most 1.3e-5 (decoding 9 x 11 latents), 3e-6 elsewhere; the contract is 1e-4. */
const TOLERANCE = 3e-5;
const folder = join(import.meta.dirname, "golden");
const golden = z
  .record(z.string(), z.object({ shape: z.array(z.number()), data: z.array(z.number()) }))
  .parse(JSON.parse(readFileSync(join(folder, "golden.json"), "utf8")));

/** SANA.md A.1's input: sin(a i + b). */
function wave(dims: number[], a = 0.1, b = 0.5): Tensor {
  const length = dims.reduce((total, dim) => total * dim, 1);
  return { dims, data: Float32Array.from({ length }, (_, i) => Math.sin(a * i + b)) };
}

function rows(tensor: Tensor, start: number, count: number): Tensor {
  const width = tensor.data.length / (tensor.dims[0] ?? 1);
  const data = Float32Array.from(
    tensor.data.slice(start * width, (start + count) * width) as Float32Array,
  );
  return { data, dims: [count, ...tensor.dims.slice(1)] };
}

function floats(tensor: Tensor | undefined): Float32Array {
  assert.ok(tensor?.data instanceof Float32Array);
  return tensor.data;
}

async function runOnce(
  graph: OnnxGraph,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  const session = await Session.create(graph, { provider: "cpu", threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Runs row `row` of SANA.md A.2's batch on its valid caption tokens alone. */
async function transformerRow(
  name: string,
  {
    row,
    validTokens,
    time,
    guidance,
  }: { row: number; validTokens: number; time: number; guidance?: number },
): Promise<Float32Array> {
  const config = await readTransformerConfig(join(folder, name));
  const weights = await openWeights(join(folder, name), "diffusion_pytorch_model");
  const captions = rows(wave([2, 7, 10], 0.23, 0.1), row, 1);
  const caption = { data: floats(captions).slice(0, validTokens * 10), dims: [1, validTokens, 10] };
  const cross = await runOnce(buildConditioningGraph(config, weights, "float32"), {
    encoder_hidden_states: caption,
  });
  const positions =
    config.interpolationScale === null
      ? {}
      : {
          position_x: { data: positionEmbedding(config, "columns", 5), dims: [1, 12, 1, 5] },
          position_y: { data: positionEmbedding(config, "rows", 3), dims: [1, 12, 3, 1] },
        };
  const graph = buildTransformerGraph(config, weights, {
    computeType: "float32",
    clampAttention: false,
  });
  const output = await runOnce(graph, {
    hidden_states: rows(wave([2, 4, 3, 5]), row, 1),
    timestep: { data: Float32Array.of(time), dims: [1] },
    ...(guidance === undefined ? {} : { guidance: { data: Float32Array.of(guidance), dims: [1] } }),
    ...positions,
    ...(cross as { cross_key: Tensor; cross_value: Tensor }),
  });
  return floats(output["sample"]);
}

describe("the transformer agrees with diffusers", () => {
  const cases = [
    { name: "T_base", times: [999, 345] },
    { name: "T_pos", times: [999, 345] },
    { name: "T_sprint", times: [1, 0.78270798], guidance: 0.45 },
  ];
  for (const { name, times, ...rest } of cases) {
    test(`${name}: each row of the golden batch`, async () => {
      const expected = golden[name]?.data ?? [];
      for (const [row, time] of times.entries()) {
        const actual = await transformerRow(name, {
          row,
          validTokens: row === 0 ? 5 : 3,
          time,
          ...rest,
        });
        assert.ok(relativeError(actual, expected.slice(row * 60, (row + 1) * 60)) < TOLERANCE);
      }
    });
  }
});

describe("the autoencoder agrees with diffusers", () => {
  const decode = async (latents: Tensor): Promise<Float32Array> => {
    const config = await readAutoencoderConfig(join(folder, "AE"));
    const weights = await openWeights(join(folder, "AE"), "diffusion_pytorch_model");
    return floats(
      (await runOnce(buildDecoderGraph(config, weights, "float32"), { latents }))["sample"],
    );
  };

  test("encoding a 16 x 24 picture", async () => {
    const config = await readAutoencoderConfig(join(folder, "AE"));
    const weights = await openWeights(join(folder, "AE"), "diffusion_pytorch_model");
    const output = await runOnce(buildEncoderGraph(config, weights, "float32"), {
      sample: wave([1, 3, 16, 24]),
    });
    assert.ok(relativeError(floats(output["latents"]), golden["AE_enc"]?.data ?? []) < TOLERANCE);
  });

  test("decoding that picture's latents", async () => {
    const data = Float32Array.from(golden["AE_enc"]?.data ?? []);
    assert.ok(
      relativeError(await decode({ data, dims: [1, 4, 4, 6] }), golden["AE_dec"]?.data ?? []) <
        TOLERANCE,
    );
  });

  test("decoding 2 x 2 latents, where diffusers computes attention quadratically", async () => {
    const expected = golden["AE_dec_small_2x2_quadratic"]?.data ?? [];
    assert.ok(relativeError(await decode(wave([1, 4, 2, 2], 0.7, 0.2)), expected) < TOLERANCE);
  });

  test("decoding 9 x 11 latents whole", async () => {
    const expected = golden["AE_dec_9x11"]?.data ?? [];
    assert.ok(relativeError(await decode(wave([1, 4, 9, 11], 0.31, 0.2)), expected) < TOLERANCE);
  });
});

describe("blended tiles agree with diffusers' enable_tiling()", () => {
  const runTiles = async (kind: "decoder" | "encoder", x: Planes): Promise<Planes> => {
    const config = await readAutoencoderConfig(join(folder, "AE"));
    const weights = await openWeights(join(folder, "AE"), "diffusion_pytorch_model");
    const build = kind === "decoder" ? buildDecoderGraph : buildEncoderGraph;
    const session = await Session.create(build(config, weights, "float32"), {
      provider: "cpu",
      threads: 1,
    });
    const [input, output] = kind === "decoder" ? ["latents", "sample"] : ["sample", "latents"];
    const tiles = kind === "decoder" ? decoderTiles(4, 16, 12) : encoderTiles(4, 16, 12);
    try {
      return await runBlended(x, tiles, async ({ data, channels, height, width }) => {
        const made = await session.run({ [input]: { data, dims: [1, channels, height, width] } });
        const [, outChannels = 0, outHeight = 0, outWidth = 0] = made[output]?.dims ?? [];
        return {
          data: floats(made[output]),
          channels: outChannels,
          height: outHeight,
          width: outWidth,
        };
      });
    } finally {
      await session.release();
    }
  };

  test("decoding 9 x 11 latents", async () => {
    const { data } = wave([1, 4, 9, 11], 0.31, 0.2);
    const image = await runTiles("decoder", {
      data: floats({ data, dims: [] }),
      channels: 4,
      height: 9,
      width: 11,
    });
    assert.deepEqual([image.height, image.width], [36, 44]);
    assert.ok(relativeError(image.data, golden["AE_dec_9x11_tiled_16_12"]?.data ?? []) < TOLERANCE);
  });

  test("encoding 36 x 44 pixels, whose last tiles are not whole latents wide", async () => {
    const { data } = wave([1, 3, 36, 44]);
    const latents = await runTiles("encoder", {
      data: floats({ data, dims: [] }),
      channels: 3,
      height: 36,
      width: 44,
    });
    assert.ok(
      relativeError(latents.data, golden["AE_enc_36x44_tiled_16_12"]?.data ?? []) < TOLERANCE,
    );
  });
});

describe("the text encoder agrees with transformers", () => {
  const ids = [2, 5, 9, 33, 17, 21, 60];
  const encode = async (softcap: boolean, past: number): Promise<Float32Array> => {
    const config = await readGemma2Config(join(folder, "G2"));
    const weights = await openWeights(join(folder, "G2"), "model");
    const rowsOf = await readRows(weights.get("embed_tokens.weight"), ids);
    const embeds = rowsOf.map((value) => value * Math.sqrt(config.hiddenSize));
    const session = await Session.create(buildTextEncoderGraph(config, weights, { softcap }), {
      provider: "cpu",
      threads: 1,
    });
    const empty: Tensor = { data: new Float32Array(0), dims: [3, 2, 1, 2, 0, 8] };
    const part = (from: number, to: number): Tensor => ({
      data: embeds.slice(from * 16, to * 16),
      dims: [1, to - from, 16],
    });
    try {
      if (past === 0) {
        const whole = await session.run({ inputs_embeds: part(0, 7), past_key_values: empty });
        return floats(whole["last_hidden_state"]);
      }
      const first = await session.run({ inputs_embeds: part(0, past), past_key_values: empty });
      const prefix = first["present_key_values"];
      assert.ok(prefix !== undefined);
      const second = await session.run({ inputs_embeds: part(past, 7), past_key_values: prefix });
      return Float32Array.from([
        ...floats(first["last_hidden_state"]),
        ...floats(second["last_hidden_state"]),
      ]);
    } finally {
      await session.release();
    }
  };
  const expected = (golden["G2_out"]?.data ?? []).slice(0, 7 * 16);

  test("with the soft-cap, as eager attention computes it", async () => {
    const actual = await encode(true, 0);
    assert.ok(relativeError(actual, expected) < TOLERANCE);
  });

  test("without the soft-cap, as SDPA computes it (SANA.md A.4)", async () => {
    const token6 = (await encode(false, 0)).slice(96, 104);
    const sdpa = [1.978412, 0.600324, 1.283694, 0.845634, -1.068585, 0.176864, -1.494373, 0.164224];
    assert.ok(relativeError(token6, sdpa) < 2e-6);
  });

  test("in two parts, the first's keys and values kept, though the window slides across the seam", async () => {
    for (const past of [1, 3, 5])
      assert.ok(relativeError(await encode(true, past), expected) < TOLERANCE);
  });
});
