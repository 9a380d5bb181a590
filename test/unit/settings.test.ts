import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { readSettings, writeSettings } from "../../src/config.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const ROOT = await temporaryFolder();

describe("settings", () => {
  it("are empty where nothing was remembered", () => {
    assert.deepEqual(readSettings(join(ROOT, "none")), {});
  });

  it("come back as they were written, from a folder that is made for them", () => {
    const dataDir = join(ROOT, "new/data");
    writeSettings(dataDir, { model: "first" });
    writeSettings(dataDir, { model: "owner/name" });
    assert.deepEqual(readSettings(dataDir), { model: "owner/name" });
    assert.deepEqual(readdirSync(dataDir), ["settings.json"]);
  });

  it("say which file to delete when it cannot be understood", () => {
    const dataDir = mkdtempSync(join(ROOT, "broken-"));
    for (const content of ["{", '{ "model": 1 }']) {
      writeFileSync(join(dataDir, "settings.json"), content);
      assert.throws(() => readSettings(dataDir), {
        code: "invalid_config",
        message: /settings\.json cannot be understood\. Delete it/,
      });
    }
  });

  it("say that the folder is at fault when the file cannot even be read", () => {
    const file = join(ROOT, "no-folder");
    writeFileSync(file, "");
    assert.throws(() => readSettings(join(file, "data")), {
      code: "invalid_config",
      message: /settings\.json cannot be read: .*\. Check DATA_DIR\.$/,
    });
  });

  it("say when the folder cannot be written", () => {
    const file = join(ROOT, "file");
    writeFileSync(file, "");
    assert.throws(() => writeSettings(join(file, "data"), {}), { code: "disk" });
  });
});
