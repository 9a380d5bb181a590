import { randomUUID } from "node:crypto";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, queryValue } from "../src/db/database.ts";
import { AnswerBook } from "../src/generation/answer-book.ts";
import { JobLoop } from "../src/generation/job-loop.ts";
import type { GenerateJob } from "../src/generation/job-request.ts";
import { insertJob } from "../src/generation/job-store.ts";
import type { Messenger } from "../src/generation/messenger.ts";
import { ModelDirectory } from "../src/generation/model-directory.ts";
import { NoticeWriter } from "../src/generation/notice.ts";
import { Outbox } from "../src/generation/outbox.ts";
import type { Made } from "../src/inference/messages.ts";
import type { JobEngine } from "../src/queue/job-engine.ts";
import { createJobEngine } from "../src/queue/pg-boss-engine.ts";
import { countViolations, reserve } from "../src/quota/quota.ts";
import { setRule } from "../src/quota/rules.ts";
import { Metrics } from "../src/telemetry/metrics.ts";
import { DATABASES, SILENT } from "../test/support/databases.ts";
import type { Bench, BenchResult } from "./bench-result.ts";

const JOBS = 200;
const GUILDS = 10;
const COST = 10;
const MODEL = "empty";

export const throughput: Bench = {
  about:
    "jobs a second through quota, queue, job loop and outbox with an empty pipeline, on both databases",
  run,
};

async function run(): Promise<BenchResult> {
  const details: Record<string, Facts> = {};
  for (const { name, open } of DATABASES) {
    const { close, ...database } = await open();
    details[name] = await measure(database);
    await close();
  }
  const value = Math.min(...Object.values(details).map(({ jobsPerSecond }) => jobsPerSecond));
  const violations = Object.values(details).reduce((sum, facts) => sum + facts.violations, 0);
  return {
    value,
    unit: "jobs/s",
    reference: null,
    ratio: null,
    goal: "every job posted once, 0 violations",
    met: violations === 0 && Object.values(details).every(({ posted }) => posted === JOBS),
    details,
  };
}

interface Facts {
  readonly acceptedPerSecond: number;
  readonly jobsPerSecond: number;
  readonly posted: number;
  readonly violations: number;
}

async function measure(
  database: Omit<Awaited<ReturnType<(typeof DATABASES)[number]["open"]>>, "close">,
): Promise<Facts> {
  const { db } = database;
  await setRule(db, {
    scope: "guild",
    subject: "*",
    period: "day",
    limit: 2 * JOBS * COST,
    actor: "bench",
  });
  const engine = createJobEngine({ database, log: SILENT });
  await engine.start();
  const messenger = new CountingMessenger();
  const parts = wire(db, engine, messenger);
  const began = performance.now();
  await Promise.all(Array.from({ length: JOBS }, (_, index) => acceptOne(db, engine, index)));
  const accepted = performance.now();
  parts.loop.start();
  parts.outbox.start();
  while (messenger.posted < JOBS) await new Promise((done) => setTimeout(done, 10));
  const ended = performance.now();
  await parts.loop.stop();
  await parts.outbox.stop();
  await engine.stop();
  const undelivered = await queryValue(
    db,
    sql`select count(*)::int from delivery where state <> 'posted'`,
    z.number(),
  );
  return {
    acceptedPerSecond: (1000 * JOBS) / (accepted - began),
    jobsPerSecond: (1000 * JOBS) / (ended - accepted),
    posted: messenger.posted - undelivered,
    violations: await countViolations(db),
  };
}

class CountingMessenger implements Messenger {
  posted = 0;
  readonly canReach = (): boolean => true;
  readonly update = async (): Promise<void> => undefined;
  readonly post: Messenger["post"] = async ({ nonce }) => {
    this.posted += 1;
    return { channelId: "1", messageId: nonce, where: "interaction" };
  };
  readonly handOver = this.post;
}

function wire(db: Database, engine: JobEngine, messenger: Messenger) {
  const models = new ModelDirectory(async () => []);
  const answers = new AnswerBook({ db, models, messenger });
  const metrics = new Metrics({ version: "bench", role: "all" });
  const common = { db, engine, messenger, answers, log: SILENT, metrics };
  return {
    loop: new JobLoop({
      ...common,
      inference: { run: async () => EMPTY as never },
      sources: {
        db,
        attachments: { refresh: async () => null, isTrusted: () => false },
      },
      models: () => [MODEL],
      mayClaim: () => true,
      onJob: () => undefined,
      workerId: "bench",
    }),
    outbox: new Outbox({
      ...common,
      notices: new NoticeWriter({
        wantsMention: async () => false,
        linkTo: () => null,
        abilities: async () => ({ upscale: false, creative: false }),
      }),
      roles: ["token", "bot"],
    }),
  };
}

const REQUEST: GenerateJob = {
  kind: "generate",
  prompt: "nothing",
  userPrompt: "nothing",
  negativePrompt: "",
  style: null,
  width: 256,
  height: 256,
  count: 1,
  steps: 1,
  guidanceScale: 1,
  seed: 1,
  source: null,
  strength: null,
};

const EMPTY: Made = {
  pictures: [
    {
      file: { name: "empty.png", data: new Uint8Array(1000), remark: null },
      recipe: {
        prompt: "nothing",
        negativePrompt: "",
        width: 256,
        height: 256,
        steps: 1,
        guidanceScale: 1,
        scheduler: "none",
        seed: 1,
        rng: "cpu",
        model: { name: MODEL, hash: "" },
        software: "bench",
      },
      width: 256,
      height: 256,
      seed: 1,
      latents: null,
      original: "empty-0.png",
      thumbnail: new Uint8Array(100),
    },
  ],
  stages: [],
  method: null,
  milliseconds: 1,
};

/** As `generation/accept.ts` writes a job, without its checks, which need a server's settings. */
async function acceptOne(db: Database, engine: JobEngine, index: number): Promise<void> {
  const id = randomUUID();
  const guildId = String(1_000_000 + (index % GUILDS));
  const userId = String(2_000_000 + index);
  const interactionId = String(3_000_000 + index);
  const member = { guildId, userId, roleIds: [], timeZone: "UTC" };
  await db.transaction(async (tx) => {
    const outcome = await reserve(tx, {
      ...member,
      id,
      idempotencyKey: interactionId,
      millicredits: COST,
    });
    if (outcome.outcome !== "reserved") throw new Error(`Job ${index} was ${outcome.outcome}`);
    await insertJob(tx, {
      id,
      interactionId,
      origin: "imagine",
      request: REQUEST,
      place: {
        applicationId: "1",
        interaction: { id: interactionId, token: "t", createdAt: new Date() },
        guildId,
        channelId: "4",
        userId,
        isPrivate: false,
        canBotPost: true,
        attachmentSizeLimit: 10 * 2 ** 20,
        locale: "en",
        replyToId: null,
      },
      model: MODEL,
      width: 256,
      height: 256,
      cost: COST,
      parentId: null,
    });
    const fairness = { guild: guildId, userId, roleIds: [], cost: COST };
    await engine.enqueueGpu(tx, { id, model: MODEL, fairness });
  });
}
