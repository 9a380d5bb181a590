import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import type { APIMessage } from "discord-api-types/v10";
import { REST } from "discord.js";
import { eq, sql } from "drizzle-orm";

import { delivery, job } from "../../src/db/schema.ts";
import { DiscordMessenger } from "../../src/discord/messenger.ts";

import { JobRowLeases } from "../../src/generation/edit-leases.ts";
import { startJob } from "../../src/generation/job-store.ts";
import type { Notice } from "../../src/generation/messenger.ts";
import { NoticeWriter } from "../../src/generation/notice.ts";
import { Outbox } from "../../src/generation/outbox.ts";
import { createLogger } from "../../src/log.ts";
import { takeAnswered } from "../support/answered-job.ts";
import { openFreshPglite, SILENT } from "../support/databases.ts";
import { TestBot } from "../support/discord-bot.ts";
import { drawNothing, openRoom, type Room } from "../support/generation.ts";
import { controls, type TestPlayground } from "../support/playground.ts";
import { until } from "../support/until.ts";

const NEVER = new AbortController().signal;
const QUEUED: Notice = { kind: "queued", position: 3, etaSeconds: null };
const hasButtons = (message: APIMessage) =>
  [...controls(message.components)].some(({ label }) => label === "Delete");

describe("an answer that several processes edit", () => {
  let test: TestBot;
  let playground: TestPlayground;
  let room: Room;

  before(async () => {
    test = await TestBot.start();
    ({ playground } = test);
    room = await openRoom(await openFreshPglite());
  });
  after(async () => {
    await room.close();
    await test[Symbol.asyncDispose]();
  });
  afterEach(() => playground.faults.clear());

  /** As another process has it. */
  function newMessenger(hasBotToken: boolean): DiscordMessenger {
    return new DiscordMessenger({
      rest: new REST({ api: playground.apiBase }).setToken(playground.token),
      hasBotToken,
      customIds: test.customIds,
      leases: new JobRowLeases(room.db),
      log: createLogger("fatal"),
    });
  }

  /** A job that waits, whose answer is a real one. */
  async function waiting() {
    const { row, interactionId } = await takeAnswered(test, room);
    const card = async (): Promise<APIMessage | undefined> =>
      (await playground.messagesIn("general")).find(
        (message) => message.interaction_metadata?.id === interactionId,
      );
    return { row, answer: await room.answers.of(row), card };
  }

  /** Draws what waits and posts it, as a worker's process does. */
  async function deliverAsWorker(jobId: string): Promise<void> {
    const outbox = new Outbox({
      ...room,
      log: SILENT,
      messenger: newMessenger(false),
      notices: new NoticeWriter({
        wantsMention: async () => false,
        linkTo: () => null,
        abilities: async () => ({ upscale: true, creative: false }),
      }),
      roles: ["token"],
    });
    const loop = room.loopWith(drawNothing);
    loop.start();
    outbox.start();
    try {
      await until(async () => {
        const [row] = await room.db.select().from(delivery).where(eq(delivery.jobId, jobId));
        return row?.state === "posted";
      });
    } finally {
      await loop.stop();
      await outbox.stop();
    }
  }

  /** Discord takes no edit by a token for so long. */
  function holdUp(retryAfterMs: number): void {
    playground.faults.add({
      kind: "rate_limit",
      retryAfterMs,
      method: "PATCH",
      path: "^/webhooks/",
      count: 1,
    });
  }

  async function showsPicture(card: () => Promise<APIMessage | undefined>): Promise<boolean> {
    const shown = await card();
    return shown !== undefined && hasButtons(shown);
  }

  it("shows the picture in the end, also where a gateway's edit was held up before a worker posted it", async () => {
    const { row, answer, card } = await waiting();
    holdUp(1500);
    const update = newMessenger(true).update(answer, QUEUED, NEVER);
    await until(() => playground.faults.pending === 0);
    await deliverAsWorker(row.id);
    await update;
    assert.ok(await showsPicture(card));
  });

  it("breaks an edit off that is held up for longer than another process waits for it", async () => {
    const { row, answer, card } = await waiting();
    holdUp(7000);
    const update = newMessenger(true).update(answer, QUEUED, NEVER);
    await until(() => playground.faults.pending === 0);
    await deliverAsWorker(row.id);
    assert.ok(await showsPicture(card));
    await update;
    assert.ok(await showsPicture(card));
  });

  it("waits for the edit of a process that died until none can arrive, and no longer", async () => {
    const { row, card } = await waiting();
    assert.ok(await new JobRowLeases(room.db).take(row, "waiting", 700));
    await deliverAsWorker(row.id);
    assert.ok(await showsPicture(card));
    const [ended] = await room.db
      .select({ waited: sql<boolean>`${delivery.endedAt} >= ${job.editUntil}` })
      .from(delivery)
      .innerJoin(job, eq(job.id, delivery.jobId))
      .where(eq(job.id, row.id));
    assert.equal(ended?.waited, true);
  });

  it("takes no progress from a worker that has lost the job to another", async () => {
    const { row, card } = await waiting();
    const lost = await startJob(room.db, { id: row.id, attempt: 1, worker: "one" });
    const newer = await startJob(room.db, { id: row.id, attempt: 2, worker: "two" });
    assert.ok(lost && newer);
    const textNow = async (): Promise<string> => JSON.stringify((await card())?.components);
    const before_ = await textNow();
    const progress = { stage: "denoise", picture: 0, pictures: 1, step: 1, steps: 4 } as const;
    const notice: Notice = { kind: "running", progress, preview: null };
    await newMessenger(false).update(await room.answers.of(lost), notice, NEVER);
    assert.equal(await textNow(), before_);
    await newMessenger(false).update(await room.answers.of(newer), notice, NEVER);
    assert.notEqual(await textNow(), before_);
  });

  it("hands an answer over once, and no longer when its job has ended", async () => {
    const { row, answer } = await waiting();
    const leases = new JobRowLeases(room.db);
    const other = await leases.take(row, "open", 10_000);
    assert.ok(other);
    assert.equal(await newMessenger(true).handOver(answer, QUEUED, NEVER), null);
    await other.release();
    assert.ok(await newMessenger(true).handOver(answer, QUEUED, NEVER));
    await deliverAsWorker(row.id);
    assert.equal(await newMessenger(true).handOver(answer, QUEUED, NEVER), null);
  });

  it("is not kept waiting by a lease that was taken before the database's clock was set back", async () => {
    const { row } = await waiting();
    await room.db.execute(
      sql`update job set edit_until = now() + interval '1 hour' where id = ${row.id}::uuid`,
    );
    assert.ok(await new JobRowLeases(room.db).take(row, "waiting", 1000));
  });
});
