import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../src/errors.ts";
import { createFlowDpmSolver } from "../../src/pipeline/schedulers/flow-dpm-solver.ts";
import { createFlowEuler } from "../../src/pipeline/schedulers/flow-euler.ts";
import type { Schedule, SolverOutput } from "../../src/pipeline/schedulers/schedule.ts";
import { createScm } from "../../src/pipeline/schedulers/scm.ts";

/** Numbers of a table row, separated by blanks. */
function row(text: string): number[] {
  return text.split(" ").map(Number);
}

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of Array.from(actual).entries()) {
    const wanted = expected[i] ?? Number.NaN;
    assert.ok(Math.abs(value - wanted) <= tolerance, `entry ${i} is ${value}, expected ${wanted}`);
  }
}

function noNoise(): Float32Array {
  throw new Error("no noise is drawn by this solver");
}

interface Walk {
  readonly schedule: Schedule;
  readonly x: Float32Array;
  readonly network: (input: number, time: number) => number;
  readonly drawNoise?: () => Float32Array;
}

/** The denoise loop on arrays, with a network that is a formula. */
function walk({ schedule, x, network, drawNoise = noNoise }: Walk): SolverOutput[] {
  const results: SolverOutput[] = [];
  for (let step = 0; step < schedule.stepCount; step++) {
    const from = results.at(-1)?.x ?? x;
    const time = schedule.networkTime(step);
    const prediction = schedule.networkInput(from, step).map((value) => network(value, time));
    results.push(schedule.step({ step, x: from, prediction, drawNoise }));
  }
  return results;
}

/** v(x, t) = x² − 0.3 + t/1000, the reference run of SANA.md 6.1. */
const quadratic = (value: number, time: number): number => value * value - 0.3 + time / 1000;

function trajectory(schedule: Schedule, x = 1): number[] {
  return walk({ schedule, x: Float32Array.of(x), network: quadratic }).map(
    (result) => result.x[0] ?? Number.NaN,
  );
}

const DPM_TABLES = [
  {
    steps: 20,
    flowShift: 3,
    timesteps: "999 982 963 944 922 899 874 847 817 785 749 710 666 617 562 499 428 345 249 136",
    sigmas:
      ".99966645 .98241949 .96394110 .94409442 .92272168 .89963979 .87463522 .84745723 .81780970 .78533995 .74962479 " +
      ".71015215 .66629612 .61728358 .56214833 .49966654 .42826521 .34588751 .24979164 .13623966 0",
  },
  {
    steps: 8,
    flowShift: 3,
    timesteps: "999 954 899 832 749 642 499 299",
    sigmas: ".99966645 .95419812 .89963979 .83296275 .74962479 .64248961 .49966654 .29975995 0",
  },
  {
    steps: 4,
    flowShift: 3,
    timesteps: "999 899 749 499",
    sigmas: ".99966645 .89963979 .74962479 .49966654 0",
  },
  { steps: 2, flowShift: 3, timesteps: "999 749", sigmas: ".99966645 .74962479 0" },
  {
    steps: 20,
    flowShift: 6,
    timesteps: "999 991 981 971 959 947 933 917 899 879 856 830 799 763 719 666 599 513 399 239",
    sigmas:
      ".99983317 .99113178 .98163950 .97124338 .95980787 .94716883 .93312579 .91743100 .89977485 .87976515 .85689777 " +
      ".83051342 .79973316 .76335847 .71971184 .66637021 .59969985 .51399171 .39973325 .23980796 0",
  },
];

for (const { steps, flowShift, timesteps, sigmas } of DPM_TABLES) {
  test(`DPM++ with ${steps} steps and shift ${flowShift} has diffusers' timesteps and sigmas`, () => {
    const schedule = createFlowDpmSolver({ steps, flowShift });
    assert.deepEqual(schedule.timesteps, row(timesteps));
    close(schedule.sigmas, row(sigmas), 6e-9);
    assert.ok(schedule.sigmas.every((sigma) => Math.fround(sigma) === sigma));
  });
}

test("DPM++ with 28 steps has diffusers' timesteps", () => {
  const expected =
    "999 987 974 961 947 932 916 899 881 863 843 822 799 775 749 721 691 659 624 586 545 499 449 394 333 264 187 99";
  assert.deepEqual(createFlowDpmSolver({ steps: 28, flowShift: 3 }).timesteps, row(expected));
});

/** cX, c0 and c1 of x' = cX·x + c0·D + c1·Dprevious, found by setting one of the three to 1. */
function linearForm(steps: number, at: number): number[] {
  return [0, 1, 2].map((unit) => {
    const schedule = createFlowDpmSolver({ steps, flowShift: 3 });
    let result = Number.NaN;
    for (let step = 0; step <= at; step++) {
      const clean = step === at ? Number(unit === 1) : Number(step === at - 1 && unit === 2);
      const x = Float32Array.of(Number(step === at && unit === 0));
      const prediction = x.map((value) => (value - clean) / (schedule.sigmas[step] ?? 1));
      result = schedule.step({ step, x, prediction, drawNoise: noNoise }).x[0] ?? Number.NaN;
    }
    return result;
  });
}

test("DPM++ steps have the coefficients of the reference, the first and last of first order", () => {
  const rows: [number, number, string][] = [
    [4, 0, "0.89994 0.10006 0"],
    [4, 1, "0.8332499 0.1824809 -0.0157309"],
    [4, 2, "0.6665555 0.5003689 -0.1669244"],
    [4, 3, "0 1 0"],
    [8, 0, "0.9545165 0.0454835 0"],
    [8, 1, "0.9428228 0.0620292 -0.0048521"],
    [8, 2, "0.9258847 0.0998857 -0.0257705"],
    [8, 3, "0.89995 0.1435669 -0.0435169"],
    [8, 4, "0.8570816 0.2144149 -0.0714965"],
    [8, 5, "0.7777037 0.3502322 -0.1279358"],
    [8, 6, "0.59992 0.6885048 -0.2884248"],
    [8, 7, "0 1 0"],
    [20, 0, "0.9827473 0.0172527 0"],
    [20, 1, "0.9811909 0.0205504 -0.0017414"],
    [20, 2, "0.9794109 0.0270018 -0.0064127"],
    [20, 10, "0.9473435 0.0789901 -0.0263335"],
    [20, 17, "0.7221759 0.4623409 -0.1845169"],
    [20, 18, "0.5454132 0.8217268 -0.36714"],
    [20, 19, "0 1 0"],
  ];
  for (const [steps, at, expected] of rows) close(linearForm(steps, at), row(expected));
});

const walked = (steps: number): number[] =>
  trajectory(createFlowDpmSolver({ steps, flowShift: 3 }));

test("DPM++ walks the reference trajectories", () => {
  close(walked(4), row("0.8300547 0.6426534 0.4814636 0.2662036"));
  close(
    walked(8),
    row("0.9227493 0.8415096 0.7589746 0.6740506 0.5887719 0.509535 0.4565174 0.3943448"),
  );
  close(walked(20).slice(-1), [0.4364069]);
  close(walked(2), row("0.5751792 -0.0094016"));
  close(walked(1), [-0.6984333]);
});

test("DPM++ of order 1 never looks back", () => {
  const second = trajectory(createFlowDpmSolver({ steps: 4, flowShift: 3 }));
  const first = trajectory(createFlowDpmSolver({ steps: 4, flowShift: 3, solverOrder: 1 }));
  assert.equal(first[0], second[0]);
  assert.notEqual(first[1], second[1]);
});

test("image to image starts DPM++ at the strength's sigma and with no history", () => {
  const schedule = createFlowDpmSolver({ steps: 20, flowShift: 3, strength: 0.6 });
  assert.equal(schedule.begin, 8);
  assert.equal(schedule.stepCount, 12);
  assert.equal(schedule.networkTime(0), 817);
  const start = schedule.start(Float32Array.of(-1), Float32Array.of(0.5));
  close(start, [-0.7267146]);
  const path = trajectory(schedule, start[0]);
  close(path.slice(0, 1), [-0.7606491]);
  close(path.slice(-3), row("-1.5487022 -1.8664014 -2.3186429"));
});

test("strength 1 keeps all steps and still mixes in the given picture", () => {
  const schedule = createFlowDpmSolver({ steps: 4, flowShift: 3, strength: 1 });
  assert.equal(schedule.stepCount, 4);
  close(schedule.start(Float32Array.of(1), Float32Array.of(-1)), [2 * 0.99966645 - 1]);
});

test("text to image starts from the bare noise, and the decoder gets the last sample", () => {
  const noise = Float32Array.of(1.5, -2);
  for (const schedule of [
    createFlowDpmSolver({ steps: 3, flowShift: 3 }),
    createFlowEuler({ steps: 3, flowShift: 3 }),
  ]) {
    assert.deepEqual(schedule.start(noise), noise);
    assert.deepEqual(schedule.networkInput(noise, 0), noise);
    const x = Float32Array.of(7);
    assert.equal(schedule.finish({ x, x0: noise }), x);
  }
});

test("Euler has diffusers' twice-shifted sigmas and float timesteps", () => {
  const four = createFlowEuler({ steps: 4, flowShift: 3 });
  close(four.sigmas, row("1 .857692 .602151 .008929 0"), 5.1e-7);
  close(
    four.timesteps,
    four.sigmas.slice(0, 4).map((sigma) => Math.fround(1000 * sigma)),
    0,
  );
  const twenty =
    "1 .981875 .962386 .941373 .918652 .894003 .867172 .837855 .805689 .770239 .730974 .687244 .638240 .582948 " +
    ".520074 .447944 .364352 .266330 .149787 .008929 0";
  close(createFlowEuler({ steps: 20, flowShift: 3 }).sigmas, row(twenty), 5.1e-7);
  assert.deepEqual(createFlowEuler({ steps: 1, flowShift: 3 }).sigmas, [1, 0]);
});

test("Euler walks the reference trajectories", () => {
  close(trajectory(createFlowEuler({ steps: 20, flowShift: 3 })).slice(-1), [0.4001936]);
  close(trajectory(createFlowEuler({ steps: 4, flowShift: 3 })).slice(-1), [0.1615153]);
});

test("Euler's data estimate is the sample it reaches in the last step", () => {
  const schedule = createFlowEuler({ steps: 2, flowShift: 3 });
  const last = walk({ schedule, x: Float32Array.of(0.7), network: quadratic }).at(-1);
  close(last?.x0 ?? [], last?.x ?? []);
});

test("SCM's angles are 1.5708 and 1.3 for two steps and evenly spaced otherwise", () => {
  assert.deepEqual(createScm({ steps: 2 }).timesteps, [Math.fround(1.5708), Math.fround(1.3), 0]);
  close(createScm({ steps: 2, intermediateTimesteps: null }).timesteps, [1.5708, 0.7854, 0], 1e-7);
  close(createScm({ steps: 4 }).timesteps, [1.5708, 1.1781, 0.7854, 0.3927, 0], 1e-7);
  close(
    createScm({ steps: 4, intermediateTimesteps: 1.3 }).timesteps,
    [1.5708, 1.1781, 0.7854, 0.3927, 0],
    1e-7,
  );
  close(createScm({ steps: 1, maxTimesteps: 1.5 }).timesteps, [1.5, 0], 1e-7);
});

test("SCM gives the network the times and the scaled input of the reference", () => {
  const times = createScm({ steps: 4 });
  close(times.sigmas, [1.00000362, 0.707108389, 0.500000905, 0.292893749, 0], 2e-7);
  const scales = [0, 1, 2, 3].map(
    (step) => times.networkInput(Float32Array.of(0.5), step)[0] ?? Number.NaN,
  );
  close(scales, [1.00000362, 0.765367735, Math.SQRT1_2, 0.765366578], 2e-7);
  const two = createScm({ steps: 2 });
  close(
    [two.networkTime(1), two.networkInput(Float32Array.of(0.5), 1)[0] ?? 0],
    [0.782707978, 0.812310041],
    2e-7,
  );
});

/** F = 0.5·x̂ − k + 0.45 from noise 1.2, every later draw 0.25: the reference run of SANA.md 6.4. */
const half = (value: number, time: number): number => 0.5 * value - time + 0.45;

function scmWalk(steps: number): { results: SolverOutput[]; final: number; draws: number } {
  const schedule = createScm({ steps });
  let draws = 0;
  const drawNoise = () => {
    draws++;
    return Float32Array.of(0.25);
  };
  const results = walk({
    schedule,
    x: schedule.start(Float32Array.of(1.2)),
    network: half,
    drawNoise,
  });
  const last = results.at(-1);
  assert.ok(last !== undefined);
  return { results, final: schedule.finish(last)[0] ?? Number.NaN, draws };
}

test("SCM walks the reference run and draws noise at every step, the last included", () => {
  const two = scmWalk(2);
  close(
    two.results.flatMap(({ x, x0 }) => [x[0] ?? 0, x0[0] ?? 0]),
    row("0.2742574 0.5750029 0.265802 0.265802"),
  );
  close([two.final, scmWalk(1).final], [0.531604, 1.150006]);
  assert.equal(two.draws, 2);
  const four = scmWalk(4);
  close(
    four.results.map(({ x0 }) => x0[0] ?? 0),
    row("0.5750029 0.2569104 0.1557164 0.1022254"),
  );
  close([four.final], [0.2044508]);
});

test("SCM's image to image mixes by the angle of the strength", () => {
  const early = createScm({ steps: 2, strength: 0.6 });
  assert.equal(early.begin, 0);
  close(early.start(Float32Array.of(1), Float32Array.of(2)), [0.5], 1e-5);
  const late = createScm({ steps: 2, strength: 0.5 });
  assert.deepEqual([late.begin, late.stepCount], [1, 1]);
  close(
    late.start(Float32Array.of(1), Float32Array.of(2)),
    [Math.cos(1.3) + 0.5 * Math.sin(1.3)],
    1e-7,
  );
});

function refuses(create: () => unknown, message: RegExp): void {
  assert.throws(create, (error) => error instanceof UserError && message.test(error.message));
}

test("steps, strengths and angles out of range are refused with what is allowed", () => {
  for (const steps of [0, -1, 2.5, 1001, Number.NaN]) {
    refuses(() => createFlowDpmSolver({ steps, flowShift: 3 }), /1 to 1000 whole steps/);
    refuses(() => createScm({ steps }), /1 to 1000 whole steps/);
  }
  for (const strength of [0, -0.1, 1.1, Number.NaN]) {
    refuses(() => createFlowEuler({ steps: 4, flowShift: 3, strength }), /above 0 and at most 1/);
  }
  refuses(() => createScm({ steps: 2, maxTimesteps: 0 }), /first angle is 0/);
  refuses(() => createScm({ steps: 2, intermediateTimesteps: 1.6 }), /middle angle is 1\.6/);
});

test("a small strength still runs the last step, and one that leaves no step is refused", () => {
  refuses(() => createFlowEuler({ steps: 4, flowShift: 3, strength: 1e-20 }), /leaves none/);
  assert.equal(createFlowEuler({ steps: 4, flowShift: 3, strength: 0.01 }).stepCount, 1);
});

test("latents of different lengths are a bug that is reported", () => {
  const schedule = createFlowEuler({ steps: 1, flowShift: 3 });
  const input = {
    step: 0,
    x: new Float32Array(2),
    prediction: new Float32Array(3),
    drawNoise: noNoise,
  };
  assert.throws(() => schedule.step(input), RangeError);
  assert.throws(() => schedule.networkTime(1), RangeError);
});
