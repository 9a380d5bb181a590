import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";

import { PROJECT_DIR, SOFTWARE } from "../config.ts";
import type { FolderLock } from "../db/folder-lock.ts";
import { UserError } from "../errors.ts";
import type { AttachmentFinder } from "../generation/attachment.ts";
import { JobLoop } from "../generation/job-loop.ts";
import type { Messenger } from "../generation/messenger.ts";
import { creativeModelOf } from "../generation/model-directory.ts";
import type { WorkerReport } from "../generation/worker-report.ts";
import { Inference, InferenceCrash } from "../inference/inference.ts";
import type { Task, TaskResults } from "../inference/messages.ts";
import { listModels } from "../models/find-model.ts";
import { lockGpu } from "../queue/gpu-lock.ts";
import { publishWorker, removeWorker } from "../queue/workers.ts";
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
  let report = await describeModels(runtime, inference);
  const gpu = lockGpuOf(runtime, report);
  await publishWorker(db, { id: workerId, host: hostname(), report });
  caretaker.add("worker report", REPORT_EVERY_MS, async () => {
    const known = new Set(report.models.map(({ name }) => name));
    if ((await installedModels(runtime)).some((name) => !known.has(name)))
      report = await describeModels(runtime, inference);
    await publishWorker(db, { id: workerId, host: hostname(), report });
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
    models: () => report.models.map(({ name }) => name),
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

/** Every installed model, the configured one first; one that is broken is left out with a line in the log. */
async function describeModels(runtime: Runtime, inference: Inference): Promise<WorkerReport> {
  const { config, log } = runtime;
  const models: WorkerReport["models"] = [];
  for (const name of await installedModels(runtime)) {
    try {
      models.push(...(await askTwice(inference, { kind: "describe", models: [name] })));
    } catch (error) {
      if (name === config.model) throw error;
      const bug = error instanceof UserError ? {} : { err: error };
      const message = error instanceof Error ? error.message : String(error);
      log.warn({ model: name, ...bug }, `a model is left out: ${message}`);
    }
  }
  const [first] = models;
  const model = first?.name ?? config.model;
  const device = await askTwice(inference, { kind: "device", model });
  const creative = creativeModelOf([{ models, ...device }]);
  const creativePeakBytes =
    creative === null
      ? null
      : await askTwice(inference, { kind: "creative", model: creative.name });
  return { version: SOFTWARE, models, ...device, creativePeakBytes };
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

/** Names of the models in MODELS_DIR and of those that ship with the program, the configured one first. */
async function installedModels({ config }: Runtime): Promise<string[]> {
  const installed = await Promise.all(
    [config.modelsDir, join(PROJECT_DIR, "models")].map((folder) => listModels(folder)),
  );
  return [...new Set([config.model, ...installed.flat()])];
}
