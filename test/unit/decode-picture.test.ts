import assert from "node:assert/strict";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";

import { UserError } from "../../src/errors.ts";
import { decodePicture, decodePictureFile, decodeStill } from "../../src/image/decode-picture.ts";

/** Two pixels: red, blue. */
const TWO = Uint8Array.from([255, 0, 0, 0, 0, 255]);
const twoPixels = () => sharp(TWO, { raw: { width: 2, height: 1, channels: 3 } });

async function refuses(action: Promise<unknown>, words: RegExp): Promise<void> {
  await assert.rejects(action, (error) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.code, "invalid_image");
    assert.match(error.message, words);
    return true;
  });
}

describe("decodePicture", () => {
  it("gives interleaved RGB at the picture's own size", async () => {
    const { rgb, width, height } = await decodePicture(await twoPixels().png().toBuffer());
    assert.deepEqual({ rgb: [...rgb], width, height }, { rgb: [...TWO], width: 2, height: 1 });
  });

  it("turns the picture upright by its EXIF orientation", async () => {
    const file = await twoPixels().png().withMetadata({ orientation: 6 }).toBuffer();
    const { rgb, width, height } = await decodePicture(file);
    assert.deepEqual({ rgb: [...rgb], width, height }, { rgb: [...TWO], width: 1, height: 2 });
  });

  it("puts transparent parts on white", async () => {
    const rgba = Uint8Array.from([0, 0, 0, 0, 10, 20, 30, 255]);
    const file = await sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    assert.deepEqual([...(await decodePicture(file)).rgb], [255, 255, 255, 10, 20, 30]);
  });

  it("gives three channels for grey pictures", async () => {
    const file = await sharp(Uint8Array.from([7, 99]), {
      raw: { width: 2, height: 1, channels: 1 },
    })
      .png()
      .toBuffer();
    assert.deepEqual([...(await decodePicture(file)).rgb], [7, 7, 7, 99, 99, 99]);
  });

  it("gives 8 bits for a picture of 16", async () => {
    const deep = Uint16Array.from([0xffff, 0, 0, 0, 0, 0x8080]);
    const file = await sharp(deep, { raw: { width: 2, height: 1, channels: 3 } })
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    const { rgb } = await decodePicture(file);
    assert.deepEqual([...rgb], [255, 0, 0, 0, 0, 128]);
  });

  it("refuses bytes that are no picture", async () => {
    await refuses(decodePicture(Buffer.from("hello")), /not a picture.*PNG, JPEG, WebP/);
    await refuses(decodePicture(new Uint8Array()), /not a picture/);
  });

  it("refuses vector formats, which can name other files", async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
    await refuses(decodePicture(Buffer.from(svg)), /kind svg are not read/);
  });

  it("refuses a damaged picture", async () => {
    const noise = new Uint8Array(3 * 64 * 64).map((_, i) => (i * 31 + (i >> 3) * 17) % 256);
    const file = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    await refuses(decodePicture(file.subarray(0, file.length / 2)), /damaged/);
  });

  it("refuses more pixels than fit before it decodes them", async () => {
    const file = await sharp({
      create: { width: 10_000, height: 10_000, channels: 3, background: "#000" },
    })
      .png()
      .toBuffer();
    await refuses(decodePicture(file), /10000 x 10000 pixels; at most 67108864|not a picture/);
  });

  it("refuses more bytes than any real picture has", async () => {
    await refuses(decodePicture(new Uint8Array(64 * 2 ** 20 + 1)), /67108865 bytes; at most/);
  });
});

describe("decodeStill", () => {
  /** Two frames of 4 x 4. */
  const frames = () => {
    const rgb = Uint8Array.from({ length: 3 * 4 * 8 }, (_, i) => (i < 48 ? 0 : 200));
    return sharp(rgb, { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } });
  };

  it("keeps transparency where there is any", async () => {
    const rgba = Uint8Array.from([9, 8, 7, 0, 10, 20, 30, 128]);
    const raw = { width: 2, height: 1, channels: 4 } as const;
    const still = await decodeStill(await sharp(rgba, { raw }).png().toBuffer());
    assert.deepEqual(still, { rgba: Buffer.from(rgba), width: 2, height: 1 });
    assert.ok("rgb" in (await decodeStill(await twoPixels().webp().toBuffer())));
  });

  it("keeps the transparency of grey pictures and of palettes", async () => {
    const rgba = Uint8Array.from([50, 50, 50, 0, 50, 50, 50, 255]);
    const image = sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } });
    const gray = await decodeStill(await image.clone().toColourspace("b-w").png().toBuffer());
    assert.ok("rgba" in gray && gray.rgba[3] === 0 && gray.rgba[7] === 255);
    const palette = await decodeStill(await image.clone().png({ palette: true }).toBuffer());
    assert.ok("rgba" in palette && palette.rgba[3] === 0 && palette.rgba[4] === 50);
  });

  it("refuses animations of every kind with one sentence", async () => {
    const files = [
      await frames().gif().toBuffer(),
      await frames().webp().toBuffer(),
      animatedPng(),
    ];
    for (const file of files)
      await refuses(decodeStill(file), /^This picture is animated; send a still one\.$/);
  });

  it("takes a GIF or WebP of one frame", async () => {
    for (const format of ["gif", "webp"] as const) {
      const { width } = await decodeStill(await twoPixels().toFormat(format).toBuffer());
      assert.equal(width, 2);
    }
  });

  /** A still PNG with an animation's control chunk behind its header. */
  function animatedPng(): Buffer {
    const control = Buffer.from(
      "0000000861635 44c0000000200000000b68d30b9".replace(" ", ""),
      "hex",
    );
    return Buffer.concat([still.subarray(0, 33), control, still.subarray(33)]);
  }
  let still: Buffer;
  before(async () => {
    still = await twoPixels().png().toBuffer();
  });
});

describe("decodePictureFile", () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "sanabot-decode-"));
  });
  after(() => rm(root, { recursive: true, force: true }));

  it("names the file that is missing", async () => {
    await refuses(decodePictureFile(join(root, "none.png")), /none\.png cannot be read/);
  });

  it("names the file that is too big, without reading it", async () => {
    const path = join(root, "big.png");
    await writeFile(path, "");
    await truncate(path, 65 * 2 ** 20);
    await refuses(decodePictureFile(path), /big\.png has 68157440 bytes/);
  });

  it("names the file that is no picture", async () => {
    const path = join(root, "text.png");
    await writeFile(path, "words");
    await refuses(decodePictureFile(path), /text\.png: This is not a picture/);
  });
});
