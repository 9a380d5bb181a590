import { loadConfig } from "../config.ts";
import { UserError } from "../errors.ts";
import { isDue } from "../telemetry/failpoint.ts";
import { generate } from "./generate.ts";
import type { FromChild, Task, TaskError, TaskResults, ToChild } from "./messages.ts";
import { ModelHost } from "./model-host.ts";
import { ProgressReporter } from "./progress-reporter.ts";
import { upscale } from "./upscale.ts";

/**
 * The inference process: the only one of the bot that loads ONNX Runtime. `Inference` starts it and gives it one task at a
 * time; it ends when its parent is gone.
 */
const ALIVE_EVERY_MS = 1000;

const send = (message: FromChild): void => {
  process.send?.(message, undefined, undefined, () => undefined);
};
const config = loadConfig();
const host = new ModelHost(config, (line) => send({ type: "log", line }));
let running: { id: number; abort: AbortController } | null = null;

async function perform(
  task: Task,
  id: number,
  signal: AbortSignal,
): Promise<TaskResults[Task["kind"]]> {
  const reporter = new ProgressReporter((progress, preview) =>
    send({ type: "progress", id, progress, preview }),
  );
  if (isDue("child_abort")) process.abort();
  // A task that spins holds the event loop, as native code that never returns would.
  while (isDue("child_spin")) for (;;);
  switch (task.kind) {
    case "describe":
      return Promise.all(task.models.map((name) => host.describe(name)));
    case "load":
      await host.pipeline(task.model, signal);
      return null;
    case "unload":
      await host.release();
      return null;
    case "device":
      return host.device(task.model);
    case "creative":
      return host.creativePeakBytes(task.model);
    case "generate":
      return generate({ host, config, reporter, signal }, task);
    case "upscale":
      return upscale({ host, config, reporter, signal }, task);
  }
}

async function run(id: number, task: Task): Promise<void> {
  const abort = new AbortController();
  running = { id, abort };
  try {
    send({ type: "done", id, result: await perform(task, id, abort.signal) });
  } catch (error) {
    send({ type: "failed", id, error: describe(error) });
  } finally {
    running = null;
  }
}

function describe(error: unknown): TaskError {
  if (error instanceof UserError)
    return { code: error.code, message: error.message, reason: error.reason, stack: undefined };
  return error instanceof Error
    ? { code: null, message: error.message, reason: null, stack: error.stack }
    : { code: null, message: String(error), reason: null, stack: undefined };
}

process.on("message", (message: ToChild) => {
  switch (message.type) {
    case "run":
      void run(message.id, message.task);
      return;
    case "cancel":
      if (running?.id === message.id) running.abort.abort();
  }
});
// The terminal's Ctrl-C reaches every process of its group; the parent decides when this one ends.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.exit());

const alive = (): void => send({ type: "alive", residentBytes: process.memoryUsage.rss() });
setInterval(alive, ALIVE_EVERY_MS);
alive();
