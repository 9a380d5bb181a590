import { throwIfCancelled } from "../errors.ts";
import { positionEmbedding } from "../models/sana-transformer/position-embedding.ts";
import type { Tensor } from "../onnx/session.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Conditioning, EncodedPrompt } from "./encode-prompt.ts";
import { guide } from "./guidance.ts";
import type { PreparedPicture } from "./prepare-latents.ts";
import type { SolverOutput } from "./schedulers/schedule.ts";
import type { Stages } from "./stages.ts";

export interface DenoiseOptions {
  readonly prompt: Pick<EncodedPrompt, "positive" | "negative">;
  readonly guidanceScale: number;
  readonly signal?: AbortSignal | undefined;
  /** Awaited before the first step and after each. */
  readonly onStep: (state: StepState) => Promise<void>;
}

export interface StepState {
  /** Steps that are done. */
  readonly step: number;
  /** The scheduler's sample. */
  readonly latents: Float32Array;
  /** The clean latent as the last step predicts it, in the transformer's scale; null before the first. */
  readonly predicted: Float32Array | null;
}

/**
 * Runs every step of one picture's schedule; the result is the clean latent in the transformer's scale.
 * @throws UserError cancelled between two steps
 */
export async function denoise(
  { checkpoint, stages }: { checkpoint: Checkpoint; stages: Stages },
  picture: PreparedPicture,
  options: DenoiseOptions,
): Promise<Float32Array> {
  const { schedule, generator, dims } = picture;
  const { prompt, guidanceScale, signal, onStep } = options;
  const { timestepScale, guidanceEmbeds, guidanceEmbedsScale } = checkpoint.transformer.config;
  const constants = {
    ...(guidanceEmbeds ? { guidance: scalar(guidanceScale * guidanceEmbedsScale) } : {}),
    ...positions(checkpoint, dims),
  };
  const predict = async (
    x: Float32Array,
    time: number,
    conditioning: Conditioning,
  ): Promise<Float32Array> => {
    const timestep = scalar(time * timestepScale);
    const feeds = { hidden_states: { data: x, dims }, timestep, ...conditioning, ...constants };
    return (await stages.runFor("sample", "transformer", feeds)).data;
  };

  await onStep({ step: 0, latents: picture.latents, predicted: null });
  let last: SolverOutput = { x: picture.latents, x0: picture.latents };
  for (let step = 0; step < schedule.stepCount; step++) {
    throwIfCancelled(signal, `after step ${step} of ${schedule.stepCount}`);
    const input = schedule.networkInput(last.x, step);
    const time = schedule.networkTime(step);
    const conditional = await predict(input, time, prompt.positive);
    const prediction =
      prompt.negative === null
        ? conditional
        : guide(await predict(input, time, prompt.negative), conditional, guidanceScale);
    const drawNoise = (): Float32Array => generator.randn(last.x.length);
    last = schedule.step({ step, x: last.x, prediction, drawNoise });
    const predicted = schedule.finish({ x: last.x0, x0: last.x0 });
    await onStep({ step: step + 1, latents: last.x, predicted });
  }
  return schedule.finish(last);
}

function scalar(value: number): Tensor {
  return { data: Float32Array.of(value), dims: [1] };
}

/** The positional embedding of this latent's columns and rows, for checkpoints that have one. */
function positions(checkpoint: Checkpoint, dims: PreparedPicture["dims"]): Record<string, Tensor> {
  const { config } = checkpoint.transformer;
  if (config.interpolationScale === null) return {};
  const [, , height, width] = dims;
  const { innerDim } = config;
  return {
    position_x: {
      data: positionEmbedding(config, "columns", width),
      dims: [1, innerDim, 1, width],
    },
    position_y: {
      data: positionEmbedding(config, "rows", height),
      dims: [1, innerDim, height, 1],
    },
  };
}
