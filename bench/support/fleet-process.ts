import { openPostgres } from "../../src/db/open-postgres.ts";
import { createJobEngine } from "../../src/queue/pg-boss-engine.ts";
import { SILENT } from "../../test/support/databases.ts";
import { acceptOne, emptyLoop, emptyMessenger, emptyOutbox } from "./empty-pipeline.ts";
import type { FromProcess, ToProcess } from "./fleet.ts";

/** Interactions that a gateway has in hand at a time. */
const AT_ONCE = 10;

const [role = "", url = ""] = process.argv.slice(2);
const database = await openPostgres(url, {});
const { db } = database;
const engine = createJobEngine({ database, log: SILENT });
await engine.start();
const messenger = emptyMessenger((jobId) => say({ kind: "posted", jobId }));
const parts = { db, engine, messenger };
const outbox = emptyOutbox(parts, role === "gateway" ? ["token", "bot"] : ["token"]);
const loop = emptyLoop(parts);

process.on("message", (told: ToProcess) => void obey(told));
say({ kind: "ready" });

async function obey(told: ToProcess): Promise<void> {
  switch (told.kind) {
    case "accept": {
      const left = [...told.indexes];
      const lane = async (): Promise<void> => {
        for (let index = left.pop(); index !== undefined; index = left.pop())
          await acceptOne(db, engine, index);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      return say({ kind: "accepted" });
    }
    case "work":
      if (role === "worker") loop.start();
      return outbox.start();
    case "stop":
      await loop.stop();
      await outbox.stop();
      await engine.stop();
      await database.close();
      process.disconnect();
  }
}

function say(told: FromProcess): void {
  process.send?.(told);
}
