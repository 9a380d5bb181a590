import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { eq, sql } from "drizzle-orm";
import { z } from "zod";

import { query } from "../../src/db/database.ts";
import { delivery, reservation } from "../../src/db/schema.ts";
import { accept } from "../../src/generation/accept.ts";
import { countViolations } from "../../src/quota/quota.ts";
import { setRule } from "../../src/quota/rules.ts";
import { DATABASES } from "../support/databases.ts";
import { asking, drawNothing, GUILD_ID, openRoom, type Room } from "../support/generation.ts";
import { until } from "../support/until.ts";

const MINUTES = 60_000;

/** PostgreSQL only: PGlite's clock is that of its process. */
describe("a host whose clock is wrong", () => {
  let room: Room;

  before(async () => {
    const server = DATABASES.find(({ name }) => name === "PostgreSQL");
    assert.ok(server);
    room = await openRoom(await server.open());
    const rule = { scope: "guild", subject: GUILD_ID, period: "minute", actor: "test" } as const;
    await setRule(room.db, { ...rule, limit: 1_000_000 });
    room.outbox.start();
  });
  after(() => room.close());

  async function ask(): Promise<string> {
    const taken = await accept(room, asking("a red apple"));
    assert.equal(taken.kind, "accepted");
    return taken.row.id;
  }

  for (const minutes of [10, -10])
    it(`by ${minutes} minutes changes no order, no window of the quota, and loses no job`, async (context) => {
      const first = await ask();
      context.mock.timers.enable({ apis: ["Date"], now: Date.now() + minutes * MINUTES });
      const second = await ask();
      context.mock.timers.reset();
      const third = await ask();
      assert.deepEqual(
        (await room.engine.waiting()).map(({ id }) => id),
        [first, second, third],
      );
      context.mock.timers.enable({ apis: ["Date"], now: Date.now() + minutes * MINUTES });
      const drawn: number[] = [];
      const loop = room.loopWith(async (task) => {
        drawn.push(Date.now());
        return drawNothing(task);
      });
      loop.start();
      for (const id of [first, second, third])
        await until(async () => {
          const [row] = await room.db.select().from(delivery).where(eq(delivery.jobId, id));
          return row?.state === "posted";
        });
      await loop.stop();
      assert.equal(drawn.length, 3);
      const [settled] = await room.db.select().from(reservation).where(eq(reservation.id, second));
      assert.equal(settled?.state, "settled");
      const windows = await query(
        room.db,
        sql`select abs(extract(epoch from now() - starts_at))::float8 as age from quota_window where period = 'minute'`,
        z.object({ age: z.number() }),
      );
      assert.ok(windows.every(({ age }) => age < 5 * 60));
      assert.equal(await countViolations(room.db), 0);
    });
});
