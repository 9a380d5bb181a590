import { randomUUID } from "node:crypto";

import { sql } from "drizzle-orm";

import type { OpenDatabase } from "../../src/db/open-database.ts";
import { guild } from "../../src/db/schema.ts";
import { accept, type AcceptOptions, type Taken } from "../../src/generation/accept.ts";
import { AnswerBook } from "../../src/generation/answer-book.ts";
import type { WishRequest } from "../../src/generation/generation-port.ts";
import { JobLoop } from "../../src/generation/job-loop.ts";
import type { Answer, Messenger, Notice, Posted } from "../../src/generation/messenger.ts";
import { ModelDirectory } from "../../src/generation/model-directory.ts";
import { NoticeWriter } from "../../src/generation/notice.ts";
import { Outbox } from "../../src/generation/outbox.ts";
import type { Requester } from "../../src/generation/types.ts";
import type { WorkerReport } from "../../src/generation/worker-report.ts";
import type { Inference } from "../../src/inference/inference.ts";
import type { Made, Task } from "../../src/inference/messages.ts";
import type { JobEngine } from "../../src/queue/job-engine.ts";
import { createJobEngine } from "../../src/queue/pg-boss-engine.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { SILENT } from "./databases.ts";

export const GUILD_ID = "900000000000000001";

/** A messenger that keeps what it is told. */
class RecordingMessenger implements Messenger {
  readonly posts: { jobId: string; notice: Notice; message: Answer["message"] }[] = [];
  readonly handedOver: string[] = [];
  /** Asked before each post; it may throw. */
  beforePost: (answer: Answer) => void = () => undefined;
  isReachable = true;

  readonly canReach = (): boolean => this.isReachable;
  readonly update = async (): Promise<void> => undefined;
  readonly post = async (answer: Answer, notice: Notice): Promise<Posted> => {
    this.beforePost(answer);
    this.posts.push({ jobId: answer.job.id, notice, message: answer.message });
    const message = answer.message ?? { channelId: "5", messageId: `m-${answer.nonce}` };
    return { ...message, where: "channel" };
  };
  readonly handOver = async (answer: Answer): Promise<Posted> => {
    this.handedOver.push(answer.job.id);
    return { channelId: "5", messageId: `h-${answer.nonce}`, where: "channel" };
  };
}

export interface Room extends AcceptOptions {
  readonly answers: AnswerBook;
  readonly messenger: RecordingMessenger;
  readonly engine: JobEngine;
  readonly outbox: Outbox;
  /** Another one, that speaks through this messenger. */
  readonly outboxWith: (messenger: Messenger) => Outbox;
  /** A loop that asks `draw` instead of an inference process. */
  readonly loopWith: (draw: Inference["run"], mayClaim?: () => boolean) => JobLoop;
  readonly close: () => Promise<void>;
}

const REPORT: WorkerReport = {
  version: "test",
  device: "cpu, test",
  upscaleFlopsPerPixel: 1e6,
  creativePeakBytes: null,
  models: [
    {
      name: "tiny",
      title: "Tiny",
      licence: "none",
      hash: "0",
      nativeSize: 256,
      defaultWidth: 256,
      defaultHeight: 256,
      defaultSteps: 4,
      defaultGuidance: 2,
      ignoresNegativePrompt: false,
      isBuiltIn: true,
      work: {
        step: { fixed: 0, perPixel: 1e6 },
        decode: { fixed: 0, perPixel: 1e6 },
        encode: { fixed: 0, perPixel: 1e6 },
        passesWhenGuided: 2,
      },
    },
  ],
};

/** The generation room on a database, with an approved guild and one worker that serves the model `tiny`. */
export async function openRoom(database: OpenDatabase): Promise<Room> {
  const { db } = database;
  await db.insert(guild).values({ id: GUILD_ID, name: "Test", state: "approved" });
  const engine = createJobEngine({ database, log: SILENT });
  await engine.start();
  const models = new ModelDirectory(async () => [REPORT]);
  const messenger = new RecordingMessenger();
  const answers = new AnswerBook({ db, models, messenger });
  const metrics = new Metrics({ version: "test", role: "all", gpu: "0" });
  const common = { db, engine, messenger, answers, log: SILENT, metrics };
  const outboxWith = (own: Messenger): Outbox =>
    new Outbox({
      ...common,
      messenger: own,
      notices: new NoticeWriter({
        wantsMention: async () => false,
        linkTo: () => null,
        abilities: () => models.abilities(),
      }),
      roles: ["token", "bot"],
    });
  const outbox = outboxWith(messenger);
  return {
    ...common,
    models,
    outbox,
    outboxWith,
    defaultModel: "tiny",
    loopWith: (draw, mayClaim = () => true) =>
      new JobLoop({
        ...common,
        inference: { run: draw },
        sources: { db, attachments: { refresh: async () => null, isTrusted: () => false } },
        models: () => ["tiny"],
        mayClaim,
        onJob: () => undefined,
        workerId: "test",
      }),
    close: async () => {
      await outbox.stop();
      await engine.stop();
      await database.close();
    },
  };
}

let lastId = 910_000_000_000_000_000n;

/** A new id of Discord's kind. */
export function snowflake(): string {
  lastId += 1n;
  return String(lastId);
}

/** A request for a picture by a member of the guild. */
export function asking(
  prompt: string,
  { userId = snowflake(), interactionId = snowflake() } = {},
): WishRequest {
  const requester: Requester = {
    userId,
    guildId: GUILD_ID,
    channelId: "5",
    parentChannelId: null,
    roleIds: [],
    isAdmin: false,
    isModerator: false,
    isOwner: false,
    accountCreatedAt: new Date(0),
    joinedAt: new Date(0),
    isAgeRestrictedChannel: false,
    locale: "en",
  };
  return {
    wish: { kind: "imagine", origin: "imagine", options: { prompt } },
    requester,
    interactionId,
    message: null,
    agreed: null,
    place: {
      applicationId: "1",
      interaction: { id: interactionId, token: "token", createdAt: new Date() },
      guildId: GUILD_ID,
      channelId: "5",
      userId,
      isPrivate: false,
      canBotPost: true,
      attachmentSizeLimit: 10 * 2 ** 20,
      locale: "en",
      replyToId: null,
    },
  };
}

/** What the room makes of a wish that is not dear. @throws {Error} where it asks before it begins */
export async function take(room: AcceptOptions, asked: WishRequest): Promise<Taken> {
  const taken = await accept(room, asked);
  if (taken.kind === "proposed") throw new Error("The request was proposed, not taken");
  return taken;
}

/** What a good inference process answers to a drawing. */
export async function drawNothing(task: Task): Promise<never> {
  if (task.kind !== "generate") throw new Error(`A ${task.kind} was not expected`);
  const { prompt, width, height, steps, seed } = task;
  const made: Made = {
    pictures: [
      {
        file: { name: "sanabot-1.png", data: new Uint8Array([1, 2, 3]), remark: null },
        recipe: {
          prompt,
          negativePrompt: "",
          width,
          height,
          steps,
          guidanceScale: 2,
          scheduler: "flow-dpm-solver",
          seed,
          rng: "cpu",
          model: { name: "tiny", hash: "0" },
          software: "test",
        },
        width,
        height,
        seed,
        latents: null,
        original: `${randomUUID()}-0.png`,
        thumbnail: new Uint8Array([1]),
      },
    ],
    stages: [],
    method: null,
    milliseconds: 5,
  };
  return made as never;
}

/** Moves a job into the past, as if it had waited since. */
export async function age(db: OpenDatabase["db"], jobId: string, minutes: number): Promise<void> {
  await db.execute(
    sql`update job set created_at = now() - make_interval(mins => ${minutes}) where id = ${jobId}::uuid`,
  );
}
