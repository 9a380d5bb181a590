import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";

import { UserError } from "../../src/errors.ts";
import { lockGpu } from "../../src/queue/gpu-lock.ts";

/** Takes the GPU that argv[1] names, says so, and keeps it for as long as it lives. */
const HOLDER = `
import { lockGpu } from ${JSON.stringify(new URL("../../src/queue/gpu-lock.ts", import.meta.url).href)};
globalThis.held = lockGpu(process.argv[1]);
console.log("held");
setInterval(() => undefined, 60_000);`;

async function holderOf(device: string): Promise<ChildProcess> {
  const holder = spawn(process.execPath, ["--input-type=module", "-e", HOLDER, device], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  return holder;
}

/** No GPU's, and no other test's. */
const device = (number: number): string => `test:${process.pid}:${number}`;

describe("the lock of a GPU", () => {
  it("refuses a second process on the machine, names the first, and is free when that is killed", async () => {
    const holder = await holderOf(device(0));
    assert.throws(
      () => lockGpu(device(0)),
      (error) =>
        error instanceof UserError &&
        error.code === "invalid_config" &&
        error.message.includes(`in use by process ${holder.pid} on `),
    );
    holder.kill("SIGKILL");
    await once(holder, "exit");
    lockGpu(device(0)).release();
  });

  it("leaves another GPU of the machine to another process", async () => {
    const holder = await holderOf(device(1));
    lockGpu(device(2)).release();
    holder.kill("SIGKILL");
    await once(holder, "exit");
  });

  it("may be given back twice, and is free then", () => {
    const lock = lockGpu(device(3));
    lock.release();
    lock.release();
    lockGpu(device(3)).release();
  });
});
