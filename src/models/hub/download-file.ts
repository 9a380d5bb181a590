import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "../../errors.ts";
import type { HubClient, HubFile, Repository } from "./hub-client.ts";
import { PartFile } from "./part-file.ts";
import { StallWatch, TransientError, withRetries } from "./retry.ts";
import type { TransferMeter } from "./transfer-meter.ts";

interface DownloadOptions {
  readonly repository: Repository;
  readonly file: HubFile;
  readonly target: string;
  readonly meter: TransferMeter;
}

/**
 * Fetches one file to `target`, going on where an earlier transfer broke off, and checks its hash.
 * @returns its SHA-256 in hex
 * @throws UserError network, no_access, model_not_found, disk, cancelled
 */
export async function downloadFile(
  client: HubClient,
  { repository, file, target, meter }: DownloadOptions,
): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  const part = await PartFile.open(target, file);
  const transfer: Transfer = {
    client,
    part,
    file,
    url: client.fileUrl(repository, file.path),
    what: `${file.path} of ${repository.id}`,
    meter,
  };
  meter.skip(part.bytes);
  // A restart takes bytes back, so what counts is what came in all.
  let arrived = 0;
  try {
    await withRetries(
      async () => {
        if (part.bytes < file.sizeBytes)
          await transferOnce(transfer, (bytes) => (arrived += bytes));
      },
      { policy: client.policy, signal: client.signal, progress: () => arrived },
    );
    return await part.finish();
  } finally {
    await part.close();
  }
}

interface Transfer {
  readonly client: HubClient;
  readonly part: PartFile;
  readonly file: HubFile;
  readonly url: string;
  readonly what: string;
  readonly meter: TransferMeter;
}

async function transferOnce(transfer: Transfer, onArrival: (bytes: number) => void): Promise<void> {
  const { client, part, file, url, what, meter } = transfer;
  const watch = new StallWatch(client.policy.stallMs, client.signal);
  try {
    const response = await client.open(url, { headers: rangeHeaders(part), watch, what });
    await prepare(transfer, response);
    for await (const chunk of response.body ?? []) {
      watch.touch();
      if (part.bytes + chunk.byteLength > file.sizeBytes) throw tooLong(transfer);
      await part.append(chunk);
      meter.add(chunk.byteLength);
      onArrival(chunk.byteLength);
    }
  } catch (error) {
    throw client.explain(error, watch, what);
  } finally {
    watch.stop();
  }
  if (part.bytes < file.sizeBytes)
    throw new TransientError(
      `${what}: the transfer broke off after ${part.bytes} of ${file.sizeBytes} bytes.`,
    );
}

/** With If-Range a server whose file has changed sends all of it instead of a rest that does not fit. */
function rangeHeaders({ bytes, etag }: PartFile): Record<string, string> {
  if (bytes === 0) return {};
  return { range: `bytes=${bytes}-`, ...(etag === null ? {} : { "if-range": etag }) };
}

/** Makes the part ready for the bytes of this answer: at its end, or empty. */
async function prepare(transfer: Transfer, response: Response): Promise<void> {
  const { part, file, what, meter } = transfer;
  const etag = strongEtag(response);
  const isRest = response.status === 206 && isRangeFrom(response, part.bytes, file.sizeBytes);
  const isSame = part.etag === null || etag === null || etag === part.etag;
  if (isRest && isSame && part.bytes > 0) return;
  meter.skip(-part.bytes);
  await part.restart(etag);
  if (response.status === 200) return;
  await response.body?.cancel();
  throw new TransientError(`${what}: the server sent another part of the file than was asked for.`);
}

function isRangeFrom(response: Response, start: number, size: number): boolean {
  const header = response.headers.get("content-range") ?? "";
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header);
  if (match === null) return false;
  const [, from, , total] = match;
  return Number(from) === start && (total === "*" || Number(total) === size);
}

/** A weak one (`W/`) says only that the meaning is the same. */
function strongEtag(response: Response): string | null {
  const etag = response.headers.get("etag");
  return etag === null || etag.startsWith("W/") ? null : etag;
}

function tooLong({ what, file }: Transfer): UserError {
  return new UserError(
    "network",
    `${what} has more than the ${file.sizeBytes} bytes that the hub lists. Pull again, or check HF_ENDPOINT.`,
  );
}
