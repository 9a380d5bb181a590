import { freemem, totalmem } from "node:os";
import { statfs } from "node:fs/promises";

import { and, count, eq, inArray, sql } from "drizzle-orm";

import { SOFTWARE } from "../config.ts";
import { job } from "../db/schema.ts";
import { pauseAt, readOwnerSettings } from "../generation/policy/owner-settings.ts";
import { type HttpServer, startHttp } from "../http/server.ts";
import type { Status } from "../http/status-page.ts";
import type { RecentErrors } from "../log.ts";
import { originalsDir } from "./parts.ts";
import type { Runtime } from "./runtime.ts";

const GIB = 2 ** 30;
const LITTLE_DISK_BYTES = 2 * GIB;

/** What is asked about parts that start later than the pages. */
interface Readiness {
  gateway: (() => boolean) | null;
  worker: (() => boolean) | null;
  /** Everything was started. */
  isStarted: boolean;
}

export interface Pages extends HttpServer {
  readonly readiness: Readiness;
}

/** Starts health, metrics, originals and the status page; in the playground on a port of their own, which it passes on. */
export async function startPages(runtime: Runtime, recent: RecentErrors): Promise<Pages> {
  const { config, metrics, links, database } = runtime;
  const isBehindPlayground = config.role === "all" && config.discordToken === undefined;
  const readiness: Readiness = { gateway: null, worker: null, isStarted: false };
  const server = await startHttp({
    host: isBehindPlayground ? "127.0.0.1" : config.host,
    port: isBehindPlayground ? 0 : config.port,
    publicUrl: config.publicUrl,
    registry: metrics.registry,
    links,
    originalsDir: originalsDir(config),
    isStarted: () => readiness.isStarted,
    checks: {
      database: async () => {
        await database.db.execute(sql`select 1`);
        return true;
      },
      ...(config.role === "worker" ? {} : { gateway: async () => readiness.gateway?.() === true }),
      ...(config.role === "gateway" ? {} : { worker: async () => readiness.worker?.() === true }),
    },
    status: () => statusOf(runtime, readiness, recent),
  });
  return { ...server, readiness };
}

async function statusOf(
  { config, database, models }: Runtime,
  readiness: Readiness,
  recent: RecentErrors,
): Promise<Status> {
  const { db } = database;
  const open = inArray(job.state, ["waiting", "running"]);
  const states = await db
    .select({ state: job.state, jobs: count() })
    .from(job)
    .where(open)
    .groupBy(job.state);
  const jobs = (state: "waiting" | "running"): number =>
    states.find((row) => row.state === state)?.jobs ?? 0;
  const failed = await db.$count(
    job,
    and(eq(job.state, "failed"), sql`${job.endedAt} > now() - interval '1 day'`),
  );
  const pause = pauseAt(await readOwnerSettings(db), new Date());
  const reports = await models.reports();
  const { bavail, bsize } = await statfs(config.dataDir);
  const free = bavail * bsize;
  const isConnected = readiness.gateway?.() ?? false;
  const row = (name: string, value: string, isBad = false) => ({ name, value, isBad });
  return {
    version: SOFTWARE,
    rows: [
      row("Discord", isConnected ? "connected" : "not connected", !isConnected),
      row(
        "Workers",
        reports.map(({ device }) => device).join("; ") || "none",
        reports.length === 0,
      ),
      row("Models", (await models.list()).map(({ title }) => title).join(", ") || "none"),
      row("Queue", `${jobs("running")} running, ${jobs("waiting")} waiting`),
      row("Failed in the last day", String(failed), failed > 0),
      row("Paused", pauseText(pause), pause !== null),
      row("Memory", `${gib(freemem())} free of ${gib(totalmem())}`),
      row("Disk", `${gib(free)} free`, free < LITTLE_DISK_BYTES),
    ],
    lastErrors: recent.list,
  };
}

function pauseText(pause: ReturnType<typeof pauseAt>): string {
  if (pause === null) return "no";
  return pause.until === null ? "until somebody resumes" : `until ${pause.until.toISOString()}`;
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
