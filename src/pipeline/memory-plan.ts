import { peakBytes } from "../onnx/peak-memory.ts";
import { activationLimitBytes } from "./activation-limit.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { planDecode } from "./decode-latents.ts";
import { planEncode } from "./encode-sample.ts";
import type { ResolvedRequest } from "./resolve-request.ts";
import { stageSizes } from "./stage-sizes.ts";
import { noRoom, type Stages } from "./stages.ts";
import type { MemoryPolicy, StageName } from "./types.ts";

/** Of the free memory, what all networks together may take before only one is held at a time. */
const COMFORTABLE_SHARE = 0.85;

/** What a request takes of the memory, foreseen from the graphs before anything is loaded. */
export interface MemoryPlan {
  readonly policy: "all" | "sequential";
  /** On the machine: networks and the values of their runs, in bytes. */
  readonly peakBytes: number;
  /** On the graphics card. */
  readonly devicePeakBytes: number;
  /** Of each stage alone. */
  readonly stages: ReadonlyMap<StageName, number>;
}

type PlannedSize = Pick<ResolvedRequest, "latentHeightPx" | "latentWidthPx"> & {
  readonly initImage?: unknown;
};

interface Parts {
  readonly checkpoint: Checkpoint;
  readonly stages: Stages;
}

/**
 * Chooses how a request goes through the memory that is free: all networks side by side where that is comfortable, else
 * one at a time.
 * @throws UserError out_of_memory, before anything is loaded, where it does not fit
 */
export async function planMemory(
  parts: Parts,
  request: PlannedSize,
  policy: MemoryPolicy,
): Promise<MemoryPlan> {
  const plan = await foreseeMemory(parts, request, policy);
  const { latentWidthPx, latentHeightPx } = request;
  const what = `A picture of ${latentWidthPx} x ${latentHeightPx} with ${parts.checkpoint.manifest.name}`;
  const freeBytes = freeFor(parts.stages);
  if (plan.peakBytes > freeBytes) throw noRoom(what, { neededBytes: plan.peakBytes, freeBytes });
  const { devicePeakBytes: neededBytes } = plan;
  const deviceBytes = parts.stages.memoryBytes("transformer");
  // A card's driver may spill into slow memory instead of failing.
  if (neededBytes > deviceBytes)
    throw noRoom(what, { neededBytes, freeBytes: deviceBytes, of: "the graphics card's memory" });
  return plan;
}

/** The same without a refusal. */
export async function foreseeMemory(
  parts: Parts,
  request: PlannedSize,
  policy: MemoryPolicy,
): Promise<MemoryPlan> {
  const needs = await stageNeeds(parts, request);
  const isHost = (name: StageName): boolean => parts.stages.provider(name) === "cpu";
  const host = [...needs].filter(([name]) => isHost(name)).map(([, bytes]) => bytes);
  const device = [...needs].filter(([name]) => !isHost(name)).map(([, bytes]) => bytes);
  const isComfortable =
    sum(host) <= COMFORTABLE_SHARE * freeFor(parts.stages) &&
    sum(device) <= COMFORTABLE_SHARE * parts.stages.memoryBytes("transformer");
  const chosen = policy === "auto" ? (isComfortable ? "all" : "sequential") : policy;
  const peak = chosen === "all" ? sum : (bytes: readonly number[]) => Math.max(0, ...bytes);
  return {
    policy: chosen,
    peakBytes: peak(host),
    devicePeakBytes: peak(device),
    stages: needs,
  };
}

function sum(bytes: readonly number[]): number {
  return bytes.reduce((total, each) => total + each, 0);
}

/** What is loaded already counts as free. */
function freeFor(stages: Stages): number {
  return process.availableMemory() + stages.heldBytes;
}

/** Bytes of each stage; on a card an estimate, as the CPU's way to run a graph is what is known. */
async function stageNeeds(parts: Parts, request: PlannedSize): Promise<Map<StageName, number>> {
  const { checkpoint, stages } = parts;
  const needs = new Map<StageName, number>();
  for (const name of ["text-encoder", "conditioning", "transformer"] as const) {
    const sizes = stageSizes(name, checkpoint, request);
    // Behind the prompt comes what guidance keeps away from, often nothing: one token.
    needs.set(name, peakBytes(await stages.graph(name), sizes, { ...sizes, tokens: 1 }));
  }
  const held = stages.provider("vae-decoder") === "cpu" ? stages.heldBytes : 0;
  const limit = activationLimitBytes(stages.memoryBytes("vae-decoder") + held);
  const { height = 1, width = 1 } = stageSizes("vae-decoder", checkpoint, request);
  const dims = [1, checkpoint.vae.config.latentChannels, height, width] as const;
  const decode = await planDecode(parts, dims, limit);
  needs.set("vae-decoder", decode.loadedBytes + decode.activationBytes);
  if (request.initImage === undefined || request.initImage === null) return needs;
  const pixels = { height: request.latentHeightPx, width: request.latentWidthPx };
  const encode = await planEncode(parts, pixels, limit);
  needs.set("vae-encoder", encode.loadedBytes + encode.activationBytes);
  return needs;
}
