import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { queryValue } from "../../src/db/database.ts";
import { openDurablePglite } from "../../src/db/durable-pglite.ts";
import { openPglite } from "../../src/db/open-pglite.ts";
import { OPEN_OPTIONS, pgliteTemplate } from "../support/databases.ts";
import { PowerCutFS } from "../support/power-cut-fs.ts";

const sourceOf = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
/** Writes rows of 1 MB until the disk is full, and goes on trying, as a bot does; says each row that is kept. */
const WRITER = `
import { openPglite } from ${sourceOf("../../src/db/open-pglite.ts")};
import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
const log = { fatal: (details, message) => console.error(message) };
const { db } = await openPglite(process.argv[1], { log, onStuck: () => process.exit(7) });
for (let number = 1; ; number++) {
  try {
    await db.execute(sql\`insert into secret values (\${String(number)}, \${randomBytes(1048576)})\`);
    console.log(number);
  } catch {
    console.log("full");
  }
}`;

/** The figure is for an idle machine; one that is busy with other tests is given more. */
const SLACK = 3;
const SMALL = "size=110m";
const canMount = process.getuid?.() === 0 && process.platform === "linux";

describe("the embedded database when the machine fails it", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sanabot-faults-"));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const skip = canMount ? false : "it takes the rights to mount a small disk";
  it(
    "ends the process in 10 seconds when the disk is full, and has every kept row once there is room",
    { skip },
    async () => {
      const disk = join(folder, "disk");
      execFileSync("mkdir", [disk]);
      execFileSync("mount", ["-t", "tmpfs", "-o", SMALL, "tmpfs", disk]);
      try {
        await cp(await pgliteTemplate(), join(disk, "db"), { recursive: true });
        const { kept, secondsAfterFull, code, said } = await writeUntilItEnds(join(disk, "db"));
        // By its own hand, or by the watch's where the thread was blocked.
        assert.ok(code === 7 || code === "SIGKILL", `${String(code)} ${said}`);
        assert.match(said, /does not answer any more. Is the disk full\?/);
        assert.ok(secondsAfterFull < 10 * SLACK, `${secondsAfterFull} seconds`);
        execFileSync("mount", ["-o", "remount,size=300m", disk]);
        const { db, close } = await openPglite(join(disk, "db"), OPEN_OPTIONS);
        const count = sql`select count(*)::int from secret where name::int <= ${kept}`;
        assert.equal(await queryValue(db, count, z.number()), kept);
        await db.execute(sql`insert into secret values ('there is room', '\\x00')`);
        await close();
      } finally {
        execFileSync("umount", [disk]);
      }
    },
  );

  it("has every kept row after power cuts", async () => {
    for (const rows of [1, 7, 40]) {
      const at = (name: string): string => join(folder, `${name}-${rows}`);
      await cp(join(await pgliteTemplate(), "pglite"), at("cut"), { recursive: true });
      const fs = new PowerCutFS(at("cut"), at("image"));
      const pglite = await openDurablePglite(at("cut"), fs);
      for (let row = 0; row < rows; row++) {
        await pglite.query("insert into secret values ($1, '\\x00')", [String(row)]);
        if (row % 10 === 5) await pglite.exec("checkpoint");
      }
      fs.finishImage();
      assert.ok(fs.syncs >= rows);
      const image = await openDurablePglite(at("image"));
      const found = await image.query<{ count: number }>("select count(*)::int from secret");
      assert.equal(found.rows[0]?.count, rows);
      await image.close();
      await pglite.close();
    }
  });
});

async function writeUntilItEnds(
  database: string,
): Promise<{ kept: number; secondsAfterFull: number; code: unknown; said: string }> {
  const writer = spawn(process.execPath, ["--input-type=module", "-e", WRITER, database], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: new URL("../..", import.meta.url),
  });
  let kept = 0;
  let said = "";
  let lastHeard = performance.now();
  writer.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    lastHeard = performance.now();
    for (const line of chunk.trim().split("\n")) if (line !== "full") kept = Number(line);
  });
  writer.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk;
  });
  const [code, signal] = (await once(writer, "close")) as unknown[];
  const secondsAfterFull = (performance.now() - lastHeard) / 1000;
  return { kept, secondsAfterFull, code: code ?? signal, said };
}
