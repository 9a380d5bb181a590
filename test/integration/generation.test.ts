import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { eq, sql } from "drizzle-orm";

import { delivery, job, reservation } from "../../src/db/schema.ts";
import { UserError } from "../../src/errors.ts";
import { cancelJob } from "../../src/generation/cancel.ts";
import { endDeadJobs, releaseOrphans } from "../../src/generation/caretaker.ts";
import { handOverOld } from "../../src/generation/hand-over.ts";
import { findJob } from "../../src/generation/job-store.ts";
import { DeliveryImpossible } from "../../src/generation/messenger.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { history } from "../../src/generation/history.ts";
import { InferenceCrash } from "../../src/inference/inference.ts";
import type { Task } from "../../src/inference/messages.ts";
import { countViolations } from "../../src/quota/quota.ts";
import { setRule } from "../../src/quota/rules.ts";
import { DATABASES, SILENT } from "../support/databases.ts";
import {
  age,
  asking,
  drawNothing,
  GUILD_ID,
  openRoom,
  type Room,
  snowflake,
  take,
} from "../support/generation.ts";
import { until } from "../support/until.ts";

for (const { name, open } of DATABASES)
  describe(`the generation room on ${name}`, () => {
    let room: Room;

    before(async () => {
      room = await openRoom(await open());
      room.outbox.start();
    });
    after(() => room.close());

    async function stateOf(id: string): Promise<string | undefined> {
      return (await findJob(room.db, id))?.state;
    }
    async function reservationOf(id: string) {
      const [row] = await room.db.select().from(reservation).where(eq(reservation.id, id));
      assert.ok(row);
      return row;
    }
    async function posted(id: string) {
      return until(async () => {
        const [row] = await room.db.select().from(delivery).where(eq(delivery.jobId, id));
        return row?.state === "waiting" ? undefined : row;
      });
    }
    /** Lets one loop draw until a job has been told of. */
    async function workOff(id: string, draw: Parameters<Room["loopWith"]>[0] = drawNothing) {
      const loop = room.loopWith(draw);
      loop.start();
      const row = await posted(id);
      await loop.stop();
      return row;
    }

    it("writes job, reservation and delivery together and posts the picture", async () => {
      const { row, isNew } = await take(room, asking("a red apple"));
      assert.equal(isNew, true);
      assert.equal(row.state, "waiting");
      assert.equal((await reservationOf(row.id)).state, "held");
      const told = await workOff(row.id);
      assert.equal(told.state, "posted");
      assert.equal(await stateOf(row.id), "done");
      const { state, charged } = await reservationOf(row.id);
      assert.deepEqual([state, charged], ["settled", row.cost]);
    });

    it("makes one job of an interaction that comes twenty times at once", async () => {
      const asked = asking("a star");
      const taken = await Promise.all(Array.from({ length: 20 }, () => take(room, asked)));
      assert.equal(new Set(taken.map(({ row }) => row.id)).size, 1);
      assert.equal(taken.filter(({ isNew }) => isNew).length, 1);
      const [first] = taken;
      assert.ok(first);
      await workOff(first.row.id);
      assert.equal(room.messenger.posts.filter(({ jobId }) => jobId === first.row.id).length, 1);
    });

    it("leaves nothing behind where the quota refuses", async () => {
      const userId = snowflake();
      await setRule(room.db, {
        scope: "user",
        subject: userId,
        period: "day",
        limit: 0,
        actor: "test",
      });
      const asked = asking("a house", { userId });
      await assert.rejects(take(room, asked), (error) => {
        assert.ok(error instanceof Refusal);
        assert.equal(error.key, "refusal.quota");
        return true;
      });
      assert.equal(await room.db.$count(job, eq(job.interactionId, asked.interactionId)), 0);
      assert.equal(
        await room.db.$count(reservation, eq(reservation.idempotencyKey, asked.interactionId)),
        0,
      );
    });

    it("gives back what a cancelled job reserved and says so", async () => {
      const asked = asking("a tree");
      const { row } = await take(room, asked);
      await cancelJob(room, row.id, asked.requester);
      assert.equal((await posted(row.id)).state, "posted");
      assert.equal(await stateOf(row.id), "cancelled");
      assert.equal((await reservationOf(row.id)).state, "released");
      assert.equal(room.messenger.posts.at(-1)?.notice.kind, "cancelled");
    });

    it("lets nobody else cancel a job but a moderator", async () => {
      const { row } = await take(room, asking("a boat"));
      const stranger = {
        userId: snowflake(),
        guildId: GUILD_ID,
        isModerator: false,
        isOwner: false,
      };
      await assert.rejects(cancelJob(room, row.id, stranger), { key: "refusal.not-yours" });
      await cancelJob(room, row.id, { ...stranger, isModerator: true });
      assert.equal(await stateOf(row.id), "cancelled");
    });

    it("fails what the person can mend at once, in its own words, for nothing", async () => {
      const { row } = await take(room, asking("a ghost"));
      let tries = 0;
      await workOff(row.id, async () => {
        tries += 1;
        throw new UserError("invalid_image", "The picture is damaged.");
      });
      assert.equal(tries, 1);
      assert.equal(await stateOf(row.id), "failed");
      assert.equal((await reservationOf(row.id)).state, "released");
      const notice = room.messenger.posts.at(-1)?.notice;
      assert.ok(notice?.kind === "failed");
      assert.equal(notice.message, "The picture is damaged.");
    });

    it("tries again where memory ran out, fails for nothing in the end, and goes on with the next", async () => {
      const { row } = await take(room, asking("a palace"));
      const next = await take(room, asking("a hut"));
      const tries: string[] = [];
      const loop = room.loopWith(async (task) => {
        const { prompt } = task as Task & { kind: "generate" };
        tries.push(prompt);
        if (prompt === "a hut") return drawNothing(task);
        throw new UserError("out_of_memory", "The graphics card has not enough memory.");
      });
      loop.start();
      assert.equal((await posted(next.row.id)).state, "posted");
      assert.equal((await posted(row.id)).state, "posted");
      await loop.stop();
      assert.equal(tries.filter((prompt) => prompt === "a palace").length, 3);
      assert.deepEqual([await stateOf(row.id), await stateOf(next.row.id)], ["failed", "done"]);
      assert.equal((await reservationOf(row.id)).state, "released");
      const told = room.messenger.posts.filter(({ jobId }) => jobId === row.id);
      assert.deepEqual(
        told.map(({ notice }) => notice.kind === "failed" && notice.code),
        ["out_of_memory"],
      );
    });

    it("tries again after a crash", async () => {
      const { row } = await take(room, asking("a car"));
      let tries = 0;
      await workOff(row.id, (task) => {
        tries += 1;
        if (tries === 1) throw new InferenceCrash("abort", "It crashed");
        return drawNothing(task);
      });
      assert.equal(tries, 2);
      assert.equal(await stateOf(row.id), "done");
    });

    it("gives up a job that always crashes, with an apology that names the log's line", async () => {
      const { row } = await take(room, asking("poison"));
      let tries = 0;
      await workOff(row.id, async () => {
        tries += 1;
        throw new InferenceCrash("abort", "It crashed");
      });
      assert.ok(tries >= 2 && tries <= 3, `${tries} tries`);
      assert.equal(await stateOf(row.id), "failed");
      const notice = room.messenger.posts.at(-1)?.notice;
      assert.ok(notice?.kind === "failed");
      assert.equal(notice.code, "crashed");
      assert.match(notice.errorId ?? "", /^[0-9a-f]{8}$/);
    });

    it("hands a job back that a stop interrupts, and charges for it once", async () => {
      const { row } = await take(room, asking("a train"));
      const loop = room.loopWith((_task, options) => {
        return new Promise((_resolve, reject) => {
          options?.signal?.addEventListener("abort", () =>
            reject(new UserError("cancelled", "Cancelled.")),
          );
        });
      });
      loop.start();
      await until(async () => ((await stateOf(row.id)) === "running" ? true : undefined));
      await loop.stop(0);
      assert.equal(await stateOf(row.id), "waiting");
      await workOff(row.id);
      assert.equal((await reservationOf(row.id)).charged, row.cost);
    });

    it("lets everything else go on where it is paused while another job waits", async () => {
      const { row } = await take(room, asking("a tram"));
      let isPaused = false;
      const loop = room.loopWith(
        async (task) => {
          // What is queued after the claim calls the loop, which may take nothing any more.
          await take(room, asking("a waiting tram"));
          isPaused = true;
          return drawNothing(task);
        },
        () => !isPaused,
      );
      loop.start();
      assert.equal((await posted(row.id)).state, "posted");
      for (let turn = 0; turn < 20; turn++) await new Promise((done) => setTimeout(done, 1));
      await loop.stop();
    });

    it("throws a picture away that is finished only after it was cancelled", async () => {
      const asked = asking("a late boat");
      const { row } = await take(room, asked);
      await workOff(row.id, async (task, options) => {
        await cancelJob(room, row.id, asked.requester);
        await until(() => (options?.signal?.aborted === true ? true : undefined));
        return drawNothing(task);
      });
      assert.equal(await stateOf(row.id), "cancelled");
      assert.equal((await reservationOf(row.id)).state, "released");
      assert.equal(room.messenger.posts.at(-1)?.notice.kind, "cancelled");
    });

    it("keeps a picture that is finished only after a stop was asked for", async () => {
      const { row } = await take(room, asking("a late train"));
      let stopped: Promise<void> | undefined;
      const loop: ReturnType<Room["loopWith"]> = room.loopWith(async (task, options) => {
        stopped = loop.stop(0);
        await until(() => (options?.signal?.aborted === true ? true : undefined));
        return drawNothing(task);
      });
      loop.start();
      assert.equal((await posted(row.id)).state, "posted");
      await stopped;
      assert.equal(await stateOf(row.id), "done");
      assert.equal((await reservationOf(row.id)).charged, row.cost);
    });

    it("charges nothing for a picture that cannot be delivered, and keeps it in /history", async () => {
      const asked = asking("a whale");
      const { row } = await take(room, asked);
      room.messenger.beforePost = ({ job: { id } }) => {
        if (id === row.id) throw new DeliveryImpossible("unknown-channel");
      };
      const told = await workOff(row.id);
      room.messenger.beforePost = () => undefined;
      assert.equal(told.state, "failed");
      assert.equal((await reservationOf(row.id)).state, "released");
      const { total } = await history(room.db, asked.requester, {
        search: "whale",
        favouritesOnly: false,
        page: 0,
      });
      assert.equal(total, 1);
    });

    it("posts once more after Discord fails, and only once", async () => {
      const { row } = await take(room, asking("a frog"));
      let tries = 0;
      room.messenger.beforePost = ({ job: { id } }) => {
        tries += id === row.id ? 1 : 0;
        if (id === row.id && tries < 3) throw new Error("502");
      };
      await workOff(row.id);
      room.messenger.beforePost = () => undefined;
      assert.equal(tries, 3);
      assert.equal(room.messenger.posts.filter(({ jobId }) => jobId === row.id).length, 1);
    });

    it("hands an answer over before its token dies, once, and edits that message in the end", async () => {
      const { row } = await take(room, asking("a castle"));
      const parts = { ...room, log: SILENT };
      const { signal } = new AbortController();
      assert.equal(await handOverOld(parts, signal), 0);
      await age(room.db, row.id, 14);
      assert.equal(await handOverOld(parts, signal), 1);
      assert.equal(await handOverOld(parts, signal), 0);
      const { messageId } = await workOff(row.id);
      assert.match(messageId ?? "", /^h-/);
    });

    it("counts a member's waiting requests against the cap", async () => {
      const userId = snowflake();
      await room.db.execute(
        sql`update guild set settings = '{"maxWaitingPerUser": 2}' where id = ${GUILD_ID}`,
      );
      const outcomes = await Promise.allSettled(
        Array.from({ length: 4 }, () => take(room, asking("a cloud", { userId }))),
      );
      await room.db.execute(sql`update guild set settings = '{}' where id = ${GUILD_ID}`);
      const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      assert.deepEqual(
        refused.map((error) => error instanceof Refusal && error.key),
        ["refusal.waiting-user", "refusal.waiting-user"],
      );
      for (const one of outcomes)
        if (one.status === "fulfilled")
          await cancelJob(room, one.value.row.id, {
            userId,
            guildId: GUILD_ID,
            isModerator: false,
            isOwner: false,
          });
    });

    it("fails a job that died with all its workers, for nothing, and tells its requester", async () => {
      const { row } = await take(room, asking("a volcano"));
      await room.db.execute(
        sql`update pgboss.job set state = 'active', retry_count = retry_limit, heartbeat_on = now() - interval '1 minute'
          where id = ${row.id}::uuid and name = 'gpu'`,
      );
      await until(async () => (await endDeadJobs({ ...room, log: SILENT })) === 1);
      assert.equal((await posted(row.id)).state, "posted");
      assert.equal(await stateOf(row.id), "failed");
      assert.equal((await reservationOf(row.id)).state, "released");
      const notice = room.messenger.posts.at(-1)?.notice;
      assert.ok(notice?.kind === "failed");
      assert.equal(notice.code, "crashed");
    });

    it("has accounts that agree in the end", async () => {
      await releaseOrphans({ ...room, log: SILENT });
      assert.equal(await countViolations(room.db), 0);
      assert.equal(await room.db.$count(reservation, eq(reservation.state, "held")), 0);
    });
  });
