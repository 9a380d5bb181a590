import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  ESRGAN_NAMES,
  ESRGAN_SCALES,
  openEsrgan,
} from "../../src/models/super-resolution/esrgan.ts";
import { Session } from "../../src/onnx/session.ts";
import { openReference } from "../support/tensorflow.ts";

/** Small, and of different sides, so that an axis that is mixed up shows. */
const SIZE = { height: 20, width: 28 };
const PIXELS = SIZE.height * SIZE.width;
/** Of black to white; measured: at most 4e-6. */
const MAX_DIFFERENCE = 1e-4;

/** Interleaved, in [0, 1], with edges and slopes. */
const IMAGE = Float32Array.from(
  { length: 3 * PIXELS },
  (_, i) => 0.5 + 0.5 * Math.sin(i * i * 0.01),
);

describe("ESRGAN as an ONNX graph", () => {
  for (const name of ESRGAN_NAMES) {
    for (const scale of ESRGAN_SCALES) {
      it(`${name} x${scale} gives what TensorFlow.js gives on the same weights`, async () => {
        const reference = await openReference(name, scale);
        const { range } = reference;
        const expected = await reference.run(
          IMAGE.map((value) => value * range),
          SIZE,
        );
        reference.dispose();

        const session = await Session.create(await openEsrgan(name, scale), { provider: "cpu" });
        const dims = [1, 3, SIZE.height, SIZE.width];
        const { enlarged } = await session.run({ image: { data: toPlanes(IMAGE), dims } });
        await session.release();

        assert.deepEqual(enlarged?.dims, [1, 3, SIZE.height * scale, SIZE.width * scale]);
        const wanted = toPlanes(expected.map((value) => value / range));
        const differences = wanted.map((value, i) => Math.abs(value - Number(enlarged.data[i])));
        const largest = differences.reduce((most, each) => Math.max(most, each), 0);
        assert.ok(largest < MAX_DIFFERENCE, `differs by ${largest}`);
        // The picture is not all alike, so that agreement means something.
        assert.ok(Math.max(...wanted) - Math.min(...wanted) > 0.5);
      });
    }
  }
});

/** [H, W, 3] to [3, H, W]. */
function toPlanes(values: Float32Array): Float32Array {
  const pixels = values.length / 3;
  const planes = new Float32Array(values.length);
  for (const [i, value] of values.entries()) planes[(i % 3) * pixels + Math.floor(i / 3)] = value;
  return planes;
}
