import { z } from "zod";

const linearWork = z.object({ fixed: z.number(), perPixel: z.number() });

const modelSchema = z.object({
  name: z.string(),
  title: z.string(),
  licence: z.string(),
  hash: z.string(),
  nativeSize: z.int(),
  defaultWidth: z.int(),
  defaultHeight: z.int(),
  defaultSteps: z.int(),
  defaultGuidance: z.number(),
  ignoresNegativePrompt: z.boolean(),
  isBuiltIn: z.boolean(),
  work: z.object({
    step: linearWork,
    decode: linearWork,
    encode: linearWork,
    passesWhenGuided: z.union([z.literal(1), z.literal(2)]),
  }),
});

const reportSchema = z.object({
  version: z.string(),
  models: z.array(modelSchema),
  /** Where the networks run, in words for /about: `cpu, AMD EPYC, 2 threads`. */
  device: z.string(),
  /** Floating-point operations for each pixel of an upscaled picture; 0 where Lanczos does it (once: null). */
  upscaleFlopsPerPixel: z.number().nullable(),
  /**
   * Bytes of the worst moment of drawing a picture anew at 4096 x 4096, on the machine and on its graphics card; null
   * where no model of a worker can, or where another version said it in another way.
   */
  creativePeakBytes: z.object({ host: z.number(), device: z.number() }).nullable().catch(null),
});

/** What a worker says of itself, in the `worker` table. */
export type WorkerReport = z.infer<typeof reportSchema>;
export type ModelReport = z.infer<typeof modelSchema>;

/** Null for what another version wrote in another shape. */
export function parseWorkerReport(json: unknown): WorkerReport | null {
  const parsed = reportSchema.safeParse(json);
  return parsed.success ? parsed.data : null;
}
