import { resolve } from "node:path";

import { Command } from "commander";

import { loadConfig } from "../config.ts";
import { dumpDatabase } from "../db/dump.ts";
import { openDatabase, type OpenDatabase } from "../db/open-database.ts";
import { restoreDatabase } from "../db/restore.ts";
import { createLogger } from "../log.ts";
import { createJobEngine } from "../queue/pg-boss-engine.ts";
import { requeueRestored } from "../queue/requeue.ts";
import { printLines } from "./print.ts";

const AFTER_HELP = `
The database is the one that DATABASE_URL, DATABASE and DATA_DIR name. To move from the embedded database to PostgreSQL: stop
sanabot, dump, set DATABASE_URL, restore. A running sanabot backs itself up each night, into DATA_DIR/backups.
A backup holds the key that signs buttons, prompts and pictures: keep it as safe as the database.`;

/** The command `db`: backup and restore. */
export function dbCommand(): Command {
  const command = new Command("db")
    .exitOverride()
    .description("back up the database, or restore it")
    .addHelpText("after", AFTER_HELP);
  command
    .command("dump")
    .description("write everything into a file")
    .argument("<file>", "such as sanabot.jsonl.gz")
    .action(dump);
  command
    .command("restore")
    .description("read a backup into an empty database, and queue again what was waiting")
    .argument("<file>", "a file that dump wrote")
    .option("--replace", "delete what the database holds", false)
    .action(restore);
  return command;
}

async function dump(file: string): Promise<void> {
  await withDatabase(async (opened) => {
    const rows = await dumpDatabase(opened, resolve(file));
    printLines([`${rows} rows are in ${file}.`]);
  });
}

async function restore(file: string, { replace }: { replace: boolean }): Promise<void> {
  await withDatabase(async (opened) => {
    const rows = await restoreDatabase(opened, resolve(file), { replace });
    const engine = createJobEngine({ database: opened, log: createLogger("error") });
    await engine.start();
    try {
      const { jobs, deliveries } = await requeueRestored(opened.db, engine);
      printLines([
        `${rows} rows are restored; ${jobs} waiting jobs and ${deliveries} deliveries are queued again.`,
      ]);
    } finally {
      await engine.stop();
    }
  });
}

async function withDatabase(work: (opened: OpenDatabase) => Promise<void>): Promise<void> {
  const log = createLogger("error");
  const opened = await openDatabase(loadConfig(), { log, onStuck: () => process.exit(1) });
  try {
    await work(opened);
  } finally {
    await opened.close();
  }
}
