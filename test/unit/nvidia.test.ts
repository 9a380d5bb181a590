import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";

import { PROJECT_DIR } from "../../src/config.ts";
import { askNvidia } from "../../src/onnx/nvidia.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const FOLDER = await temporaryFolder();
const SMALL = { name: "NVIDIA GeForce RTX 3060", memoryBytes: 12_288 * 2 ** 20 };
const LARGE = { name: "NVIDIA GeForce RTX 4090", memoryBytes: 24_564 * 2 ** 20 };
const SCRIPT = `#!/bin/sh
echo "0, GPU-11aa, 12288, ${SMALL.name}"
echo "1, GPU-22bb, 24564, ${LARGE.name}"
`;

describe("which NVIDIA card", { skip: process.platform === "win32" && "needs a script" }, () => {
  before(async () => {
    await writeFile(join(FOLDER, "nvidia-smi"), SCRIPT, { mode: 0o755 });
    process.env["PATH"] = `${FOLDER}${delimiter}${process.env["PATH"] ?? ""}`;
  });

  for (const [visible, card] of [
    ["0", SMALL],
    ["1", LARGE],
    ["1,0", LARGE],
    ["GPU-22bb", LARGE],
    ["GPU-22", LARGE],
    ["2", null],
    ["", null],
  ] as const)
    it(`CUDA_VISIBLE_DEVICES=${visible} means is ${card?.name ?? "none"}`, async () => {
      assert.deepEqual(await askNvidia(visible), card);
    });

  it("a .env file means is what CUDA is told, in the order of nvidia-smi", async () => {
    await writeFile(join(FOLDER, ".env"), "CUDA_VISIBLE_DEVICES=1\n");
    const config = join(PROJECT_DIR, "src/config.ts");
    const script = `import { loadConfig } from ${JSON.stringify(config)}; loadConfig();
      console.log(process.env.CUDA_VISIBLE_DEVICES, process.env.CUDA_DEVICE_ORDER);`;
    const { CUDA_VISIBLE_DEVICES: _, CUDA_DEVICE_ORDER: __, ...env } = process.env;
    const args = ["--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: FOLDER, env });
    assert.equal(stdout, "1 PCI_BUS_ID\n");
  });
});
