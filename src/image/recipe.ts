import { z } from "zod";

/** Far above what any picture needs; a file from elsewhere may hold anything. */
const MAX_TEXT = 100_000;
const sizePx = z.int().min(1).max(65_536);

/** Everything that makes a picture again, as it is kept in the picture's own file. */
export const recipeSchema = z.object({
  prompt: z.string().max(MAX_TEXT),
  negativePrompt: z.string().max(MAX_TEXT),
  width: sizePx,
  height: sizePx,
  /** False: the size was taken as it is; true: the nearest aspect bin, then resized and cropped back. */
  binning: z.boolean().optional(),
  steps: z.int().min(1).max(10_000),
  guidanceScale: z.number().min(0).max(1000),
  scheduler: z.string().max(64),
  seed: z.int().nonnegative(),
  /** Whose random stream the seed means. */
  rng: z.enum(["cpu", "cuda"]),
  /** There only when the picture began from another one. */
  strength: z.number().min(0).max(1).optional(),
  /** The picture that it was made from, by the name that its maker gave it. */
  parent: z.string().max(200).optional(),
  /** There only when it was enlarged after it was drawn; width and height above are those that were drawn. */
  upscaled: z
    .object({
      width: sizePx,
      height: sizePx,
      /** In words: "ESRGAN thick x4". */
      method: z.string().max(200),
      /** Drawn anew at the bigger size: how far it was to leave the smaller one. */
      strength: z.number().min(0).max(1).optional(),
      seed: z.int().nonnegative().optional(),
    })
    .optional(),
  /** How the transformer was computed. */
  precision: z.string().max(16).optional(),
  model: z.object({ name: z.string().max(500), hash: z.string().max(128) }),
  /** What made the picture, with its version. */
  software: z.string().max(100),
});

/** A picture's recipe; see `recipeSchema`. */
export type Recipe = z.infer<typeof recipeSchema>;

/** Keyword of the PNG text chunk, and prefix of the XMP property, that hold the recipe as JSON. */
export const RECIPE_KEY = "sanabot";

/** A JPEG segment ends at 65,535 bytes and libvips drops what does not fit; the recipe leaves room for its wrapping. */
const MAX_JSON_BYTES = 48_000;

/**
 * The recipe as JSON in plain ASCII, so that no format's text encoding can change it.
 * Prompts that are too long for a JPEG segment are cut at their ends; no text encoder reads that far.
 */
export function recipeToJson(recipe: Recipe): string {
  const json = asciiJson(recipe);
  if (json.length <= MAX_JSON_BYTES) return json;
  return recipeToJson({
    ...recipe,
    prompt: cut(recipe.prompt),
    negativePrompt: cut(recipe.negativePrompt),
  });
}

/** Parses what {@link recipeToJson} wrote; null for anything else. */
export function recipeFromJson(json: string): Recipe | null {
  if (json.length > 2 * MAX_TEXT) return null;
  try {
    return recipeSchema.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

/**
 * The recipe in the wording of AUTOMATIC1111's `parameters`, which image viewers and other programs read.
 * Source of the wording: stable-diffusion-webui, `modules/processing.py`, `create_infotext`.
 */
export function recipeToParameters(recipe: Recipe): string {
  const fields: [string, string | number | undefined][] = [
    ["Steps", recipe.steps],
    ["Sampler", recipe.scheduler],
    ["CFG scale", recipe.guidanceScale],
    ["Seed", recipe.seed],
    ["Size", `${recipe.width}x${recipe.height}`],
    ["Model hash", recipe.model.hash.slice(0, 10)],
    ["Model", quote(recipe.model.name)],
    ["Denoising strength", recipe.strength ?? recipe.upscaled?.strength],
    ["Hires resize", recipe.upscaled && `${recipe.upscaled.width}x${recipe.upscaled.height}`],
    ["Hires upscaler", recipe.upscaled && quote(recipe.upscaled.method)],
    ["RNG", recipe.rng === "cpu" ? "CPU" : "GPU"],
    ["Version", quote(recipe.software)],
  ];
  const settings = fields
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  const negative =
    recipe.negativePrompt === "" ? [] : [`Negative prompt: ${recipe.negativePrompt}`];
  return [recipe.prompt, ...negative, settings.join(", ")].join("\n");
}

function quote(text: string): string {
  return /[,:\n]/.test(text) ? JSON.stringify(text) : text;
}

function cut(text: string): string {
  return text.slice(0, Math.floor(text.length * 0.75)).toWellFormed();
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[^\x20-\x7E]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
