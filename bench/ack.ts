import { readFileSync } from "node:fs";

import { TestPlayground } from "../test/support/playground.ts";
import { Program } from "../test/support/program.ts";
import type { Bench, BenchResult } from "./bench-result.ts";

const PER_SECOND = 50;
const SECONDS = 60;
/** The whole run, for the memory: 10,000 interactions. */
const TOTAL = Number(process.env["ACK_TOTAL"] ?? 10_000);
const WARM_UP = 500;
const GOAL_MS = 500;
const LIMIT_MS = 3000;
/** Discord's epoch, from which a snowflake's upper bits count milliseconds. */
const DISCORD_EPOCH = 1_420_070_400_000n;
const PEOPLE = ["olivia", "morgan", "ada", "bjoern", "yuki"] as const;
/** What answers need nothing, a database, or a refusal. */
const COMMANDS: readonly (readonly [string, Record<string, string | number>])[] = [
  ["queue", {}],
  ["quota", {}],
  ["about", {}],
  ["help", {}],
  ["imagine", { prompt: "a star", steps: 1 }],
];

export const ack: Bench = {
  about: `how soon ${PER_SECOND} interactions a second are acknowledged while inference uses all cores`,
  run,
};

async function run(): Promise<BenchResult> {
  const playground = await TestPlayground.start();
  const program = await Program.start({
    environment: {
      DISCORD_TOKEN: playground.token,
      DISCORD_API_BASE: playground.apiBase,
      LOG_LEVEL: "error",
    },
  });
  // More work than the run takes, so that both cores stay busy; one request less dear than those that are asked about.
  for (const as of [...PEOPLE, ...PEOPLE])
    await playground.slash("imagine", { prompt: "a house", count: 4, steps: 30 }, { as });
  await send(playground, WARM_UP);
  playground.transcript.clear();
  const before = residentBytes(program.pid);
  await send(playground, Math.min(TOTAL, PER_SECOND * SECONDS));
  const latencies = acknowledgements(playground);
  await send(playground, Math.max(0, TOTAL - PER_SECOND * SECONDS));
  const after = residentBytes(program.pid);
  await program.stop();
  await program.remove();
  await playground.close();
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? Number.NaN;
  const value = at(0.99);
  const longest = latencies.at(-1) ?? Number.NaN;
  return {
    value,
    unit: "ms (p99)",
    reference: null,
    ratio: null,
    goal: `p99 < ${GOAL_MS}, none > ${LIMIT_MS}`,
    met: value < GOAL_MS && longest <= LIMIT_MS,
    details: {
      acknowledged: latencies.length,
      sent: Math.min(TOTAL, PER_SECOND * SECONDS),
      p50: at(0.5),
      longest,
      interactions: TOTAL,
      residentMiBBefore: Math.round(before / 2 ** 20),
      residentMiBAfter: Math.round(after / 2 ** 20),
    },
  };
}

/** Sends interactions at the rate, whatever becomes of each. */
async function send(playground: TestPlayground, count: number): Promise<void> {
  const sent: Promise<unknown>[] = [];
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const due = began + (i * 1000) / PER_SECOND;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    const [name, options] = COMMANDS[i % COMMANDS.length] ?? ["help", {}];
    const as = PEOPLE[Math.floor(i / COMMANDS.length) % PEOPLE.length] ?? "ada";
    sent.push(playground.slash(name, options, { as }).catch(() => undefined));
  }
  await Promise.all(sent);
  await new Promise((done) => setTimeout(done, LIMIT_MS));
}

/** Milliseconds from each interaction's creation, which its id tells, to its callback; ascending. */
function acknowledgements(playground: TestPlayground): number[] {
  return playground.transcript.calls
    .filter(({ route, status }) => route.endsWith("/callback") && status === 204)
    .map(({ path, atMs }) => {
      const [, , id = "0"] = path.split("/");
      return atMs - Number((BigInt(id) >> 22n) + DISCORD_EPOCH);
    })
    .toSorted((a, b) => a - b);
}

/** Of the bot's own process; the inference child is another. By /proc: Linux only. */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
