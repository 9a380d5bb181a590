import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, beforeEach, describe, it } from "node:test";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { queryValue } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import { openPostgres } from "../../src/db/open-postgres.ts";
import type { Claim } from "../../src/queue/job-engine.ts";
import { startPostgres } from "../support/databases.ts";
import { TestQueue, until } from "../support/queue.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

const sourceOf = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
/** A worker of its own: says which job it has, and when its standard input says so, whether it could end it. */
const WORKER = `
import { openPostgres } from ${sourceOf("../../src/db/open-postgres.ts")};
import { TestQueue } from ${sourceOf("../support/queue.ts")};
const queue = await TestQueue.start(await openPostgres(process.argv[1], {}));
const claim = await queue.claim();
console.log("has " + claim.id);
process.stdin.once("data", async () => {
  console.log("ended " + (await queue.complete(claim).catch((error) => error.message)));
  process.exit(0);
});`;

function startWorker(url: string): { worker: ChildProcess; said: string[] } {
  const worker = spawn(process.execPath, ["--input-type=module", "-e", WORKER, url], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const said: string[] = [];
  worker.stdout.setEncoding("utf8").on("data", (chunk: string) => said.push(chunk.trim()));
  return { worker, said };
}

/** Figures are for an idle machine; one that is busy with other tests is given more. */
const SLACK = 3;

function notNull(claim: Claim | null): Claim {
  assert.ok(claim);
  return claim;
}

async function countOpen({ db }: TestQueue): Promise<number> {
  return queryValue(
    db,
    sql`select count(*)::int from pgboss.job where name = 'gpu' and state <= 'active'`,
    z.number(),
  );
}

/** Seconds that something took. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

describe("the queue when something breaks", () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let proxy: TcpProxy;
  let database: OpenDatabase;
  let queue: TestQueue;

  before(async () => {
    server = await startPostgres();
    const url = new URL(server.url);
    proxy = await TcpProxy.to({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    database = await openPostgres(url.href, {});
    queue = await TestQueue.start(database);
  });
  after(async () => {
    await queue.engine.stop();
    await database.close();
    await proxy.close();
    await server.stop();
  });
  beforeEach(() => queue.clear());

  /** Serves what there is with three loops, each as a worker's is, while something happens. @returns what was ended well */
  async function serving(work: (served: readonly string[]) => Promise<void>): Promise<string[]> {
    const served: string[] = [];
    const over = new AbortController();
    const serve = async (): Promise<void> => {
      while (!over.signal.aborted) {
        try {
          const claim = await queue.engine.claimGpu(["m"]);
          if (claim === null) await queue.engine.ready("gpu", AbortSignal.timeout(500));
          else if (await queue.complete(claim).finally(() => queue.engine.release(claim)))
            served.push(claim.id);
        } catch {
          await new Promise((done) => setTimeout(done, 100));
        }
      }
    };
    const workers = [serve(), serve(), serve()];
    try {
      await work(served);
    } finally {
      over.abort();
      await Promise.all(workers);
    }
    return served;
  }

  /** Until jobs that are queued now are served. */
  async function serveOne(): Promise<void> {
    await serving(async (served) => {
      await until(async () => {
        await queue.add("one").catch(() => undefined);
        return served.length > 0;
      });
    });
  }

  it("goes on 5 seconds after the server crashed, and has lost and doubled nothing", async () => {
    const ids = await Promise.all(Array.from({ length: 60 }, () => queue.add("job")));
    const served = await serving(async (sofar) => {
      await until(() => sofar.length > 10);
      await server.crash();
      const soonAfter = sofar.length + 3;
      assert.ok((await timed(() => until(() => sofar.length > soonAfter))) < 5 * SLACK);
      // What was claimed when the server went is tried again once its heartbeat is missed.
      await until(() => new Set(sofar).size >= ids.length - 3, 60_000);
      await until(async () => (await countOpen(queue)) === 0, 60_000);
    });
    // A worker whose commit was answered by the crash does not know that it ended its job.
    assert.equal(new Set(served).size, served.length);
    assert.equal(await countOpen(queue), 0);
  });

  it("is healed 12 seconds after a line that swallowed everything", async () => {
    proxy.weather = "black hole";
    const lost = queue.engine.claimGpu(["m"]);
    await assert.rejects(lost);
    proxy.weather = "fair";
    assert.ok((await timed(serveOne)) < 12 * SLACK);
  });

  it("is healed at once after connections that broke, or that nobody took for a while", async () => {
    proxy.reset();
    assert.ok((await timed(serveOne)) < 3 * SLACK);
    proxy.weather = "refused";
    await assert.rejects(queue.engine.claimGpu(["m"]));
    proxy.weather = "fair";
    assert.ok((await timed(serveOne)) < 12 * SLACK);
  });

  it("ends a job once that was claimed over a line on which every answer takes two seconds", async () => {
    const id = await queue.add("one");
    proxy.delayMs = 1000;
    const active = sql`select count(*)::int from pgboss.job where name = 'gpu' and state = 'active'`;
    const served = await serving(async (sofar) => {
      try {
        await until(async () => (await queryValue(queue.db, active, z.number())) > 0, 60_000);
      } finally {
        proxy.delayMs = 0;
      }
      await until(() => sofar.length > 0, 60_000);
    });
    assert.deepEqual(served, [id]);
    assert.equal(await countOpen(queue), 0);
  });

  it("gives the job of a worker that stands still to another in 12 seconds, and takes nothing from the first then", async () => {
    const id = await queue.add("one");
    const { worker, said } = startWorker(server.url);
    await until(() => said.length > 0);
    assert.deepEqual(said, [`has ${id}`]);
    worker.kill("SIGSTOP");
    let claim: Claim | null = null;
    const taken = until(async () => (claim = await queue.engine.claimGpu(["m"])) !== null, 60_000);
    assert.ok((await timed(() => taken)) < 12 * SLACK);
    worker.kill("SIGCONT");
    worker.stdin?.write("end\n");
    await once(worker, "close");
    assert.match(said[1] ?? "", /^ended (false|The claim of job .* is not held here)$/);
    claim = notNull(claim);
    assert.equal(claim.attempt, 2);
    assert.equal(await queue.complete(claim), true);
  });

  it("keeps the neighbours of a job that kills its workers", async () => {
    const poison = await queue.add("poison", { guild: "a" });
    const neighbours = await Promise.all(
      ["b", "c", "d"].map((guild) => queue.add(guild, { guild })),
    );
    const served: string[] = [];
    const dead: string[] = [];
    await until(async () => {
      await queue.silence(poison);
      const claim = await queue.engine.claimGpu(["m"]);
      if (claim !== null && claim.id !== poison && (await queue.complete(claim)))
        served.push(claim.id);
      await queue.engine.takeDead(async (_tx, id) => void dead.push(id));
      return dead.length > 0;
    });
    assert.deepEqual(dead, [poison]);
    assert.deepEqual(served.toSorted(), neighbours.toSorted());
  });
});
