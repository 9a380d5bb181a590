import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readAutoencoderConfig } from "../../src/models/autoencoder-dc/config.ts";
import { LatentPreview } from "../../src/pipeline/latent-preview.ts";
import { solveSymmetric } from "../../src/pipeline/solve-symmetric.ts";
import { Preview } from "../../src/pipeline/preview.ts";
import { loadTiny, temporaryFolder, tinyCheckpoint } from "../support/tiny-checkpoint.ts";

const config = await readAutoencoderConfig(join(tinyCheckpoint("base"), "vae"));
const { latentChannels, compression } = config;
const [height, width] = [6, 5];

function latentsOf(seed: number): { data: Float32Array; height: number; width: number } {
  const length = latentChannels * height * width;
  return { data: Float32Array.from({ length }, (_, i) => Math.sin(seed + i * i)), height, width };
}

/** A decoder that really is linear: red is channel 0, green minus channel 1, blue a constant. */
function linearPicture(latents: Float32Array): {
  data: Float32Array;
  height: number;
  width: number;
} {
  const [rows, columns] = [height * compression, width * compression];
  const data = new Float32Array(3 * rows * columns);
  for (let i = 0; i < rows * columns; i++) {
    const pixel =
      Math.floor(Math.floor(i / columns) / compression) * width +
      Math.floor((i % columns) / compression);
    data[i] = (latents[pixel] ?? 0) * 0.5;
    data[rows * columns + i] = -(latents[height * width + pixel] ?? 0) * 0.5;
    data[2 * rows * columns + i] = 0.25;
  }
  return { data, height: rows, width: columns };
}

describe("the latent preview", () => {
  test("knows nothing of an unknown autoencoder before its first picture", async () => {
    const preview = await LatentPreview.open(join(await temporaryFolder(), "p.json"), config);
    assert.equal(preview.render(latentsOf(0)), null);
  });

  test("finds a linear decoder's colours again from finished pictures", async () => {
    const path = join(await temporaryFolder(), "deep", "p.json");
    const preview = await LatentPreview.open(path, config);
    for (const seed of [1, 2, 3])
      await preview.learn(latentsOf(seed), linearPicture(latentsOf(seed).data));
    const unseen = latentsOf(9);
    for (const known of [preview, await LatentPreview.open(path, config)]) {
      const picture = known.render(unseen);
      const red = Math.round(255 * ((unseen.data[7] ?? 0) * 0.25 + 0.5));
      assert.ok(Math.abs((picture?.rgb[3 * 7] ?? 0) - red) <= 1);
      assert.ok(Math.abs((picture?.rgb[3 * 7 + 2] ?? 0) - 159) <= 1);
      assert.deepEqual([picture?.width, picture?.height], [width, height]);
    }
  });

  test("begins anew where its file is damaged", async () => {
    const path = join(await temporaryFolder(), "p.json");
    await writeFile(path, '{"pictures": 3, "gram": [[1]], "moments": []}');
    assert.equal((await LatentPreview.open(path, config)).render(latentsOf(0)), null);
  });

  test("has the published colours of the real autoencoder from the start", async () => {
    const real = { ...config, latentChannels: 32, scalingFactor: 0.41407 };
    const preview = await LatentPreview.open(join(await temporaryFolder(), "p.json"), real);
    const grey = preview.render({ data: new Float32Array(32), height: 1, width: 1 });
    assert.deepEqual([...(grey?.rgb ?? [])], [111, 97, 86]);
  });
});

test("a checkpoint with a large decoder shows nothing before its first picture, and what it learnt of it later", async () => {
  const { checkpoint, stages } = await loadTiny("base");
  const { weights } = checkpoint.vae;
  const large = { ...weights, get: (name: string) => ({ ...weights.get(name), shape: [2 ** 24] }) };
  const parts = {
    checkpoint: { ...checkpoint, vae: { ...checkpoint.vae, weights: large } },
    stages,
  };
  const cacheDir = await temporaryFolder();
  const dims = [1, latentChannels, height, width] as const;
  const { data: clean } = latentsOf(1);
  const { data, ...size } = linearPicture(clean);

  const preview = await Preview.open(parts, cacheDir);
  assert.equal(await preview.render(clean, dims), null);
  await preview.learn({ clean, dims }, { data, dims: [1, 3, size.height, size.width] });
  const shown = await (await Preview.open(parts, cacheDir)).render(clean, dims);
  assert.deepEqual([shown?.width, shown?.height], [width, height]);
  assert.ok(Math.abs((shown?.rgb[2] ?? 0) - 159) <= 1);
});

test("a symmetric system is solved exactly", () => {
  const x = solveSymmetric(
    [
      [4, 1],
      [1, 3],
    ],
    [1, 2],
  );
  assert.ok(Math.abs((x[0] ?? 0) - 1 / 11) < 1e-12 && Math.abs((x[1] ?? 0) - 7 / 11) < 1e-12);
});
