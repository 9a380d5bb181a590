import { cpus, totalmem } from "node:os";

/** What one benchmark found; printed as one JSON line (DESIGN.md section 5). */
export interface BenchResult {
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, measured in the same run; null where that could not be had. */
  readonly reference: number | null;
  /** value / reference. */
  readonly ratio: number | null;
  /** The ratio to reach, in words: ">= 0.95". */
  readonly goal: string;
  readonly met: boolean;
  /** Whatever else helps to read it. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One question and how to measure it. */
export interface Bench {
  readonly about: string;
  readonly run: () => Promise<BenchResult>;
}

/** What the numbers were measured on. */
export function machine(): string {
  const [first] = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${first?.model ?? "unknown"}, ${cpus().length} threads, ${gibibytes} GiB, Node ${process.version}`;
}

/** The middle of some measurements. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/**
 * Times several things in turn, so that whatever else the machine does slows all alike; the order is reversed each
 * round, and a first round warms up.
 * @returns the median milliseconds of each, in the order given
 */
export async function alternately(
  rounds: number,
  things: readonly (() => Promise<unknown>)[],
): Promise<number[]> {
  const times = things.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    const order = things.map((_, index) => index);
    for (const index of round % 2 === 0 ? order : order.reverse()) {
      const start = performance.now();
      await things[index]?.();
      if (round > 0) times[index]?.push(performance.now() - start);
    }
  }
  return times.map(median);
}

/** A rate against the rate of its limit, both in GFLOP/s. */
export function rateResult(
  { value, reference }: { value: number; reference: number },
  { goal, details }: { goal: number; details: Readonly<Record<string, unknown>> },
): BenchResult {
  const ratio = value / reference;
  return {
    value,
    unit: "GFLOP/s",
    reference,
    ratio,
    goal: `>= ${goal}`,
    met: ratio >= goal,
    details,
  };
}

/** Values of order 1 without a pattern, the same every time. */
export function noise(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * i));
}
