import { join } from "node:path";

import { openPglite } from "../src/db/open-pglite.ts";
import { openPostgres } from "../src/db/open-postgres.ts";
import {
  checkCrashes,
  type CrashReport,
  isSettled,
  listFaulty,
  type Shown,
} from "../test/support/crash-check.ts";
import type { Database } from "../src/db/database.ts";
import { parsePlace } from "../src/generation/place.ts";
import { childrenOf } from "../test/support/child-processes.ts";
import { OPEN_OPTIONS, startPostgres } from "../test/support/databases.ts";
import { TestPlayground } from "../test/support/playground.ts";
import { Program } from "../test/support/program.ts";
import type { Bench, BenchResult } from "./bench-result.ts";

/** Of each kind of process; `CRASH_KILLS` changes it. */
const KILLS = Number(process.env["CRASH_KILLS"] ?? 50);
/** To run a piece alone: `CRASH_DATABASE=PGlite`, or `PostgreSQL`; `CRASH_TARGETS=gateway,worker`. */
const DATABASE = process.env["CRASH_DATABASE"];
const TARGETS = process.env["CRASH_TARGETS"]?.split(",");
const DATABASE_CRASHES = Math.ceil(KILLS / 15);
const PEOPLE = ["olivia", "morgan", "ada", "bjoern", "yuki"] as const;
const ASK_EVERY_MS = 1200;
/** Until a process that was killed is started again, and until one that serves is killed. */
const MAX_PAUSE_MS = 2500;
const MAX_SERVICE_MS = 5000;
const START_TRIES = 5;
const DRAIN_MS = 5 * 60_000;

export const crash: Bench = {
  about: `jobs lost, posted twice or mischarged in ${KILLS} random kills of each kind of process, with a faulty Discord`,
  run,
};

async function run(): Promise<BenchResult> {
  const details: Record<string, Facts> = {};
  for (const [name, crashOn] of Object.entries({ PGlite: onPglite, PostgreSQL: onPostgres }))
    if (DATABASE === undefined || DATABASE === name) details[name] = await crashOn();
  if (Object.keys(details).length === 0)
    throw new RangeError(`CRASH_DATABASE is PGlite or PostgreSQL, not ${DATABASE}`);
  const value = Object.values(details).reduce((sum, { report }) => sum + faultsOf(report), 0);
  return { value, unit: "faults", reference: 0, ratio: null, goal: "0", met: value === 0, details };
}

function faultsOf({ jobs: _jobs, done: _done, failed: _failed, ...faults }: CrashReport): number {
  return Object.values(faults).reduce((sum, count) => sum + count, 0);
}

interface Facts {
  readonly report: CrashReport;
  /** What is known of each job that is lost, told twice or told wrongly. */
  readonly faulty: readonly object[];
  readonly kills: Readonly<Record<string, number>>;
  readonly asked: number;
  readonly begun: number;
  readonly killSeconds: number;
  readonly drainSeconds: number;
}

/** One process does everything; it and its inference child are killed. */
async function onPglite(): Promise<Facts> {
  const playground = await TestPlayground.start();
  const bot = new Mortal({ environment: environmentFor(playground, {}) });
  await bot.start();
  const killing = await killWhileAsked(playground, {
    bot: () => bot.restart(),
    inference: async () => bot.killChild(),
  });
  const begun = Date.now();
  const folder = join(bot.dataDir, "db");
  for (;;) {
    await pause(5000);
    await bot.stop();
    const { db, close } = await openPglite(folder, OPEN_OPTIONS);
    const isDone = (await isSettled(db)) || Date.now() - begun > DRAIN_MS;
    const found = isDone ? await reportOf(db, playground) : null;
    await close();
    if (found === null) {
      await bot.start();
      continue;
    }
    await bot.remove();
    await playground.close();
    return { ...found, ...killing, drainSeconds: secondsSince(begun) };
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
  const either = (): Mortal => pick(workers);
  const killing = await killWhileAsked(playground, {
    gateway: () => gateway.restart(),
    worker: () => either().restart(),
    inference: async () => either().killChild(),
    database: async () => {
      await postgres.crash();
      return true;
    },
  });
  const begun = Date.now();
  const { db, close } = await openPostgres(postgres.url, OPEN_OPTIONS);
  while (!(await isSettled(db)) && Date.now() - begun < DRAIN_MS) await pause(500);
  const found = await reportOf(db, playground);
  const drainSeconds = secondsSince(begun);
  await close();
  for (const part of [gateway, ...workers]) {
    await part.stop();
    await part.remove();
  }
  await postgres.stop();
  await playground.close();
  return { ...found, ...killing, drainSeconds };
}

/** By Discord's messages and the database; of a job with a fault also what was asked of Discord for it. */
async function reportOf(
  db: Database,
  { transcript }: TestPlayground,
): Promise<Pick<Facts, "report" | "faulty">> {
  const report = await checkCrashes(db, transcript.messages);
  const faulty = (await listFaulty(db, transcript.messages)).map((shown) => ({
    shown,
    calls: callsFor(shown, transcript),
  }));
  return { report, faulty };
}

function callsFor({ row }: Shown, { calls }: TestPlayground["transcript"]): string[] {
  const { id, token } = parsePlace(row.place).interaction ?? { id: "none", token: "none" };
  return calls
    .filter(({ path }) => path.includes(token) || path.includes(id))
    .map(({ atMs, method, route, status, errorCode, body }) =>
      [atMs, method, route, status, errorCode, JSON.stringify(body)?.slice(0, 400)].join(" "),
    );
}

function secondsSince(moment: number): number {
  return (Date.now() - moment) / 1000;
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

  /** One that finds no database ends with a sentence, and is started again, as compose and systemd do. */
  async start(triesLeft = START_TRIES): Promise<void> {
    try {
      this.#program = await Program.start(this.#options);
      this.#options.dataDir = this.#program.dataDir;
    } catch (error) {
      if (triesLeft <= 1) throw error;
      await pause(MAX_PAUSE_MS);
      await this.start(triesLeft - 1);
    }
  }

  async restart(): Promise<boolean> {
    await this.#program?.kill();
    await pause(Math.random() * MAX_PAUSE_MS);
    await this.start();
    return true;
  }

  /** @returns false where there is none at the moment */
  killChild(): boolean {
    const program = this.#program;
    if (program === null || !program.isRunning) return false;
    const pid = childrenOf(program.pid)[0];
    if (pid === undefined) return false;
    process.kill(pid, "SIGKILL");
    return true;
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  async remove(): Promise<void> {
    await this.#program?.remove();
  }
}

/** Kills each target at random moments, all of them side by side, while people ask. */
async function killWhileAsked(
  playground: TestPlayground,
  targets: Readonly<Record<string, () => Promise<boolean>>>,
): Promise<Pick<Facts, "kills" | "asked" | "begun" | "killSeconds">> {
  const chosen = Object.entries(targets).filter(([name]) => TARGETS?.includes(name) ?? true);
  const asking = new Asking(playground);
  const begun = Date.now();
  const kills = await Promise.all(
    chosen.map(async ([name, kill]) => {
      const times = name === "database" ? DATABASE_CRASHES : KILLS;
      const everyMs = (KILLS / times) * MAX_SERVICE_MS;
      let done = 0;
      while (done < times) {
        await pause(Math.random() * everyMs);
        if (await kill()) done += 1;
      }
      return [name, done] as const;
    }),
  );
  const killSeconds = secondsSince(begun);
  await asking.stop();
  const { count: asked, begun: passedOn } = asking;
  return { kills: Object.fromEntries(kills), asked, begun: passedOn, killSeconds };
}

/** People who ask for pictures all the while, of a Discord that fails now and then. */
class Asking {
  readonly #playground: TestPlayground;
  readonly #timer: NodeJS.Timeout;
  readonly #asked: Promise<unknown>[] = [];
  /** Those that Discord passed on: while the bot is away its client says so, and there is no interaction. */
  begun = 0;

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

  #ask(): void {
    const number = this.#asked.length;
    const options = { prompt: `star ${number}`, steps: 1, count: 1 };
    this.#asked.push(
      this.#playground.slash("imagine", options, { as: pick(PEOPLE) }).then(
        () => (this.begun += 1),
        () => undefined,
      ),
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
