import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  predictEnd,
  predictStarts,
  type QueueState,
  type RunningWork,
} from "../../src/queue/eta.ts";
import { RunTimes } from "../../src/queue/run-times.ts";

const SIZE = { kind: "generate", model: "m", width: 512, height: 512 };
/** 10 s for a credit at 512 x 512, 4 s more for one in ten; 20 s by cost for sizes of `m` that were never drawn. */
const MEASURED = new RunTimes([
  { ...SIZE, median: 0.01, p90: 0.014 },
  { ...SIZE, width: null, height: null, median: 0.02, p90: 0.02 },
  { kind: null, model: null, width: null, height: null, median: 0.05, p90: 0.06 },
]);
const LANE = { worker: "w1", models: ["m"] };

function state(changes: Partial<QueueState> & { readonly jobs: number }): QueueState {
  const { jobs, ...rest } = changes;
  const waiting = Array.from({ length: jobs }, (_, index) => ({
    ...SIZE,
    id: String(index),
    cost: 1000,
  }));
  return { waiting, running: [], lanes: [LANE], ...rest };
}

function running(elapsedSeconds: number, changes: Partial<RunningWork> = {}): RunningWork {
  return { ...SIZE, cost: 1000, worker: "w1", elapsedSeconds, ...changes };
}

function etas(queue: QueueState, runTimes = MEASURED): (number | null)[] {
  return predictStarts(queue, runTimes).map(({ etaSeconds }) => etaSeconds?.median ?? null);
}

describe("the time until a job starts", () => {
  it("is the sum of what runs before it, and what is left of the job that runs", () => {
    assert.deepEqual(etas(state({ jobs: 3, running: [running(4)] })), [6, 16, 26]);
  });

  it("is shared by several GPUs", () => {
    const lanes = [LANE, { worker: "w2", models: ["m"] }];
    assert.deepEqual(etas(state({ jobs: 4, lanes, running: [running(0)] })), [0, 10, 10, 20]);
  });

  it("counts only the GPUs that have the job's model", () => {
    const lanes = [LANE, { worker: "w2", models: ["other"] }];
    assert.deepEqual(etas(state({ jobs: 3, lanes })), [0, 10, 20]);
    assert.deepEqual(etas(state({ jobs: 1, lanes: [{ worker: "w2", models: ["other"] }] })), [
      null,
    ]);
  });

  it("spreads less than the sum of the spreads, as jobs are slow independently of each other", () => {
    const [, , third] = predictStarts(state({ jobs: 3 }), MEASURED);
    assert.deepEqual(third, {
      id: "2",
      position: 3,
      etaSeconds: { median: 20, p90: 20 + Math.sqrt(2 * 4 ** 2) },
    });
  });

  it("scales by cost where a size was never measured, first from the same model", () => {
    const waiting = [
      { ...SIZE, width: 1024, id: "a", cost: 2000 },
      { ...SIZE, model: "new", id: "b", cost: 1000 },
      { ...SIZE, id: "c", cost: 1000 },
    ];
    const lanes = [{ worker: "w1", models: ["m", "new"] }];
    assert.deepEqual(etas({ waiting, lanes, running: [] }), [0, 40, 90]);
  });

  it("is not known while nothing was measured", () => {
    assert.deepEqual(etas(state({ jobs: 2 }), new RunTimes([])), [null, null]);
  });

  it("takes a job that runs longer than most to end soon", () => {
    assert.deepEqual(etas(state({ jobs: 1, running: [running(99)] })), [0]);
  });
});

describe("the time until work that is not queued would be done", () => {
  const work = { ...SIZE, cost: 2000 };

  it("is its own run time where nothing else is there", () => {
    assert.deepEqual(predictEnd(state({ jobs: 0 }), work, MEASURED), { from: 20, until: 28 });
  });

  it("is between that of the next one and that of the last one", () => {
    const queue = state({ jobs: 2, running: [running(4)] });
    const found = predictEnd(queue, work, MEASURED);
    assert.deepEqual(found, { from: 6 + 20, until: 26 + Math.sqrt(3 * 4 ** 2) + 28 });
  });

  it("is not known while nothing of its kind was measured, nor of a model that no GPU has", () => {
    assert.equal(predictEnd(state({ jobs: 0 }), work, new RunTimes([])), null);
    assert.equal(predictEnd(state({ jobs: 0 }), { ...work, model: "x" }, MEASURED), null);
    assert.equal(predictEnd(state({ jobs: 0 }), { ...work, kind: "upscale" }, MEASURED), null);
  });
});
