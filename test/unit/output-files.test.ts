import assert from "node:assert/strict";
import { lstat, mkdtemp, open, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";

import { writePicture } from "../../src/cli/output-files.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const ROOT = await temporaryFolder();
const BYTES = Buffer.from("a new picture");

describe("a picture that is written", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(ROOT, "out-"));
    path = join(folder, "a.png");
  });

  it("leaves the old file as it was to whoever reads it, and nothing beside the new one", async () => {
    await writeFile(path, "the old one", { mode: 0o640 });
    const { mode } = await lstat(path);
    const reader = await open(path);
    await writePicture(path, BYTES);
    assert.equal(await reader.readFile("utf8"), "the old one");
    await reader.close();
    assert.deepEqual(await readFile(path), BYTES);
    assert.equal((await lstat(path)).mode, mode);
    assert.deepEqual(await readdir(folder), ["a.png"]);
  });

  it("goes where a link of its name leads, there or not yet", async () => {
    for (const there of [true, false]) {
      const target = join(folder, `target-${there}.png`);
      const link = join(folder, `link-${there}.png`);
      if (there) await writeFile(target, "the old one");
      await symlink(target, link);
      await writePicture(link, BYTES);
      assert.equal((await lstat(link)).isSymbolicLink(), true);
      assert.deepEqual(await readFile(target), BYTES);
    }
  });

  it(
    "may go to what is no file",
    { skip: process.platform === "win32" && "has none" },
    async () => {
      await symlink("/dev/null", path);
      await writePicture(path, BYTES);
      assert.equal((await lstat(path)).isSymbolicLink(), true);
    },
  );

  it("that cannot be written is told with its path, and leaves nothing", async () => {
    const missing = join(folder, "none", "a.png");
    await assert.rejects(writePicture(missing, BYTES), { code: "disk", message: /none.a\.png/ });
    assert.deepEqual(await readdir(folder), []);
  });
});
