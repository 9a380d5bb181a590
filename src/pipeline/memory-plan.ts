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

/** What a request takes of the machine's memory, foreseen from the graphs before anything is loaded. */
export interface MemoryPlan {
  readonly policy: "all" | "sequential";
  /** Of the networks and the values of their runs, in bytes. */
  readonly peakBytes: number;
  /** Of each stage that runs on the CPU, alone. */
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
  const freeBytes = freeFor(parts.stages);
  if (plan.peakBytes <= freeBytes) return plan;
  const { latentWidthPx, latentHeightPx } = request;
  throw noRoom(
    `A picture of ${latentWidthPx} x ${latentHeightPx} with ${parts.checkpoint.manifest.name}`,
    { neededBytes: plan.peakBytes, freeBytes },
  );
}

/** The same without a refusal. */
export async function foreseeMemory(
  parts: Parts,
  request: PlannedSize,
  policy: MemoryPolicy,
): Promise<MemoryPlan> {
  const stages = await stageNeeds(parts, request);
  const bytes = [...stages.values()];
  const together = bytes.reduce((sum, each) => sum + each, 0);
  const isComfortable = together <= COMFORTABLE_SHARE * freeFor(parts.stages);
  const chosen = policy === "auto" ? (isComfortable ? "all" : "sequential") : policy;
  return {
    policy: chosen,
    peakBytes: chosen === "all" ? together : Math.max(0, ...bytes),
    stages,
  };
}

/** What is loaded already counts as free. */
function freeFor(stages: Stages): number {
  return process.availableMemory() + stages.heldBytes;
}

/** Bytes of each stage on the CPU; a GPU's memory is its driver's, which may spill but does not say so. */
async function stageNeeds(parts: Parts, request: PlannedSize): Promise<Map<StageName, number>> {
  const { checkpoint, stages } = parts;
  const needs = new Map<StageName, number>();
  for (const name of ["text-encoder", "conditioning", "transformer"] as const) {
    if (stages.provider(name) !== "cpu") continue;
    needs.set(name, peakBytes(await stages.graph(name), stageSizes(name, checkpoint, request)));
  }
  if (stages.provider("vae-decoder") !== "cpu") return needs;
  const limit = activationLimitBytes() + stages.heldBytes / 2;
  const { height = 1, width = 1 } = stageSizes("vae-decoder", checkpoint, request);
  const dims = [1, checkpoint.vae.config.latentChannels, height, width] as const;
  const decode = await planDecode(parts, dims, limit);
  needs.set("vae-decoder", decode.weightBytes + decode.activationBytes);
  if (request.initImage === undefined || request.initImage === null) return needs;
  const pixels = { height: request.latentHeightPx, width: request.latentWidthPx };
  const encode = await planEncode(parts, pixels, limit);
  needs.set("vae-encoder", encode.weightBytes + encode.activationBytes);
  return needs;
}
