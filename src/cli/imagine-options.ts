import { randomInt } from "node:crypto";

import { InvalidArgumentError } from "commander";

import { UserError } from "../errors.ts";
import { SIZE_MULTIPLE_PX } from "../pipeline/limits.ts";
import type { GenerateRequest } from "../pipeline/types.ts";

/** The options of `imagine` as commander hands them over, each parsed alone. */
export interface ImagineOptions {
  model?: string;
  out?: string;
  width?: number;
  height?: number;
  steps?: number;
  guidance?: number;
  negative?: string;
  seed?: number;
  count: number;
  scheduler?: "dpm++" | "euler" | "scm";
  initImage?: string;
  strength?: number;
  binning: boolean;
  provider?: "auto" | "cpu" | "cuda" | "dml" | "webgpu";
  precision?: "auto" | "fp32" | "fp16" | "int8";
  vaeTiling?: "exact" | "diffusers";
  rng: "cpu" | "cuda";
  trace?: string;
  json?: boolean;
}

/** Short enough to be passed on by voice; any seed up to 2^53 - 1 is taken. */
const MAX_RANDOM_SEED = 2 ** 32;

/** Makes a parser for a whole number in a range, for commander. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    const range =
      max === Number.MAX_SAFE_INTEGER ? `from ${min} to 2^53 - 1` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

/** Makes a parser for a number in a range, for commander. */
export function numberBetween(
  min: number,
  max: number,
  { above = false } = {},
): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(value) && (above ? value > min : value >= min) && value <= max)
      return value;
    throw new InvalidArgumentError(
      `It must be a number ${above ? "above" : "from"} ${min} ${above ? "and up " : ""}to ${max}.`,
    );
  };
}

/**
 * Checks the options against each other and makes the request, but for the picture to start from.
 *
 * @throws {UserError} `invalid_option` naming the option and what is allowed.
 */
export function toRequest(prompt: string, options: ImagineOptions): GenerateRequest {
  const { count, strength, initImage } = options;
  if (strength !== undefined && initImage === undefined) {
    throw invalid(
      "--strength needs a picture to start from: add --init-image FILE, or leave it out.",
    );
  }
  if (!options.binning) {
    checkMultiple("--width", options.width);
    checkMultiple("--height", options.height);
  }
  const seed = options.seed ?? randomInt(MAX_RANDOM_SEED);
  if (seed > Number.MAX_SAFE_INTEGER - (count - 1)) {
    throw invalid(
      `--seed ${seed} with --count ${count} goes beyond 2^53 - 1; picture k has the seed SEED + k.`,
    );
  }
  return {
    prompt,
    negativePrompt: options.negative,
    width: options.width,
    height: options.height,
    steps: options.steps,
    guidanceScale: options.guidance,
    seed,
    count,
    scheduler: options.scheduler,
    strength,
    binning: options.binning,
    rng: options.rng,
  };
}

function checkMultiple(option: string, value: number | undefined): void {
  if (value === undefined || value % SIZE_MULTIPLE_PX === 0) return;
  const lower = Math.max(SIZE_MULTIPLE_PX, value - (value % SIZE_MULTIPLE_PX));
  const upper = value - (value % SIZE_MULTIPLE_PX) + SIZE_MULTIPLE_PX;
  const near = lower === upper ? String(lower) : `${lower} or ${upper}`;
  throw invalid(
    `${option} ${value} is not a multiple of ${SIZE_MULTIPLE_PX}, which --no-binning needs; try ${near}.`,
  );
}

function invalid(message: string): UserError {
  return new UserError("invalid_option", message);
}
