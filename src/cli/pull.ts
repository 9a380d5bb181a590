import { loadConfig } from "../config.ts";
import { UserError } from "../errors.ts";
import { findCatalogueEntry, NOT_SUPPORTED } from "../models/catalogue.ts";
import type { WeightDtype } from "../models/hub/choose-files.ts";
import type { PullLicense, PullPlan } from "../models/hub/pull-model.ts";
import { createByteProgress } from "./byte-progress.ts";
import { catchInterrupt } from "./interrupt.ts";
import { gigabytes, plainText, printJson, printLines } from "./print.ts";

export interface PullCommandOptions {
  revision: string;
  dtype: "auto" | "fp32" | "bf16" | "fp16";
  json?: boolean;
}

const DTYPES = { fp32: "F32", bf16: "BF16", fp16: "F16" } as const;
/** A licence's first lines name it and its limits; the rest is in the file. */
const LICENSE_LINES = 20;
const GEMMA_TERMS = "https://ai.google.dev/gemma/terms";

/** `models pull`: shows plan and licence, then downloads with a bar. */
export async function pull(name: string, options: PullCommandOptions): Promise<void> {
  const config = loadConfig();
  const entry = findCatalogueEntry(name);
  const id = entry?.id ?? name;
  const reason = NOT_SUPPORTED[id];
  if (reason !== undefined)
    throw new UserError("not_supported", `${id} cannot be used here: ${reason}.`);
  const isQuiet = options.json === true;
  const say = (lines: string[]): void => {
    if (!isQuiet) printLines(lines);
  };
  const bar = createByteProgress("downloading", { isShown: process.stderr.isTTY && !isQuiet });
  const interrupt = catchInterrupt(() => bar.stop());
  // Imported late: --help does without the hub's library.
  const { pullModel } = await import("../models/hub/pull-model.ts");
  let plan: PullPlan | undefined;
  try {
    const { folder, isNew } = await pullModel(id, {
      endpoint: config.hfEndpoint,
      token: config.hfToken,
      modelsDir: config.modelsDir,
      revision: options.revision,
      dtype: wantedDtype(options.dtype, entry?.dtype),
      signal: interrupt.signal,
      onPlan: (given) => {
        plan = given;
        say(describePlan(given));
      },
      onLicense: (license) => say(describeLicense(license, entry?.license)),
      onProgress: ({ doneBytes, totalBytes, bytesPerSecond }) =>
        bar.show(doneBytes, totalBytes, bytesPerSecond),
    });
    bar.stop();
    if (isQuiet) printJson({ id, folder, isNew, commit: plan?.commit, bytes: plan?.totalBytes });
    say([
      isNew ? `${id} is in ${folder}.` : `${id} was in ${folder} already; nothing changed.`,
      `To draw with it: npx sanabot imagine "a red apple" --model ${id}`,
      `To draw with it always: npx sanabot models use ${id}`,
    ]);
  } finally {
    bar.stop();
    interrupt.dispose();
  }
}

function wantedDtype(
  asked: PullCommandOptions["dtype"],
  recommended: "fp16" | "bf16" | undefined,
): WeightDtype | null {
  if (asked !== "auto") return DTYPES[asked];
  return recommended === undefined ? null : DTYPES[recommended];
}

function describePlan({ id, commit, files, totalBytes, missingBytes, dtypes }: PullPlan): string[] {
  const rest = missingBytes < totalBytes ? `, ${gigabytes(missingBytes)} still to come` : "";
  const weights = Object.entries(dtypes).map(([component, dtype]) => `${component} ${dtype}`);
  return [
    `${id} at ${commit.slice(0, 12)}: ${files.length} files, ${gigabytes(totalBytes)}${rest} (${weights.join(", ")})`,
  ];
}

function describeLicense({ name, text }: PullLicense, known: string | undefined): string[] {
  const lines = (text ?? "")
    .split(/\r?\n/)
    .map(plainText)
    .filter((line) => line.trim() !== "");
  const more = lines.length - LICENSE_LINES;
  return [
    "",
    `Licence: ${plainText(name ?? known ?? "not named")}`,
    ...lines.slice(0, LICENSE_LINES).map((line) => `  | ${line}`),
    ...(more > 0 ? [`  | ... ${more} more lines in the model's file LICENSE`] : []),
    `The text encoder in it is Gemma, under Gemma's terms: ${GEMMA_TERMS}`,
    "",
  ];
}
