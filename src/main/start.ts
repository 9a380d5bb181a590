import { join } from "node:path";

import type { Logger } from "pino";

import { type Config, SOFTWARE } from "../config.ts";
import { openDatabase } from "../db/open-database.ts";
import { UserError } from "../errors.ts";
import { Caretaker } from "../generation/caretaker.ts";
import { ModelDirectory } from "../generation/model-directory.ts";
import { signingKey } from "../generation/signing-key.ts";
import { parseWorkerReport } from "../generation/worker-report.ts";
import { OriginalLinks } from "../http/original-links.ts";
import type { RecentErrors } from "../log.ts";
import { createJobEngine } from "../queue/pg-boss-engine.ts";
import { listWorkers } from "../queue/workers.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { startChores } from "./chores.ts";
import { addGauges } from "./gauges.ts";
import { startDiscord } from "./discord.ts";
import { OwnerAlerts } from "./owner-alerts.ts";
import { startPages } from "./pages.ts";
import type { Running, Runtime } from "./runtime.ts";
import { startWorkerRole } from "./worker.ts";

export interface Program extends Running {
  /** Lines for the owner, once everything runs. */
  readonly ready: readonly string[];
}

/**
 * Opens the database and starts what the configured role asks for, from the bottom up; stops in the opposite order.
 *
 * @throws {UserError} for what the owner must mend
 */
export async function start(
  config: Config,
  { log, recent }: { log: Logger; recent: RecentErrors },
): Promise<Program> {
  checkRole(config);
  const running: Running[] = [];
  const stop = async (): Promise<void> => {
    for (const part of running.toReversed()) await part.stop();
  };
  try {
    const metrics = new Metrics({ version: SOFTWARE, role: config.role, gpu: config.gpu });
    const database = await openDatabase(config, {
      log,
      onStuck: () => process.exit(1),
      onQuery: metrics.queried,
    });
    running.push({ stop: database.close });
    const engine = createJobEngine({ database, log });
    await engine.start();
    running.push(engine);
    const key = await signingKey(database.db, join(config.dataDir, "signing-key"));
    const caretaker = new Caretaker(log);
    const runtime: Runtime = {
      config,
      log,
      metrics,
      database,
      engine,
      models: new ModelDirectory(async () => {
        const workers = await listWorkers(database.db);
        return workers.flatMap(({ report }) => parseWorkerReport(report) ?? []);
      }),
      links: new OriginalLinks(key, config.publicUrl),
      key,
      caretaker,
      alerts: new OwnerAlerts(log),
    };
    running.push(caretaker);
    const pages = await startPages(runtime, recent);
    running.push(pages);
    const discord = await startDiscord(runtime, pages);
    running.push(discord);
    if (config.role !== "gateway") {
      const worker = await startWorkerRole(runtime, discord);
      running.push(worker);
      pages.readiness.worker = () => worker.inference.isAlive;
    }
    startChores(runtime);
    addGauges(runtime);
    pages.readiness.isStarted = true;
    return { ready: discord.ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function checkRole({ role, databaseUrl, discordToken }: Config): void {
  if (role !== "all" && databaseUrl === undefined)
    throw new UserError(
      "invalid_config",
      `ROLE=${role} needs DATABASE_URL: processes share a PostgreSQL database, such as postgres://user:password@host/sanabot.`,
    );
  if (role === "gateway" && discordToken === undefined)
    throw new UserError("invalid_config", "ROLE=gateway needs DISCORD_TOKEN.");
}
