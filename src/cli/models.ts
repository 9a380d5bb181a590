import { resolve } from "node:path";

import { Command, Option } from "commander";

import { loadConfig, readSettings, writeSettings } from "../config.ts";
import { CATALOGUE } from "../models/catalogue.ts";
import { downloadBytes, estimateMemory } from "../models/model-sizes.ts";
import { type Recommendation, recommend } from "../models/recommend.ts";
import { findModel, listModels } from "../models/find-model.ts";
import { downloadedIds, lookAtMachine } from "./machine.ts";
import { gigabytes, printJson, printLines, table } from "./print.ts";
import { type PullCommandOptions, pull } from "./pull.ts";
import { type VerifyCommandOptions, build, verify } from "./verify.ts";

interface JsonOption {
  json?: boolean;
}

const AFTER_HELP = `
ID is a repository of the Hugging Face hub, such as Efficient-Large-Model/Sana_600M_512px_diffusers, or the name behind
its slash. DIR is a folder in the layout of diffusers, or the name of a model that is there.
HF_ENDPOINT and HF_TOKEN choose another hub and an account; models are kept in MODELS_DIR (see .env.example).`;

/** The command `models`: the catalogue, downloads, and checks of checkpoints. */
export function modelsCommand(): Command {
  const json = (): Option => new Option("--json", "print one JSON object");
  const command = new Command("models")
    .exitOverride()
    .description("list, download and check models")
    .addHelpText("after", AFTER_HELP);
  command
    .command("list")
    .description("all known checkpoints, and which of them are here")
    .addOption(json())
    .action(list);
  command
    .command("recommend")
    .description("which checkpoints fit this machine, and why")
    .addOption(json())
    .action(showRecommendations);
  command
    .command("pull")
    .description("download a checkpoint; a broken download goes on where it stopped")
    .argument("<id>", "owner/name on the hub, or a name of the list")
    .option("--revision <name>", "a branch, tag or commit", "main")
    .addOption(
      new Option("--dtype <name>", "the transformer's weights to prefer")
        .choices(["auto", "fp32", "bf16", "fp16"])
        .default("auto", "auto: as its makers recommend"),
    )
    .addOption(json())
    .action((id: string, options: PullCommandOptions) => pull(id, options));
  command
    .command("use")
    .description("remember the model to draw with where neither --model nor MODEL says it")
    .argument("<id>", "a model that is here")
    .action(use);
  command
    .command("build")
    .description("build all graphs of a checkpoint and say what they cost")
    .argument("<dir>", "a folder or a model's name")
    .addOption(json())
    .action((dir: string, options: JsonOption) => build(dir, options));
  command
    .command("verify")
    .description("check shapes and hashes, then draw the smallest picture")
    .argument("<dir>", "a folder or a model's name")
    .option("--no-dry-run", "check without drawing")
    .addOption(json())
    .action((dir: string, options: VerifyCommandOptions) => verify(dir, options));
  return command;
}

async function list({ json }: JsonOption): Promise<void> {
  const config = loadConfig();
  const downloaded = await downloadedIds(config.modelsDir);
  const others = (await listModels(config.modelsDir)).filter(
    (name) => !downloaded.has(name.replace("--", "/")),
  );
  const known = CATALOGUE.map((entry) => {
    const isDownloaded = downloaded.has(entry.id);
    const memory = estimateMemory(entry, { transformer: "fp32", text: "fp32" });
    return { entry, isDownloaded, downloadBytes: downloadBytes(entry), memory };
  });
  if (json === true) return printJson({ models: known, others, default: config.model });
  const rows = known.map(({ entry, isDownloaded, downloadBytes: bytes, memory }) => [
    isDownloaded ? "here" : "",
    entry.id,
    `${entry.nativePx} px`,
    entry.dtype,
    gigabytes(bytes),
    `${(memory.sequential / 1e9).toFixed(1)} to ${gigabytes(memory.all)}`,
  ]);
  printLines([
    ...table([["", "id", "size", "dtype", "download", "memory"], ...rows]),
    "",
    "Memory: on a CPU, with one network at a time (MEMORY=sequential) to all of them; `models recommend` tells this machine's.",
    ...others.map((name) => `Also here: ${name}`),
    `Used where nothing else is said: ${config.model}`,
    "Licences: the Sprint models are under the NVIDIA Open Model License, the others under NVIDIA's terms for Sana's",
    "weights (early ones non-commercial), Gemma under Gemma's terms; each repository's LICENSE decides.",
  ]);
}

async function showRecommendations({ json }: JsonOption): Promise<void> {
  const machine = await lookAtMachine(loadConfig());
  const { best, all } = recommend(machine);
  if (json === true) {
    const { downloaded, ...facts } = machine;
    return printJson({
      machine: { ...facts, downloaded: [...downloaded] },
      best: best?.entry.id,
      all,
    });
  }
  const { gpuFlopsPerSecond, gpuName, provider } = machine;
  const where =
    gpuFlopsPerSecond === null
      ? "no usable GPU"
      : `${gpuName ?? "a GPU"} by ${provider} with ${gigaflops(gpuFlopsPerSecond)}`;
  printLines([
    `This machine: ${gigabytes(machine.memoryBytes)} of memory, ${gigabytes(machine.freeDiskBytes)} free on the disk, ${where}, ${gigaflops(machine.cpuFlopsPerSecond)} on the CPU.`,
    "Memory is estimated, and time from these rates, which were just measured in float32.",
    ...all.flatMap(describe),
    "",
    best === null
      ? "None of them fits; the embedded model (emoji) runs everywhere."
      : `Begin with ${best.entry.id}:\n  npx sanabot models pull ${best.entry.id}`,
  ]);
}

function gigaflops(flopsPerSecond: number): string {
  return `${(flopsPerSecond / 1e9).toFixed(0)} GFLOP/s`;
}

function describe({ entry, fits, reasons }: Recommendation): string[] {
  const title = `${fits ? "fits     " : "too large"}  ${entry.id} (${entry.nativePx} px)`;
  return ["", title, ...reasons.map((reason) => `           ${reason}`)];
}

async function use(id: string): Promise<void> {
  const config = loadConfig();
  const folder = await findModel(id, config.modelsDir);
  // A path is remembered from the root: the next command may start elsewhere.
  const isPath = folder === resolve(id);
  writeSettings(config.dataDir, {
    ...readSettings(config.dataDir),
    model: isPath ? folder : id,
  });
  printLines([`${folder} is used from now on.`]);
  if (loadConfig().model !== (isPath ? folder : id))
    printLines([`MODEL=${loadConfig().model} in the environment or .env still wins over it.`]);
}
