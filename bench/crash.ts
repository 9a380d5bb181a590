import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { openPglite } from "../src/db/open-pglite.ts";
import { openPostgres } from "../src/db/open-postgres.ts";
import { checkCrashes, type CrashReport, isSettled } from "../test/support/crash-check.ts";
import { OPEN_OPTIONS, startPostgres } from "../test/support/databases.ts";
import { TestPlayground } from "../test/support/playground.ts";
import { Program } from "../test/support/program.ts";
import type { Bench, BenchResult } from "./bench-result.ts";

/** Of each kind of process; `CRASH_KILLS` changes it. */
const KILLS = Number(process.env["CRASH_KILLS"] ?? 50);
const DATABASE_CRASHES = Math.ceil(KILLS / 15);
const PEOPLE = ["olivia", "morgan", "ada", "bjoern", "yuki"] as const;
const ASK_EVERY_MS = 1200;
const MAX_PAUSE_MS = 2500;
const DRAIN_MS = 5 * 60_000;

export const crash: Bench = {
  about: `jobs lost, posted twice or mischarged in ${KILLS} random kills of each kind of process, with a faulty Discord`,
  run,
};

async function run(): Promise<BenchResult> {
  const details = {
    PGlite: await onPglite(),
    PostgreSQL: await onPostgres(),
  };
  const value = Object.values(details).reduce((sum, { report }) => sum + faultsOf(report), 0);
  return { value, unit: "faults", reference: 0, ratio: null, goal: "0", met: value === 0, details };
}

function faultsOf({ jobs: _jobs, done: _done, failed: _failed, ...faults }: CrashReport): number {
  return Object.values(faults).reduce((sum, count) => sum + count, 0);
}

interface Facts {
  readonly report: CrashReport;
  readonly kills: Readonly<Record<string, number>>;
  readonly asked: number;
  readonly drainSeconds: number;
}

/** One process does everything; it and its inference child are killed. */
async function onPglite(): Promise<Facts> {
  const playground = await TestPlayground.start();
  const environment = environmentFor(playground, {});
  const bot = new Mortal({ environment });
  await bot.start();
  const asking = new Asking(playground);
  const kills = await killAtRandom({
    bot: () => bot.restart(),
    inference: async () => bot.killChild(),
  });
  await asking.stop();
  const begun = Date.now();
  const folder = join(bot.dataDir, "db");
  for (;;) {
    await pause(5000);
    await bot.stop();
    const { db, close } = await openPglite(folder, OPEN_OPTIONS);
    const isDone = (await isSettled(db)) || Date.now() - begun > DRAIN_MS;
    const report = isDone ? await checkCrashes(db, playground.transcript.messages) : null;
    await close();
    if (report === null) {
      await bot.start();
      continue;
    }
    await bot.remove();
    await playground.close();
    return { report, kills, asked: asking.count, drainSeconds: (Date.now() - begun) / 1000 };
  }
}

/** A gateway and two workers; each of them, a worker's child and the database server are killed. */
async function onPostgres(): Promise<Facts> {
  const playground = await TestPlayground.start();
  const postgres = await startPostgres();
  const shared = { DATABASE_URL: postgres.url };
  const gateway = new Mortal({
    environment: environmentFor(playground, { ...shared, ROLE: "gateway" }),
  });
  const { DISCORD_TOKEN: _token, ...tokenless } = environmentFor(playground, {
    ...shared,
    ROLE: "worker",
  });
  // Two GPUs: each worker has one of its own to lock.
  const workers = [0, 1].map(
    (gpu) => new Mortal({ environment: { ...tokenless, CUDA_VISIBLE_DEVICES: String(gpu) } }),
  );
  await gateway.start();
  await Promise.all(workers.map((worker) => worker.start()));
  const asking = new Asking(playground);
  const either = (): Mortal => pick(workers);
  let databaseCrashes = 0;
  const kills = await killAtRandom({
    gateway: () => gateway.restart(),
    worker: () => either().restart(),
    inference: async () => either().killChild(),
    database: async () => {
      if (databaseCrashes++ < DATABASE_CRASHES) await postgres.crash();
    },
  });
  await asking.stop();
  const begun = Date.now();
  const { db, close } = await openPostgres(postgres.url, OPEN_OPTIONS);
  while (!(await isSettled(db)) && Date.now() - begun < DRAIN_MS) await pause(500);
  const report = await checkCrashes(db, playground.transcript.messages);
  await close();
  for (const part of [gateway, ...workers]) {
    await part.stop();
    await part.remove();
  }
  await postgres.stop();
  await playground.close();
  return {
    report,
    kills: { ...kills, database: Math.min(databaseCrashes, DATABASE_CRASHES) },
    asked: asking.count,
    drainSeconds: (Date.now() - begun) / 1000,
  };
}

function environmentFor(
  playground: TestPlayground,
  more: Record<string, string>,
): Record<string, string> {
  return {
    DISCORD_TOKEN: playground.token,
    DISCORD_API_BASE: playground.apiBase,
    LOG_LEVEL: "warn",
    ...more,
  };
}

/** A process of the program that is killed and started again. */
class Mortal {
  readonly #options: { environment: Record<string, string>; dataDir?: string };
  #program: Program | null = null;

  constructor(options: { environment: Record<string, string> }) {
    this.#options = options;
  }

  get dataDir(): string {
    return this.#options.dataDir ?? "";
  }

  async start(): Promise<void> {
    this.#program = await Program.start(this.#options);
    this.#options.dataDir = this.#program.dataDir;
  }

  async restart(): Promise<void> {
    await this.#program?.kill();
    await pause(Math.random() * MAX_PAUSE_MS);
    await this.start();
  }

  killChild(): void {
    const pid = childrenOf(this.#program?.pid ?? -1)[0];
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  async remove(): Promise<void> {
    await this.#program?.remove();
  }
}

/** By /proc: Linux only. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && parentOf(pid) === parent);
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return -1;
  }
}

/** Every target as often, in random order, with random pauses. */
async function killAtRandom(
  targets: Readonly<Record<string, () => Promise<void>>>,
): Promise<Record<string, number>> {
  const order = Object.keys(targets)
    .flatMap((target) => Array.from({ length: KILLS }, () => target))
    .map((target) => ({ target, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at);
  for (const { target } of order) {
    await pause(Math.random() * MAX_PAUSE_MS);
    await targets[target]?.();
  }
  return Object.fromEntries(Object.keys(targets).map((target) => [target, KILLS]));
}

/** People who ask for pictures all the while, of a Discord that fails now and then. */
class Asking {
  readonly #playground: TestPlayground;
  readonly #timer: NodeJS.Timeout;
  readonly #asked: Promise<unknown>[] = [];

  constructor(playground: TestPlayground) {
    this.#playground = playground;
    this.#timer = setInterval(() => this.#ask(), ASK_EVERY_MS);
  }

  get count(): number {
    return this.#asked.length;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#playground.faults.clear();
    await Promise.allSettled(this.#asked);
  }

  /** While the bot is away, Discord's client says so, and there is no job. */
  #ask(): void {
    const number = this.#asked.length;
    const options = { prompt: `star ${number}`, steps: 1, count: 1 };
    this.#asked.push(
      this.#playground.slash("imagine", options, { as: pick(PEOPLE) }).catch(() => undefined),
    );
    if (Math.random() < 0.25) this.#playground.faults.add(randomFault());
  }
}

type Fault = Parameters<TestPlayground["faults"]["add"]>[0];

function randomFault(): Fault {
  const applied = Math.random() < 0.7;
  const where = { path: "webhooks|channels", count: 1 } as const;
  return pick<Fault>([
    { kind: "rate_limit", retryAfterMs: 300, ...where },
    { kind: "server_error", status: 502, applied, ...where },
    { kind: "disconnect", applied, ...where },
  ]);
}

function pick<Value>(values: readonly Value[]): Value {
  const value = values[Math.floor(Math.random() * values.length)];
  if (value === undefined) throw new RangeError("Nothing to pick from");
  return value;
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((done) => setTimeout(done, milliseconds));
}
