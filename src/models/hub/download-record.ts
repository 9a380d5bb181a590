import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** In a downloaded folder: what it is a copy of. */
export const RECORD_NAME = "sanabot-download.json";

const recordSchema = z.object({
  id: z.string(),
  commit: z.string(),
  /** Each by its path with slashes; hashes are those of the bytes on disk when they were downloaded. */
  files: z.array(
    z.object({
      path: z.string(),
      sizeBytes: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

/** Where a folder's files came from, and their hashes. */
export type DownloadRecord = z.infer<typeof recordSchema>;

/** The record of a folder, or null where it was not downloaded by `pull` or the record cannot be read. */
export async function readDownloadRecord(folder: string): Promise<DownloadRecord | null> {
  try {
    const text = await readFile(join(folder, RECORD_NAME), "utf8");
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export async function writeDownloadRecord(folder: string, record: DownloadRecord): Promise<void> {
  await writeFile(join(folder, RECORD_NAME), `${JSON.stringify(record, null, 2)}\n`);
}
