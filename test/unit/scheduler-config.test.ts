import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../src/errors.ts";
import {
  createSchedule,
  parseSchedulerConfig,
} from "../../src/pipeline/schedulers/scheduler-config.ts";

/** As Sana's repositories have it, bare -Infinity included. */
const DPM_TEXT = `{
  "_class_name": "DPMSolverMultistepScheduler",
  "_diffusers_version": "0.32.0.dev0",
  "algorithm_type": "dpmsolver++",
  "beta_end": 0.02,
  "dynamic_thresholding_ratio": 0.995,
  "euler_at_final": false,
  "final_sigmas_type": "zero",
  "flow_shift": 3.0,
  "lambda_min_clipped": -Infinity,
  "lower_order_final": true,
  "num_train_timesteps": 1000,
  "prediction_type": "flow_prediction",
  "solver_order": 2,
  "solver_type": "midpoint",
  "thresholding": false,
  "timestep_spacing": "linspace",
  "trained_betas": null,
  "use_flow_sigmas": true,
  "use_karras_sigmas": false
}`;
const dpm = parseSchedulerConfig(DPM_TEXT);
const scm = parseSchedulerConfig(`{"_class_name":"SCMScheduler","sigma_data":0.5}`);

function refuses(run: () => unknown, code: string, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

test("Sana's own scheduler_config.json is read in spite of its bare -Infinity", () => {
  const className = "DPMSolverMultistepScheduler";
  assert.deepEqual(dpm, {
    className,
    name: "dpm++",
    flowShift: 3,
    numTrainTimesteps: 1000,
    solverOrder: 2,
  });
});

test("Infinity and NaN inside strings are left alone", () => {
  const text = `{"_class_name":"SCM Infinity \\" NaN","a":NaN,"b":[Infinity,-Infinity]}`;
  refuses(() => parseSchedulerConfig(text), "not_supported", /SCM Infinity " NaN/);
});

test("the Euler class keeps its shift under another name, with diffusers' default", () => {
  const text = `{"_class_name":"FlowMatchEulerDiscreteScheduler","shift":6.0,"shift_terminal":null}`;
  assert.equal(parseSchedulerConfig(text).flowShift, 6);
  assert.equal(
    parseSchedulerConfig(`{"_class_name":"FlowMatchEulerDiscreteScheduler"}`).flowShift,
    1,
  );
});

test("settings that change the picture and are not supported are refused by name", () => {
  const changes: [string, string, RegExp][] = [
    [`"flow_prediction"`, `"epsilon"`, /prediction_type/],
    [`"use_flow_sigmas": true`, `"use_flow_sigmas": false`, /use_flow_sigmas/],
    [`"use_karras_sigmas": false`, `"use_karras_sigmas": true`, /use_karras_sigmas/],
    [`"dpmsolver++"`, `"sde-dpmsolver++"`, /algorithm_type/],
    [`"midpoint"`, `"heun"`, /solver_type/],
    [`"solver_order": 2`, `"solver_order": 3`, /solver_order/],
    [`"zero"`, `"sigma_min"`, /final_sigmas_type/],
    [`"flow_shift": 3.0`, `"flow_shift": -1`, /flow_shift/],
  ];
  for (const [from, to, message] of changes) {
    refuses(
      () => parseSchedulerConfig(DPM_TEXT.replace(from, to), "sc.json"),
      "not_supported",
      message,
    );
  }
});

test("an unknown class, a missing class and no JSON are told apart", () => {
  refuses(
    () => parseSchedulerConfig(`{"_class_name":"DDIMScheduler"}`),
    "not_supported",
    /DDIMScheduler; supported/,
  );
  refuses(() => parseSchedulerConfig(`{}`), "model_invalid", /_class_name/);
  refuses(
    () => parseSchedulerConfig(`{`, "x/scheduler_config.json"),
    "model_invalid",
    /x\/scheduler_config\.json/,
  );
});

test("a string that never ends is no JSON, and found so in one pass", () => {
  // Where each quote begins a search of its own, a quarter of an hour.
  const text = `{"a":"${'\\"'.repeat(499_990)}`;
  refuses(() => parseSchedulerConfig(text), "model_invalid", /is not JSON/);
});

test("the checkpoint's solver is used unless another is asked for, with the checkpoint's shift", () => {
  const own = createSchedule(dpm, { steps: 4 });
  assert.equal(own.name, "dpm++");
  assert.deepEqual(own.timesteps, [999, 899, 749, 499]);
  const euler = createSchedule(dpm, { steps: 4, scheduler: "euler", strength: 0.5 });
  assert.deepEqual([euler.name, euler.begin], ["euler", 2]);
  assert.ok(Math.abs((euler.sigmas[1] ?? 0) - 0.857692) < 1e-6);
  assert.equal(createSchedule(scm, { steps: 2 }).name, "scm");
});

test("solvers of the other family are refused", () => {
  refuses(
    () => createSchedule(dpm, { steps: 4, scheduler: "scm" }),
    "invalid_option",
    /needs dpm\+\+ or euler/,
  );
  refuses(
    () => createSchedule(scm, { steps: 2, scheduler: "euler" }),
    "invalid_option",
    /needs scm/,
  );
});

test("SCM's angles can be set", () => {
  const schedule = createSchedule(scm, {
    steps: 2,
    maxTimesteps: 1.5,
    intermediateTimesteps: null,
  });
  assert.deepEqual(schedule.timesteps, [1.5, 0.75, 0]);
});
