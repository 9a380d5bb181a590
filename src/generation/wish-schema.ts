import { z } from "zod";

import { recipeSchema } from "../image/recipe.ts";
import { sourceSchema } from "./job-request.ts";
import type { PictureReference, Wish } from "./types.ts";

const [, attachmentSchema] = sourceSchema.options;

const messagePictureSchema = z.object({
  source: attachmentSchema,
  isOurs: z.boolean(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  prompt: z.string().nullable(),
  recipe: recipeSchema.nullable(),
});

const pictureSchema: z.ZodType<PictureReference> = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("stored"),
    pictureId: z.uuid(),
    fallback: messagePictureSchema.nullable(),
  }),
  z.object({ kind: z.literal("message"), picture: messagePictureSchema }),
]);

const optionsSchema = z.object({
  prompt: z.string(),
  negativePrompt: z.string().optional(),
  aspect: z.string().optional(),
  size: z.number().optional(),
  count: z.number().optional(),
  style: z.string().optional(),
  seed: z.number().optional(),
  steps: z.number().optional(),
  guidanceScale: z.number().optional(),
  model: z.string().optional(),
  picture: pictureSchema.optional(),
  strength: z.number().optional(),
});

const wishSchema: z.ZodType<Wish> = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("imagine"),
    origin: z.enum(["imagine", "mention"]),
    options: optionsSchema,
  }),
  z.object({
    kind: z.literal("vary"),
    picture: pictureSchema,
    how: z.enum(["subtle", "strong"]),
    strength: z.number().optional(),
    count: z.number().optional(),
  }),
  z.object({ kind: z.literal("reroll"), picture: pictureSchema }),
  z.object({ kind: z.enum(["edit", "remix"]), picture: pictureSchema, options: optionsSchema }),
  z.object({
    kind: z.literal("upscale"),
    picture: pictureSchema,
    mode: z.enum(["faithful", "creative"]),
    longestSide: z.number().optional(),
  }),
]);

/** @throws {z.ZodError} for what no version of this program wrote */
export function parseWish(json: unknown): Wish {
  return wishSchema.parse(json);
}
