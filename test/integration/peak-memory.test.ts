import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";

import { PROJECT_DIR } from "../../src/config.ts";
import { ESRGAN_NAMES } from "../../src/models/super-resolution/esrgan.ts";
import { ALLOCATOR_ENVIRONMENT } from "../../src/onnx/allocator-environment.ts";
import { hollowCheckpoint } from "../support/hollow-checkpoint.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const skip = process.platform === "linux" ? false : "only Linux can set back a process's peak";
const SCRIPT = new URL("../support/measure-stage.ts", import.meta.url).pathname;
/** The issue's: within a tenth. */
const TOLERANCE = 0.1;

async function measure(folder: string, stage: string, sizes: object): Promise<void> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--expose-gc", SCRIPT, folder, stage, JSON.stringify(sizes)],
    { env: { ...process.env, ...ALLOCATOR_ENVIRONMENT }, timeout: 300_000 },
  );
  const { foreseen, measured } = JSON.parse(stdout) as { foreseen: number; measured: number };
  const error = foreseen / measured - 1;
  assert.ok(Math.abs(error) < TOLERANCE, `${foreseen} against ${measured}: ${error}`);
}

describe(
  "what a stage takes of the memory, weights and values, at Sana's real sizes",
  { skip },
  async () => {
    const folder = await temporaryFolder();
    await hollowCheckpoint(folder);

    for (const [stage, sizes] of [
      ["transformer", { batch: 1, height: 16, width: 16, tokens: 24 }],
      ["transformer", { batch: 2, height: 32, width: 32, tokens: 24 }],
      ["transformer of a 4K model", { batch: 1, height: 128, width: 128, tokens: 32 }],
      ["vae-decoder", { batch: 1, height: 6, width: 9 }],
      ["vae-decoder", { batch: 1, height: 12, width: 12 }],
      ["vae-encoder", { batch: 1, height: 256, width: 320 }],
    ] as const) {
      test(`is foreseen within a tenth: ${stage} with ${JSON.stringify(sizes)}`, () =>
        measure(folder, stage, sizes));
    }
  },
);

describe("what small networks take, whose channels do not always fill a block", { skip }, () => {
  const emoji = join(PROJECT_DIR, "models/emoji");

  for (const side of [8, 16, 32]) {
    test(`is foreseen within a tenth: the built-in decoder at ${32 * side} px`, () =>
      measure(emoji, "vae-decoder", { batch: 1, height: side, width: side }));
  }

  for (const name of ESRGAN_NAMES) {
    test(`is foreseen within a tenth: ${name} on a tile of 256 px with its halo`, () =>
      measure(emoji, name, { height: 280, width: 280 }));
  }
});
