import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { isDeepStrictEqual } from "node:util";

import { SOFTWARE } from "../config.ts";
import type { FolderLock } from "../db/folder-lock.ts";
import type { AttachmentFinder } from "../generation/attachment.ts";
import { JobLoop } from "../generation/job-loop.ts";
import type { Messenger } from "../generation/messenger.ts";
import { creativeModelOf } from "../generation/model-directory.ts";
import type { WorkerReport } from "../generation/worker-report.ts";
import { Inference, InferenceCrash } from "../inference/inference.ts";
import type { Task, TaskResults } from "../inference/messages.ts";
import { lockGpu } from "../queue/gpu-lock.ts";
import { publishWorker, removeWorker } from "../queue/workers.ts";
import { InstalledModels } from "./installed-models.ts";
import { OwnerSwitches } from "./owner-switches.ts";
import type { Running, Runtime, Speaking } from "./runtime.ts";

/** A worker that was not seen for three of these is taken for dead. */
const REPORT_EVERY_MS = 5000;
const LOOK_AT_SWITCHES_EVERY_MS = 2000;

export interface WorkerParts extends Speaking {
  readonly messenger: Messenger;
  readonly attachments: AttachmentFinder;
}

/** A worker: the inference process, the job loop of its GPU, and its entry in the table of workers. */
export interface Worker extends Running {
  readonly inference: Inference;
}

/**
 * @throws {UserError} when the model that is configured cannot be used
 */
export async function startWorkerRole(runtime: Runtime, parts: WorkerParts): Promise<Worker> {
  const { config, log, metrics, engine, database, caretaker, alerts } = runtime;
  const { db } = database;
  const workerId = `${hostname()}-${randomUUID().slice(0, 8)}`;
  const inference = new Inference({
    environment: process.env,
    log: (line) => log.info(line),
    onCrash: (cause) => {
      metrics.crashed(cause);
      alerts.crashed(cause);
    },
  });
  const own = await describeSelf(runtime, inference);
  const gpu = lockGpuOf(runtime, own.report);
  let isStopping = false;
  // One that was taken out of the table must not come back, though the caretaker goes on until the uploads are done.
  const publish = async (): Promise<void> => {
    if (isStopping) return;
    await publishWorker(db, { id: workerId, host: hostname(), report: own.report });
  };
  await publish();
  caretaker.add("worker report", REPORT_EVERY_MS, publish);
  // A chore of its own, since what it asks waits until the running picture is done.
  caretaker.add("new models", REPORT_EVERY_MS, async () => {
    if (await own.renew()) await publish();
  });
  const switches = new OwnerSwitches(runtime, inference);
  caretaker.add("owner's switches", LOOK_AT_SWITCHES_EVERY_MS, () => switches.look());
  const loop = new JobLoop({
    db,
    engine,
    inference,
    messenger: parts.messenger,
    answers: parts.answers,
    sources: { db, attachments: parts.attachments },
    models: () => own.report.models.map(({ name }) => name),
    mayClaim: () => switches.mayClaim,
    onJob: () => switches.noteWork(),
    workerId,
    log,
    metrics,
  });
  loop.start();
  metrics.gauge(
    {
      name: "gpu_memory_bytes",
      help: "Resident bytes of the inference process",
      labels: { gpu: config.gpu },
    },
    async () => inference.residentBytes,
  );
  return {
    inference,
    stop: async () => {
      isStopping = true;
      await loop.stop();
      await inference.stop();
      gpu?.release();
      await removeWorker(db, workerId).catch(() => undefined);
    },
  };
}

/** A processor may be shared, a graphics card's memory may not. @throws {UserError} naming who has it */
function lockGpuOf({ config }: Runtime, { device }: WorkerReport): FolderLock | null {
  const [provider = "cpu"] = device.split(",");
  return provider === "cpu" ? null : lockGpu(`${provider}:${config.gpu}`);
}

interface OwnReport {
  readonly report: WorkerReport;
  /** Takes in models that were installed or removed. @returns whether there are any */
  readonly renew: () => Promise<boolean>;
}

/** @throws {UserError} when the model that is configured cannot be used */
async function describeSelf({ config, log }: Runtime, inference: Inference): Promise<OwnReport> {
  const installed = new InstalledModels({
    config,
    log,
    describe: (name) => askTwice(inference, { kind: "describe", models: [name] }),
  });
  const reportOf = async (models: WorkerReport["models"]): Promise<WorkerReport> => {
    const model = models[0]?.name ?? config.model;
    const device = await askTwice(inference, { kind: "device", model });
    const creative = creativeModelOf([{ models, ...device }]);
    const creativePeakBytes =
      creative === null
        ? null
        : await askTwice(inference, { kind: "creative", model: creative.name });
    return { version: SOFTWARE, models, ...device, creativePeakBytes };
  };
  let report = await reportOf(await installed.describe());
  return {
    get report() {
      return report;
    },
    renew: async () => {
      const models = await installed.describe();
      if (isDeepStrictEqual(models, report.models)) return false;
      report = await reportOf(models);
      return true;
    },
  };
}

/** The inference process may have died of something else, such as what the system does to who takes its memory. */
async function askTwice<Kind extends Task["kind"]>(
  inference: Inference,
  task: Extract<Task, { kind: Kind }>,
): Promise<TaskResults[Kind]> {
  try {
    return await inference.run(task);
  } catch (error) {
    if (!(error instanceof InferenceCrash)) throw error;
    return inference.run(task);
  }
}
