import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface NvidiaCard {
  readonly name: string;
  readonly memoryBytes: number;
}

const DEADLINE_MS = 5000;

/**
 * The NVIDIA card that CUDA takes; null without one. Other makers' drivers bring no such tool.
 *
 * @param visible - As CUDA reads it: indices or (beginnings of) UUIDs of cards, the first of which is taken.
 */
export async function askNvidia(
  visible = process.env["CUDA_VISIBLE_DEVICES"] ?? "0",
): Promise<NvidiaCard | null> {
  const query = ["--query-gpu=index,uuid,memory.total,name", "--format=csv,noheader,nounits"];
  const answer = await promisify(execFile)("nvidia-smi", query, { timeout: DEADLINE_MS }).catch(
    () => null,
  );
  const wanted = visible.split(",")[0]?.trim() ?? "";
  for (const line of (answer?.stdout ?? "").split("\n")) {
    const [, index, uuid, mebibytes, name] = /^(\d+), (\S+), (\d+), (.+?)\r?$/.exec(line) ?? [];
    if (name === undefined || wanted === "") continue;
    if (wanted === index || uuid?.startsWith(wanted) === true)
      return { name, memoryBytes: Number(mebibytes) * 2 ** 20 };
  }
  return null;
}
