import { z } from "zod";
import { UserError } from "../../errors.ts";
import { createFlowDpmSolver } from "./flow-dpm-solver.ts";
import { createFlowEuler } from "./flow-euler.ts";
import type { Schedule, SchedulerName } from "./schedule.ts";
import { createScm } from "./scm.ts";

/** The checkpoint's own solver, from scheduler/scheduler_config.json. */
export interface SchedulerConfig {
  readonly className:
    | "DPMSolverMultistepScheduler"
    | "FlowMatchEulerDiscreteScheduler"
    | "SCMScheduler";
  /** The solver used unless another is asked for. */
  readonly name: SchedulerName;
  /** `flow_shift`, or `shift` of the Euler class. SCM: 1, not used. */
  readonly flowShift: number;
  readonly numTrainTimesteps: number;
  readonly solverOrder: 1 | 2;
}

export interface ScheduleOptions {
  readonly steps: number;
  /** Image to image: in (0, 1]. */
  readonly strength?: number | undefined;
  /** Another solver than the checkpoint's own. */
  readonly scheduler?: SchedulerName | undefined;
  /** SCM only: see ScmOptions. */
  readonly maxTimesteps?: number | undefined;
  readonly intermediateTimesteps?: number | null | undefined;
}

const positive = z.number().positive();
const numTrainTimesteps = z.int().positive().default(1000);
/** A setting that may be absent, null or off. */
const off = z.union([z.literal(false), z.null()]).optional();

/** Only what is drawn from these settings here; the rest either has no effect with flow sigmas or is refused. */
const dpmSchema = z.object({
  num_train_timesteps: numTrainTimesteps,
  solver_order: z.union([z.literal(1), z.literal(2)]).default(2),
  algorithm_type: z.literal("dpmsolver++").default("dpmsolver++"),
  solver_type: z.literal("midpoint").default("midpoint"),
  prediction_type: z.literal("flow_prediction"),
  use_flow_sigmas: z.literal(true),
  flow_shift: positive.default(1),
  final_sigmas_type: z.literal("zero").default("zero"),
  thresholding: off,
  use_karras_sigmas: off,
  use_exponential_sigmas: off,
  use_beta_sigmas: off,
  use_lu_lambdas: off,
  use_dynamic_shifting: off,
});
const eulerSchema = z.object({
  num_train_timesteps: numTrainTimesteps,
  shift: positive.default(1),
  use_dynamic_shifting: off,
  use_karras_sigmas: off,
  use_exponential_sigmas: off,
  use_beta_sigmas: off,
  invert_sigmas: off,
  stochastic_sampling: off,
  shift_terminal: off,
});
const scmSchema = z.object({
  num_train_timesteps: numTrainTimesteps,
  prediction_type: z.literal("trigflow").default("trigflow"),
  sigma_data: z.literal(0.5).default(0.5),
});

/**
 * Reads scheduler_config.json. Python writes bare Infinity and NaN into it, which JSON does not know; they stand
 * only in settings without effect here and are read as null.
 * @param file named in messages
 * @throws UserError model_invalid for what is no such file, not_supported naming the first setting that is not supported
 */
export function parseSchedulerConfig(
  text: string,
  file = "scheduler_config.json",
): SchedulerConfig {
  const value = parseJson(text, file);
  const named = z.object({ _class_name: z.string() }).safeParse(value);
  if (!named.success) throw new UserError("model_invalid", `${file} does not say its _class_name.`);
  const className = named.data._class_name;
  switch (className) {
    case "DPMSolverMultistepScheduler": {
      const config = supported(dpmSchema, value, file);
      return {
        ...shared(config),
        className,
        name: "dpm++",
        flowShift: config.flow_shift,
        solverOrder: config.solver_order,
      };
    }
    case "FlowMatchEulerDiscreteScheduler": {
      const config = supported(eulerSchema, value, file);
      return {
        ...shared(config),
        className,
        name: "euler",
        flowShift: config.shift,
        solverOrder: 2,
      };
    }
    case "SCMScheduler":
      return {
        ...shared(supported(scmSchema, value, file)),
        className,
        name: "scm",
        flowShift: 1,
        solverOrder: 2,
      };
    default:
      throw new UserError(
        "not_supported",
        `${file} asks for ${className}; supported are DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler and SCMScheduler.`,
      );
  }
}

/**
 * The walk for one picture by the checkpoint's own solver or the one asked for.
 * @throws UserError invalid_option for a solver that the checkpoint was not trained for, or values out of range
 */
export function createSchedule(config: SchedulerConfig, options: ScheduleOptions): Schedule {
  const { scheduler: name = config.name, steps, strength } = options;
  if ((name === "scm") !== (config.name === "scm")) {
    const allowed = config.name === "scm" ? "scm" : "dpm++ or euler";
    throw new UserError(
      "invalid_option",
      `The scheduler ${name} does not fit this checkpoint, which needs ${allowed}.`,
    );
  }
  if (name === "scm") return createScm(options);
  const { flowShift, numTrainTimesteps: trained, solverOrder } = config;
  const common = { steps, strength, flowShift, numTrainTimesteps: trained };
  return name === "dpm++"
    ? createFlowDpmSolver({ ...common, solverOrder })
    : createFlowEuler(common);
}

function shared(config: { num_train_timesteps: number }): { numTrainTimesteps: number } {
  return { numTrainTimesteps: config.num_train_timesteps };
}

function parseJson(text: string, file: string): unknown {
  let isInString = false;
  const strict = text.replace(/\\.|"|-?Infinity|NaN/gs, (token) => {
    if (token === '"') isInString = !isInString;
    return isInString || token === '"' || token.startsWith("\\") ? token : "null";
  });
  try {
    return JSON.parse(strict);
  } catch (error) {
    throw new UserError("model_invalid", `${file} is not JSON.`, { cause: error });
  }
}

function supported<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const setting = issue?.path.join(".") ?? "";
  throw new UserError(
    "not_supported",
    `${file} has a setting ${setting} that is not supported: ${issue?.message}.`,
  );
}
