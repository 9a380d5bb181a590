import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";

import { PROJECT_DIR, SOFTWARE } from "../config.ts";
import { UserError } from "../errors.ts";
import type { AttachmentFinder } from "../generation/attachment.ts";
import { JobLoop } from "../generation/job-loop.ts";
import type { Messenger } from "../generation/messenger.ts";
import { pauseAt, readOwnerSettings } from "../generation/policy/owner-settings.ts";
import type { WorkerReport } from "../generation/worker-report.ts";
import { Inference } from "../inference/inference.ts";
import { listModels } from "../models/find-model.ts";
import { publishWorker, removeWorker } from "../queue/workers.ts";
import type { Running, Runtime, Speaking } from "./runtime.ts";

/** A worker that was not seen for three of these is taken for dead. */
const REPORT_EVERY_MS = 5000;
const LOOK_AT_PAUSE_EVERY_MS = 2000;
const LOOK_AT_IDLENESS_EVERY_MS = 20_000;

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
  const { log, metrics, engine, database, caretaker } = runtime;
  const { db } = database;
  const workerId = `${hostname()}-${randomUUID().slice(0, 8)}`;
  const inference = new Inference({
    environment: process.env,
    log: (line) => log.info(line),
    onCrash: (cause) => metrics.crashed(cause),
  });
  const report = await describeModels(runtime, inference);
  const state = { mayClaim: true };
  await publishWorker(db, { id: workerId, host: hostname(), report });
  caretaker.add("worker report", REPORT_EVERY_MS, () =>
    publishWorker(db, { id: workerId, host: hostname(), report }),
  );
  caretaker.add("pause", LOOK_AT_PAUSE_EVERY_MS, async () => {
    state.mayClaim = pauseAt(await readOwnerSettings(db), new Date()) === null;
  });
  const idle = new IdleWatch();
  caretaker.add("unload when idle", LOOK_AT_IDLENESS_EVERY_MS, async () => {
    const { unloadAfterMinutes } = await readOwnerSettings(db);
    if (unloadAfterMinutes === null || !idle.isOver(unloadAfterMinutes)) return;
    log.info({ minutes: unloadAfterMinutes }, "idle: the model leaves the memory");
    await inference.run({ kind: "unload" });
  });
  const loop = new JobLoop({
    db,
    engine,
    inference,
    messenger: parts.messenger,
    answers: parts.answers,
    sources: { db, attachments: parts.attachments },
    models: () => report.models.map(({ name }) => name),
    mayClaim: () => state.mayClaim,
    onJob: () => idle.touch(),
    workerId,
    log,
    metrics,
  });
  loop.start();
  metrics.gauge(
    "gpu_memory_bytes",
    "Resident bytes of the inference process",
    async () => inference.residentBytes,
  );
  return {
    inference,
    stop: async () => {
      await loop.stop();
      await inference.stop();
      await removeWorker(db, workerId).catch(() => undefined);
    },
  };
}

/** Whether a GPU has had nothing to do for some time; says so once for each such time. */
class IdleWatch {
  #lastJobAt: number | null = null;

  touch(): void {
    this.#lastJobAt = Date.now();
  }

  isOver(minutes: number): boolean {
    if (this.#lastJobAt === null || Date.now() - this.#lastJobAt < minutes * 60_000) return false;
    this.#lastJobAt = null;
    return true;
  }
}

/** Every installed model, the configured one first; one that is broken is left out with a line in the log. */
async function describeModels(
  { config, log }: Runtime,
  inference: Inference,
): Promise<WorkerReport> {
  const installed = [
    ...(await listModels(config.modelsDir)),
    ...(await listModels(join(PROJECT_DIR, "models"))),
  ];
  const names = [...new Set([config.model, ...installed])];
  const models: WorkerReport["models"] = [];
  for (const name of names) {
    try {
      models.push(...(await inference.run({ kind: "describe", models: [name] })));
    } catch (error) {
      if (!(error instanceof UserError) || name === config.model) throw error;
      log.warn({ model: name }, `a model is left out: ${error.message}`);
    }
  }
  const [first] = models;
  const device = await inference.run({ kind: "device", model: first?.name ?? config.model });
  return { version: SOFTWARE, models, ...device };
}
