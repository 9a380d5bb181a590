import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { backUp, backUpNightly } from "../../src/db/backups.ts";
import { query } from "../../src/db/database.ts";
import { dumpDatabase } from "../../src/db/dump.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import { restoreDatabase } from "../../src/db/restore.ts";
import { secret } from "../../src/db/schema.ts";
import { requeueRestored } from "../../src/queue/requeue.ts";
import { countViolations, reserve } from "../../src/quota/quota.ts";
import { DATABASES, SILENT } from "../support/databases.ts";
import { TestQueue, until } from "../support/queue.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index * 8);
const CONTENTS = sql`select 'quota_window' as name, count(*)::int as count from quota_window
  union all select 'credit_ledger', count(*)::int from credit_ledger union all select 'job', count(*)::int from job
  union all select 'next', nextval('credit_ledger_id_seq')::int order by 1`;
const contentsOf = (opened: OpenDatabase) =>
  query(opened.db, CONTENTS, z.object({ name: z.string(), count: z.int() }));

/** A key, a reservation, a job that waits, one that runs, one that was cancelled while it ran, one that was never delivered, one whose row is gone. */
async function fill(
  queue: TestQueue,
): Promise<{ open: string[]; cancelled: string; undelivered: string }> {
  const { db } = queue;
  await db.insert(secret).values({ name: "buttons", value: KEY });
  await db.execute(
    sql`insert into quota_rule values ('global', '*', 'day', 9007199254740991, 'owner', now())`,
  );
  const user = { guildId: null, userId: "u", roleIds: [], timeZone: "UTC" };
  await reserve(db, { id: randomUUID(), idempotencyKey: "i", millicredits: 1, ...user });
  const insert = async (id: string, state: string) => {
    await db.execute(sql`insert into job (id, interaction_id, kind, origin, state, request, place, channel_id, user_id, model, width,
        height, cost, attempt, ended_at)
      values (${id}::uuid, ${id}, 'generate', 'imagine', ${state}, '{"prompt": "ein Schäfchen 🐑\\n\\"zitiert\\""}', '{}', 'c', 'u',
        'm', 512, 512, 1, 1, case when ${state} = 'done' then now() end)`);
    await db.execute(
      sql`insert into delivery (job_id, nonce) values (${id}::uuid, ${id.slice(0, 25)})`,
    );
  };
  const open = [
    await queue.add("first", { guild: "b" }),
    await queue.add("second", { guild: "a" }),
  ];
  const running = await queue.claim();
  const cancelled = await queue.add("cancelled", { guild: "c" });
  await db.execute(sql`update queue_entry set cancelled_at = now() where id = ${cancelled}::uuid`);
  open.push(cancelled);
  for (const id of open)
    await insert(id, id === running.id || id === cancelled ? "running" : "waiting");
  await queue.add("no job row");
  const undelivered = randomUUID();
  await insert(undelivered, "done");
  return { open, cancelled, undelivered };
}

describe("a backup", () => {
  const opened: OpenDatabase[] = [];
  let folder: string;
  let filled: Awaited<ReturnType<typeof fill>>;
  let path: string;
  const at = (index: number): OpenDatabase => {
    const found = opened[index];
    if (found === undefined) throw new Error("It is not open");
    return found;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sanabot-backup-"));
    path = join(folder, "sanabot.jsonl.gz");
    for (const { open } of [...DATABASES, ...DATABASES].slice(0, 3)) opened.push(await open());
    const queue = await TestQueue.start(at(0));
    filled = await fill(queue);
    await dumpDatabase(at(0), path);
    await queue.engine.stop();
  });
  after(async () => {
    for (const { close } of opened) await close();
    await rm(folder, { recursive: true, force: true });
  });

  it("moves everything from PGlite to PostgreSQL and back, the key of the buttons included", async () => {
    const expected = await contentsOf(at(0));
    const back = join(folder, "back.jsonl.gz");
    await restoreDatabase(at(1), path, { replace: false });
    await dumpDatabase(at(1), back);
    await restoreDatabase(at(2), back, { replace: false });
    assert.deepEqual(await contentsOf(at(1)), expected);
    assert.deepEqual(await contentsOf(at(2)), expected);
    const [kept] = await at(2).db.select().from(secret);
    assert.deepEqual(Uint8Array.from(kept?.value ?? []), KEY);
    assert.equal(await countViolations(at(2).db), 0);
    const rowsOf = async (file: string) =>
      gunzipSync(await readFile(file))
        .toString()
        .split("\n")
        .slice(1)
        .toSorted();
    assert.deepEqual(await rowsOf(back), await rowsOf(path));
  });

  it("queues again what waited, what ran and what was not delivered, each once", async () => {
    await restoreDatabase(at(2), path, { replace: true });
    const queue = await TestQueue.start(at(2));
    assert.deepEqual(await requeueRestored(at(2).db, queue.engine), { jobs: 3, deliveries: 1 });
    for (const id of filled.open) {
      const claim = await queue.claim();
      assert.deepEqual([claim.id, claim.attempt], [id, 1]);
      if (id === filled.cancelled)
        await until(async () => claim.signal.aborted && claim.signal.reason === "cancelled");
      await queue.complete(claim);
    }
    assert.equal(await queue.engine.claimGpu(["m"]), null);
    const delivery = await queue.engine.claimDelivery("bot");
    assert.equal(delivery?.id, filled.undelivered);
    assert.ok(delivery !== null && (await queue.complete(delivery)));
    await queue.engine.stop();
  });

  it("is not read over what a database holds, unless that is asked for", async () => {
    await assert.rejects(
      restoreDatabase(at(0), path, { replace: false }),
      /is not empty.*--replace/,
    );
    await restoreDatabase(at(0), path, { replace: true });
  });

  it("is refused when it was cut off, is damaged, or is something else, and changes nothing then", async () => {
    const expected = await contentsOf(at(1));
    const refuses = async (bytes: Uint8Array | string, why: RegExp) => {
      const bad = join(folder, "bad.gz");
      await writeFile(bad, bytes);
      await assert.rejects(restoreDatabase(at(1), bad, { replace: true }), why);
    };
    const whole = await readFile(path);
    await refuses(whole.subarray(0, whole.length - 40), /is no whole backup of sanabot/);
    await refuses("hello", /is damaged or cut off/);
    await refuses(gzipSync("hello\n"), /its first line is another's/);
    const text = gunzipSync(whole).toString();
    await refuses(gzipSync(text.replace(/\n#\{"rows":\d+\}/, "")), /it ends too early/);
    const newer = text.replace(/"schema":\d+/, '"schema":99999999999999');
    await refuses(gzipSync(newer), /newer version \(sanabot .*Update sanabot/);
    await assert.rejects(
      restoreDatabase(at(1), join(folder, "none"), { replace: true }),
      /There is no file/,
    );
    const [, ...rest] = await contentsOf(at(1));
    assert.deepEqual(
      rest.map(({ name, count }) => ({ name, count: name === "next" ? count - 1 : count })),
      expected.slice(1),
    );
  });

  it("is made once a night, and only the newest are kept", async () => {
    const backups = join(folder, "backups");
    assert.match((await backUpNightly(at(1), backups, { log: SILENT })) ?? "", /nightly-.*\.gz$/);
    assert.equal(await backUpNightly(at(1), backups, { log: SILENT }), null);
    const tomorrow = new Date(Date.now() + 86_400_000);
    assert.notEqual(await backUpNightly(at(1), backups, { log: SILENT, now: tomorrow }), null);
    for (let count = 0; count < 4; count++) await backUp(at(1), backups, "before-migration");
    const names = await readdir(backups);
    assert.equal(names.filter((name) => name.startsWith("before-migration")).length, 3);
    assert.equal(names.length, 5);
  });
});
