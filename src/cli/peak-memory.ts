import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { Provider } from "../pipeline/types.ts";

/** The most memory that this process has held. */
export interface PeakMemory {
  hostBytes: number;
  /** Null where the provider has no way to tell. ONNX Runtime keeps what it took, so the last value is the peak. */
  deviceBytes: number | null;
}

const NVIDIA_SMI_TIMEOUT_MS = 5000;

/** Asks the system; call it before the sessions are released. */
export async function peakMemory(providers: readonly Provider[]): Promise<PeakMemory> {
  const hostBytes = process.resourceUsage().maxRSS * 1024;
  return { hostBytes, deviceBytes: providers.includes("cuda") ? await cudaBytes() : null };
}

async function cudaBytes(): Promise<number | null> {
  const query = ["--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"];
  try {
    const { stdout } = await promisify(execFile)("nvidia-smi", query, {
      timeout: NVIDIA_SMI_TIMEOUT_MS,
    });
    return parseComputeApps(stdout, process.pid);
  } catch {
    return null;
  }
}

/** Adds up one process's MiB on all devices, from nvidia-smi's lines `pid, MiB`; in bytes, or null without any. */
export function parseComputeApps(lines: string, pid: number): number | null {
  const own = lines.split("\n").map((line) => line.split(",").map(Number));
  const used = own.flatMap(([linePid, mebibytes]) =>
    linePid === pid && mebibytes !== undefined && Number.isFinite(mebibytes) ? [mebibytes] : [],
  );
  return used.length === 0 ? null : used.reduce((sum, mebibytes) => sum + mebibytes, 0) * 2 ** 20;
}
