import { mkdir, readFile, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import PQueue from "p-queue";
import { UserError, throwIfCancelled } from "../../errors.ts";
import { type WeightDtype, chooseFiles } from "./choose-files.ts";
import { downloadFile } from "./download-file.ts";
import { type DownloadRecord, writeDownloadRecord } from "./download-record.ts";
import { hashFile } from "./hash-file.ts";
import { HubClient, type HubFile, type HubOptions, type Repository } from "./hub-client.ts";
import {
  type Places,
  bytesThere,
  dropOthers,
  isWhole,
  keepOwnFiles,
  lockModel,
  placesOf,
  putInPlace,
  readPresent,
  reuseFiles,
  sizeOf,
} from "./model-folder.ts";
import { diskError } from "./part-file.ts";
import { TransferMeter, type TransferProgress } from "./transfer-meter.ts";

/** What will be transferred; given before it begins. */
export interface PullPlan {
  readonly id: string;
  readonly commit: string;
  readonly folder: string;
  readonly files: readonly HubFile[];
  /** Of all files. */
  readonly totalBytes: number;
  /** Still to come. */
  readonly missingBytes: number;
  /** Each component's weights, by their headers. */
  readonly dtypes: Readonly<Record<string, string>>;
}

/** The terms of a model. */
export interface PullLicense {
  /** As the model card names it. */
  readonly name: string | null;
  /** The LICENSE file; null where the repository has none. */
  readonly text: string | null;
}

export interface PullOptions extends HubOptions {
  readonly modelsDir: string;
  /** Branch, tag or commit. */
  readonly revision?: string | undefined;
  /** The transformer's weights to prefer; null takes the plain files, as diffusers does. */
  readonly dtype: WeightDtype | null;
  readonly onPlan?: ((plan: PullPlan) => void) | undefined;
  readonly onLicense?: ((license: PullLicense) => void) | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
}

export interface PullResult {
  readonly folder: string;
  /** False: this very commit was there already. */
  readonly isNew: boolean;
}

/** One connection seldom fills a line; more than a few only bring faults. */
const PARALLEL = 3;
/** Left free on the disk: a full one breaks other programs. */
const SPARE_BYTES = 500_000_000;
const REPOSITORY_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*\/[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const LICENSE_NAME = /^LICEN[CS]E[^/]*$/i;
const WHEN_CANCELLED = "the download; what has arrived is kept, so pull again to go on";

/**
 * Downloads a repository's Sana checkpoint to `modelsDir/owner--name`. Files come into a hidden folder beside it,
 * which takes the name only when it is whole; a broken or cancelled pull goes on there the next time.
 * @throws UserError invalid_option, model_not_found, model_invalid, no_access, network, disk, cancelled
 */
export async function pullModel(id: string, options: PullOptions): Promise<PullResult> {
  if (!REPOSITORY_ID.test(id))
    throw new UserError(
      "invalid_option",
      `"${id}" is no repository of the hub; one looks like Efficient-Large-Model/Sana_600M_512px_diffusers.`,
    );
  const places = placesOf(id, options.modelsDir);
  await mkdir(options.modelsDir, { recursive: true }).catch((error: unknown) => {
    throw diskError(error, options.modelsDir);
  });
  const stop = new AbortController();
  const unlock = await lockModel(places, id, () => stop.abort());
  try {
    return await pullLocked(id, { places, options, stop });
  } catch (error) {
    throw diskError(error, places.staging);
  } finally {
    // Fails only when the lock was lost, and then it is not ours.
    await unlock().catch(() => {});
  }
}

interface Pull {
  readonly places: Places;
  readonly options: PullOptions;
  /** Ends the transfers of this pull, on the caller's signal as well. */
  readonly stop: AbortController;
}

async function pullLocked(id: string, { places, options, stop }: Pull): Promise<PullResult> {
  const signals = [stop.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const client = new HubClient({ ...options, signal: AbortSignal.any(signals) });
  const present = await readPresent(places);
  const repository = await client.readRepository(id, options.revision);
  const { files, dtypes } = await chooseFiles(client, repository, options.dtype);
  const { commit } = repository;
  const { folder, staging } = places;
  if (present?.commit === commit && (await isWhole(folder, present, files)))
    return { folder, isNew: false };

  if (present !== null) await reuseFiles(places, present, files);
  const totalBytes = files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  const missingBytes = totalBytes - (await bytesThere(staging, files));
  options.onPlan?.({ id, commit, folder, files, totalBytes, missingBytes, dtypes });
  await checkSpace(options.modelsDir, missingBytes);
  const meter = new TransferMeter(totalBytes, options.onProgress);
  const record = await downloadAll({ client, repository, files, staging, meter, options, stop });

  await dropOthers(staging, files);
  await writeDownloadRecord(staging, { id, commit, files: record });
  if (present !== null) await keepOwnFiles(places, present);
  throwIfCancelled(client.signal, WHEN_CANCELLED);
  await putInPlace(places);
  return { folder, isNew: true };
}

interface Download {
  readonly client: HubClient;
  readonly repository: Repository;
  readonly files: readonly HubFile[];
  readonly staging: string;
  readonly meter: TransferMeter;
  readonly options: PullOptions;
  readonly stop: AbortController;
}

/** The licence first, so that it is seen before gigabytes come; then the rest, the largest files first. */
async function downloadAll(download: Download): Promise<DownloadRecord["files"]> {
  const { repository, files, staging, options, stop } = download;
  const fetchOne = async (file: HubFile): Promise<DownloadRecord["files"][number]> => {
    const sha256 = await fetchFile(download, file);
    return { path: file.path, sizeBytes: file.sizeBytes, sha256 };
  };
  const licenses = files.filter(({ path }) => LICENSE_NAME.test(path));
  const rest = files.filter((file) => !licenses.includes(file));
  const done = await Promise.all(licenses.map(fetchOne));
  const [license] = licenses;
  const text = license === undefined ? null : await readFile(join(staging, license.path), "utf8");
  options.onLicense?.({ name: repository.license, text });

  const queue = new PQueue({ concurrency: PARALLEL });
  const largestFirst = rest.sort((a, b) => b.sizeBytes - a.sizeBytes);
  try {
    done.push(...(await queue.addAll(largestFirst.map((file) => () => fetchOne(file)))));
  } catch (error) {
    queue.clear();
    stop.abort();
    throw error;
  } finally {
    // No transfer may write on after the lock is given back.
    await queue.onIdle();
  }
  return done.sort((a, b) => a.path.localeCompare(b.path, "en"));
}

/** A weights file that is whole already is only read again for its hash; one that is damaged is fetched anew. */
async function fetchFile(download: Download, file: HubFile): Promise<string> {
  const { client, repository, staging, meter } = download;
  const target = join(staging, file.path);
  const { algorithm, digest } = file.hash;
  if ((await sizeOf(target)) !== null) {
    const isSame =
      algorithm === "sha256" && (await hashFile(target, { signal: client.signal })) === digest;
    if (isSame) {
      meter.skip(file.sizeBytes);
      return digest;
    }
    await rm(target);
  }
  return downloadFile(client, { repository, file, target, meter });
}

async function checkSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (neededBytes === 0 || free >= neededBytes + SPARE_BYTES) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new UserError(
    "disk",
    `${folder} has ${gigabytes(free)} free, and ${gigabytes(neededBytes)} are still to come (${gigabytes(SPARE_BYTES)} stay free). Free some space, or set MODELS_DIR to another disk.`,
  );
}
