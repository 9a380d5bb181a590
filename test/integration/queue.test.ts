import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { queryValue } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import type { DeliveryRole } from "../../src/queue/job-engine.ts";
import { countWaiting } from "../../src/queue/waiting-counts.ts";
import { publishWorker } from "../../src/queue/workers.ts";
import { DATABASES } from "../support/databases.ts";
import { CREDIT, TestQueue, until } from "../support/queue.ts";

for (const { name, open } of DATABASES) {
  describe(`the queue on ${name}`, () => {
    let database: OpenDatabase;
    let queue: TestQueue;
    const ready = (lane: "gpu" | DeliveryRole) =>
      queue.engine.ready(lane, AbortSignal.timeout(20_000));
    const deliver = (id: string, role: "token" | "bot", notBefore?: Date) =>
      queue.db.transaction((tx) => queue.engine.enqueueDelivery(tx, { id, role, notBefore }));

    before(async () => {
      database = await open();
      queue = await TestQueue.start(database);
    });
    after(async () => {
      await queue.engine.stop();
      await queue.engine.stop();
      await database.close();
    });
    beforeEach(() => queue.clear());

    it("queues nothing when the caller's transaction fails", async () => {
      const failed = queue.db.transaction(async (tx) => {
        await queue.enqueue(tx, { id: randomUUID() });
        throw new Error("no");
      });
      await assert.rejects(failed, /no/);
      assert.equal(await queue.engine.claimGpu(["m"]), null);
      assert.deepEqual(await queue.engine.waiting(), []);
    });

    it("keeps what waits for years, since its quota is held and somebody waits for it", async () => {
      await queue.add("one");
      await deliver(randomUUID(), "bot");
      const kept = await queryValue(
        queue.db,
        sql`select min(extract(epoch from keep_until - now()))::float8 from pgboss.job where state = 'created'`,
        z.number(),
      );
      assert.ok(kept > 5 * 365 * 86_400, `${kept} s`);
    });

    it("queues a job once, however often it is sent", async () => {
      const id = await queue.add("one");
      await Promise.all(Array.from({ length: 5 }, () => queue.add("one", { id })));
      assert.deepEqual(await queue.serve(), ["one"]);
    });

    it("lets a small guild wait for one job of one that came with many", async () => {
      for (const place of [1, 2, 3, 4]) await queue.add(`big${place}`, { guild: "big" });
      await queue.add("small", { guild: "small" });
      assert.deepEqual(await queue.serve(), ["big1", "small", "big2", "big3", "big4"]);
    });

    it("counts cost, not jobs: a guild of large pictures gets its share of the time", async () => {
      for (const place of [1, 2, 3])
        await queue.add("L", { guild: "large", cost: 4 * CREDIT, userId: `u${place}` });
      for (let place = 1; place <= 12; place++) await queue.add("s", { guild: "small" });
      assert.equal((await queue.serve()).join(""), "LssssLssssLssss");
    });

    it("lets the users of a guild take turns, by cost", async () => {
      for (const place of [1, 2, 3, 4]) await queue.add(`hog${place}`, { userId: "hog" });
      await queue.add("guest", { userId: "guest" });
      await queue.add("giant1", { userId: "giant", cost: 3 * CREDIT });
      await queue.add("giant2", { userId: "giant", cost: 3 * CREDIT });
      assert.deepEqual(await queue.serve(), [
        "hog1",
        "guest",
        "giant1",
        "hog2",
        "hog3",
        "hog4",
        "giant2",
      ]);
    });

    it("gives a guild of double weight two turns for each of another's", async () => {
      await queue.db.execute(sql`insert into fair_weight values ('guild', 'heavy', 200)`);
      for (let place = 0; place < 6; place++) {
        await queue.add("H", { guild: "heavy" });
        await queue.add("l", { guild: "light" });
      }
      const served = await queue.serve(["m"], 6);
      assert.equal(served.filter((guild) => guild === "H").length, 4);
    });

    it("lets a role's weight count inside its guild, also for what waits already", async () => {
      for (let place = 0; place < 6; place++) {
        await queue.add("B", { userId: "booster", roleIds: ["boost", "other"] });
        await queue.add("m", { userId: "member", roleIds: ["other"] });
      }
      await queue.db.transaction(async (tx) => {
        await tx.execute(sql`insert into fair_weight values ('role', 'g:boost', 300)`);
        await queue.engine.retag(tx, "g");
      });
      const served = await queue.serve(["m"], 8);
      assert.equal(served.filter((user) => user === "B").length, 6);
    });

    it("forgets who used much once nobody waits", async () => {
      for (let place = 0; place < 5; place++) await queue.add("past", { guild: "busy" });
      await queue.serve();
      await queue.add("busy", { guild: "busy" });
      await queue.add("idle1", { guild: "idle" });
      await queue.add("idle2", { guild: "idle" });
      assert.deepEqual(await queue.serve(), ["busy", "idle1", "idle2"]);
    });

    it("moves the rest of a guild forward when jobs before it are cancelled", async () => {
      const ids = await Promise.all(
        [1, 2, 3].map((place) =>
          queue.add(`gone${place}`, { guild: "a", userId: "x", cost: 9 * CREDIT }),
        ),
      );
      await queue.add("kept", { guild: "a", userId: "x" });
      for (const place of [1, 2, 3]) await queue.add(`b${place}`, { guild: "b" });
      for (const id of ids) assert.equal(await queue.cancel(id), "waiting");
      assert.deepEqual(await queue.serve(), ["kept", "b1", "b2", "b3"]);
      assert.equal(await queue.cancel(ids[0] ?? ""), "ended");
    });

    it("stops a running job within a second, and lets its worker end it", async () => {
      const id = await queue.add("one");
      const claim = await queue.claim();
      const start = performance.now();
      assert.equal(await queue.cancel(id), "running");
      await until(() => claim.signal.aborted);
      assert.equal(claim.signal.reason, "cancelled");
      assert.ok(performance.now() - start < 1000);
      assert.equal(await queue.complete(claim), true);
      assert.equal(await queue.cancel(id), "ended");
    });

    it("gives a job back in its old turn, after the delay, and counts the attempts", async () => {
      await queue.add("first", { guild: "a" });
      await queue.add("other", { guild: "b" });
      const first = await queue.claim();
      assert.deepEqual([first.attempt, first.isLastAttempt], [1, false]);
      assert.equal(await queue.retry(first, 300), true);
      const other = await queue.claim();
      assert.equal(queue.names.get(other.id), "other");
      assert.equal(await queue.engine.claimGpu(["m"]), null);
      await queue.add("later", { guild: "c" });
      await until(async () => {
        const [next] = await queue.engine.waiting();
        return next?.id === first.id;
      });
      await new Promise((done) => setTimeout(done, 300));
      const second = await queue.claim();
      assert.deepEqual([queue.names.get(second.id), second.attempt], ["first", 2]);
      await queue.retry(second, 0);
      const third = await queue.claim();
      assert.deepEqual([third.attempt, third.isLastAttempt], [3, true]);
    });

    it("lets an attempt that another has replaced end nothing", async () => {
      const id = await queue.add("one");
      const stale = await queue.claim();
      await until(async () => {
        await queue.silence(id);
        return stale.signal.aborted;
      });
      assert.equal(stale.signal.reason, "lost");
      let live = await queue.engine.claimGpu(["m"]);
      await until(async () => (live ??= await queue.engine.claimGpu(["m"])) !== null);
      await assert.rejects(queue.complete(stale), /not held here/);
      assert.equal(live?.attempt, 2);
      assert.ok(live !== null && (await queue.complete(live)));
    });

    it("keeps the order of a line that is longer than its tagged part, also of a second model", async () => {
      const numbers = Array.from({ length: 70 }, (_, index) => index);
      await queue.db.transaction(async (tx) => {
        for (const model of ["m1", "m2"]) {
          for (const number of numbers) {
            const id = randomUUID();
            queue.names.set(id, `${model}-${number}`);
            await queue.enqueue(tx, { id, model, guild: "long" });
          }
        }
      });
      const rows = await queue.engine.waiting();
      assert.deepEqual(
        rows.slice(60, 80).map(({ id }) => queue.names.get(id)),
        [...numbers.slice(60).map((n) => `m1-${n}`), ...numbers.slice(0, 10).map((n) => `m2-${n}`)],
      );
      await queue.add("guest", { guild: "guest", model: "m2" });
      const served = await queue.serve(["m2"]);
      assert.equal(served[0], "guest");
      assert.deepEqual(
        served.filter((label) => label !== "guest"),
        numbers.map((number) => `m2-${number}`),
      );
    });

    it("keeps a job for a worker that has its model", async () => {
      await queue.add("rare", { model: "rare" });
      await queue.add("usual", { guild: "b" });
      assert.deepEqual(await queue.serve(["m"]), ["usual"]);
      assert.deepEqual(await queue.serve(["m", "rare"]), ["rare"]);
    });

    it("serves the models of one worker in one fair order", async () => {
      for (const place of [1, 2, 3]) await queue.add(`a${place}`, { guild: "a", model: "m1" });
      for (const place of [1, 2, 3]) await queue.add(`b${place}`, { guild: "b", model: "m2" });
      assert.deepEqual(await queue.serve(["m1", "m2"]), ["a1", "b1", "a2", "b2", "a3", "b3"]);
    });

    it("does not let a guild fall behind those whose model another worker serves faster", async () => {
      for (const place of [1, 2, 3]) await queue.add(`slow${place}`, { guild: "a", model: "m1" });
      for (let place = 0; place < 8; place++) await queue.add("fast", { guild: "b", model: "m2" });
      await queue.serve(["m2"]);
      await queue.add("guest", { guild: "c", model: "m1" });
      assert.deepEqual(await queue.serve(["m1"]), ["slow1", "guest", "slow2", "slow3"]);
    });

    it("hands a delivery to who can post it, not before its time, and once", async () => {
      const id = randomUUID();
      const later = randomUUID();
      await deliver(id, "bot");
      await deliver(later, "token", new Date(Date.now() + 60_000));
      assert.equal(await queue.engine.claimDelivery("token"), null);
      const claim = await queue.engine.claimDelivery("bot");
      assert.equal(claim?.id, id);
      assert.equal(await queue.engine.claimDelivery("bot"), null);
      assert.ok(claim !== null && (await queue.complete(claim)));
    });

    it("wakes a waiting worker when a job is queued", async () => {
      assert.equal(await queue.engine.claimGpu(["m"]), null);
      const woken = ready("gpu");
      await queue.add("one");
      await woken;
      assert.deepEqual(await queue.serve(), ["one"]);
    });

    it("does not miss a job that comes between a look and the wait for the next", async () => {
      assert.equal(await queue.engine.claimDelivery("bot"), null);
      await deliver(randomUUID(), "bot");
      const start = performance.now();
      await ready("bot");
      assert.ok(performance.now() - start < 900);
    });

    it("hands over a job whose workers all died, once, and forgets it only when it was ended", async () => {
      const id = await queue.add("poison");
      for (let attempt = 1; attempt <= 3; attempt++) {
        await until(async () => {
          await queue.silence(id);
          return (await queue.engine.claimGpu(["m"])) !== null;
        });
      }
      const dead: string[] = [];
      await until(async () => {
        await queue.silence(id);
        try {
          await queue.engine.takeDead(() => Promise.reject(new Error("not now")));
          return false;
        } catch {
          return true;
        }
      });
      const count = await queue.engine.takeDead(async (_tx, found) => void dead.push(found));
      assert.deepEqual([count, dead], [1, [id]]);
      assert.equal(await queue.engine.takeDead(() => Promise.reject(new Error("again"))), 0);
      assert.equal(await queue.cancel(id), "ended");
    });

    it("says when a job will start, by what such jobs took here", async () => {
      const insert = (id: string, state: string, runMs: number | null) =>
        queue.db
          .execute(sql`insert into job (id, interaction_id, kind, origin, state, request, place, channel_id, user_id, model,
            width, height, cost, ended_at, run_ms)
          values (${id}::uuid, ${id}, 'generate', 'imagine', ${state}, '{}', '{}', 'c', 'u', 'm', 512, 512, ${CREDIT},
            case when ${state} = 'done' then now() end, ${runMs})`);
      for (const runMs of [2000, 2000, 2000, 2000, 4000]) await insert(randomUUID(), "done", runMs);
      await publishWorker(queue.db, { id: "w", host: "h", report: { models: [{ name: "m" }] } });
      const ids = [await queue.add("one"), await queue.add("two")];
      for (const id of ids) await insert(id, "waiting", null);
      await until(async () => (await queue.engine.waiting())[0]?.etaSeconds !== null);
      const [first, second] = await queue.engine.waiting();
      assert.deepEqual(first, { id: ids[0], position: 1, etaSeconds: { median: 0, p90: 0 } });
      assert.deepEqual([second?.position, second?.etaSeconds?.median], [2, 2]);
      assert.equal(second?.etaSeconds?.p90.toFixed(1), "3.2");
    });

    it("counts what waits so that a cap cannot be raced", async () => {
      const enter = () =>
        queue.db.transaction(async (tx) => {
          const { user, guild } = await countWaiting(tx, { guild: "g", userId: "u" });
          if (guild >= 5) return;
          assert.equal(user, guild);
          await queue.enqueue(tx, { id: randomUUID() });
        });
      await Promise.all(Array.from({ length: 20 }, enter));
      assert.equal((await queue.engine.waiting("g")).length, 5);
    });
  });
}
