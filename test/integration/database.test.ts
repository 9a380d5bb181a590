import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";

import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { z } from "zod";

import { queryValue } from "../../src/db/database.ts";
import { lockFolder } from "../../src/db/folder-lock.ts";
import { MIGRATIONS_DIR, schemaState } from "../../src/db/migrate.ts";
import { openPglite } from "../../src/db/open-pglite.ts";
import { openPostgres } from "../../src/db/open-postgres.ts";
import { secret } from "../../src/db/schema.ts";
import { UserError } from "../../src/errors.ts";
import { DATABASES, OPEN_OPTIONS, startPostgres } from "../support/databases.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

/** Opens the embedded database in argv[1], writes rows for as long as it lives, and says the number of each when it is kept. */
const WRITER = `
import { openPglite } from ${JSON.stringify(new URL("../../src/db/open-pglite.ts", import.meta.url).href)};
import { setRule } from ${JSON.stringify(new URL("../../src/quota/rules.ts", import.meta.url).href)};
const { db } = await openPglite(process.argv[1], {});
for (let i = 1; ; i++) {
  await setRule(db, { scope: "user", subject: String(i), period: "day", limit: i, actor: "writer" });
  process.stdout.write(i + "\\n");
}`;

/** Starts the writer and kills it when it has written so many rows. @returns the last number that it said */
async function killAfter(folder: string, rows: number): Promise<number> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", WRITER, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.split("\n").length > rows) child.kill("SIGKILL");
  });
  await new Promise((done) => {
    child.once("close", done);
  });
  return Number(text.trimEnd().split("\n").at(-1));
}

describe("the database", () => {
  for (const { name, open } of DATABASES)
    it(`gives bytes back as they were on ${name}, also where they are a part of others`, async () => {
      const { db, close } = await open();
      const all = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256);
      const given = [
        all,
        all.subarray(0, 0),
        all.subarray(3, 260),
        Buffer.from(all.subarray(5, 9)),
      ];
      await db.insert(secret).values(given.map((value, index) => ({ name: String(index), value })));
      const rows = await db.select().from(secret).orderBy(secret.name);
      assert.deepEqual(
        rows.map(({ value }) => Uint8Array.from(value)),
        given.map((value) => Uint8Array.from(value)),
      );
      assert.ok(rows.every(({ value }) => value instanceof Uint8Array));
      await close();
    });

  for (const { name, open } of DATABASES)
    it(`tells how long each statement took on ${name}, in a transaction and where it failed too`, async () => {
      const times: number[] = [];
      const { db, waiting, close } = await open((milliseconds) => times.push(milliseconds));
      const timesOf = async (work: () => Promise<unknown>): Promise<number[]> => {
        const before = times.length;
        await work();
        return times.slice(before);
      };
      const sleep = sql`select pg_sleep(0.05)`;
      const [alone, ...more] = await timesOf(() => db.execute(sleep));
      assert.ok(alone !== undefined && alone >= 45 && more.length === 0, `${alone} ms`);
      const inside = await timesOf(() => db.transaction((tx) => tx.execute(sleep)));
      // Its begin, what it does, and its end.
      assert.equal(inside.length, 3);
      assert.ok(inside.some((milliseconds) => milliseconds >= 45));
      const failed = await timesOf(() => assert.rejects(db.execute(sql`select nothing_like_it()`)));
      assert.ok(failed.length > 0);
      assert.equal(waiting(), 0);
      await close();
    });

  for (const { name, open } of DATABASES) {
    it(`refuses ${name} when a newer program has migrated it`, async () => {
      const { db, close } = await open();
      await db.execute(
        sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9999999999999)`,
      );
      await assert.rejects(schemaState(db), /newer version of sanabot/);
      await close();
    });
  }

  it("is migrated once by four programs that start at the same time", async () => {
    const { url, stop } = await startPostgres();
    const opened = await Promise.all(Array.from({ length: 4 }, () => openPostgres(url, {})));
    const [first] = opened;
    assert.ok(first);
    const count = sql`select count(*)::int from drizzle.__drizzle_migrations`;
    const files = readMigrationFiles({ migrationsFolder: MIGRATIONS_DIR });
    assert.equal(await queryValue(first.db, count, z.number()), files.length);
    await Promise.all(opened.map(({ close }) => close()));
    await stop();
  });

  it("says how to mend an address where no server is", async () => {
    await assert.rejects(openPostgres("postgres://u:secret@127.0.0.1:1/x", {}), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /127\.0\.0\.1:1 cannot be reached .*Check DATABASE_URL/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });

  it("refuses a second program on the same folder and names the first", async () => {
    const folder = join(await temporaryFolder(), "db");
    const { close } = await openPglite(folder, OPEN_OPTIONS);
    await assert.rejects(
      openPglite(folder, OPEN_OPTIONS),
      new RegExp(`in use by process ${process.pid} on `),
    );
    await close();
    await close();
    lockFolder(folder).release();
  });

  it("keeps every acknowledged row through kills, and opens again at once", async () => {
    const folder = join(await temporaryFolder(), "db");
    for (const rows of [3, 17, 40]) {
      const said = await killAfter(folder, rows);
      assert.ok(said >= rows);
      const { db, close } = await openPglite(folder, OPEN_OPTIONS);
      const kept = sql`select count(*)::int from quota_rule where subject::int <= ${said}`;
      assert.equal(await queryValue(db, kept, z.number()), said);
      await close();
    }
  });
});
