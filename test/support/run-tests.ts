/**
 * `npm test [-- FILE...]`: runs the test files, first two at a time, then those that want the machine for themselves one
 * by one, and prints one summary of both. A folder of compiled modules is shared by all processes, of which the tests
 * start several hundred: a start of the program takes a quarter less processor time with it.
 */
import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { run } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { spec } from "node:test/reporters";

/** They hold times against a clock, measure memory, drive a browser, or break what another could be waiting for. */
const ALONE: ReadonlySet<string> = new Set(
  [
    "administered-program",
    "creative-upscale",
    "database-faults",
    "imagine",
    "inference",
    "lost-database",
    "peak-memory",
    "playground-page",
    "playground-page-controls",
    "playground-walk",
    "queue",
    "queue-faults",
    "webgpu",
    "webgpu-upscale",
    "whole-program",
  ].map((name) => `${name}.test.ts`),
);

const COUNTS = ["tests", "suites", "passed", "failed", "cancelled", "skipped", "todo"] as const;
/** As `node --test` names them, which .ci/run reads. */
const WORDS: Partial<Record<(typeof COUNTS)[number], string>> = { passed: "pass", failed: "fail" };

const totals = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Record<
  (typeof COUNTS)[number],
  number
>;

/** The events of a run, without its own summary, which goes into {@link totals}. */
async function* eventsOf(files: string[], concurrency: number): AsyncGenerator<TestEvent> {
  if (files.length === 0) return;
  const running: AsyncIterable<TestEvent> = run({ files, concurrency });
  for await (const event of running) {
    if (event.type === "test:summary") {
      if (event.data.file !== undefined) continue;
      // Node counts what failed as well, which @types/node leaves out.
      const counts: Record<string, number> = event.data.counts;
      for (const name of COUNTS) totals[name] += counts[name] ?? 0;
      if (!event.data.success) process.exitCode = 1;
    } else if (event.type !== "test:diagnostic" || event.data.file !== undefined) yield event;
  }
}

async function* allEvents(): AsyncGenerator<TestEvent> {
  const start = performance.now();
  const given = process.argv.slice(2);
  const files = (given.length > 0 ? given : globSync("test/**/*.test.ts")).toSorted();
  const wantsAll = (file: string): boolean => ALONE.has(basename(file));
  yield* eventsOf(
    files.filter((file) => !wantsAll(file)),
    2,
  );
  yield* eventsOf(files.filter(wantsAll), 1);
  const lines = COUNTS.map((name) => `${WORDS[name] ?? name} ${totals[name]}`);
  for (const message of [...lines, `duration_ms ${Math.round(performance.now() - start)}`])
    yield { type: "test:diagnostic", data: { message, nesting: 0, level: "info" } };
}

process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "sanabot-compiled");
Readable.from(allEvents()).compose(spec).pipe(process.stdout);
