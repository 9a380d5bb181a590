import { randomUUID } from "node:crypto";

import type { Database } from "../../src/db/database.ts";
import { AnswerBook } from "../../src/generation/answer-book.ts";
import { JobLoop } from "../../src/generation/job-loop.ts";
import type { GenerateJob } from "../../src/generation/job-request.ts";
import { insertJob } from "../../src/generation/job-store.ts";
import type { Messenger } from "../../src/generation/messenger.ts";
import { ModelDirectory } from "../../src/generation/model-directory.ts";
import { NoticeWriter } from "../../src/generation/notice.ts";
import { Outbox } from "../../src/generation/outbox.ts";
import type { Made } from "../../src/inference/messages.ts";
import type { JobEngine } from "../../src/queue/job-engine.ts";
import { reserve } from "../../src/quota/quota.ts";
import { setRule } from "../../src/quota/rules.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { SILENT } from "../../test/support/databases.ts";

const GUILDS = 10;
const COST = 10;
const MODEL = "empty";

/** Room in the quota for so many jobs, which are charged as any others. */
export async function allowJobs(db: Database, jobs: number): Promise<void> {
  const rule = { scope: "guild", subject: "*", period: "day", actor: "bench" } as const;
  await setRule(db, { ...rule, limit: 2 * jobs * COST });
}

/** Says of each job that it was posted, and posts nothing. */
export function emptyMessenger(onPosted: (jobId: string) => void): Messenger {
  const post: Messenger["post"] = async ({ job, nonce }) => {
    onPosted(job.id);
    return { channelId: "1", messageId: nonce, where: "interaction" };
  };
  return { canReach: () => true, update: async () => undefined, post, handOver: post };
}

export interface EmptyParts {
  readonly db: Database;
  readonly engine: JobEngine;
  readonly messenger: Messenger;
}

/** The program's own job loop, around a pipeline that draws nothing. */
export function emptyLoop({ db, engine, messenger }: EmptyParts): JobLoop {
  return new JobLoop({
    ...speaking({ db, engine, messenger }),
    inference: { run: async () => EMPTY as never },
    sources: { db, attachments: { refresh: async () => null, isTrusted: () => false } },
    models: () => [MODEL],
    mayClaim: () => true,
    onJob: () => undefined,
    workerId: `bench-${process.pid}`,
  });
}

/** The program's own outbox. */
export function emptyOutbox(parts: EmptyParts, roles: readonly ("token" | "bot")[]): Outbox {
  const notices = new NoticeWriter({
    wantsMention: async () => false,
    linkTo: () => null,
    abilities: async () => ({ upscale: false, creative: false }),
  });
  return new Outbox({ ...speaking(parts), notices, roles });
}

function speaking({ db, engine, messenger }: EmptyParts) {
  const models = new ModelDirectory(async () => []);
  const answers = new AnswerBook({ db, models, messenger });
  const metrics = new Metrics({ version: "bench", role: "all", gpu: "0" });
  return { db, engine, messenger, answers, log: SILENT, metrics };
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
export async function acceptOne(db: Database, engine: JobEngine, index: number): Promise<void> {
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
