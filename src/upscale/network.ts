import { basename } from "node:path";

import { UPSCALERS } from "../config.ts";
import { throwIfCancelled, UserError } from "../errors.ts";
import {
  ESRGAN_NAMES,
  ESRGAN_SCALES,
  esrganFolder,
  type EsrganName,
  openEsrgan,
} from "../models/super-resolution/esrgan.ts";
import type { OnnxGraph } from "../onnx/graph-core.ts";
import { type ModelValue, readOnnxFile } from "../onnx/read-model.ts";
import { type Provider, Session } from "../onnx/session.ts";

/** What a super-resolution network takes and costs; nothing is loaded yet. */
export interface NetworkPlan {
  /** For people: "ESRGAN thick x4". */
  readonly title: string;
  readonly graph: OnnxGraph;
  readonly input: string;
  readonly output: string;
  /** How many times it enlarges; null until it was run once. */
  readonly scale: number | null;
  /** Both sides of every input, where the network takes only one size. */
  readonly fixedSide: number | null;
  /** Sides must be multiples of this. */
  readonly multiple: number;
  /** Source pixels around a tile that decide over its own. */
  readonly halo: number;
  /** Floating-point operations for each source pixel. */
  readonly flopsPerPixel: number;
  /** Bytes that a run of side x side takes, by the graph's own estimate or by what is usual. */
  readonly runBytes: (side: number) => number;
}

/** A network in memory. */
export interface LoadedNetwork extends NetworkPlan {
  readonly scale: number;
  readonly session: Session;
}

/** The network that the product ships with: the only one of the three that beat Lanczos (bench `upscale`). */
export const DEFAULT_UPSCALER = "esrgan-thick";

/** Tiled equals untiled to 137 dB (thick) and 123 dB (medium) from 12 pixels on. */
const ESRGAN_HALO = 12;
/** Real-ESRGAN's own tiling uses 10. */
const FOREIGN_HALO = 16;
/** Real-ESRGAN's x2 networks fold squares of 2 x 2 pixels first, its x1 ones 4 x 4. */
const FOREIGN_MULTIPLE = 4;
/** Real-ESRGAN's last layers: three tensors of 64 channels at 4 x 4 times the pixels. */
const FOREIGN_BYTES_PER_PIXEL = 3 * 64 * 16 * 4;
const PROBE_SIDE = 64;

/**
 * The network for enlarging `ratio` times: of the ESRGANs the one with the next larger scale, since all cost about the
 * same; of a file what is in it.
 *
 * @param upscaler - A name, or the path of an `.onnx` file.
 * @throws {UserError} `model_not_found` or `model_invalid`, saying what is wrong with it.
 */
export async function planNetwork(upscaler: string, ratio: number): Promise<NetworkPlan> {
  if (!isEsrgan(upscaler)) return planForeign(upscaler);
  const scale = ESRGAN_SCALES.find((each) => each >= ratio) ?? ESRGAN_SCALES.at(-1) ?? 8;
  const graph = await openEsrgan(upscaler, scale);
  return {
    title: `${upscaler.replace("esrgan-", "ESRGAN ")} x${scale}`,
    graph,
    input: "image",
    output: "enlarged",
    scale,
    fixedSide: null,
    multiple: 1,
    halo: ESRGAN_HALO,
    flopsPerPixel: graph.flops({ height: 1, width: 1 }),
    runBytes: (side) => graph.peakActivationBytes({ height: side, width: side }),
  };
}

/**
 * Checks that an upscaler is there, without reading its weights.
 *
 * @throws {UserError} as {@link planNetwork}.
 */
export async function checkUpscaler(upscaler: string): Promise<void> {
  if (upscaler === "lanczos") return;
  if (isEsrgan(upscaler)) for (const scale of ESRGAN_SCALES) esrganFolder(upscaler, scale);
  else await planForeign(upscaler);
}

/** Loads a network; one from elsewhere is run once, which tells how many times it enlarges. */
export async function loadNetwork(
  plan: NetworkPlan,
  { provider, signal }: { provider: Provider; signal?: AbortSignal | undefined },
): Promise<LoadedNetwork> {
  throwIfCancelled(signal, "before the upscaler was loaded");
  if (plan.scale !== null)
    return { ...plan, scale: plan.scale, session: await Session.create(plan.graph, { provider }) };
  const session = await Session.create(plan.graph, { provider }).catch((error: unknown) => {
    throw unfit(plan.graph.name, reasonOf(error));
  });
  try {
    const scale = await probeScale(plan, session);
    return { ...plan, title: `${plan.title} x${scale}`, scale, session };
  } catch (error) {
    await session.release();
    throw error instanceof UserError ? error : unfit(plan.graph.name, reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function planForeign(path: string): Promise<NetworkPlan> {
  if (!path.endsWith(".onnx")) {
    throw new UserError(
      "invalid_option",
      `The upscaler "${path}" is not known: it must be one of ${UPSCALERS.join(", ")}, or the path of an .onnx file.`,
    );
  }
  const { graph, inputs, outputs, convWeights } = await readOnnxFile(path);
  const [input, ...others] = inputs;
  const [output] = outputs;
  if (input === undefined || output === undefined || others.length > 0)
    throw unfit(path, `it has ${inputs.length} inputs and ${outputs.length} outputs`);
  const fixedSide = checkInput(path, input);
  return {
    title: basename(path, ".onnx"),
    graph,
    input: input.name,
    output: output.name,
    scale: null,
    fixedSide,
    multiple: FOREIGN_MULTIPLE,
    halo: FOREIGN_HALO,
    // All but the last few layers of these networks work at the source's size.
    flopsPerPixel: 2 * convWeights,
    runBytes: (side) => FOREIGN_BYTES_PER_PIXEL * side ** 2,
  };
}

/** The one side that the network takes, or null for any. */
function checkInput(path: string, { type, dims }: ModelValue): number | null {
  if (type !== "FLOAT") throw unfit(path, `its input is ${type}, not float32`);
  if (dims === null) return null;
  const [batch = null, channels = null, height = null, width = null] = dims;
  const shape = `[${dims.map((dim) => dim ?? "?").join(", ")}]`;
  if (dims.length !== 4 || (batch ?? 1) !== 1 || (channels ?? 3) !== 3)
    throw unfit(path, `its input is ${shape}, not [1, 3, height, width]`);
  if (height !== width) throw unfit(path, `its input is ${shape}; only squares or free sizes do`);
  if (height !== null && height < 2 * FOREIGN_HALO + PROBE_SIDE / 4)
    throw unfit(path, `its input is ${shape}; tiles of that size are too small`);
  return height;
}

async function probeScale(plan: NetworkPlan, session: Session): Promise<number> {
  const side = plan.fixedSide ?? PROBE_SIDE;
  const image = { data: new Float32Array(3 * side * side).fill(0.5), dims: [1, 3, side, side] };
  const { [plan.output]: enlarged } = await session.run({ [plan.input]: image });
  const [batch, channels, height = 0, width = 0] = enlarged?.dims ?? [];
  const scale = height / side;
  const fits = batch === 1 && channels === 3 && height === width;
  if (fits && Number.isInteger(scale) && scale >= 2) return scale;
  throw unfit(
    plan.graph.name,
    `it makes [${enlarged?.dims.join(", ")}] of [1, 3, ${side}, ${side}], which is no enlargement`,
  );
}

function unfit(path: string, reason: string): UserError {
  return new UserError(
    "model_invalid",
    `The upscaler ${path} cannot be used: ${reason}. It must take one picture [1, 3, height, width] in float32 from 0 to 1 and give it enlarged by a whole number.`,
  );
}

function isEsrgan(upscaler: string): upscaler is EsrganName {
  return (ESRGAN_NAMES as readonly string[]).includes(upscaler);
}
