import { access, constants, mkdir, statfs } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";

import type { Config } from "../../config.ts";
import { UserError } from "../../errors.ts";
import { findModel } from "../../models/find-model.ts";
import { type Check, fault, type Finding, ok, warning } from "./check.ts";

const GIB = 2 ** 30;
const LITTLE_DISK_BYTES = 2 * GIB;
const LITTLE_MEMORY_BYTES = GIB;
const WANTED_NODE = 24;

/** What can be wrong with the machine and the files on it. */
export function machineChecks(config: Config): Check[] {
  return [
    { name: "Node", run: async () => checkNode() },
    { name: "data folder", run: () => checkDataDir(config) },
    { name: "memory", run: async () => checkMemory() },
    { name: "model", run: () => checkModel(config) },
    { name: "provider", after: "data folder", run: () => checkProvider(config) },
  ];
}

function checkNode(): Finding {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= WANTED_NODE) return ok(node);
  return fault(
    `this is Node ${node}`,
    `Start through npm (npm start, npm run doctor), which uses the Node ${WANTED_NODE} that npm ci has installed.`,
  );
}

async function checkDataDir({ dataDir }: Config): Promise<Finding> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
  } catch {
    return fault(
      `${dataDir} cannot be written`,
      "Give the bot's user the right to write there, or set DATA_DIR.",
    );
  }
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  if (free >= LITTLE_DISK_BYTES) return ok(`${dataDir}, ${gib(free)} free`);
  return warning(
    `${gib(free)} free on the disk of ${dataDir}`,
    "Make room, or set DATA_DIR to a larger disk: a full one stops the database.",
  );
}

function checkMemory(): Finding {
  const text = `${gib(freemem())} free of ${gib(totalmem())}`;
  if (freemem() >= LITTLE_MEMORY_BYTES) return ok(text);
  return warning(text, "Close other programs, or set MEMORY=sequential.");
}

async function checkModel({ model, modelsDir }: Config): Promise<Finding> {
  const { openCheckpoint } = await import("../../pipeline/checkpoint.ts");
  try {
    const folder = await findModel(model, modelsDir);
    const { manifest } = await openCheckpoint(folder);
    return ok(`${manifest.name} in ${folder}`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return fault(
      error.message,
      "Download it anew (npx sanabot models pull ID), or choose another (npx sanabot models use ID).",
    );
  }
}

async function checkProvider({ provider, dataDir }: Config): Promise<Finding> {
  const { chooseProvider } = await import("../../onnx/choose-provider.ts");
  const cacheDir = join(dataDir, "cache");
  if (provider === "auto") return ok((await chooseProvider({ cacheDir })).reason);
  if (provider === "cpu") return ok("cpu, as PROVIDER says");
  const choice = await chooseProvider({ cacheDir, candidates: [provider] });
  if (choice.provider === provider) return ok(choice.reason);
  return fault(
    choice.reason,
    provider === "cuda"
      ? "Install the driver, CUDA 12 and cuDNN 9, then: node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12. Or set PROVIDER=auto."
      : "Update the graphics driver, or set PROVIDER=auto.",
  );
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
