import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface NvidiaCard {
  readonly name: string;
  readonly memoryBytes: number;
}

const DEADLINE_MS = 5000;

/** The first NVIDIA card; null without one. Other makers' drivers bring no such tool. */
export async function askNvidia(): Promise<NvidiaCard | null> {
  const query = ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"];
  const answer = await promisify(execFile)("nvidia-smi", query, { timeout: DEADLINE_MS }).catch(
    () => null,
  );
  const match = /^(.+), (\d+)$/m.exec(answer?.stdout ?? "");
  if (match === null) return null;
  return { name: match[1] ?? "", memoryBytes: Number(match[2]) * 2 ** 20 };
}
