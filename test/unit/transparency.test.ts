import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { joinLayers, splitLayers } from "../../src/image/transparency.ts";

/** One row of pixels. */
function row(...pixels: [number, number, number, number][]): {
  rgba: Uint8Array;
  width: number;
  height: number;
} {
  return { rgba: Uint8Array.from(pixels.flat()), width: pixels.length, height: 1 };
}

describe("splitLayers", () => {
  it("gives invisible pixels the colour of the visible ones near them", () => {
    const { colour, alpha } = splitLayers(
      row([255, 0, 255, 0], [10, 20, 30, 255], [9, 9, 9, 0], [200, 100, 50, 1], [1, 2, 3, 0]),
    );
    assert.deepEqual([...colour.rgb.subarray(0, 3)], [10, 20, 30]);
    assert.deepEqual([...colour.rgb.subarray(12, 15)].length, 3);
    assert.notDeepEqual([...colour.rgb.subarray(12, 15)], [1, 2, 3]);
    assert.deepEqual([...(alpha ?? [])], [0, 255, 0, 1, 0]);
  });

  it("leaves visible pixels as they are", () => {
    const { colour } = splitLayers(row([1, 2, 3, 7], [4, 5, 6, 255], [0, 0, 0, 0]));
    assert.deepEqual([...colour.rgb.subarray(0, 6)], [1, 2, 3, 4, 5, 6]);
  });

  it("knows no transparency where every pixel is opaque", () => {
    assert.equal(splitLayers(row([1, 2, 3, 255])).alpha, null);
    const rgb = { rgb: Uint8Array.of(1, 2, 3), width: 1, height: 1 };
    assert.deepEqual(splitLayers(rgb), { colour: rgb, alpha: null });
  });

  it("survives a picture without any visible pixel", () => {
    const { colour, alpha } = splitLayers(row([1, 2, 3, 0], [4, 5, 6, 0], [7, 8, 9, 0]));
    assert.equal(colour.rgb.length, 9);
    assert.deepEqual([...(alpha ?? [])], [0, 0, 0]);
  });
});

describe("joinLayers", () => {
  it("puts together what splitLayers took apart", () => {
    const source = row([1, 2, 3, 7], [4, 5, 6, 255]);
    assert.deepEqual(joinLayers(splitLayers(source)), source);
  });
});
