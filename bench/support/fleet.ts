import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { queryValue } from "../../src/db/database.ts";
import { openPostgres } from "../../src/db/open-postgres.ts";
import { countViolations } from "../../src/quota/quota.ts";
import { startPostgres } from "../../test/support/databases.ts";
import { allowJobs } from "./empty-pipeline.ts";

const PROCESS = new URL("fleet-process.ts", import.meta.url);
const LOOK_EVERY_MS = 20;

/** What a process of the fleet is told, and what it says. */
export type ToProcess =
  | { readonly kind: "accept"; readonly indexes: readonly number[] }
  | { readonly kind: "work" }
  | { readonly kind: "stop" };
export type FromProcess =
  | { readonly kind: "ready" | "accepted" }
  | { readonly kind: "posted"; readonly jobId: string };

export interface FleetFacts {
  readonly acceptedPerSecond: number;
  /** From the start of the workers until the last job was posted, the wait for the dead one's job included. */
  readonly jobsPerSecond: number;
  /** As long as everyone lived, which is half of the jobs. */
  readonly jobsPerSecondBefore: number;
  readonly seconds: number;
  /** Deliveries that were tried again since the process that had them died: Discord takes the second for the first. */
  readonly repeated: number;
  readonly undelivered: number;
  /** Thousandths of a credit. */
  readonly held: number;
  readonly violations: number;
}

/** Two gateways and two workers on one PostgreSQL, each a process; one of them is killed once half of the jobs are posted. */
export async function runFleet({
  jobs,
  victim,
}: {
  jobs: number;
  victim: "nobody" | "worker" | "gateway";
}): Promise<FleetFacts> {
  const server = await startPostgres();
  const { db, close } = await openPostgres(server.url, {});
  await allowJobs(db, jobs);
  const posts = new Map<string, number>();
  const member = async (role: string): Promise<ChildProcess> => {
    const child = fork(PROCESS, [role, server.url]);
    await heard(child, "ready");
    child.on("message", (told: FromProcess) => {
      if (told.kind === "posted") posts.set(told.jobId, (posts.get(told.jobId) ?? 0) + 1);
    });
    return child;
  };
  const roles = ["gateway", "gateway", "worker", "worker"];
  const members = await Promise.all(roles.map((role) => member(role)));
  const gateways = members.slice(0, 2);

  const began = performance.now();
  await Promise.all(
    gateways.map(async (gateway, half) => {
      const accepted = heard(gateway, "accepted");
      const indexes = Array.from({ length: jobs / 2 }, (_, index) => 2 * index + half);
      tell(gateway, { kind: "accept", indexes });
      await accepted;
    }),
  );
  const accepted = performance.now();
  for (const child of members) tell(child, { kind: "work" });
  await until(() => posts.size >= jobs / 2);
  const half = performance.now();
  members[roles.indexOf(victim)]?.kill("SIGKILL");
  const undelivered = (): Promise<number> =>
    queryValue(db, sql`select count(*)::int from delivery where state <> 'posted'`, z.number());
  await until(async () => (await undelivered()) === 0);
  const ended = performance.now();
  await Promise.all(members.map((child) => stop(child)));

  const facts = {
    acceptedPerSecond: (1000 * jobs) / (accepted - began),
    jobsPerSecond: (1000 * jobs) / (ended - accepted),
    jobsPerSecondBefore: (500 * jobs) / (half - accepted),
    seconds: (ended - accepted) / 1000,
    repeated: [...posts.values()].filter((times) => times > 1).length,
    undelivered: (await undelivered()) + jobs - posts.size,
    held: await queryValue(
      db,
      sql`select coalesce(sum(reserved), 0)::float8 from reservation where state = 'held'`,
      z.number(),
    ),
    violations: await countViolations(db),
  };
  await close();
  await server.stop();
  return facts;
}

async function heard(child: ChildProcess, kind: FromProcess["kind"]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listen = (told: FromProcess): void => {
    if (told.kind === kind) resolve();
  };
  child.on("message", listen);
  await promise;
  child.off("message", listen);
}

function tell(child: ChildProcess, told: ToProcess): void {
  child.send(told);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  tell(child, { kind: "stop" });
  await ended;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
}
