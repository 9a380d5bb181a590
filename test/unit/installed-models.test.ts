import assert from "node:assert/strict";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";

import { UserError } from "../../src/errors.ts";
import type { ModelDescription } from "../../src/inference/messages.ts";
import { createLogger } from "../../src/log.ts";
import { InstalledModels } from "../../src/main/installed-models.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const FOLDER = await temporaryFolder();

/** All that is asked of a description here is its name. */
const described = (name: string): ModelDescription =>
  ({ name, title: name }) as Partial<ModelDescription> as ModelDescription;

describe("the models that a worker reports", () => {
  let modelsDir: string;
  let asked: string[];
  let faults: Map<string, Error>;
  let installed: InstalledModels;

  async function install(name: string): Promise<void> {
    await mkdir(join(modelsDir, name, "transformer"), { recursive: true });
    await writeFile(join(modelsDir, name, "transformer", "config.json"), "{}");
  }

  const names = async (): Promise<string[]> =>
    (await installed.describe()).map(({ name }) => name).sort();

  beforeEach(async () => {
    modelsDir = await mkdtemp(join(FOLDER, "models-"));
    asked = [];
    faults = new Map();
    installed = new InstalledModels({
      config: { model: "emoji", modelsDir },
      log: createLogger("silent"),
      describe: async (name) => {
        asked.push(name);
        const fault = faults.get(name);
        if (fault !== undefined) throw fault;
        return [described(name)];
      },
    });
    await install("broken");
  });

  it("are without one that is broken in any way, which is not asked for again", async () => {
    faults.set("broken", new Error("a bug"));
    assert.deepEqual(await names(), ["emoji"]);
    assert.deepEqual(await names(), ["emoji"]);
    assert.deepEqual(asked, ["emoji", "broken"]);
  });

  it("have a broken one once a file of it was mended", async () => {
    faults.set("broken", new UserError("model_invalid", "a broken file"));
    await names();
    faults.clear();
    await mkdir(join(modelsDir, "broken", "vae"));
    await writeFile(join(modelsDir, "broken", "vae", "config.json"), "{}");
    assert.deepEqual(await names(), ["broken", "emoji"]);
  });

  it("have one that was installed later, without asking for the others again", async () => {
    await names();
    await install("later");
    assert.deepEqual(await names(), ["broken", "emoji", "later"]);
    assert.deepEqual(asked, ["emoji", "broken", "later"]);
  });

  it("have none that is being downloaded", async () => {
    await names();
    await install(".owner--name.download");
    assert.deepEqual(await names(), ["broken", "emoji"]);
  });

  it("are not reported at all where the configured one is broken", async () => {
    faults.set("emoji", new UserError("model_invalid", "a broken file"));
    await assert.rejects(names(), { code: "model_invalid" });
  });
});
