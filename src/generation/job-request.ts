import { z } from "zod";

import { MAX_COUNT, MAX_GUIDANCE_SCALE, MAX_SIDE_PX, MAX_STEPS } from "../pipeline/limits.ts";

/** Discord's longest string option. */
const MAX_PROMPT = 6000;
const side = z.int().min(32).max(MAX_SIDE_PX);

/** The picture that a job starts from. */
export const sourceSchema = z.discriminatedUnion("kind", [
  /** One of ours: its stored latents, or else its recipe, is made again. */
  z.object({ kind: z.literal("picture"), pictureId: z.uuid() }),
  /** Somebody's attachment; fetched again by its message where the address has expired. */
  z.object({
    kind: z.literal("attachment"),
    url: z.url(),
    channelId: z.string().nullable(),
    messageId: z.string().nullable(),
    attachmentId: z.string(),
  }),
]);

export const generateSchema = z.object({
  kind: z.literal("generate"),
  /** As it goes to the model: the style's template is applied. */
  prompt: z.string().max(2 * MAX_PROMPT),
  /** As the member wrote it, for the card and the modal. */
  userPrompt: z.string().max(MAX_PROMPT),
  negativePrompt: z.string().max(MAX_PROMPT),
  /** Without the style's, for the modal; older requests do not say it. */
  userNegative: z.string().max(MAX_PROMPT).optional(),
  style: z.string().max(64).nullable(),
  width: side,
  height: side,
  count: z.int().min(1).max(MAX_COUNT),
  steps: z.int().min(1).max(MAX_STEPS),
  guidanceScale: z.number().min(0).max(MAX_GUIDANCE_SCALE),
  seed: z.int().nonnegative(),
  source: sourceSchema.nullable(),
  /** How far to leave the source; null without one. */
  strength: z.number().gt(0).max(1).nullable(),
});

const upscaleSchema = z.object({
  kind: z.literal("upscale"),
  source: sourceSchema,
  mode: z.enum(["faithful", "creative"]),
  /** Pixels of the longest side. */
  longestSide: z.int().min(256).max(4096),
  /** Of the picture that is upscaled: creative needs it, the card shows it. */
  prompt: z.string().max(2 * MAX_PROMPT),
  strength: z.number().gt(0).max(1).nullable(),
  seed: z.int().nonnegative(),
});

const jobRequestSchema = z.discriminatedUnion("kind", [generateSchema, upscaleSchema]);

export type Source = z.infer<typeof sourceSchema>;
export type GenerateJob = z.infer<typeof generateSchema>;
/** What a worker is asked to make, complete: no default is left open, so that a retry makes the same. */
export type JobRequest = z.infer<typeof jobRequestSchema>;

/** @throws {z.ZodError} for what no version of this program wrote */
export function parseJobRequest(json: unknown): JobRequest {
  return jobRequestSchema.parse(json);
}
