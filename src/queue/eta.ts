import type { WaitingJob } from "./job-engine.ts";
import type { RunTimes, Work } from "./run-times.ts";

/** A GPU: one job after the other. */
export interface Lane {
  readonly worker: string;
  readonly models: readonly string[];
}

export interface RunningWork extends Work {
  readonly worker: string | null;
  readonly elapsedSeconds: number;
}

interface WaitingWork extends Work {
  readonly id: string;
}

export interface QueueState {
  /** In the order in which they will be served. */
  readonly waiting: readonly WaitingWork[];
  readonly running: readonly RunningWork[];
  readonly lanes: readonly Lane[];
}

/** When a lane will be free, in seconds from now. */
interface Free {
  readonly lane: Lane;
  /** Null: it does something of which nobody knows how long it takes. */
  median: number | null;
  /** Square of what the 90th percentile lies above it: the spreads of jobs one after the other add up so. */
  spread: number;
}

/**
 * Says of each waiting job when it will start, by playing the queue through: each takes the lane that is free first among
 * those that have its model.
 */
export function predictStarts(
  { waiting, running, lanes }: QueueState,
  runTimes: RunTimes,
): WaitingJob[] {
  const free = lanes.map((lane): Free => ({ lane, median: 0, spread: 0 }));
  for (const work of running) occupy(laneOf(free, work), work, runTimes);
  return waiting.map((work, index) => {
    const lane = firstFree(free, work.model);
    const startsAt =
      lane === undefined || lane.median === null
        ? null
        : { median: lane.median, p90: lane.median + Math.sqrt(lane.spread) };
    occupy(lane, { ...work, elapsedSeconds: 0 }, runTimes);
    return { id: work.id, position: index + 1, etaSeconds: runTimes.isEmpty ? null : startsAt };
  });
}

/**
 * Says of work that does not wait yet when it would be done: at the earliest as the next, at the latest as the last.
 *
 * @returns seconds; null while nothing of its kind was measured, and where no lane has its model
 */
export function predictEnd(
  { waiting, running, lanes }: QueueState,
  work: Work,
  runTimes: RunTimes,
): { from: number; until: number } | null {
  const added = { ...work, id: "" };
  const takes = runTimes.ofKind(work);
  const next = predictStarts({ waiting: [added], running, lanes }, runTimes).at(-1)?.etaSeconds;
  const last = predictStarts({ waiting: [...waiting, added], running, lanes }, runTimes).at(-1);
  if (takes === null || !next || !last?.etaSeconds) return null;
  return { from: next.median + takes.median, until: last.etaSeconds.p90 + takes.p90 };
}

/** Where a running job runs; one whose worker has not said so is on some lane that could have it. */
function laneOf(free: readonly Free[], { worker, model }: RunningWork): Free | undefined {
  return free.find(({ lane }) => lane.worker === worker) ?? firstFree(free, model);
}

function firstFree(free: readonly Free[], model: string): Free | undefined {
  const able = free.filter(({ lane }) => lane.models.includes(model));
  return able.reduce<Free | undefined>(
    (first, next) => (first === undefined || freeAt(next) < freeAt(first) ? next : first),
    undefined,
  );
}

function freeAt({ median }: Free): number {
  return median ?? Number.POSITIVE_INFINITY;
}

function occupy(
  free: Free | undefined,
  work: Work & { readonly elapsedSeconds: number },
  runTimes: RunTimes,
): void {
  if (free === undefined) return;
  const takes = runTimes.of(work);
  if (takes === null || free.median === null) {
    free.median = null;
    return;
  }
  // One that has already run longer than most will end soon, as far as anybody knows.
  free.median += Math.max(0, takes.median - work.elapsedSeconds);
  free.spread += (takes.p90 - takes.median) ** 2;
}
