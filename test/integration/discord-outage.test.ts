import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { eq, sql } from "drizzle-orm";
import { z } from "zod";

import { query } from "../../src/db/database.ts";
import { delivery, reservation } from "../../src/db/schema.ts";
import { shortId } from "../../src/discord/custom-id.ts";
import { customIdsOf } from "../../src/discord/own-message.ts";
import { takeAnswered } from "../support/answered-job.ts";
import { openFreshPglite } from "../support/databases.ts";
import { TestBot } from "../support/discord-bot.ts";
import { drawNothing, openRoom, type Room } from "../support/generation.ts";
import { until } from "../support/until.ts";

const HOUR_MS = 60 * 60_000;
/** As many as half a minute apart fill an hour. */
const TRIES_OF_AN_HOUR = 120;

describe("an hour without Discord", () => {
  let test: TestBot;
  let room: Room;

  before(async () => {
    test = await TestBot.start({ frozen: true });
    room = await openRoom(await openFreshPglite());
  });
  after(async () => {
    await room.close();
    await test[Symbol.asyncDispose]();
  });

  /** The delivery as the queue has it. */
  async function queued(jobId: string): Promise<{ tries: number; dueSeconds: number } | undefined> {
    const [found] = await query(
      room.db,
      sql`select retry_count::int as tries, extract(epoch from start_after - now())::float8 as "dueSeconds"
        from pgboss.job where name like 'delivery.%' and id = ${jobId}::uuid and state = 'retry'`,
      z.object({ tries: z.int(), dueSeconds: z.number() }),
    );
    return found;
  }

  /** What waits for its next try is due now. @returns whether it waits */
  async function tryNow(jobId: string, tries?: number): Promise<true | undefined> {
    const rows = await query(
      room.db,
      sql`update pgboss.job set start_after = now(), retry_count = coalesce(${tries ?? null}::int, retry_count)
        where name like 'delivery.%' and id = ${jobId}::uuid and state = 'retry' returning id::text`,
      z.object({ id: z.string() }),
    );
    return rows.length > 0 || undefined;
  }

  async function cardsOf(jobId: string): Promise<number> {
    const messages = await test.playground.messagesIn("general");
    return messages.filter((message) =>
      customIdsOf(message).some((id) => id.includes(shortId(jobId))),
    ).length;
  }

  it("leaves a picture to be posted within half a minute after it, once, and charged for then", async () => {
    const { row } = await takeAnswered(test, room);
    const outbox = room.outboxWith(test.messenger);
    const loop = room.loopWith(drawNothing);
    test.playground.setOutage(true);
    loop.start();
    outbox.start();
    try {
      await until(async () => ((await queued(row.id))?.tries ?? 0) >= 1 || undefined);
      test.playground.clock.advance(HOUR_MS);
      await until(() => tryNow(row.id, TRIES_OF_AN_HOUR));
      const late = await until(async () => {
        const found = await queued(row.id);
        return found !== undefined && found.tries > TRIES_OF_AN_HOUR ? found : undefined;
      });
      assert.ok(late.dueSeconds <= 30, `${late.dueSeconds} seconds`);
      test.playground.setOutage(false);
      await until(() => tryNow(row.id));
      await until(async () => {
        const [told] = await room.db.select().from(delivery).where(eq(delivery.jobId, row.id));
        return told?.state === "posted" || undefined;
      });
    } finally {
      await loop.stop();
      await outbox.stop();
    }
    assert.equal(await cardsOf(row.id), 1);
    const [paid] = await room.db.select().from(reservation).where(eq(reservation.id, row.id));
    assert.deepEqual([paid?.state, paid?.charged], ["settled", row.cost]);
  });
});
