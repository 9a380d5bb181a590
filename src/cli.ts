#!/usr/bin/env node
import { randomUUID } from "node:crypto";

import { Command, CommanderError } from "commander";

import { dbCommand } from "./cli/db.ts";
import { imagineCommand } from "./cli/imagine.ts";
import { doctorCommand } from "./cli/doctor.ts";
import { modelsCommand } from "./cli/models.ts";
import { upscaleCommand } from "./cli/upscale.ts";
import { loadConfig, SOFTWARE } from "./config.ts";
import { UserError } from "./errors.ts";
import { createLogger } from "./log.ts";

/** 128 + SIGINT, as shells count. */
const EXIT_INTERRUPTED = 130;
const EXIT_FAILED = 1;

const program = new Command("sanabot")
  .description("Makes pictures from words on your own hardware with NVIDIA's Sana.")
  .version(SOFTWARE.replace(/^\S+ /, ""))
  .exitOverride()
  .addCommand(imagineCommand().exitOverride())
  .addCommand(upscaleCommand().exitOverride())
  .addCommand(modelsCommand())
  .addCommand(dbCommand())
  .addCommand(doctorCommand())
  .showSuggestionAfterError();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Says what went wrong in words for people, and returns the exit code. */
function explain(error: unknown): number {
  // Commander has printed its own sentence, or the help or version that were asked for.
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof UserError) {
    process.stderr.write(`${error.message}\n`);
    return error.code === "cancelled" ? EXIT_INTERRUPTED : EXIT_FAILED;
  }
  const id = randomUUID().slice(0, 8);
  createLogger(logLevel()).error({ err: error, id }, "unexpected error");
  process.stderr.write(
    `Sorry, this is a fault of sanabot, not of yours (${id}). Please report it with the line above.\n`,
  );
  return EXIT_FAILED;
}

function logLevel(): NonNullable<ReturnType<typeof loadConfig>["logLevel"]> {
  try {
    return loadConfig().logLevel ?? "error";
  } catch {
    return "error";
  }
}
