#!/usr/bin/env node
import { loadConfig } from "./config.ts";
import { UserError } from "./errors.ts";
import { createServerLogger, RecentErrors } from "./log.ts";
import { start } from "./main/start.ts";

/** A deploy waits this long for the running job to end or to be handed back. */
const STOP_DEADLINE_MS = 30_000;
const EXIT_FAILED = 1;

try {
  // `npm run worker` on any system, where setting ROLE in a script would need a Unix shell.
  const isWorker = process.argv[2] === "worker";
  const config = { ...loadConfig(), ...(isWorker ? { role: "worker" as const } : {}) };
  const recent = new RecentErrors();
  const log = createServerLogger(config.logLevel ?? "info", recent);
  const program = await start(config, { log, recent });
  program.ready.forEach((line) => process.stdout.write(`${line}\n`));

  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(EXIT_FAILED);
    isStopping = true;
    log.info({ signal }, "stopping; once more stops at once");
    setTimeout(() => process.exit(EXIT_FAILED), STOP_DEADLINE_MS).unref();
    program.stop().then(
      () => process.exit(),
      (error: unknown) => {
        log.error({ err: error }, "did not stop in order");
        process.exit(EXIT_FAILED);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
} catch (error) {
  // What the owner can mend is one sentence; a bug shows its stack.
  process.stderr.write(`${error instanceof UserError ? error.message : stackOf(error)}\n`);
  process.exit(EXIT_FAILED);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
