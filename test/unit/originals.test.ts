import assert from "node:assert/strict";
import { readFile, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { UserError } from "../../src/errors.ts";
import { Originals } from "../../src/image/originals.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const HOUR_MS = 3_600_000;

async function filled(sizes: readonly number[]): Promise<Originals> {
  const originals = new Originals(await temporaryFolder());
  const now = Date.now();
  for (const [index, size] of sizes.entries()) {
    const { path } = await originals.store(`job-${index}.png`, new Uint8Array(size));
    // The first is the newest.
    const time = new Date(now - index * HOUR_MS);
    await utimes(path, time, time);
  }
  return originals;
}

describe("Originals", () => {
  it("finds what it stored, and replaces one of the same name", async () => {
    const originals = new Originals(await temporaryFolder());
    await originals.store("job-0.png", Uint8Array.of(1, 2, 3));
    const stored = await originals.store("job-0.png", Uint8Array.of(4, 5));
    const found = await originals.find("job-0.png");
    assert.equal(found?.sizeBytes, 2);
    assert.deepEqual([...(await readFile(stored.path))], [4, 5]);
    assert.deepEqual(await readdir(originals.folder), ["job-0.png"]);
  });

  it("finds nothing by a name that leads elsewhere", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "secret.png"), "secret");
    const originals = new Originals(folder);
    await originals.store("a.png", Uint8Array.of(1));
    for (const name of ["../secret.png", "/etc/passwd", "..", "", "a.png/../../secret.png", ".png"])
      assert.equal(await originals.find(name), null);
    await assert.rejects(originals.store("../b.png", Uint8Array.of(1)), RangeError);
  });

  it("removes what is too old, and then the oldest until the rest fits", async () => {
    const originals = await filled([100, 100, 100, 100]);
    const old = await originals.sweep({ budgetBytes: 1000, maxAgeMs: 2.5 * HOUR_MS });
    assert.deepEqual(old, { removed: 1, removedBytes: 100, keptBytes: 300 });
    const much = await originals.sweep({ budgetBytes: 250, maxAgeMs: 99 * HOUR_MS });
    assert.deepEqual(much, { removed: 1, removedBytes: 100, keptBytes: 200 });
    assert.deepEqual((await readdir(originals.folder)).toSorted(), ["job-0.png", "job-1.png"]);
  });

  it("removes what a dead process left half written, but not what is being written", async () => {
    const originals = await filled([10]);
    const [left, fresh] = ["x.png.1.tmp", "y.png.2.tmp"].map((name) =>
      join(originals.folder, name),
    );
    assert.ok(left !== undefined && fresh !== undefined);
    await writeFile(left, "half");
    await writeFile(fresh, "half");
    await utimes(left, new Date(0), new Date(0));
    await originals.sweep({ budgetBytes: 1000, maxAgeMs: HOUR_MS });
    assert.deepEqual((await readdir(originals.folder)).toSorted(), ["job-0.png", "y.png.2.tmp"]);
  });

  it("has nothing to sweep before anything was stored", async () => {
    const originals = new Originals(join(await temporaryFolder(), "none"));
    const swept = await originals.sweep({ budgetBytes: 1, maxAgeMs: 1 });
    assert.deepEqual(swept, { removed: 0, removedBytes: 0, keptBytes: 0 });
  });

  it("says so when the disk refuses", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "originals"), "a file where the folder should be");
    await assert.rejects(
      new Originals(folder).store("a.png", Uint8Array.of(1)),
      (error) => error instanceof UserError && error.code === "disk",
    );
  });
});
