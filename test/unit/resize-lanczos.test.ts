import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";

import { resizeLanczos } from "../../src/image/resize-lanczos.ts";

/** Byte i of the test picture is the top byte of `i * 2654435761 mod 2^32`. */
function testPicture(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
}

/**
 * Made with Pillow 13.0.0:
 * `i = np.arange(w*h*3, dtype=np.uint64); a = ((i*2654435761) % 2**32 >> 24).astype(np.uint8).reshape(h, w, 3)`,
 * `sha256(np.array(Image.fromarray(a).resize((W, H), Image.LANCZOS)).tobytes())`.
 */
const FROM_PILLOW: [from: [number, number], to: [number, number], sha256: string][] = [
  [[7, 5], [16, 11], "7aa6c13986ace4c63a511f8c1419c22ae9886740aa8fefeabb38755abe8157c5"],
  [[16, 11], [7, 5], "84d7ee9009219bfddc6e8457048fdd4fd8d9d5108d970852af776cecefa3174e"],
  [[33, 20], [32, 64], "1698c1ad778f2b61dd0f9d5d6f6634f95ba0fc7492394eb8e5c7439d2c66612e"],
  [[64, 48], [9, 48], "73bcc20ebc69022a2d7ba608067bed87b920a26d3d420befa2694a00303adbf4"],
  [[5, 40], [5, 3], "4610553dd7ab09c470a2b58176aeedd418829634b786019ae1e93e05c22ea4ef"],
  [[40, 30], [41, 29], "909d7ee044d31bcf3165128321998e00bf54cb7feb150bfe3caf6bfd7bb8f117"],
  [[1, 1], [8, 8], "75932f2646ed530bcf4ed7c83a8e1f8282bd3af61310018b6571aee2b6f3db8a"],
  [[300, 200], [96, 64], "e8ca4aff2f5f3337128222964880f8809dcc2ae223fb6a5799aa85befb0ff24c"],
  [[24, 24], [24, 24], "17d37db02a3993b06e79ade3ae7209cc902e6ea39be5498dce61d13c73bedf8d"],
];

describe("resizeLanczos", () => {
  for (const [[width, height], [toWidth, toHeight], sha256] of FROM_PILLOW) {
    it(`equals Pillow in every byte from ${width}x${height} to ${toWidth}x${toHeight}`, () => {
      const picture = { rgb: testPicture(width, height), width, height };
      const resized = resizeLanczos(picture, { width: toWidth, height: toHeight });
      assert.equal(resized.width, toWidth);
      assert.equal(resized.height, toHeight);
      assert.equal(createHash("sha256").update(resized.rgb).digest("hex"), sha256);
    });
  }
});
