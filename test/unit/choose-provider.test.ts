import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Probe, chooseProvider } from "../../src/onnx/choose-provider.ts";
import type { Provider } from "../../src/onnx/session.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const fast: Probe = { available: true, correct: true, milliseconds: 2, cpuMilliseconds: 20 };
const slow: Probe = { available: true, correct: true, milliseconds: 90, cpuMilliseconds: 20 };
const wrong: Probe = { available: true, correct: false, milliseconds: 2, cpuMilliseconds: 20 };
const missing: Probe = { available: false, reason: "it is not available on this machine" };

async function choose(answers: Partial<Record<Provider, Probe>>, cacheDir?: string) {
  const asked: Provider[] = [];
  const choice = await chooseProvider({
    cacheDir: cacheDir ?? (await temporaryFolder()),
    candidates: ["cuda", "dml", "webgpu"],
    probe: async (provider) => {
      asked.push(provider);
      return answers[provider] ?? missing;
    },
  });
  return { ...choice, asked };
}

describe("the automatic choice of a provider", () => {
  test("takes the first that answers correctly and faster than the CPU, and asks no further", async () => {
    const { provider, asked } = await choose({ cuda: missing, dml: fast, webgpu: fast });
    assert.equal(provider, "dml");
    assert.deepEqual(asked, ["cuda", "dml"]);
  });

  test("passes over a driver that is slower than the CPU and says so", async () => {
    const { provider, reason } = await choose({ webgpu: slow });
    assert.equal(provider, "cpu");
    assert.match(
      reason,
      /webgpu is passed over: it is slower than the CPU \(90 ms against 20 ms\)/,
    );
  });

  test("passes over a driver that computes wrongly", async () => {
    const { provider, reason } = await choose({ cuda: wrong });
    assert.equal(provider, "cpu");
    assert.match(reason, /cuda is passed over: it computed a wrong matrix product/);
  });

  test("asks each provider once and keeps the answer", async () => {
    const cacheDir = await temporaryFolder();
    await choose({ webgpu: fast }, cacheDir);
    const again = await choose({}, cacheDir);
    assert.equal(again.provider, "webgpu");
    assert.deepEqual(again.asked, []);
  });

  test("asks one that failed again at a later start, for its driver may be there by then", async (t) => {
    const cacheDir = await temporaryFolder();
    const start = Date.now();
    const now = t.mock.method(Date, "now", () => start);
    await choose({ webgpu: slow }, cacheDir);
    assert.deepEqual((await choose({}, cacheDir)).asked, []);
    now.mock.mockImplementation(() => start + 61_000);
    assert.equal((await choose({ webgpu: fast }, cacheDir)).provider, "webgpu");
  });

  test("asks again where the kept answer is damaged", async () => {
    const cacheDir = await temporaryFolder();
    await choose({ cuda: fast }, cacheDir);
    for (const file of await readdir(cacheDir)) await writeFile(join(cacheDir, file), "{");
    assert.deepEqual((await choose({ cuda: fast }, cacheDir)).asked, ["cuda"]);
  });
});
