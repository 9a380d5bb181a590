import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";

import { parseConfig, PROJECT_DIR } from "../../src/config.ts";
import { UserError } from "../../src/errors.ts";

function refuses(environment: Record<string, string>, words: RegExp): void {
  assert.throws(
    () => parseConfig(environment),
    (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.code, "invalid_config");
      assert.match(error.message, words);
      return true;
    },
  );
}

describe("parseConfig", () => {
  it("has a default for everything", () => {
    assert.deepEqual(parseConfig({}), {
      discordToken: undefined,
      discordApiBase: "https://discord.com/api",
      devGuildId: undefined,
      role: "all",
      gpu: "0",
      port: 3000,
      host: "127.0.0.1",
      publicUrl: undefined,
      model: "emoji",
      modelsDir: join(PROJECT_DIR, "data", "models"),
      dataDir: join(PROJECT_DIR, "data"),
      databaseUrl: undefined,
      database: "pglite",
      memory: "auto",
      unloadAfterMinutes: 30,
      provider: "auto",
      precision: "auto",
      upscaler: undefined,
      hfEndpoint: "https://huggingface.co",
      hfToken: undefined,
      logLevel: undefined,
    });
  });

  it("names a port and a server id that cannot be", () => {
    refuses({ PORT: "80000" }, /^PORT is "80000"; it must be a port from 0 to 65535\.$/);
    refuses({ DEV_GUILD_ID: "mine" }, /^DEV_GUILD_ID is "mine"; it must be a server's id/);
  });

  it("does not repeat an address of a database, which may hold a password", () => {
    refuses(
      { DATABASE_URL: "mysql://u:secret@host/x" },
      /^DATABASE_URL must be an address such as postgres:\/\/user:password@host\/sanabot\.$/,
    );
  });

  it("takes what is set, and the folder of models from that of the data", () => {
    const config = parseConfig({
      DATA_DIR: "/srv/sana",
      PROVIDER: "webgpu",
      HF_ENDPOINT: "http://mirror:8080/",
      HF_TOKEN: "hf_x",
    });
    assert.equal(config.modelsDir, resolve("/srv/sana/models"));
    assert.equal(config.provider, "webgpu");
    assert.equal(config.hfEndpoint, "http://mirror:8080");
    assert.equal(config.hfToken, "hf_x");
  });

  it("takes an upscaler by name or as a file, whose path is then absolute", () => {
    assert.equal(parseConfig({ UPSCALER: "esrgan-medium" }).upscaler, "esrgan-medium");
    assert.equal(parseConfig({ UPSCALER: "nets/x4.onnx" }).upscaler, resolve("nets/x4.onnx"));
    refuses(
      { UPSCALER: "waifu" },
      /^UPSCALER is "waifu"; it must be one of esrgan-thick, esrgan-medium, esrgan-slim, lanczos, or the path of an \.onnx file\.$/,
    );
  });

  it("counts an empty variable as not set", () => {
    assert.equal(parseConfig({ MODEL: "", MEMORY: " " }).model, "emoji");
  });

  it("names a bad variable with its value and the allowed ones", () => {
    refuses(
      { PROVIDER: "gpu" },
      /^PROVIDER is "gpu"; it must be one of auto, cpu, cuda, dml, webgpu\.$/,
    );
    refuses({ MEMORY: "some" }, /MEMORY is "some"; it must be one of auto, all, sequential/);
    refuses({ PRECISION: "bf16" }, /one of auto, fp32, fp16, int8/);
    refuses({ LOG_LEVEL: "loud" }, /one of silent, fatal/);
    refuses({ HF_ENDPOINT: "huggingface" }, /HF_ENDPOINT is "huggingface"; it must be an address/);
  });

  it("names every bad variable at once", () => {
    refuses(
      { PROVIDER: "gpu", PRECISION: "bf16" },
      /PROVIDER[^]*\n[^]*PRECISION|PRECISION[^]*\n[^]*PROVIDER/,
    );
  });
});
