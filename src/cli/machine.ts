import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Config } from "../config.ts";
import { CATALOGUE } from "../models/catalogue.ts";
import type { MachineFacts } from "../models/recommend.ts";
import { machineMemoryBytes } from "../onnx/machine-memory.ts";
import { askNvidia, type NvidiaCard } from "../onnx/nvidia.ts";
import { listModels } from "../models/find-model.ts";

/** Looks at this machine: disk, memory, graphics card, and how fast it multiplies matrices (about a second). */
export async function lookAtMachine(config: Config): Promise<MachineFacts> {
  // Imported late: they load ONNX Runtime's native library.
  const { chooseProvider } = await import("../onnx/choose-provider.ts");
  const { measureMatMul } = await import("../onnx/measure-matmul.ts");
  const provider =
    config.provider === "auto"
      ? (await chooseProvider({ cacheDir: join(config.dataDir, "cache") })).provider
      : config.provider;
  return {
    freeDiskBytes: await freeBytes(config.modelsDir),
    memoryBytes: machineMemoryBytes(),
    cpuFlopsPerSecond: await measureMatMul("cpu"),
    gpuFlopsPerSecond: provider === "cpu" ? null : await measureMatMul(provider),
    provider,
    ...gpuFacts(await askNvidia()),
    downloaded: await downloadedIds(config.modelsDir),
  };
}

/** Ids of the catalogue whose folders are in `modelsDir`. */
export async function downloadedIds(modelsDir: string): Promise<Set<string>> {
  const names = new Set(await listModels(modelsDir));
  const ids = CATALOGUE.map(({ id }) => id);
  return new Set(ids.filter((id) => names.has(id.replace("/", "--"))));
}

/** Of the disk that the folder is on, or will be. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return freeBytes(dirname(folder));
  }
}

function gpuFacts(card: NvidiaCard | null): Pick<MachineFacts, "gpuName" | "gpuMemoryBytes"> {
  return { gpuName: card?.name ?? null, gpuMemoryBytes: card?.memoryBytes ?? null };
}
