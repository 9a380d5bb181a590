import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import { UPSCALERS } from "../../src/config.ts";
import { UserError, type UserErrorCode } from "../../src/errors.ts";
import type { AnyPicture, RgbPicture } from "../../src/image/encode-picture.ts";
import { resizeLanczos } from "../../src/image/resize-lanczos.ts";
import { ESRGAN_NAMES, openEsrgan } from "../../src/models/super-resolution/esrgan.ts";
import { symbol } from "../../src/onnx/dim.ts";
import { GraphBuilder } from "../../src/onnx/graph-builder.ts";
import { Session } from "../../src/onnx/session.ts";
import { planNetwork } from "../../src/upscale/network.ts";
import type { TileProgress, UpscalerOptions } from "../../src/upscale/types.ts";
import { predictUpscale, Upscaler } from "../../src/upscale/upscale.ts";
import { psnr } from "../support/compare.ts";
import { seededIntegers } from "../support/seeded-random.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const folder = await temporaryFolder();

async function load(options: Partial<UpscalerOptions> = {}): Promise<Upscaler> {
  const upscaler = await Upscaler.load({ provider: "cpu", cacheDir: folder, ...options });
  after(() => upscaler.release());
  return upscaler;
}

/** Edges, slopes and noise. */
function picture(width: number, height: number): RgbPicture {
  const random = seededIntegers(7);
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const isInside = (x % 40) ** 2 + (y % 33) ** 2 < 400;
    return (isInside ? 200 : x + (i % 3) * 30) * 0.8 + random(20);
  });
  return { rgb, width, height };
}

/** What a network makes of a whole picture in one run. */
async function untiled(
  name: "esrgan-thick" | "esrgan-medium",
  source: RgbPicture,
): Promise<Uint8Array> {
  const { rgb, width, height } = source;
  const session = await Session.create(await openEsrgan(name, 4), { provider: "cpu" });
  const pixels = width * height;
  const data = new Float32Array(3 * pixels);
  for (const [i, byte] of rgb.entries()) data[(i % 3) * pixels + Math.floor(i / 3)] = byte / 255;
  const { enlarged } = await session.run({ image: { data, dims: [1, 3, height, width] } });
  await session.release();
  const made = new Uint8ClampedArray(48 * pixels);
  for (let i = 0; i < made.length; i += 1)
    made[i] = 255 * Number(enlarged?.data[(i % 3) * 16 * pixels + Math.floor(i / 3)]);
  return Uint8Array.from(made);
}

function rgbOf(made: AnyPicture): Uint8Array {
  assert.ok("rgb" in made);
  return made.rgb;
}

function rejects(promise: Promise<unknown>, code: UserErrorCode, words: RegExp): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, words);
    return true;
  });
}

describe("Upscaler", () => {
  for (const [name, width, height] of [
    ["esrgan-thick", 270, 40],
    ["esrgan-medium", 300, 280],
  ] as const) {
    it(`makes the same of tiles as of the whole picture with ${name}`, async () => {
      const source = picture(width, height);
      const progress: TileProgress[] = [];
      const upscaler = await load({ upscaler: name });
      const made = await upscaler.upscale(source, {
        longestSide: 4 * width,
        onProgress: (event) => void progress.push(event),
      });
      assert.equal(made.method, "faithful");
      assert.ok(progress.length > 2, "it was not tiled");
      const whole = await untiled(name, source);
      assert.ok(psnr(rgbOf(made.picture), whole, 255) > 60);
    });
  }

  it("leaves no step at the borders of tiles on an even slope", async () => {
    const [width, height] = [300, 24];
    const rgb = new Uint8Array(3 * width * height);
    for (let i = 0; i < rgb.length; i += 1)
      rgb[i] = 60 + ((Math.floor(i / 3) % width) * 120) / width;
    const upscaler = await load({ upscaler: "esrgan-thick" });
    const made = await upscaler.upscale({ rgb, width, height }, { longestSide: 4 * width });
    // Two tiles of 150: their border is between the columns 599 and 600.
    const steps = columnSteps(rgbOf(made.picture), 4 * width);
    const elsewhere = steps.filter((_, x) => x > 40 && x < 4 * width - 40 && x !== 599);
    const usual = Math.max(...elsewhere);
    assert.ok(
      (steps[599] ?? 99) <= usual,
      `${steps[599]} at the border, at most ${usual} elsewhere`,
    );
    assert.ok(usual < 3);
  });

  it("brings the picture to the size that is asked for, whatever the network's scale", async () => {
    const upscaler = await load({ upscaler: "esrgan-slim" });
    const made = await upscaler.upscale(picture(60, 34), { longestSide: 203 });
    assert.deepEqual(
      [made.picture.width, made.picture.height, made.name],
      [203, 115, "ESRGAN slim x4"],
    );
    const twice = await upscaler.upscale(picture(60, 34), { longestSide: 120 });
    assert.equal(twice.name, "ESRGAN slim x2");
  });

  it("looks like the picture that it came from", async () => {
    const source = picture(64, 48);
    const upscaler = await load();
    const made = await upscaler.upscale(source, { longestSide: 256 });
    assert.equal(made.name, "ESRGAN thick x4");
    const back = resizeLanczos({ rgb: rgbOf(made.picture), width: 256, height: 192 }, source);
    assert.ok(psnr(back.rgb, source.rgb, 255) > 25);
  });

  it("keeps transparency, and lets no colour of invisible pixels out", async () => {
    const [width, height] = [300, 20];
    const rgba = new Uint8Array(4 * width * height);
    for (let i = 0; i < width * height; i += 1) {
      const isVisible = i % width >= 250;
      rgba.set(isVisible ? [30, 200, 40, 255] : [255, 0, 255, 0], 4 * i);
    }
    const upscaler = await load({ upscaler: "esrgan-medium" });
    const { picture: made } = await upscaler.upscale(
      { rgba, width, height },
      { longestSide: 1200 },
    );
    assert.ok("rgba" in made);
    const pixel = (x: number, y: number): number[] => [
      ...made.rgba.subarray(4 * (y * 1200 + x), 4 * (y * 1200 + x) + 4),
    ];
    assert.equal(pixel(300, 40)[3], 0);
    const [red = 0, green = 0, blue = 0, alpha = 0] = pixel(1100, 40);
    assert.ok(
      alpha > 250 && Math.abs(red - 30) < 8 && Math.abs(green - 200) < 8 && Math.abs(blue - 40) < 8,
    );
    const [edgeRed = 0, , edgeBlue = 0] = pixel(999, 40);
    assert.ok(edgeRed < 60 && edgeBlue < 70, `magenta shows: ${pixel(999, 40).join()}`);
  });

  it("stops between two tiles", async () => {
    const upscaler = await load({ upscaler: "esrgan-slim" });
    const controller = new AbortController();
    const seen: number[] = [];
    const cancelled = upscaler.upscale(picture(600, 20), {
      longestSide: 2400,
      signal: controller.signal,
      onProgress: ({ tile }) => {
        seen.push(tile);
        if (tile === 1) controller.abort();
      },
    });
    await rejects(cancelled, "cancelled", /tile 3 of 3/);
    assert.deepEqual(seen, [0, 1]);
    const next = await upscaler.upscale(picture(30, 20), { longestSide: 60 });
    assert.equal(next.method, "faithful");
  });

  it("stops after the only tile when it was cancelled while that was drawn", async () => {
    const upscaler = await load({ upscaler: "esrgan-slim" });
    const controller = new AbortController();
    const seen: number[] = [];
    const cancelled = upscaler.upscale(picture(30, 20), {
      longestSide: 60,
      signal: controller.signal,
      onProgress: ({ tile }) => {
        seen.push(tile);
        controller.abort();
      },
    });
    await rejects(cancelled, "cancelled", /after tile 1 of 1/);
    assert.deepEqual(seen, [0]);
  });

  it("refuses a picture that is large enough, and sizes that are none", async () => {
    const upscaler = await load({ upscaler: "lanczos" });
    const source = picture(40, 20);
    await rejects(
      upscaler.upscale(source, { longestSide: 40 }),
      "invalid_option",
      /40 x 20 pixels already/,
    );
    await rejects(upscaler.upscale(source, { longestSide: 9000 }), "invalid_option", /up to 8192/);
  });

  it("says so when Lanczos drew because it was asked to", async () => {
    const upscaler = await load({ upscaler: "lanczos" });
    const made = await upscaler.upscale(picture(40, 20), { longestSide: 160 });
    assert.deepEqual([made.method, made.name], ["lanczos", "Lanczos with mild sharpening"]);
    assert.deepEqual([made.picture.width, made.picture.height], [160, 80]);
  });

  it("falls back to Lanczos by name when its network cannot be loaded", async () => {
    const log: string[] = [];
    const upscaler = await load({
      log: (line) => void log.push(line),
      plan: async (name, ratio) => {
        const plan = await planNetwork(name, ratio);
        return { ...plan, graph: { ...plan.graph, bytes: plan.graph.bytes.subarray(0, 999) } };
      },
    });
    const made = await upscaler.upscale(picture(40, 20), { longestSide: 160 });
    assert.equal(made.method, "lanczos");
    assert.match(log.join("\n"), /esrgan-thick could not be loaded, Lanczos is used: /);
  });

  it("falls back to Lanczos by name when there is not enough memory for a tile", async () => {
    const log: string[] = [];
    const upscaler = await load({
      upscaler: "esrgan-slim",
      log: (line) => void log.push(line),
      plan: async () => ({ ...(await planNetwork("esrgan-slim", 4)), graph: hugeGraph() }),
    });
    const made = await upscaler.upscale(picture(40, 20), { longestSide: 160 });
    assert.equal(made.method, "lanczos");
    assert.match(log.join("\n"), /Lanczos does: There was not enough memory/);
  });

  it("goes on with the CPU where the provider that was asked for is missing", async () => {
    const log: string[] = [];
    const upscaler = await load({
      upscaler: "esrgan-slim",
      provider: "dml",
      log: (line) => void log.push(line),
    });
    const made = await upscaler.upscale(picture(40, 20), { longestSide: 160 });
    assert.equal(made.method, "faithful");
    assert.equal(upscaler.provider, "cpu");
    assert.match(log.join("\n"), /ESRGAN slim x4 runs on the CPU/);
  });

  it("goes on with the CPU, and not with Lanczos, where a graphics card runs out of memory", async (t) => {
    const create = Session.create.bind(Session);
    t.mock.method(Session, "create", async (...[graph, options]: Parameters<typeof create>) => {
      const session = await create(graph, { ...options, provider: "cpu" });
      const full = (): Promise<never> => {
        throw new UserError("out_of_memory", "The card is full.");
      };
      if (options.provider === "webgpu") t.mock.method(session, "run", full);
      return session;
    });
    const log: string[] = [];
    const upscaler = await load({
      upscaler: "esrgan-slim",
      provider: "webgpu",
      log: (line) => void log.push(line),
    });
    const made = await upscaler.upscale(picture(40, 20), { longestSide: 160 });
    assert.deepEqual([made.method, upscaler.provider], ["faithful", "cpu"]);
    assert.match(log.join("\n"), /ESRGAN slim x4 runs on the CPU: The card is full\./);
  });

  it("knows the same names as the configuration", () => {
    assert.deepEqual([...UPSCALERS], [...ESRGAN_NAMES, "lanczos"]);
  });
});

describe("an upscaler from a file", () => {
  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };

  it("enlarges with any network of the usual form, by the scale that it has", async () => {
    const upscaler = await load({ upscaler: await write("three.onnx", nearest(3)) });
    const source = picture(301, 7);
    const made = await upscaler.upscale(source, { longestSide: 903 });
    assert.equal(made.name, "three x3");
    assert.deepEqual(rgbOf(made.picture), repeated(source, 3));
  });

  it("works with a network that takes one size only", async () => {
    const upscaler = await load({ upscaler: await write("fixed.onnx", nearest(2, 64)) });
    const source = picture(101, 70);
    const made = await upscaler.upscale(source, { longestSide: 202 });
    assert.deepEqual(rgbOf(made.picture), repeated(source, 2));
  });

  const refused: [what: string, bytes: () => Uint8Array, words: RegExp][] = [
    ["bytes that are no model", () => new Uint8Array(99).fill(255), /cannot be parsed/],
    ["a model that enlarges nothing", () => nearest(1), /no enlargement/],
    ["a model with two inputs", twoInputs, /it has 2 inputs/],
    ["a model with one channel", () => nearest(2, null, 1), /\[1, 1, \?, \?\], not \[1, 3/],
    ["a model in float16", halfPrecision, /FLOAT16, not float32/],
    ["a model for tiny pictures", () => nearest(2, 16), /too small/],
  ];
  for (const [what, bytes, words] of refused) {
    it(`refuses ${what}`, async () => {
      const path = await write("refused.onnx", bytes());
      await rejects(load({ upscaler: path }), "model_invalid", words);
    });
  }

  it("refuses a file that is missing, and a name that is none", async () => {
    await rejects(load({ upscaler: join(folder, "gone.onnx") }), "model_not_found", /gone\.onnx/);
    await rejects(
      load({ upscaler: "waifu" }),
      "invalid_option",
      /"waifu" is not known: it must be/,
    );
  });
});

describe("predictUpscale", () => {
  it("counts the operations of every tile with its halo", async () => {
    const cost = await predictUpscale({ width: 1024, height: 1024 }, { longestSide: 4096 });
    assert.deepEqual([cost.width, cost.height], [4096, 4096]);
    // 15.2 TFLOP without halos.
    assert.ok(cost.flops > 15.3e12 && cost.flops < 19e12, `${cost.flops}`);
    assert.ok(
      cost.peakMemoryBytes > 2e8 && cost.peakMemoryBytes < 1.5e9,
      `${cost.peakMemoryBytes}`,
    );
  });

  it("knows that Lanczos is next to nothing", async () => {
    const size = { width: 1024, height: 512 };
    const cost = await predictUpscale(size, { longestSide: 4096, upscaler: "lanczos" });
    assert.equal(cost.flops, 0);
  });
});

/** The largest change from each column to the next, of all rows and channels together: their mean's. */
function columnSteps(rgb: Uint8Array, width: number): number[] {
  const height = rgb.length / 3 / width;
  const means = Array.from({ length: width }, (_, x) => {
    let sum = 0;
    for (let y = 0; y < height; y += 1) sum += rgb[3 * (y * width + x)] ?? 0;
    return sum / height;
  });
  return means.slice(1).map((mean, x) => Math.abs(mean - (means[x] ?? 0)));
}

function nearest(scale: number, side: number | null = null, channels = 3): Uint8Array {
  const g = new GraphBuilder("nearest");
  const sides = side === null ? [symbol("h"), symbol("w")] : [side, side];
  const x = g.input("lr", "float32", [1, channels, ...sides]);
  g.output("hr", g.upsampleNearest(x, scale));
  return g.finish().bytes;
}

function twoInputs(): Uint8Array {
  const g = new GraphBuilder("two");
  const dims = [1, 3, symbol("h"), symbol("w")];
  g.output("sum", g.add(g.input("a", "float32", dims), g.input("b", "float32", dims)));
  return g.finish().bytes;
}

function halfPrecision(): Uint8Array {
  const g = new GraphBuilder("half");
  g.output("hr", g.upsampleNearest(g.input("lr", "float16", [1, 3, symbol("h"), symbol("w")]), 2));
  return g.finish().bytes;
}

/** A graph that asks for more memory than any machine has. */
function hugeGraph(): ReturnType<GraphBuilder["finish"]> {
  const g = new GraphBuilder("huge");
  const x = g.input("image", "float32", [1, 3, symbol("height"), symbol("width")]);
  g.output("enlarged", g.upsampleNearest(x, 2 ** 17));
  return g.finish();
}

function repeated({ rgb, width, height }: RgbPicture, scale: number): Uint8Array {
  const made = new Uint8Array(rgb.length * scale ** 2);
  for (let y = 0; y < height * scale; y += 1) {
    for (let x = 0; x < width * scale; x += 1) {
      const from = 3 * (Math.floor(y / scale) * width + Math.floor(x / scale));
      made.set(rgb.subarray(from, from + 3), 3 * (y * width * scale + x));
    }
  }
  return made;
}
