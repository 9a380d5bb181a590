import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, it } from "node:test";

import { z } from "zod";

import { readAutoencoderConfig } from "../../src/models/autoencoder-dc/config.ts";
import { readConfig } from "../../src/models/read-config.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const FOLDER = await temporaryFolder();
const schema = z.object({ layers: z.int().max(200), sides: z.array(z.int().positive()) });

function read(text: string): Promise<unknown> {
  return writeFile(join(FOLDER, "config.json"), text).then(() =>
    readConfig(FOLDER, "config.json", schema),
  );
}

describe("a config that a checkpoint brings", () => {
  it("is refused in one sentence that names each field and what it may be", async () => {
    await assert.rejects(read('{"layers": 1000, "sides": [8, 0]}'), {
      code: "model_invalid",
      message: `${join(FOLDER, "config.json")} does not fit: layers: Too big: expected number to be <=200; sides.1: Too small: expected number to be >0.`,
    });
  });

  it("is refused where it is no object at all", async () => {
    await assert.rejects(
      read("[]"),
      /does not fit: Invalid input: expected object, received array\.$/,
    );
  });

  it("is refused where it is no JSON", async () => {
    await assert.rejects(read("{"), /config\.json is not JSON: /);
  });

  it("is not read where it is far too large", async () => {
    await assert.rejects(read(" ".repeat(1_000_001)), /has 1000001 bytes; a config has at most/);
  });

  it("is not read where it is a folder or a device", async () => {
    await assert.rejects(readConfig(join(FOLDER, ".."), basename(FOLDER), schema), {
      code: "model_invalid",
      message: /is not a file\.$/,
    });
  });

  it("is told as missing with what a checkpoint's folder is", async () => {
    await assert.rejects(readConfig(FOLDER, "none.json", schema), {
      code: "model_not_found",
      message: /cannot be read\. Is this a folder in the diffusers layout\?$/,
    });
  });

  it("is refused by its file and field where a list is shorter than the stages it is for", async () => {
    const vae = { _class_name: "AutoencoderDC", decoder_layers_per_block: [1, 1, 1] };
    await writeFile(join(FOLDER, "config.json"), JSON.stringify(vae));
    await assert.rejects(readAutoencoderConfig(FOLDER), {
      code: "model_invalid",
      message: `${join(FOLDER, "config.json")} does not fit: decoder_layers_per_block: has 3 entries for 6 stages.`,
    });
  });
});
